"""Ingest: what other registries tell is taken into the log, and told to endpoints.

A *source* (``sources``) is where one of them sends its notifications. What a request
brings is read by the ``dialects``, the way each kind of registry speaks; ``intake``
takes it: a ``committer`` records what is new in one transaction for several requests,
in a process of its own (``commit_server``), and ``rejects`` keeps aside what could not
be read, with the reason.
"""
