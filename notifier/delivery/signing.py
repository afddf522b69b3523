"""Signatures, by Standard Webhooks and in GitHub's manner.

``v1`` is HMAC-SHA256 and ``v1a`` is Ed25519, both over id, time and body; they share
the header ``webhook-signature``. ``X-Hub-Signature-256`` and ``X-Signature`` hold
HMAC-SHA256 over the body alone, keyed with the text of the secret as it stands: the
same text can so be pasted on both sides.
"""

import base64
import hmac
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.headers import MASK

Header = tuple[str, str]


class Signature(StrEnum):
    """A way to sign."""

    V1 = "v1"
    V1A = "v1a"
    X_HUB_SIGNATURE_256 = "x-hub-signature-256"
    X_SIGNATURE = "x-signature"


DEFAULT_SIGNATURES = (Signature.V1,)

_BODY_HEADERS = {
    Signature.X_HUB_SIGNATURE_256: "X-Hub-Signature-256",
    Signature.X_SIGNATURE: "X-Signature",
}
# Whatever is signed has an id and a time.
_DATED = 2
_SIGNED = re.compile(r"(v1,|v1a,|sha256=)\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A secret that is live, ready to sign.

    *secret_bytes* is None if the text is none by Standard Webhooks, *private_key* if
    none was ever needed. It signs before *expires_at*, or without end.
    """

    text: bytes
    secret_bytes: bytes | None
    private_key: Ed25519PrivateKey | None
    expires_at: datetime | None


class Signer:
    """Signs what one endpoint gets, with *keys*: the oldest first.

    While an old secret signs beside a new one, ``webhook-signature`` holds the
    signatures of both, the old one first, for a receiver that looks at one alone. The
    other headers have room for one: it is the old secret's as long as that signs, so
    that no receiver fails at the moment of the rotation.
    """

    def __init__(
        self, signatures: Collection[Signature], keys: Sequence[SigningKey]
    ) -> None:
        self._keys = keys
        self._masked: dict[int, tuple[Header, ...]] = {}
        self._has_v1 = Signature.V1 in signatures
        self._has_v1a = Signature.V1A in signatures
        self._body_headers = [
            name for kind, name in _BODY_HEADERS.items() if kind in signatures
        ]

    def headers(self, id_: str, now: datetime, body: bytes) -> list[Header]:
        """Return the headers that name, date and sign *body*."""
        headers = dated_headers(id_, now)
        keys = self._live(now)
        if self._has_v1 or self._has_v1a:
            content = f"{id_}.{headers[-1][1]}.".encode() + body
            signatures = " ".join(self._standard_signatures(keys, content))
            headers.append(("webhook-signature", signatures))
        if self._body_headers:
            value = f"sha256={hmac.digest(keys[0].text, body, 'sha256').hex()}"
            headers += [(name, value) for name in self._body_headers]
        return headers

    def masked(self, now: datetime) -> tuple[Header, ...]:
        """Return the headers that sign, with the kinds of signatures and no more.

        Whoever has a signature over the body alone could send that body once more.
        """
        # Keys that sign no more never do again: so many are always the same ones.
        count = len(self._live(now))
        if count not in self._masked:
            self._masked[count] = tuple(
                (name, _SIGNED.sub(rf"\1{MASK}", value))
                for name, value in self.headers("", now, b"")[_DATED:]
            )
        return self._masked[count]

    def _live(self, now: datetime) -> Sequence[SigningKey]:
        return [k for k in self._keys if k.expires_at is None or now < k.expires_at]

    def _standard_signatures(
        self, keys: Iterable[SigningKey], content: bytes
    ) -> Iterator[str]:
        for key in keys:
            if self._has_v1 and key.secret_bytes is not None:
                digest = hmac.digest(key.secret_bytes, content, "sha256")
                yield f"v1,{base64.b64encode(digest).decode()}"
            if self._has_v1a and key.private_key is not None:
                signature = key.private_key.sign(content)
                yield f"v1a,{base64.b64encode(signature).decode()}"


def checked_signatures(names: Collection[str]) -> tuple[Signature, ...]:
    """Return the signatures called so, in a fixed order; raise `EndpointInvalid`."""
    if not names or set(names) - set(Signature) or len(set(names)) < len(names):
        raise EndpointInvalid(
            "signatures", f"must be one or more of {', '.join(Signature)}, each once"
        )
    return tuple(kind for kind in Signature if kind in names)


def dated_headers(id_: str, now: datetime) -> list[Header]:
    """Return the headers that name and date what is signed."""
    timestamp = str(int(now.timestamp()))
    return [("webhook-id", id_), ("webhook-timestamp", timestamp)]


def parse_signatures(rendered: str) -> tuple[Signature, ...]:
    """Read what `render_signatures` has written."""
    return tuple(Signature(name) for name in rendered.split(","))


def render_signatures(signatures: Collection[Signature]) -> str:
    """Write signatures as they are stored."""
    return ",".join(signatures)
