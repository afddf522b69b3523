"""Servers of ours that differ in a size: how they come to have what they have."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import requests
from rich.console import Console

from benchmarks.asking import QUESTIONS, draw
from benchmarks.client import Client
from benchmarks.load import ACTS
from benchmarks.logs import database_in, log
from benchmarks.place import Place
from benchmarks.receiver import receiver
from benchmarks.servers import Registry, Server
from benchmarks.sizes import Size
from benchmarks.stock import Stock
from benchmarks.turns import wait_for_events
from notifier.db import Database

_EVERYTHING: Final = {"actions": ["*"], "kinds": ["*"]}
_TIMEOUT_S: Final = 30.0
_DRAIN_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class GrownServer:
    """A server of some size, and what it has."""

    server: Server
    size: Size
    stock: Stock


@dataclass(frozen=True, slots=True)
class Ground:
    """Where servers are set up: by whom, on which kind of database, with logs where."""

    driver: Client
    kind: str
    logs: Path
    progress: Console


@contextmanager
def grown_server(
    ground: Ground, folder: Path, name: str, size: Size
) -> Iterator[GrownServer]:
    """Run a server of this size, and give it what it needs."""
    with ExitStack() as stack:
        url = stack.enter_context(_database(ground, folder, size))
        place = Place(folder, {"NOTIFIER_DATABASE_URL": url})
        told = stack.enter_context(receiver())
        registry = Registry(
            name=name,
            host=place.host,
            head_is_pull=False,
            receiver=told,
            start=partial(place.running, "serve"),
            told=size.endpoints,
        )
        server = stack.enter_context(registry.running())
        stack.enter_context(_endpoints(registry, size))
        stock = _fill(ground.driver, registry, size, url)
        yield GrownServer(server, size, stock)


@contextmanager
def _database(ground: Ground, folder: Path, size: Size) -> Iterator[str]:
    if size.events:
        with log(ground.logs, ground.kind, size.events, ground.progress) as url:
            yield url
    else:
        with database_in(folder.with_suffix(".database"), ground.kind) as url:
            yield url


def _fill(driver: Client, registry: Registry, size: Size, url: str) -> Stock:
    """Push an image to each repository, and find what to ask about."""
    images = driver.push_images(registry.host, size.repositories, size.shape)
    catalog, tags = driver.push_listed(registry.host)
    listed = len(catalog.names) + len(tags.names) - 1
    push = ACTS["push"]
    made = len(images) * push.count_events(size.layers, head_is_pull=False)
    expected = (made + listed * push.events) * registry.told
    wait_for_events(registry.receiver, expected, _DRAIN_S)
    return Stock(
        images=images,
        shape=size.shape,
        catalog=catalog,
        tags=tags,
        questions=_questions(url),
    )


def _questions(url: str) -> Sequence[str]:
    """Return what to ask: each question about many events."""
    database = Database(url)
    events = [event for event in draw(database) if event.target.descriptor]
    paths = [ask(event) for event in events for ask in QUESTIONS.values()]
    database.close()
    random.Random(1).shuffle(paths)
    return paths


@contextmanager
def _endpoints(registry: Registry, size: Size) -> Iterator[None]:
    """Have some that are told of everything, and others that are told of nothing."""
    filters = [_EVERYTHING] * size.endpoints + [
        {**_EVERYTHING, "repositories": [f"team-{n}/**"]} for n in range(size.others)
    ]
    api = f"http://{registry.host}/api/v1/endpoints"
    made = []
    for number, wanted in enumerate(filters):
        url = f"{registry.receiver.url}/{number}"
        fields = {"name": f"bench-{number}", "url": url, "filters": wanted}
        answer = requests.post(api, json=fields, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        made.append(answer.json()["id"])
    try:
        yield
    finally:
        # A log that is kept outlives the receiver.
        for number in made:
            requests.delete(f"{api}/{number}", timeout=_TIMEOUT_S)
