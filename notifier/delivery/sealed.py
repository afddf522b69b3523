"""Names and values that are kept encrypted: headers, and what a URL hides."""

from collections.abc import Mapping

import orjson

from notifier.secrets import SecretBox, SecretUnreadable


class SealedValues:
    """Seals values for the database, and opens what was sealed."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    def seal(self, values: Mapping[str, str]) -> bytes:
        """Return what may be stored."""
        return self._box.encrypt(orjson.dumps(values))

    def seal_any(self, values: Mapping[str, str]) -> bytes | None:
        """Return what may be stored; None, which needs no key, if there are none."""
        return self.seal(values) if values else None

    def open(self, content: bytes | None) -> dict[str, str]:
        """Return what was sealed, or nothing; raise `SecretUnreadable`."""
        if not content:
            return {}
        values: dict[str, str] = orjson.loads(self._box.decrypt(content))
        return values

    def find(self, content: bytes | None) -> dict[str, str] | None:
        """Return what was sealed, or None if it cannot be decrypted."""
        try:
            return self.open(content)
        except SecretUnreadable:
            return None
