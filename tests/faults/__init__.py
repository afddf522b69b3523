"""What becomes of what was acknowledged when something fails: `make faults`.

``trial`` is the story: a server runs, images are pushed, a scenario disturbs it, and at
the end the ledger of what was acknowledged is compared with the log, with the registry
and with what a receiver was told.
"""
