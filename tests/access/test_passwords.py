"""Passwords, and how they are verified."""

import subprocess
import sys
import threading

import pytest

from notifier.access import passwords
from notifier.access.errors import AccessInvalid
from notifier.access.passwords import PasswordHash, Passwords, hash_password
from notifier.access.refusals import TooManyAttempts
from tests.access.conftest import PASSWORD


def test_a_password_fits_its_hash_and_no_other(password_hash: PasswordHash) -> None:
    verifier = Passwords()

    assert verifier.verify(password_hash, PASSWORD)
    assert not verifier.verify(password_hash, PASSWORD + " ")
    assert password_hash.startswith("$argon2id$")
    assert PASSWORD not in password_hash


def test_a_hash_costs_what_its_library_recommends() -> None:
    program = (
        "from notifier.access.passwords import hash_password\n"
        f"print(hash_password({PASSWORD!r}))"
    )

    printed = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert printed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_no_password_fits_where_there_is_none() -> None:
    assert not Passwords().verify(None, PASSWORD)


def test_what_is_no_hash_fits_nothing() -> None:
    assert not Passwords().verify(PasswordHash("{SHA}nonsense"), PASSWORD)


def test_who_is_not_there_costs_the_work_of_who_is(
    password_hash: PasswordHash,
) -> None:
    stored, dummy = password_hash.split("$"), Passwords()._dummy.split("$")

    assert stored[1:4] == dummy[1:4]
    assert [len(part) for part in stored[4:]] == [len(part) for part in dummy[4:]]


@pytest.mark.parametrize("password", ["", "7 chars", "x" * 257, "tab\tseparated"])
def test_a_password_cannot_be_so(password: str) -> None:
    with pytest.raises(AccessInvalid, match=r"^password: must have") as refusal:
        hash_password(password)

    assert not password or password not in str(refusal.value)


def test_what_fits_is_known_for_a_minute_and_for_the_same_hash() -> None:
    now = [0.0]
    verifier = Passwords(clock=lambda: now[0])

    verifier.remember("hash", PASSWORD)

    assert verifier.knows("hash", PASSWORD)
    assert not verifier.knows("hash", "another")
    assert not verifier.knows("another", PASSWORD)
    now[0] = 60.0
    assert not verifier.knows("hash", PASSWORD)


def test_no_process_keeps_a_password() -> None:
    verifier = Passwords()

    verifier.remember("hash", PASSWORD)

    [name] = verifier._known._values
    assert PASSWORD.encode() not in name
    assert name != next(iter(_remembering().keys()))


def _remembering() -> dict[bytes, float]:
    verifier = Passwords()
    verifier.remember("hash", PASSWORD)
    return verifier._known._values


def test_so_many_at_once_are_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each takes much memory."""
    monkeypatch.setattr(passwords, "_PATIENCE_S", 0.0)
    verifier, done = Passwords(), threading.Event()

    def hold() -> None:
        with verifier.slot():
            entered.release()
            done.wait()

    entered = threading.Semaphore(0)
    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
        entered.acquire()
    with pytest.raises(TooManyAttempts, match="try again in 1 s"):
        verifier.verify(None, PASSWORD)
    done.set()
    for thread in threads:
        thread.join()
    assert not verifier.verify(None, PASSWORD)
