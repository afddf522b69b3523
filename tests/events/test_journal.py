"""Pulls on their way to the database, and what may happen to them there."""

import errno
import fcntl
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from notifier.db import Database, DatabaseUnavailable, Text
from notifier.events import journal as module
from notifier.events import mover, signals
from notifier.events.announce import Announcer
from notifier.events.event import Action, Descriptor, Event
from notifier.events.journal import Journal
from notifier.events.lines import render_line
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.registry.digest import Digest
from notifier.storage import StorageFull
from tests import factories


class Sender:
    """An application."""


class Gate:
    """A receiver that can be shut, as if the database could not be reached."""

    def __init__(self, sender: Sender) -> None:
        self.error: Exception | None = None
        self.refused = threading.Event()
        signals.pulled.connect(self.hear, sender)

    def hear(self, _sender: Any, **_: Any) -> None:
        if self.error is not None:
            self.refused.set()
            raise self.error


@pytest.fixture(name="sender")
def _sender() -> Sender:
    return Sender()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture(name="open_journal")
def _open_journal(
    database: Database, folder: Path, sender: Sender
) -> Callable[[], Any]:
    return lambda: closing(Journal(folder, database, Announcer(sender, Recorder())))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mover, "_RETRY_S", 0.02)


def pull(number: int = 0, **more: Any) -> Event:
    return factories.event(Action.PULL, tag=f"t{number}", **more)


def recorded(database: Database) -> list[Event]:
    with database.read() as connection:
        rows = connection.execute(sa.select(EventRow.__table__).order_by(EventRow.id))
        return Recorder().events(connection, rows.all())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def leave_behind(folder: Path, content: bytes, name: str = "dead") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.journal").write_bytes(content)


@contextmanager
def written(folder: Path, database: Database, events: list[Event]) -> Iterator[bytes]:
    """Let a journal write *events* while the database is down; give its bytes."""
    sender = Sender()
    gate = Gate(sender)
    gate.error = DatabaseUnavailable("down")
    journal = Journal(folder, database, Announcer(sender, Recorder()))
    for event in events:
        journal.append(event)
    content = b"".join(path.read_bytes() for path in files(folder))
    journal.close()
    yield content


def test_a_file_that_goes_while_it_is_looked_for_holds_nothing_up(
    database: Database, folder: Path, open_journal: Callable[[], Any]
) -> None:
    folder.mkdir()
    (folder / "0.journal").symlink_to("gone")

    with open_journal() as journal:
        journal.append(pull())
        wait_until(lambda: len(recorded(database)) == 1)


def test_a_pull_is_in_the_database_a_moment_later(
    database: Database, open_journal: Callable[[], Any]
) -> None:
    events = [pull(number) for number in range(3)]

    with open_journal() as journal:
        for event in events:
            journal.append(event)
        wait_until(lambda: len(recorded(database)) == 3)

    assert recorded(database) == events


def test_an_event_comes_through_with_everything_in_it(
    database: Database, open_journal: Callable[[], Any]
) -> None:
    event = pull()
    platform = {"architecture": "arm64", "os": "linux"}
    reference = Descriptor(
        media_type="a/b", digest=Digest.of(b"x", "sha512"), size=1, platform=platform
    )
    strange = 'quote " \\ \n\r\u2028\x1f\N{SNOWMAN}\x85'
    events = [
        replace(pull(1), target=replace(event.target, references=(reference,))),
        replace(pull(2), target=replace(event.target, references=())),
        replace(pull(3), actor=strange),
        replace(pull(4), request=replace(event.request, useragent=strange)),
        pull(5, artifact_type="application/spdx+json"),
    ]

    with open_journal() as journal:
        for item in events:
            journal.append(item)

    assert recorded(database) == events


def test_a_line_of_an_older_program_is_moved_too(
    database: Database, folder: Path, open_journal: Callable[[], Any]
) -> None:
    event = pull()
    line = json.loads(render_line(event))
    del line["target"]["artifact_type"]
    leave_behind(folder, json.dumps(line).encode() + b"\n")

    with open_journal():
        pass

    assert recorded(database) == [event]


