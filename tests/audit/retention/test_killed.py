"""Whoever is killed, whenever: each event is in the table or in an archive."""

import random
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from notifier.audit.retention import archives
from notifier.audit.retention.archive import ArchiveState
from notifier.audit.retention.runs import RunState
from notifier.db import Database
from notifier.events.event import Action
from notifier.storage import FilesystemStorage
from tests.audit.retention.mortal import Mortal
from tests.audit.retention.site import Site, rule

_MOST_LIVES = 400
# To write an archive takes some thirty points, to take its rows away some twelve.
_POINTS = 36

pytestmark = pytest.mark.timeout(300)


def _check(site: Site, all_ids: list[UUID]) -> None:
    """See that nothing is missing, and twice only what is on its way."""
    in_table = Counter(site.ids())
    moving: set[UUID] = set()
    in_archives: Counter[UUID] = Counter()
    for archive in site.archives():
        ids = site.archived(archive)
        in_archives.update(ids)
        if archive.state is not ArchiveState.ARCHIVED:
            moving.update(ids)
    assert set(in_table) | set(in_archives) == set(all_ids)
    assert max(in_archives.values(), default=0) <= 1
    assert set(in_table) & set(in_archives) <= moving


def _fill(site: Site) -> list[UUID]:
    return sorted(
        [
            *site.record_many(100, 300),
            *site.record_many(100, 60, action=Action.PUSH),
            *site.record_many(1, 5),
        ]
    )


@pytest.fixture(name="site")
def _site(database: Database, tmp_path: Path) -> Site:
    return Site(database, tmp_path)


def test_a_process_may_die_at_any_point_of_its_work(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    rng, all_ids = random.Random(1), _fill(site)
    site.rule(rule(actions=["pull"]))
    run = site.ask()
    before = site.rows()

    lives = _live(site, all_ids, database_url, tmp_path, rng)

    assert lives > 10
    assert site.again(run).state is RunState.DONE
    assert len(site.ids()) == 65
    assert all(it.state is ArchiveState.ARCHIVED for it in site.archives())
    assert sorted([*site.ids(), *site.all_archived()]) == all_ids
    assert len(site.files()) == 2 * len(site.archives())

    with site.database.transaction() as transaction:
        for archive in site.archives():
            archives.restore(transaction, archive.id)
    _live(site, all_ids, database_url, tmp_path, rng)
    assert site.rows() == before


def _live(
    site: Site, all_ids: list[UUID], url: str, folder: Path, rng: random.Random
) -> int:
    """Let processes go on, each until its death, till all is done; count them."""
    for lives in range(1, _MOST_LIVES):
        is_done = Mortal(url, folder, dies_at=rng.randrange(_POINTS)).is_done()
        _check(site, all_ids)
        if is_done:
            return lives
    raise AssertionError("they have come to no end")


def test_a_process_may_be_killed_at_any_moment(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    rng, all_ids = random.Random(1), _fill(site)
    site.rule(rule(actions=["pull"]))
    run = site.ask()

    for life in range(_MOST_LIVES):
        mortal = Mortal(database_url, tmp_path, dies_at=None)
        # On a machine that is busy, a process takes long to begin.
        time.sleep(rng.uniform(0.01, 0.1 * 1.2**life))
        mortal.kill()
        is_done = mortal.is_done()
        _check(site, all_ids)
        if is_done:
            break

    assert site.again(run).state is RunState.DONE
    assert sorted([*site.ids(), *site.all_archived()]) == all_ids


def test_the_files_alone_tell_what_left(tmp_path: Path, site: Site) -> None:
    """Another storage object on the same folder reads them, as after a restart."""
    old = site.record_many(100, 30)
    site.run(rule())

    reopened = Site(site.database, tmp_path)
    assert isinstance(reopened.storage, FilesystemStorage)
    assert reopened.all_archived() == old
