"""Streams of real web processes, which hold up neither pushes nor a stop."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from notifier.cli import schema
from notifier.config import Settings
from notifier.db import Database
from notifier.events.record import Recorder
from tests import factories
from tests.audit.logs import fill
from tests.cli.running import PATIENCE_S, Program, running
from tests.receiver import wait_until
from tests.test_story import push_image

_MOST = 3
_ONE_PROCESS = {
    "NOTIFIER_WEB_PROCESSES": "1",
    "NOTIFIER_WEB_THREADS": "1",
    "NOTIFIER_WEB_STREAMS": str(_MOST),
}


@pytest.fixture(name="data_dir")
def _data_dir(tmp_path: Path) -> Path:
    schema.upgrade(Settings(data_dir=tmp_path).database)
    return tmp_path


def _open(program: Program, **headers: str) -> requests.Response:
    return requests.get(
        f"{program.url}/api/v1/events/stream",
        headers=headers,
        stream=True,
        timeout=PATIENCE_S,
    )


def _fields(response: requests.Response) -> Iterator[tuple[str, str]]:
    for line in response.iter_lines(chunk_size=1, decode_unicode=True):
        name, _, value = line.partition(": ")
        if name:
            yield name, value


def _tags(response: requests.Response) -> Iterator[tuple[str, str]]:
    """Yield the tag of each push by tag, and its id."""
    last = ""
    for name, value in _fields(response):
        if name == "id":
            last = value
        elif name == "data":
            target: Any = json.loads(value)["event"]["target"]
            if "tag" in target:
                yield target["tag"], last


def _rest(heard: Iterator[Any]) -> list[Any]:
    """Return what else comes, whether the end is a clean one or not."""
    rest: list[Any] = []
    with suppress(requests.exceptions.ChunkedEncodingError):
        rest.extend(heard)
    return rest


def test_whatever_streams_there_are_pushes_go_through(data_dir: Path) -> None:
    with running(data_dir, "web", **_ONE_PROCESS) as program:
        open_ = [_open(program) for _ in range(_MOST)]
        refused = _open(program)
        push_image(program, "1.0")
        heard = [next(_tags(response))[0] for response in open_]
        for response in open_:
            response.close()
        wait_until(lambda: _is_free(program), 60)

    assert refused.status_code == 503
    assert heard == ["1.0"] * _MOST


def _is_free(program: Program) -> bool:
    """Tell whether the places of those who have left are free again."""
    push_image(program, f"t{time.time_ns()}")
    with closing(_open(program)) as response:
        return response.status_code == 200


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_streams_end_at_once_and_go_on_with_the_next_process(
    data_dir: Path, signum: int
) -> None:
    with running(data_dir, "web") as program:
        response = _open(program)
        push_image(program, "1.0")
        heard = _tags(response)
        tag, mark = next(heard)
        began = time.monotonic()
        status = program.stop(signum)
        took_s = time.monotonic() - began
        rest = _rest(heard)

    # A process that has to be killed takes ten seconds.
    assert took_s < 8
    assert (tag, status, rest) == ("1.0", 0, [])
    with running(data_dir, "web") as program:
        push_image(program, "2.0")
        with closing(_open(program, **{"Last-Event-ID": mark})) as response:
            assert next(_tags(response))[0] == "2.0"


@pytest.mark.unmeasured
def test_an_export_that_a_stop_cuts_off_has_no_clean_end(data_dir: Path) -> None:
    database = Database(Settings(data_dir=data_dir).database)
    # More than what connections hold on the way, so that it is still under way.
    events = [
        factories.event(at_ns=1000 * number, repository="r" * 255)
        for number in range(60_000)
    ]
    fill(database, Recorder(), events)
    database.close()
    with running(data_dir, "web") as program:
        response = requests.get(
            f"{program.url}/api/v1/events/export",
            headers={"Accept-Encoding": "identity"},
            stream=True,
            timeout=PATIENCE_S,
        )
        lines = response.iter_lines()
        assert json.loads(next(lines))["event"]["id"] == str(events[0].id)
        program.process.send_signal(signal.SIGTERM)
        time.sleep(1)

        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(lines)
        assert program.process.wait(PATIENCE_S) == 0


def test_streams_leave_a_process_that_is_replaced(data_dir: Path) -> None:
    with running(data_dir, "web", **_ONE_PROCESS) as program:
        response = _open(program)
        push_image(program, "1.0")
        heard = _tags(response)
        _, mark = next(heard)
        program.process.send_signal(signal.SIGHUP)

        assert _rest(heard) == []
        with closing(_open(program, **{"Last-Event-ID": mark})) as response:
            push_image(program, "2.0")
            assert next(_tags(response))[0] == "2.0"
