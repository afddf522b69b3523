"""Echoes: what an answer repeats of what is secret about its POST.

Some receivers send back what they have got, or redirect to where it came. What is kept
of their answers is shown, so it is masked before.
"""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from notifier.delivery.headers import MASK

# Shorter texts occur by chance.
_LEAST_LENGTH = 6
_NOT_SECRET = {"accept", "content-type", "user-agent"}
_MASK = MASK.encode()


def secret_texts(
    headers: Mapping[str, str], url_secrets: Mapping[str, str]
) -> tuple[bytes, ...]:
    """Return the texts by which an answer may repeat what is secret, longest first.

    Of ``Bearer …`` and the like the credentials are secret by themselves, too.
    """
    texts = set(url_secrets.values())
    texts |= {quote(text, safe="") for text in texts}
    for name, value in headers.items():
        if name.lower() not in _NOT_SECRET:
            texts |= {value, value.rpartition(" ")[2]}
    texts |= {json.dumps(text)[1:-1] for text in texts}
    long = (text.encode() for text in texts if len(text) >= _LEAST_LENGTH)
    return tuple(sorted(long, key=len, reverse=True))


def mask_echoes(content: bytes, secrets: Iterable[bytes]) -> bytes:
    """Return *content* without the *secrets* that are in it."""
    for secret in secrets:
        if secret in content:
            content = content.replace(secret, _MASK)
    return content
