"""How a question narrows the log down: what is compared, and what leads there."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, Final

import sqlalchemy as sa

from notifier.audit.conditions import Condition, Test
from notifier.audit.digests import DigestPrefix
from notifier.audit.distinct import list_values
from notifier.audit.names import Names, named_programs, named_repositories
from notifier.audit.networks import compare_addresses
from notifier.audit.orders import BY_TIME, Order
from notifier.audit.questions import Choice, Question
from notifier.events.event import Action
from notifier.events.record import Recorder
from notifier.events.tables import (
    ACTIONS,
    HAS_ACTOR,
    HAS_TAG,
    IS_CHANGE,
    KINDS,
    TAG_CHANGES,
)
from notifier.registry.digest import Digest

# So many stretches are read side by side, at most.
_MOST_STRETCHES: Final = 64
# So many are not looked for before.
_FEW_ACTIONS: Final = 4


# The columns of the indexes, and the words of their conditions: those first that lead
# to few rows, as a rule.
_INDEXES: Final = (
    Order(("digest_id",)),
    Order(("repository_id", "tag"), (HAS_TAG,)),
    Order(("repository_id",)),
    Order(("addr",)),
    Order(("actor_text",), (HAS_ACTOR,)),
    Order(("tag",), (HAS_TAG,)),
    Order(("action",)),
)
_INDEXES_WITH_PULLS: Final = tuple(
    index for index in _INDEXES if not {"tag", "action"}.intersection(index.columns)
)


@dataclass(frozen=True, slots=True)
class Way:
    """Some stretches of an order that have all rows which are wanted, and others.

    Each of the *stretches* has its values of the order's columns throughout.
    """

    order: Order
    stretches: Sequence[tuple[Any, ...]] = ((),)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What rows have to be, and the ways that lead there."""

    conditions: Sequence[Condition]
    names: Sequence[Names]
    ways: Sequence[Way]


def narrow(
    connection: sa.Connection, recorder: Recorder, question: Question
) -> Narrowed | None:
    """Find the numbers of what is named; return None if the log has never seen it."""
    if not question.visible:
        return None
    conditions = [*_compare(connection, recorder, question)]
    names = []
    for each in (
        named_repositories(recorder, question),
        named_programs(recorder, question),
    ):
        if each is None:
            continue
        numbers = each.find_numbers(connection)
        if numbers is None:
            names.append(each)
        else:
            conditions.append(Condition(each.column, Test.AMONG, numbers))
    if not all(condition.values for condition in conditions):
        return None
    actions = _actions(connection, conditions)
    if not actions:
        return None
    ways = [*_ways(conditions, actions)] or [Way(BY_TIME)]
    return Narrowed(conditions, names, ways)


def _compare(
    connection: sa.Connection, recorder: Recorder, question: Question
) -> Iterator[Condition]:
    """Yield what is compared; a condition without values cannot be met."""
    texts = recorder.texts
    if question.digest is not None:
        yield from _compare_digests(connection, recorder, question.digest)
    yield from compare_addresses(connection, question.address)
    known: Sequence[tuple[str, Choice[Any], Callable[[Any], Any]]] = (
        ("actor_text", question.actor, partial(texts.find, connection)),
        ("media_type_text", question.media_type, partial(texts.find, connection)),
        ("tag", question.tag, str),
        ("action", question.action, ACTIONS.get),
        ("kind", question.kind, KINDS.get),
        ("tag_change", question.tag_change, TAG_CHANGES.get),
    )
    for column, choice, find in known:
        yield from _compare_values(column, choice, find)


def _compare_digests(
    connection: sa.Connection, recorder: Recorder, named: Digest | DigestPrefix
) -> Iterator[Condition]:
    digests = [named] if isinstance(named, Digest) else named.find(connection)
    numbers = (recorder.digests.find(connection, digest) for digest in digests)
    known = tuple(number for number in numbers if number is not None)
    yield Condition("digest_id", Test.AMONG, known)


def _compare_values(
    column: str, choice: Choice[Any], find: Callable[[Any], Any]
) -> Iterator[Condition]:
    wanted, others = (
        tuple(value for value in map(find, values) if value is not None)
        for values in (choice.any_of, choice.none_of)
    )
    if choice.any_of:
        yield Condition(column, Test.AMONG, wanted)
    if others:
        yield Condition(column, Test.NOT_AMONG, others)


def _ways(conditions: Iterable[Condition], actions: Collection[int]) -> Iterator[Way]:
    """Yield the ways along the indexes whose columns are known to be among some values.

    What is known of two columns together makes those by one of them needless.
    """
    leaders = {
        condition.column: condition.values
        for condition in conditions
        if condition.test is Test.AMONG
    }
    are_changes = ACTIONS[Action.PULL] not in actions
    if are_changes:
        leaders["action"] = tuple(actions)
    used: set[str] = set()
    for index in _INDEXES if are_changes else _INDEXES_WITH_PULLS:
        if used.issuperset(index.columns) or not leaders.keys() >= {*index.columns}:
            continue
        stretches = list(product(*(leaders[name] for name in index.columns)))
        if len(stretches) <= _MOST_STRETCHES:
            used.update(index.columns)
            words = (IS_CHANGE, *index.words) if are_changes else index.words
            yield Way(Order(index.columns, words), stretches)


def _actions(
    connection: sa.Connection, conditions: Iterable[Condition]
) -> Collection[int]:
    """Return the actions that are not ruled out; of many changes, those that occur."""
    left = set(ACTIONS.values())
    for condition in conditions:
        if condition.column == "action" and condition.test is Test.AMONG:
            left.intersection_update(condition.values)
        elif condition.column == "action":
            left.difference_update(condition.values)
    if ACTIONS[Action.PULL] in left or len(left) <= _FEW_ACTIONS:
        return left
    bounds = min(left), max(left)
    occur = list_values(connection, "action", bounds, len(ACTIONS), words=IS_CHANGE)
    return left.intersection(occur)
