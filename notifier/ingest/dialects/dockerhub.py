"""What Docker Hub sends: a push by tag, without a digest, and without an id.

It is known by what it says, to the second. https://docs.docker.com/docker-hub/webhooks/
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from notifier.events.event import Action
from notifier.ingest import reading
from notifier.ingest.dialects.claim import Claim
from notifier.ingest.dialects.dialect import Dialect, Incoming
from notifier.ingest.source import Receipt, SourceKind

HOST: Final = "docker.io"


class DockerHub(Dialect):
    """``{"push_data": …, "repository": …, "callback_url": …}``."""

    kind: ClassVar[SourceKind] = SourceKind.DOCKERHUB

    def recognises(self, document: Any) -> bool:
        """Tell whether it tells of a push."""
        return type(document) is dict and {"push_data", "repository"} <= document.keys()

    def split(self, document: Any) -> Sequence[Any]:
        """Return it."""
        return [document]

    def read(self, part: Any, receipt: Receipt) -> Incoming:
        """Read the push."""
        pushed = reading.obj(part["push_data"], "push_data")
        about = reading.obj(part["repository"], "repository")
        name = reading.given(about.get("repo_name"), "repository.repo_name")
        tag = reading.tag(
            reading.given(pushed.get("tag"), "push_data.tag"), "push_data.tag"
        )
        pusher = reading.text(pushed.get("pusher"), "push_data.pusher")
        at_ns = reading.seconds(pushed.get("pushed_at"), "push_data.pushed_at")
        return Claim(
            action=Action.PUSH,
            host=HOST,
            repository=name,
            known_by=(name, str(tag), pusher, str(at_ns)),
            at_ns=at_ns,
            tag=tag,
            actor=pusher or None,
        ).incoming(receipt)
