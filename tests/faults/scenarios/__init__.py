"""What can go wrong: a module for each, and a line here."""

from tests.faults.scenarios import flush, kill, redis_stop

SCENARIOS = {
    each.name: each for each in (kill.SCENARIO, flush.SCENARIO, redis_stop.SCENARIO)
}
