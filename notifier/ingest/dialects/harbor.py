"""What Harbor sends: its Default payload, and its CloudEvents.

Both tell of one or several artifacts of a repository. The Default payload has no id: it
is known by what it says, to the second. Harbor tells of much else, of scans and quotas,
that is no event here.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from notifier.events.event import Action
from notifier.ingest import reading
from notifier.ingest.dialects.claim import Claim
from notifier.ingest.dialects.dialect import Dialect, Incoming
from notifier.ingest.errors import EventRefused
from notifier.ingest.source import Receipt, SourceKind

# The last three are those of Harbor 1.
_ACTIONS: Final = {
    "PUSH_ARTIFACT": Action.PUSH,
    "PULL_ARTIFACT": Action.PULL,
    "DELETE_ARTIFACT": Action.DELETE,
    "harbor.artifact.pushed": Action.PUSH,
    "harbor.artifact.pulled": Action.PULL,
    "harbor.artifact.deleted": Action.DELETE,
    "pushImage": Action.PUSH,
    "pullImage": Action.PULL,
    "deleteImage": Action.DELETE,
}
_NOBODY: Final = "anonymous"


class Harbor(Dialect):
    """``{"type": …, "occur_at": …, "operator": …, "event_data": …}``."""

    kind: ClassVar[SourceKind] = SourceKind.HARBOR

    def recognises(self, document: Any) -> bool:
        """Tell whether it is a Default payload."""
        return type(document) is dict and {"type", "occur_at"} <= document.keys()

    def split(self, document: Any) -> Sequence[Any]:
        """Return each artifact, with what is told of all of them."""
        named = {name: document.get(name) for name in ("type", "occur_at", "operator")}
        return [named | part for part in _parts(document.get("event_data"))]

    def read(self, part: Any, receipt: Receipt) -> Incoming:
        """Read what happened to one artifact."""
        at_ns = reading.seconds(part["occur_at"], "occur_at")
        claim = _Artifact(part).claim((str(part["occur_at"]),), at_ns=at_ns)
        return claim.incoming(receipt)


class HarborCloudEvents(Dialect):
    """CloudEvents 1.0, structured: one, or a batch of them."""

    kind: ClassVar[SourceKind] = SourceKind.HARBOR

    def recognises(self, document: Any) -> bool:
        """Tell whether all of it is CloudEvents of Harbor's."""
        events = document if type(document) is list else [document]
        return bool(events) and all(map(_is_cloudevent, events))

    def split(self, document: Any) -> Sequence[Any]:
        """Return each artifact, with the attributes of its event."""
        events = document if type(document) is list else [document]
        names = ("type", "id", "time", "operator", "requestid")
        return [
            {name: event.get(name) for name in names} | part
            for event in events
            for part in _parts(event.get("data"))
        ]

    def read(self, part: Any, receipt: Receipt) -> Incoming:
        """Read what happened to one artifact."""
        id_ = reading.given(part["id"], "id", reading.MAX_ID)
        claim = _Artifact(part).claim(
            (id_,),
            id=id_,
            at_ns=reading.moment(part["time"], "time"),
            request_id=reading.uuid(part["requestid"], "requestid"),
        )
        return claim.incoming(receipt)


class _Artifact:
    """An artifact, and what was done to it by whom."""

    def __init__(self, part: dict[str, Any]) -> None:
        kind = reading.given(part["type"], "type")
        if kind not in _ACTIONS:
            raise EventRefused(
                f"type: {reading.shown(kind)} is no push, pull or delete"
            )
        self._action = _ACTIONS[kind]
        self._operator = reading.text(part["operator"], "operator")
        self._repository = _name_of(part["repository"])
        told = reading.obj(part["resource"], "resources")
        named = told.get("digest")
        self._digest = reading.digest(named, "resources.digest") if named else None
        tag = told.get("tag")
        # Without a tag, the digest stands in its place.
        self._tag = None if tag == named else reading.tag(tag, "resources.tag")
        url = reading.text(told.get("resource_url"), "resources.resource_url", 1024)
        self._host = reading.text(url.partition("/")[0], "resources.resource_url")

    def claim(self, known_by: tuple[str, ...], **more: Any) -> Claim:
        """Make a claim of it, by what is *known_by* of the whole payload."""
        about = self._repository, str(self._digest), str(self._tag)
        return Claim(
            action=self._action,
            host=self._host,
            repository=self._repository,
            known_by=(*known_by, self._action, self._operator, *about),
            tag=self._tag,
            digest=self._digest,
            actor=None if self._operator in {"", _NOBODY} else self._operator,
            **more,
        )


def _is_cloudevent(event: Any) -> bool:
    if type(event) is not dict or "specversion" not in event:
        return False
    return str(event.get("type")).startswith("harbor.")


def _parts(value: Any) -> Sequence[dict[str, Any]]:
    """Return each artifact with its repository; one that is none if there is none."""
    data = value if type(value) is dict else {}
    resources = data.get("resources")
    repository = data.get("repository")
    if type(resources) is not list or not resources:
        resources = [None]
    return [{"repository": repository, "resource": each} for each in resources]


def _name_of(value: Any) -> str:
    told = reading.obj(value, "repository")
    full = reading.text(told.get("repo_full_name"), "repository.repo_full_name")
    if full:
        return full
    namespace = reading.text(told.get("namespace"), "repository.namespace")
    name = reading.given(told.get("name"), "repository.name")
    return f"{namespace}/{name}" if namespace else name
