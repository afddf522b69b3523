"""What runs in a Kubernetes cluster: Tekton, Argo Events, Flux and Keel."""

from collections.abc import Mapping
from typing import Any, Final

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.keys import checked_secret
from notifier.delivery.presets.preset import (
    JSON_HEADER,
    PUSHES_BY_TAG,
    Preset,
    bearer,
    below,
    checked,
    token_option,
    url_option,
)
from notifier.delivery.signing import Signature


def _tekton(options: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": checked(options["url"]),
        "headers": JSON_HEADER,
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
    }


def _argo_events(options: Mapping[str, str]) -> dict[str, Any]:
    access = bearer(options["token"]) if "token" in options else {}
    return {
        "url": checked(options["url"]),
        "headers": {**access, **JSON_HEADER},
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
    }


def _flux(options: Mapping[str, str]) -> dict[str, Any]:
    """Fill in for a Receiver of type generic-hmac: its token is what signs."""
    signatures = [Signature.X_SIGNATURE]
    try:
        token = checked_secret(options["token"], signatures)
    except EndpointInvalid as error:
        raise EndpointInvalid("preset.token", error.reason) from None
    return {
        "url": checked(options["url"]),
        "headers": JSON_HEADER,
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
        "signatures": signatures,
        "secret": token,
    }


def _keel(options: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": below(options["url"], "v1/webhooks/registry"),
        "headers": JSON_HEADER,
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
    }


TEKTON: Final = Preset(
    name="tekton",
    about="Tekton Triggers: calls an EventListener.",
    options=(url_option("The address of the EventListener's service."),),
    fill_in=_tekton,
)
ARGO_EVENTS: Final = Preset(
    name="argo-events",
    about="Argo Events: calls a webhook event source.",
    options=(
        url_option("The address of the event source, with its endpoint."),
        token_option("What its authSecret holds, if it has one.", is_required=False),
    ),
    fill_in=_argo_events,
)
FLUX: Final = Preset(
    name="flux",
    about="Flux: calls a Receiver of type generic-hmac.",
    options=(
        url_option("The address of the notification controller, with the hook's path."),
        token_option("The token in the Receiver's secret, 16 to 256 characters."),
    ),
    fill_in=_flux,
)
KEEL: Final = Preset(
    name="keel",
    about="Keel: updates workloads when their image was pushed.",
    options=(url_option("The address of Keel."),),
    fill_in=_keel,
)
