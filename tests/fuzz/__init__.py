"""Requests of all kinds: whatever comes, it is no fault of the server's.

`make test` sends some hundred of them, `make fuzz` ten thousand of each kind.
"""
