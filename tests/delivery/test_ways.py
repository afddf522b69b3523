"""How endpoints were written to, kept once for all attempts alike."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from notifier.delivery.attempt_tables import AttemptRow, WayRow
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.formats import DEFAULT_FORMAT, read_format
from notifier.delivery.sent import Way
from notifier.delivery.ways import Passage, Ways, read_way
from notifier.ids import made_at
from tests import factories
from tests.delivery.desk import Desk
from tests.receiver import Receiver

_NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
_WAY = Way(
    "http://ci.example/{key}",
    ("Authorization",),
    (("webhook-signature", "v1,********"),),
    "notifier/1",
    read_format({"type": "template", "body": "{{ event.id }}"}),
)
_PASSAGE = Passage(1, _WAY, "203.0.113.7", "TLSv1.3")


def _intern(
    desk: Desk, ways: Ways, *passages: Passage, at: datetime = _NOW
) -> list[int]:
    with desk.database.transaction() as transaction:
        numbers = ways.intern(transaction, passages, at)
    return [numbers[passage] for passage in passages]


def _rows(desk: Desk) -> dict[int, UUID]:
    with desk.database.read() as connection:
        rows = connection.execute(sa.select(WayRow.id, WayRow.used_before))
        return {row.id: row.used_before for row in rows}


def test_many_attempts_alike_share_one_row(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    desk.announce(*(factories.event() for _ in range(5)))
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 5)

    with desk.database.read() as connection:
        numbers = connection.scalars(sa.select(AttemptRow.way_id)).all()
    assert numbers == list(_rows(desk)) * 5


def test_processes_share_rows(desk: Desk) -> None:
    first = _intern(desk, Ways(), _PASSAGE, _PASSAGE)
    second = _intern(desk, Ways(), _PASSAGE)

    assert first == second * 2
    assert len(_rows(desk)) == 1


def test_whatever_differs_is_another_way(desk: Desk) -> None:
    others = [
        _PASSAGE._replace(endpoint_key=2),
        _PASSAGE._replace(peer="203.0.113.8"),
        _PASSAGE._replace(tls_version=None),
        *(
            _PASSAGE._replace(way=_WAY._replace(**change))
            for change in (
                {"url": "http://ci.example/"},
                {"header_names": ()},
                {"signatures": ()},
                {"user_agent": "notifier/2"},
                {"format": DEFAULT_FORMAT},
            )
        ),
    ]

    assert len(set(_intern(desk, Ways(), _PASSAGE, *others))) == 1 + len(others)


def test_a_row_says_all_about_a_way(desk: Desk) -> None:
    _intern(desk, Ways(), _PASSAGE)

    with desk.database.read() as connection:
        row = connection.execute(sa.select(WayRow.__table__)).one()
    assert read_way(row.content) == _WAY
    assert (row.peer, row.tls_version) == ("203.0.113.7", "TLSv1.3")


def test_what_is_not_committed_is_not_remembered(desk: Desk) -> None:
    ways = Ways()

    def fail() -> None:
        with desk.database.transaction() as transaction:
            ways.intern(transaction, [_PASSAGE], _NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert _rows(desk) == {}
    assert _intern(desk, ways, _PASSAGE) == list(_rows(desk))


def test_a_way_in_use_is_renewed_before_its_time(desk: Desk) -> None:
    ways = Ways()
    for hours in range(0, 100, 5):
        at = _NOW + timedelta(hours=hours)
        [number] = _intern(desk, ways, _PASSAGE, at=at)

        assert made_at(_rows(desk)[number]) > at

    assert len(_rows(desk)) == 1


def test_memory_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.delivery.ways._CACHE_SIZE", 3)
    ways = Ways()
    peers = [_PASSAGE._replace(peer=f"203.0.113.{number}") for number in range(5)]

    numbers = [number for peer in peers for number in _intern(desk, ways, peer)]

    assert len(ways._known) <= 3
    assert [_intern(desk, ways, peer)[0] for peer in peers] == numbers
