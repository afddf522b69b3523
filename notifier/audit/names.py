"""Names that questions give by patterns: repositories, and the programs of clients.

Rows have their numbers. If few names are meant, the numbers are found first, and lead
to the rows; if not, the names of the rows at hand are looked at.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from notifier.audit.questions import Choice, Question
from notifier.db import Interned, Text
from notifier.events.record import Recorder
from notifier.globs import matches
from notifier.registry.repositories import EVERYTHING, Repository

# So many names are looked at to find those that are meant, and so many may be meant.
_MOST_LOOKED_AT: Final = 1000
_MOST_MEANT: Final = 64
_LAST_CHARACTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Names:
    """Which names the rows may have in *column*, as numbers of some table.

    What is meant fits any of *patterns*, if there are some; *is_meant* decides.
    """

    column: str
    interned: Interned[str]
    table: tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]]
    patterns: Sequence[str]
    is_meant: Callable[[str | None], bool]

    def find_numbers(self, connection: sa.Connection) -> tuple[int, ...] | None:
        """Return the numbers of all names that are meant; None if they are many."""
        if not self.patterns:
            return None
        numbers: set[int] = set()
        for pattern in self.patterns:
            named = self._begin_as(connection, pattern)
            if len(named) > _MOST_LOOKED_AT:
                return None
            numbers.update(number for number, name in named if self.is_meant(name))
        return tuple(sorted(numbers)) if len(numbers) <= _MOST_MEANT else None

    def choose(
        self, connection: sa.Connection, numbers: Iterable[int | None]
    ) -> set[int | None]:
        """Return those of *numbers* whose names are meant; None has no name."""
        names = self.interned.resolve(connection, set(numbers))
        return {number for number, name in names.items() if self.is_meant(name)}

    def _begin_as(
        self, connection: sa.Connection, pattern: str
    ) -> Sequence[tuple[int, str]]:
        beginning, star, _ = pattern.partition("*")
        if not star:
            number = self.interned.find(connection, pattern)
            return [] if number is None else [(number, pattern)]
        id_, name = self.table
        statement = sa.select(id_, name).where(
            name >= beginning, name <= beginning + _LAST_CHARACTER
        )
        return [
            (row[0], row[1])
            for row in connection.execute(statement.limit(_MOST_LOOKED_AT + 1))
        ]


def named_repositories(recorder: Recorder, question: Question) -> Names | None:
    """Return which repositories are meant, of those that may be seen."""
    choice, visible = question.repository, question.visible
    sees_all = visible == EVERYTHING
    if sees_all and not choice:
        return None

    def is_meant(name: str | None) -> bool:
        if name is None:
            return sees_all and not choice.any_of
        is_seen = sees_all or any(matches(glob, name) for glob in visible)
        return is_seen and _is_chosen(choice, name, matches)

    return Names(
        column="repository_id",
        interned=recorder.repositories,
        table=(Repository.id, Repository.name),
        patterns=choice.any_of or (() if sees_all else visible),
        is_meant=is_meant,
    )


def named_programs(recorder: Recorder, question: Question) -> Names | None:
    """Return which programs are meant."""
    choice = question.useragent
    if not choice:
        return None

    def is_meant(name: str | None) -> bool:
        return _is_chosen(choice, name or "", _fits)

    return Names(
        column="useragent_text",
        interned=recorder.texts,
        table=(Text.id, Text.text),
        patterns=choice.any_of,
        is_meant=is_meant,
    )


def _is_chosen(
    choice: Choice[str], name: str, fits: Callable[[str, str], bool]
) -> bool:
    wanted = not choice.any_of or any(fits(pattern, name) for pattern in choice.any_of)
    return wanted and not any(fits(pattern, name) for pattern in choice.none_of)


def _fits(pattern: str, text: str) -> bool:
    """Tell whether *text* fits *pattern*, whose stars stand for any characters."""
    beginning, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    *middle, end = parts
    place = len(beginning)
    if not text.startswith(beginning):
        return False
    for part in middle:
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(text) - place >= len(end) and text.endswith(end)
