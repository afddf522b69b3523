"""The rules as they are kept: read, and replaced as a whole."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.audit.retention.rules import RetentionRule, Rules
from notifier.audit.retention.tables import RetentionRow
from notifier.db import Transaction, insert

# The one row of its table.
ROW: Final = 1


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules, in the order in which they are asked, and when they were set."""

    rules: Rules = ()
    updated_at: datetime | None = None

    @property
    def lets_go(self) -> bool:
        """Tell whether there is a rule by which anything ever goes."""
        return any(rule.keep is not None for rule in self.rules)


def get_rulebook(connection: sa.Connection) -> Rulebook:
    """Return the rules; without any, everything is kept for ever."""
    row = connection.execute(_RULES).one_or_none()
    if row is None:
        return Rulebook()
    return Rulebook(parse_rules(row.rules), row.updated_at)


def find_writing(connection: sa.Connection) -> UUID | None:
    """Return the archive that is being written, or was when its writer died."""
    return connection.scalar(_WRITING)


def lock_rulebook(transaction: Transaction) -> Rulebook:
    """Return the rules; till the transaction ends they stay so, and no run begins."""
    transaction.execute(_RULES.with_for_update())
    return get_rulebook(transaction.connection)


def put_rules(transaction: Transaction, rules: Rules) -> Rulebook:
    """Replace the rules."""
    values: dict[str, Any] = {
        "rules": dump_rules(rules),
        "updated_at": datetime.now(UTC),
    }
    transaction.execute(
        insert(transaction.connection, RetentionRow)
        .values(id=ROW, **values)
        .on_conflict_do_update(index_elements=[RetentionRow.id], set_=values)
    )
    return get_rulebook(transaction.connection)


def parse_rules(content: bytes) -> Rules:
    """Read what `dump_rules` has written."""
    return tuple(RetentionRule.parse(rule) for rule in orjson.loads(content))


def dump_rules(rules: Rules) -> bytes:
    """Write rules as they are kept."""
    return orjson.dumps([rule.render() for rule in rules])


_WRITING = sa.select(RetentionRow.writing).where(RetentionRow.id == ROW)
_RULES = sa.select(RetentionRow.rules, RetentionRow.updated_at).where(
    RetentionRow.id == ROW
)
