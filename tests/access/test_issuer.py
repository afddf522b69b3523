"""Tokens of an outside issuer."""

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from notifier.access.issuer import Issuer
from notifier.access.key_source import KeyFile
from notifier.access.permits import REPOSITORY_PERMITS, Permit
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.config import ConfigError, Settings
from tests.access import issuing
from tests.access.issuing import EC, ED, RSA, STRANGER, FromNow, jwk, token, write_keys


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return write_keys(tmp_path / "keys.json")


@pytest.fixture(name="issuer")
def _issuer(path: Path) -> Issuer:
    return Issuer(issuing.ISSUER, KeyFile(path), audience=issuing.AUDIENCE, leeway_s=60)


def refusal_of(issuer: Issuer, text: str) -> Refusal:
    with pytest.raises(CredentialsRefused) as refused:
        issuer.verify(text)
    assert refused.value.is_token
    return refused.value.reason


@pytest.mark.parametrize(
    ("alg", "kid"),
    [("RS256", "rsa"), ("PS512", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")],
)
def test_a_token_is_verified_by_the_key_that_it_names(
    issuer: Issuer, alg: str, kid: str
) -> None:
    claims = issuer.verify(token(alg, kid=kid))

    assert claims.name == "alice"
    assert [(list(permits), globs) for permits, globs in claims.given] == [
        ([Permit.PULL], ("team/app",))
    ]


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_token_that_names_no_key_is_verified_by_any(issuer: Issuer, alg: str) -> None:
    assert issuer.verify(token(alg, kid=None)).name == "alice"


@pytest.mark.parametrize(
    "more",
    [
        {"aud": [issuing.AUDIENCE]},
        {"aud": ["another", issuing.AUDIENCE]},
        {"sub": ""},
        {"sub": None},
        {"access": None},
        {"access": []},
        {"jti": None},
        {"jti": 7},
        {"iat": FromNow(3600)},
        {"nbf": None},
        {"nbf": FromNow(58)},
        {"exp": FromNow(-58)},
        {"api_token": "not one of ours"},
    ],
)
def test_a_token_may_be_so(issuer: Issuer, more: dict[str, Any]) -> None:
    claims = issuer.verify(token(**more))

    assert claims.name in {"alice", None}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"aud": "another"}, Refusal.AUDIENCE),
        ({"aud": ["another"]}, Refusal.AUDIENCE),
        ({"aud": []}, Refusal.CLAIMS),
        ({"aud": None}, Refusal.CLAIMS),
        ({"iss": "another"}, Refusal.ISSUER),
        ({"iss": None}, Refusal.CLAIMS),
        ({"exp": FromNow(-62)}, Refusal.EXPIRED),
        ({"exp": None}, Refusal.CLAIMS),
        ({"nbf": FromNow(62)}, Refusal.NOT_YET),
        ({"sub": "a\nb"}, Refusal.CLAIMS),
        ({"sub": "x" * 256}, Refusal.CLAIMS),
        ({"access": {"type": "repository"}}, Refusal.CLAIMS),
        ({"access": [{"type": "x", "name": "y", "actions": []}] * 257}, Refusal.CLAIMS),
    ],
)
def test_a_token_cannot_be_so(
    issuer: Issuer, more: dict[str, Any], reason: Refusal
) -> None:
    assert refusal_of(issuer, token(**more)) is reason


def test_all_actions_are_those_on_a_repository(issuer: Issuer) -> None:
    access = [{"type": "repository", "name": "team/app", "actions": ["*"]}]

    [(permits, _)] = issuer.verify(token(access=access)).given

    assert tuple(permits) == REPOSITORY_PERMITS


def test_a_stranger_is_refused_whatever_they_bring_along(issuer: Issuer) -> None:
    own = jwk(STRANGER, "stranger")
    for headers in ({}, {"kid": "ec"}, {"jwk": own}, {"jwk": own, "x5c": ["MIIB"]}):
        text = jwt.encode(issuing.claims(), STRANGER, "ES256", headers)

        assert refusal_of(issuer, text) is Refusal.SIGNATURE


def test_a_key_that_is_not_there_is_refused(issuer: Issuer) -> None:
    assert refusal_of(issuer, token(kid="gone")) is Refusal.SIGNATURE
    assert refusal_of(issuer, token("RS256", kid="ec")) is Refusal.SIGNATURE


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_never_a_shared_secret(issuer: Issuer, alg: str) -> None:
    """The oldest attack there is."""
    secret = jwk(RSA, "rsa")["n"]

    text = jwt.encode(issuing.claims(), secret, alg, {"kid": "rsa"})

    assert refusal_of(issuer, text) is Refusal.ALGORITHM


def test_no_algorithm_is_refused(issuer: Issuer) -> None:
    text = jwt.encode(issuing.claims(), "", "none")

    assert refusal_of(issuer, text) is Refusal.ALGORITHM


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "x" * 20_000, "\u00e9.a.b"])
def test_what_is_no_token_is_refused(issuer: Issuer, text: str) -> None:
    assert refusal_of(issuer, text) is Refusal.MALFORMED


@pytest.mark.parametrize("alg", [None, 7, [], {}, ["ES256"], "es256"])
@pytest.mark.parametrize("kid", [7, [], {"kid": "ec"}, "", "ec"])
def test_a_header_of_other_kinds_is_refused(
    issuer: Issuer, alg: object, kid: object
) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": kid}).encode())
    _, body, signature = token().split(".")

    refusal_of(issuer, f"{header.decode().rstrip('=')}.{body}.{signature}")


def test_an_extension_that_nobody_here_knows_is_refused(issuer: Issuer) -> None:
    text = jwt.encode(issuing.claims(), EC, "ES256", {"kid": "ec", "crit": ["x"]})

    refusal_of(issuer, text)


def test_keys_that_are_new_in_the_file_count_and_others_no_more(
    issuer: Issuer, path: Path
) -> None:
    issuer.verify(token(kid="ec"))

    write_keys(path, jwk(ED, "ed-2"))

    issuer.verify(token("EdDSA", kid="ed-2"))
    assert refusal_of(issuer, token(kid="ec")) is Refusal.SIGNATURE


def test_an_issuer_needs_its_name_and_its_keys(path: Path) -> None:
    assert Issuer.open(Settings()) is None
    assert Issuer.open(Settings(token_issuer="x", token_jwks=str(path))) is not None
    with pytest.raises(ConfigError, match="NOTIFIER_TOKEN_JWKS is not set"):
        Issuer.open(Settings(token_issuer="x"))
    with pytest.raises(ConfigError, match="NOTIFIER_TOKEN_ISSUER is not set"):
        Issuer.open(Settings(token_jwks=str(path)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"{", "is no JSON Web Key Set"),
        (b"[]", "is no JSON Web Key Set"),
        (b'{"keys": {}}', "must have a list of 50 keys at most"),
        (b'{"keys": []}', "has no public key"),
    ],
)
def test_a_file_that_holds_no_keys_stops_the_start(
    path: Path, content: bytes | None, reason: str
) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=rf"^NOTIFIER_TOKEN_JWKS: .*{reason}"):
        Issuer.open(Settings(token_issuer="x", token_jwks=str(path)))
