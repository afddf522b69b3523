"""What templates can do to values: each function pays the meter for what it makes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson
from jinja2 import Undefined, pass_context

from notifier.delivery.formats.meter import require_defined

if TYPE_CHECKING:
    from notifier.delivery.formats.sandbox import MeteredContext

TESTS: Final = ("defined", "none", "string", "undefined")

# No template can say these names, for they hold spaces.
LOOP: Final = "loop over"
CONCAT: Final = "put together"
WEIGH: Final = "pay for"

_SCALARS = (str, int, float, bool)


@pass_context
def finalize(context: "MeteredContext", value: Any) -> str:
    """Write what stands between double braces."""
    return _paid(context, _text(value))


@pass_context
def _loop_over(context: "MeteredContext", value: Any, cost: int) -> list[Any]:
    """Pay for a loop over *value*, at *cost* for each item."""
    require_defined(value)
    if not isinstance(value, Mapping | list | tuple):
        raise TypeError(f"a {_name(value)} has no items to loop over")
    context.meter.spend((1 + len(value)) * cost)
    return list(value)


@pass_context
def _concat(context: "MeteredContext", values: list[Any]) -> str:
    texts = [_text(value) for value in values]
    context.meter.spend_text(sum(map(len, texts)))
    return "".join(texts)


@pass_context
def _weigh(context: "MeteredContext", value: Any) -> Any:
    """Pay for what is compared, or stands in a list or an object."""
    context.meter.spend_value(value)
    return value


@pass_context
def _json(context: "MeteredContext", value: Any) -> str:
    context.meter.spend_value(value)
    return _paid(context, orjson.dumps(value).decode())


@pass_context
def _default(context: "MeteredContext", value: Any, other: Any = "") -> Any:
    context.meter.spend(1)
    return other if isinstance(value, Undefined) else value


@pass_context
def _upper(context: "MeteredContext", value: Any) -> str:
    return _paid(context, _text(value).upper())


@pass_context
def _lower(context: "MeteredContext", value: Any) -> str:
    return _paid(context, _text(value).lower())


@pass_context
def _trim(context: "MeteredContext", value: Any) -> str:
    return _paid(context, _text(value).strip())


@pass_context
def _urlencode(context: "MeteredContext", value: Any) -> str:
    return _paid(context, quote(_text(value), safe=""))


@pass_context
def _replace(context: "MeteredContext", value: Any, old: Any, new: Any) -> str:
    text, before, after = _text(value), _text(old), _text(new)
    growth = text.count(before) * (len(after) - len(before))
    context.meter.spend_text(len(text) + growth)
    return text.replace(before, after)


@pass_context
def _split(context: "MeteredContext", value: Any, separator: Any) -> list[str]:
    parts = _text(value).split(_text(separator))
    context.meter.spend_value(parts)
    return parts


@pass_context
def _join(context: "MeteredContext", value: Any, separator: Any = "") -> str:
    context.meter.spend_value(value)
    texts, between = [_text(item) for item in value], _text(separator)
    context.meter.spend_text(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


@pass_context
def _length(context: "MeteredContext", value: Any) -> int:
    context.meter.spend(1)
    return len(value)


@pass_context
def _first(context: "MeteredContext", value: Any) -> Any:
    context.meter.spend(1)
    return context.environment.getitem(value, 0)


@pass_context
def _last(context: "MeteredContext", value: Any) -> Any:
    context.meter.spend(1)
    return context.environment.getitem(value, -1)


@pass_context
def _items(context: "MeteredContext", value: Any) -> list[tuple[Any, Any]]:
    context.meter.spend_value(value)
    if not isinstance(value, Mapping):
        raise TypeError(f"a {_name(value)} has no items")
    return list(value.items())


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    LOOP: _loop_over,
    CONCAT: _concat,
    WEIGH: _weigh,
    "default": _default,
    "first": _first,
    "items": _items,
    "join": _join,
    "json": _json,
    "last": _last,
    "length": _length,
    "lower": _lower,
    "replace": _replace,
    "split": _split,
    "tojson": _json,
    "trim": _trim,
    "upper": _upper,
    "urlencode": _urlencode,
}


def _paid(context: "MeteredContext", text: str) -> str:
    """Pay for a text that is at most some times as long as what it was made of."""
    context.meter.spend_text(len(text))
    return text


def _text(value: Any) -> str:
    """Return a scalar as text; nothing else has one that anybody would want."""
    require_defined(value)
    if not isinstance(value, _SCALARS):
        raise TypeError(f"a {_name(value)} is no text: write it with |json")
    return str(value)


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
