"""Requests are told a moment later, and none is lost but by a fault."""

import json
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import structlog

from notifier import logs
from notifier.config import LogFormat
from notifier.metrics import Metrics
from notifier.web import request_log as module
from notifier.web.request_log import RequestLog, Seen
from tests.receiver import wait_until


@pytest.fixture(name="metrics")
def _metrics() -> Metrics:
    return Metrics(None)


@pytest.fixture(name="log")
def _log(
    metrics: Metrics, capsysbinary: pytest.CaptureFixture[bytes]
) -> Iterator[RequestLog]:
    del capsysbinary
    logs.configure(LogFormat.JSON)
    log = RequestLog(metrics)
    yield log
    log.close()
    structlog.reset_defaults()


def _add(log: RequestLog, number: int, status: int = 200) -> None:
    log.add(Seen(str(number), "GET", "/v2/", "/v2/", "192.0.2.1"), status, 1_500_000)


def _written(capture: pytest.CaptureFixture[bytes]) -> list[int]:
    lines = map(json.loads, capture.readouterr().err.splitlines())
    return [int(line["request_id"]) for line in lines]


def test_a_request_is_told_by_itself(
    log: RequestLog,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "_MOMENT_S", 0.01)
    written: list[int] = []

    def are_written(number: int) -> bool:
        written.extend(_written(capsysbinary))
        return len(written) == number

    _add(log, 1)
    wait_until(lambda: are_written(1), 30)
    _add(log, 2)
    wait_until(lambda: are_written(2), 30)

    assert written == [1, 2]


def test_what_waits_is_written_at_the_end(
    log: RequestLog, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for number in range(3):
        _add(log, number)

    before = _written(capsysbinary)
    log.close()

    assert (before, _written(capsysbinary)) == ([], [0, 1, 2])


def test_no_more_wait_than_may(
    log: RequestLog,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)

    for number in range(4):
        _add(log, number)

    assert _written(capsysbinary) == [0, 1, 2]


def test_a_disk_that_is_full_for_a_while_stops_nobody(
    log: RequestLog,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    class Full:
        buffer = _Full()

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Full)
        _add(log, 1)
        log.flush()
    _add(log, 2)
    log.flush()

    assert _written(capsysbinary) == [2]


def test_a_fault_is_told_and_the_next_ones_are_too(
    log: RequestLog,
    metrics: Metrics,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "_MOMENT_S", 0.01)
    # What pytest listens by is another one than while it made the fixtures.
    logs.configure(LogFormat.JSON)
    written: list[dict[str, Any]] = []

    def is_told(word: str) -> bool:
        written.extend(map(json.loads, capsysbinary.readouterr().err.splitlines()))
        return word in {line["event"] for line in written}

    with monkeypatch.context() as patch:
        patch.setattr(metrics.requests, "labels", lambda *_: 1 / 0)
        _add(log, 1)
        wait_until(lambda: is_told("requests_not_told"), 30)
    _add(log, 2)

    wait_until(lambda: is_told("request"), 30)


def test_requests_are_counted_by_their_answers(
    log: RequestLog, metrics: Metrics
) -> None:
    for number, status in enumerate([200, 404, 200]):
        _add(log, number, status)
    log.flush()

    told = metrics.render().decode()
    name = 'notifier_http_requests_total{method="GET",route="/v2/",status='
    assert f'{name}"200"}} 2.0' in told
    assert f'{name}"404"}} 1.0' in told
    name = "notifier_http_request_duration_seconds"
    assert f'{name}_sum{{method="GET",route="/v2/"}} 0.0045' in told
    assert f'{name}_bucket{{le="0.001",method="GET",route="/v2/"}} 0.0' in told


class _Full(BytesIO):
    def write(self, _data: Any, /) -> int:
        raise OSError(28, "No space left on device")
