"""The composition root: makes the parts, ties them together, and gives a Flask app.

Any WSGI server can run ``notifier.app:create_app``.
"""

import socket
from uuid import uuid4

from flask import Flask

from notifier import logs
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.outbox import Outbox
from notifier.delivery.queue import Nudger, redis_url
from notifier.delivery.secrets import SecretBox
from notifier.events.announce import Announcer
from notifier.events.counter import EventCounter
from notifier.events.event import Source
from notifier.events.journal import Journal
from notifier.events.record import Recorder
from notifier.metrics import Metrics
from notifier.storage import open_storage
from notifier.web import api, errors, health, log
from notifier.web.services import Services, get_services
from notifier.web.v2.routes import make_blueprint


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application, by *settings* or by the environment's.

    Raises `ConfigError` for a setting that cannot be read.
    """
    settings = settings or Settings.from_environment()
    logs.configure(settings.log_format)
    app = Flask("notifier", static_folder=None)
    # `/v2//x` names no repository; it is not another way to write `/v2/x`.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    _compose(app, settings).attach(app)
    app.register_blueprint(make_blueprint())
    api.init_app(app)
    app.register_blueprint(health.make_blueprint())
    errors.init_app(app)
    log.init_app(app)
    return app


def close(app: Flask) -> None:
    """Stop what *app* does in the background; its journal is moved first."""
    own = get_services(app)
    own.journal.close()
    own.nudger.close()
    own.database.close()


def _compose(app: Flask, settings: Settings) -> Services:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    recorder = Recorder()
    announcer = Announcer(app, recorder)
    endpoints = EndpointStore(SecretBox.open(settings), settings.max_endpoints)
    nudger = Nudger(redis_url(settings))
    outbox = Outbox(endpoints, nudger)
    outbox.connect(app)
    metrics = Metrics(settings.data_dir / "metrics")
    counter = EventCounter(metrics)
    counter.connect(app)
    return Services(
        settings=settings,
        database=database,
        storage=open_storage(settings.storage),
        recorder=recorder,
        announcer=announcer,
        journal=Journal(settings.data_dir / "journal", database, announcer),
        endpoints=endpoints,
        outbox=outbox,
        nudger=nudger,
        metrics=metrics,
        counter=counter,
        source=Source(
            addr=f"{socket.gethostname()}:{settings.port}", instance_id=uuid4()
        ),
    )
