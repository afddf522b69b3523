"""The command that tells which endpoints wanted an event, and why others did not."""

from uuid import UUID

import click

from notifier.audit.answers import get_entry
from notifier.cli.options import json_option
from notifier.cli.output import print_json, print_table
from notifier.cli.place import open_place
from notifier.delivery.verdicts import Verdict, judge
from notifier.web.api.schemas.verdicts import VerdictSchema


@click.command("deliveries")
@click.argument("event", type=click.UUID)
@json_option
def command(event: UUID, *, as_json: bool) -> None:
    """Tell which endpoints wanted an event, and why not.

    The rule that refused it is the list of the endpoint's filters that did, such as
    filters.tags; or disabled, format, made_later, changed_later or ping.
    """
    with open_place() as place, place.database.read() as connection:
        entry = get_entry(connection, place.recorder, event)
        endpoints = place.all_endpoints(connection)
        verdicts = judge(connection, entry.event, entry.recorded_at, endpoints)
    if as_json:
        print_json({"items": VerdictSchema(many=True).dump(verdicts), "next": None})
        return
    print_table(
        ["endpoint", "wanted", "refused by", "because", "state", "delivery"],
        map(_cells, verdicts),
    )


def _cells(verdict: Verdict) -> list[str]:
    refusal, delivery = verdict.refusal, verdict.delivery
    return [
        verdict.endpoint.name,
        "no" if refusal else "yes",
        refusal.rule if refusal else "",
        refusal.text if refusal else "",
        delivery.state if delivery else "",
        str(delivery.id) if delivery else "",
    ]
