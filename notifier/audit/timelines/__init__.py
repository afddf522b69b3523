"""Timelines: what became of a digest, a repository or a tag, and when.

``tag_history`` reads from the log what a tag has pointed to. How often something was
pulled is counted beside the log, for there may be millions of pulls: the transaction
that records notes it down (`notifier.events.uncounted`), and ``counting``, in a worker,
adds it to the ``tables``.
"""
