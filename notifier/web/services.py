"""What views work with: made once by the composition root, found by every view."""

from dataclasses import dataclass

from flask import Flask, current_app

from notifier.access.authenticator import Authenticator
from notifier.audit.timelines.counting import Counting
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.nudger import Nudger
from notifier.delivery.outbox import Outbox
from notifier.events.announce import Announcer
from notifier.events.counter import EventCounter
from notifier.events.event import Source
from notifier.events.journal import Journal
from notifier.events.record import Recorder
from notifier.ingest.intake import Intake
from notifier.ingest.senders import Senders
from notifier.metrics import Metrics
from notifier.registry.repositories import Catalog
from notifier.registry.soundness import Soundness
from notifier.storage import Storage
from notifier.web.auth.quota import Quota
from notifier.web.rates import Rate
from notifier.web.request_log import RequestLog
from notifier.web.streams import Streams

_KEY = "notifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of one application."""

    settings: Settings
    authenticator: Authenticator
    denials: Quota
    manifest_rate: Rate
    database: Database
    storage: Storage
    soundness: Soundness
    recorder: Recorder
    catalog: Catalog
    counting: Counting
    announcer: Announcer
    journal: Journal
    senders: Senders
    intake: Intake
    endpoints: EndpointStore
    outbox: Outbox
    nudger: Nudger
    metrics: Metrics
    request_log: RequestLog
    counter: EventCounter
    streams: Streams
    source: Source

    def attach(self, app: Flask) -> None:
        """Let the views of *app* find these."""
        app.extensions[_KEY] = self


def services() -> Services:
    """Return the current application's parts."""
    found: Services = current_app.extensions[_KEY]
    return found


def get_services(app: Flask) -> Services:
    """Return the parts of *app*."""
    found: Services = app.extensions[_KEY]
    return found
