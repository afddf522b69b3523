"""What views that tell of usage have in common."""

from typing import Any

from notifier.audit.timelines.errors import NotCounted
from notifier.audit.timelines.selection import Selection
from notifier.registry.repositories import EVERYTHING
from notifier.web.auth.visibility import may_see
from notifier.web.services import services


def selection_of(arguments: dict[str, Any]) -> Selection:
    """Return what is asked for, of what the caller may see, once all is counted.

    Raises `NotCounted` if that takes long: what was pulled a moment ago must not be
    shown as what nobody pulls.
    """
    selection = Selection(
        globs=arguments.get("repository", EVERYTHING),
        sees=may_see,
        unused_since_ns=arguments.get("unpulled_for"),
    )
    if not services().counting.catch_up() and selection.unused_since_ns is not None:
        raise NotCounted
    return selection
