"""A blob's file is cut or changed on the disk."""

import json
import random
from pathlib import Path

import requests

from tests import factories
from tests.faults.scenario import Scenario, Scene
from tests.faults.site import Site

_REPOSITORY = "faults/damaged"
# One that is read at once, and one that is streamed.
_SIZES = (10_000, 2_000_000)
_ANSWER_S = 30
_BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def _damage(scene: Scene, source: random.Random, count: int) -> str:
    site, blob = scene.site, source.randbytes(_SIZES[count // 2 % len(_SIZES)])
    digest = factories.digest(blob)
    place = f"{site.url}/v2/{_REPOSITORY}/blobs/{digest}"
    _push(site, blob)
    if source.choice((True, False)) and _fetch(place) != blob:
        scene.notes[f"{digest} cannot be fetched"] += 1
    _spoil(site.data_dir / "blobs" / digest.replace(":", f"/{digest[7:9]}/"), count)
    for headers in ({}, {"Range": f"bytes=0-{len(blob) // 2}"}):
        if _fetch(place, **headers) is not None:
            scene.notes[f"{digest} was served after it was damaged"] += 1
    if (found := _check(site)) != [digest]:
        scene.notes[f"{digest} is damaged, and the check names {found}"] += 1
    _push(site, blob)
    if _fetch(place) != blob:
        scene.notes[f"{digest} was pushed again and cannot be fetched"] += 1
    return f"a blob of {len(blob):,} bytes {'changed' if count % 2 else 'cut'}"


def _push(site: Site, blob: bytes) -> None:
    url = f"{site.url}/v2/{_REPOSITORY}/blobs/uploads/"
    query = {"digest": factories.digest(blob)}
    requests.post(url, blob, params=query, timeout=_ANSWER_S).raise_for_status()


def _fetch(place: str, **headers: str) -> bytes | None:
    """Return what is there, or None if that is refused or cut off."""
    try:
        answer = requests.get(place, headers=headers, timeout=_ANSWER_S)
    except _BROKEN:
        return None
    return answer.content if answer.ok else None


def _check(site: Site) -> list[str]:
    """Return what `notifier check` says of blobs.

    Manifests whose layers were deleted are something else.
    """
    lines = site.run("check", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [each["subject"] for each in found if each["problem"].startswith("blob")]


def _spoil(file: Path, count: int) -> None:
    content = bytearray(file.read_bytes())
    if count % 2:
        content[len(content) // 3] ^= 1
    else:
        del content[-1]
    file.write_bytes(content)


def _examine(scene: Scene) -> list[str]:
    return [str(note) for note in scene.notes]


SCENARIO = Scenario(
    name="blob-damaged",
    summary="a blob's file changed and cut in turn, four times each",
    times=8,
    may_repeat=False,
    strike=_damage,
    examine=_examine,
)
