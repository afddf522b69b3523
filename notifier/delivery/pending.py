"""What a drain has in hand: letters from when they are read until they are settled.

A letter is ready, then in flight, then answered. Letters of one lane go one after the
other, in the order in which they were read: while one of a lane is in flight, the
others wait, and after one has failed, too, until it is settled.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from uuid import UUID

from notifier.delivery.letters import Letter
from notifier.delivery.transport import Answer


class Pending:
    """The letters of one drain."""

    def __init__(self) -> None:
        self._letters: dict[UUID, Letter] = {}
        self._ready: deque[Letter] = deque()
        self._busy: set[int] = set()
        self.answers: dict[UUID, Answer] = {}

    def __len__(self) -> int:
        """Count all letters."""
        return len(self._letters)

    def __contains__(self, delivery_id: UUID) -> bool:
        """Tell whether the letter of that delivery is here."""
        return delivery_id in self._letters

    def __getitem__(self, delivery_id: UUID) -> Letter:
        """Return the letter of a delivery."""
        return self._letters[delivery_id]

    @property
    def ready(self) -> int:
        """Count the letters that have not been sent."""
        return len(self._ready)

    def add(self, letters: Iterable[Letter]) -> None:
        """Take in letters to be sent after those that are here."""
        for letter in letters:
            self._letters[letter.delivery_id] = letter
            self._ready.append(letter)

    def count_sendable(self, most: int) -> int:
        """Count the letters that `take` would return."""
        sendable = (1 for letter in self._ready if letter.lane not in self._busy)
        return sum(islice(sendable, most))

    def take(self, most: int) -> Sequence[Letter]:
        """Return the next letters to send in one POST; they are in flight then."""
        batch: list[Letter] = []
        waiting: list[Letter] = []
        while self._ready and len(batch) < most:
            letter = self._ready.popleft()
            (waiting if letter.lane in self._busy else batch).append(letter)
        self._ready.extendleft(reversed(waiting))
        self._busy |= _lanes(batch)
        return batch

    def put_back(self, batch: Sequence[Letter]) -> None:
        """Have letters wait again, before all others, that were to be sent."""
        self._ready.extendleft(reversed(batch))
        self._busy -= _lanes(batch)

    def answer(self, batch: Sequence[Letter], answer: Answer) -> None:
        """Take note of what came back for letters that were sent together."""
        for letter in batch:
            self.answers[letter.delivery_id] = answer
        if answer.is_accepted:
            self._busy -= _lanes(batch)

    def settle(self) -> None:
        """Forget the letters that were answered, and what comes after a failure."""
        failed = _lanes(
            self._letters[delivery_id]
            for delivery_id, answer in self.answers.items()
            if not answer.is_accepted
        )
        for delivery_id in self.answers:
            del self._letters[delivery_id]
        self.answers = {}
        self._drop([letter for letter in self._ready if letter.lane in failed])
        self._busy -= failed

    def drop_ready(self) -> None:
        """Forget all letters that have not been sent."""
        self._drop(self._ready)

    def _drop(self, letters: Collection[Letter]) -> None:
        for letter in letters:
            del self._letters[letter.delivery_id]
        if letters:
            self._ready = deque(
                letter for letter in self._ready if letter.delivery_id in self._letters
            )


def _lanes(letters: Iterable[Letter]) -> set[int]:
    return {letter.lane for letter in letters if letter.lane is not None}
