"""Nudges: an RQ job tells some worker that an endpoint has deliveries due.

The only module that knows RQ and Redis. A job is a hint: what is due stands in the
database, and the sweep finds it there when a hint is lost. So Redis may be stopped,
wiped or replaced at any time.
"""

import hashlib
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import DuplicateJobError, StopRequested

from notifier.config import ConfigError, Settings

QUEUE = "deliveries"

# A longer path cannot be bound to a socket on every system.
_MAX_SOCKET_PATH = 100
_CONNECT_S = 1.0
_ANSWER_S = 2.0
_PAUSE_S = 0.05
_PAUSE_EACH_S = 0.005
_PAUSE_AFTER_ERROR_S = 1.0
_JOB_TTL_S = 60
_JOB_TIMEOUT_S = 30
_MAINTENANCE_S = 20
_WORKER_TTL_S = 60

_start_drain: ContextVar[Callable[[int], None]] = ContextVar("start_drain")
_log = structlog.get_logger(__name__)


def redis_url(settings: Settings) -> str:
    """Return where Redis is: the server of the settings, or else the embedded one."""
    return settings.redis_url or f"unix://{socket_path(settings)}"


def socket_path(settings: Settings) -> Path:
    """Return the embedded server's socket: in the data directory if that can be."""
    data_dir = settings.data_dir.absolute()
    path = data_dir / "redis.sock"
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"notifier-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat(follow_symlinks=False)
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigError(f"{folder} belongs to somebody else: remove it")
    return folder / "redis.sock"


class Nudger:
    """Nudges endpoints, soon after it is told to, and never waits or fails.

    An endpoint that is named again at once is nudged once more after a pause. Without
    a URL nothing is nudged.
    """

    def __init__(self, redis_url: str | None) -> None:
        self._redis_url = redis_url
        self._changed = threading.Condition()
        self._keys: set[int] = set()
        self._thread: threading.Thread | None = None
        self._closing = False

    def nudge(self, endpoint_keys: Iterable[int]) -> None:
        """Have a worker look after these endpoints."""
        if self._redis_url is None:
            return
        with self._changed:
            self._keys.update(endpoint_keys)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run,
                    args=(self._redis_url,),
                    name="nudger",
                    daemon=True,
                )
                self._thread.start()
            self._changed.notify()

    def ping(self) -> None:
        """Raise unless Redis answers, soon."""
        if self._redis_url is None:
            raise ConnectionError("no Redis is set")
        with _connection(self._redis_url) as connection:
            connection.ping()

    def close(self) -> None:
        """Nudge what is left, unless Redis is down, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_CONNECT_S + _ANSWER_S)

    def _run(self, redis_url: str) -> None:
        queue = Queue(QUEUE, connection=_connection(redis_url), serializer="json")
        repeated: set[int] = set()
        while keys := self._next_keys():
            try:
                refused = {key for key in keys if not _enqueue(queue, key)}
            except RedisError as error:
                _log.warning("nudge_lost", error=str(error))
                self._pause(_PAUSE_AFTER_ERROR_S)
                continue
            self._pause(max(_PAUSE_S, _PAUSE_EACH_S * len(keys)))
            # A job that was there already may have looked a moment too early, if it
            # was just ending. One that is there still has yet to look.
            repeated = refused - repeated
            with self._changed:
                self._keys |= repeated
        queue.connection.close()

    def _next_keys(self) -> set[int]:
        with self._changed:
            self._changed.wait_for(lambda: self._keys or self._closing)
            keys, self._keys = self._keys, set()
            return keys

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, seconds)


def drain(endpoint_key: int) -> None:
    """Start the drain of an endpoint: the job.

    Its argument is a row's number. The drain goes on in a thread of its own, so that
    endpoints never wait for each other.
    """
    _start_drain.get()(endpoint_key)


def run_rq_worker(redis_url: str, start_drain: Callable[[int], None]) -> None:
    """Take jobs until SIGTERM or SIGINT. Redis may be away at any time.

    Must be called in the main thread, for only that hears signals.
    """
    _start_drain.set(start_drain)
    logging.getLogger("rq.worker").addFilter(_shorten)
    stop = _Stop()
    while not stop.requested:
        try:
            _Worker(redis_url, stop).work(logging_level="WARNING")
        except RedisError as error:
            _log.warning("redis_unavailable", error=str(error))
        with suppress(StopRequested), stop.interrupts():
            time.sleep(_PAUSE_AFTER_ERROR_S)


class _Stop:
    """The wish to stop, by signal: it interrupts waiting, never work."""

    def __init__(self) -> None:
        self.requested = False
        self._waiting = False
        signal.signal(signal.SIGTERM, self._request)
        signal.signal(signal.SIGINT, self._request)

    @contextmanager
    def interrupts(self) -> Iterator[None]:
        """Raise `StopRequested` inside the block as soon as a signal arrives."""
        self._waiting = True
        try:
            if self.requested:
                raise StopRequested
            yield
        finally:
            self._waiting = False

    def _request(self, _signum: int, _frame: FrameType | None) -> None:
        self.requested = True
        if self._waiting:
            raise StopRequested


class _Worker(SimpleWorker):
    """RQ's worker within this process: a fork for each job would be far slower."""

    max_connection_wait_time = 2.0

    def __init__(self, redis_url: str, stop: _Stop) -> None:
        self._stop = stop
        super().__init__(
            [QUEUE],
            connection=_connection(redis_url),
            serializer="json",
            maintenance_interval=_MAINTENANCE_S,
            worker_ttl=_WORKER_TTL_S,
        )

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        """Wait for a job, or for the signal to stop."""
        with self._stop.interrupts():
            return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    def subscribe(self) -> None:
        """Take no commands: the thread that listens for them is lost with Redis."""

    def procline(self, message: str) -> None:
        """Leave the process its name."""

    def _install_signal_handlers(self) -> None:
        """Leave the signals to `_Stop`."""


def _shorten(record: logging.LogRecord) -> bool:
    """Leave out the traceback that RQ writes when Redis goes away."""
    if record.exc_info and isinstance(record.exc_info[1], RedisError):
        record.msg, record.args = "Redis went away: %s", (str(record.exc_info[1]),)
        record.exc_info = None
    return True


def _enqueue(queue: Queue, key: int) -> bool:
    """Put the job into the queue; tell whether it was not there already."""
    try:
        queue.enqueue_call(
            drain,
            args=(key,),
            job_id=f"drain-{key}",
            unique=True,
            timeout=_JOB_TIMEOUT_S,
            ttl=_JOB_TTL_S,
            result_ttl=0,
            failure_ttl=1,
        )
    except DuplicateJobError:
        return False
    return True


def _connection(redis_url: str) -> "Redis[bytes]":
    """Make a connection that fails at once: whoever uses it knows what to do then."""
    return Redis.from_url(
        redis_url,
        socket_connect_timeout=_CONNECT_S,
        socket_timeout=_ANSWER_S,
        retry=Retry(NoBackoff(), 0),
    )
