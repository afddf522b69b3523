"""Every route for every kind of caller: who is let in, and who is not.

The table below says what each route needs, once more and independently of the code. A
route that it does not know fails the tests.
"""

import re
from collections.abc import Iterator, Mapping

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.auth.people import Headers, People, bearer

_DIGEST = f"sha256:{'0' * 64}"
_UUID = "0196db4e-7017-7001-8017-9f3a5c000017"
_VALUES = {
    "repository": "team/app",
    "reference": "latest",
    "digest": _DIGEST,
    "upload": _UUID,
    "number": "1",
    "name": "ci",
}

# By the first part of the path after /api/v1/.
_API = {
    "endpoints": "operator",
    "presets": "operator",
    "deliveries": "operator",
    "redeliveries": "operator",
    "replays": "operator",
    "events": "auditor",
    "repositories": "auditor",
    "tags": "auditor",
    "digests": "auditor",
    "retention": "operator",
    "archives": "operator",
    "users": "admin",
    "grants": "admin",
    "tokens": "login",
    "caller": "login",
    "sources": "operator",
    "ingest": "source",
}
_BY_METHOD = {("PUT", "/api/v1/retention"): "admin"}
_ALONE = {
    **dict.fromkeys(
        (
            *("/healthz", "/readyz", "/auth/token", "/api/v1/openapi.json"),
            *("/api/v1/docs", "/api/v1/docs/start.js", "/api/v1/docs/<name>"),
        )
    ),
    "/metrics": "auditor",
    "/v2/": "login",
    "/v2/_catalog": "catalog",
}

_LETS = {
    "reader": {"pull", "catalog"},
    "writer": {"pull", "push", "catalog"},
    "deleter": {"delete"},
    "operator": {"operator"},
    "auditor": {"auditor"},
    "admin": {
        *("pull", "push", "delete", "catalog"),
        *("operator", "auditor", "admin"),
    },
    "nobody in particular": set(),
}
_PERMITS = {
    "reader": ("pull",),
    "writer": ("pull", "push"),
    "deleter": ("delete",),
    "operator": ("operator",),
    "auditor": ("auditor",),
    "admin": ("admin",),
    "nobody in particular": (),
}

# Where one has to say of which repository, or does.
_OF_A_REPOSITORY = (
    "repositories/<path:repository>",
    "repositories/<path:repository>/tags/<tag>/history",
)

Route = tuple[str, str]


def _need(method: str, rule: str) -> str | None:
    """Say what a route needs; None for nothing."""
    if (method, rule) in _BY_METHOD:
        return _BY_METHOD[method, rule]
    if rule in _ALONE:
        return _ALONE[rule]
    if rule.startswith("/api/v1/"):
        return _API[rule.split("/")[3]]
    assert rule.startswith("/v2/<path:repository>/")
    if "/blobs/uploads/" in rule:
        return "push"
    return {"GET": "pull", "PUT": "push", "DELETE": "delete"}[method]


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule


def _path(rule: str) -> str:
    def value(match: re.Match[str]) -> str:
        return _VALUES.get(match[1], _UUID)

    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", value, rule)


def _statuses(app: Flask, headers: Headers) -> Mapping[Route, int]:
    client = app.test_client()
    return {
        (method, rule): client.open(
            _path(rule),
            method=method,
            headers=headers,
            json={} if method in {"POST", "PATCH"} and "api" in rule else None,
        ).status_code
        for method, rule in _routes(app)
    }


def _refusal(need: str | None, lets: set[str]) -> int | None:
    """Say by which status somebody who has proved their name is refused."""
    if need == "source":
        # No name counts there, only the token of the source.
        return 401
    is_met = need in {None, "login"} or need in lets
    return None if is_met else 403


def _check(statuses: Mapping[Route, int], expected: Mapping[Route, int | None]) -> None:
    wrong = {
        route: (status, expected[route])
        for route, status in statuses.items()
        if (status if status in {401, 403, 429} else None) != expected[route]
        or status >= 500
    }
    assert wrong == {}


@pytest.mark.parametrize("role", _LETS)
def test_who_has_proved_their_name_is_let_in_where_they_may(
    app: Flask, people: People, role: str
) -> None:
    headers = people.add("somebody", *_PERMITS[role])

    statuses = _statuses(app, headers)

    _check(
        statuses,
        {route: _refusal(_need(*route), _LETS[role]) for route in statuses},
    )


