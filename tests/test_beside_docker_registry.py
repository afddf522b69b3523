"""Beside Debian's ``docker-registry``, which tells us of what happens in it."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import receiver, servers
from tests.cli.running import Program, free_port, running
from tests.receiver import Receiver, wait_until
from tests.test_clients import write_layout
from tests.test_docs import ROOT, examples

PATIENCE_S = 60.0

pytestmark = [
    pytest.mark.skipif(
        shutil.which("docker-registry") is None or shutil.which("skopeo") is None,
        reason="docker-registry and skopeo come from Debian only",
    ),
    pytest.mark.timeout(300),
]


@dataclass(frozen=True)
class Site:
    """A registry, its witness, what ours is to deliver to, and where ours lives."""

    folder: Path
    port: int
    token: str
    registry: str
    witness: Receiver
    told: Receiver

    def notifier(self) -> Any:
        """Run ours, always at the same place."""
        return running(self.folder / "data", NOTIFIER_PORT=str(self.port))

    def copy(self, source: str, target: str) -> None:
        """Copy an image with skopeo, all of its platforms."""
        plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
        command = ["skopeo", "--insecure-policy", "copy", "--all", *plain]
        subprocess.run([*command, source, target], check=True, capture_output=True)

    def push(self, tag: str) -> None:
        self.copy(f"oci:{self.folder}/layout:1.0", self._remote(tag))

    def pull(self, tag: str) -> None:
        self.copy(self._remote(tag), f"oci:{self.folder}/back-{tag}:{tag}")

    def sent(self) -> dict[str, Any]:
        """Return what the registry has told the witness, by its ids."""
        return _by_id(self.witness)

    def _remote(self, tag: str) -> str:
        return f"docker://{self.registry}/team/app:{tag}"


def _by_id(one: Receiver) -> dict[str, Any]:
    bodies = [json.loads(request.body) for request in list(one.requests)]
    return {event["id"]: event for body in bodies for event in body["events"]}


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    write_layout(tmp_path / "layout")
    port = free_port()
    with ExitStack() as stack:
        witness, told = (stack.enter_context(receiver.running()) for _ in range(2))
        with running(tmp_path / "data", NOTIFIER_PORT=str(port)) as program:
            token = program.post("/api/v1/sources", {"name": "registry-2"})["token"]
            everything = {"actions": ["*"], "kinds": ["*"]}
            endpoint = {"name": "told", "url": told.url, "filters": everything}
            program.post("/api/v1/endpoints", endpoint | {"max_batch": 100})
            program.stop()
        host = stack.enter_context(_docker_registry(tmp_path, port, token, witness.url))
        yield Site(tmp_path, port, token, host, witness, told)


@contextmanager
def _docker_registry(
    folder: Path, port: int, token: str, witness: str
) -> Iterator[str]:
    """Run it with the block of our documentation, and with a witness beside us."""
    block, *_ = examples((ROOT / "docs/ingest.md").read_text(), "yaml")
    pasted = yaml.safe_load(
        block.replace("localhost:5000", f"127.0.0.1:{port}").replace("nts_…", token)
    )
    pasted["notifications"]["endpoints"].append(
        {"name": "witness", "url": witness, "timeout": "5s"}
    )
    own = free_port()
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "registry")},
            "delete": {"enabled": True},
        },
        "http": {"addr": f"127.0.0.1:{own}"},
        **pasted,
    }
    path = folder / "registry.yml"
    path.write_text(yaml.safe_dump(config))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(path)],
            env=os.environ,
            stdout=log,
            stderr=log,
        )
    try:
        servers.wait_for_port(own)
        yield f"127.0.0.1:{own}"
    finally:
        process.terminate()
        process.wait(10)


def _logged(program: Program) -> dict[str, Any]:
    """Return the log's entries of other registries, by what their senders say."""
    entries: dict[str, Any] = {}
    path = "/api/v1/events?action=push,pull,mount,delete&limit=1000"
    for item in program.get(path)["items"]:
        assert item["ingested"]["source"] == "registry-2"
        assert item["ingested"]["id"] not in entries
        entries[item["ingested"]["id"]] = item
    return entries


def test_the_log_and_an_endpoint_know_of_all_though_we_were_restarted(
    site: Site,
) -> None:
    with site.notifier() as program:
        site.push("1.0")
        wait_until(lambda: len(_logged(program)) >= 3, PATIENCE_S)
        # Some of what it tells is under way.
        site.pull("1.0")
        program.kill_all()
    site.push("2.0")
    with site.notifier() as program:
        site.pull("2.0")
        site.push("3.0")
        program.stop(signal.SIGTERM)
    site.pull("3.0")
    with site.notifier() as program:
        wait_until(lambda: _logged(program).keys() == site.sent().keys(), PATIENCE_S)
        logged = _logged(program)
        ids = {entry["event"]["id"] for entry in logged.values()}
        wait_until(lambda: _by_id(site.told).keys() == ids, PATIENCE_S)
        catalog = program.get("/v2/_catalog")

    delivered = _by_id(site.told)
    for id_, sent in site.sent().items():
        event = logged[id_]["event"]
        assert delivered[event["id"]] == event
        assert event["action"] == sent["action"]
        assert event["target"]["digest"] == sent["target"]["digest"]
        assert event["timestamp"] == sent["timestamp"]
        assert event["source"] == sent["source"]
    actions = [sent["action"] for sent in site.sent().values()]
    assert {"push", "pull"} <= set(actions)
    tags = {sent["target"].get("tag") for sent in site.sent().values()}
    assert {"1.0", "2.0", "3.0"} <= tags
    assert catalog == {"repositories": []}
