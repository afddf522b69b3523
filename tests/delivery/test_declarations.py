"""Declarations: the endpoints of the file become those of the database."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from notifier.config import ConfigError, DeclaredEndpoint
from notifier.config.document import Entry
from notifier.config.notifications import read_endpoints
from notifier.db import Database
from notifier.delivery.declarations import Changes, declare
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.errors import EndpointDeclared
from notifier.delivery.filters import Filters
from notifier.delivery.headers import MASK
from notifier.events.event import Action, Event, Kind
from tests import factories
from tests.delivery.desk import Desk

CI = "- {name: ci, url: http://ci.example/, headers: {X-Key: [k1]}, timeout: 2s}\n"
CD = "- {name: cd, url: http://cd.example/}\n"
OCTETS = "application/octet-stream"


def read(text: str) -> Sequence[DeclaredEndpoint]:
    entry = Entry.parse(text.encode(), "f.yml", "notifications.endpoints")
    return read_endpoints(entry) if entry else ()


def declare_at(desk: Desk, text: str) -> Changes:
    with desk.database.transaction() as transaction:
        return declare(transaction, desk.store, read(text))


def endpoint_of(desk: Desk, name: str) -> Endpoint:
    with desk.database.read() as connection:
        found = desk.store.find_by_name(connection, name)
    assert found is not None
    return found


def living(desk: Desk) -> list[Endpoint]:
    with desk.database.read() as connection:
        return list(desk.store.list(connection, limit=100))


def refusal(desk: Desk, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        declare_at(desk, text)
    return str(refused.value)


def test_an_endpoint_is_made_as_the_file_has_it(desk: Desk) -> None:
    changes = declare_at(desk, CI)

    assert changes == Changes(added=["ci"], updated=[], removed=[])
    made = endpoint_of(desk, "ci")
    assert made.declared
    assert made.enabled
    assert (made.url, made.timeout_s) == ("http://ci.example/", 2)
    assert made.headers == {"X-Key": MASK}
    assert made.filters == Filters.parse({"actions": ["*"], "kinds": ["*"]})
    with desk.database.read() as connection:
        recipient = desk.store.get_recipient(connection, made.key)
    assert recipient.headers == {"X-Key": "k1"}
    assert recipient.is_open
    assert len(made.secrets) == 1


def test_what_is_as_the_file_has_it_is_left_alone(desk: Desk) -> None:
    declare_at(desk, CI + CD)
    before = living(desk)

    assert not declare_at(desk, CI + CD)

    assert living(desk) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://ci.example/", "http://ci.example/2"),
        ("k1", "k2"),
        ("X-Key: [k1]", ""),
        ("2s", "3s"),
        ("timeout: 2s", "timeout: 2s, disabled: true"),
        ("timeout: 2s", "timeout: 2s, ignore: {actions: [pull]}"),
    ],
)
def test_what_the_file_changes_is_changed_and_keeps_its_secret(
    desk: Desk, old: str, new: str
) -> None:
    declare_at(desk, CI)
    before = endpoint_of(desk, "ci")

    changes = declare_at(desk, CI.replace(old, new))

    assert changes == Changes(added=[], updated=["ci"], removed=[])
    after = endpoint_of(desk, "ci")
    assert after.id == before.id
    assert after.updated_at > before.updated_at
    assert after.secrets == before.secrets
    assert not declare_at(desk, CI.replace(old, new))


def test_the_file_makes_up_for_headers_whose_key_is_lost(desk: Desk) -> None:
    declare_at(desk, CI)
    desk.lose_key()

    changes = declare_at(desk, CI)

    assert changes == Changes(added=[], updated=["ci"], removed=[])
    assert endpoint_of(desk, "ci").headers == {"X-Key": MASK}
    assert not declare_at(desk, CI)


def test_what_left_the_file_is_removed_and_its_deliveries_are_cancelled(
    desk: Desk,
) -> None:
    declare_at(desk, CI + CD)
    gone = endpoint_of(desk, "ci")
    desk.announce()

    changes = declare_at(desk, CD)

    assert changes == Changes(added=[], updated=[], removed=["ci"])
    assert [endpoint.name for endpoint in living(desk)] == ["cd"]
    [cancelled] = desk.deliveries(endpoint=gone.id)
    assert cancelled.state is DeliveryState.CANCELLED


def test_what_was_never_declared_stays(desk: Desk) -> None:
    own = desk.create(name="own")
    declare_at(desk, CI)

    declare_at(desk, "")

    assert living(desk) == [own]
    assert not own.declared


def test_an_endpoint_of_that_name_that_is_not_declared_is_in_the_way(
    desk: Desk,
) -> None:
    desk.create(name="cd")

    said = refusal(desk, CI + CD)

    assert said.startswith(
        "f.yml:2: notifications.endpoints[1].name: an endpoint of this name was made "
        "by REST or command line: say another name, or remove that one"
    )
    assert [endpoint.name for endpoint in living(desk)] == ["cd"]


def test_only_the_file_changes_what_it_declares(desk: Desk) -> None:
    declare_at(desk, CI)
    declared = endpoint_of(desk, "ci")

    with pytest.raises(EndpointDeclared):
        desk.update(declared, enabled=False)
    with pytest.raises(EndpointDeclared):
        desk.remove(declared)

    assert living(desk) == [declared]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  url: ftp://a/", ":2: notifications.endpoints[0].url: must be http"),
        (
            "  url: http://a/\n  timeout: 2m",
            ":3: notifications.endpoints[0].timeout: m",
        ),
        (
            "  url: http://a/\n  headers:\n    Host: [a]",
            ":4: notifications.endpoints[0].headers.Host: is not yours to set",
        ),
        (
            "  url: http://a/\n  headers:\n    X: [hunter2 \xe9]",
            ":4: notifications.endpoints[0].headers.X: must be visible ASCII",
        ),
        (
            f"  url: http://a/\n  ignoredmediatypes: {list(range(101))}",
            ":3: notifications.endpoints[0].ignoredmediatypes",
        ),
    ],
)
def test_what_no_endpoint_can_be_is_told_with_its_line(
    desk: Desk, text: str, said: str
) -> None:
    told = refusal(desk, f"- name: ci\n{text}\n")

    assert told.startswith(f"f.yml{said}")
    assert "hunter2" not in told
    assert living(desk) == []


def test_a_timeout_out_of_bounds_is_told_the_bounds(desk: Desk) -> None:
    assert refusal(desk, "- {name: a, url: http://a/, timeout: 61s}").endswith(
        "timeout: must be from 0.1 to 60 seconds"
    )


def test_there_may_be_so_many_and_no_more(desk: Desk) -> None:
    listed = "".join(f"- {{name: e{n}, url: http://a/}}\n" for n in range(11))

    assert refusal(desk, listed).startswith("f.yml:11: notifications.endpoints[10]: ")
    declare_at(desk, "".join(listed.splitlines(keepends=True)[:10]))
    declare_at(desk, "".join(listed.splitlines(keepends=True)[1:]))


@pytest.mark.parametrize(
    ("ignore", "event", "wanted"),
    [
        ("{}", factories.event(Action.PULL), True),
        ("{}", factories.event(Action.MOUNT, kind=Kind.BLOB, media_type=OCTETS), True),
        ("{actions: [pull]}", factories.event(Action.PULL), False),
        ("{actions: [pull]}", factories.event(Action.PUSH), True),
        ("{mediatypes: [a/b]}", factories.event(media_type="a/b"), False),
        ("{mediatypes: [a/b]}", factories.event(media_type="a/bc"), True),
        (
            "{mediatypes: [a/b], actions: [pull]}",
            factories.event(Action.PULL, media_type="a/c"),
            False,
        ),
        (
            "{mediatypes: [a/b], actions: [pull]}",
            factories.event(Action.PUSH, media_type="a/b"),
            False,
        ),
        (
            "{actions: [pull, push, mount, delete]}",
            factories.event(Action.DELETE),
            False,
        ),
    ],
)
def test_everything_is_told_but_what_is_ignored(
    sqlite_desk: Desk, ignore: str, event: Event, *, wanted: bool
) -> None:
    declare_at(sqlite_desk, f"- {{name: ci, url: http://a/, ignore: {ignore}}}")

    sqlite_desk.announce(event)

    assert bool(sqlite_desk.deliveries()) is wanted


def test_many_may_declare_the_same_at_once(desk: Desk, database_url: str) -> None:
    starters = 4
    barrier = threading.Barrier(starters)

    def start(_: int) -> bool:
        database = Database(database_url)
        barrier.wait()
        with database.transaction() as transaction:
            changes = declare(transaction, desk.store, read(CI + CD))
        database.close()
        return bool(changes)

    with ThreadPoolExecutor(starters) as pool:
        changed = list(pool.map(start, range(starters)))

    assert sorted(changed) == [False, False, False, True]
    assert sorted(endpoint.name for endpoint in living(desk)) == ["cd", "ci"]
