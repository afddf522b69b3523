"""Options that say what events look like to an endpoint."""

from collections.abc import Callable
from typing import Any, TextIO

import click

from notifier.delivery.formats import TYPES, Format, parse_format
from notifier.delivery.formats.template import Template

_TEMPLATE = Template.type
# What stands behind a colon is the one option that a format has.
_VARIANTS = {
    "distribution:v1": {"type": "distribution", "version": "v1"},
    "cloudevents:binary": {"type": "cloudevents", "mode": "binary"},
    "cloudevents:batch": {"type": "cloudevents", "mode": "batch"},
    "harbor:cloudevents": {"type": "harbor", "mode": "cloudevents"},
}
_CHOICES: dict[str, dict[str, str]] = {
    **{name: {"type": name} for name in TYPES if name != _TEMPLATE},
    **_VARIANTS,
}


def format_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options about formats."""
    for option in (
        click.option(
            "--content-type",
            metavar="TYPE",
            help="What the template makes, if not JSON.",
        ),
        click.option(
            "--template",
            type=click.File(),
            help="Send what this Jinja template makes of each event; - is stdin.",
        ),
        click.option(
            "--format",
            "format_name",
            type=click.Choice(sorted(_CHOICES)),
            help="What events look like to it. [default: distribution]",
        ),
    ):
        function = option(function)
    return function


def take_format(options: dict[str, Any]) -> Format | None:
    """Take the options above out of *options*; return None if none was given.

    Raises `EndpointInvalid`.
    """
    name: str | None = options.pop("format_name")
    template: TextIO | None = options.pop("template")
    content_type: str | None = options.pop("content_type")
    if name and template:
        raise click.UsageError("say either --format or --template")
    if content_type and not template:
        raise click.UsageError("--content-type is that of a --template")
    if template:
        chosen = {"type": _TEMPLATE, "body": template.read()}
        return parse_format(
            chosen | ({"content_type": content_type} if content_type else {})
        )
    return parse_format(_CHOICES[name]) if name else None


def describe_format(chosen: Format) -> str:
    """Name a format as the options do."""
    options = chosen.options()
    named = (name for name, variant in _VARIANTS.items() if variant == options)
    return next(named, chosen.type)


def template_of(chosen: Format) -> str:
    """Return the template of a format that is one, or nothing."""
    return chosen.body if isinstance(chosen, Template) else ""
