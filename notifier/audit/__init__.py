"""The audit log, read: who pushed, pulled or deleted what, and when.

``questions`` turns what somebody wants to know into statements, ``answers`` runs them
and makes pages, ``cursor`` is how a page names the next. The rows are written by
``notifier.events.record``.
"""
