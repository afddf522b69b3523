"""The retention commands, and those about archives."""

import json
from pathlib import Path
from typing import Any

import pytest

from notifier.db import Database
from notifier.events.event import Action
from tests.audit.retention.site import Site, old_event
from tests.cli.conftest import Notifier
from tests.cli.running import running
from tests.receiver import wait_until

RULES = [
    {"actions": ["pull"], "kinds": ["manifest"], "keep": "90d"},
    {"repositories": ["tmp/**", "ci/*"], "keep": "forever"},
]
PATIENCE_S = 30.0


@pytest.fixture(name="site")
def _site(database: Database, tmp_path: Path) -> Site:
    return Site(database, tmp_path)


@pytest.fixture(name="rules")
def _rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps(RULES))
    return path


def _run(notifier: Notifier, rules: Path) -> dict[str, Any]:
    """Set the rules, and see a run done."""
    notifier("retention", "set", str(rules))
    found: dict[str, Any] = json.loads(
        notifier("retention", "run", "--wait", "--json").stdout
    )
    return found


def _actions(notifier: Notifier) -> list[str]:
    items = json.loads(notifier("events", "list", "--json").stdout)["items"]
    return [item["event"]["action"] for item in items]


def test_rules_are_set_from_a_file_and_shown(notifier: Notifier, rules: Path) -> None:
    before = notifier("retention", "show").stdout

    notifier("retention", "set", str(rules))

    assert before == "there are no rules: all is kept for ever\n"
    heading, *rows = notifier("retention", "show").stdout.splitlines()
    assert heading.split() == ["actions", "kinds", "repositories", "keep"]
    assert [row.split() for row in rows] == [
        ["pull", "manifest", "any", "90d"],
        ["any", "any", "tmp/**", "ci/*", "forever"],
    ]
    shown = json.loads(notifier("retention", "show", "--json").stdout)
    assert shown["rules"] == RULES
    assert _actions(notifier) == ["retention.update"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[{keep: 9}]", "rules.0.keep: Not a valid string."),
        ("[{keep: 9h}]", "rules.0.keep: '9h' is neither a number of days"),
        ("[{keep: 9d, action: pull}]", "rules.0.action: Unknown field."),
        ("{keep: 9d}", "rules: Not a valid list."),
        ("[", "while parsing a flow"),
    ],
)
def test_a_file_that_has_no_rules_is_refused_in_one_line(
    notifier: Notifier, tmp_path: Path, content: str, problem: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(content)

    refused = notifier("retention", "set", str(path), status=1)

    [line] = refused.stderr.splitlines()
    assert line.startswith(f"Error: {path}: ")
    assert problem in line


def test_a_run_can_be_counted_first_and_waited_for(
    notifier: Notifier, site: Site, rules: Path
) -> None:
    site.record_many(100, 3)
    site.record_many(100, 2, action=Action.PUSH)
    notifier("retention", "set", str(rules))

    counted = notifier("retention", "run", "--dry-run").stdout.splitlines()
    dry = json.loads(notifier("retention", "run", "--dry-run", "--json").stdout)
    done = notifier("retention", "run", "--wait").stdout.splitlines()

    assert counted[1].split() == ["3", "pull", "manifest", "any", "90d"]
    assert counted[-1].startswith("5 events were looked at; 0 more would go")
    assert [item["events"] for item in dry["expired"]] == [3, 0]
    assert ["state", "done"] in [line.split() for line in done]
    assert any("3 events, in 1 archives" in line for line in done)
    assert done == notifier("retention", "status").stdout.splitlines()
    assert len(site.all_archived()) == 3


def test_rules_can_be_tried_before_they_are_set(
    notifier: Notifier, site: Site, rules: Path
) -> None:
    site.record_many(100, 3)

    counted = notifier("retention", "set", str(rules), "--dry-run").stdout

    assert counted.splitlines()[1].split() == ["3", "pull", "manifest", "any", "90d"]
    assert json.loads(notifier("retention", "show", "--json").stdout)["rules"] == []


def test_a_run_that_is_not_waited_for_can_be_cancelled(
    notifier: Notifier, site: Site, rules: Path
) -> None:
    site.record_many(100, 3)
    notifier("retention", "set", str(rules))

    asked = notifier("retention", "run")
    again = notifier("retention", "run")
    cancelled = notifier("retention", "cancel")

    _, run, *_ = asked.stdout.split()
    assert again.stdout == asked.stdout == f"run {run} is under way\n"
    assert asked.stderr == "A running worker does it.\n"
    assert cancelled.stdout == "cancelled when 0 events were in archives\n"
    assert ["state", "cancelled"] in [
        line.split() for line in notifier("retention", "status", run).stdout.split("\n")
    ]
    refused = notifier("retention", "cancel", run, status=1)
    assert refused.stderr == "Error: the run is over\n"


def test_without_rules_or_runs_that_is_said(notifier: Notifier) -> None:
    run = notifier("retention", "run", status=1)
    cancelled = notifier("retention", "cancel", status=1)

    assert run.stderr == "Error: there is no rule by which anything ever goes\n"
    assert cancelled.stderr == "Error: there was no run so far\n"
    assert notifier("retention", "status").stdout == "there was no run so far\n"
    assert json.loads(notifier("retention", "status", "--json").stdout) is None


def test_archives_are_listed_shown_restored_and_released(
    notifier: Notifier, site: Site, rules: Path
) -> None:
    old = site.record_many(100, 3)
    _run(notifier, rules)

    [item] = json.loads(notifier("events", "archives", "list", "--json").stdout)[
        "items"
    ]
    _, row = notifier("events", "archives", "list").stdout.splitlines()
    shown = notifier("events", "archives", "show", item["id"]).stdout.splitlines()
    assert row.split()[-3:] == [f"{item['size']:,}", "archived", item["id"]]
    assert ["events", "3:", "3", "pull"] in [line.split() for line in shown]

    restored = notifier("events", "restore", item["id"], "--wait").stdout
    assert restored == "restored: 1 archives of 3 events\n"
    assert [id_ for id_ in site.ids() if id_ in old] == old
    again = notifier("events", "restore", item["id"], status=1)
    assert again.stderr == "Error: the archive is restored, or about to be\n"

    released = notifier("events", "release", "--since", "101d", "--wait").stdout
    assert released == "released: 1 archives of 3 events\n"
    assert not set(site.ids()) & set(old)
    assert _actions(notifier)[:2] == ["archive.release", "archive.restore"]


def test_archives_of_a_time_are_restored(
    notifier: Notifier, site: Site, rules: Path
) -> None:
    for days in (120, 100):
        site.record(old_event(days))
        _run(notifier, rules)

    nothing = notifier("events", "restore", "--since", "50d").stdout
    to_be = notifier("events", "restore", "--until", "110d")

    assert nothing == "to be restored: 0 archives of 0 events\n"
    assert to_be.stdout == "to be restored: 1 archives of 1 events\n"
    site.work()
    assert len(site.ids()) - len(_actions(notifier)) == 0
    usage = notifier("events", "restore", status=2)
    assert "name archives, or say --since or --until when" in usage.stderr


def test_archives_are_checked(notifier: Notifier, site: Site, rules: Path) -> None:
    site.record_many(100, 3)
    _run(notifier, rules)
    assert notifier("events", "archives", "check").stdout == ""
    [archive] = site.archives()
    (site.folder / f"{archive.id}.ndjson.gz").write_bytes(b"x")
    (site.folder / "stray").write_bytes(b"x")

    checked = notifier("events", "archives", "check", status=1)

    assert checked.stdout.splitlines() == [
        f"the file {archive.id}.ndjson.gz is damaged",
        "the file stray belongs to no archive",
    ]
    refused = notifier("events", "restore", str(archive.id), "--wait", status=1)
    assert "is damaged" in refused.stderr


def test_what_is_in_memory_is_not_archived(
    notifier: Notifier, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_STORAGE_URL", "memory://")

    refused = notifier("retention", "set", str(rules), status=1)

    assert "does not last" in refused.stderr


def test_a_worker_does_what_is_asked_for(tmp_path: Path) -> None:
    with running(tmp_path / "data") as program:
        url = f"sqlite:///{program.data_dir}/notifier.db"
        database = Database(url)
        site = Site(database, program.data_dir)
        old = site.record_many(100, 3)
        program.put("/api/v1/retention", {"rules": RULES})
        wait_until(lambda: site.all_archived() == old, PATIENCE_S)
        wait_until(lambda: not set(site.ids()) & set(old), PATIENCE_S)
        database.close()
