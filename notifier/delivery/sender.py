"""The sender: has letters in hand and POSTs them, as the endpoint's policy allows."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from notifier.delivery.endpoint import Recipient
from notifier.delivery.letters import Letter, write_post
from notifier.delivery.pace import Pace
from notifier.delivery.pending import Pending
from notifier.delivery.policy import MAX_IN_FLIGHT
from notifier.delivery.reach import Reach
from notifier.delivery.transport import KEPT_BYTES, Answer, Transport

# Of an answer to many events, each of them keeps its share, and not less than this.
_LEAST_KEPT_BYTES = 256


class Sender:
    """The letters of one endpoint, and its connections. One thread uses it."""

    def __init__(self, reach: Reach) -> None:
        self.pending = Pending()
        self._transport: Transport[Sequence[Letter]] = Transport(MAX_IN_FLIGHT, reach)
        self._pace = Pace()
        self._linger_from = 0.0

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
            letters = self.pending.take(recipient.max_batch)
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
        if linger_s > wait_s and self._is_short(recipient.max_batch):
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

    def _is_short(self, max_batch: int) -> bool:
        return self.pending.count_sendable(max_batch) < max_batch

    def _start(self, letters: Sequence[Letter], recipient: Recipient) -> None:
        now = datetime.now(UTC)
        told = [letter for letter in letters if letter.body.message]
        for letter in letters:
            if letter.body.message is None:
                self.pending.answer([letter], letter.unsent(now))
        if told:
            self._pace.count(recipient.policy.rate_limit, time.monotonic())
            self._transport.start(told, write_post(told, recipient, now))

    def _take_answer(self, letters: Sequence[Letter], answer: Answer) -> None:
        if len(letters) > 1:
            share = max(KEPT_BYTES // len(letters), _LEAST_KEPT_BYTES)
            answer = replace(answer, body=answer.body[:share])
        self.pending.answer(letters, answer)
