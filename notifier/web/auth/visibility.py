"""What an auditor sees: the log of the repositories on which they have that role."""

from werkzeug.exceptions import Forbidden

from notifier.access.permissions import EVERYWHERE
from notifier.access.permits import Permit
from notifier.web.auth.callers import current_caller


def require_visible(repository: str | None) -> None:
    """Raise `Forbidden` unless the caller may see the log of a repository, or all."""
    if not may_see(repository):
        seen = ", ".join(current_caller().globs_for(Permit.AUDITOR))
        raise Forbidden(f"You may see the log of {seen}.")


def may_see(repository: str | None) -> bool:
    """Tell whether the caller may see the log of a repository; None: all of it."""
    caller = current_caller()
    if repository is None:
        return caller.globs_for(Permit.AUDITOR) == EVERYWHERE
    return caller.may(Permit.AUDITOR, repository)
