"""The columns of an endpoint: written from the fields of the API, and read again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from notifier.delivery.breaker import Breaker, DisabledReason
from notifier.delivery.echoes import secret_texts
from notifier.delivery.endpoint import Endpoint, Interest, Recipient
from notifier.delivery.endpoint_secrets import Secret
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.fields import checked_name, checked_timeout, checked_url
from notifier.delivery.filters import Filters
from notifier.delivery.formats import DEFAULT_FORMAT, Format, read_format
from notifier.delivery.headers import MASK, checked_headers, unmasked
from notifier.delivery.policy import Policy
from notifier.delivery.sealed import SealedValues
from notifier.delivery.signing import (
    Signer,
    checked_signatures,
    parse_signatures,
    render_signatures,
)
from notifier.delivery.tls import (
    Tls,
    checked_tls,
    require_https,
    seal,
    shown,
    unseal,
)
from notifier.delivery.url_secrets import checked_url_secrets, still_named
from notifier.secrets import SecretBox, SecretUnreadable


class EndpointColumns:
    """Writes and reads the columns of endpoints."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box
        self._sealed = SealedValues(box)

    def make(self, fields: Mapping[str, Any], *, is_local: bool) -> dict[str, Any]:
        """Return the columns of a new endpoint; raise `EndpointInvalid`.

        *fields* are those of `EndpointStore.create`, all of them but the secret;
        *is_local* says whether this server listens on loopback.
        """
        tls, format_, url = fields["tls"] or {}, fields["format_"], fields["url"]
        own_tls = checked_tls(tls)
        require_https(own_tls, url)
        now = datetime.now(UTC)
        return {
            "name": checked_name(fields["name"]),
            "url": checked_url(url),
            "enabled": fields["enabled"],
            "filters": orjson.dumps((fields["filters"] or Filters()).render()),
            "format": orjson.dumps(format_.options()),
            "encrypted_headers": self._sealed.seal(
                checked_headers(fields["headers"] or {})
            ),
            "encrypted_url_secrets": self._sealed.seal_any(
                checked_url_secrets(url, fields["url_secrets"] or {})
            ),
            "timeout_s": checked_timeout(fields["timeout_s"]),
            "declared": fields["declared"],
            "encrypted_tls": seal(own_tls, self._box),
            "is_local": is_local,
            "created_at": now,
            "updated_at": now,
            "signatures": render_signatures(checked_signatures(fields["signatures"])),
            "policy": _rendered(checked_policy(fields["policy"] or {}, format_)),
        }

    def change(
        self, row: sa.Row[Any], changes: Mapping[str, Any], *, is_local: bool
    ) -> dict[str, Any]:
        """Return the columns that *changes* to the fields of *row* change.

        A value that is masked stays what it is. Raises `EndpointInvalid`, or
        `SecretUnreadable` if what is needed of *row* cannot be decrypted.
        """
        values = {
            name: _CHECKS[name](value) if name in _CHECKS else value
            for name, value in changes.items()
        }
        if "url" in values:
            values["is_local"] = is_local
        if "url" in values or "tls" in values:
            values["encrypted_tls"] = self._changed_tls(row, values)
        if "format_" in values or "policy" in values:
            format_ = values.pop("format_", None) or _format(row)
            policy = checked_policy(values.pop("policy", {}), format_, _policy(row))
            values["format"] = orjson.dumps(format_.options())
            values["policy"] = _rendered(policy)
        if values.get("enabled"):
            values["disabled_reason"] = None
        if "headers" in values:
            headers = self._unmasked(values.pop("headers"), row.encrypted_headers)
            values["encrypted_headers"] = self._sealed.seal(checked_headers(headers))
        if "url" in values or "url_secrets" in values:
            url = values.get("url", row.url)
            secrets = self._url_secrets(row, url, values.pop("url_secrets", None))
            values["encrypted_url_secrets"] = self._sealed.seal_any(secrets)
        return values

    def show(
        self, row: sa.Row[Any], secrets: Sequence[Secret], breaker: Breaker
    ) -> Endpoint:
        """Return an endpoint without what is secret about it."""
        headers, tls = self._sealed.find(row.encrypted_headers), self._find_tls(row)
        url_secrets = self._sealed.find(row.encrypted_url_secrets)
        has_read = None not in (headers, url_secrets) and (tls or not row.encrypted_tls)
        return Endpoint(
            key=row.id,
            id=row.uuid,
            name=row.name,
            url=row.url,
            url_secrets=dict.fromkeys(url_secrets or {}, MASK),
            enabled=row.enabled,
            disabled_reason=row.disabled_reason and DisabledReason(row.disabled_reason),
            filters=_filters(row),
            format=_format(row),
            policy=_policy(row),
            breaker=breaker,
            headers=dict.fromkeys(headers or {}, MASK),
            timeout_s=row.timeout_s,
            declared=row.declared,
            tls=shown(tls),
            created_at=row.created_at,
            updated_at=row.updated_at,
            signatures=parse_signatures(row.signatures),
            secrets=secrets,
            is_readable=bool(has_read) and all(s.is_readable for s in secrets),
        )

    def open(self, row: sa.Row[Any], keys: Sequence[Any]) -> Recipient:
        """Return an endpoint as it is written to, if it has *keys* to sign with.

        Raises `SecretUnreadable`.
        """
        is_open = bool(keys)
        headers = self._sealed.open(row.encrypted_headers) if is_open else {}
        secrets = self._sealed.open(row.encrypted_url_secrets) if is_open else {}
        return Recipient(
            key=row.id,
            id=row.uuid,
            name=row.name,
            url=row.url,
            url_secrets=secrets,
            format=_format(row),
            policy=_policy(row),
            headers=headers,
            secret_texts=secret_texts(headers, secrets),
            signer=Signer(parse_signatures(row.signatures), keys),
            timeout_s=row.timeout_s,
            tls=unseal(row.encrypted_tls, self._box) if is_open else None,
            is_open=is_open,
            is_local=row.is_local,
        )

    def find_headers(self, row: sa.Row[Any]) -> dict[str, str] | None:
        """Return the headers with their values, or None if none can be decrypted."""
        return self._sealed.find(row.encrypted_headers)

    def _changed_tls(self, row: sa.Row[Any], values: dict[str, Any]) -> bytes | None:
        if "tls" not in values:
            tls = unseal(row.encrypted_tls, self._box)
        else:
            given = values.pop("tls") or {}
            is_kept = given.get("client_key") == MASK
            present = unseal(row.encrypted_tls, self._box) if is_kept else None
            tls = checked_tls(given, present)
        require_https(tls, values.get("url", row.url))
        return seal(tls, self._box)

    def _unmasked(self, given: dict[str, str], sealed: bytes | None) -> dict[str, str]:
        """Fill in what was sealed; only then does it have to be readable."""
        if MASK not in given.values():
            return given
        return unmasked(given, self._sealed.open(sealed))

    def _url_secrets(
        self, row: sa.Row[Any], url: str, given: dict[str, str] | None
    ) -> dict[str, str]:
        """Return what *url* is to hold: what is *given*, or what it names as before."""
        sealed = row.encrypted_url_secrets if "{" in url else None
        if given is None:
            return checked_url_secrets(url, still_named(url, self._sealed.open(sealed)))
        return checked_url_secrets(url, self._unmasked(given, sealed))

    def _find_tls(self, row: sa.Row[Any]) -> Tls | None:
        try:
            return unseal(row.encrypted_tls, self._box)
        except SecretUnreadable:
            return None


