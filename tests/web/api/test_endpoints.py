"""Endpoints by REST: made, shown, changed, tried out, removed."""

import json
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from flask.testing import FlaskClient
from hypothesis import strategies as st

from notifier.delivery.keys import find_secret_bytes
from notifier.delivery.policy import POLICY_FIELDS
from notifier.web.services import Services
from tests import factories
from tests.authorities import Authority, Identity
from tests.web.api.conforming import ConformingClient
from tests.web.v2 import traces

_NEW = {"name": "ci", "url": "https://ci.example.com/hook"}
_SECRET_HEADERS = {"Authorization": "Bearer hunter2"}


def _create(api: ConformingClient, **more: Any) -> dict[str, Any]:
    response = api.post("/endpoints", json={**_NEW, **more})
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.get_json()
    return created


def test_an_endpoint_needs_a_name_and_a_url(api: ConformingClient) -> None:
    response = api.post("/endpoints", json=_NEW)

    created = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/endpoints/{created['id']}"
    assert len(find_secret_bytes(created.pop("secret")) or b"") >= 24
    for name in (*POLICY_FIELDS, "disabled_reason", "health"):
        # They have tests of their own.
        del created[name]
    assert created == {
        **_NEW,
        "id": created["id"],
        "url_secrets": {},
        "enabled": True,
        "filters": {"actions": ["push", "delete"], "kinds": ["manifest"]},
        "format": {"type": "distribution", "version": "v2"},
        "headers": {},
        "timeout_s": 5.0,
        "declared": False,
        "signatures": ["v1"],
        "secrets": created["secrets"],
        "readable": True,
        "tls": None,
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
    }


def test_the_secret_is_shown_once(api: ConformingClient) -> None:
    created = _create(api)
    secret = created.pop("secret")

    shown = api.get(f"/endpoints/{created['id']}")
    listed = api.get("/endpoints")
    changed = api.patch(f"/endpoints/{created['id']}", json={"name": "ci-2"})

    assert shown.get_json() == created
    for response in (shown, listed, changed):
        assert secret not in response.text


def test_the_values_of_headers_are_never_shown(api: ConformingClient) -> None:
    created = _create(api, headers=_SECRET_HEADERS)

    assert created["headers"] == {"Authorization": "********"}
    assert "hunter2" not in api.get("/endpoints").text


def test_a_mask_that_comes_back_changes_nothing(
    api: ConformingClient, own: Services
) -> None:
    created = _create(api, headers=_SECRET_HEADERS)
    path = f"/endpoints/{created['id']}"

    api.patch(path, json={"headers": {**created["headers"], "X-Team": "blue"}})

    with own.database.read() as connection:
        [key] = [i.key for i in own.endpoints.list_interests(connection)]
        recipient = own.endpoints.get_recipient(connection, key)
    assert recipient.headers == {**_SECRET_HEADERS, "X-Team": "blue"}


def test_a_change_leaves_the_rest_as_it_is(api: ConformingClient) -> None:
    created = _create(api, filters={"actions": ["*"], "exclude": {"tags": ["*-dev"]}})
    created.pop("secret")

    response = api.patch(
        f"/endpoints/{created['id']}", json={"enabled": False, "timeout_s": 2.5}
    )

    changed = response.get_json()
    assert response.status_code == 200
    assert changed.pop("updated_at") > created.pop("updated_at")
    assert changed == {**created, "enabled": False, "timeout_s": 2.5}


def test_a_removed_endpoint_is_gone(api: ConformingClient) -> None:
    path = f"/endpoints/{_create(api)['id']}"

    response = api.delete(path)

    assert response.status_code == 204
    assert "Content-Type" not in response.headers
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.get("/endpoints").get_json()["items"] == []
    assert _create(api)["name"] == "ci"


def test_an_unknown_endpoint_is_not_found(api: ConformingClient) -> None:
    path = f"/endpoints/{uuid4()}"
    for response in (
        api.get(path),
        api.patch(path, json={}),
        api.delete(path),
        api.post(f"{path}/pings"),
        api.get(f"{path}/deliveries"),
    ):
        assert response.status_code == 404
        assert response.get_json()["detail"] == "There is no such endpoint."


