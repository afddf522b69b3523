"""The store of endpoints."""

from pathlib import Path
from uuid import uuid4

import pytest

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.errors import (
    EndpointInvalid,
    EndpointNameTaken,
    EndpointUnknown,
    TooManyEndpoints,
)
from notifier.delivery.filters import Filters
from notifier.delivery.headers import MASK
from notifier.delivery.keys import find_secret_bytes
from notifier.secrets import SecretUnreadable
from tests.delivery.desk import Desk
from tests.delivery.verifying import is_v1_by

_URL = "http://ci.example/hook"


def test_an_endpoint_is_what_was_asked_for(desk: Desk) -> None:
    filters = Filters.parse({"repositories": ["team/*"], "exclude": {"tags": ["x"]}})

    created = desk.create(
        _URL, name="ci", filters=filters, headers={"A": "b"}, timeout_s=2.5
    )

    with desk.database.read() as connection:
        assert desk.store.get(connection, created.id) == created
        assert desk.store.find_by_name(connection, "ci") == created
    assert (created.name, created.url, created.enabled) == ("ci", _URL, True)
    assert (created.filters, created.timeout_s) == (filters, 2.5)
    assert created.headers == {"A": MASK}


def test_its_recipient_has_the_secrets(desk: Desk) -> None:
    created, secret = desk.create_with_secret(_URL, headers={"A": "b"})

    with desk.database.read() as connection:
        recipient = desk.store.get_recipient(connection, created.key)

    assert recipient.headers == {"A": "b"}
    assert is_v1_by(secret, desk.sign(created), b"body")
    assert recipient.is_open


