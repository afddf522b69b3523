"""The command that exports the audit log."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.audit import export
from notifier.cli import export_file, exporting
from notifier.db import Database
from notifier.events.event import Event
from notifier.events.record import Recorder
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill
from tests.cli.conftest import Notifier

_EVENTS = [
    factories.event(tag=f"t{number}", at_ns=DAY_NS + number * SECOND_NS)
    for number in range(20)
]

# What differs between the databases is seen by the other tests, which take less time.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
both_formats = pytest.mark.parametrize("name", ["ndjson", "csv"])


@pytest.fixture(name="filled", autouse=True)
def _filled(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    monkeypatch.setattr(export, "_AT_ONCE", 3)
    fill(database, Recorder(), _EVENTS)
    return _EVENTS


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "events"


def test_it_is_printed(notifier: Notifier) -> None:
    printed = notifier("events", "export", "--since", "2026-05-01T00:00:10Z").stdout

    tags = [json.loads(line)["event"]["target"]["tag"] for line in printed.splitlines()]
    assert tags == [f"t{number}" for number in range(10, 20)]


@both_formats
@pytest.mark.parametrize("block", [7, 64 * 1024])
def test_wherever_it_was_cut_off_it_becomes_the_same_file(
    notifier: Notifier,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    block: int,
) -> None:
    monkeypatch.setattr(export_file, "_BLOCK", block)
    command = ("events", "export", "--format", name, "-o", str(path))
    notifier(*command)
    whole = path.read_bytes()
    line = len(whole) // 20

    for size in (0, 1, line // 2, line, 3 * line, len(whole) - 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        notifier(*command, "--resume")
        assert path.read_bytes() == whole
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for size in ends[:3] + ends[-1:]:
        path.write_bytes(whole[:size])
        notifier(*command, "--resume")
        assert path.read_bytes() == whole
    path.unlink()
    notifier(*command, "--resume")
    assert path.read_bytes() == whole


@both_formats
def test_it_begins_behind_a_cursor(notifier: Notifier, name: str) -> None:
    command = ("events", "export", "--format", name)
    whole = notifier(*command).stdout_bytes
    rest = notifier(*command, "--cursor", str(_EVENTS[12].id)).stdout_bytes

    assert rest == b"".join(whole.splitlines(keepends=True)[-7:])


def test_no_file_is_overwritten(notifier: Notifier, path: Path) -> None:
    path.write_text("kept")

    refused = notifier("events", "export", "-o", str(path), status=1)

    assert "is there already: go on with it by --resume" in refused.stderr
    assert path.read_text() == "kept"


@pytest.mark.parametrize(
    "text",
    ["not an export\n", "a,b\n", '{"event":{"id":"x"}}\n', "precious notes", "{}"],
)
@both_formats
def test_only_an_export_is_gone_on_with(
    notifier: Notifier, path: Path, name: str, text: str
) -> None:
    path.write_text(text)
    command = ("events", "export", "--format", name, "-o", str(path))

    refused = notifier(*command, "--resume", status=1)

    assert "is none of such an export" in refused.stderr
    assert path.read_text() == text


def test_to_resume_takes_a_file(notifier: Notifier) -> None:
    refused = notifier("events", "export", "--resume", status=2)

    assert "--resume needs a file" in refused.stderr


def test_a_full_disk_is_said_in_one_line(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    def refuse(_file: object, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_file.ExportFile, "write", refuse)

    failed = notifier("events", "export", "-o", str(path), status=1)

    assert failed.stderr == f"Error: {path}: No space left on device\n"


def test_a_terminal_is_shown_how_far_it_is(
    notifier: Notifier, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = notifier("events", "export", "-o", str(path))
    monkeypatch.setattr(exporting, "_is_seen", lambda: True)
    path.unlink()
    shown = notifier("events", "export", "-o", str(path))
    nothing = notifier("events", "export", "--tag", "x", "-o", f"{path}2")

    assert quiet.stderr == nothing.stderr == ""
    assert len(path.read_bytes().splitlines()) == 20
    assert shown.exit_code == 0


@pytest.mark.usefixtures("notifier")
def test_a_reader_that_has_had_enough_is_no_error() -> None:
    command = f"{sys.executable} -m notifier events export | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "{"
    assert done.stderr == ""
