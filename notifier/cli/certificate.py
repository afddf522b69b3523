"""The web server's own certificate and key: whether they can be served."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from notifier import pem
from notifier.config import ConfigError, Settings
from notifier.pem import PrivateKey

_CERTIFICATE, _KEY = "NOTIFIER_TLS_CERTIFICATE", "NOTIFIER_TLS_KEY"
_LOOK_EVERY_S = 1.0
_MAX_BYTES = 1024 * 1024
# What rustls signs with: others end a web process at its start.
_RSA_BITS = range(2048, 4097)
_CURVES = {"secp256r1", "secp384r1"}


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Two files of PEM, which may be one: the certificate with its chain, the key."""

    certificate: Path
    key: Path

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return those of *settings*, None if there are none.

        Raises `ConfigError` if one is named without the other.
        """
        certificate, key = settings.tls_certificate, settings.tls_key
        if certificate is not None and key is not None:
            return cls(certificate, key)
        if certificate is None and key is None:
            return None
        missing, present = (_KEY, _CERTIFICATE) if key is None else (_CERTIFICATE, _KEY)
        raise ConfigError(f"{missing} must be set with {present}")

    def check(self) -> None:
        """Raise `ConfigError` unless TLS can be served with them, now."""
        content = _read(self.certificate, _CERTIFICATE)
        try:
            certificate = pem.read_certificates(content)[0]
        except ValueError as error:
            raise ConfigError(f"{_CERTIFICATE}: {self.certificate}: {error}") from None
        until = certificate.not_valid_after_utc
        if until <= datetime.now(UTC):
            raise ConfigError(
                f"{_CERTIFICATE}: {self.certificate}: expired on {until.date()}"
            )
        try:
            key = pem.read_key(_read(self.key, _KEY))
            _require_usable(key)
        except ValueError as error:
            raise ConfigError(f"{_KEY}: {self.key}: {error}") from None
        if not pem.is_pair(certificate, key):
            raise ConfigError(
                f"{_KEY}: {self.key}: is not the key of the first certificate in "
                f"{self.certificate}"
            )

    def version(self) -> tuple[object, ...]:
        """Return what differs once one of the files, or a link to it, was replaced."""
        return _version(self.certificate), _version(self.key)

    @contextmanager
    def watched(self, changed: Callable[[], object]) -> Iterator[None]:
        """Call *changed*, in a thread, each time that they have been replaced.

        One is replaced after the other: it is called when both have been so for a
        moment.
        """
        done = threading.Event()
        thread = threading.Thread(
            target=self._watch,
            args=(changed, self.version(), done),
            name="certificate",
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _watch(
        self,
        changed: Callable[[], object],
        first: tuple[object, ...],
        done: threading.Event,
    ) -> None:
        told = before = first
        while not done.wait(_LOOK_EVERY_S):
            now = self.version()
            if now == before != told:
                told = now
                changed()
            before = now


def _require_usable(key: PrivateKey) -> None:
    match key:
        case RSAPrivateKey():
            usable = key.key_size in _RSA_BITS
        case EllipticCurvePrivateKey():
            usable = key.curve.name in _CURVES
        case _:
            usable = True
    if not usable:
        raise ValueError(
            "must be RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, or Ed25519"
        )


def _read(path: Path, setting: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{setting}: {path}: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{setting}: {path}: has more than {_MAX_BYTES} bytes")
    return content


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
