"""What of an answer of the log a caller may see."""

from dataclasses import replace

from notifier.access.permits import Permit
from notifier.audit.questions import Question
from notifier.web.auth.callers import current_caller
from notifier.web.auth.visibility import require_visible


def visible_part(question: Question) -> Question:
    """Return the question about what the caller may see.

    Raises `Forbidden` if it names anything else: no answer could be taken for one.
    """
    for name in question.repository.any_of:
        if "*" not in name:
            require_visible(name)
    return replace(question, visible=current_caller().globs_for(Permit.AUDITOR))
