import hashlib

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from notifier.db import Database
from notifier.registry.digest import ALGORITHMS, Digest, DigestBytes, Hasher
from notifier.registry.errors import DigestInvalid
from tests import factories

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
algorithms = st.sampled_from(sorted(ALGORITHMS))


def test_content_is_called_by_its_sha256_unless_told_otherwise() -> None:
    assert Digest.of(b"") == EMPTY


@given(st.binary(), algorithms)
def test_a_computed_digest_is_what_hashlib_says_and_parses(
    content: bytes, algorithm: str
) -> None:
    digest = Digest.of(content, algorithm)

    assert digest == factories.digest(content, algorithm)
    assert Digest.parse(digest) == digest
    assert (digest.algorithm, digest.hex) == tuple(digest.split(":"))


@given(st.lists(st.binary()))
def test_content_may_be_fed_in_pieces(pieces: list[bytes]) -> None:
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)

    assert hasher.digest() == Digest.of(b"".join(pieces))


@given(st.binary(), algorithms)
def test_a_digest_survives_packing(content: bytes, algorithm: str) -> None:
    digest = Digest.of(content, algorithm)

    assert Digest.from_bytes(digest.packed()) == digest
    assert len(digest.packed()) == 1 + hashlib.new(algorithm).digest_size


def test_numbers_of_algorithms_are_distinct() -> None:
    numbers = [number for _, number in ALGORITHMS.values()]

    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "sha256",
        "sha256:",
        "sha256:abc",
        ":" + "a" * 64,
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "sha256:" + "A" * 64,
        "sha256:" + "g" * 64,
        "sha256:" + "a" * 63 + "\n",
        "sha256:" + "a" * 63 + "\0",
        "sha256:" + "٣" * 64,
        "sha256:" + "../" * 21 + "a",
        "SHA256:" + "a" * 64,
        " sha256:" + "a" * 64,
        "sha256:sha256:" + "a" * 64,
        "sha257:" + "a" * 64,
        "sha512:" + "a" * 64,
        "sha256:" + "a" * 128,
        "md5:" + "a" * 32,
    ],
)
def test_a_malformed_or_unknown_digest_is_refused(text: str) -> None:
    with pytest.raises(DigestInvalid):
        Digest.parse(text)


@given(st.text())
def test_no_text_but_a_digest_parses(text: str) -> None:
    with pytest.raises(DigestInvalid):
        Digest.parse(text)


def test_a_refusal_repeats_only_the_beginning_of_what_was_sent() -> None:
    with pytest.raises(DigestInvalid) as refusal:
        Digest.parse("x" * 100_000)

    assert refusal.value.detail == {"digest": "x" * 256}


def test_a_column_of_digests_gives_back_what_it_took(database: Database) -> None:
    table = sa.Table("_digests", sa.MetaData(), sa.Column("digest", DigestBytes))
    wide = Digest.of(b"wide", "sha512")

    with database.transaction() as transaction:
        table.create(transaction.connection)
        transaction.execute(table.insert(), [{"digest": wide}, {"digest": None}])
        found = set(transaction.execute(sa.select(table.c.digest)).scalars())
        table.drop(transaction.connection)

    assert found == {wide, None}
