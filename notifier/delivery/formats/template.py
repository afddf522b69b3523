"""Whatever an endpoint's owner writes, as a template of Jinja."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import ClassVar, Final

import jinja2
import orjson
from jinja2.exceptions import TemplateSyntaxError

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.formats import sandbox
from notifier.delivery.formats.base import Format, Message, RenderingFailed
from notifier.delivery.formats.samples import SAMPLES
from notifier.events.envelope import dump_event
from notifier.events.event import Event

MAX_SOURCE: Final = 16 * 1024
MAX_BODY: Final = 64 * 1024

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;[ -~]{1,100})?", re.ASCII)
_JSON = re.compile(r"[^;]+[/+]json(;|$)")


@dataclass(frozen=True)
class Template(Format):
    """*body* is the template; it knows ``event``, and ``events`` with one or more."""

    type: ClassVar[str] = "template"

    body: str
    content_type: str = "application/json"

    def __post_init__(self) -> None:
        if not 0 < len(self.body.encode()) <= MAX_SOURCE:
            raise EndpointInvalid("format.body", f"must have 1 to {MAX_SOURCE} bytes")
        if not _CONTENT_TYPE.fullmatch(self.content_type):
            raise EndpointInvalid("format.content_type", "must be like text/plain")

    @property
    def is_batch(self) -> bool:
        """Tell whether it speaks of ``events`` only, so that there may be several."""
        _template, names = self._compiled
        return "events" in names and "event" not in names

    def check(self) -> None:
        """Render samples; raise `EndpointInvalid` with the line and what is wrong."""
        try:
            self._compiled  # noqa: B018 - it is compiled at the first use
        except TemplateSyntaxError as error:
            raise EndpointInvalid(
                "format.body", f"line {error.lineno}: {error.message}"
            ) from None
        for name, event in SAMPLES.items():
            try:
                self.render([event])
            except RenderingFailed as error:
                raise EndpointInvalid(
                    "format.body", f"{error} (when told of {name})"
                ) from None

    def render(self, events: Sequence[Event]) -> Message:
        """Run the template, within the bounds of the sandbox."""
        template, _names = self._compiled
        dumped = [dump_event(event) for event in events]
        try:
            text = sandbox.run(template, {"event": dumped[0], "events": dumped})
            body = text.encode()
        except Exception as error:  # noqa: BLE001 - whatever it is, its owner wrote it
            line = _line(template, error.__traceback__)
            raise RenderingFailed(f"line {line}: {error}") from None
        if len(body) > MAX_BODY:
            raise RenderingFailed(f"it makes more than {MAX_BODY} bytes")
        self._check_json(body)
        return Message(self.content_type, body)

    @cached_property
    def _compiled(self) -> tuple[jinja2.Template, frozenset[str]]:
        return sandbox.compiled(self.body)

    def _check_json(self, body: bytes) -> None:
        """Raise `RenderingFailed` if what calls itself JSON is none."""
        if not _JSON.match(self.content_type):
            return
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise RenderingFailed(
                f"it does not make JSON: {error}; write values as {{{{ … |json }}}}"
            ) from None


def _line(template: jinja2.Template, traceback: TracebackType | None) -> int:
    """Return the line of the template in which an error came up."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == sandbox.FILENAME:
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line