def test_a_declared_endpoint_is_shown_so_and_changed_in_its_file_alone(
    api: ConformingClient, own: Services
) -> None:
    with own.database.transaction() as transaction:
        declared, _ = own.endpoints.create(
            transaction, declared=True, name="ci", url=_NEW["url"]
        )
    path = f"/endpoints/{declared.id}"

    changed = api.patch(path, json={"enabled": False})
    removed = api.delete(path)

    assert (changed.status_code, removed.status_code) == (409, 409)
    for refused in (changed, removed):
        assert refused.get_json()["detail"] == (
            "The endpoint is declared in the configuration file: change it there."
        )
    shown = api.get(path).get_json()
    assert (shown["declared"], shown["enabled"]) == (True, True)
    assert api.get("/endpoints").get_json()["items"] == [shown]
    assert api.post(f"{path}/pings").status_code == 202


def test_nobody_declares_an_endpoint_by_rest(api: ConformingClient) -> None:
    created = _create(api)

    assert api.post("/endpoints", json=_NEW | {"declared": True}).status_code == 422
    changed = api.patch(f"/endpoints/{created['id']}", json={"declared": True})
    assert changed.status_code == 422


def test_a_name_is_given_once(api: ConformingClient) -> None:
    _create(api)
    other = _create(api, name="other")

    again = api.post("/endpoints", json=_NEW)
    renamed = api.patch(f"/endpoints/{other['id']}", json={"name": "ci"})

    assert again.status_code == 409
    assert renamed.status_code == 409


_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "#/name"),
    ({"name": 5}, "#/name"),
    ({"name": None}, "#/name"),
    ({"name": "a\0b"}, "#/name"),
    ({"url": "ftp://example.com"}, "#/url"),
    ({"url": "https://user:pass@example.com"}, "#/url"),
    ({"url": "http://10.0.0.1/"}, "#/url"),
    ({"url": "http://169.254.169.254/latest"}, "#/url"),
    ({"url": "http://example.com:6379/"}, "#/url"),
    ({"url": "http://localhost:5000/v2/"}, "#/url"),
    ({"url": "http://%31%32%37.0.0.1/"}, "#/url"),
    ({"enabled": "yes"}, "#/enabled"),
    ({"timeout_s": 0}, "#/timeout_s"),
    ({"timeout_s": "soon"}, "#/timeout_s"),
    ({"headers": {"Host": "x"}}, "#/headers/Host"),
    ({"headers": {"X-A": 5}}, "#/headers/X-A/value"),
    ({"headers": []}, "#/headers"),
    ({"tls": []}, "#/tls"),
    ({"tls": {"ca": "mine"}}, "#/tls/ca"),
    ({"tls": {"ca": None}}, "#/tls/ca"),
    ({"tls": {"verify": False}}, "#/tls/verify"),
    ({"tls": {"client_key": "hunter2"}}, "#/tls/client_key"),
    ({"filters": []}, "#/filters"),
    ({"filters": {"actions": ["pushed"]}}, "#/filters/actions/0"),
    ({"filters": {"actions": []}}, "#/filters/actions"),
    ({"filters": {"exclude": {"tags": [1]}}}, "#/filters/exclude/tags/0"),
    ({"filters": {"action": ["push"]}}, "#/filters/action"),
    ({"filters": {"tag_changes": ["*"]}}, "#/filters/tag_changes/0"),
    ({"filters": {"actors": [5]}}, "#/filters/actors/0"),
    ({"headers": {"X-Signature": "x"}}, "#/headers/X-Signature"),
    ({"signatures": []}, "#/signatures"),
    ({"signatures": ["v2"]}, "#/signatures/0"),
    ({"signatures": ["v1", "v1"]}, "#/signatures"),
    ({"secret": "whsec_mine"}, "#/secret"),
    ({"a/b~c": 1}, "#/a~1b~0c"),
]


