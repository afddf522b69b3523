"""Lines of requests are written a moment later, and none is lost but by a fault."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import structlog

from notifier import logs
from notifier.config import LogFormat
from notifier.web import lines as module
from notifier.web.lines import RequestLines
from tests.receiver import wait_until


@pytest.fixture(autouse=True)
def _json() -> Iterator[None]:
    logs.configure(LogFormat.JSON)
    yield
    structlog.reset_defaults()


@pytest.fixture(name="lines")
def _lines(capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[RequestLines]:
    del capsysbinary
    lines = RequestLines()
    yield lines
    lines.close()


def _line(number: int) -> dict[str, Any]:
    return {"event": "request", "number": number, "timestamp": datetime.now(UTC)}


def _written(capture: pytest.CaptureFixture[bytes]) -> list[int]:
    return [
        json.loads(line)["number"] for line in capture.readouterr().err.splitlines()
    ]


def test_a_line_is_written_by_itself(
    lines: RequestLines, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    written: list[int] = []

    def are_written(number: int) -> bool:
        written.extend(_written(capsysbinary))
        return len(written) == number

    lines.add(_line(1))
    wait_until(lambda: are_written(1), 30)
    lines.add(_line(2))
    wait_until(lambda: are_written(2), 30)

    assert written == [1, 2]


def test_what_waits_is_written_at_the_end(
    lines: RequestLines,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "_MOMENT_S", 3600)
    for number in range(3):
        lines.add(_line(number))

    before = _written(capsysbinary)
    lines.close()

    assert (before, _written(capsysbinary)) == ([], [0, 1, 2])


def test_no_more_wait_than_may(
    lines: RequestLines,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "_MOMENT_S", 3600)
    monkeypatch.setattr(module, "_MOST", 2)

    for number in range(4):
        lines.add(_line(number))

    assert _written(capsysbinary) == [0, 1, 2]


def test_a_disk_that_is_full_for_a_while_stops_nobody(
    lines: RequestLines,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    class Full:
        buffer = _Full()

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Full)
        lines.add(_line(1))
        lines.flush()
    lines.add(_line(2))
    lines.flush()

    assert _written(capsysbinary) == [2]


class _Full(BytesIO):
    def write(self, _data: Any, /) -> int:
        raise OSError(28, "No space left on device")
