"""TLS of an endpoint's own: by whom it is verified, and what it knows us by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from notifier import pem
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.headers import MASK
from notifier.pem import PrivateKey
from notifier.secrets import SecretBox

KEYS = ("ca", "client_certificate", "client_key")

_MAX_LENGTH = 64 * 1024
_MAX_CERTIFICATES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM, each: the only authorities that count, and our certificate with its key."""

    ca: str | None = None
    client_certificate: str | None = None
    client_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTls:
    """The same as it may be shown: the key is masked.

    The authorities expire when the first of them does.
    """

    ca: str | None
    ca_expires_at: datetime | None
    client_certificate: str | None
    client_certificate_expires_at: datetime | None
    client_key: str | None


def checked_tls(given: Mapping[str, str], present: Tls | None = None) -> Tls | None:
    """Read what was *given* by the names of `KEYS`; return None if that is nothing.

    A masked key stays the *present* one. What is returned holds certificates and a key
    and nothing that may have stood beside them. Raises `EndpointInvalid`.
    """
    ca = _certificates(given, "ca")
    chain = _certificates(given, "client_certificate")
    key = _key(given, present)
    if chain and key:
        if not pem.is_pair(chain[0], key):
            raise EndpointInvalid(
                "tls.client_key", "is not the key of the first client certificate"
            )
    elif chain:
        raise EndpointInvalid("tls.client_key", "is needed with a client certificate")
    elif key:
        raise EndpointInvalid("tls.client_certificate", "is needed with a client key")
    if not ca and not chain:
        return None
    return Tls(
        ca=_pem(ca),
        client_certificate=_pem(chain),
        client_key=None if key is None else _key_pem(key),
    )


def require_https(tls: Tls | None, url: str) -> None:
    """Refuse *tls* that no connection to *url* would use; raise `EndpointInvalid`."""
    if tls is not None and urlsplit(url).scheme != "https":
        raise EndpointInvalid("tls", "is of use only with an https:// URL")


def seal(tls: Tls | None, box: SecretBox) -> bytes | None:
    """Return what may be stored of *tls*."""
    return None if tls is None else box.encrypt(orjson.dumps(asdict(tls)))


def unseal(stored: bytes | None, box: SecretBox) -> Tls | None:
    """Return what was stored; raise `SecretUnreadable`."""
    return None if stored is None else Tls(**orjson.loads(box.decrypt(stored)))


def shown(tls: Tls | None) -> ShownTls | None:
    """Return what may be shown of *tls*."""
    if tls is None:
        return None
    authorities, chain = _loaded(tls.ca), _loaded(tls.client_certificate)
    expiries = [each.not_valid_after_utc for each in authorities]
    return ShownTls(
        ca=tls.ca,
        ca_expires_at=min(expiries, default=None),
        client_certificate=tls.client_certificate,
        client_certificate_expires_at=chain[0].not_valid_after_utc if chain else None,
        client_key=tls.client_key and MASK,
    )


def _certificates(given: Mapping[str, str], name: str) -> Sequence[x509.Certificate]:
    """Return the certificates in a text, none if nothing was given."""
    if name not in given:
        return []
    where, content = f"tls.{name}", _bounded(given, name)
    try:
        found = pem.read_certificates(content)
    except ValueError as error:
        raise EndpointInvalid(where, str(error)) from None
    if len(found) > _MAX_CERTIFICATES:
        raise EndpointInvalid(where, f"there may be {_MAX_CERTIFICATES} at most")
    now = datetime.now(UTC)
    for each in found:
        if each.not_valid_after_utc <= now:
            day = each.not_valid_after_utc.date()
            raise EndpointInvalid(where, f"a certificate expired on {day}")
    return found


def _key(given: Mapping[str, str], present: Tls | None) -> PrivateKey | None:
    if "client_key" not in given:
        return None
    content = _bounded(given, "client_key")
    if content == MASK.encode():
        if present is None or present.client_key is None:
            raise EndpointInvalid("tls.client_key", "there is none that could be kept")
        content = present.client_key.encode()
    try:
        return pem.read_key(content)
    except ValueError as error:
        raise EndpointInvalid("tls.client_key", str(error)) from None


def _bounded(given: Mapping[str, str], name: str) -> bytes:
    text = given[name]
    if len(text) > _MAX_LENGTH:
        raise EndpointInvalid(
            f"tls.{name}", f"must have at most {_MAX_LENGTH} characters"
        )
    return text.encode("ascii", "replace")


def _pem(certificates: Sequence[x509.Certificate]) -> str | None:
    return (
        "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)
        or None
    )


def _key_pem(key: PrivateKey) -> str:
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return content.decode()


def _loaded(text: str | None) -> Sequence[x509.Certificate]:
    return pem.read_certificates(text.encode()) if text else []