def test_what_is_wrong_is_pointed_at(
    api: ConformingClient, subtests: pytest.Subtests
) -> None:
    for changes, pointer in _WRONG:
        with subtests.test(changes=changes):
            response = api.post("/endpoints", json={**_NEW, **changes})

            assert response.status_code == 422
            errors = response.get_json()["errors"]
            assert [error["pointer"] for error in errors] == [pointer]
    assert api.get("/endpoints").get_json()["items"] == []


def test_a_url_cannot_be_changed_to_one_that_is_not_reached(
    api: ConformingClient,
) -> None:
    path = f"/endpoints/{_create(api)['id']}"

    response = api.patch(path, json={"url": "http://10.0.0.1/"})

    assert response.status_code == 422
    [error] = response.get_json()["errors"]
    assert error["pointer"] == "#/url"
    assert "NOTIFIER_ALLOWED_NETWORKS" in error["detail"]
    assert api.get(path).get_json()["url"] == _NEW["url"]


def test_tls_of_its_own_is_shown_without_its_key(api: ConformingClient) -> None:
    authority = Authority.make()
    client = authority.sign("notifier")
    given = {
        "ca": authority.certificate_pem,
        "client_certificate": client.certificate_pem,
        "client_key": client.key_pem,
    }

    created = _create(api, tls=given)
    path = f"/endpoints/{created['id']}"
    back = {key: created["tls"][key] for key in given}
    changed = api.patch(path, json={"tls": back}).get_json()
    removed = api.patch(path, json={"tls": None}).get_json()

    assert created["tls"] == {
        **given,
        "client_key": "********",
        "ca_expires_at": _instant(authority),
        "client_certificate_expires_at": _instant(client),
    }
    assert changed["tls"] == created["tls"]
    assert removed["tls"] is None


def _instant(identity: Identity) -> str:
    return identity.certificate.not_valid_after_utc.isoformat().replace("+00:00", "Z")


def test_a_value_of_a_header_is_not_repeated_in_an_error(api: ConformingClient) -> None:
    response = api.post("/endpoints", json={**_NEW, "headers": {"X-A": "hunter2\n"}})

    assert response.status_code == 422
    assert "hunter2" not in response.text


def test_what_is_missing_is_pointed_at(api: ConformingClient) -> None:
    response = api.post("/endpoints", json={})

    pointers = {error["pointer"] for error in response.get_json()["errors"]}
    assert pointers == {"#/name", "#/url"}


def test_endpoints_are_listed_in_pages_newest_first(api: ConformingClient) -> None:
    made = [_create(api, name=f"ci-{number}")["id"] for number in range(5)]

    first = api.get("/endpoints?limit=3")
    cursor = first.get_json()["next"]
    second = api.get(f"/endpoints?limit=3&cursor={cursor}")

    listed = [*first.get_json()["items"], *second.get_json()["items"]]
    assert [item["id"] for item in listed] == made[::-1]
    assert second.get_json()["next"] is None
    assert first.headers["Link"] == (
        f'<http://localhost/api/v1/endpoints?limit=3&cursor={cursor}>; rel="next"'
    )
    assert "Link" not in second.headers


def test_a_ping_goes_to_its_endpoint_alone(api: ConformingClient) -> None:
    created = _create(api, filters={"actions": ["push"]})
    _create(api, name="other", filters={"actions": ["*"], "kinds": ["*"]})

    response = api.post(f"/endpoints/{created['id']}/pings")

    delivery = response.get_json()
    assert response.status_code == 202
    assert delivery["endpoint_id"] == created["id"]
    assert delivery["state"] == "pending"
    assert api.get("/deliveries").get_json()["items"] == [delivery]
    event = api.get(f"/events/{delivery['event_id']}").get_json()
    assert event["event"]["action"] == "ping"
    assert event["kind"] is None
    assert event["deliveries"] == [delivery]


def test_pings_are_limited_and_the_answer_says_until_when(
    api: ConformingClient,
) -> None:
    path = f"/endpoints/{_create(api)['id']}/pings"
    other = f"/endpoints/{_create(api, name='other')['id']}/pings"

    statuses = [api.post(path).status_code for _ in range(10)]
    refused = api.post(path)

    assert statuses == [202] * 10
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 6
    assert "10 of these a minute" in refused.get_json()["detail"]
    assert len(api.get("/events?action=ping").get_json()["items"]) == 10
    assert api.post(other).status_code == 202


