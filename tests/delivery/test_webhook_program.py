"""What Debian's ``webhook`` program makes of the signatures in GitHub's manner."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notifier.delivery.deliveries import DeliveryState
from tests import servers
from tests.cli.running import free_port
from tests.delivery.desk import Desk
from tests.receiver import wait_until

pytestmark = pytest.mark.skipif(
    shutil.which("webhook") is None, reason="the program webhook is not installed"
)

# It has no status of its own for a wrong signature.
_REFUSED = 500
_HEADERS = ["X-Hub-Signature-256", "X-Signature"]


@contextmanager
def _listening(secret: str, folder: Path) -> Iterator[Callable[[str], str]]:
    """Run the program; give the URL of the hook that checks a header."""
    hooks = [
        {
            "id": header,
            "execute-command": "/bin/true",
            "trigger-rule": {
                "match": {
                    "type": "payload-hmac-sha256",
                    "secret": secret,
                    "parameter": {"source": "header", "name": header},
                }
            },
        }
        for header in _HEADERS
    ]
    file = folder / "hooks.json"
    file.write_text(json.dumps(hooks))
    port = free_port()
    command = ["webhook", "-hooks", str(file), "-ip", "127.0.0.1", "-port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            servers.wait_for_port(port)
            yield lambda header: f"http://127.0.0.1:{port}/hooks/{header}"
        finally:
            process.terminate()


@pytest.mark.parametrize("header", _HEADERS)
@pytest.mark.parametrize("given", ["It's-a-Secret-to-Everybody", None])
def test_the_same_text_is_pasted_on_both_sides(
    desk: Desk, tmp_path: Path, header: str, given: str | None
) -> None:
    created, secret = desk.create_with_secret(signatures=[header.lower()], secret=given)
    with _listening(secret, tmp_path) as hook:
        desk.update(created, url=hook(header))
        desk.announce()

        delivery = desk.send()

    assert delivery.state is DeliveryState.DELIVERED


def test_another_secret_is_refused(desk: Desk, tmp_path: Path) -> None:
    created, _ = desk.create_with_secret(signatures=["x-hub-signature-256"])
    with _listening("some-other-secret", tmp_path) as hook:
        desk.update(created, url=hook("X-Hub-Signature-256"))
        desk.announce()

        delivery = desk.send()

    assert delivery.state is DeliveryState.PENDING
    assert desk.attempts()[0].status == _REFUSED


def test_the_old_secret_is_accepted_until_it_is_ended(
    desk: Desk, tmp_path: Path
) -> None:
    created, secret = desk.create_with_secret(signatures=["x-hub-signature-256"])
    with _listening(secret, tmp_path) as hook:
        desk.update(created, url=hook("X-Hub-Signature-256"))
        desk.rotate(created)
        desk.announce()
        desk.send()
        desk.end(created, created.secrets[0])
        desk.announce()
        desk.sweep()
        wait_until(lambda: desk.deliveries()[0].attempts)

        refused, accepted = (desk.attempts(d.id) for d in desk.deliveries())

    assert accepted[0].status == 200
    assert refused[0].status == _REFUSED
