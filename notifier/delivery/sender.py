"""The sender: has letters in hand and POSTs them, as the endpoint's policy allows."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from notifier.delivery.endpoint import Recipient
from notifier.delivery.formats import Format, RenderingFailed
from notifier.delivery.letters import Letter, write_post
from notifier.delivery.pace import Pace
from notifier.delivery.pending import Pending
from notifier.delivery.policy import MAX_IN_FLIGHT
from notifier.delivery.reach import Reach
from notifier.delivery.transport import KEPT_BYTES, Answer, Transport

# Of an answer to many events, each of them keeps its share, and not less than this.
_LEAST_KEPT_BYTES = 256

_log = structlog.get_logger(__name__)


class Sender:
    """The letters of one endpoint, and its connections. One thread uses it."""

    def __init__(self, reach: Reach) -> None:
        self.pending = Pending()
        self._transport: Transport[Sequence[Letter]] = Transport(MAX_IN_FLIGHT, reach)
        self._pace = Pace()
        self._linger_from = 0.0
        # So many events could be rendered together, by the format that failed.
        self._narrowed: tuple[Format, int] | None = None

    @property
    def in_flight(self) -> int:
        """Count the POSTs that wait for their answer."""
        return len(self._transport)

    def wake(self) -> None:
        """Make `wait` return soon; any thread may call this."""
        self._transport.wake()

    def add(self, letters: Iterable[Letter]) -> None:
        """Take in letters to be sent."""
        if not self.pending.ready:
            self._linger_from = time.monotonic()
        self.pending.add(letters)

    def send(self, recipient: Recipient, most: int) -> None:
        """Begin POSTs until *most* are in flight, or the next one has to wait."""
        while self._may_send(most) and self.wait_s(recipient, most) == 0:
            letters = self.pending.take(self._most_together(recipient))
            if not letters:
                return
            self._linger_from = time.monotonic()
            self._start(letters, recipient)

    def wait_s(self, recipient: Recipient, most: int) -> float | None:
        """Return when the next POST may begin, 0 for now; None if answers decide."""
        if not self._may_send(most):
            return None
        now, policy = time.monotonic(), recipient.policy
        wait_s = self._pace.wait_s(policy.rate_limit, now)
        linger_s = self._linger_from + policy.linger_ms / 1000 - now
        if linger_s > wait_s and self._is_short(self._most_together(recipient)):
            return linger_s
        return wait_s

    def wait(self, timeout_s: float) -> Sequence[Answer]:
        """Wait for answers, a `wake` or the time; return what was answered."""
        answers = self._transport.wait(timeout_s)
        for letters, answer in answers:
            self._take_answer(letters, answer)
        return [answer for _, answer in answers]

    def interrupt(self) -> None:
        """Give up what is in flight."""
        for letters, answer in self._transport.interrupt():
            self._take_answer(letters, answer)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _may_send(self, most: int) -> bool:
        return self.pending.ready > 0 and self.in_flight < most

    def _most_together(self, recipient: Recipient) -> int:
        """Return how many events one POST may tell."""
        if self._narrowed is None or self._narrowed[0] != recipient.format:
            return recipient.max_batch
        return min(self._narrowed[1], recipient.max_batch)

    def _is_short(self, max_batch: int) -> bool:
        return self.pending.count_sendable(max_batch) < max_batch

    def _start(self, letters: Sequence[Letter], recipient: Recipient) -> None:
        now = datetime.now(UTC)
        told = [letter for letter in letters if letter.body.message]
        for letter in letters:
            if letter.body.message is None:
                self.pending.answer([letter], letter.unsent(now))
        if told:
            self._post(told, recipient, now)

    def _post(
        self, letters: Sequence[Letter], recipient: Recipient, now: datetime
    ) -> None:
        """Begin a POST; put letters back of which fewer are to go together."""
        try:
            post = write_post(letters, recipient, now)
        except RenderingFailed as error:
            # By itself, each of them was rendered.
            self._narrowed = recipient.format, len(letters) // 2
            self.pending.put_back(letters)
            _log.warning("batch_too_large", events=len(letters), reason=str(error))
            return
        self._pace.count(recipient.policy.rate_limit, time.monotonic())
        self._transport.start(letters, post)

    def _take_answer(self, letters: Sequence[Letter], answer: Answer) -> None:
        if len(letters) > 1:
            share = max(KEPT_BYTES // len(letters), _LEAST_KEPT_BYTES)
            answer = replace(answer, body=answer.body[:share])
        self.pending.answer(letters, answer)
