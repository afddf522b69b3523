"""How an endpoint may be sent to."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.policy import POLICY_FIELDS, Policy
from notifier.delivery.schedule import SCHEDULES

_GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "retry": st.sampled_from(sorted(SCHEDULES))
        | st.lists(st.floats(0, 604_800), min_size=1, max_size=20),
        "max_in_flight": st.integers(1, 64),
        "rate_limit": st.none() | st.floats(0.01, 10_000),
        "max_batch": st.integers(1, 1000),
        "linger_ms": st.integers(0, 60_000),
        "ordered": st.sampled_from([None, "repository"]),
        "supersede": st.sampled_from([None, "tag"]),
        "disable_after_s": st.none() | st.floats(60, 31_536_000),
    },
)


@given(_GIVEN)
def test_what_is_rendered_reads_the_same(given: dict[str, Any]) -> None:
    policy = Policy.parse(given)

    assert Policy.parse(policy.render()) == policy


@given(_GIVEN, _GIVEN)
def test_a_change_leaves_the_other_fields(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert Policy.parse(first).changed(second) == Policy.parse({**first, **second})


def test_every_field_can_be_given() -> None:
    assert {field.name for field in fields(Policy)} == set(POLICY_FIELDS)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_a_named_schedule_begins_at_once_and_ends(name: str) -> None:
    delays_s = Policy.parse({"retry": name}).delays_s

    assert delays_s[0] == 0
    assert list(delays_s) == sorted(delays_s)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("retry", "often"),
        ("retry", []),
        ("retry", [0] * 21),
        ("retry", [-1]),
        ("retry", [0, float("nan")]),
        ("retry", [604_801]),
        ("retry", ["5s"]),
        ("retry", 5),
        ("max_in_flight", 0),
        ("max_in_flight", 65),
        ("max_in_flight", 1.5),
        ("max_in_flight", True),
        ("rate_limit", 0),
        ("rate_limit", 10_001),
        ("rate_limit", float("inf")),
        ("rate_limit", "10"),
        ("max_batch", 0),
        ("max_batch", 1001),
        ("linger_ms", -1),
        ("linger_ms", 60_001),
        ("ordered", "tag"),
        ("ordered", True),
        ("supersede", "repository"),
        ("disable_after_s", 59),
        ("disable_after_s", 31_536_001),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        Policy.parse({field: value})

    assert refusal.value.field == field
