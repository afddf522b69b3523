"""Clients that people have log in, do what they may, and are refused the rest."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oras.client
import pytest
import requests
from dxf import DXF
from dxf.exceptions import DXFUnauthorizedError

from tests.authorities import Authority
from tests.cli.running import Program, run, running
from tests.test_clients import write_layout

_PASSWORD = "correct horse battery"
_WRITER, _READER = ("writer", _PASSWORD), ("reader", _PASSWORD)

# Whatever has a login of its own, by the name of its program.
_PROGRAMS = ("skopeo", "podman", "buildah")


@pytest.fixture(scope="module", name="registry")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("registry") / "data") as program:
        _add_users(program)
        yield program


def _add_users(program: Program) -> None:
    for name, permits in (("reader", "pull,auditor"), ("writer", "pull,push")):
        command = ("users", "add", name, "--password-stdin")
        added = run(program.data_dir, *command, stdin=_PASSWORD)
        assert added.returncode == 0, added.stderr
        given = run(program.data_dir, "grants", "add", f"user:{name}", permits)
        assert given.returncode == 0, given.stderr


def _host(registry: Program) -> str:
    return f"127.0.0.1:{registry.port}"


class Client:
    """A Debian program with a place of its own for its logins and images."""

    def __init__(self, program: str, folder: Path, runroot: str, host: str) -> None:
        self._program = program
        self._folder = folder
        self._runroot = runroot
        self._host = host
        (folder / "in").mkdir()
        write_layout(folder / "in")

    def login(self, name: str, password: str) -> "subprocess.CompletedProcess[str]":
        return self._run(
            *("login", "--tls-verify=false", "-u", name, "--password-stdin"),
            self._host,
            stdin=password,
        )

    def push(self, repository: str) -> "subprocess.CompletedProcess[str]":
        remote = f"docker://{self._host}/{repository}:1.0"
        layout = f"oci:{self._folder}/in:1.0"
        if self._program == "skopeo":
            return self._run("copy", "--all", "--dest-tls-verify=false", layout, remote)
        pulled = self._run("pull", "--quiet", layout)
        assert pulled.returncode == 0, pulled.stderr
        image = pulled.stdout.split()[-1]
        return self._run("push", "--tls-verify=false", image, remote)

    def pull(self, repository: str) -> "subprocess.CompletedProcess[str]":
        remote = f"docker://{self._host}/{repository}:1.0"
        if self._program == "skopeo":
            return self._run("inspect", "--raw", "--tls-verify=false", remote)
        return self._run("pull", "--tls-verify=false", remote)

    def _run(
        self, *arguments: str, stdin: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        stored = ["--root", f"{self._folder}/s", "--runroot", self._runroot]
        options = [] if self._program == "skopeo" else [*stored, "--storage-driver=vfs"]
        return subprocess.run(
            [self._program, *options, *arguments],
            env=os.environ | {"REGISTRY_AUTH_FILE": f"{self._folder}/auth.json"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(name="client", params=_PROGRAMS)
def _client(
    request: pytest.FixtureRequest, registry: Program, tmp_path: Path
) -> Iterator[Client]:
    program: str = request.param
    if not shutil.which(program):
        pytest.skip(f"{program} comes from Debian only")
    # Podman wants a short path for what lasts no longer than it runs.
    with tempfile.TemporaryDirectory(prefix="run-") as runroot:
        yield Client(program, tmp_path, runroot, _host(registry))


def test_a_program_logs_in_pushes_pulls_and_is_refused(client: Client) -> None:
    wrong = client.login("writer", "wrong")
    right = client.login(*_WRITER)
    pushed = client.push("debian/app")
    pulled = client.pull("debian/app")
    other = client.login(*_READER)
    refused = client.push("debian/app")
    read = client.pull("debian/app")

    assert wrong.returncode != 0
    assert [done.returncode for done in (right, pushed, pulled)] == [0, 0, 0], [
        done.stderr for done in (right, pushed, pulled)
    ]
    assert [done.returncode for done in (other, read)] == [0, 0], read.stderr
    assert refused.returncode != 0
    assert "denied" in refused.stderr or "authentication required" in refused.stderr


def test_oras_logs_in_pushes_pulls_and_is_refused(
    registry: Program, tmp_path: Path
) -> None:
    content = os.urandom(1000)
    (tmp_path / "artifact").write_bytes(content)
    target = f"{_host(registry)}/oras/app:1.0"

    def client(name: str, password: str) -> Any:
        made = oras.client.OrasClient(hostname=_host(registry), insecure=True)
        made.login(
            name,
            password,
            hostname=_host(registry),
            tls_verify=False,
            config_path=str(tmp_path / f"{name}.json"),
        )
        return made

    def push(made: Any) -> Any:
        return made.push(
            target=target,
            files=[str(tmp_path / "artifact")],
            disable_path_validation=True,
        )

    assert push(client(*_WRITER)).status_code == 201
    [pulled] = client(*_READER).pull(target=target, outdir=str(tmp_path / "back"))
    assert Path(pulled).read_bytes() == content
    with pytest.raises(Exception, match=r"401|403|denied|[Uu]nauthorized|Forbidden"):
        push(client(*_READER))


def test_python_dxf_logs_in_pushes_pulls_and_is_refused(tmp_path: Path) -> None:
    """By HTTPS, for it shows no password to anybody else."""
    authority = Authority.make()
    identity = authority.sign("localhost")
    files = {
        "ca": authority.certificate_pem,
        "certificate": identity.certificate_pem,
        "key": identity.key_pem,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "blob").write_bytes(os.urandom(1000))

    def client(program: Program, name: str, password: str) -> Any:
        def authenticate(dxf: Any, response: Any) -> None:
            dxf.authenticate(name, password, response=response)

        host = f"localhost:{program.port}"
        ca = str(tmp_path / "ca")
        return DXF(host, "dxf/app", authenticate, tlsverify=ca)

    with running(
        tmp_path / "data",
        NOTIFIER_TLS_CERTIFICATE=str(tmp_path / "certificate"),
        NOTIFIER_TLS_KEY=str(tmp_path / "key"),
    ) as program:
        _add_users(program)
        with client(program, *_WRITER) as writer:
            digest = writer.push_blob(str(tmp_path / "blob"))
            writer.set_alias("1.0", digest)
        with client(program, *_READER) as reader:
            assert reader.get_alias("1.0") == [digest]
            with pytest.raises(DXFUnauthorizedError):
                reader.set_alias("2.0", digest)


def test_the_log_tells_who_did_what_and_who_was_refused(
    registry: Program, client: Client
) -> None:
    client.login(*_WRITER)
    client.push("told/app")
    client.login(*_READER)
    client.push("told/app")

    def actors(action: str) -> set[str | None]:
        answer = requests.get(
            f"{registry.url}/api/v1/events?repository=told/app&action={action}",
            auth=_READER,
            timeout=10,
        )
        items = json.loads(answer.text)["items"]
        return {item["event"]["actor"].get("name") for item in items}

    assert actors("push") == {"writer"}
    assert "reader" in actors("denied")
