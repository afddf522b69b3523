"""Who is asking, and whether they may: before any view runs.

``callers`` tells who sends the current request, ``challenge`` how a client can prove
it, ``denials`` puts on the record who was refused, and ``tokens`` is our own token
service, ``/auth/token``. What each route needs stands beside the routes:
``web.v2.routes`` and ``web.api.needs``.
"""
