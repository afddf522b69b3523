"""Secrets and key pairs, as text."""

import base64

import pytest

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.keys import (
    checked_secret,
    find_secret_bytes,
    new_private_key,
    new_secret,
    public_key_of,
)
from notifier.delivery.signing import Signature

_V1 = [Signature.V1]
_GITHUB = [Signature.X_HUB_SIGNATURE_256]


def _whsec(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(range(length))).decode()


def test_a_new_secret_is_32_random_bytes() -> None:
    secret = new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != new_secret()
    assert checked_secret(secret, _V1) == secret


def test_a_new_key_pair_is_32_bytes_each() -> None:
    private_key = new_private_key()

    public_key = public_key_of(private_key)

    assert private_key.startswith("whsk_")
    assert public_key.startswith("whpk_")
    assert len(base64.b64decode(private_key[5:])) == 32
    assert len(base64.b64decode(public_key[5:])) == 32
    assert private_key != new_private_key()


@pytest.mark.parametrize("length", [24, 32, 64])
def test_v1_takes_24_to_64_bytes(length: int) -> None:
    assert checked_secret(_whsec(length), _V1) == _whsec(length)
    assert find_secret_bytes(_whsec(length)) == bytes(range(length))


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        _whsec(23),
        _whsec(65),
        _whsec(32).removeprefix("whsec_"),
        _whsec(32).rstrip("="),
        _whsec(32) + "\n",
        _whsec(32).replace("whsec_", "whsec_ "),
        _whsec(32).replace("whsec_", "whsk_"),
        "whsec_" + "\N{LATIN SMALL LETTER E WITH ACUTE}" * 32,
        "It's a Secret to Everybody",
    ],
)
def test_v1_takes_nothing_else(secret: str) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        checked_secret(secret, [*_GITHUB, *_V1])

    assert refusal.value.field == "secret"
    assert len(secret) < 10 or secret not in str(refusal.value)


@pytest.mark.parametrize(
    "secret", ["x" * 16, "!~" * 128, _whsec(32), "whsec_mine-only"]
)
def test_without_v1_any_visible_text_will_do(secret: str) -> None:
    assert checked_secret(secret.ljust(16, "-"), _GITHUB)


@pytest.mark.parametrize(
    "secret",
    [
        "x" * 15,
        "x" * 257,
        "two words, no secret",
        "x" * 16 + "\n",
        "\x7f" * 20,
        "é" * 20,
    ],
)
def test_but_not_a_short_long_or_invisible_one(secret: str) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        checked_secret(secret, [*_GITHUB, Signature.V1A])

    assert refusal.value.field == "secret"
    assert secret not in str(refusal.value)
