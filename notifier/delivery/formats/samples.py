"""Events that templates are tried out with before they are kept.

They are not nice on purpose: a client may call itself anything, so what a template does
not escape shows at once.
"""

from typing import Final
from uuid import UUID

from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Kind,
    RequestRecord,
    Source,
    Target,
)
from notifier.registry.digest import Digest
from notifier.registry.media_types import OCI_MANIFEST

_ID = UUID("0196db4e-7017-7001-8017-9f3a5c000017")
_DESCRIPTOR = Descriptor(
    media_type=OCI_MANIFEST, digest=Digest.of(b"a sample"), size=708
)
_URL = f"https://registry.example.com/v2/team/app/manifests/{_DESCRIPTOR.digest}"
_NOT_NICE = 'a "client"\\with\nall </that> & more'


def _event(action: Action, target: Target, actor: str | None = None) -> Event:
    return Event(
        id=_ID,
        timestamp_ns=1_777_649_331_123_456_789,
        action=action,
        target=target,
        request=RequestRecord(
            id=_ID,
            addr="203.0.113.7:51234",
            host="registry.example.com",
            method="PUT",
            useragent=_NOT_NICE,
        ),
        source=Source(addr="registry:5000", instance_id=_ID),
        actor=actor,
    )


_MANIFEST = Target(
    kind=Kind.MANIFEST, repository="team/app", descriptor=_DESCRIPTOR, url=_URL
)

SAMPLES: Final = {
    "a push by tag": _event(
        Action.PUSH,
        Target(
            kind=Kind.MANIFEST,
            repository="team/app",
            descriptor=_DESCRIPTOR,
            tag="1.0",
            url=_URL,
        ),
        actor=_NOT_NICE,
    ),
    "a push by digest": _event(Action.PUSH, _MANIFEST),
    "a delete": _event(
        Action.DELETE,
        Target(kind=Kind.MANIFEST, repository="team/app", descriptor=_DESCRIPTOR),
    ),
    "a ping": _event(Action.PING, Target(kind=None, repository=None)),
}