def interest_of(row: sa.Row[Any]) -> Interest:
    """Return what an endpoint wants."""
    return Interest(row.id, _filters(row), _format(row), _policy(row))


def checked_policy(
    given: Mapping[str, Any], format_: Format, present: Policy | None = None
) -> Policy:
    """Return *present*, or the defaults, with what is *given*.

    Raises `EndpointInvalid`.
    """
    policy = (present or Policy()).changed(given)
    if policy.max_batch > 1 and not format_.is_batch:
        raise EndpointInvalid(
            "max_batch", f"the format {format_.type} tells one event at a time"
        )
    return policy


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": checked_name,
    "url": checked_url,
    "timeout_s": checked_timeout,
    "filters": lambda filters: orjson.dumps(filters.render()),
    "signatures": lambda kinds: render_signatures(checked_signatures(kinds)),
}


def _filters(row: sa.Row[Any]) -> Filters:
    return Filters.restore(orjson.loads(row.filters))


def _rendered(policy: Policy) -> bytes:
    return orjson.dumps(policy.render())


def _policy(row: sa.Row[Any]) -> Policy:
    return Policy.parse(orjson.loads(row.policy))


def _format(row: sa.Row[Any]) -> Format:
    return read_format(orjson.loads(row.format)) if row.format else DEFAULT_FORMAT
