"""Few hands, and clients that are slow."""

import threading
from typing import Any

import pytest
from flask import Flask, Response, request

from notifier.web import hands


class Slow:
    """A body whose bytes come when the test says so."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.sent = threading.Event()

    def read(self, _size: int) -> bytes:
        self.asked.set()
        self.sent.wait(30)
        return b""


@pytest.fixture(name="app")
def _app() -> Flask:
    """Make an application with one hand."""
    app = Flask(__name__)

    @app.post("/")
    def echo() -> bytes:
        return request.stream.read()

    @app.get("/")
    def stream() -> Response:
        return Response(iter([b"a", b"b"]))

    hands.init_app(app, 1)
    return app


def test_who_waits_for_bytes_keeps_nobody_waiting(app: Flask) -> None:
    body = Slow()
    answers: list[int] = []

    def send() -> None:
        environ: Any = {"wsgi.input": body, "wsgi.input_terminated": True}
        response = app.test_client().post("/", environ_overrides=environ)
        answers.append(response.status_code)

    sender = threading.Thread(target=send)
    sender.start()
    body.asked.wait(30)
    other = app.test_client().post("/", data=b"content")
    body.sent.set()
    sender.join()

    assert other.data == b"content"
    assert answers == [200]


def test_who_waits_for_a_client_to_take_bytes_keeps_nobody_waiting(app: Flask) -> None:
    begun = app.test_client().get("/", buffered=False)

    assert app.test_client().get("/").data == b"ab"
    assert begun.data == b"ab"


def test_who_has_a_hand_is_waited_for(app: Flask) -> None:
    entered, left = threading.Event(), threading.Event()
    order: list[str] = []

    @app.get("/long")
    def work() -> str:
        entered.set()
        left.wait(0.2)
        order.append("first")
        return ""

    first = threading.Thread(target=lambda: app.test_client().get("/long"))
    first.start()
    entered.wait(30)
    app.test_client().get("/")
    order.append("second")
    first.join()

    assert order == ["first", "second"]
