"""Permissions: permits, each on the repositories that some globs name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

from notifier.access.overlap import overlaps
from notifier.access.permits import Permit
from notifier.globs import matches

EVERYWHERE: Final = ("**",)

_MAX_ANSWERS = 1024

# Some permits, and globs of the repositories that they are for.
Given = tuple[Iterable[Permit], Sequence[str]]

_Globs = tuple[str, ...]


class Permissions:
    """What somebody may do. Answers are remembered; threads may share it."""

    def __init__(self, *layers: Mapping[Permit, _Globs]) -> None:
        """Allow what each of the *layers* allows."""
        self.layers = layers
        self._answers: dict[tuple[Permit, str | None], bool] = {}
        self._globs: dict[Permit, _Globs] = {}

    @classmethod
    def of(cls, given: Iterable[Given]) -> Self:
        """Add up what is *given*."""
        globs: dict[Permit, dict[str, None]] = {}
        for permits, repositories in given:
            for permit in permits:
                globs.setdefault(permit, {}).update(dict.fromkeys(repositories))
        if Permit.ADMIN in globs:
            globs = {permit: dict.fromkeys(EVERYWHERE) for permit in Permit}
        return cls({permit: _shortest(named) for permit, named in globs.items()})

    def and_also(self, other: "Permissions") -> "Permissions":
        """Return what both allow."""
        return Permissions(*self.layers, *other.layers)

    def allow(self, permit: Permit, repository: str | None = None) -> bool:
        """Tell whether *permit* is given on *repository*; None: on any at all."""
        asked = (permit, repository)
        known = self._answers.get(asked)
        if known is None:
            known = self._decide(permit, repository)
            if len(self._answers) >= _MAX_ANSWERS:
                self._answers.clear()
            self._answers[asked] = known
        return known

    def globs_for(self, permit: Permit) -> _Globs:
        """Return globs of exactly the repositories on which *permit* is given."""
        known = self._globs.get(permit)
        if known is None:
            known = self._globs[permit] = self._find_globs(permit)
        return known

    def _decide(self, permit: Permit, repository: str | None) -> bool:
        if repository is None:
            return bool(self.globs_for(permit))
        return all(
            any(matches(glob, repository) for glob in layer.get(permit, ()))
            for layer in self.layers
        )

    def _find_globs(self, permit: Permit) -> _Globs:
        found: _Globs = EVERYWHERE
        for layer in self.layers:
            found = _shortest(overlaps(found, layer.get(permit, ())))
        return found


def _shortest(globs: Iterable[str]) -> _Globs:
    given = tuple(dict.fromkeys(globs))
    return EVERYWHERE if "**" in given else given


NOTHING: Final = Permissions({})
EVERYTHING: Final = Permissions.of([([Permit.ADMIN], EVERYWHERE)])
