"""What is changed through the API is in the log."""

from notifier.events.event import OPERATIONAL
from tests.web.api.conforming import ConformingClient

ENDPOINT = {"name": "ci", "url": "http://127.0.0.1:9/hook"}


def _recorded(api: ConformingClient) -> list[tuple[str, dict[str, object]]]:
    """Return the operational events, the oldest first."""
    items = api.get("/events").get_json()["items"]
    return [
        (item["event"]["action"], item["event"]["detail"])
        for item in reversed(items)
        if item["event"]["action"] in OPERATIONAL
    ]


def test_changes_of_an_endpoint_are_recorded(api: ConformingClient) -> None:
    created = api.post("/endpoints", json=ENDPOINT).get_json()
    path = f"/endpoints/{created['id']}"
    changes = {"name": "cd", "filters": {"tags": ["v*"]}, "max_batch": 5}
    api.patch(path, json=changes)
    secret = api.post(f"{path}/secrets", json={}).get_json()
    old = created["secrets"][0]["id"]
    api.delete(f"{path}/secrets/{old}")
    api.delete(path)

    ci, cd = ({"id": created["id"], "name": name} for name in ("ci", "cd"))
    assert _recorded(api) == [
        ("endpoint.create", {"endpoint": ci}),
        (
            "endpoint.update",
            {"endpoint": cd, "fields": ["filters", "max_batch", "name"]},
        ),
        ("secret.create", {"endpoint": cd, "secret": {"id": secret["id"]}}),
        ("secret.remove", {"endpoint": cd, "secret": {"id": old}}),
        ("endpoint.remove", {"endpoint": cd}),
    ]


def test_a_refused_change_is_not_recorded(api: ConformingClient) -> None:
    api.post("/endpoints", json=ENDPOINT)

    api.post("/endpoints", json=ENDPOINT)

    assert [action for action, _ in _recorded(api)] == ["endpoint.create"]


def test_redeliveries_and_replays_are_recorded(
    api: ConformingClient,
) -> None:
    endpoint = api.post("/endpoints", json=ENDPOINT).get_json()
    path = f"/endpoints/{endpoint['id']}"
    delivery = api.post(f"{path}/pings").get_json()
    api.post(f"/deliveries/{delivery['id']}/attempts")
    recovery = api.post(
        f"{path}/recoveries", json={"since": "2026-01-01T00:00:00Z", "rate": 5}
    ).get_json()
    api.post(f"/redeliveries/{recovery['id']}/cancellation")
    replay = api.post(
        f"{path}/replays", json={"since": "2026-01-01T00:00:00Z"}
    ).get_json()
    api.post(f"/replays/{replay['id']}/cancellation")

    recorded = _recorded(api)[1:]

    assert [action for action, _ in recorded] == [
        "delivery.redeliver",
        "redelivery.create",
        "redelivery.cancel",
        "replay.create",
        "replay.cancel",
    ]
    assert recorded[0][1]["delivery"] == {
        "id": delivery["id"],
        "event": delivery["event_id"],
    }
    about = recorded[1][1]["redelivery"]
    assert isinstance(about, dict)
    assert (about["id"], about["endpoint"], about["rate"]) == (recovery["id"], "ci", 5)


def test_a_dry_run_is_not_recorded(api: ConformingClient) -> None:
    endpoint = api.post("/endpoints", json=ENDPOINT).get_json()

    api.post(
        f"/endpoints/{endpoint['id']}/replays",
        json={"since": "2026-01-01T00:00:00Z", "dry_run": True},
    )

    assert [action for action, _ in _recorded(api)] == ["endpoint.create"]


def test_only_who_asks_for_changes_is_told_of_them(api: ConformingClient) -> None:
    everything = {"actions": ["*"], "kinds": ["*"]}
    api.post("/endpoints", json=ENDPOINT | {"filters": everything})
    watching = {"name": "siem", "filters": {"actions": ["endpoint.create", "denied"]}}
    siem = api.post("/endpoints", json=ENDPOINT | watching).get_json()

    api.post("/endpoints", json=ENDPOINT | {"name": "cd"})

    deliveries = api.get("/deliveries").get_json()["items"]
    # It is there by the time that it is recorded, and told of itself.
    assert [item["endpoint_id"] for item in deliveries] == [siem["id"]] * 2
