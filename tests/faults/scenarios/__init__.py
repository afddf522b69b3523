"""What can go wrong: a module for each kind, and a line here."""

from tests.faults.scenarios import (
    blob_damaged,
    clients_ill,
    clock_back,
    disk_full,
    flush,
    host_dead,
    kill,
    kill_one,
    postgresql_ill,
    receivers_ill,
    redis_ill,
    redis_stop,
    sqlite_ill,
)

SCENARIOS = {
    each.name: each
    for each in (
        kill.SCENARIO,
        kill_one.WEB,
        kill_one.WORKER,
        kill_one.REDIS,
        kill_one.SUPERVISOR,
        flush.SCENARIO,
        redis_stop.SCENARIO,
        redis_ill.FULL,
        redis_ill.SLOW,
        postgresql_ill.CUT,
        postgresql_ill.RESTART,
        postgresql_ill.EXHAUSTED,
        sqlite_ill.LOCKED,
        sqlite_ill.READ_ONLY,
        disk_full.BLOBS,
        disk_full.ALL,
        blob_damaged.SCENARIO,
        receivers_ill.DOWN,
        receivers_ill.FLAPPING,
        receivers_ill.HANGING,
        receivers_ill.FAILING,
        clients_ill.GONE,
        clients_ill.SLOW,
        clients_ill.FLOOD,
        clock_back.SCENARIO,
        host_dead.SCENARIO,
    )
}
