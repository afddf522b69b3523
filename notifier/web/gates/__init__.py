"""Gates: what answers the many before Flask sees them.

On its way through Flask a request costs more than what it asks for. So what is as it
should be is answered here; all else goes on to Flask, whose view of the same route
answers by the same functions, and whose handlers tell of what is refused.
"""

from flask import Flask

from notifier.web.gates import ingest, reads
from notifier.web.services import get_services


def init_app(app: Flask) -> None:
    """Put the gates before *app*."""
    own = get_services(app)
    app.wsgi_app = reads.Gate(ingest.Gate(app.wsgi_app, own), own)  # type: ignore[method-assign]  # as Flask says
