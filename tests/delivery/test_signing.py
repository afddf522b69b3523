"""Signatures are those of Standard Webhooks."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from notifier.delivery.secrets import new_secret, secret_bytes
from notifier.delivery.signing import sign


@given(st.uuids(), st.text())
def test_the_public_library_verifies_what_was_signed(id_: UUID, text: str) -> None:
    secret, body = new_secret(), text.encode()
    timestamp = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": str(id_),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret_bytes(secret), str(id_), timestamp, body),
    }

    Webhook(secret).verify(body, headers, json_parse=False)

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers, json_parse=False)
