"""Presets: what endpoints can be filled in for."""

from typing import Any

from notifier.delivery.presets import PRESETS
from notifier.web.api.base import Blueprint
from notifier.web.api.schemas.presets import PresetListSchema
from notifier.web.auth.needs import Need

blueprint = Blueprint("presets", __name__, "What endpoints can be filled in for.")


@blueprint.route("/presets", needs=Need.OPERATOR)
@blueprint.response(200, PresetListSchema)
def list_presets() -> dict[str, Any]:
    """List the presets, and what each has to know."""
    return {"items": list(PRESETS.values()), "next": None}
