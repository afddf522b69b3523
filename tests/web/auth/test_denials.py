"""Who was refused what is in the log."""

from typing import Any

from flask.testing import FlaskClient

from notifier.web.auth.quota import (
    BURST,
    BURST_OF_ALL,
    EVERY_S,
    EVERY_S_OF_ALL,
    Quota,
)
from tests import factories
from tests.web.auth.people import Headers, People, bearer, logged_in


def _denied(client: FlaskClient, admin: Headers) -> list[dict[str, Any]]:
    """Return what was denied, the oldest first."""
    answer = client.get("/api/v1/events?action=denied", headers=admin)
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items[::-1]


def test_who_may_not_do_what_they_ask_for_is_on_record(
    client: FlaskClient, people: People
) -> None:
    admin = people.add("admin", "admin")
    reader = people.add("reader", "pull")

    push = client.post("/v2/team/app/blobs/uploads/", headers=reader)
    api = client.get("/api/v1/endpoints", headers=reader)

    assert (push.status_code, api.status_code) == (403, 403)
    assert push.get_json()["errors"][0]["code"] == "DENIED"
    pushed, asked = _denied(client, admin)
    assert pushed["event"]["actor"] == {"name": "reader"}
    assert pushed["event"]["request"]["addr"] == "127.0.0.1"
    assert pushed["event"]["request"]["method"] == "POST"
    assert pushed["credential"] == "password"
    assert pushed["event"]["detail"] == {
        "status": 403,
        "reason": "not_permitted",
        "repository": "team/app",
        "needed": "push",
    }
    assert asked["event"]["detail"] == {
        "status": 403,
        "reason": "not_permitted",
        "needed": "operator",
        "path": "/api/v1/endpoints",
    }


def test_who_proves_nothing_is_on_record_without_a_name(
    client: FlaskClient, people: People
) -> None:
    admin = people.add("admin", "admin")
    expired = bearer(people.access_token("admin", exp=1))

    client.get("/v2/team/app/tags/list", headers=expired)
    client.get("/auth/token", headers={"Authorization": "Basic YWRtaW46d3Jvbmc="})

    by_token, by_password = _denied(client, admin)
    assert by_token["event"]["actor"] == by_password["event"]["actor"] == {}
    assert by_token["event"]["detail"]["reason"] == "expired"
    assert by_password["event"]["detail"] == {"status": 401, "reason": "password"}


def test_a_client_that_asks_how_to_prove_its_name_is_not_on_record(
    client: FlaskClient, people: People
) -> None:
    admin = people.add("admin", "admin")

    client.get("/v2/")
    client.get("/api/v1/endpoints")

    assert _denied(client, admin) == []


def test_a_denial_is_found_by_a_repository_that_is_there_and_makes_none(
    client: FlaskClient, people: People
) -> None:
    admin = people.add("admin", "admin")
    nobody = people.add("nobody")
    factories.push_image(logged_in(client, admin))

    for name in ("team/app", "no/such"):
        client.get(f"/v2/{name}/tags/list", headers=nobody)

    there, not_there = _denied(client, admin)
    assert there["event"]["target"]["repository"] == "team/app"
    assert "repository" not in not_there["event"]["target"]
    catalog = client.get("/v2/_catalog", headers=admin).get_json()
    assert catalog == {"repositories": ["team/app"]}


def test_the_actor_of_a_push_and_of_a_pull_is_the_proved_name(
    client: FlaskClient, people: People
) -> None:
    admin = people.add("admin", "admin")
    token = people.token("admin", "admin")

    factories.push_image(logged_in(client, token))

    items = client.get("/api/v1/events?action=push", headers=admin).get_json()["items"]
    assert {item["event"]["actor"]["name"] for item in items} == {"admin"}
    assert {item["credential"] for item in items} == {"api_token"}


def test_only_so_many_of_an_address_are_recorded_and_the_rest_is_counted() -> None:
    now = 0.0
    quota = Quota(lambda: now)

    first = [quota.take("a") for _ in range(BURST + 3)]
    other = quota.take("b")
    now += EVERY_S
    later = quota.take("a")

    assert first == [0] * BURST + [None] * 3
    assert other == 0
    assert later == 3
    assert quota.take("a") is None


def test_of_many_addresses_together_only_so_many_are_recorded() -> None:
    now = 0.0
    quota = Quota(lambda: now)

    first = [quota.take(f"192.0.2.{n}") for n in range(BURST_OF_ALL)]
    beyond = quota.take("198.51.100.1")
    now += EVERY_S_OF_ALL
    later = quota.take("198.51.100.1")

    assert first == [0] * BURST_OF_ALL
    assert beyond is None
    assert later == 1


def test_the_addresses_of_one_ipv6_network_are_one(
    client: FlaskClient, people: People
) -> None:
    admin = people.add("admin", "admin")

    for number in range(BURST + 5):
        client.get(
            "/v2/",
            headers={"Authorization": "Bearer forged"},
            environ_overrides={"REMOTE_ADDR": f"2001:db8::{number:x}"},
        )

    denied = client.get("/api/v1/events?action=denied&limit=100", headers=admin)
    assert len(denied.get_json()["items"]) == BURST
