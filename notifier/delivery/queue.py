"""The queue: an RQ job tells some worker that an endpoint has deliveries due.

The only module that knows RQ and Redis. A job is a hint: what is due stands in the
database, and the sweep finds it there when a hint is lost. So Redis may be stopped,
wiped or replaced at any time.
"""

import hashlib
import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
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
from notifier.delivery.errors import QueueUnavailable

QUEUE = "deliveries"

# A longer path cannot be bound to a socket on every system.
_MAX_SOCKET_PATH = 100
_CONNECT_S = 1.0
_ANSWER_S = 2.0
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


class JobQueue:
    """The queue of one Redis. Nothing waits for long: whoever uses it knows better."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._queue = Queue(QUEUE, connection=_connection(redis_url), serializer="json")

    def put(self, endpoint_key: int) -> bool:
        """Ask for the drain of an endpoint; tell whether nobody had asked yet.

        Raises `QueueUnavailable`.
        """
        try:
            self._queue.enqueue_call(
                drain,
                args=(endpoint_key,),
                job_id=f"drain-{endpoint_key}",
                unique=True,
                timeout=_JOB_TIMEOUT_S,
                ttl=_JOB_TTL_S,
                result_ttl=0,
                failure_ttl=1,
            )
        except DuplicateJobError:
            return False
        except RedisError as error:
            raise QueueUnavailable(str(error)) from error
        return True

    def ping(self) -> None:
        """Raise unless Redis answers, soon."""
        with _connection(self._redis_url) as connection:
            connection.ping()

    def close(self) -> None:
        """Close the connection."""
        self._queue.connection.close()


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


def _connection(redis_url: str) -> "Redis[bytes]":
    """Make a connection that fails at once: whoever uses it knows what to do then."""
    return Redis.from_url(
        redis_url,
        socket_connect_timeout=_CONNECT_S,
        socket_timeout=_ANSWER_S,
        retry=Retry(NoBackoff(), 0),
    )
