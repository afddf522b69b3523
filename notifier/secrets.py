"""The secret box: what is encrypted at rest, and by which keys."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from notifier.config import ConfigError, Settings


class SecretUnreadable(Exception):
    """A secret was encrypted by a key that is not among the present ones."""


class SecretBox:
    """Encrypts by the first of its keys, decrypts by any of them."""

    def __init__(self, keys: list[str]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._keys = [base64.urlsafe_b64decode(key) for key in keys]
        self._first = fernets[0]
        self._all = MultiFernet(fernets)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Use the keys of the settings, or else that of a file in the data directory.

        Raises `ConfigError`.
        """
        if settings.secret_key is not None:
            name, text = "NOTIFIER_SECRET_KEY", settings.secret_key
        else:
            path = settings.data_dir / "secret.key"
            name, text = str(path), _key_of(path)
        try:
            return cls([key.strip() for key in text.split(",")])
        except ValueError:
            raise ConfigError(
                f"{name}: say Fernet keys: 32 bytes in URL-safe base64, "
                "with commas between"
            ) from None

    def encrypt(self, content: bytes) -> bytes:
        """Return what may be stored."""
        return self._first.encrypt(content)

    def decrypt(self, content: bytes) -> bytes:
        """Return what was encrypted; raise `SecretUnreadable`."""
        try:
            return self._all.decrypt(content)
        except InvalidToken:
            raise SecretUnreadable(
                "it was encrypted by a key that NOTIFIER_SECRET_KEY does not name"
            ) from None

    def can_decrypt(self, content: bytes) -> bool:
        """Tell whether the key is among the present ones."""
        try:
            self.decrypt(content)
        except SecretUnreadable:
            return False
        return True

    def derive_keys(self, purpose: str) -> Sequence[bytes]:
        """Return 32 bytes made of each key, the first one's first.

        They tell nothing of the keys, nor of what is derived for another *purpose*
        (HKDF, RFC 5869).
        """
        return [
            HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)
            for key in self._keys
        ]

    def is_current(self, content: bytes) -> bool:
        """Tell whether the first key alone can decrypt it."""
        try:
            self._first.decrypt(content)
        except InvalidToken:
            return False
        return True


def _key_of(path: Path) -> str:
    """Read the key's file; make it first if this is the first start."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            # What it encrypts is on the disk soon after.
            os.fsync(file.fileno())
        _publish(draft, path)
    return path.read_text()


def _publish(draft: Path, path: Path) -> None:
    """Put the file in place whole, unless another process was first."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
