"""Users, grants and tokens by REST."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notifier.access.passwords import PasswordHash
from notifier.web.services import Services
from tests.access.conftest import PASSWORD
from tests.access.gate import basic
from tests.web.api.conforming import ConformingClient
from tests.web.auth.people import Headers, People

# Nothing has been pushed there.
_LET_IN = 404
_UNKNOWN = "0196db4e-7017-7001-8017-9f3a5c000017"


@pytest.fixture(name="people")
def _people(own: Services, password_hash: PasswordHash) -> People:
    return People(own, password_hash)


class Signed:
    """A conforming client who has proved a name."""

    def __init__(self, app: Flask, headers: Headers) -> None:
        self._api = ConformingClient(app)
        self._headers = headers

    def get(self, path: str) -> Any:
        return self._api.get(path, headers=self._headers)

    def post(self, path: str, **fields: Any) -> Any:
        return self._api.post(path, headers=self._headers, json=fields)

    def patch(self, path: str, **fields: Any) -> Any:
        return self._api.patch(path, headers=self._headers, json=fields)

    def delete(self, path: str) -> Any:
        return self._api.delete(path, headers=self._headers)


@pytest.fixture(name="admin")
def _admin(app: Flask, people: People) -> Signed:
    return Signed(app, people.add("admin", "admin"))


def _actions(admin: Signed) -> list[str]:
    items = admin.get("/events").get_json()["items"]
    return [item["event"]["action"] for item in reversed(items)]


def test_a_user_is_created_changed_and_removed(admin: Signed) -> None:
    created = admin.post("/users", name="alice", password=PASSWORD, groups=["team"])
    user = created.get_json()
    path = f"/users/{user['id']}"

    assert created.status_code == 201
    assert (user["name"], user["kind"], user["groups"]) == ("alice", "user", ["team"])
    assert (user["has_password"], user["disabled"]) == (True, False)
    assert admin.get(path).get_json() == user
    changed = admin.patch(path, disabled=True, groups=[], password=None).get_json()
    assert changed["disabled"]
    assert (changed["groups"], changed["has_password"]) == ([], False)
    names = [item["name"] for item in admin.get("/users").get_json()["items"]]
    assert names == ["alice", "admin"]
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404
    assert _actions(admin) == ["user.create", "user.update", "user.remove"]
    assert PASSWORD not in admin.get("/events").text


def test_a_robot_needs_no_password(admin: Signed) -> None:
    robot = admin.post("/users", name="ci", kind="robot").get_json()

    assert (robot["kind"], robot["has_password"]) == ("robot", False)


def test_nobody_of_an_impossible_name_gets_a_token(admin: Signed) -> None:
    asked = {"name": "n", "permits": ["pull"]}

    for subject in ("user:\0", "user:", "robot:a\nb", "\0:admin"):
        refused = admin.post("/tokens", subject=subject, **asked)
        assert refused.status_code == 422

    late = "9999-12-31T23:59:59-12:00"
    assert admin.post("/tokens", expires_at=late, **asked).status_code == 422


@pytest.mark.parametrize(
    ("fields", "status", "where"),
    [
        ({"name": "no spaces"}, 422, "#/name"),
        ({"name": "alice", "password": "short"}, 422, "#/password"),
        ({"name": "alice", "groups": ["no spaces"]}, 422, "#/groups"),
        ({"name": "alice", "kind": "cat"}, 422, "#/kind"),
        ({"name": "admin"}, 409, None),
    ],
)
def test_a_user_that_cannot_be_is_refused(
    admin: Signed, fields: dict[str, Any], status: int, where: str | None
) -> None:
    refused = admin.post("/users", **fields)

    assert refused.status_code == status
    if where is not None:
        assert refused.get_json()["errors"][0]["pointer"] == where
    assert _actions(admin) == []


def test_a_new_password_counts_at_once(client: FlaskClient, admin: Signed) -> None:
    user = admin.post("/users", name="alice", password="first password").get_json()
    old = {"Authorization": basic("alice", "first password")}
    new = {"Authorization": basic("alice", "second password")}
    assert client.get("/v2/", headers=old).status_code == 200

    admin.patch(f"/users/{user['id']}", password="second password")

    assert client.get("/v2/", headers=new).status_code == 200
    assert client.get("/v2/", headers=old).status_code == 401


def test_a_grant_counts_at_once_until_it_is_taken_away(
    client: FlaskClient, admin: Signed, people: People
) -> None:
    alice = people.add("alice")
    grant = {"subject": "user:alice", "permits": ["pull"], "repositories": ["team/*"]}
    tags = "/v2/team/app/tags/list"
    assert client.get(tags, headers=alice).status_code == 403

    created = admin.post("/grants", **grant)
    path = f"/grants/{created.get_json()['id']}"

    assert created.status_code == 201
    assert client.get(tags, headers=alice).status_code == _LET_IN
    assert admin.get(path).get_json() == created.get_json()
    listed = admin.get("/grants?subject=user:alice").get_json()["items"]
    assert listed == [created.get_json()]
    assert admin.delete(path).status_code == 204
    assert client.get(tags, headers=alice).status_code == 403
    assert admin.delete(path).status_code == 404
    actions = _actions(admin)
    assert actions == ["denied", "grant.create", "grant.remove", "denied"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"subject": "alice", "permits": ["pull"]}, "#/subject"),
        ({"subject": "user:alice", "permits": []}, "#/permits"),
        ({"subject": "user:alice", "permits": ["fly"]}, "#/permits/0"),
        (
            {"subject": "user:a", "permits": ["pull"], "repositories": ["A"]},
            "#/repositories",
        ),
        (
            {"subject": "user:a", "permits": ["admin"], "repositories": ["a"]},
            "#/repositories",
        ),
    ],
)
def test_a_grant_that_cannot_be_is_refused(
    admin: Signed, fields: dict[str, Any], where: str
) -> None:
    refused = admin.post("/grants", **fields)

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == where


def test_a_token_is_shown_once_and_good_until_it_is_revoked(
    client: FlaskClient, app: Flask, admin: Signed, people: People
) -> None:
    alice = Signed(app, people.add("alice", "pull"))
    made = alice.post("/tokens", name="ci", permits=["pull"])
    text = made.get_json()["token"]
    bearer = {"Authorization": f"Bearer {text}"}
    path = f"/tokens/{made.get_json()['id']}"

    assert made.status_code == 201
    assert text.startswith("ntf_")
    assert client.get("/v2/team/app/tags/list", headers=bearer).status_code == _LET_IN
    assert text not in alice.get("/tokens").text
    assert alice.get(path).get_json()["subject"] == "user:alice"
    assert admin.get(path).status_code == 200
    assert alice.delete(path).status_code == 204
    assert client.get("/v2/team/app/tags/list", headers=bearer).status_code == 401
    assert alice.delete(path).status_code == 404
    assert text not in admin.get("/events").text


def test_nobody_but_an_admin_knows_of_the_tokens_of_others(
    app: Flask, admin: Signed, people: People
) -> None:
    alice = Signed(app, people.add("alice", "pull"))
    bob = Signed(app, people.add("bob", "pull"))
    made = alice.post("/tokens", name="ci", permits=["pull"]).get_json()

    assert bob.get("/tokens").get_json()["items"] == []
    assert bob.get(f"/tokens/{made['id']}").status_code == 404
    assert bob.delete(f"/tokens/{made['id']}").status_code == 404
    assert bob.get("/tokens?subject=user:alice").status_code == 403
    other = {"name": "x", "permits": ["pull"], "subject": "user:alice"}
    assert bob.post("/tokens", **other).status_code == 403
    assert admin.post("/tokens", **other).status_code == 201
    assert len(admin.get("/tokens?subject=user:alice").get_json()["items"]) == 2


@pytest.mark.parametrize("subject", ["user:mallory", "robot:admin"])
def test_nobody_who_is_not_known_has_tokens(admin: Signed, subject: str) -> None:
    refused = admin.post("/tokens", name="x", permits=["pull"], subject=subject)

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "#/subject"


def test_a_token_makes_no_tokens_unless_it_is_an_admins(
    app: Flask, people: People
) -> None:
    people.add("admin", "admin")
    limited = Signed(app, people.token("admin", "pull"))
    whole = Signed(app, people.token("admin", "admin"))
    fields = {"name": "more", "permits": ["admin"]}

    assert limited.post("/tokens", **fields).status_code == 403
    assert whole.post("/tokens", **fields).status_code == 201


def test_whoever_has_proved_no_name_has_no_tokens(api: ConformingClient) -> None:
    refused = api.post("/tokens", json={"name": "ci", "permits": ["pull"]})

    assert refused.status_code == 403
    assert "you have proved no name" in refused.get_json()["detail"]


def test_a_caller_learns_who_they_are(app: Flask, people: People) -> None:
    alice = Signed(app, people.add("alice", "pull", "push", on="team/**"))

    assert alice.get("/caller").get_json() == {
        "name": "alice",
        "subject": "user:alice",
        "credential": "password",
        "permits": {"pull": ["team/**"], "push": ["team/**"]},
    }


@pytest.mark.parametrize("kind", ["users", "grants", "tokens"])
def test_what_is_not_there_is_not_found(admin: Signed, kind: str) -> None:
    assert admin.get(f"/{kind}/{_UNKNOWN}").status_code == 404
    assert admin.delete(f"/{kind}/{_UNKNOWN}").status_code == 404
