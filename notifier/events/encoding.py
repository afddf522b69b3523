"""Events and their parts as JSON, for nobody but ourselves."""

from typing import Any, TypeVar

from msgspec.json import Decoder, Encoder

_T = TypeVar("_T")

# Of all that an event holds, digests alone are of a type that JSON has no name for.
encode = Encoder(enc_hook=str).encode


def decoder(kind: type[_T]) -> Decoder[_T]:
    """Return what reads a *kind*; what is none raises a `ValueError`."""
    return Decoder(kind, dec_hook=_restore)


def _restore(kind: type[Any], value: Any) -> Any:
    return kind(value)
