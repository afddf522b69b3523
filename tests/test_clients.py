"""Clients that people have, unchanged: those of PyPI, and of Debian if installed."""

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import oras.client
import pytest
from dxf import DXF

from tests import factories
from tests.cli.running import Program, running


@pytest.fixture(scope="module", name="registry")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("registry") / "data") as program:
        yield program


def _host(registry: Program) -> str:
    return f"127.0.0.1:{registry.port}"


def test_python_dxf_pushes_pulls_and_deletes(registry: Program, tmp_path: Path) -> None:
    content = os.urandom(100_000)
    (tmp_path / "blob").write_bytes(content)
    with DXF(_host(registry), "dxf/app", insecure=True) as client:
        digest = client.push_blob(str(tmp_path / "blob"))
        client.set_alias("1.0", digest)

        assert client.get_alias("1.0") == [digest]
        assert client.list_aliases() == ["1.0"]
        pulled = client.pull_blob(digest)
        assert not isinstance(pulled, tuple)
        assert b"".join(pulled) == content

        client.del_alias("1.0")
        client.del_blob(digest)
        assert client.list_aliases() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_oras_pushes_and_pulls_an_artifact(
    registry: Program, tmp_path: Path, *, chunked: bool
) -> None:
    content = os.urandom(100_000)
    (tmp_path / "artifact").write_bytes(content)
    client = oras.client.OrasClient(hostname=_host(registry), insecure=True)
    target = f"{_host(registry)}/oras/app:{'chunked' if chunked else 'whole'}"

    pushed = client.push(
        target=target,
        files=[str(tmp_path / "artifact")],
        disable_path_validation=True,
        do_chunked=chunked,
        chunk_size=30_000,
    )
    [pulled] = client.pull(target=target, outdir=str(tmp_path / "back"))

    assert pushed.status_code == 201
    assert Path(pulled).read_bytes() == content


@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo comes from Debian only")
def test_skopeo_copies_an_index_in_and_out_unchanged(
    registry: Program, tmp_path: Path
) -> None:
    write_layout(tmp_path / "in")
    remote = f"docker://{_host(registry)}/skopeo/app:1.0"
    plain = "--{}-tls-verify=false"

    _skopeo("copy", "--all", plain.format("dest"), f"oci:{tmp_path}/in:1.0", remote)
    _skopeo("copy", "--all", plain.format("src"), remote, f"oci:{tmp_path}/out:1.0")

    blobs = sorted(path.name for path in (tmp_path / "in/blobs/sha256").iterdir())
    back = sorted(path.name for path in (tmp_path / "out/blobs/sha256").iterdir())
    assert back == blobs


def _skopeo(*arguments: str) -> None:
    subprocess.run(["skopeo", *arguments], check=True, capture_output=True, timeout=60)


def write_layout(folder: Path) -> None:
    """Write an OCI layout with an index of two images."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def write(content: bytes) -> bytes:
        (blobs / factories.digest(content).partition(":")[2]).write_bytes(content)
        return content

    children = []
    for architecture in ("amd64", "arm64"):
        layer = _layer(architecture)
        config = {
            "architecture": architecture,
            "os": "linux",
            "rootfs": {
                "type": "layers",
                "diff_ids": [factories.digest(gzip.decompress(layer))],
            },
        }
        rendered = write(json.dumps(config).encode())
        children.append(write(factories.manifest(rendered, (write(layer),))))
    index = json.loads(factories.index(*children))
    for child, architecture in zip(index["manifests"], ("amd64", "arm64"), strict=True):
        child["platform"] = {"architecture": architecture, "os": "linux"}
    content = write(json.dumps(index).encode())
    name = {"org.opencontainers.image.ref.name": "1.0"}
    entry = factories.descriptor(content, index["mediaType"], annotations=name)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(
        json.dumps({"schemaVersion": 2, "manifests": [entry]})
    )


def _layer(text: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue())
