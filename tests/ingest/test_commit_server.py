"""What web processes read is committed by another process, or else by themselves."""

import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import structlog.testing

from notifier.db import Database, DatabaseFull, DatabaseUnavailable
from notifier.events.event import Event
from notifier.ingest import commit_client, commit_server
from notifier.ingest.commit_server import CommitServer
from notifier.ingest.intake import Tally
from notifier.ingest.parcel import Parcel
from tests.ingest import told
from tests.ingest.desk import Desk

# Four bytes that tell how many follow, and none of these is a parcel.
_UNREADABLE = b"\x08\0\0\0\x04\0\0\0what"


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
            try:
                socket.send_fds(self.door, [b"\0"], [theirs.fileno()])
            except BlockingIOError:
                ours.close()
                raise
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


def test_events_are_sent_when_somebody_wants_to_look_at_them(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = _Work(pair, monkeypatch)
    with work.held():
        pass
    # What is known by name can be recorded without a look at the event.
    pair.front.take(told.event())
    pair.front.intake._commits._with_events_until = 0
    before = len(work.requests)

    assert [pair.front.take().recorded for _ in range(3)] == [1, 1, 1]

    # The first one is asked for its event, the others bring theirs.
    assert len(work.requests) - before == 4
    assert sorted(pair.behind.told, key=lambda event: event.id) == (
        pair.front.recorded()
    )


def test_what_comes_during_a_commit_is_committed_together(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = _Work(pair, monkeypatch)

    with ThreadPoolExecutor(8) as pool:
        with work.held():
            tallies = work.bring(pool, 6)

        assert [tally.result(10).recorded for tally in tallies] == [1] * 6
    assert work.requests == [1, 5]
    assert pair.behind.commits == 2


def test_nobody_waits_for_all_that_there_is(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_server, "MAX_TOGETHER", 2)
    work = _Work(pair, monkeypatch)

    with ThreadPoolExecutor(8) as pool:
        with work.held():
            tallies = work.bring(pool, 6)

        assert [tally.result(10).recorded for tally in tallies] == [1] * 6
    assert work.requests == [1, 2, 2, 1]


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
    assert [line["event"] for line in lines] == ["ingest_commits_alone"]


def test_who_is_not_answered_does_it_alone_and_asks_again_later(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_client, "_TIMEOUT", struct.pack("ll", 0, 50_000))
    work = _Work(pair, monkeypatch)

    with structlog.testing.capture_logs() as lines:
        with work.held():
            assert pair.front.take().recorded == 1
            assert len(pair.front.told) == 1
            # Nobody asks, as long as no answer is to be hoped for.
            assert pair.front.take().recorded == 1
            assert work.requests == [1]
        monkeypatch.setattr(commit_client, "_TIMEOUT", struct.pack("ll", 10, 0))
        pair.front.intake._commits._trust._lost_until = 0

        tallies = [pair.front.take(*[told.event()] * n) for n in (1, 2, 3)]

    assert tallies == [Tally(recorded=1, known=n, rejected=0) for n in range(3)]
    assert len(pair.front.told) == 2
    assert len(pair.behind.told) == 3
    assert len(pair.front.recorded()) == 5
    assert [line["event"] for line in lines] == [
        "ingest_commits_alone",
        "ingest_commits_together",
    ]


def test_a_door_at_which_too_many_wait_keeps_nobody(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = _Work(pair, monkeypatch)
    lines: list[socket.socket] = []

    with work.held():
        first = threading.Thread(target=pair.front.take)
        first.start()
        assert work.is_held.wait(10)
        pair.door.settimeout(0)
        with suppress(BlockingIOError):
            while True:
                lines.append(pair.knock())
        pair.door.settimeout(None)

        assert pair.front.take().recorded == 1
    first.join()
    for line in lines:
        line.close()


def test_a_line_that_was_hung_up_is_followed_by_another(pair: Pair) -> None:
    pair.front.take()
    with pair.knock() as line:
        line.sendall(_UNREADABLE)
        assert line.recv(1) == b""

    with structlog.testing.capture_logs() as lines:
        assert pair.front.take().recorded == 1

    assert lines == []
    assert pair.front.told == []


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


def _is_poisoned(events: Iterable[Event]) -> Exception | None:
    poisoned = any(event.actor == "poison" for event in events)
    return ValueError("a receiver fails") if poisoned else None


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"


class _Work:
    """The work of the committer behind a door, which can be held up."""

    def __init__(self, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[int] = []
        self.is_held = threading.Event()
        self._pair = pair
        self._may_go_on = threading.Event()
        self._commit = pair.behind.committer.commit_together
        monkeypatch.setattr(pair.behind.committer, "commit_together", self)

    def __call__(
        self, requests: Sequence[Sequence[Parcel]]
    ) -> Sequence[int | Exception]:
        self.requests.append(len(requests))
        self.is_held.set()
        assert self._may_go_on.wait(10)
        return self._commit(requests)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing be committed within the block."""
        self._may_go_on.clear()
        try:
            yield
        finally:
            self._may_go_on.set()

    def bring(self, pool: ThreadPoolExecutor, number: int) -> list[Future[Tally]]:
        """Bring an event each in so many requests, which wait behind the first."""
        brought = [pool.submit(self._pair.front.take)]
        assert self.is_held.wait(10)
        brought += [pool.submit(self._pair.front.take) for _ in range(number - 1)]
        # They are on their way when their lines are open, and there a moment later.
        time.sleep(0.3)
        return brought
