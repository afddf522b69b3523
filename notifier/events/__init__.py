"""Events: what happened, in the words of the distribution project's notifications.

``announce`` is where a change becomes an event; ``record`` keeps the rows of the audit
log; ``envelope`` is the format that goes over the wire; ``journal`` takes pulls.
"""
