"""What several formats say of an event in the same words."""

from typing import Final

from notifier.events.event import Action, Event, Kind

# A format that knows nothing but pushes tells a ping as a push of this, which nobody
# has: it starts no build.
PING_REPOSITORY: Final = "notifier/ping"
PING_TAG: Final = "ping"


def is_push_by_tag(event: Event) -> bool:
    """Tell whether *event* is what most services call a push. A ping counts as one."""
    return event.action is Action.PING or (
        event.action is Action.PUSH
        and event.target.kind is Kind.MANIFEST
        and event.target.tag is not None
    )


def repository_of(event: Event) -> str:
    """Return the repository's name."""
    return event.target.repository or PING_REPOSITORY


def tag_of(event: Event) -> str:
    """Return the tag of a push by tag."""
    return event.target.tag or PING_TAG


def digest_of(event: Event) -> str:
    """Return the digest, or nothing if there is none."""
    descriptor = event.target.descriptor
    return str(descriptor.digest) if descriptor else ""


def reference_of(event: Event) -> str:
    """Name the target as a client would: ``team/app:1.0``, ``team/app@sha256:…``."""
    repository, tag = repository_of(event), event.target.tag
    if tag is not None:
        return f"{repository}:{tag}"
    digest = digest_of(event)
    return f"{repository}@{digest}" if digest else repository


def split_repository(repository: str) -> tuple[str, str]:
    """Return namespace and name: all before the last component, and that."""
    namespace, _slash, name = repository.rpartition("/")
    return namespace, name


def base_url_of(event: Event) -> str:
    """Return the registry's address, without a path where the event tells its own."""
    url = event.target.url
    return url.partition("/v2/")[0] if url else f"https://{event.request.host}"
