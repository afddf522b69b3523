"""A past: the events that a registry would have seen in two years.

Some repositories have most of the pulls, by Zipf's law, and one image has a tenth of
them all. A build pushes two blobs and a manifest under two tags; whatever else is no
pull is pushed again, promoted to another tag, mounted or deleted.
"""

import random
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from benchmarks.strangers import Strangers, Zipf
from notifier.events.event import Action, Descriptor, Event, Kind, TagChange, Target
from notifier.ids import uuid7
from notifier.registry import media_types
from notifier.registry.digest import Digest

REPOSITORIES: Final = 10_000
HOT: Final = "library/base"

_SPAN_NS: Final = 2 * 365 * 86_400 * 10**9
_CONFIG_TYPE: Final = "application/vnd.oci.image.config.v1+json"
_REGISTRY: Final = "https://registry.example.com/v2"
_KEPT_IMAGES: Final = 50
_DRAWN_AT_ONCE: Final = 10_000
_METHODS: Final = {
    Action.PUSH: "PUT",
    Action.PULL: "GET",
    Action.MOUNT: "POST",
    Action.DELETE: "DELETE",
}

# How often each thing is done. By the events that each makes, nine of ten events are
# pulls, and fifty events bring one new digest.
_ACTS: Final = {
    "build": 0.0067,
    "push_again": 0.0138,
    "promote": 0.01,
    "mount": 0.004,
    "delete_tag": 0.004,
    "pull_hot": 0.1,
    "pull_manifest": 0.2,
    "pull_all": 0.2,
}


@dataclass(frozen=True, slots=True)
class _Image:
    """A manifest that was pushed under a tag, and its blobs."""

    tag: str
    manifest: Descriptor
    blobs: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class _Repository:
    """A repository, and the newest of its images."""

    number: int
    name: str
    images: deque[_Image]


class Past:
    """So many *events* until now, the oldest first."""

    def __init__(self, events: int, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self._strangers = Strangers(self._rng)
        self._zipf = Zipf(self._rng, REPOSITORIES)
        self._known: dict[int, _Repository] = {}
        self._used: list[_Repository] = []
        self._events = events
        self._step_ns = _SPAN_NS // events
        self._now_ns = time.time_ns() - _SPAN_NS
        self._builds = 0

    def __iter__(self) -> Iterator[Event]:
        """Yield the events."""
        for made, event in enumerate(self._go_on()):
            if made == self._events:
                return
            yield event

    def _go_on(self) -> Iterator[Event]:
        yield from self._build(self._repository(0))
        self._hot = self._used[0].images[0]
        acts = [getattr(self, f"_{name}") for name in _ACTS]
        weights = list(accumulate(_ACTS.values()))
        while True:
            for act in self._rng.choices(acts, cum_weights=weights, k=_DRAWN_AT_ONCE):
                repository = self._repository(self._zipf.draw())
                if not repository.images and act != self._build:
                    # Nothing was pushed there yet: it is done to another.
                    repository = self._rng.choice(self._used)
                yield from act(repository)

    def _repository(self, number: int) -> _Repository:
        found = self._known.get(number)
        if found is None:
            name = f"team-{number % 200}/app-{number}" if number else HOT
            found = _Repository(number, name, deque(maxlen=_KEPT_IMAGES))
            self._known[number] = found
        return found

    def _build(self, repository: _Repository) -> Iterable[Event]:
        self._builds += 1
        image = _Image(
            tag=f"1.{self._builds}",
            manifest=self._descriptor(media_types.OCI_MANIFEST, 1024),
            blobs=(
                self._descriptor(media_types.BLOB, 4096),
                self._descriptor(media_types.BLOB, 2**25),
            ),
        )
        before = repository.images[-1] if repository.images else None
        if before is None:
            self._used.append(repository)
        repository.images.append(image)
        for blob in image.blobs:
            yield self._event(Action.PUSH, repository, blob)
        yield self._push(repository, image, image.tag, TagChange.NEW)
        if before is None:
            yield self._push(repository, image, "latest", TagChange.NEW)
            return
        yield self._push(
            repository, image, "latest", TagChange.MOVED, before.manifest.digest
        )

    def _push_again(self, repository: _Repository) -> Iterable[Event]:
        image = self._rng.choice(repository.images)
        for blob in (*image.blobs, image.blobs[0]):
            yield self._event(Action.PUSH, repository, blob)
        yield self._push(repository, image, image.tag, TagChange.UNCHANGED)

    def _promote(self, repository: _Repository) -> Iterable[Event]:
        image = self._rng.choice(repository.images)
        yield self._push(repository, image, "production", TagChange.MOVED)

    def _mount(self, repository: _Repository) -> Iterable[Event]:
        blob = self._rng.choice(repository.images).blobs[1]
        yield self._event(Action.MOUNT, repository, blob, from_repository=HOT)

    def _delete_tag(self, repository: _Repository) -> Iterable[Event]:
        image = repository.images[0]
        yield self._event(Action.DELETE, repository, image.manifest, image.tag)

    def _pull_hot(self, _: _Repository) -> Iterable[Event]:
        yield self._event(Action.PULL, self._used[0], self._hot.manifest, "stable")

    def _pull_manifest(self, repository: _Repository) -> Iterable[Event]:
        image = self._rng.choice(repository.images)
        yield self._event(Action.PULL, repository, image.manifest, image.tag)

    def _pull_all(self, repository: _Repository) -> Iterable[Event]:
        image = repository.images[-1]
        yield self._event(Action.PULL, repository, image.manifest, "latest")
        for blob in image.blobs:
            yield self._event(Action.PULL, repository, blob)

    def _push(
        self,
        repository: _Repository,
        image: _Image,
        tag: str,
        change: TagChange,
        previous: Digest | None = None,
    ) -> Event:
        return self._event(
            Action.PUSH,
            repository,
            image.manifest,
            tag,
            tag_change=change,
            previous_digest=previous,
        )

    def _event(
        self,
        action: Action,
        repository: _Repository,
        content: Descriptor,
        tag: str | None = None,
        from_repository: str | None = None,
        **more: Any,
    ) -> Event:
        self._now_ns += self._step_ns
        is_blob = content.media_type == media_types.BLOB
        url = f"{_REGISTRY}/{repository.name}/{'blobs' if is_blob else 'manifests'}"
        is_pull = action is Action.PULL
        strangers = self._strangers
        actor = strangers.puller() if is_pull else strangers.robot(repository.number)
        return Event(
            id=uuid7(self._now_ns),
            timestamp_ns=self._now_ns,
            action=action,
            target=Target(
                kind=Kind.BLOB if is_blob else Kind.MANIFEST,
                repository=repository.name,
                descriptor=content,
                tag=tag,
                from_repository=from_repository,
                url=None if action is Action.DELETE else f"{url}/{content.digest}",
                artifact_type=None if is_blob else _CONFIG_TYPE,
            ),
            request=strangers.request(_METHODS[action], self._now_ns),
            source=strangers.node(),
            actor=actor,
            credential="token" if actor else None,
            **more,
        )

    def _descriptor(self, media_type: str, size: int) -> Descriptor:
        digest = Digest(f"sha256:{self._rng.randbytes(32).hex()}")
        return Descriptor(media_type=media_type, digest=digest, size=size)
