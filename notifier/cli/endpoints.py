"""The endpoints commands: who is told of what."""

from datetime import UTC, datetime
from typing import Any

import click

from notifier.cli import declared, ping, presets, preview, statistics
from notifier.cli.endpoint_options import (
    read_headers,
    read_url_secrets,
    url_secret_option,
)
from notifier.cli.endpoint_output import fields_of, print_endpoint, print_endpoints
from notifier.cli.formats import format_options, take_format
from notifier.cli.options import json_option
from notifier.cli.output import print_fields, print_json
from notifier.cli.place import open_place
from notifier.cli.policies import policy_options, take_policy
from notifier.cli.presets import preset_options, take_preset
from notifier.cli.recover import recover
from notifier.cli.replays import replay
from notifier.cli.signing import (
    end_overlap,
    once,
    read_secret,
    remind,
    rotate,
    secret_file_option,
    signature_option,
)
from notifier.cli.tls import take_tls, tls_options
from notifier.cli.wishes import take_filters, take_lists, wish_options
from notifier.delivery.endpoint import named
from notifier.delivery.endpoint_fields import field_names, parse_fields
from notifier.delivery.endpoints import DEFAULT_TIMEOUT_S
from notifier.delivery.formats import Format
from notifier.delivery.statistics import get_statistics, list_statistics
from notifier.events.event import Action
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
command.add_command(presets.command)


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
    print_endpoints(found, fared)


@command.command()
@click.argument("name")
@click.argument("url", required=False)
@preset_options
@wish_options
@format_options
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'Name: value'",
    help="Send this header with each event; @FILE has some, one a line. Their values "
    "are not shown again.",
)
@url_secret_option
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
def add(*, as_json: bool, disabled: bool, url: str | None, **options: Any) -> None:
    """Add an endpoint: URL is told of what it wants, under NAME.

    With --preset the URL is the address of the receiver, and may often be left out;
    what else is given goes before what the preset would fill in.

    Prints the secret that its signatures are made with, if it is made here. It is
    shown this once.

    \b
    Examples:
      notifier endpoints add ci https://ci.example.com/hook
      notifier endpoints add mirror http://10.0.0.7/ --action '*' --kind '*'
      notifier endpoints add prod https://cd.example.com/ --repository 'prod/**' \\
        --tag 'v*' --exclude-tag '*-rc*' --header @headers.txt
      notifier endpoints add store http://10.0.0.7/ --max-batch 100 --rate-limit 10
      notifier endpoints add chat 'https://hooks.slack.com/services/{path}' \\
        --url-secret path=slack.txt --format slack
      notifier endpoints add site --preset github --repo acme/site --token-file F
      notifier endpoints add app https://gitlab.example.com --preset gitlab \\
        --project acme/app --token-file -
    """
    policy = take_policy(options)
    fields = {
        "enabled": not disabled,
        "filters": take_lists(options) or None,
        "format": _options_of(take_format(options)),
        "headers": read_headers(options.pop("headers")) or None,
        "url_secrets": read_url_secrets(options.pop("url_secrets")) or None,
        "secret": read_secret(options.pop("secret_file")),
        "signatures": options.pop("signatures") or None,
        "tls": take_tls(options) or None,
        **take_preset(options, url),
        **options,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    parsed = parse_fields(given | policy)
    with open_place() as place:
        place.endpoints.reach.check(parsed["url"])
        with place.database.transaction() as transaction:
            endpoint, secret = place.endpoints.create(transaction, **parsed)
            place.record(transaction, Action.ENDPOINT_CREATE, endpoint=named(endpoint))
    if as_json:
        print_json(EndpointSchema().dump(endpoint) | once(secret))
        return
    print_fields(fields_of(endpoint) | once(secret))
    remind(secret)


@command.command()
@click.argument("endpoint")
@json_option
def show(endpoint: str, *, as_json: bool) -> None:
    """Show an endpoint, and how it has fared in the last hour."""
    with open_place() as place, place.database.read() as connection:
        found = place.find_endpoint(connection, endpoint)
        fared = get_statistics(connection, found.key, datetime.now(UTC))
    print_endpoint(found, as_json=as_json)
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
    help="Send this header with each event; @FILE has some, one a line. Others are not "
    "sent any more.",
)
@url_secret_option
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
    headers = read_headers(options.pop("headers"))
    url_secrets = read_url_secrets(options.pop("url_secrets"))
    policy = take_policy(options)
    options["signatures"] = options["signatures"] or None
    tls = take_tls(options)
    given = {
        **options,
        "filters": filters,
        "format_": format_,
        "url_secrets": url_secrets or None,
        "policy": policy or None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if headers or no_headers:
        changes["headers"] = headers
    if tls or no_tls:
        changes["tls"] = tls
    if not changes:
        raise click.UsageError("say what to change: see --help")
    with open_place() as place:
        if "url" in changes:
            place.endpoints.reach.check(changes["url"])
        with place.database.transaction() as transaction:
            found = place.find_endpoint(transaction.connection, endpoint)
            changed = place.endpoints.update(transaction, found.id, **changes)
            place.record(
                transaction,
                Action.ENDPOINT_UPDATE,
                endpoint=named(changed),
                fields=field_names(changes),
            )
    print_endpoint(changed, as_json=as_json)


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
        place.record(transaction, Action.ENDPOINT_REMOVE, endpoint=named(found))
    click.echo(f"removed {found.name}")


command.add_command(ping.command)
command.add_command(recover)
command.add_command(replay)


def _options_of(chosen: Format | None) -> dict[str, Any] | None:
    return None if chosen is None else chosen.options()
