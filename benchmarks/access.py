"""``python -m benchmarks.access``: what it costs to know who asks.

Two servers alike, one where everybody may do everything and one where a token is shown
with each request, take turns under the same GETs of manifests.
"""

import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import click
import orjson
import requests
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.client import Client, client, count_processors
from benchmarks.images import REPOSITORIES, Image
from benchmarks.load import Load
from benchmarks.machine import describe_machine
from benchmarks.operations import manifest_path
from benchmarks.place import Place
from benchmarks.processes import Program, is_registry
from benchmarks.wrk import is_installed, run_wrk

_NOBODY: Final = "nobody in particular"
_CREDENTIALS: Final = (_NOBODY, "access token", "API token")
_WARM_UP_S: Final = 1


@dataclass(frozen=True, slots=True)
class _Server:
    """A server that runs, with images, and what is shown to it."""

    host: str
    program: Program
    images: Sequence[Image]
    authorization: str


@dataclass(frozen=True, slots=True)
class _Turn:
    load: Load
    cpu_us: float


@click.command()
@click.option("--seconds", default=4, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--connections", default=8, show_default=True, type=click.IntRange(min=1))
def main(*, seconds: int, rounds: int, connections: int) -> None:
    """Measure manifest GETs with and without a token."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not is_installed():
        raise click.ClickException("wrk is not installed: apt-get install wrk")
    console = Console(stderr=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        driver = stack.enter_context(client(count_processors()))
        servers = {
            credential: stack.enter_context(_server(folder, driver, credential))
            for credential in _CREDENTIALS
        }
        turns: dict[str, list[_Turn]] = {credential: [] for credential in servers}
        for server in servers.values():
            _take_turn(server, connections, _WARM_UP_S)
        for _ in range(rounds):
            for credential, server in servers.items():
                turn = _take_turn(server, connections, seconds)
                console.print(f"{credential}: {turn.load.per_s:,.0f}/s")
                turns[credential].append(turn)
        click.echo(describe_machine(folder).render())
    Console(width=100).print(_table(turns))


@contextmanager
def _server(folder: Path, driver: Client, credential: str) -> Iterator[_Server]:
    place = Place(folder / credential.replace(" ", "-"))
    with place.running("serve") as program:
        program.wait_until(partial(is_registry, place.host))
        images = driver.push_images(place.host, REPOSITORIES)
        authorization = ""
        if credential != _NOBODY:
            token = _make_token(place)
            if credential == "access token":
                token = _exchange(place, images, token)
            authorization = f"Bearer {token}"
        yield _Server(place.host, program, images, authorization)


def _make_token(place: Place) -> str:
    """Let one robot in, and nobody else."""
    place.run("users", "add", "bench", "--robot")
    place.run("grants", "add", "robot:bench", "pull")
    made = place.run("tokens", "create", "bench", "bench", "--permit=pull", "--json")
    token: str = orjson.loads(made)["token"]
    return token


def _exchange(place: Place, images: Sequence[Image], token: str) -> str:
    """Get an access token for all images, as a client would for one."""
    scopes = {f"repository:{image.repository}:pull" for image in images}
    answer = requests.get(
        f"http://{place.host}/auth/token",
        params={"service": "notifier", "scope": sorted(scopes)},
        auth=("bench", token),
        timeout=10,
    )
    answer.raise_for_status()
    access_token: str = answer.json()["token"]
    return access_token


def _take_turn(server: _Server, connections: int, seconds: int) -> _Turn:
    cpu_s = server.program.cpu_s()
    load = run_wrk(
        server.host,
        [manifest_path(image) for image in server.images],
        connections=connections,
        threads=min(count_processors(), connections),
        seconds=seconds,
        authorization=server.authorization,
    )
    if load.errors:
        raise click.ClickException(f"{load.errors} requests were refused")
    spent_s = server.program.cpu_s() - cpu_s
    return _Turn(load, spent_s / load.operations * 1e6)


def _table(turns: Mapping[str, Sequence[_Turn]]) -> Table:
    table = Table(box=box.MARKDOWN)
    for heading in ("credential", "per s", "cost", "server CPU µs a request", "cost"):
        table.add_column(
            heading, justify="left" if heading == "credential" else "right"
        )
    figures = {
        credential: (
            median(turn.load.per_s for turn in taken),
            median(turn.cpu_us for turn in taken),
        )
        for credential, taken in turns.items()
    }
    base_per_s, base_us = figures[_NOBODY]
    for credential, (per_s, cpu_us) in figures.items():
        table.add_row(
            credential,
            f"{per_s:,.0f}",
            f"{(base_per_s / per_s - 1) * 100:.1f} %",
            f"{cpu_us:,.0f}",
            f"{(cpu_us / base_us - 1) * 100:.1f} %",
        )
    return table


if __name__ == "__main__":
    main()
