"""What operators and their machines watch: ``/healthz``, ``/readyz``, ``/metrics``."""

import time

from flask import Blueprint, Response, jsonify

from notifier.delivery.endpoint_rows import get_version
from notifier.metrics import CONTENT_TYPE
from notifier.web.auth.needs import Need, require
from notifier.web.gauges import measure
from notifier.web.probes import OK, Probe
from notifier.web.services import Services, services

# Load balancers ask every few seconds, and give up after a few.
_TIMEOUT_S = 2.0
# Without Redis every event is still delivered, a second later.
_VITAL = {"database", "storage"}


def make_blueprint() -> Blueprint:
    """Make the three."""
    bp = Blueprint("health", __name__)
    bp.add_url_rule("/healthz", view_func=get_health)
    bp.add_url_rule("/readyz", "get_readiness", _Readiness().get)
    bp.add_url_rule("/metrics", view_func=get_metrics)
    bp.after_request(_set_headers)
    return bp


def get_health() -> Response:
    """Say that the process answers."""
    return jsonify({"status": OK})


def get_metrics() -> Response:
    """Show what this process and those beside it have counted, and what is due."""
    require(Need.AUDITOR)
    own = services()
    own.request_log.flush()
    figures = own.metrics.render(*measure(own))
    return Response(figures, content_type=CONTENT_TYPE)


class _Readiness:
    """Says which parts work."""

    def __init__(self) -> None:
        self._probes: list[Probe] = []

    def get(self) -> tuple[Response, int]:
        """Ask all parts at once, and wait for none of them for long."""
        self._probes = self._probes or _make_probes(services())
        waits = {probe.name: probe.ask() for probe in self._probes}
        end = time.monotonic() + _TIMEOUT_S
        checks = {
            name: wait(max(end - time.monotonic(), 0.0)) for name, wait in waits.items()
        }
        faulty = {name for name, answer in checks.items() if answer != OK}
        if faulty & _VITAL:
            return jsonify({"status": "down", "checks": checks}), 503
        status = "degraded" if faulty else OK
        return jsonify({"status": status, "checks": checks}), 200


def _make_probes(own: Services) -> list[Probe]:
    def read_database() -> None:
        with own.database.read() as connection:
            get_version(connection)

    return [
        Probe("database", read_database),
        Probe("storage", own.storage.check),
        Probe("redis", own.nudger.ping),
    ]


def _set_headers(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
