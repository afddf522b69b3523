"""Retention by REST: rules are set, runs asked for, archives restored."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from notifier import app as composition
from notifier.audit.retention.runner import Runner
from notifier.config import Settings
from notifier.events.event import Action
from notifier.web.services import Services, get_services
from tests.audit.retention.site import old_event, record_then
from tests.web.api.conforming import ConformingClient

RULES = [
    {"actions": ["*", "ping"], "repositories": ["tmp/**"], "keep": "7d"},
    {"actions": ["pull"], "kinds": ["blob", "manifest"], "keep": "90d"},
    {"keep": "forever"},
]


def _record(own: Services, count: int = 3) -> list[str]:
    """Record pulls that are past their time; return their ids."""
    events = [old_event(100 + number, Action.PULL) for number in range(count)]
    return [str(id_) for id_ in record_then(own.database, own.recorder, events)]


def _work(own: Services) -> None:
    """Do what a worker would do."""
    runner = Runner(own.database, own.recorder, own.storage.archives, uuid4())
    for _ in range(10):
        runner.work()
    runner.release()


def _pulls(api: ConformingClient) -> list[str]:
    items = api.get("/events?action=pull").get_json()["items"]
    return [item["event"]["id"] for item in items]


def _recorded(api: ConformingClient) -> list[tuple[str, Any]]:
    items = api.get("/events").get_json()["items"]
    return [
        (item["event"]["action"], item["event"]["detail"])
        for item in reversed(items)
        if item["event"]["action"].startswith(("retention", "archive"))
    ]


def test_at_first_there_are_no_rules(api: ConformingClient) -> None:
    assert api.get("/retention").get_json() == {"rules": [], "updated_at": None}
    assert api.post("/retention/runs", json={}).status_code == 409


def test_rules_are_shown_as_they_were_set(api: ConformingClient) -> None:
    answer = api.put("/retention", json={"rules": RULES})

    assert answer.status_code == 200
    assert answer.get_json()["rules"] == RULES
    assert api.get("/retention").get_json() == answer.get_json()
    assert _recorded(api) == [("retention.update", {"rules": RULES})]
    assert api.put("/retention", json={"rules": []}).get_json()["rules"] == []


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({}, "#/rules/0/keep"),
        ({"keep": "0d"}, "#/rules/0/keep"),
        ({"keep": "12h"}, "#/rules/0/keep"),
        ({"keep": None}, "#/rules/0/keep"),
        ({"keep": "9d", "actions": ["pulls"]}, "#/rules/0/actions/0"),
        ({"keep": "9d", "actions": []}, "#/rules/0/actions"),
        ({"keep": "9d", "kinds": ["tag"]}, "#/rules/0/kinds/0"),
        ({"keep": "9d", "repositories": [""]}, "#/rules/0/repositories/0"),
        ({"keep": "9d", "tags": ["x"]}, "#/rules/0/tags"),
    ],
    ids=str,
)
def test_what_is_no_rule_is_refused(
    api: ConformingClient, rule: dict[str, Any], pointer: str
) -> None:
    answer = api.put("/retention", json={"rules": [rule]})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]
    assert api.get("/retention").get_json()["updated_at"] is None


def test_a_run_is_counted_asked_for_and_looked_at(
    api: ConformingClient, own: Services
) -> None:
    _record(own)
    api.put("/retention", json={"rules": RULES})

    counted = api.post("/retention/runs", json={"dry_run": True})
    asked = api.post("/retention/runs", json={})

    assert counted.status_code == 200
    assert counted.get_json() == {
        "expired": [
            {"rule": rule, "events": events}
            for rule, events in zip(RULES, [0, 3, 0], strict=True)
        ],
        "examined": 3,
        "waiting": 0,
        "complete": True,
    }
    assert asked.status_code == 202
    path = asked.headers["Location"].removeprefix("/api/v1")
    assert api.get(path).get_json() == asked.get_json()
    assert api.post("/retention/runs", json={}).status_code == 409
    _work(own)
    run = api.get(path).get_json()
    assert (run["state"], run["archived"], run["archives"]) == ("done", 3, 1)
    assert run["rules"] == RULES
    assert run["reached"] < run["until"] < run["finished_at"]
    assert api.get("/retention/runs").get_json()["items"] == [run]
    assert api.post(f"{path}/cancellation").status_code == 409
    assert _pulls(api) == []
    assert _recorded(api)[1:] == [("retention.run", {"run": {"id": run["id"]}})]


def test_rules_can_be_tried_before_they_are_set(
    api: ConformingClient, own: Services
) -> None:
    _record(own)

    counted = api.post("/retention/runs", json={"dry_run": True, "rules": RULES})
    refused = api.post("/retention/runs", json={"rules": RULES})

    events = [item["events"] for item in counted.get_json()["expired"]]
    assert events == [0, 3, 0]
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.get_json()["errors"]] == ["#/rules"]
    assert api.get("/retention").get_json()["rules"] == []


def test_a_run_ends_when_it_is_cancelled_or_the_rules_change(
    api: ConformingClient, own: Services
) -> None:
    ids = _record(own)
    api.put("/retention", json={"rules": RULES})
    first = api.post("/retention/runs", json={}).get_json()
    cancelled = api.post(f"/retention/runs/{first['id']}/cancellation").get_json()
    second = api.post("/retention/runs", json={}).get_json()
    api.put("/retention", json={"rules": []})
    _work(own)

    assert cancelled["state"] == "cancelled"
    assert second["id"] != first["id"]
    states = [run["state"] for run in api.get("/retention/runs").get_json()["items"]]
    assert states == ["cancelled", "cancelled"]
    assert sorted(_pulls(api)) == sorted(ids)
    assert [action for action, _ in _recorded(api)] == [
        "retention.update",
        "retention.run",
        "retention.cancel",
        "retention.run",
        "retention.update",
    ]


def test_an_archive_is_restored_and_released(
    api: ConformingClient, own: Services
) -> None:
    ids = _record(own)
    api.put("/retention", json={"rules": RULES})
    api.post("/retention/runs", json={})
    _work(own)

    [archive] = api.get("/archives").get_json()["items"]
    path = f"/archives/{archive['id']}"
    assert (archive["state"], archive["counts"]) == ("archived", {"pull": 3})
    assert api.get(path).get_json() == archive
    assert api.post(f"{path}/release").status_code == 409

    restored = api.post(f"{path}/restoration")
    assert (restored.status_code, restored.get_json()["state"]) == (202, "returning")
    assert api.post(f"{path}/restoration").status_code == 409
    _work(own)
    assert api.get(path).get_json()["state"] == "restored"
    assert sorted(_pulls(api)) == sorted(ids)

    assert api.post(f"{path}/release").get_json()["state"] == "leaving"
    _work(own)
    assert _pulls(api) == []
    about = {key: archive[key] for key in ("id", "events")}
    recorded = [
        (action, {key: detail["archive"][key] for key in about})
        for action, detail in _recorded(api)[2:]
    ]
    assert recorded == [("archive.restore", about), ("archive.release", about)]


def test_archives_are_listed_by_time_page_by_page(
    api: ConformingClient, own: Services
) -> None:
    api.put("/retention", json={"rules": RULES})
    for _ in range(3):
        _record(own, 1)
        api.post("/retention/runs", json={})
        _work(own)

    page = api.get("/archives?limit=2").get_json()
    rest = api.get(f"/archives?limit=2&cursor={page['next']}").get_json()

    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    since = page["items"][0]["since"]
    assert len(api.get(f"/archives?since={since}").get_json()["items"]) == 3
    assert api.get("/archives?until=2020-01-01T00:00:00Z").get_json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/retention/runs/{}"),
        ("post", "/retention/runs/{}/cancellation"),
        ("get", "/archives/{}"),
        ("post", "/archives/{}/restoration"),
        ("post", "/archives/{}/release"),
    ],
)
def test_what_is_not_there_is_not_found(
    api: ConformingClient, method: str, path: str
) -> None:
    assert getattr(api, method)(path.format(uuid4())).status_code == 404


def test_where_storage_does_not_last_nothing_is_archived(settings: Settings) -> None:
    app = composition.create_app(replace(settings, storage_url="memory://"))
    api = ConformingClient(app)

    refused = api.put("/retention", json={"rules": RULES})
    accepted = api.put("/retention", json={"rules": []})

    composition.close(app)
    get_services(app).metrics.close()
    assert refused.status_code == 409
    assert "does not last" in refused.get_json()["detail"]
    assert accepted.status_code == 200
