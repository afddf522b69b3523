"""How endpoints fare, in words."""

from datetime import UTC, datetime

import click

from notifier.cli.options import json_option
from notifier.cli.output import moment, print_fields, print_json
from notifier.cli.place import open_place
from notifier.delivery.statistics import LastError, Statistics, get_statistics
from notifier.web.api.schemas.statistics import StatisticsSchema

HEADINGS = ["success", "p95", "pending"]


@click.command("statistics")
@click.argument("endpoint")
@json_option
def command(endpoint: str, *, as_json: bool) -> None:
    """Show how an endpoint has fared in the last hour, and what waits for it."""
    with open_place() as place, place.database.read() as connection:
        key = place.find_endpoint(connection, endpoint).key
        found = get_statistics(connection, key, datetime.now(UTC))
    if as_json:
        print_json(StatisticsSchema().dump(found))
    else:
        print_fields(fields(found))


def cells(found: Statistics) -> list[str]:
    """Return what stands below `HEADINGS`."""
    return [_share(found), _duration(found.p95_ms), str(found.pending)]


def fields(found: Statistics) -> dict[str, str]:
    """Return all there is, by name."""
    return {
        "state": found.state,
        "attempts": f"{found.attempts} in the last hour",
        "success": _share(found),
        "p50": _duration(found.p50_ms),
        "p95": _duration(found.p95_ms),
        "pending": str(found.pending),
        "oldest pending": moment(found.oldest_pending_at),
        "last error": _described(found.last_error) if found.last_error else "",
    }


def _share(found: Statistics) -> str:
    share = found.success_share
    # Rounded down: what has failed once has not succeeded always.
    return "" if share is None else f"{int(share * 1000) / 10:g} %"


def _duration(took_ms: float | None) -> str:
    return "" if took_ms is None else f"{took_ms:.3g} ms"


def _described(error: LastError) -> str:
    came = error.error if error.status is None else f"status {error.status}"
    return f"{moment(error.at)}: {came}"
