"""The drains of one process: a thread for each endpoint that has something due.

Endpoints never wait for each other: one that hangs keeps its own thread waiting.
"""

import threading

import structlog

from notifier.delivery.drain import Drain
from notifier.delivery.office import Office
from notifier.secrets import SecretUnreadable

_STOP_S = 10.0
_JOIN_S = 5.0

_log = structlog.get_logger(__name__)


class Drains:
    """Starts drains, at most one for each endpoint. Threads may share it.

    A drain is closed only after it was taken from the table: whoever holds the lock
    may use those that stand there.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Drain, threading.Thread]] = {}
        self._stopping = False

    def start(self, key: int) -> None:
        """Have the deliveries of an endpoint sent, if any are due."""
        with self._lock:
            if self._stopping:
                return
            if key not in self._running:
                drain = Drain(key, self._office)
                thread = threading.Thread(
                    target=self._run, args=(key, drain), name=f"drain-{key}"
                )
                self._running[key] = drain, thread
                drain.mark()
                thread.start()
            else:
                self._running[key][0].mark()

    def stop(self) -> None:
        """End all drains: attempts in flight have some seconds to be answered."""
        with self._lock:
            self._stopping = True
            for drain, _ in self._running.values():
                drain.stop(_STOP_S)
            threads = [thread for _, thread in self._running.values()]
        for thread in threads:
            thread.join(_STOP_S + _JOIN_S)

    def _run(self, key: int, drain: Drain) -> None:
        try:
            while True:
                drain.run()
                with self._lock:
                    # A mark may have come in the moment before this lock was taken.
                    if self._stopping or not drain.is_marked:
                        del self._running[key]
                        break
        except SecretUnreadable as error:
            # Its deliveries wait in the outbox until the key is back.
            _log.error("endpoint_unreadable", endpoint_key=key, error=str(error))
            with self._lock:
                del self._running[key]
        except Exception:  # noqa: BLE001  # the one place; the next lines say why
            # Whatever is wrong with this endpoint is not to stop the others. Its lease
            # runs out, then the sweep tries again.
            _log.exception("drain_failed", endpoint_key=key)
            with self._lock:
                del self._running[key]
        finally:
            drain.close()
