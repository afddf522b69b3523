"""The audit log, read: who pushed, pulled or deleted what, and when.

``questions`` is what can be asked, ``grammar`` how that is written. ``narrowing`` finds
what leads to the answer, ``walk`` goes there by the ``statements``, and ``answers``
makes pages of what it finds; ``cursor`` is how a page names the next. ``export`` has
all of an answer, ``following`` what comes to be recorded. The rows are written by
``notifier.events.record``.
"""
