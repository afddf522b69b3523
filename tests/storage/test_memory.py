import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from notifier.ids import uuid7
from notifier.storage import MemoryStorage, UploadMissing


def test_a_session_that_ends_while_another_waits_for_it_is_missing() -> None:
    storage, upload = MemoryStorage(), uuid7()
    storage.create_upload("a", upload)
    session: Any = storage._uploads["a", upload]

    class Lock:
        """Lets the session end between being found and being held."""

        released = False

        def acquire(self, *, blocking: bool) -> bool:
            storage._uploads.pop(("a", upload))
            return not blocking

        def release(self) -> None:
            self.released = True

    session.lock = Lock()

    with pytest.raises(UploadMissing):
        storage.open_upload("a", upload)
    assert session.lock.released


def test_sessions_may_begin_while_others_expire() -> None:
    storage = MemoryStorage()
    stop = threading.Event()

    def begin() -> None:
        while not stop.is_set():
            storage.create_upload("a", uuid7())

    thread = threading.Thread(target=begin)
    thread.start()
    try:
        for _ in range(200):
            storage.expire_uploads(datetime.now(UTC))
    finally:
        stop.set()
        thread.join()
