"""The audit log by REST: who did what, and when."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.events.envelope import render_envelope
from notifier.events.event import Action, Descriptor, Kind, TagChange
from notifier.registry import media_types
from notifier.registry.digest import Digest
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill
from tests.web.api.conforming import ConformingClient


def _found(api: ConformingClient, query: str = "") -> list[dict[str, Any]]:
    response = api.get(f"/events?{query}")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.get_json()["items"]
    return items


def test_a_push_is_found_by_digest_and_by_repository(
    api: ConformingClient, client: FlaskClient
) -> None:
    digest = factories.push_image(client, "1.0", "team/app")
    factories.push_image(client, "2.0", "team/other", layers=(b"another",))

    [by_digest] = _found(api, f"digest={digest}")
    by_repository = _found(api, "repository=team/app")

    assert by_digest["event"]["target"]["tag"] == "1.0"
    assert by_digest["kind"] == "manifest"
    assert by_digest["tag_change"] == "new"
    assert by_digest["previous_digest"] is None
    assert by_digest["artifact_type"] == "application/vnd.oci.image.config.v1+json"
    assert by_digest in by_repository
    assert {item["event"]["target"]["repository"] for item in by_repository} == {
        "team/app"
    }


def test_a_tag_that_moved_says_where_from(
    api: ConformingClient, client: FlaskClient
) -> None:
    previous = factories.push_image(client, "1.0")
    factories.push_image(client, "1.0", layers=(b"another",))

    moved = _found(api, "tag=1.0&action=push&limit=1")

    assert moved[0]["tag_change"] == "moved"
    assert moved[0]["previous_digest"] == previous


def test_an_event_is_byte_for_byte_what_was_delivered(
    api: ConformingClient, own: Services
) -> None:
    event = factories.event(
        repository="team/app", actor="zoë", tag_change=TagChange.UNCHANGED
    )
    fill(own.database, own.recorder, [event])
    delivered = render_envelope([event]).removeprefix(b'{"events":[')
    delivered = delivered.removesuffix(b"]}")

    listed = api.get("/events")
    shown = api.get(f"/events/{event.id}")

    assert b'"event":' + delivered + b"," in listed.data
    assert b'"event":' + delivered + b"," in shown.data
    assert set(listed.get_json()["items"][0]) == {
        "event",
        "kind",
        "recorded_at",
        "tag_change",
        "credential",
        "ingested",
        "artifact_type",
        "previous_digest",
    }


def test_an_event_says_where_it_was_delivered(
    api: ConformingClient, client: FlaskClient
) -> None:
    api.post("/endpoints", json={"name": "ci", "url": "http://127.0.0.1:9/"})
    digest = factories.push_image(client)
    [found] = _found(api, f"digest={digest}")

    shown = api.get(f"/events/{found['event']['id']}").get_json()

    assert [item["endpoint_name"] for item in shown.pop("deliveries")] == ["ci"]
    assert shown == found


def _verdicts(api: ConformingClient, event: str, query: str = "") -> dict[str, Any]:
    response = api.get(f"/events/{event}/deliveries?{query}")
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.get_json()
    return page


def test_an_event_says_of_every_endpoint_whether_it_was_wanted(
    api: ConformingClient, client: FlaskClient
) -> None:
    made = {
        name: api.post(
            "/endpoints", json={"name": name, "url": "http://127.0.0.1:9/", **more}
        ).get_json()["id"]
        for name, more in (
            ("ci", {}),
            ("releases", {"filters": {"tags": ["v*"]}}),
            ("off", {"enabled": False}),
            ("gone", {}),
        )
    }
    [found] = _found(api, f"digest={factories.push_image(client)}")
    api.delete(f"/endpoints/{made['gone']}")
    api.post("/endpoints", json={"name": "late", "url": "http://127.0.0.1:9/"})

    page = _verdicts(api, found["event"]["id"])

    verdicts = {item["endpoint_name"]: item for item in page["items"]}
    assert list(verdicts) == ["late", "off", "releases", "ci"]
    assert {
        name: item["refusal"] and item["refusal"]["rule"]
        for name, item in verdicts.items()
    } == {
        "ci": None,
        "releases": "filters.tags",
        "off": "disabled",
        "late": "made_later",
    }
    assert [item["wanted"] for item in page["items"]] == [False, False, False, True]
    [delivery] = api.get(f"/deliveries?endpoint={made['ci']}").get_json()["items"]
    assert verdicts["ci"]["delivery"] == delivery
    assert verdicts["ci"]["endpoint_id"] == made["ci"]
    assert verdicts["releases"]["delivery"] is None
    assert verdicts["releases"]["refusal"]["text"] == (
        "the tag 1.0 is not among filters.tags"
    )


def test_verdicts_come_in_pages(api: ConformingClient, client: FlaskClient) -> None:
    for name in ("a", "b", "c"):
        api.post("/endpoints", json={"name": name, "url": "http://127.0.0.1:9/"})
    [found] = _found(api, f"digest={factories.push_image(client)}")
    event = found["event"]["id"]

    first = _verdicts(api, event, "limit=2")
    second = _verdicts(api, event, f"limit=2&cursor={first['next']}")

    items = [*first["items"], *second["items"]]
    assert [item["endpoint_name"] for item in items] == ["c", "b", "a"]
    assert second["next"] is None
    assert _verdicts(api, event)["items"] == items


def test_an_unknown_event_is_not_found(api: ConformingClient) -> None:
    for path in (f"/events/{uuid4()}", f"/events/{uuid4()}/deliveries"):
        response = api.get(path)

        assert response.status_code == 404
        assert response.get_json()["detail"] == "There is no such event."


@pytest.fixture(name="log")
def _log(own: Services) -> list[str]:
    """Record four events, a minute apart; give their ids."""
    events = [
        factories.event(
            Action.PUSH, actor="alice", content=b"1", at_ns=DAY_NS + 60 * SECOND_NS
        ),
        factories.event(
            Action.PULL, tag=None, content=b"1", at_ns=DAY_NS + 120 * SECOND_NS
        ),
        factories.event(
            Action.PUSH,
            kind=Kind.BLOB,
            tag=None,
            media_type=media_types.BLOB,
            repository="team/other",
            content=b"2",
            at_ns=DAY_NS + 180 * SECOND_NS + 123_456_789,
        ),
        factories.event(
            Action.DELETE, tag="2.0", content=b"3", at_ns=DAY_NS + 240 * SECOND_NS
        ),
    ]
    fill(own.database, own.recorder, events)
    return [str(event.id) for event in events]


_ANSWERS = [
    ("", [3, 2, 1, 0]),
    (f"digest={Digest.of(b'1')}", [1, 0]),
    (f"digest={Digest.of(b'1')}&action=pull", [1]),
    (f"digest={Digest.of(b'1')}&repository=team/other", []),
    ("repository=team/app", [3, 1, 0]),
    ("repository=team/none", []),
    ("tag=1.0", [0]),
    ("action=push", [2, 0]),
    ("action=push,pull", [2, 1, 0]),
    ("action=push&action=delete", [3, 2, 0]),
    ("kind=blob", [2]),
    ("actor=alice", [0]),
    ("actor=bob", []),
    ("actor=a%0Ab", []),
    (f"media_type={quote(media_types.OCI_MANIFEST)}", [3, 1, 0]),
    (f"media_type={media_types.OCI_MANIFEST}", [3, 1, 0]),
    ("since=2026-05-01T00:02:00Z", [3, 2, 1]),
    ("until=2026-05-01T00:02:00Z", [0]),
    ("since=2026-05-01T00:03:00.123456789Z", [3, 2]),
    ("since=2026-05-01T00:03:00.124Z", [3]),
    ("since=2026-05-01T02:02:00+02:00&until=2026-05-01T00:04:00z", [2, 1]),
    ("since=2026-04-30T22:04:00%2D02:00", [3]),
    ("since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z", [3, 2, 1, 0]),
    (f"digest={Digest.of(b'1')[:19]}", [1, 0]),
    (f"digest={Digest.of(b'1').hex[:12]}", [1, 0]),
    (f"digest={'0' * 30}", []),
    ("repository=team/*", [3, 2, 1, 0]),
    ("repository=team/o*&repository=none", [2]),
    ("repository=!team/app", [2]),
    ("repository=**&repository=!*/oth*", [3, 1, 0]),
    ("tag=1.0&tag=2.0", [3, 0]),
    ("tag=!1.0", [3, 2, 1]),
    ("tag_change=moved,new", []),
    ("tag_change=!moved", [3, 2, 1, 0]),
    ("action=!pull", [3, 2, 0]),
    ("action=!pull,!delete", [2, 0]),
    ("kind=manifest,blob&kind=!blob", [3, 1, 0]),
    ("actor=!alice", [3, 2, 1]),
    ("actor=!!alice", []),
    (f"media_type=!{media_types.OCI_MANIFEST}", [2]),
    ("address=192.0.2.1", [3, 2, 1, 0]),
    ("address=192.0.2.200/24&address=2001:db8::/32", [3, 2, 1, 0]),
    ("address=!192.0.2.0/28", []),
    ("useragent=docker/27.3.1", [3, 2, 1, 0]),
    ("useragent=docker/27.*&useragent=!*.3.*", []),
    ("since=1s", []),
    ("until=1s&since=1000w", [3, 2, 1, 0]),
    ("until=1000w", []),
    ("order=asc", [0, 1, 2, 3]),
    ("order=desc&kind=manifest", [3, 1, 0]),
]


def test_events_are_found_by_all_that_is_asked(
    api: ConformingClient, log: list[str], subtests: pytest.Subtests
) -> None:
    for query, expected in _ANSWERS:
        with subtests.test(query=query):
            found = [item["event"]["id"] for item in _found(api, query)]

            assert found == [log[place] for place in expected]


def test_the_time_of_an_event_finds_it_again(
    api: ConformingClient, log: list[str]
) -> None:
    for item in _found(api):
        [*_, oldest] = _found(api, f"since={item['event']['timestamp']}")
        assert oldest == item
    assert len(log) == 4


_REFUSED = [
    ("digest=sha256:abc", "digest"),
    ("digest=6c3c624b58d", "digest"),
    ("digest=md5:6c3c624b58dbbcd3", "digest"),
    ("digest=!sha256:6c3c624b58dbbcd3", "digest"),
    ("repository=Team/App", "repository"),
    ("repository=Team/*", "repository"),
    ("repository=!", "repository"),
    ("repository=!!team/app", "repository"),
    ("&".join(f"repository=app-{number}" for number in range(51)), "repository"),
    ("tag=a/b", "tag"),
    ("action=pushed", "action"),
    ("action=", "action"),
    ("action=!!pull", "action"),
    ("tag_change=newer", "tag_change"),
    ("kind=tag", "kind"),
    ("actor=", "actor"),
    ("actor=a%00b", "actor"),
    ("media_type=%00", "media_type"),
    ("useragent=", "useragent"),
    ("address=registry", "address"),
    ("address=10.0.0.0/33", "address"),
    ("address=fe80::1%25eth0", "address"),
    ("order=newest", "order"),
    ("order=asc&order=asc", "order"),
    ("since=24", "since"),
    ("since=-1h", "since"),
    ("until=1y", "until"),
    ("since=1h&until=2h", "until"),
    ("since=yesterday", "since"),
    ("since=2026-05-01", "since"),
    ("since=2026-05-01T00:00:00", "since"),
    ("since=2026-02-30T00:00:00Z", "since"),
    ("since=2026-05-02T00:00:00Z&until=2026-05-01T00:00:00Z", "until"),
    ("limit=0", "limit"),
    ("limit=1001", "limit"),
    ("limit=ten", "limit"),
    ("limit=5&limit=6", "limit"),
    ("repo=team/app", "repo"),
    ("offset=5", "offset"),
]


def test_a_parameter_that_is_not_understood_is_refused(
    api: ConformingClient, subtests: pytest.Subtests
) -> None:
    for query, parameter in _REFUSED:
        with subtests.test(query=query):
            response = api.get(f"/events?{query}")

            assert response.status_code == 422
            [error] = response.get_json()["errors"]
            assert error["parameter"] == parameter


def test_a_cursor_of_nobody_is_refused(api: ConformingClient) -> None:
    for cursor in ("", "x", "A" * 28, "é" * 28):
        response = api.get(f"/events?cursor={cursor}")

        assert response.status_code == 400
        assert response.get_json()["errors"][0]["parameter"] == "cursor"


def test_a_cursor_of_another_list_is_refused(
    api: ConformingClient, log: list[str]
) -> None:
    assert log
    cursor = api.get("/events?limit=1").get_json()["next"]

    assert api.get(f"/deliveries?cursor={cursor}").status_code == 400


def test_the_pages_of_an_answer_have_no_seam(
    api: ConformingClient, log: list[str]
) -> None:
    first = api.get("/events?limit=2&action=push,pull")
    assert first.headers["Link"].endswith('>; rel="next"')
    url = first.headers["Link"][1:].partition(">")[0]

    second = api.get(url.partition("/api/v1")[2])

    items = [*first.get_json()["items"], *second.get_json()["items"]]
    assert [item["event"]["id"] for item in items] == [log[2], log[1], log[0]]
    assert second.get_json()["next"] is None


def test_the_pages_of_an_answer_may_go_forward_in_time(
    api: ConformingClient, log: list[str]
) -> None:
    first = api.get("/events?limit=2&order=asc&repository=team/*&action=!delete")
    url = first.headers["Link"][1:].partition(">")[0]
    second = api.get(url.partition("/api/v1")[2])

    items = [*first.get_json()["items"], *second.get_json()["items"]]
    assert [item["event"]["id"] for item in items] == log[:3]


def test_a_beginning_that_several_digests_have_is_refused(
    api: ConformingClient, own: Services
) -> None:
    [twin, other] = [f"sha256:{'ab' * 6}{digit * 52}" for digit in "01"]
    events = []
    for digest in (twin, other):
        event = factories.event()
        descriptor = Descriptor(
            media_type="application/x", digest=Digest(digest), size=1
        )
        target = replace(event.target, descriptor=descriptor)
        events.append(replace(event, target=target))
    fill(own.database, own.recorder, events)

    refused = api.get(f"/events?digest={twin[:19]}")
    answered = _found(api, f"digest={twin[:20]}")

    assert refused.status_code == 422
    [error] = refused.get_json()["errors"]
    assert error["parameter"] == "digest"
    assert twin in error["detail"]
    assert other in error["detail"]
    assert [item["event"]["id"] for item in answered] == [str(events[0].id)]


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "digest",
                "repository",
                "tag",
                "action",
                "kind",
                "actor",
                "media_type",
                "address",
                "useragent",
                "tag_change",
                "order",
                "since",
                "until",
                "limit",
                "cursor",
            ]
        ),
        st.text()
        | st.integers().map(str)
        | st.sampled_from(["2026-05-01T00:00:00Z", "24h", "!a", "**/a*", "::/9"]),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_is_asked_is_answered_or_refused(
    api: ConformingClient, query: dict[str, str]
) -> None:
    assert api.get("/events", query_string=query).status_code in {200, 400, 422}
