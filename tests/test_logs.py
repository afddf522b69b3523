import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from notifier import logs
from notifier.config import LogFormat

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave no other test with the loggers of this one."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsysbinary: pytest.CaptureFixture[bytes]) -> list[bytes]:
    return capsysbinary.readouterr().err.splitlines()


def test_a_line_is_one_json_object(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    logs.configure(LogFormat.JSON)

    structlog.get_logger().info("pushed", path="/v2/\n", error=LookupError("x"))

    (line,) = map(json.loads, lines(capsysbinary))
    assert (line["event"], line["path"], line["level"]) == ("pushed", "/v2/\n", "info")
    assert line["error"] == "x"
    assert line["timestamp"].endswith("Z")


def test_a_fault_is_written_with_its_trace_in_one_line(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    logs.configure(LogFormat.JSON)

    structlog.get_logger().error("failed", exc_info=LookupError("x"))

    (line,) = map(json.loads, lines(capsysbinary))
    assert "LookupError: x" in line["exception"]


def test_libraries_are_heard_from_warnings_on(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    logs.configure(LogFormat.JSON)

    logging.getLogger("library").info("unheard")
    logging.getLogger("library").warning("lost %s of %s", 1, 2)

    (line,) = map(json.loads, lines(capsysbinary))
    assert line["event"] == "lost 1 of 2"
    assert (line["level"], line["logger"]) == ("warning", "library")


def test_a_terminal_gets_words(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    logs.configure(LogFormat.CONSOLE)

    structlog.get_logger().info("pushed", path="/v2/")
    logs.lines_writer()([{"event": "request", "status": 200, "timestamp": NOW}])

    pushed, request = lines(capsysbinary)
    assert b"pushed" in pushed
    assert b"path=/v2/" in pushed
    assert b"status=200" in request


def test_the_kind_is_chosen_by_where_lines_go(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    logs.configure(LogFormat.AUTO)
    structlog.get_logger().info("for machines")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    logs.configure(LogFormat.AUTO)
    structlog.get_logger().info("for people")

    machines, people = lines(capsysbinary)
    assert json.loads(machines)["event"] == "for machines"
    assert b"for people" in people
    assert not people.startswith(b"{")


def test_the_quick_way_writes_the_same_kind_of_line(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    logs.configure(LogFormat.JSON)

    structlog.get_logger().info("request", status=200)
    logs.lines_writer()([{"event": "request", "status": 200, "timestamp": NOW}])

    slow, quick = map(json.loads, lines(capsysbinary))
    assert set(slow) == set(quick)
    assert slow | {"timestamp": ""} == quick | {"timestamp": ""}
    assert quick["timestamp"].endswith("Z")
