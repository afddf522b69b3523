"""Signatures verify by the means of others."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.keys import (
    find_secret_bytes,
    new_private_key,
    new_secret,
    parse_private_key,
    public_key_of,
)
from notifier.delivery.signing import (
    Signature,
    Signer,
    SigningKey,
    checked_signatures,
    parse_signatures,
    render_signatures,
)
from tests.delivery.verifying import github_signature, is_v1_by, is_v1a_by

_PRIVATE = new_private_key()
_PUBLIC = public_key_of(_PRIVATE)


def _key(
    secret: str, private_key: str | None = None, expires_at: datetime | None = None
) -> SigningKey:
    return SigningKey(
        text=secret.encode(),
        secret_bytes=find_secret_bytes(secret),
        private_key=parse_private_key(private_key) if private_key else None,
        expires_at=expires_at,
    )


def _signed(
    signatures: Sequence[Signature], *keys: SigningKey, body: bytes = b"body"
) -> dict[str, str]:
    return dict(Signer(signatures, keys).headers("id", datetime.now(UTC), body))


@given(st.uuids(), st.text())
def test_the_public_library_verifies_v1(id_: UUID, text: str) -> None:
    secret, body = new_secret(), text.encode()
    signer = Signer([Signature.V1], [_key(secret)])

    headers = dict(signer.headers(str(id_), datetime.now(UTC), body))

    assert set(headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert is_v1_by(secret, headers, body)
    assert not is_v1_by(secret, headers, body + b" ")
    assert not is_v1_by(new_secret(), headers, body)


@given(st.uuids(), st.binary())
def test_the_public_key_verifies_v1a(id_: UUID, body: bytes) -> None:
    signer = Signer([Signature.V1A], [_key(new_secret(), _PRIVATE)])

    headers = dict(signer.headers(str(id_), datetime.now(UTC), body))

    assert headers["webhook-signature"].startswith("v1a,")
    assert is_v1a_by(_PUBLIC, headers, body)
    assert not is_v1a_by(_PUBLIC, headers, body + b" ")
    assert not is_v1a_by(_PUBLIC, {**headers, "webhook-timestamp": "0"}, body)
    assert not is_v1a_by(public_key_of(new_private_key()), headers, body)


def test_both_kinds_stand_side_by_side() -> None:
    secret = new_secret()

    headers = _signed([Signature.V1, Signature.V1A], _key(secret, _PRIVATE))

    kinds = [text.split(",")[0] for text in headers["webhook-signature"].split(" ")]
    assert kinds == ["v1", "v1a"]
    assert is_v1_by(secret, headers, b"body")
    assert is_v1a_by(_PUBLIC, headers, b"body")


_TEXTS = ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "It's-a-Secret-to-Everybody"]


@pytest.mark.parametrize("secret", _TEXTS)
def test_the_other_headers_are_keyed_with_the_text_as_it_stands(secret: str) -> None:
    kinds = [Signature.X_HUB_SIGNATURE_256, Signature.X_SIGNATURE]

    headers = _signed(kinds, _key(secret))

    expected = github_signature(secret, b"body")
    assert headers["X-Hub-Signature-256"] == expected
    assert headers["X-Signature"] == expected
    assert "webhook-signature" not in headers
    assert headers["webhook-id"] == "id"


def test_github_s_own_example_comes_out() -> None:
    """See *Validating webhook deliveries* in GitHub's documentation."""
    key = _key("It's a Secret to Everybody")

    headers = _signed([Signature.X_HUB_SIGNATURE_256], key, body=b"Hello, World!")

    assert headers["X-Hub-Signature-256"] == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


def test_while_secrets_overlap_each_has_its_signature() -> None:
    old, new = new_secret(), new_secret()
    soon = datetime.now(UTC) + timedelta(hours=1)
    old_private = new_private_key()

    headers = _signed(
        [Signature.V1, Signature.V1A],
        _key(old, old_private, soon),
        _key(new, _PRIVATE),
    )

    assert len(headers["webhook-signature"].split(" ")) == 4
    assert is_v1_by(old, headers, b"body")
    assert is_v1_by(new, headers, b"body")
    assert is_v1a_by(public_key_of(old_private), headers, b"body")
    assert is_v1a_by(_PUBLIC, headers, b"body")


def test_a_header_for_one_is_the_old_secret_s_until_it_ends() -> None:
    old, new = new_secret(), new_secret()
    end = datetime(2026, 5, 1, tzinfo=UTC)
    signer = Signer([Signature.X_SIGNATURE], [_key(old, None, end), _key(new)])

    before = dict(signer.headers("id", end - timedelta(microseconds=1), b"body"))
    after = dict(signer.headers("id", end, b"body"))

    assert before["X-Signature"] == github_signature(old, b"body")
    assert after["X-Signature"] == github_signature(new, b"body")


def test_a_secret_that_has_ended_signs_nothing() -> None:
    old, new = new_secret(), new_secret()
    now = datetime.now(UTC)

    headers = _signed([Signature.V1], _key(old, None, now), _key(new))

    assert is_v1_by(new, headers, b"body")
    assert not is_v1_by(old, headers, b"body")
    assert " " not in headers["webhook-signature"]


def test_a_text_that_is_no_secret_of_v1_is_left_out_there() -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    new = new_secret()

    headers = _signed([Signature.V1], _key("as-GitHub-has-it", None, soon), _key(new))

    assert is_v1_by(new, headers, b"body")
    assert " " not in headers["webhook-signature"]


def test_signatures_are_kept_in_one_order() -> None:
    chosen = checked_signatures(["x-signature", "v1a", "v1"])

    assert chosen == (Signature.V1, Signature.V1A, Signature.X_SIGNATURE)
    assert parse_signatures(render_signatures(chosen)) == chosen


@pytest.mark.parametrize("names", [[], ["v2"], ["v1", "v1"], ["V1"]])
def test_no_other_signatures_can_be_chosen(names: list[str]) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        checked_signatures(names)

    assert refusal.value.field == "signatures"
