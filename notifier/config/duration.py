"""Durations as Go writes them: ``500ms``, ``1s``, ``1m30s``.

https://pkg.go.dev/time#ParseDuration
"""

import re

_UNITS_S = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,  # U+00B5, the micro sign
    "μs": 1e-6,  # U+03BC, the Greek letter
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_PART = re.compile(rf"({_NUMBER})({'|'.join(_UNITS_S)})")
_DURATION = re.compile(rf"[+-]?(?:(?:{_NUMBER})(?:{'|'.join(_UNITS_S)}))+")
_BARE = re.compile(rf"[+-]?(?:{_NUMBER})")
_MAX_LENGTH = 64


def parse_duration(text: str) -> float:
    """Return the seconds that *text* stands for; raise `ValueError` with a hint."""
    if text == "0":
        return 0.0
    if len(text) > _MAX_LENGTH:
        raise ValueError("is no duration: say 500ms, 1s or 1m30s")
    if _BARE.fullmatch(text):
        # distribution takes it for nanoseconds, which nobody means.
        raise ValueError(f"has no unit: say {text}ms or {text}s")
    if not _DURATION.fullmatch(text):
        raise ValueError("is no duration: say 500ms, 1s or 1m30s")
    seconds = sum(float(n) * _UNITS_S[unit] for n, unit in _PART.findall(text))
    return -seconds if text.startswith("-") else seconds
