"""The main job, through the front doors: real processes, real HTTP."""

import json
from pathlib import Path
from typing import Any

import requests

from tests import factories, receiver
from tests.cli.running import Program, running
from tests.receiver import Receiver, wait_until

EVERYTHING = {"actions": ["*"], "kinds": ["*"]}
PATIENCE_S = 60.0


def _create_endpoint(program: Program, other_side: Receiver) -> str:
    """Have everything told to *other_side*; return the secret."""
    body = {"name": "ci", "url": other_side.url, "filters": EVERYTHING}
    secret: str = program.post("/api/v1/endpoints", body)["secret"]
    return secret


def push_image(program: Program, tag: str) -> str:
    """Push an image of a config and a layer; return the manifest's digest."""
    with requests.Session() as session:
        for content in (b"{}", b"layer"):
            uploads = f"{program.url}/v2/team/app/blobs/uploads/"
            location = session.post(uploads).headers["Location"]
            digest = {"digest": factories.digest(content)}
            assert session.put(location, content, params=digest).status_code == 201
        manifest = factories.manifest()
        headers = {"Content-Type": json.loads(manifest)["mediaType"]}
        url = f"{program.url}/v2/team/app/manifests/{tag}"
        assert session.put(url, manifest, headers=headers).status_code == 201
        return factories.digest(manifest)


def _events(program: Program, question: str) -> list[dict[str, Any]]:
    items = program.get(f"/api/v1/events?{question}")["items"]
    return [item["event"] for item in items]


def _nothing_is_pending(program: Program) -> bool:
    return not program.get("/api/v1/deliveries?state=pending")["items"]


def test_a_push_is_delivered_signed_and_remembered(tmp_path: Path) -> None:
    with receiver.running() as other_side, running(tmp_path / "data") as program:
        secret = _create_endpoint(program, other_side)

        digest = push_image(program, "1.0")
        wait_until(lambda: len(other_side.requests) == 3, PATIENCE_S)

        sent = {}
        for request in other_side.requests:
            request.verify(secret)
            [event] = json.loads(request.body)["events"]
            assert request.headers["webhook-id"] == event["id"]
            sent[event["target"]["digest"]] = event
        assert sent[digest]["target"]["tag"] == "1.0"
        assert _events(program, f"digest={digest}") == [sent[digest]]
        newest_first = sorted(sent.values(), key=lambda each: each["id"], reverse=True)
        assert _events(program, "repository=team/app") == newest_first
        wait_until(lambda: _nothing_is_pending(program), PATIENCE_S)
        assert program.stop() == 0


def test_what_was_answered_before_a_crash_of_everything_arrives_after_it(
    tmp_path: Path,
) -> None:
    with receiver.running() as other_side:
        other_side.behaviour = receiver.answers(503)
        with running(tmp_path / "data") as program:
            _create_endpoint(program, other_side)
            digests = {push_image(program, str(number)) for number in range(5)}
            program.kill_all()
        other_side.behaviour = receiver.answers(204)
        refused = len(other_side.requests)

        with running(tmp_path / "data") as program:
            wait_until(lambda: _nothing_is_pending(program), PATIENCE_S)
            recorded = _events(program, "repository=team/app")

    arrived = [
        json.loads(request.body)["events"][0]
        for request in other_side.requests[refused:]
    ]
    assert len(recorded) == 15
    assert {event["id"] for event in arrived} == {event["id"] for event in recorded}
    assert digests <= {event["target"]["digest"] for event in arrived}
