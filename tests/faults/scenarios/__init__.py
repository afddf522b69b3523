"""What can go wrong: a module for each kind, and a line here."""

from tests.faults.scenarios import (
    database_ill,
    flush,
    kill,
    kill_one,
    redis_ill,
    redis_stop,
)

SCENARIOS = {
    each.name: each
    for each in (
        kill.SCENARIO,
        kill_one.WEB,
        kill_one.WORKER,
        kill_one.SUPERVISOR,
        flush.SCENARIO,
        redis_stop.SCENARIO,
        redis_ill.FULL,
        redis_ill.SLOW,
        database_ill.CUT,
        database_ill.LOCKED,
    )
}
