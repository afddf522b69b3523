"""Endpoints that are declared in the file, as commands have them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.cli.declared import read_settings
from tests import receiver
from tests.cli.conftest import Notifier
from tests.cli.running import Program, environment, run, running
from tests.receiver import Receiver, wait_until
from tests.test_story import push_image

PATIENCE_S = 30.0


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    return tmp_path / "notifier.yml"


@pytest.fixture(name="other_side")
def _other_side() -> Iterator[Receiver]:
    with receiver.running() as other_side:
        yield other_side


def declare(config: Path, *names: str, url: str = "http://127.0.0.1:9/") -> None:
    lines = "".join(f"  - {{name: {name}, url: '{url}'}}\n" for name in names)
    config.write_text(f"notifications:\n  endpoints:\n{lines or '  []'}")


def declared_at(program: Program) -> list[str]:
    items = program.get("/api/v1/endpoints")["items"]
    return sorted(item["name"] for item in items if item["declared"])


def test_a_server_tells_what_its_file_declares(
    tmp_path: Path, config: Path, other_side: Receiver
) -> None:
    declare(config, "ci", "cd", url=other_side.url)
    with running(tmp_path / "data", NOTIFIER_CONFIG=str(config)) as program:
        assert declared_at(program) == ["cd", "ci"]
        push_image(program, "1.0")
        wait_until(lambda: len(other_side.requests) >= 2, PATIENCE_S)
        assert program.output.read_text().count("endpoints_declared") == 1

    declare(config, "cd")
    with running(tmp_path / "data", NOTIFIER_CONFIG=str(config)) as program:
        assert declared_at(program) == ["cd"]


def test_web_servers_and_workers_declare_by_themselves(
    tmp_path: Path, config: Path
) -> None:
    run(tmp_path, "db", "upgrade")
    declare(config, "ci")
    with running(tmp_path, "web", NOTIFIER_CONFIG=str(config)) as program:
        assert declared_at(program) == ["ci"]

        declare(config, "cd")
        with subprocess.Popen(
            [sys.executable, "-m", "notifier", "worker"],
            env=environment(tmp_path, NOTIFIER_CONFIG=str(config)),
        ) as worker:
            wait_until(lambda: declared_at(program) == ["cd"], PATIENCE_S)
            worker.terminate()


def test_a_server_without_a_file_leaves_what_is_declared(
    tmp_path: Path, config: Path
) -> None:
    run(tmp_path, "db", "upgrade")
    declare(config, "ci")
    with running(tmp_path, "web", NOTIFIER_CONFIG=str(config)):
        pass

    with running(tmp_path, "web") as program:
        assert declared_at(program) == ["ci"]


@pytest.mark.parametrize("command", ["serve", "web", "worker", "endpoints list"])
def test_a_mistake_in_the_file_stops_each_command_with_one_line(
    tmp_path: Path, config: Path, command: str
) -> None:
    config.write_text("notifications:\n  endpoints:\n  - {name: a}\n")

    stopped = run(tmp_path / "data", *command.split(), NOTIFIER_CONFIG=str(config))

    assert stopped.returncode == 1
    assert stopped.stderr == (
        f"Error: {config}:3: notifications.endpoints[0]: must have a url\n"
    )


def test_what_no_endpoint_can_be_stops_the_server_with_one_line(
    tmp_path: Path, config: Path
) -> None:
    declare(config, "ci", url="ftp://a/")

    stopped = run(tmp_path / "data", "serve", NOTIFIER_CONFIG=str(config))

    assert stopped.returncode == 1
    assert stopped.stderr == (
        f"Error: {config}:3: notifications.endpoints[0].url: "
        "must be http:// or https://, and a host\n"
    )


def test_keys_without_effect_are_named_once(tmp_path: Path, config: Path) -> None:
    config.write_text(
        "version: 0.1\nlog: {level: debug}\nhttp:\n  addr: :80\nnotifications:\n"
        "  endpoints:\n  - {name: ci, url: http://a.example/, threshold: 5}\n"
    )

    with running(tmp_path / "data", NOTIFIER_CONFIG=str(config)) as program:
        lines = program.output.read_text().splitlines()

    [line] = [line for line in lines if "config_without_effect" in line]
    assert json.loads(line)["keys"] == [
        "log",
        "http",
        "notifications.endpoints.threshold",
    ]


def test_the_file_alone_changes_what_it_declares(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch, config: Path
) -> None:
    declare(config, "ci")
    monkeypatch.setenv("NOTIFIER_CONFIG", str(config))
    read_settings()

    for arguments in (["update", "ci", "--disable"], ["remove", "ci"]):
        refused = notifier("endpoints", *arguments, status=1)
        assert refused.stderr == (
            "Error: the endpoint is declared in the configuration file: change it "
            "there\n"
        )

    [listed] = json.loads(notifier("endpoints", "list", "--json").stdout)["items"]
    assert (listed["declared"], listed["enabled"]) == (True, True)
    lines = notifier("endpoints", "show", "ci").stdout.splitlines()
    assert ["declared", "yes"] in [line.split() for line in lines]


def test_the_file_is_written_without_a_restart(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch, config: Path
) -> None:
    monkeypatch.setenv("NOTIFIER_CONFIG", str(config))

    def declares(*names: str, url: str = "http://127.0.0.1:9/") -> str:
        declare(config, *names, url=url)
        return notifier("endpoints", "declare").stdout

    assert declares("ci", "cd") == "added ci\nadded cd\n"
    assert declares("ci", "cd") == "all are as the file has them\n"
    assert declares("ci", url="http://127.0.0.1:8/") == "updated ci\nremoved cd\n"


def test_without_a_file_nothing_can_be_declared(notifier: Notifier) -> None:
    refused = notifier("endpoints", "declare", status=1)

    assert refused.stderr == (
        "Error: NOTIFIER_CONFIG is not set: say which file to read\n"
    )