def test_a_disabled_endpoint_is_not_pinged(api: ConformingClient) -> None:
    created = _create(api, enabled=False)

    response = api.post(f"/endpoints/{created['id']}/pings")

    assert response.status_code == 409
    assert api.get("/events?action=ping").get_json()["items"] == []


def test_the_deliveries_of_an_endpoint_are_listed(
    api: ConformingClient, client: FlaskClient
) -> None:
    created = _create(api)
    _create(api, name="other", filters={"kinds": ["*"]})
    factories.push_image(client)

    path = f"/endpoints/{created['id']}/deliveries"
    listed = api.get(path).get_json()["items"]

    assert [item["endpoint_name"] for item in listed] == ["ci"]
    assert api.get(f"{path}?state=pending").get_json()["items"] == listed
    assert api.get(f"{path}?state=delivered").get_json()["items"] == []


def test_filters_are_tried_out_on_the_newest_events(
    api: ConformingClient, client: FlaskClient, own: Services
) -> None:
    factories.push_image(client, "1.0")
    factories.push_image(client, "v2")
    factories.push_image(client, "v2")
    filters = {"tags": ["v*"], "exclude": {"tag_changes": ["unchanged"]}}
    before = traces.left(own)

    found = api.post("/endpoints/preview", json={"filters": filters}).get_json()

    newest, middle, oldest = api.get("/events?kind=manifest").get_json()["items"]
    assert traces.left(own) == before
    assert (found["examined"], found["matched"]) == (9, 1)
    assert found["samples"] == [middle]
    first = api.get("/events").get_json()["items"][-1]
    assert found["since"] == first["recorded_at"]
    assert [(part["rule"], part["count"]) for part in found["refused"]] == [
        ("filters.kinds", 6),
        ("filters.exclude.tag_changes", 1),
        ("filters.tags", 1),
    ]
    assert found["refused"][1]["sample"] == newest
    assert found["refused"][2]["sample"] == oldest
    assert found["refused"][2]["text"] == "the tag 1.0 is not among filters.tags"


def test_without_a_word_the_default_filters_are_tried_out(
    api: ConformingClient, client: FlaskClient
) -> None:
    factories.push_image(client)

    found = api.post("/endpoints/preview")
    fewer = api.post("/endpoints/preview", json={"last": 1})

    assert found.get_json()["matched"] == 1
    assert found.get_json()["examined"] == 3
    assert fewer.get_json()["examined"] == 1


def test_what_cannot_be_tried_out_is_pointed_at(
    api: ConformingClient, subtests: pytest.Subtests
) -> None:
    for body, pointer in (
        ({"last": 0}, "#/last"),
        ({"last": 10_001}, "#/last"),
        ({"last": "many"}, "#/last"),
        ({"filters": {"tag_changes": ["gone"]}}, "#/filters/tag_changes/0"),
        ({"filters": {"tags": []}}, "#/filters/tags"),
        ({"filters": {"tag": ["v*"]}}, "#/filters/tag"),
        ({"tags": ["v*"]}, "#/tags"),
    ):
        with subtests.test(body=body):
            response = api.post("/endpoints/preview", json=body)

            assert response.status_code == 422
            [error] = response.get_json()["errors"]
            assert error["pointer"] == pointer


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(
    st.dictionaries(
        st.sampled_from([*_NEW, "enabled", "headers", "signatures", "secret"]), _JSON
    )
    | st.fixed_dictionaries({"filters": _JSON, "timeout_s": _JSON})
    | _JSON
)
def test_whatever_is_sent_is_taken_or_refused(
    api: ConformingClient, changes: Any
) -> None:
    body = {**_NEW, **changes} if isinstance(changes, dict) else changes

    response = api.post(
        "/endpoints", data=json.dumps(body), content_type="application/json"
    )

    assert response.status_code in {201, 400, 409, 422}
