"""Secrets within a URL."""

from typing import Any

import pytest
import structlog

from notifier.delivery.endpoint import Endpoint
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.headers import MASK
from notifier.delivery.tables import EndpointRow
from notifier.delivery.url_secrets import fill_in
from notifier.secrets import SecretUnreadable
from tests.delivery.desk import Desk
from tests.receiver import Receiver

_URL = "https://ci.example.com/{key}?token={token}"
_SECRETS = {"key": "k", "token": "hunter2"}


def _stored(desk: Desk, endpoint: Endpoint) -> tuple[str, dict[str, str]]:
    with desk.database.read() as connection:
        recipient = desk.store.get_recipient(connection, endpoint.key)
    return recipient.url, recipient.url_secrets


def test_they_are_put_in_when_something_is_sent(desk: Desk, receiver: Receiver) -> None:
    secrets = {"key": "a/b", "token": "ä +{}"}
    desk.create(f"{receiver.url}/{{key}}?token={{token}}&wait=1", url_secrets=secrets)
    desk.announce()

    desk.send()

    [request] = receiver.requests
    assert request.path == "/hook/a%2Fb?token=%C3%A4%20%2B%7B%7D&wait=1"


def test_they_are_not_shown_logged_or_stored_as_they_are(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(f"{receiver.url}/{{key}}", url_secrets={"key": "hunter2"})
    desk.announce()

    with structlog.testing.capture_logs() as lines:
        desk.send()

    with desk.database.read() as connection:
        row = connection.execute(EndpointRow.__table__.select()).one()
    assert endpoint.url == f"{receiver.url}/{{key}}"
    assert endpoint.url_secrets == {"key": MASK}
    assert "hunter2" not in repr((endpoint, lines, row))


def test_a_mask_that_comes_back_changes_nothing(desk: Desk) -> None:
    endpoint = desk.create(_URL, url_secrets=_SECRETS)

    desk.update(endpoint, url_secrets={"key": MASK, "token": "new"})

    assert _stored(desk, endpoint) == (_URL, {"key": "k", "token": "new"})


def test_a_new_url_keeps_those_that_it_still_names(desk: Desk) -> None:
    endpoint = desk.create(_URL, url_secrets=_SECRETS)
    other = "https://ci.example.com/?token={token}"

    desk.update(endpoint, url=other)

    assert _stored(desk, endpoint) == (other, {"token": "hunter2"})
    assert desk.update(endpoint, name="cd").url_secrets == {"token": MASK}


@pytest.mark.parametrize(
    ("url", "secrets", "field", "reason"),
    [
        (_URL, {"key": "k"}, "url", "{token} has no value in url_secrets"),
        ("https://x/{}", {}, "url", "{} has no value"),
        ("https://x/a", {"a": "b"}, "url_secrets.a", "the URL does not say {a}"),
        ("https://x/{a", {"a": "b"}, "url", "braces stand around the names"),
        ("https://x/{{a}}", {"a": "b"}, "url", "braces stand around the names"),
        ("https://{a}.x/", {"a": "b"}, "url", ""),
        ("https://x/{A}", {"A": "b"}, "url_secrets", "a name is a letter and then"),
        ("https://x/{a}", {"a": ""}, "url_secrets.a", "must be 1 to 500 visible"),
        ("https://x/{a}", {"a": "b\n"}, "url_secrets.a", "must be 1 to 500 visible"),
        ("https://x/{a}", {"a": "b" * 501}, "url_secrets.a", "must be 1 to 500"),
        (
            "https://x/",
            {f"a{number}": "b" for number in range(11)},
            "url_secrets",
            "there may be 10 at most",
        ),
    ],
    ids=str,
)
def test_url_and_secrets_have_to_fit(
    desk: Desk, url: str, secrets: Any, field: str, reason: str
) -> None:
    with pytest.raises(EndpointInvalid) as caught:
        desk.create(url, url_secrets=secrets)

    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)


def test_a_change_that_does_not_fit_is_refused(desk: Desk) -> None:
    endpoint = desk.create(_URL, url_secrets=_SECRETS)

    with pytest.raises(EndpointInvalid):
        desk.update(endpoint, url_secrets={})
    with pytest.raises(EndpointInvalid):
        desk.update(endpoint, url="https://ci.example.com/{other}")

    assert _stored(desk, endpoint) == (_URL, _SECRETS)


def test_without_the_key_they_are_not_known_until_the_url_is_another(
    desk: Desk,
) -> None:
    endpoint = desk.create(_URL, url_secrets=_SECRETS)
    desk.lose_key()

    assert not desk.get(endpoint).is_readable
    with pytest.raises(SecretUnreadable):
        desk.update(endpoint, url="https://ci.example.com/{key}")
    desk.update(endpoint, url="https://ci.example.com/", headers={})
    desk.rotate(endpoint)

    assert desk.get(endpoint).is_readable


def test_braces_that_were_there_before_stay() -> None:
    assert fill_in("https://x/{a}/{b}", {"a": "1"}) == "https://x/1/{b}"
    assert fill_in("https://x/{a}", {}) == "https://x/{a}"