def test_closing_moves_what_is_left_and_leaves_no_file(
    database: Database, folder: Path, open_journal: Callable[[], Any]
) -> None:
    with open_journal() as journal:
        for number in range(500):
            journal.append(pull(number))

    assert len(recorded(database)) == 500
    assert files(folder) == []


def test_a_journal_that_was_closed_takes_no_event(
    database: Database, open_journal: Callable[[], Any]
) -> None:
    with open_journal() as journal:
        pass

    with pytest.raises(OSError, match="Bad file descriptor"):
        journal.append(pull())
    assert recorded(database) == []


def test_what_a_dead_process_left_is_moved_at_the_next_start(
    database: Database, folder: Path, open_journal: Callable[[], Any]
) -> None:
    events = [pull(number) for number in range(3)]
    with written(folder, database, events) as content:
        assert content.count(b"\n") == 3
    assert recorded(database) == []

    with open_journal():
        wait_until(lambda: len(recorded(database)) == 3)

    assert recorded(database) == events
    assert files(folder) == []


def test_an_event_that_is_recorded_already_is_not_recorded_twice(
    database: Database, folder: Path, open_journal: Callable[[], Any]
) -> None:
    events = [pull(number) for number in range(3)]
    with written(folder, database, events) as content, open_journal():
        wait_until(lambda: len(recorded(database)) == 3)
    leave_behind(folder, content)
    leave_behind(folder, content + content, "again")

    with open_journal():
        wait_until(lambda: not any(path.stem == "dead" for path in files(folder)))

    assert recorded(database) == events


@pytest.mark.parametrize("rest", [b'{"id":"01', b'{"id":1}', b"\0" * 4096, b"\n"])
def test_a_line_that_was_torn_costs_no_other(
    database: Database, folder: Path, open_journal: Callable[[], Any], rest: bytes
) -> None:
    events = [pull(number) for number in range(2)]
    with written(folder, database, events) as content:
        pass
    for path in files(folder):
        path.unlink()
    first, second = content.splitlines(keepends=True)
    leave_behind(folder, first + rest + b"\n" + second + rest)

    with open_journal():
        wait_until(lambda: len(recorded(database)) == 2)

    assert recorded(database) == events
    assert files(folder) == []


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable("down"), OSError("disk"), LookupError("a bug")]
)
def test_events_wait_while_they_cannot_be_recorded_and_come_once(
    database: Database,
    folder: Path,
    sender: Sender,
    open_journal: Callable[[], Any],
    error: Exception,
) -> None:
    gate = Gate(sender)
    with open_journal() as journal:
        gate.error = error
        journal.append(pull(1))
        assert gate.refused.wait(5)
        journal.append(pull(2))
        assert recorded(database) == []
        gate.error = None
        wait_until(lambda: len(recorded(database)) == 2)

    assert files(folder) == []


def test_a_journal_can_be_closed_while_the_database_is_down(
    database: Database, folder: Path, sender: Sender, open_journal: Callable[[], Any]
) -> None:
    gate = Gate(sender)
    gate.error = DatabaseUnavailable("down")
    started = time.monotonic()
    with open_journal() as journal:
        journal.append(pull())

    assert time.monotonic() - started < 2
    assert len(files(folder)) == 1
    gate.error = None
    with open_journal():
        wait_until(lambda: len(recorded(database)) == 1)


