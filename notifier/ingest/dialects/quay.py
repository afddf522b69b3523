"""What Quay sends when a repository was pushed to: the tags that were updated.

There is no time in it, no id, no digest and nobody who did it: an event has happened
when it came, and the same tag within five minutes is the same event. Quay tells of much
else, of builds and vulnerabilities, that is no event here.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from notifier.events.event import Action
from notifier.ingest import reading
from notifier.ingest.dialects.claim import Claim
from notifier.ingest.dialects.dialect import Dialect, Incoming
from notifier.ingest.errors import EventRefused
from notifier.ingest.source import Receipt, SourceKind


class Quay(Dialect):
    """``{"repository": …, "docker_url": …, "updated_tags": […]}``."""

    kind: ClassVar[SourceKind] = SourceKind.QUAY

    def recognises(self, document: Any) -> bool:
        """Tell whether it is about a repository of Quay's."""
        return type(document) is dict and {"docker_url", "homepage"} <= document.keys()

    def split(self, document: Any) -> Sequence[Any]:
        """Return each tag, with its repository."""
        named = {name: document.get(name) for name in ("repository", "docker_url")}
        tags = document.get("updated_tags")
        if type(tags) is not list or not tags:
            tags = [None]
        return [named | {"updated_tag": tag} for tag in tags]

    def read(self, part: Any, receipt: Receipt) -> Incoming:
        """Read the push of one tag."""
        if part["updated_tag"] is None:
            raise EventRefused("updated_tags: is missing, and so it is no push")
        name = reading.given(part["repository"], "repository")
        url = reading.text(part["docker_url"], "docker_url", 1024)
        tag = reading.tag(part["updated_tag"], "updated_tags")
        return Claim(
            action=Action.PUSH,
            host=reading.text(url.partition("/")[0], "docker_url"),
            repository=name,
            known_by=(url, name, str(tag)),
            tag=tag,
        ).incoming(receipt)