def test_secrets_are_not_in_the_database_file(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    _, secret = sqlite_desk.create_with_secret(
        _URL, headers={"Authorization": "hunter2"}
    )

    content = b"".join(path.read_bytes() for path in tmp_path.glob("notifier.db*"))

    assert _URL.encode() in content
    assert b"hunter2" not in content
    assert secret.encode() not in content
    assert (find_secret_bytes(secret) or b"") not in content


def test_without_its_key_an_endpoint_is_shown_but_not_written_to(desk: Desk) -> None:
    created = desk.create(_URL, headers={"A": "b"})
    desk.lose_key()

    with desk.database.read() as connection, pytest.raises(SecretUnreadable):
        desk.store.get_recipient(connection, created.key)
    shown = desk.get(created)
    assert created.is_readable
    assert not shown.is_readable
    assert (shown.name, shown.headers) == (created.name, {})


def test_without_its_key_what_need_not_be_read_can_be_changed(desk: Desk) -> None:
    created = desk.create(_URL, headers={"A": "b"})
    desk.lose_key()

    assert not desk.update(created, enabled=False).enabled
    for changes in ({"headers": {"A": MASK}}, {"signatures": ["v1"]}):
        with pytest.raises(SecretUnreadable):
            desk.update(created, **changes)
    desk.remove(created)


def test_new_headers_and_a_new_secret_make_up_for_a_lost_key(desk: Desk) -> None:
    created = desk.create(_URL, headers={"A": "b"})
    desk.lose_key()

    desk.update(created, headers={"A": "c"})
    assert not desk.get(created).is_readable
    _, secret = desk.rotate(created)

    mended = desk.get(created)
    assert mended.is_readable
    assert len(mended.secrets) == 1
    assert is_v1_by(secret, desk.sign(created), b"body")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"url": "ftp://ci.example/"}, "url"),
        ({"headers": {"Host": "a"}}, "headers.Host"),
        ({"timeout_s": 61}, "timeout_s"),
        ({"signatures": []}, "signatures"),
        ({"secret": "hunter2"}, "secret"),
    ],
)
def test_bad_fields_are_refused(
    desk: Desk, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        desk.create(**{"url": _URL, **fields})  # type: ignore[arg-type]  # on purpose

    assert refusal.value.field == field


def test_names_are_unique_among_the_living(desk: Desk) -> None:
    first = desk.create(_URL, name="ci")
    other = desk.create(_URL, name="other")

    with pytest.raises(EndpointNameTaken):
        desk.create(_URL, name="ci")
    with pytest.raises(EndpointNameTaken):
        desk.update(other, name="ci")

    desk.remove(first)
    assert desk.update(other, name="ci").name == "ci"


def test_there_may_be_so_many_and_no_more(desk: Desk) -> None:
    endpoints = [desk.create(_URL) for _ in range(10)]

    with pytest.raises(TooManyEndpoints):
        desk.create(_URL)

    desk.remove(endpoints[0])
    desk.create(_URL)


def test_lists_go_on_where_they_ended(desk: Desk) -> None:
    endpoints = [desk.create(_URL) for _ in range(5)]

    with desk.database.read() as connection:
        first = desk.store.list(connection, limit=3)
        rest = desk.store.list(connection, limit=3, after=first[-1].id)

    assert [*first, *rest] == endpoints[::-1]


def test_what_is_not_named_in_an_update_stays(desk: Desk) -> None:
    created = desk.create(_URL, headers={"A": "b"})

    updated = desk.update(created, timeout_s=2)

    assert updated.timeout_s == 2
    assert updated.updated_at > created.updated_at
    assert (updated.id, updated.name, updated.url) == (created.id, created.name, _URL)
    with desk.database.read() as connection:
        assert desk.store.get_recipient(connection, created.key).headers == {"A": "b"}


def test_everything_but_the_secret_can_be_changed(desk: Desk) -> None:
    created, secret = desk.create_with_secret(_URL, headers={"A": "b", "C": "d"})
    filters = Filters.parse({"tags": ["1.*"]})

    updated = desk.update(
        created,
        name="new",
        url="https://new.example/",
        filters=filters,
        headers={"A": MASK, "E": "f"},
        timeout_s=1,
    )

    assert (updated.name, updated.url) == ("new", "https://new.example/")
    assert (updated.filters, updated.timeout_s) == (filters, 1)
    with desk.database.read() as connection:
        recipient = desk.store.get_recipient(connection, created.key)
    assert recipient.headers == {"A": "b", "E": "f"}
    assert is_v1_by(secret, desk.sign(created), b"body")


def test_a_removed_endpoint_is_unknown(desk: Desk) -> None:
    created = desk.create(_URL)

    desk.remove(created)

    with desk.database.read() as connection:
        assert desk.store.list(connection, limit=10) == []
        assert desk.store.find_by_name(connection, created.name) is None
        with pytest.raises(EndpointUnknown):
            desk.store.get(connection, created.id)
        assert not desk.store.get_recipient(connection, created.key).is_open
    with pytest.raises(EndpointUnknown):
        desk.remove(created)


def test_an_unknown_endpoint_cannot_be_changed(desk: Desk) -> None:
    with desk.database.transaction() as transaction, pytest.raises(EndpointUnknown):
        desk.store.update(transaction, uuid4(), enabled=False)


def test_removal_cancels_what_is_pending(desk: Desk) -> None:
    created, other = desk.create(), desk.create()
    desk.announce()

    desk.remove(created)

    [cancelled] = desk.deliveries(endpoint=created.id)
    assert (cancelled.state, cancelled.due_at) == (DeliveryState.CANCELLED, None)
    [pending] = desk.deliveries(endpoint=other.id)
    assert pending.state is DeliveryState.PENDING


def test_interests_are_those_of_this_very_transaction(desk: Desk) -> None:
    first = desk.create(_URL)

    def keys() -> list[int]:
        with desk.database.read() as connection:
            return [item.key for item in desk.store.list_interests(connection)]

    assert keys() == [first.key]
    second = desk.create(_URL)
    assert keys() == [first.key, second.key]
    desk.update(first, enabled=False)
    assert keys() == [second.key]
    desk.remove(second)
    assert keys() == []


def test_interests_of_a_change_that_is_undone_are_forgotten(desk: Desk) -> None:
    def create_and_fail() -> None:
        with desk.database.transaction() as transaction:
            desk.store.create(transaction, name="ci", url=_URL)
            assert len(desk.store.list_interests(transaction.connection)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        create_and_fail()

    with desk.database.read() as connection:
        assert desk.store.list_interests(connection) == []
