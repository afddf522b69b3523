"""The rules of retention: how long what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self

from notifier.delivery.rules import expand_actions
from notifier.events.event import Action, Kind
from notifier.globs import matches

FOREVER: Final = "forever"
MAX_RULES: Final = 100
MAX_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """What it is about, and for how long that is kept: None is for ever.

    A list that is empty leaves its matter open. Among actions ``*`` stands for those of
    the distribution project. What has no kind, or no repository, is not among any.
    """

    actions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    keep: timedelta | None = None

    @classmethod
    def parse(cls, rule: Mapping[str, Any]) -> Self:
        """Read what `render` has written."""
        lists = {key: tuple(items) for key, items in rule.items() if key != "keep"}
        return cls(keep=parse_keep(rule["keep"]), **lists)

    def render(self) -> dict[str, Any]:
        """Return the JSON object of the API: lists that are empty are left out."""
        lists = {
            "actions": self.actions,
            "kinds": self.kinds,
            "repositories": self.repositories,
        }
        rendered: dict[str, Any] = {
            key: list(items) for key, items in lists.items() if items
        }
        return rendered | {"keep": render_keep(self.keep)}

    def is_about(
        self, action: Action, kind: Kind | None, repository: str | None
    ) -> bool:
        """Tell whether events of that action on that are this rule's matter."""
        if self.actions and action not in expand_actions(self.actions):
            return False
        if self.kinds and kind not in self.kinds:
            return False
        if not self.repositories:
            return True
        return repository is not None and any(
            matches(glob, repository) for glob in self.repositories
        )


Rules = Sequence[RetentionRule]


def parse_keep(text: str) -> timedelta | None:
    """Read ``90d``, or ``forever``; raise `ValueError`."""
    if text == FOREVER:
        return None
    days = text.removesuffix("d")
    if days == text or not (days.isascii() and days.isdecimal()):
        raise ValueError(f"{text!r} is neither a number of days, 90d, nor forever")
    if not 1 <= int(days[:6]) <= MAX_DAYS:
        raise ValueError(f"it must be 1d to {MAX_DAYS}d, or forever")
    return timedelta(days=int(days))


def render_keep(keep: timedelta | None) -> str:
    """Write what `parse_keep` reads."""
    return FOREVER if keep is None else f"{keep.days}d"
