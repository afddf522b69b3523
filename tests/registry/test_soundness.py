"""Blobs are hashed once for each file as it is."""

from collections.abc import Iterator

import pytest

from notifier.registry import soundness as module
from notifier.registry.digest import Digest
from notifier.registry.soundness import BlobDamaged, Soundness

CONTENT = [b"first", b"second", b"third"]
DIGEST = Digest.of(b"".join(CONTENT))


class Blob:
    """A blob of a version, which gives what it is told to."""

    def __init__(self, *chunks: bytes, version: object = 1) -> None:
        self._chunks = chunks
        self.version = version
        self.size = sum(map(len, chunks))

    def chunks(self, _start: int, _length: int) -> Iterator[bytes]:
        yield from self._chunks

    def close(self) -> None:
        """Do nothing."""


def test_what_is_right_is_given_whole_and_known_from_then_on() -> None:
    soundness, blob = Soundness(), Blob(*CONTENT)
    assert not soundness.is_known(DIGEST, blob)

    assert b"".join(soundness.read(DIGEST, blob)) == b"".join(CONTENT)

    assert soundness.is_known(DIGEST, blob)
    assert not soundness.is_known(DIGEST, Blob(*CONTENT, version=2))


def test_of_what_is_wrong_the_last_part_is_never_given() -> None:
    soundness, blob = Soundness(), Blob(b"first", b"Second", b"third")
    given: list[bytes] = []

    with pytest.raises(BlobDamaged):
        given.extend(soundness.read(DIGEST, blob))

    assert given == [b"first", b"Second"]
    with pytest.raises(BlobDamaged):
        soundness.is_known(DIGEST, blob)


def test_what_nobody_can_change_need_not_be_hashed() -> None:
    assert Soundness().is_known(DIGEST, Blob(version=None))


def test_what_is_remembered_does_not_grow_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    soundness = Soundness()
    digests = [Digest.of(bytes([n])) for n in range(3)]

    for n, digest in enumerate(digests):
        list(soundness.read(digest, Blob(bytes([n]))))

    known = [soundness.is_known(digest, Blob()) for digest in digests]
    assert known == [False, True, True]
