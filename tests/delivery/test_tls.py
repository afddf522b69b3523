"""What TLS of an endpoint's own may be."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.headers import MASK
from notifier.delivery.reencryption import reencrypt
from notifier.delivery.tables import EndpointRow
from notifier.delivery.tls import Tls, checked_tls, shown
from notifier.secrets import SecretBox
from tests.authorities import Authority
from tests.delivery.desk import Desk

_URL = "https://ci.example/hook"


@pytest.fixture(name="authority", scope="module")
def _authority() -> Authority:
    return Authority.make()


@pytest.fixture(name="given", scope="module")
def _given(authority: Authority) -> dict[str, str]:
    """Give all that can be said about an endpoint's TLS."""
    client = authority.sign("notifier")
    return {
        "ca": authority.certificate_pem,
        "client_certificate": client.certificate_pem,
        "client_key": client.key_pem,
    }


def test_what_is_given_is_taken(given: dict[str, str]) -> None:
    assert checked_tls(given) == Tls(**given)


def test_nothing_given_is_no_tls_of_its_own() -> None:
    assert checked_tls({}) is None


def test_only_certificates_and_the_key_are_kept(given: dict[str, str]) -> None:
    bundle = given["client_key"] + "about it:\n" + given["client_certificate"]

    tls = checked_tls(given | {"client_certificate": bundle, "ca": bundle})

    assert tls is not None
    assert tls.client_certificate == given["client_certificate"]
    assert tls.ca == given["client_certificate"]


def test_a_chain_follows_its_certificate(given: dict[str, str]) -> None:
    chain = given["client_certificate"] + given["ca"]

    tls = checked_tls(given | {"client_certificate": chain})

    assert tls is not None
    assert tls.client_certificate == chain


def test_dates_are_shown_and_the_key_is_not(given: dict[str, str]) -> None:
    sooner = Authority.make(days=3)
    both = {"ca": given["ca"] + sooner.certificate_pem}

    seen = shown(checked_tls(given | both))

    assert seen is not None
    assert seen.client_key == MASK
    assert seen.ca_expires_at == sooner.certificate.not_valid_after_utc
    assert seen.client_certificate_expires_at is not None
    assert seen.ca_expires_at < seen.client_certificate_expires_at
    assert given["client_key"] not in repr(checked_tls(given))


def test_a_mask_stands_for_the_present_key(given: dict[str, str]) -> None:
    present = checked_tls(given)

    assert checked_tls(given | {"client_key": MASK}, present) == present


def _without(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda given: {key: pem for key, pem in given.items() if key != name}


def _foreign_key(given: dict[str, str]) -> dict[str, str]:
    return given | {"client_key": Authority.make().key_pem}


def _encrypted_key(given: dict[str, str]) -> dict[str, str]:
    return given | {"client_key": Authority.make().key_pem_under(b"hunter2")}


def _key_for_agreement(given: dict[str, str]) -> dict[str, str]:
    key = x25519.X25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return given | {"client_key": pem.decode()}


def _expired(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda given: given | {name: Authority.make(days=-1).certificate_pem}


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        (_without("client_key"), "client_key", "is needed"),
        (_without("client_certificate"), "client_certificate", "is needed"),
        (_foreign_key, "client_key", "is not the key of the first"),
        (_encrypted_key, "client_key", "must not be encrypted"),
        (_key_for_agreement, "client_key", "must be of RSA, ECDSA or Ed25519"),
        (_expired("ca"), "ca", "a certificate expired on "),
        (_expired("client_certificate"), "client_certificate", "a certificate expired"),
        (lambda given: given | {"ca": ""}, "ca", "must be certificates in PEM"),
        (lambda given: given | {"ca": "schöne"}, "ca", "must be cert"),
        (
            lambda given: given | {"ca": given["client_key"]},
            "ca",
            "must be certificates",
        ),
        (
            lambda given: given | {"ca": given["ca"] * 21},
            "ca",
            "there may be 20 at most",
        ),
        (lambda given: given | {"ca": "x" * 65537}, "ca", "must have at most 65536"),
        (
            lambda given: given | {"client_key": "x"},
            "client_key",
            "must be a key in PEM",
        ),
        (lambda given: given | {"client_key": MASK}, "client_key", "there is none"),
    ],
)
def test_what_could_not_work_is_refused(
    given: dict[str, str],
    change: Callable[[dict[str, str]], Any],
    field: str,
    reason: str,
) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        checked_tls(change(given))

    assert refusal.value.field == f"tls.{field}"
    assert refusal.value.reason.startswith(reason)


def test_it_is_encrypted_at_rest_and_given_to_the_sender(
    sqlite_desk: Desk, given: dict[str, str], tmp_path: Any
) -> None:
    created = sqlite_desk.create(_URL, tls=given)

    with sqlite_desk.database.read() as connection:
        recipient = sqlite_desk.store.get_recipient(connection, created.key)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("notifier.db*"))
    assert recipient.tls == Tls(**given)
    assert given["client_key"].encode() not in content
    assert b"PRIVATE KEY" not in content


def test_it_is_changed_as_a_whole_and_removed(
    desk: Desk, given: dict[str, str]
) -> None:
    created = desk.create(_URL, tls=given)

    renamed = desk.update(created, name="other")
    without_ca = desk.update(
        created, tls={**given, "client_key": MASK} | {"ca": given["ca"]}
    )
    only_ca = desk.update(created, tls={"ca": given["ca"]})
    none = desk.update(created, tls=None)

    assert renamed.tls == created.tls == without_ca.tls
    assert only_ca.tls is not None
    assert only_ca.tls.client_certificate is None
    assert none.tls is None


def test_it_is_not_taken_for_a_url_that_does_not_use_it(
    desk: Desk, given: dict[str, str]
) -> None:
    created = desk.create(_URL, tls=given)

    with pytest.raises(EndpointInvalid, match="only with an https:// URL"):
        desk.create("http://ci.example/", tls=given)
    with pytest.raises(EndpointInvalid, match="only with an https:// URL"):
        desk.update(created, url="http://ci.example/")
    assert desk.update(created, url="http://ci.example/", tls=None).tls is None


def test_without_its_key_it_is_not_shown_and_can_be_replaced(
    desk: Desk, given: dict[str, str]
) -> None:
    created = desk.create(_URL, tls=given)
    desk.lose_key()

    lost = desk.get(created)
    replaced = desk.update(created, tls={"ca": given["ca"]})

    assert (lost.tls, lost.is_readable) == (None, False)
    assert replaced.tls is not None
    assert replaced.tls.ca == given["ca"]


def test_a_new_key_encrypts_it_too(desk: Desk, given: dict[str, str]) -> None:
    created = desk.create(_URL, tls=given)
    new = Fernet.generate_key().decode()

    reencrypt(desk.database, SecretBox([new, desk.key]))
    desk.use_key(new)

    assert desk.get(created).tls == created.tls


def test_a_removed_endpoint_keeps_none(desk: Desk, given: dict[str, str]) -> None:
    created = desk.create(_URL, tls=given)

    desk.remove(created)

    with desk.database.read() as connection:
        assert connection.scalar(sa.select(EndpointRow.encrypted_tls)) is None
        assert desk.store.get_recipient(connection, created.key).tls is None
