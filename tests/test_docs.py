"""Documentation that is wrong fails here: its examples are run as they are typed."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from notifier.config import Settings
from notifier.registry import errors
from notifier.web.v2.errors import STATUS
from tests import receiver
from tests.cli import shell
from tests.cli.running import Program, free_port, running
from tests.cli.shell import Shell
from tests.delivery.presets import checking
from tests.receiver import Receiver, wait_until
from tests.test_clients import write_layout
from tests.test_story import push_image

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PATIENCE_S = 30.0

# These pull from Docker Hub first, or need a daemon.
OUTSIDE = ("docker pull", "crane copy")


def examples(document: str, language: str = "sh") -> list[str]:
    """Return the fenced examples of a document, in their order."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", document, re.DOTALL | re.MULTILINE
    )


@dataclass(frozen=True)
class Reader:
    """Somebody who types what the documentation says."""

    program: Program
    receiver_port: int
    layout: Path
    shell: Shell

    def adapt(self, example: str) -> str:
        """Change in an example only what differs on each machine."""
        return (
            example.replace("localhost:5000", f"localhost:{self.program.port}")
            .replace("127.0.0.1:9000", f"127.0.0.1:{self.receiver_port}")
            .replace('"127.0.0.1", 9000', f'"127.0.0.1", {self.receiver_port}')
            .replace(".venv/bin/notifier", self.shell.notifier)
            .replace("docker://alpine:3", f"oci:{self.layout}:1.0")
            .replace("--preset git", f"{self.receiver_url} --preset git")
            .replace(
                '{"name": "gitlab"', f'{{"url": "{self.receiver_url}", "name": "gitlab"'
            )
        )

    @property
    def receiver_url(self) -> str:
        """Return what stands for every service outside."""
        return f"http://127.0.0.1:{self.receiver_port}"

    def types(self, example: str) -> str:
        """Run an example; return what it prints."""
        done = self.shell.run(
            self.adapt(example),
            self.layout,
            os.environ | {"NOTIFIER_DATA_DIR": str(self.program.data_dir)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module", name="reader")
def _reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader")
    write_layout(folder / "layout")
    with running(folder / "data") as program, shell.opening() as opened:
        yield Reader(program, free_port(), folder / "layout", opened)


def test_the_tour_is_true_as_typed(reader: Reader) -> None:
    listen, create, skopeo, *rest = examples(README)
    others = [text for text in rest if text.startswith(OUTSIDE)]
    questions = [text for text in rest if text not in others]
    with subprocess.Popen(
        ["bash", "-c", "exec " + reader.adapt(listen)], stdout=subprocess.PIPE
    ) as listening:
        try:
            assert '"secret":"whsec_' in reader.types(create)
            if shutil.which("skopeo"):
                reader.types(skopeo)
            else:
                push_image(reader.program, "1.0")
            assert listening.stdout is not None
            assert b'"tag":"1.0"' in listening.stdout.readline()
        finally:
            listening.kill()

    assert len(others) == 2
    assert all("localhost:5000/team/app:1.0" in text for text in others)
    deliveries, by_repository, by_digest, on_the_machine = map(reader.types, questions)
    assert '"endpoint_name":"ci"' in deliveries
    assert '"tag":"1.0"' in by_repository
    assert '"action":"push"' in by_digest
    assert "team/app:1.0" in on_the_machine


# There are many, and a busy machine takes its time.
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name",
    [
        *("events.md", "endpoints.md", "formats.md", "safety.md"),
        *("upkeep.md", "ingest.md", "retention.md", "export.md"),
        *("timelines.md", "audit.md"),
    ],
)
def test_the_examples_of_the_docs_work(reader: Reader, name: str) -> None:
    for example in examples((ROOT / "docs" / name).read_text()):
        assert reader.types(example) is not None


def test_access_is_configured_as_the_docs_say(tmp_path: Path) -> None:
    """On a server of its own: the others are open."""
    document = (ROOT / "docs/access.md").read_text()
    with running(tmp_path / "data") as program, shell.opening() as opened:
        reader = Reader(program, free_port(), tmp_path, opened)
        users, grants, check, tokens = map(reader.types, examples(document))

    assert "developers" in users
    assert grants.count("team/**") == 2
    assert "it is granted to user:alice" in check
    assert "The status is 1." in check
    assert "ntf_" in tokens


def test_a_push_starts_a_pipeline_as_the_docs_say(reader: Reader) -> None:
    document = (ROOT / "docs/ci.md").read_text()
    started: list[Any] = []
    check = partial(checking.gitlab, token="glptt-0123456789abcdef")
    with receiver.running(port=reader.receiver_port) as gitlab:
        gitlab.behaviour = checking.checks(check, started)
        for example in examples(document):
            if "skopeo" not in example or shutil.which("skopeo"):
                reader.types(example)
        push_image(reader.program, "3.0")
        wait_until(lambda: _find(gitlab, b'"tag":"3.0"'), PATIENCE_S)
        wait_until(lambda: {*started} >= {("main", "ping"), ("main", "push")})
        body, *_ = _find(gitlab, b'"tag":"3.0"')
    if shutil.which("jq"):
        assert "deploying team/app:3.0, which is sha256:" in _run_job(document, body)


def _find(other_side: Receiver, part: bytes) -> list[bytes]:
    """Return the bodies for the pipeline that hold *part*."""
    return [
        request.body
        for request in other_side.requests
        if part in request.body and "/trigger/pipeline" in request.path
    ]


def _run_job(document: str, payload: bytes) -> str:
    """Run the script of the GitLab job in the docs, as GitLab's runner does."""
    [job] = [text for text in examples(document, "yaml") if "$TRIGGER_PAYLOAD" in text]
    script = re.findall(r"^    - (.*)$", job.partition("  script:\n")[2], re.MULTILINE)
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(payload)
        done = subprocess.run(
            ["bash", "-ec", "\n".join(script)],
            env=os.environ | {"TRIGGER_PAYLOAD": file.name},
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def test_signatures_are_verified_as_the_docs_say(reader: Reader) -> None:
    verify = examples((ROOT / "docs/endpoints.md").read_text(), "python")
    with receiver.running() as other_side:
        created = _create(reader.program, other_side)
        push_image(reader.program, "2.0")
        wait_until(lambda: other_side.requests, PATIENCE_S)
        request = other_side.requests[0]

    known = {"body": request.body, "headers": dict(request.headers.items())}
    for example in verify:
        adapted = example.replace("whsec_…", created["secret"]).replace(
            "whpk_…", created["secrets"][0]["public_key"]
        )
        exec(adapted, known)  # noqa: S102 - the docs' own words
        with pytest.raises((AssertionError, WebhookVerificationError)):
            exec(adapted, known | {"body": b"{}"})  # noqa: S102

    assert len(verify) == 3
    assert known["event"]["events"][0]["target"]["tag"] == "2.0"  # type: ignore[index]  # JSON


def _create(program: Program, other_side: Receiver) -> Any:
    body = {
        "name": "verified",
        "url": other_side.url,
        "signatures": ["v1", "v1a", "x-hub-signature-256"],
    }
    return program.post("/api/v1/endpoints", body)


def test_a_block_of_distribution_pastes_in(tmp_path: Path) -> None:
    document = (ROOT / "docs/coming-from-distribution.md").read_text()
    [block] = examples(document, "yaml")
    config = tmp_path / "notifier.yml"
    with receiver.running() as other_side:
        port = other_side.server_port
        config.write_text(block.replace("127.0.0.1:9000", f"127.0.0.1:{port}"))
        with (
            running(tmp_path / "data", NOTIFIER_CONFIG=str(config)) as program,
            shell.opening() as opened,
        ):
            reader = Reader(program, port, tmp_path, opened)
            push_image(program, "1.0")
            wait_until(lambda: "push" in _told(other_side), PATIENCE_S)
            on_the_machine, by_rest = map(reader.types, examples(document))
            wait_until(lambda: "ping" in _told(other_side), PATIENCE_S)

    assert "sent as delivery" in on_the_machine
    assert '"declared":true' in by_rest
    pushed = _told(other_side)["push"]
    assert pushed["target"]["tag"] == "1.0"
    assert len(pushed["target"]["references"]) == 2
    for request in other_side.requests:
        assert request.headers["Authorization"] == "Bearer for-the-receiver"


def _told(other_side: Receiver) -> dict[str, Any]:
    """Return the events that have arrived, by action."""
    events = [json.loads(request.body)["events"] for request in other_side.requests]
    return {event["action"]: event for [event] in events}


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_is_in_the_readme(setting: str) -> None:
    assert f"`NOTIFIER_{setting.upper()}`" in README


def test_every_refusal_has_a_status() -> None:
    kinds = set(errors.RegistryError.__subclasses__())
    kinds |= {kind for each in kinds for kind in each.__subclasses__()}

    assert set(STATUS) == kinds


def test_every_file_that_the_documents_name_is_there() -> None:
    for document in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([\w/.-]+\.md)\)", document.read_text()):
            assert (document.parent / link).is_file(), f"{document.name}: {link}"
