"""What web processes read is committed by another process, or else by themselves."""

import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog.testing

from notifier.db import Database, DatabaseFull, DatabaseUnavailable
from notifier.events.event import Event
from notifier.ingest import commit_client
from notifier.ingest.commit_server import CommitServer
from notifier.ingest.intake import Tally
from tests.ingest import told
from tests.ingest.desk import Desk


class Pair:
    """A desk in front of a door, and one behind it, as in two processes."""

    def __init__(self, database: Database) -> None:
        self.door, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.behind = Desk(database, sender=self, source="behind")
        self.front = Desk(database, door=self.door)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with self._theirs:
            CommitServer(self._theirs, self.behind.committer).run(self._stopping.is_set)
        self.behind.database.leave()

    def knock(self) -> socket.socket:
        """Open a line as a web process does."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.door, [b"\0"], [theirs.fileno()])
        return ours

    def leave(self) -> None:
        """End what is behind the door, as a process ends."""
        self._stopping.set()
        self._thread.join()


@pytest.fixture(name="pair")
def _pair(database: Database) -> Iterator[Pair]:
    pair = Pair(database)
    yield pair
    pair.front.intake.close()
    pair.leave()
    pair.door.close()


def test_what_is_read_here_is_committed_and_announced_there(pair: Pair) -> None:
    events = [told.event(), told.event(action="pull", target=told.target(tag=None))]

    tally = pair.front.take(*events, told.event(action="?"), events[0])

    assert tally == Tally(recorded=2, known=1, rejected=1)
    assert len(pair.front.rejects()) == 1
    assert pair.front.told == []
    assert sorted(pair.behind.told, key=lambda event: event.id) == (
        pair.front.recorded()
    )


def test_what_is_known_of_neither_is_recorded_as_it_was_told(pair: Pair) -> None:
    for number in range(3):
        target = told.target(
            repository=f"team/app-{number}", digest=_digest(number), url=None
        )
        pair.front.take(*[told.event(target=target) for _ in range(2)])

    recorded = pair.front.recorded()
    assert [event.target.repository for event in recorded].count("team/app-2") == 2
    assert sorted(pair.behind.told, key=lambda event: event.id) == recorded


def test_what_has_no_time_is_known_again_for_a_while(pair: Pair) -> None:
    body = told.sample("others/quay-push.json")

    tallies = [pair.front.intake.take(pair.front.receipt, body) for _ in range(2)]

    assert [tally.recorded for tally in tallies] == [2, 0]


def test_requests_that_come_at_once_are_each_told_of_their_own(pair: Pair) -> None:
    shared = told.event()

    with ThreadPoolExecutor(8) as pool:
        tallies = list(
            pool.map(
                lambda n: pair.front.take(shared, *[told.event()] * (n % 3)), range(60)
            )
        )

    assert sum(tally.recorded for tally in tallies) == 41
    assert len(pair.front.recorded()) == len(pair.behind.told) == 41
    assert pair.behind.commits < 60


def test_what_is_much_comes_in_pieces(pair: Pair) -> None:
    events = [told.event(actor={"name": "x" * 200}) for _ in range(2500)]

    assert pair.front.take(*events) == Tally(recorded=2500, known=0, rejected=0)
    assert pair.behind.commits == 2


def test_who_stands_at_a_door_with_nobody_behind_does_it_alone(pair: Pair) -> None:
    pair.front.take()
    pair.leave()

    with structlog.testing.capture_logs() as lines:
        assert [pair.front.take().recorded for _ in range(3)] == [1, 1, 1]

    assert len(pair.front.told) == 3
    # The first finds that nobody is on its line, the others that the door is shut.
    assert [line["event"] for line in lines] == ["ingest_commits_alone"]


def test_who_is_not_answered_does_it_alone(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_client, "_TIMEOUT", struct.pack("ll", 0, 50_000))

    def hesitate(_events: Iterable[Event]) -> None:
        # Where one writes at a time, who does it alone waits for that.
        time.sleep(0.2)

    pair.behind.fails = hesitate

    tally = pair.front.take()

    assert len(pair.front.recorded()) == 1
    assert tally.recorded + tally.known == 1


def test_one_that_cannot_be_committed_does_no_harm_to_others(pair: Pair) -> None:
    for desk in (pair.front, pair.behind):
        desk.fails = _is_poisoned

    def take(number: int) -> bool:
        actor = {"name": "poison" if number % 4 == 0 else "alice"}
        try:
            return bool(pair.front.take(told.event(actor=actor)).recorded)
        except ValueError:
            return False

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(take, range(40)))

    assert results == [bool(number % 4) for number in range(40)]
    assert len(pair.front.recorded()) == len(pair.behind.told) == 30


@pytest.mark.parametrize("kind", [DatabaseUnavailable, DatabaseFull])
def test_a_database_that_is_away_is_not_asked_twice(
    pair: Pair, kind: type[DatabaseUnavailable]
) -> None:
    pair.behind.fails = lambda _: kind("it is away")

    with pytest.raises(DatabaseUnavailable) as raised:
        pair.front.take()

    assert raised.type is kind

    assert pair.front.recorded() == []
    pair.behind.fails = lambda _: None
    assert pair.front.take().recorded == 1
    assert pair.front.told == []


def test_a_line_that_breaks_off_harms_nobody(pair: Pair) -> None:
    with pair.knock() as line:
        line.sendall(b"\xff\0\0\0half")
    with pair.knock():
        assert pair.front.take().recorded == 1

    assert pair.front.told == []


def test_what_cannot_be_read_ends_all_lines_and_no_more(
    pair: Pair,
) -> None:
    pair.front.take()
    with pair.knock() as line:
        line.sendall(b"\x08\0\0\0\x04\0\0\0what")
        assert line.recv(1) == b""

    assert [pair.front.take().recorded for _ in range(3)] == [1, 1, 1]
    assert len(pair.front.recorded()) == 4


def _is_poisoned(events: Iterable[Event]) -> Exception | None:
    poisoned = any(event.actor == "poison" for event in events)
    return ValueError("a receiver fails") if poisoned else None


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"
