"""All presets, and how one is put into the fields of an endpoint."""

from collections.abc import Mapping
from typing import Any, Final

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.presets.clusters import ARGO_EVENTS, FLUX, KEEL, TEKTON
from notifier.delivery.presets.github import GITHUB
from notifier.delivery.presets.gitlab import GITLAB
from notifier.delivery.presets.jenkins import JENKINS, JENKINS_GENERIC
from notifier.delivery.presets.preset import Option, Preset

PRESETS: Final[Mapping[str, Preset]] = {
    preset.name: preset
    for preset in (
        GITHUB,
        GITLAB,
        JENKINS,
        JENKINS_GENERIC,
        TEKTON,
        ARGO_EVENTS,
        FLUX,
        KEEL,
    )
}

_MAX_LENGTH = 1000
# Of these, what a person gives is added to what the preset has.
_MERGED = ("filters", "headers", "url_secrets")


def fill_in_preset(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Replace ``preset``, if it is among *fields*, by the fields that it stands for.

    Both are those of the REST API. What is given beside it goes first: of filters and
    headers each by itself, anything else as a whole. Raises `EndpointInvalid`.
    """
    own = {name: value for name, value in fields.items() if name != "preset"}
    if "preset" not in fields:
        return own
    filled = _filled(fields["preset"])
    for name in _MERGED:
        if isinstance(own.get(name), Mapping):
            own[name] = _merged(filled.get(name, {}), own[name])
    return filled | own


def _filled(given: Mapping[str, str]) -> dict[str, Any]:
    name = given.get("name", "")
    if name not in PRESETS:
        raise EndpointInvalid("preset.name", f"must be one of {', '.join(PRESETS)}")
    preset = PRESETS[name]
    known = [option.name for option in preset.options]
    for key in given:
        if key not in ("name", *known):
            raise EndpointInvalid(f"preset.{key}", f"{name} has no such option")
    chosen = {option.name: _chosen(preset, option, given) for option in preset.options}
    return preset.fill_in({key: text for key, text in chosen.items() if text})


def _chosen(preset: Preset, option: Option, given: Mapping[str, str]) -> str | None:
    text = given.get(option.name, option.default)
    where = f"preset.{option.name}"
    if text is None and option.is_required:
        raise EndpointInvalid(where, f"{preset.name} needs it: {option.about}")
    if text is not None and not _is_plain(text):
        raise EndpointInvalid(where, f"must be 1 to {_MAX_LENGTH} visible characters")
    return text


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= _MAX_LENGTH and text.isprintable()


def _merged(ours: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Put *own* in the place of what has the same name, as headers compare names."""
    given = {name.lower() for name in own}
    kept = {name: value for name, value in ours.items() if name.lower() not in given}
    return {**kept, **own}