@pytest.mark.parametrize("role", _LETS)
def test_a_token_may_no_more_than_it_was_made_for(
    app: Flask, people: People, role: str
) -> None:
    people.add("somebody", "admin")
    permits = _PERMITS[role] or ("pull",)
    lets = _LETS[role] or _LETS["reader"]
    headers = people.token("somebody", *permits)

    statuses = _statuses(app, headers)

    expected = {route: _refusal(_need(*route), lets) for route in statuses}
    if role != "admin":
        expected["DELETE", "/api/v1/tokens/<uuid:token_id>"] = 403
    _check(statuses, expected)


@pytest.mark.parametrize("role", sorted(_LETS.keys() - {"operator", "admin"}))
def test_permits_elsewhere_do_not_count(app: Flask, people: People, role: str) -> None:
    headers = people.add("somebody", *_PERMITS[role], on="elsewhere/**")

    statuses = _statuses(app, headers)

    # What is listed is only what they may see, and that is elsewhere.
    lets = _LETS[role] & {"catalog", "auditor"}
    expected = {route: _refusal(_need(*route), lets) for route in statuses}
    if role == "auditor":
        for path in _OF_A_REPOSITORY:
            expected["GET", f"/api/v1/{path}"] = 403
    _check(statuses, expected)


def test_an_access_token_opens_what_it_says_and_its_owner_may(
    app: Flask, people: People
) -> None:
    people.add("writer", "pull", "push")

    statuses = _statuses(app, bearer(people.access_token("writer")))

    lets = _LETS["writer"]
    expected: dict[Route, int | None] = {}
    for route in statuses:
        refusal = _refusal(_need(*route), lets)
        # A registry's client is asked for a better token; the API knows no better one.
        is_registry = route[1].startswith("/v2/")
        expected[route] = 401 if refusal and is_registry else refusal
    expected["DELETE", "/api/v1/tokens/<uuid:token_id>"] = 403
    _check(statuses, expected)


def _bad_credentials(people: People) -> dict[str, Headers]:
    right = people.access_token("admin")
    head, body, _ = right.split(".")
    none = jwt.encode({"sub": "admin"}, "", "none").split(".")[0]
    return {
        "anonymous": {},
        "an expired token": people.expired_token("admin"),
        "a revoked token": people.revoked_token("admin"),
        "an unknown token": bearer("ntf_" + "x" * 40),
        "an expired access token": bearer(
            people.access_token("admin", exp=1_700_000_000, nbf=1_600_000_000)
        ),
        "a token of the future": bearer(
            people.access_token("admin", nbf=4_000_000_000, exp=4_000_000_300)
        ),
        "a forged token": bearer(people.access_token("admin", key=b"k" * 32)),
        "a wrong audience": bearer(people.access_token("admin", aud="elsewhere")),
        "a wrong issuer": bearer(people.access_token("admin", iss="elsewhere")),
        "no algorithm": bearer(f"{none}.{body}."),
        "no signature": bearer(f"{head}.{body}."),
        "a stranger's name": bearer(people.access_token("mallory")),
        "a wrong password": {"Authorization": "Basic YWRtaW46d3Jvbmc="},
        "no scheme": {"Authorization": "admin"},
        "nothing": {"Authorization": ""},
    }


def test_whoever_proves_nothing_is_refused_everywhere(
    app: Flask, people: People
) -> None:
    people.add("admin", "admin")

    for name, headers in _bad_credentials(people).items():
        statuses = _statuses(app, headers)

        expected: dict[Route, int | None] = {}
        for route in statuses:
            expected[route] = None if _need(*route) is None else 401
        expected["GET", "/auth/token"] = None if name == "anonymous" else 401
        # Too many wrong ones from one address are not even looked at.
        seen = {
            route: 401 if status == 429 else status
            for route, status in statuses.items()
        }
        _check(seen, expected)


def test_as_long_as_access_is_not_configured_everybody_is_let_in(app: Flask) -> None:
    statuses = _statuses(app, {})

    sources = {route: 401 for route in statuses if _need(*route) == "source"}
    _check(statuses, dict.fromkeys(statuses) | sources)


def test_the_api_says_which_role_each_operation_needs(
    app: Flask, client: FlaskClient
) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]

    for method, rule in _routes(app):
        need = _need(method, rule)
        if rule.startswith("/api/v1/") and need is not None:
            template = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule)
            operation = paths[template][method.lower()]
            assert operation["x-needs"] == need
            assert operation["security"] == [{"bearer": []}, {"basic": []}]
