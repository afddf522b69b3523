"""Receivers that send back what they have got."""

import json
from typing import Any

import pytest

from notifier.delivery.attempts import Attempt
from notifier.delivery.echoes import secret_texts
from notifier.delivery.headers import MASK
from tests.delivery.desk import Desk
from tests.receiver import Handler, Receiver

_HEADERS = {"Authorization": "Bearer hunter2", "X-Token": 'hunter"3', "X-N": "1"}
_SIGNATURES = ["v1", "v1a", "x-hub-signature-256"]


def _echo(handler: Handler) -> None:
    """Answer with all headers of the request, and redirect to its URL."""
    headers = dict(handler.headers.items())
    handler.answer(
        301,
        json.dumps({"path": handler.path, "headers": headers}).encode(),
        {"Location": handler.path, "X-Token-Was": headers["X-Token"]},
    )


def _attempt(desk: Desk, receiver: Receiver, **fields: Any) -> Attempt:
    receiver.behaviour = _echo
    desk.create(f"{receiver.url}/{{key}}", headers=_HEADERS, **fields)
    desk.announce()
    desk.send()
    [attempt] = desk.attempts()
    return attempt


@pytest.mark.parametrize("key", ["hunter2/4", "hünter4"])
def test_what_is_secret_is_masked_in_their_answers(
    desk: Desk, receiver: Receiver, key: str
) -> None:
    attempt = _attempt(desk, receiver, url_secrets={"key": key}, signatures=_SIGNATURES)

    echoed = json.loads(attempt.response)
    assert echoed["path"] == f"/hook/{MASK}"
    sent = echoed["headers"]
    assert sent["Authorization"] == MASK
    assert sent["X-Token"] == MASK
    assert (sent["webhook-signature"], sent["X-Hub-Signature-256"]) == (MASK, MASK)
    headers = dict(attempt.response_headers or [])
    assert (headers["Location"], headers["X-Token-Was"]) == (f"/hook/{MASK}", MASK)
    assert "unter" not in repr(attempt)


def test_all_else_stays_as_it_is(desk: Desk, receiver: Receiver) -> None:
    attempt = _attempt(desk, receiver, url_secrets={"key": "hunter2"})

    [received] = receiver.requests
    sent = json.loads(attempt.response)["headers"]
    for name in ("Host", "User-Agent", "webhook-id", "Content-Length", "X-N"):
        assert sent[name] == received.headers[name]


def test_credentials_are_secret_without_their_scheme() -> None:
    assert secret_texts({"Authorization": "Basic aHVudGVyMjox"}, {}) == (
        b"Basic aHVudGVyMjox",
        b"aHVudGVyMjox",
    )


def test_what_occurs_by_chance_or_is_no_secret_is_not_masked() -> None:
    headers = {"X-N": "12345", "content-type": "application/json", "Accept": "text/xml"}

    assert secret_texts(headers, {"key": "main"}) == ()
