"""Telling endpoints: each event they want, signed, until they have it.

The way of one delivery: `outbox` adds a row in the transaction of the change; a nudge
through `queue`, or else `sweep`, starts the `drain` of its endpoint in a worker; that
takes a lease, POSTs by way of `transport` what is due, and writes down every attempt
and what `schedule` makes of it.
"""
