"""What is done again and again."""

import signal
from threading import Event

import pytest

from notifier.db import DatabaseUnavailable
from notifier.delivery.periodic import Periodic
from tests.receiver import wait_until


def test_it_goes_on_after_the_database_was_away() -> None:
    done: list[int] = []

    def fail_at_first() -> None:
        done.append(1)
        if len(done) < 3:
            raise DatabaseUnavailable

    periodic = Periodic("sweep", 0.01, fail_at_first)
    periodic.start()

    wait_until(lambda: len(done) > 3)
    assert periodic.stop()


def test_it_ends_early_if_it_is_told_to_stop_and_finishes_then() -> None:
    stopping, done = Event(), list[str]()
    periodic = Periodic(
        "archive",
        60.0,
        lambda: done.append(str(stopping.wait(60))),
        stopping=stopping,
        finish=lambda: done.append("finished"),
    )
    periodic.start()

    assert periodic.stop()

    assert done == ["True", "finished"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_cannot_go_on_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise MemoryError

    sent: list[int] = []
    monkeypatch.setattr("os.kill", lambda _pid, number: sent.append(number))
    periodic = Periodic("sweep", 0.01, fail)

    periodic.start()
    periodic.join()

    assert sent == [signal.SIGTERM]
    assert not periodic.stop()
