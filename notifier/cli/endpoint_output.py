"""What commands print of an endpoint."""

from collections.abc import Mapping, Sequence

from notifier.cli import statistics
from notifier.cli.formats import describe_format, template_of
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.policies import describe_health, describe_policy
from notifier.cli.signing import describe_secrets
from notifier.cli.tls import describe_tls
from notifier.cli.wishes import describe
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.statistics import Statistics
from notifier.web.api.schemas.endpoints import EndpointSchema

_UNREADABLE = "its secrets cannot be decrypted"


def print_endpoint(endpoint: Endpoint, *, as_json: bool) -> None:
    """Print all about an endpoint but its secret."""
    if as_json:
        print_json(EndpointSchema().dump(endpoint))
    else:
        print_fields(fields_of(endpoint))


def print_endpoints(
    endpoints: Sequence[Endpoint], fared: Mapping[int, Statistics]
) -> None:
    """Print a line for each endpoint, with how it has fared, by its key."""
    print_table(
        [
            *("name", "url", "state", "declared", *statistics.HEADINGS),
            *("wants", "format", "id"),
        ],
        [
            [
                *(e.name, e.url, _state(e, fared[e.key]), _yes_or_no(e.declared)),
                *statistics.cells(fared[e.key]),
                *(describe(e.filters), describe_format(e.format), str(e.id)),
            ]
            for e in endpoints
            # One may have been removed a moment ago.
            if e.key in fared
        ],
    )


def fields_of(endpoint: Endpoint) -> dict[str, str]:
    """Return all about an endpoint but its secret, for people."""
    return {
        "id": str(endpoint.id),
        "name": endpoint.name,
        "url": endpoint.url,
        "url secrets": _lines(endpoint.url_secrets),
        "enabled": _enabled(endpoint),
        "wants": describe(endpoint.filters),
        "format": describe_format(endpoint.format),
        "template": template_of(endpoint.format),
        "headers": _lines(endpoint.headers),
        "timeout": f"{endpoint.timeout_s:g} s",
        "policy": describe_policy(endpoint.policy),
        "health": describe_health(endpoint.breaker, endpoint.disabled_reason),
        "declared": _yes_or_no(endpoint.declared),
        "signatures": ", ".join(endpoint.signatures),
        **describe_secrets(endpoint.secrets),
        "tls": describe_tls(endpoint.tls),
        "created": moment(endpoint.created_at),
        "updated": moment(endpoint.updated_at),
    }


def _lines(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in values.items())


def _enabled(endpoint: Endpoint) -> str:
    return _yes_or_no(endpoint.enabled) if endpoint.is_readable else _UNREADABLE


def _state(endpoint: Endpoint, fared: Statistics) -> str:
    return fared.state if endpoint.is_readable else _UNREADABLE


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - it is the value that is rendered
    return "yes" if value else "no"