def test_a_full_disk_takes_no_event_and_tears_no_line(
    database: Database,
    open_journal: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = os.write

    def refuse(_descriptor: int, _line: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with open_journal() as journal:
        journal.append(pull(1))
        for fault in (refuse, lambda file, line: write(file, line[:20])):
            with monkeypatch.context() as patch:
                patch.setattr(os, "write", fault)
                with pytest.raises(StorageFull, match="space"):
                    journal.append(pull(2))
        journal.append(pull(3))

    assert [event.target.tag for event in recorded(database)] == ["t1", "t3"]


def test_a_file_that_is_long_and_moved_makes_way_for_a_new_one(
    database: Database,
    folder: Path,
    open_journal: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_ROTATE_BYTES", 2000)
    with open_journal() as journal:
        (first,) = files(folder)
        for number in range(10):
            journal.append(pull(number))
        wait_until(lambda: not first.exists() and len(files(folder)) == 1)
        journal.append(pull(10))

    assert len(recorded(database)) == 11
    assert files(folder) == []


def test_a_file_that_cannot_make_way_for_a_new_one_goes_on(
    database: Database,
    open_journal: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_ROTATE_BYTES", 10)

    def refuse(_folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with open_journal() as journal:
        monkeypatch.setattr(module._File, "create", refuse)
        for number in range(3):
            journal.append(pull(number))

    assert len(recorded(database)) == 3


def test_lines_longer_than_a_batch_are_moved_too(
    database: Database,
    open_journal: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mover, "_BATCH_BYTES", 100)

    with open_journal() as journal:
        for number in range(5):
            journal.append(pull(number))

    assert len(recorded(database)) == 5


def test_a_living_process_keeps_its_file(
    database: Database, folder: Path, open_journal: Callable[[], Any]
) -> None:
    with open_journal() as journal:
        journal.append(pull())
        (own,) = files(folder)
        with open_journal():
            wait_until(lambda: len(recorded(database)) == 1)

        assert files(folder) == [own]
        journal.append(pull(1))

    assert len(recorded(database)) == 2


def test_no_other_process_can_take_a_file_that_is_not_locked_yet(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Path]] = []
    flock = fcntl.flock
    folder.mkdir()

    def look(descriptor: int, how: int) -> None:
        seen.append(list(folder.glob("*.journal")))
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", look)
    file = module._File.create(folder)

    assert seen == [[]]
    assert len(list(folder.glob("*.journal"))) == 1
    file.close()


def test_threads_may_pull_at_once(
    database: Database, open_journal: Callable[[], Any]
) -> None:
    with open_journal() as journal:

        def pull_often(start: int) -> None:
            for number in range(start, start + 50):
                journal.append(pull(number))

        threads = [
            threading.Thread(target=pull_often, args=(start,))
            for start in range(0, 400, 50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {event.target.tag for event in recorded(database)} == {
        f"t{number}" for number in range(400)
    }
    assert len(recorded(database)) == 400


def pull_until_killed(url: str, folder: Path, told: Connection) -> None:
    """Append events, and tell the id of each that was taken."""
    database = Database(url)
    journal = Journal(folder, database, Announcer(Sender(), Recorder()))
    for number in range(100_000):
        event = pull(number)
        journal.append(event)
        told.send(event.id)


def test_what_was_taken_outlives_a_kill_and_is_recorded_once(
    database: Database,
    database_url: str,
    folder: Path,
    open_journal: Callable[[], Any],
) -> None:
    answered, told = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=pull_until_killed, args=(database_url, folder, told)
    )
    process.start()
    told.close()
    ids = [answered.recv() for _ in range(200)]
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    try:
        while True:
            ids.append(answered.recv())
    except (EOFError, OSError):
        answered.close()
    process.close()

    with open_journal():
        wait_until(lambda: len(list(folder.glob("*.journal"))) == 1)

    with database.read() as connection:
        kept = list(connection.scalars(sa.select(EventRow.id)))
        assert connection.scalar(sa.select(sa.func.count()).select_from(Text))
    assert len(kept) == len(set(kept))
    assert set(ids) <= set(kept)
    # The one that was written, but of which nobody could be told any more.
    assert len(set(kept) - set(ids)) <= 1


def test_a_process_of_its_own_relieves_the_thread_that_stood_in(
    database: Database,
    folder: Path,
    open_journal: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mover, "_TURN_S", 0.05)
    stopping = threading.Event()
    heard: list[Event] = []
    sender = Sender()
    relief = mover.Mover(folder, database, Announcer(sender, Recorder()))
    thread = threading.Thread(target=relief.run, args=(stopping,))

    def hear(_sender: Any, *, events: list[Event], **_: Any) -> None:
        heard.extend(events)

    with open_journal() as journal, signals.pulled.connected_to(hear, sender):
        journal.append(pull(1))
        wait_until(lambda: len(recorded(database)) == 1)
        thread.start()
        for number in range(2, 1000):
            if heard:
                break
            journal.append(pull(number))
            time.sleep(0.01)

    stopping.set()
    thread.join()
    assert heard
    assert len({event.id for event in recorded(database)}) == len(recorded(database))
    assert files(folder) == []
