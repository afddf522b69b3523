"""The endpoints commands: who is told of what."""

import socket
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click

from notifier import __version__
from notifier.cli import declared, preview, statistics
from notifier.cli.formats import (
    describe_format,
    format_options,
    take_format,
    template_of,
)
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.place import open_place
from notifier.cli.policies import (
    describe_health,
    describe_policy,
    policy_options,
    take_policy,
)
from notifier.cli.recover import recover
from notifier.cli.replays import replay
from notifier.cli.signing import (
    describe_secrets,
    end_overlap,
    once,
    read_secret,
    remind,
    rotate,
    secret_file_option,
    signature_option,
)
from notifier.cli.tls import describe_tls, take_tls, tls_options
from notifier.cli.wishes import describe, take_filters, wish_options
from notifier.config import Settings
from notifier.delivery.deliveries import get_delivery
from notifier.delivery.endpoints import DEFAULT_TIMEOUT_S, Endpoint
from notifier.delivery.formats import DEFAULT_FORMAT
from notifier.delivery.outbox import Outbox
from notifier.delivery.pings import ping as send_ping
from notifier.delivery.queue import Nudger
from notifier.delivery.signing import DEFAULT_SIGNATURES
from notifier.delivery.statistics import get_statistics, list_statistics
from notifier.events.event import RequestRecord, Source
from notifier.events.record import Recorder
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.endpoints import EndpointSchema


@click.group("endpoints")
def command() -> None:
    """Manage the endpoints: URLs that are told of events.

    ENDPOINT is a name or an id.
    """


command.add_command(preview.command)
command.add_command(declared.command)
command.add_command(rotate)
command.add_command(end_overlap)
command.add_command(statistics.command)


@command.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    """List all endpoints, the newest first."""
    with open_place() as place, place.database.read() as connection:
        found = place.all_endpoints(connection)
        fared = list_statistics(connection, datetime.now(UTC))
    if as_json:
        print_json({"items": EndpointSchema(many=True).dump(found), "next": None})
        return
    print_table(
        [
            *("name", "url", "enabled", "declared", *statistics.HEADINGS),
            *("wants", "format", "id"),
        ],
        [
            [
                *(e.name, e.url, _enabled(e), _yes_or_no(e.declared)),
                *statistics.cells(fared[e.key]),
                *(describe(e.filters), describe_format(e.format), str(e.id)),
            ]
            for e in found
        ],
    )


@command.command()
@click.argument("name")
@click.argument("url")
@wish_options
@format_options
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'Name: value'",
    help="Send this header with each event. Its value is not shown again.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=float,
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    help="Seconds that an answer may take.",
)
@tls_options
@click.option("--disabled", is_flag=True, help="Tell it nothing yet.")
@policy_options
@signature_option
@secret_file_option
@json_option
def add(*, as_json: bool, disabled: bool, **options: Any) -> None:
    """Add an endpoint: URL is told of what it wants, under NAME.

    Prints the secret that its signatures are made with, if it is made here. It is
    shown this once.

    \b
    Examples:
      notifier endpoints add ci https://ci.example.com/hook
      notifier endpoints add mirror http://10.0.0.7/ --action '*' --kind '*'
      notifier endpoints add prod https://cd.example.com/ --repository 'prod/**' \\
        --tag 'v*' --exclude-tag '*-rc*' --header 'Authorization: Bearer 9f3a5c'
      notifier endpoints add chat https://hooks.slack.com/services/T/B/x --format slack
      notifier endpoints add store http://10.0.0.7/ --max-batch 100 --rate-limit 10
    """
    filters, policy = take_filters(options), take_policy(options)
    format_ = take_format(options) or DEFAULT_FORMAT
    headers = _parsed_headers(options.pop("headers"))
    given = read_secret(options.pop("secret_file"))
    signatures = options.pop("signatures") or DEFAULT_SIGNATURES
    tls = take_tls(options)
    with open_place() as place:
        place.endpoints.reach.check(options["url"])
        with place.database.transaction() as transaction:
            endpoint, secret = place.endpoints.create(
                transaction,
                filters=filters,
                format_=format_,
                headers=headers,
                enabled=not disabled,
                signatures=signatures,
                secret=given,
                tls=tls,
                policy=policy,
                **options,
            )
    if as_json:
        print_json(EndpointSchema().dump(endpoint) | once(secret))
        return
    print_fields(_fields(endpoint) | once(secret))
    remind(secret)


@command.command()
@click.argument("endpoint")
@json_option
def show(endpoint: str, *, as_json: bool) -> None:
    """Show an endpoint, and how it has fared in the last hour."""
    with open_place() as place, place.database.read() as connection:
        found = place.find_endpoint(connection, endpoint)
        fared = get_statistics(connection, found.key, datetime.now(UTC))
    _print(found, as_json=as_json)
    if not as_json:
        print_fields(statistics.fields(fared))


