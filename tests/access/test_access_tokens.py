"""Access tokens of our own."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from notifier.access.access_tokens import AccessTokens
from notifier.access.caller import Caller, Credential
from notifier.access.permissions import NOTHING
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.access.scopes import Scope, parse_scopes
from notifier.config import Settings
from notifier.secrets import SecretBox
from tests.access import issuing
from tests.access.issuing import FromNow

KEY = Fernet.generate_key().decode()
SETTINGS = Settings(token_audience=issuing.AUDIENCE)
ALICE = Caller("alice", Credential.PASSWORD, NOTHING)
ACCESS = parse_scopes(["repository:team/app:pull,push", "registry:catalog:*"])


def tokens(
    *keys: str, settings: Settings = SETTINGS, at: float | None = None
) -> AccessTokens:
    """Make what makes tokens, at some time."""
    return AccessTokens(
        SecretBox(list(keys) or [KEY]),
        settings,
        time.time if at is None else lambda: at,
    )


def forged(**more: Any) -> str:
    """Sign claims like ours with our own key; one that is None is left out."""
    [key] = SecretBox([KEY]).derive_keys("access tokens")
    return jwt.encode(issuing.claims(**{"iss": "notifier", **more}), key, "HS256")


def refusal_of(text: str, verifier: AccessTokens | None = None) -> Refusal:
    with pytest.raises(CredentialsRefused) as refused:
        (verifier or tokens()).verify(text)
    assert refused.value.is_token
    return refused.value.reason


def test_a_token_says_who_may_do_what_until_when() -> None:
    now = time.time()
    made = tokens().issue(ALICE, ACCESS)

    claims = tokens().verify(made.text)

    assert claims.name == "alice"
    assert claims.access == ACCESS
    assert claims.has_catalog
    assert claims.api_token_id is None
    assert now - 1 < claims.expires_at - 300 - 60 <= now + 1
    assert made.expires_in_s == 300
    assert made.text not in repr(made)


def test_a_token_has_the_claims_of_the_specification() -> None:
    text = tokens().issue(ALICE, ACCESS).text

    payload = jwt.decode(text, options={"verify_signature": False})

    assert set(payload) == {*("iss", "sub", "aud", "exp"), *("nbf", "iat", "jti")} | {
        "access"
    }
    assert payload["access"] == [
        {"type": "repository", "name": "team/app", "actions": ["pull", "push"]},
        {"type": "registry", "name": "catalog", "actions": ["*"]},
    ]


def test_a_token_may_be_of_nobody_or_of_an_api_token() -> None:
    id_ = uuid4()
    nobody = Caller(None, Credential.NONE, NOTHING)
    program = Caller("ci", Credential.API_TOKEN, NOTHING, api_token_id=id_)

    assert tokens().verify(tokens().issue(nobody, ()).text).name is None
    assert tokens().verify(tokens().issue(program, ()).text).api_token_id == id_


def test_after_a_rotation_the_old_key_verifies_and_the_new_one_signs() -> None:
    new = Fernet.generate_key().decode()
    old = tokens().issue(ALICE, ACCESS).text
    rotated = tokens(new, KEY)

    assert rotated.verify(old).name == "alice"
    assert tokens(new).verify(rotated.issue(ALICE, ()).text).name == "alice"
    assert refusal_of(old, tokens(new)) is Refusal.SIGNATURE
    assert refusal_of(tokens(new, KEY).issue(ALICE, ()).text) is Refusal.SIGNATURE


@pytest.mark.parametrize(("late_s", "is_good"), [(0, True), (358, True), (362, False)])
def test_a_token_expires_when_its_time_and_the_leeway_are_over(
    late_s: int, *, is_good: bool
) -> None:
    text = tokens(at=time.time() - late_s).issue(ALICE, ()).text

    if is_good:
        tokens().verify(text)
    else:
        assert refusal_of(text) is Refusal.EXPIRED


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"iss": "another"}, Refusal.ISSUER),
        ({"iss": None}, Refusal.CLAIMS),
        ({"aud": "another"}, Refusal.AUDIENCE),
        ({"aud": None}, Refusal.CLAIMS),
        ({"exp": None}, Refusal.CLAIMS),
        ({"exp": "soon"}, Refusal.MALFORMED),
        ({"exp": 1}, Refusal.EXPIRED),
        ({"nbf": FromNow(3600)}, Refusal.NOT_YET),
        ({"iat": None}, Refusal.CLAIMS),
        ({"jti": None}, Refusal.CLAIMS),
        ({"sub": "a\nb"}, Refusal.CLAIMS),
        ({"sub": 7}, Refusal.CLAIMS),
        ({"access": "all"}, Refusal.CLAIMS),
        ({"access": [{}]}, Refusal.CLAIMS),
        ({"access": ["x"]}, Refusal.CLAIMS),
        ({"access": [{"type": "x", "name": "a", "actions": "*"}]}, Refusal.CLAIMS),
        ({"access": [{"type": "x", "name": 7, "actions": []}]}, Refusal.CLAIMS),
        ({"api_token": "7"}, Refusal.CLAIMS),
    ],
)
def test_a_token_that_says_something_else_is_refused(
    more: dict[str, Any], reason: Refusal
) -> None:
    assert refusal_of(forged(**more)) is reason


def test_claims_that_are_good_are_taken() -> None:
    assert tokens().verify(forged()).name == "alice"


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_another_algorithm_is_refused(alg: str) -> None:
    [key] = SecretBox([KEY]).derive_keys("access tokens")
    text = jwt.encode(issuing.claims(iss="notifier"), key.ljust(64), alg)

    assert refusal_of(text) is Refusal.ALGORITHM


@pytest.mark.parametrize("alg", ["none", "nOnE", "NONE", "", None, "RS256", 7])
def test_no_algorithm_is_refused(alg: object) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": alg}).encode()).decode()
    _, body, signature = forged().split(".")

    for last in ("", signature):
        text = f"{head.rstrip('=')}.{body}.{last}"
        assert refusal_of(text) in {Refusal.ALGORITHM, Refusal.MALFORMED}


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "..", "e30.e30.", "x" * 20_000])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert refusal_of(text) in {Refusal.MALFORMED, Refusal.ALGORITHM}


@given(st.integers(0, 2), st.integers(0, 20), st.characters(codec="ascii"))
def test_a_token_that_was_touched_is_refused(
    part: int, place: int, character: str
) -> None:
    parts = forged().split(".")
    before = parts[part]
    parts[part] = before[:place] + character + before[place + 1 :]

    if parts[part] != before:
        refusal_of(".".join(parts))


def test_a_name_that_is_a_glob_reaches_nothing() -> None:
    text = forged(
        access=[
            {"type": "repository", "name": "**", "actions": ["pull"]},
            {"type": "repository", "name": "team/*", "actions": ["pull"]},
            {"type": "repository", "name": "team/app", "actions": ["*"]},
        ]
    )

    claims = tokens().verify(text)

    assert claims.access == (Scope("repository", "team/app", ("*",)),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from([*issuing.claims(), "api_token"])
ENTRIES = st.lists(
    st.dictionaries(st.sampled_from(["type", "name", "actions"]), JSON), max_size=3
)


@given(
    st.dictionaries(NAMES, JSON),
    st.none() | ENTRIES,
)
def test_whatever_a_token_says_it_is_read_or_refused(
    changes: dict[str, Any], access: list[dict[str, Any]] | None
) -> None:
    """Whoever signs it may be an outside issuer, and mistaken."""
    [key] = SecretBox([KEY]).derive_keys("access tokens")
    claims = issuing.claims(iss="notifier") | changes
    if access is not None:
        claims["access"] = access
    try:
        text = jwt.encode(claims, key, "HS256")
    except (TypeError, ValueError, OverflowError):
        return

    try:
        found = tokens().verify(text)
    except CredentialsRefused:
        return
    assert all("*" not in scope.name for scope in found.access if scope.permits)
