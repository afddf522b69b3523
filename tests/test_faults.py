"""The scenarios of `make faults` in short, and whether they see what is wrong."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.ledger import Change, Entry
from tests.faults.listener import Receipt
from tests.faults.neighbours import trial as neighbours
from tests.faults.reckoning import Reckoning, reckon
from tests.faults.scenario import Scenario, Skipped
from tests.faults.scenarios import SCENARIOS, sqlite_ill
from tests.faults.together import put_together
from tests.faults.trial import Plan, run_trial

_PUSHES_AT_LEAST = 30
# A disk takes a while to be filled, and some are to be pushed after that.
_TO_FILL = {"disk-full": 120, "storage-full": 120}
# Something has to be in progress whenever something goes wrong.
_PUSHES_A_TIME = 10

# A server takes longer to start than most scenarios to go by: several share one, those
# that may have something delivered twice, and those that may not.
_SHORT = [
    (
        "sqlite",
        (
            "clients-gone kill-web*2 flush blob-damaged*2 redis-full redis-stop "
            "kill-redis sqlite-locked"
        ),
    ),
    ("sqlite", "kill-supervisor sqlite-read-only"),
    ("sqlite", "disk-full"),
    ("sqlite", "receiver-down*0 clients-slow*0"),
    ("sqlite", "clock-back"),
    (
        "postgresql",
        (
            "kill-worker*2 postgresql-cut*2 kill postgresql-restart*2 "
            "postgresql-exhausted"
        ),
    ),
    ("postgresql", "receiver-failing*0 redis-slow"),
    ("postgresql", "clients-flood receiver-flapping*2"),
    ("postgresql", "receiver-hanging*0"),
    ("postgresql", "storage-full"),
    ("postgresql", "host-dead"),
]

CHANGE = Change("push", "team/app", "sha256:0", "1.0")


@pytest.mark.unmeasured
@pytest.mark.parametrize(("database", "names"), _SHORT)
def test_nothing_acknowledged_is_lost(
    monkeypatch: pytest.MonkeyPatch, database: str, names: str
) -> None:
    monkeypatch.setattr(sqlite_ill, "_LOCKED_S", 3.0)
    scenario = put_together([_short(name) for name in names.split()])
    least = _TO_FILL.get(names, _PUSHES_AT_LEAST)
    pushes = max(least, _PUSHES_A_TIME * scenario.times)
    # Of ten images, one loses its tag, one its manifest and one its layer.
    deletes = pushes // 10 * 3
    # Each is told of by another registry, in three events.
    requests = pushes * (4 + 3) + deletes
    told: list[str] = []

    try:
        trial = run_trial(
            Plan(scenario=scenario, database=database, pushes=pushes, seed=1),
            on_push=lambda: None,
            tell=told.append,
        )
    except Skipped as reason:
        pytest.skip(str(reason))

    assert trial.findings == []
    assert len(told) == scenario.times
    # Whoever deletes and is not answered finds that it is done.
    assert requests - deletes <= trial.reckoning.answered <= requests
    # A manifest that is deleted takes its tag with it, and has an event for each.
    assert trial.reckoning.recorded >= requests + deletes // 3


def _short(name: str) -> Scenario:
    """Return a scenario that happens but so many times, as in `name*2`."""
    name, _, times = name.partition("*")
    return replace(SCENARIOS[name], times=int(times or 1))


def test_nobody_misses_anything_for_what_others_do() -> None:
    plan = neighbours.Plan(database="sqlite", seconds=3, rate=20)

    trial = neighbours.run_trial(plan, tell=lambda _: None)

    assert trial.findings == []
    assert trial.trapped == 0
    assert trial.events >= 60


def test_every_scenario_has_a_short_form() -> None:
    short = {name for _, names in _SHORT for name in re.findall(r"[a-z-]+", names)}

    assert short == SCENARIOS.keys()


def test_what_is_recorded_and_told_once_is_right() -> None:
    found = _reckon([_entry("r1")], [_event("e1", "r1")], [_receipt("e1", "r1")])

    assert found.findings == []
    assert (found.answered, found.recorded, found.delivered) == (1, 1, 1)


def test_what_was_not_acknowledged_may_be_there() -> None:
    found = _reckon([], [_event("e1", "r1")], [_receipt("e1", "r1")])

    assert found.findings == []


def test_an_acknowledged_request_without_its_event_is_lost() -> None:
    other = _event("e1", "r1", digest="sha256:1")

    missing = _reckon([_entry("r1")], [], [])
    different = _reckon([_entry("r1")], [other], [])

    assert missing.lost_in_log == 1
    assert "nothing" in missing.findings[0]
    assert different.lost_in_log == 1


def test_two_events_of_one_request_are_wrong() -> None:
    log = [_event("e1", "r1"), _event("e2", "r1")]

    found = _reckon([_entry("r1")], log, [_receipt("e1", "r1"), _receipt("e2", "r1")])

    assert found.lost_in_log == 1


def test_all_events_of_one_request_have_to_be_there() -> None:
    other = CHANGE._replace(tag=None)
    both = [_event("e1", "r1"), _event("e2", "r1", tag=None)]
    entries = [Entry("r1", (other, CHANGE))]

    assert _reckon(entries, both, []).lost_in_log == 0
    assert _reckon(entries, both[:1], []).lost_in_log == 1


def test_an_event_that_was_not_told_is_lost_to_the_receiver() -> None:
    found = _reckon([_entry("r1")], [_event("e1", "r1")], [])

    assert found.lost_to_receiver == 1
    assert found.findings == ["event e1 did not reach the receiver"]


def test_what_is_told_twice_is_wrong_unless_it_may_be() -> None:
    entries, log = [_entry("r1")], [_event("e1", "r1")]
    receipts = [_receipt("e1", "r1")] * 2

    assert _reckon(entries, log, receipts).duplicates == 1
    assert _reckon(entries, log, receipts).findings != []
    assert _reckon(entries, log, receipts, may_repeat=True).findings == []


def test_what_is_told_wrongly_or_without_a_signature_is_found() -> None:
    log = [_event("e1", "r1")]
    unsigned = _receipt("e1", "r1")._replace(is_signed=False)

    assert "signature" in _reckon([], log, [unsigned]).findings[0]
    assert "told as" in _reckon([], log, [_receipt("e1", "r2")]).findings[0]
    assert "told as" in _reckon([], [], [_receipt("e1", "r1")]).findings[0]


def _reckon(
    entries: list[Entry],
    log: list[dict[str, Any]],
    receipts: list[Receipt],
    *,
    may_repeat: bool = False,
) -> Reckoning:
    return reckon(entries, log, receipts, may_repeat=may_repeat)


def _entry(request_id: str) -> Entry:
    return Entry(request_id, (CHANGE,))


def _event(
    id_: str,
    request_id: str,
    digest: str = CHANGE.digest,
    tag: str | None = CHANGE.tag,
) -> dict[str, Any]:
    target = {"repository": CHANGE.repository, "digest": digest, "tag": tag}
    request = {"id": request_id}
    return {"id": id_, "action": CHANGE.action, "target": target, "request": request}


def _receipt(id_: str, request_id: str) -> Receipt:
    body = json.dumps({"events": [_event(id_, request_id)]})
    return Receipt(id_, body.encode(), is_signed=True)