@command.command()
@click.argument("endpoint")
@click.option("--name", help="Call it so.")
@click.option("--url", help="Tell this URL instead.")
@click.option("--enable/--disable", "enabled", default=None, help="Tell it, or not.")
@wish_options
@format_options
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'Name: value'",
    help="Send this header with each event; others are not sent any more.",
)
@click.option("--no-headers", is_flag=True, help="Send no headers of yours any more.")
@click.option(
    "--timeout", "timeout_s", type=float, help="Seconds that an answer may take."
)
@policy_options
@signature_option
@tls_options
@click.option("--no-tls", is_flag=True, help="Use the public authorities again.")
@json_option
def update(
    endpoint: str, *, as_json: bool, no_headers: bool, no_tls: bool, **options: Any
) -> None:
    """Change an endpoint; what is not given stays as it is.

    What it wants is replaced as a whole, and so are headers, signatures and TLS. An
    endpoint that the configuration file declares is changed there.

    \b
    Examples:
      notifier endpoints update ci --disable
      notifier endpoints update ci --repository 'team/**' --action push
    """
    filters, format_ = take_filters(options), take_format(options)
    headers, policy = _parsed_headers(options.pop("headers")), take_policy(options)
    options["signatures"] = options["signatures"] or None
    tls = take_tls(options)
    changes = {name: value for name, value in options.items() if value is not None}
    if filters is not None:
        changes["filters"] = filters
    if format_ is not None:
        changes["format_"] = format_
    if headers or no_headers:
        changes["headers"] = headers
    if tls or no_tls:
        changes["tls"] = tls
    if policy:
        changes["policy"] = policy
    if not changes:
        raise click.UsageError("say what to change: see --help")
    with open_place() as place:
        if "url" in changes:
            place.endpoints.reach.check(changes["url"])
        with place.database.transaction() as transaction:
            found = place.find_endpoint(transaction.connection, endpoint)
            changed = place.endpoints.update(transaction, found.id, **changes)
    _print(changed, as_json=as_json)


@command.command()
@click.argument("endpoint")
def remove(endpoint: str) -> None:
    """Remove an endpoint.

    What it has not got by now it will not get. The log keeps what it got. An endpoint
    that the configuration file declares is removed there.
    """
    with open_place() as place, place.database.transaction() as transaction:
        found = place.find_endpoint(transaction.connection, endpoint)
        place.endpoints.remove(transaction, found.id)
    click.echo(f"removed {found.name}")


@command.command()
@click.argument("endpoint")
@json_option
def ping(endpoint: str, *, as_json: bool) -> None:
    """Send a test event to an endpoint, whatever it wants.

    A running worker sends it within a second; `notifier deliveries show` tells how it
    went.
    """
    with open_place() as place, place.database.transaction() as transaction:
        connection = transaction.connection
        # The sweep finds the delivery in the database: no Redis is needed here.
        delivery_id = send_ping(
            transaction,
            Recorder(),
            Outbox(place.endpoints, Nudger(None)),
            place.find_endpoint(connection, endpoint),
            request=_request(),
            source=_source(place.settings),
        )
        delivery = get_delivery(connection, delivery_id)
    if as_json:
        print_json(DeliverySchema().dump(delivery))
        return
    click.echo(f"sent as delivery {delivery_id}")


command.add_command(recover)
command.add_command(replay)


def _print(endpoint: Endpoint, *, as_json: bool) -> None:
    if as_json:
        print_json(EndpointSchema().dump(endpoint))
    else:
        print_fields(_fields(endpoint))


def _fields(endpoint: Endpoint) -> dict[str, str]:
    headers = [f"{name}: {value}" for name, value in endpoint.headers.items()]
    return {
        "id": str(endpoint.id),
        "name": endpoint.name,
        "url": endpoint.url,
        "enabled": _enabled(endpoint),
        "wants": describe(endpoint.filters),
        "format": describe_format(endpoint.format),
        "template": template_of(endpoint.format),
        "headers": "\n".join(headers),
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


def _parsed_headers(texts: tuple[str, ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon:
            raise click.UsageError("a header is written 'Name: value'")
        headers[name.strip()] = value.strip()
    return headers


def _enabled(endpoint: Endpoint) -> str:
    if not endpoint.is_readable:
        return "its secrets cannot be decrypted"
    return _yes_or_no(endpoint.enabled)


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - it is the value that is rendered
    return "yes" if value else "no"


def _request() -> RequestRecord:
    """Describe this command as the request that leads to a ping."""
    return RequestRecord(
        id=uuid4(),
        addr="",
        host=socket.gethostname(),
        method="",
        useragent=f"notifier/{__version__}",
    )


def _source(settings: Settings) -> Source:
    return Source(addr=f"{socket.gethostname()}:{settings.port}", instance_id=uuid4())
