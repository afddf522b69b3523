"""The commands that bring events back from archives, and take them away again."""

from collections.abc import Callable, Sequence
from uuid import UUID

import click

from notifier.audit.retention import archives as store
from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.errors import ArchiveDamaged
from notifier.cli.archives import find_archives, time_options
from notifier.cli.place import Place, open_place
from notifier.cli.retaining import (
    open_archives,
    say_who_does_it,
    wait_option,
    wait_until,
)
from notifier.db import Transaction
from notifier.events.event import Action

_MOVING = {ArchiveState.LEAVING, ArchiveState.RETURNING}
_AWAY = {ArchiveState.LEAVING, ArchiveState.ARCHIVED}


@click.command()
@click.argument("archives", nargs=-1, type=click.UUID)
@time_options
@wait_option
def restore(
    archives: Sequence[UUID], *, since: int | None, until: int | None, wait: bool
) -> None:
    """Put the events of ARCHIVES, or of archives of a time, back into the log.

    They are as they were, and stay until the archives are released; nobody is told of
    them again.

    \b
    Examples:
      notifier events restore --since 2026-01-01 --until 2026-02-01 --wait
      notifier events restore 0196db4e-7027-7001-8027-9f3a5c000051
    """
    with open_place() as place:
        open_archives(place)
        found = _choose(place, archives, since, until, away=True)
        turned = _turn(place, found, store.restore, Action.ARCHIVE_RESTORE)
        _tell(place, turned, "restored", wait=wait)


@click.command()
@click.argument("archives", nargs=-1, type=click.UUID)
@time_options
@wait_option
def release(
    archives: Sequence[UUID], *, since: int | None, until: int | None, wait: bool
) -> None:
    """Take the events of restored ARCHIVES, or of those of a time, away again.

    \b
    Examples:
      notifier events release --since 2026-01-01 --until 2026-02-01
      notifier events release 0196db4e-7027-7001-8027-9f3a5c000051 --wait
    """
    with open_place() as place:
        found = _choose(place, archives, since, until, away=False)
        turned = _turn(place, found, store.release, Action.ARCHIVE_RELEASE)
        _tell(place, turned, "released", wait=wait)


def _choose(
    place: Place,
    ids: Sequence[UUID],
    since: int | None,
    until: int | None,
    *,
    away: bool,
) -> Sequence[UUID]:
    """Return those that are named, or those of a time whose events are *away*."""
    if ids:
        return ids
    if since is None and until is None:
        raise click.UsageError("name archives, or say --since or --until when")
    found = find_archives(place, since, until)
    return [archive.id for archive in found if (archive.state in _AWAY) is away]


def _turn(
    place: Place,
    ids: Sequence[UUID],
    change: Callable[[Transaction, UUID], Archive],
    action: Action,
) -> Sequence[Archive]:
    """Change the states of archives: of all or of none."""
    turned = []
    with place.database.transaction() as transaction:
        for id_ in ids:
            archive = change(transaction, id_)
            place.record(transaction, action, **archive.described())
            turned.append(archive)
    return turned


def _tell(
    place: Place, turned: Sequence[Archive], participle: str, *, wait: bool
) -> None:
    """Say what is done, or is going to be."""
    events = sum(archive.events for archive in turned)
    what = f"{len(turned)} archives of {events:,} events"
    if wait:
        _wait(place, turned)
        click.echo(f"{participle}: {what}")
    else:
        click.echo(f"to be {participle}: {what}")
        say_who_does_it()


def _wait(place: Place, turned: Sequence[Archive]) -> None:
    """Wait for archives to be where they belong; raise `ArchiveDamaged`."""

    def tell() -> str | None:
        with place.database.read() as connection:
            found = [store.get_archive(connection, it.id) for it in turned]
        moving = [archive for archive in found if archive.state in _MOVING]
        for archive in moving:
            if archive.error:
                raise ArchiveDamaged(f"archive {archive.id}: {archive.error}")
        return f"{len(found) - len(moving)} of {len(found)}" if moving else None

    wait_until(place, tell)
