"""The composition root: makes the parts, ties them together, and gives a Flask app.

Any WSGI server can run ``notifier.app:create_app``.
"""

import socket
import threading
from pathlib import Path
from uuid import uuid4

from flask import Flask

from notifier import logs
from notifier.access.authenticator import Authenticator
from notifier.audit.timelines.counting import Counting
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.nudger import Nudger
from notifier.delivery.outbox import Outbox
from notifier.delivery.queue import JobQueue, redis_url
from notifier.delivery.reach import Reach
from notifier.events.announce import Announcer
from notifier.events.counter import EventCounter
from notifier.events.event import Source
from notifier.events.journal import Journal
from notifier.events.mover import Mover
from notifier.events.record import Recorder
from notifier.ingest.commit_client import CommitClient
from notifier.ingest.commit_server import CommitServer
from notifier.ingest.committer import Committer
from notifier.ingest.intake import Intake
from notifier.ingest.senders import Senders
from notifier.metrics import Metrics
from notifier.registry.repositories import Catalog
from notifier.registry.soundness import Soundness
from notifier.secrets import SecretBox
from notifier.storage import open_storage
from notifier.web import errors, gates, hands, health, watch
from notifier.web.api import openapi
from notifier.web.application import Application
from notifier.web.auth import tokens
from notifier.web.auth.quota import Quota
from notifier.web.rates import Rate
from notifier.web.request_log import RequestLog
from notifier.web.services import Services, get_services
from notifier.web.streams import Streams
from notifier.web.v2.routes import make_blueprint


def create_app(
    settings: Settings | None = None, *, commit_door: socket.socket | None = None
) -> Flask:
    """Make the application, by *settings* or by the environment's.

    *commit_door* leads to a process that runs `commit_ingest`, if there is one. Raises
    `ConfigError` for a setting that cannot be read.
    """
    settings = settings or Settings.from_environment()
    logs.configure(settings.log_format)
    app = Application("notifier")
    _compose(app, settings, commit_door).attach(app)
    app.register_blueprint(make_blueprint())
    app.register_blueprint(tokens.make_blueprint())
    openapi.init_app(app)
    app.register_blueprint(health.make_blueprint())
    errors.init_app(app)
    gates.init_app(app)
    watch.init_app(app)
    hands.init_app(app, settings.web_threads)
    return app


def close(app: Flask) -> None:
    """Stop what *app* does in the background; its journal is moved first."""
    own = get_services(app)
    own.streams.end()
    own.journal.close()
    own.intake.close()
    own.nudger.close()
    own.database.close()
    own.request_log.close()


def move_journals(settings: Settings, stopping: threading.Event) -> None:
    """Take pulls from this host's journals to the database, until *stopping* is set."""
    logs.configure(settings.log_format)
    database = Database(settings.database)
    core = _Core(database, settings)
    tending = threading.Thread(target=database.tend, args=(stopping,))
    tending.start()
    try:
        Mover(_journal_folder(settings), database, core.announcer).run(stopping)
    finally:
        stopping.set()
        tending.join()
    core.nudger.close()
    database.close()


def commit_ingest(
    settings: Settings, door: socket.socket, stopping: threading.Event
) -> None:
    """Commit what comes from web processes by *door*, until *stopping* is set."""
    logs.configure(settings.log_format)
    database = Database(settings.database)
    core = _Core(database, settings)
    committer = Committer(database, core.announcer)
    CommitServer(door, committer).run(stopping.is_set)
    core.nudger.close()
    database.close()


class _Core:
    """What announces events, and what hears of them.

    Signals hold their receivers weakly: this is what keeps them.
    """

    def __init__(self, sender: object, settings: Settings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.recorder = Recorder()
        self.announcer = Announcer(sender, self.recorder)
        self.box = SecretBox.open(settings)
        self.endpoints = EndpointStore(
            self.box, settings.max_endpoints, Reach.of(settings)
        )
        self.nudger = Nudger(JobQueue(redis_url(settings)))
        self.outbox = Outbox(self.endpoints, self.nudger)
        self.outbox.connect(sender)
        self.metrics = Metrics(settings.data_dir / "metrics")
        self.counter = EventCounter(self.metrics)
        self.counter.connect(sender)


def _compose(
    app: Flask, settings: Settings, commit_door: socket.socket | None
) -> Services:
    core = _Core(app, settings)
    database = Database(settings.database)
    return Services(
        settings=settings,
        authenticator=Authenticator(settings, database, core.box),
        denials=Quota(),
        manifest_rate=Rate(settings.manifest_rate),
        database=database,
        storage=open_storage(settings.storage),
        soundness=Soundness(),
        recorder=core.recorder,
        catalog=Catalog(core.recorder.repositories),
        counting=Counting(database, core.recorder),
        announcer=core.announcer,
        journal=Journal(_journal_folder(settings), database, core.announcer),
        senders=Senders(database),
        intake=Intake(
            database,
            core.recorder,
            core.announcer,
            CommitClient(commit_door, Committer(database, core.announcer)),
        ),
        endpoints=core.endpoints,
        outbox=core.outbox,
        nudger=core.nudger,
        metrics=core.metrics,
        request_log=RequestLog(core.metrics),
        counter=core.counter,
        streams=Streams(database, settings.web_streams),
        source=Source(
            addr=f"{socket.gethostname()}:{settings.port}", instance_id=uuid4()
        ),
    )


def _journal_folder(settings: Settings) -> Path:
    return settings.data_dir / "journal"
