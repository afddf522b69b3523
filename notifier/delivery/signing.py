"""Signatures by Standard Webhooks, version 1: HMAC-SHA256 over id, time and body."""

import base64
import hmac


def sign(key: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``."""
    signed = f"{id_}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
