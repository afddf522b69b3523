"""The disk is full: that of the blobs, or that of all that the server keeps."""

import os
import random
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.faults.scenario import Ground, Scenario, Scene, Skipped, Strike

_SIZE = "128m"
_FULL_S = (1.0, 3.0)
_PAUSE_S = 0.01
_FILLER = "filler"


def _fill(folder: str, *, kills: bool = False) -> Strike:
    def strike(scene: Scene, source: random.Random, _count: int) -> str:
        full_s = source.uniform(*_FULL_S)
        filler = scene.site.data_dir.with_name(folder) / _FILLER
        until = time.monotonic() + full_s
        with filler.open("wb") as file:
            _take_all(file.fileno())
            if kills:
                # Whoever comes in its place finds no room for anything.
                scene.site.kill_one(source.choice(scene.site.family.web()))
            while time.monotonic() < until:
                _take_all(file.fileno())
                # What is given up elsewhere is taken, too.
                time.sleep(_PAUSE_S)
        filler.unlink()
        return f"full for {full_s:.1f} s"

    return strike


def _take_all(descriptor: int) -> None:
    """Leave no room on the disk of an open file."""
    found = os.fstatvfs(descriptor)
    size, piece = os.fstat(descriptor).st_size, found.f_bfree * found.f_bsize
    while piece:
        try:
            os.posix_fallocate(descriptor, size, piece)
        except OSError:
            # Others take from it at this moment, so that not all of it is there.
            piece //= 2
        else:
            size += piece


def _small_disk(name: str, setting: str | None = None) -> Ground:
    @contextmanager
    def ground(folder: Path) -> Iterator[Mapping[str, str]]:
        place = folder / name
        place.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={_SIZE}", "faults", str(place)]
        mounted = subprocess.run(["mount", *options], capture_output=True, check=False)
        if mounted.returncode:
            raise Skipped(f"no disk can be mounted here: {mounted.stderr.decode()}")
        try:
            yield {setting: f"file://{place}"} if setting else {}
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)

    return ground


def _examine(scene: Scene) -> Sequence[str]:
    if requests.codes.insufficient_storage in scene.load.ledger.refusals():
        return []
    return ["nobody was told that the disk is full"]


BLOBS = Scenario(
    name="storage-full",
    summary="the disk of the blobs full for up to 3 s, five times",
    times=5,
    may_repeat=False,
    strike=_fill("blobs"),
    ground=_small_disk("blobs", "NOTIFIER_STORAGE_URL"),
    examine=_examine,
)
ALL = Scenario(
    name="disk-full",
    summary="the disk of all data full for up to 3 s, five times",
    times=5,
    # What was accepted cannot always be written down.
    may_repeat=True,
    strike=_fill("data", kills=True),
    ground=_small_disk("data"),
    examine=_examine,
)
