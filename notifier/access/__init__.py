"""Access: who is asking, and what they may do.

A caller proves a name by a password (``users``, ``htpasswd``), by an API token, by an
access token of our own or by one of an outside issuer; ``authenticator`` tells which.
What a name may do is said by ``grants``: `Permit` on repositories, and roles.
"""
