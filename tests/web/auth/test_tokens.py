"""The token service: what registry clients do before anything else."""

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from notifier.access.throttle import PER_ACCOUNT
from notifier.web.auth.tokens import MAX_FORM
from tests.access.conftest import PASSWORD
from tests.web.auth.people import People, bearer

_SCOPE = "repository:team/app:pull,push"
# Nothing has been pushed there.
_LET_IN = 404


def _get(client: FlaskClient, headers: Any = None, **query: Any) -> Any:
    return client.get("/auth/token", headers=headers, query_string=query)


def _login(client: FlaskClient, **form: Any) -> Any:
    return client.post(
        "/auth/token",
        data={
            "grant_type": "password",
            "service": "notifier",
            "client_id": "docker",
            "username": "alice",
            "password": PASSWORD,
            **form,
        },
    )


def _read(client: FlaskClient, token: str, repository: str = "team/app") -> int:
    path = f"/v2/{repository}/tags/list"
    return client.get(path, headers=bearer(token)).status_code


def test_a_client_learns_where_to_get_a_token(
    client: FlaskClient, people: People
) -> None:
    people.add("alice", "pull")

    root = client.get("/v2/")
    push = client.post("/v2/team/app/blobs/uploads/")
    catalog = client.get("/v2/_catalog")

    realm = 'Bearer realm="http://localhost/auth/token",service="notifier"'
    assert root.status_code == push.status_code == catalog.status_code == 401
    assert root.headers["WWW-Authenticate"] == realm
    assert push.headers["WWW-Authenticate"] == f'{realm},scope="{_SCOPE}"'
    scope = "registry:catalog:*"
    assert catalog.headers["WWW-Authenticate"] == f'{realm},scope="{scope}"'
    assert push.get_json()["errors"] == [
        {
            "code": "UNAUTHORIZED",
            "message": "authentication required",
            "detail": [
                {
                    "Type": "repository",
                    "Class": "",
                    "Name": "team/app",
                    "Action": action,
                }
                for action in ("pull", "push")
            ],
        }
    ]


def test_a_token_is_good_for_what_was_asked_and_may_be_done(
    client: FlaskClient, people: People
) -> None:
    alice = people.add("alice", "pull", on="team/*")

    answer = _get(client, alice, scope=_SCOPE, service="notifier")

    body = answer.get_json()
    assert body["scope"] == "repository:team/app:pull"
    assert body["token"] == body["access_token"]
    assert body["expires_in"] == 300
    assert body["issued_at"].endswith("Z")
    assert answer.headers["Cache-Control"] == "no-store"
    assert _read(client, body["token"]) == _LET_IN
    assert _read(client, body["token"], "team/other") == 401
    push = client.post("/v2/team/app/blobs/uploads/", headers=bearer(body["token"]))
    assert push.status_code == 401
    assert push.headers["WWW-Authenticate"].endswith('error="insufficient_scope"')


def test_a_bad_token_is_called_so(client: FlaskClient, people: People) -> None:
    people.add("alice", "pull")

    refused = client.get("/v2/", headers=bearer(people.access_token("alice", exp=1)))

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].endswith('error="invalid_token"')


def test_anybody_gets_a_token_for_what_anybody_may_do(
    client: FlaskClient, people: People
) -> None:
    people.grant("anonymous", "pull", on="public/**")

    token = _get(
        client, scope=["repository:public/app:pull", "repository:team/app:pull"]
    ).get_json()

    assert token["scope"] == "repository:public/app:pull"
    assert client.get("/v2/", headers=bearer(token["token"])).status_code == 200
    assert _read(client, token["token"], "public/app") == _LET_IN
    assert _read(client, token["token"], "team/app") == 401


def test_a_password_may_be_sent_as_a_form(client: FlaskClient, people: People) -> None:
    people.add("alice", "pull")

    answer = _login(client, scope="repository:team/app:pull")

    assert answer.status_code == 200
    assert "refresh_token" not in answer.get_json()
    assert _read(client, answer.get_json()["access_token"]) == _LET_IN


def test_a_client_stays_logged_in_by_a_refresh_token(
    client: FlaskClient, people: People
) -> None:
    alice = people.add("alice", "pull")
    by_form = _login(client, access_type="offline").get_json()["refresh_token"]
    by_query = _get(client, alice, offline_token="true", client_id="docker")
    refreshes = {by_form, by_query.get_json()["refresh_token"]}

    for refresh in refreshes:
        renewed = client.post(
            "/auth/token",
            data={
                "grant_type": "refresh_token",
                "service": "notifier",
                "client_id": "docker",
                "refresh_token": refresh,
                "scope": "repository:team/app:pull",
            },
        )
        assert _read(client, renewed.get_json()["access_token"]) == _LET_IN

    assert len(refreshes) == 2


def test_an_api_token_does_as_a_password(client: FlaskClient, people: People) -> None:
    people.add("alice", "pull", "push")
    token = people.token("alice", "pull")["Authorization"].removeprefix("Bearer ")

    answer = _login(client, password=token, scope=_SCOPE).get_json()

    assert answer["scope"] == "repository:team/app:pull"


def test_a_form_in_chunks_may_be_no_longer(client: FlaskClient) -> None:
    sent = BytesIO(b"grant_type=password&username=".ljust(MAX_FORM * 4, b"x"))

    refused = client.post(
        "/auth/token",
        input_stream=sent,
        content_type="application/x-www-form-urlencoded",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert refused.status_code == 413
    assert sent.tell() <= MAX_FORM + 1


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"password": "wrong"}, 401, "invalid_grant"),
        ({"username": "mallory"}, 401, "invalid_grant"),
        ({"username": ""}, 401, "invalid_grant"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 401, "invalid_grant"),
        ({"service": "elsewhere"}, 400, "invalid_request"),
        ({"scope": "nonsense"}, 400, "invalid_scope"),
        ({"access_type": "offline", "client_id": "\n"}, 400, "invalid_request"),
        ({"username": "x" * (MAX_FORM + 1)}, 413, "invalid_request"),
    ],
)
def test_what_cannot_be_is_refused_in_the_words_of_oauth_and_of_registries(
    client: FlaskClient,
    people: People,
    form: dict[str, str],
    status: int,
    error: str,
) -> None:
    people.add("alice", "pull")

    refused = _login(client, **form)

    assert refused.status_code == status
    assert refused.get_json()["error"] == error
    assert refused.get_json()["errors"][0]["message"]
    assert "wrong" not in refused.text


def test_other_methods_are_refused(client: FlaskClient) -> None:
    assert client.delete("/auth/token").status_code == 405


def test_who_guesses_has_to_wait(client: FlaskClient, people: People) -> None:
    people.add("alice", "pull")

    # On a machine that is slow enough, some are let through again meanwhile.
    answers = [_login(client, password="guess 0")]
    while answers[-1].status_code == 401 and len(answers) < 10 * PER_ACCOUNT:
        answers.append(_login(client, password=f"guess {len(answers)}"))

    assert len(answers) > PER_ACCOUNT
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_without_access_configured_a_login_succeeds(client: FlaskClient) -> None:
    assert client.get("/v2/").status_code == 200
    assert _login(client).status_code == 200
