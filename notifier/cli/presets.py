"""Presets: the options that they have, and a list of them."""

from collections.abc import Callable, Iterable
from typing import Any, TextIO

import click

from notifier.cli.options import json_option
from notifier.cli.output import print_json, print_table
from notifier.delivery.presets import PRESETS, Option, Preset
from notifier.web.api.schemas.presets import PresetSchema

_SPELLED = {
    "url": "URL",
    "token": "--token-file",
    "repository": "--repo",
    "event_type": "--event-type",
    "project": "--project",
    "ref": "--ref",
}


def preset_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options about presets."""
    options = (
        click.option(
            "--preset",
            "preset_name",
            type=click.Choice(sorted(PRESETS)),
            help="Fill in what this receiver needs; URL is then its address. "
            "`notifier endpoints presets` lists what each has to know.",
        ),
        click.option("--repo", "repository", help="github: owner/name."),
        click.option("--event-type", help="github: what workflows wait for."),
        click.option("--project", help="gitlab: the project's number or path."),
        click.option("--ref", help="gitlab: the branch or tag to run."),
        click.option(
            "--token-file",
            "token",
            type=click.File(),
            help="Read the preset's token from this file; - is stdin.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def take_preset(options: dict[str, Any], url: str | None) -> dict[str, Any]:
    """Take the options above out of *options*; return fields of the REST API."""
    name: str | None = options.pop("preset_name")
    token: TextIO | None = options.pop("token")
    given = {
        key: options.pop(key) for key in ("repository", "event_type", "project", "ref")
    }
    given["token"] = token.read().strip() if token else None
    chosen = {key: text for key, text in given.items() if text is not None}
    if name is None:
        if chosen:
            spelled = ", ".join(_SPELLED[key] for key in chosen)
            raise click.UsageError(f"{spelled}: these need a --preset")
        if url is None:
            raise click.UsageError("say a URL, or a --preset")
        return {"url": url}
    where = {} if url is None else {"url": url}
    _check(PRESETS[name], where | chosen)
    return {"preset": {"name": name, **where, **chosen}}


@click.command("presets")
@json_option
def command(*, as_json: bool) -> None:
    """List the presets: what endpoints can be filled in for.

    \b
    Examples:
      notifier endpoints presets
      notifier endpoints add site --preset github --repo acme/site --token-file F
    """
    if as_json:
        dumped = PresetSchema(many=True).dump(PRESETS.values())
        print_json({"items": dumped, "next": None})
        return
    print_table(
        ["name", "about", "needs", "may have"],
        [
            [
                preset.name,
                preset.about,
                _spell(option for option in preset.options if option.is_required),
                _spell(option for option in preset.options if not option.is_required),
            ]
            for preset in PRESETS.values()
        ],
    )


def _check(preset: Preset, given: dict[str, str]) -> None:
    """Refuse in the words of the command line what the preset would refuse."""
    options = {option.name: option for option in preset.options}
    for name in given:
        if name not in options:
            raise click.UsageError(f"{preset.name} has no use for {_SPELLED[name]}")
    for name, option in options.items():
        if option.is_required and name not in given:
            raise click.UsageError(
                f"{preset.name} needs {_SPELLED[name]}: {option.about}"
            )


def _spell(options: Iterable[Option]) -> str:
    return ", ".join(_SPELLED[option.name] for option in options)
