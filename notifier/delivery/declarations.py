"""Declarations: the endpoints of the configuration file, written to the database.

They behave as the distribution project has it: each hears everything, less what it
ignores, and waits a second for an answer if nothing else is said.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from notifier.config import DeclaredEndpoint
from notifier.db import Transaction
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.errors import (
    EndpointInvalid,
    EndpointNameTaken,
    TooManyEndpoints,
)
from notifier.delivery.filters import Filters
from notifier.delivery.rules import ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The names of the endpoints that a declaration has changed."""

    added: Sequence[str]
    updated: Sequence[str]
    removed: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)


def declare(
    transaction: Transaction,
    store: EndpointStore,
    wanted: Sequence[DeclaredEndpoint],
) -> Changes:
    """Have the *wanted* endpoints declared, and no others.

    What is there as wanted is left alone, so that any number of processes may say the
    same. Raises `ConfigError`, which names the line.
    """
    present = {endpoint.name: endpoint for endpoint in store.list_declared(transaction)}
    removed = sorted(present.keys() - {item.name for item in wanted})
    for name in removed:
        store.remove(transaction, present[name].id, declared=True)
    added, updated = [], []
    for item in wanted:
        if (endpoint := present.get(item.name)) is None:
            _create(transaction, store, item)
            added.append(item.name)
        elif _update(transaction, store, item, endpoint):
            updated.append(item.name)
    return Changes(added=added, updated=updated, removed=removed)


def _create(
    transaction: Transaction, store: EndpointStore, item: DeclaredEndpoint
) -> None:
    with _lines_of(item):
        store.create(transaction, declared=True, name=item.name, **_fields(item))


def _update(
    transaction: Transaction,
    store: EndpointStore,
    item: DeclaredEndpoint,
    endpoint: Endpoint,
) -> bool:
    """Change what is not as wanted; tell whether there was anything."""
    # An endpoint as it is shown has its headers' values masked.
    headers = store.find_headers(transaction.connection, endpoint.key)
    changes = {
        name: value
        for name, value in _fields(item).items()
        if value != (headers if name == "headers" else getattr(endpoint, name))
    }
    if changes:
        with _lines_of(item):
            store.update(transaction, endpoint.id, declared=True, **changes)
    return bool(changes)


def _fields(item: DeclaredEndpoint) -> dict[str, Any]:
    with _lines_of(item):
        filters = _filters(item)
    return {
        "url": item.url,
        "enabled": item.enabled,
        "filters": filters,
        "headers": dict(item.headers),
        "timeout_s": item.timeout_s,
    }


def _filters(item: DeclaredEndpoint) -> Filters:
    """Want everything but what is ignored, be it for its action or its media type."""
    ignored = {
        "actions": item.ignored_actions,
        "media_types": item.ignored_media_types,
    }
    exclude = {key: items for key, items in ignored.items() if items}
    everything: dict[str, Any] = {"actions": [ALL], "kinds": [ALL]}
    return Filters.parse(everything | ({"exclude": exclude} if exclude else {}))


@contextmanager
def _lines_of(item: DeclaredEndpoint) -> Iterator[None]:
    """Say where in the file stands what cannot be."""
    try:
        yield
    except EndpointInvalid as error:
        raise item.entry(error.field).error(error.reason) from None
    except EndpointNameTaken:
        raise item.entry("name").error(
            "an endpoint of this name was made by REST or command line: say another "
            "name, or remove that one (`notifier endpoints remove`)"
        ) from None
    except TooManyEndpoints as error:
        raise item.entry("").error(
            f"{error}: set NOTIFIER_MAX_ENDPOINTS, or remove some"
        ) from None
