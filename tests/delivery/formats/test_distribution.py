"""The envelope, by its two names."""

import pytest

from notifier.events.envelope import dump_event
from tests.delivery.formats.told import ALL, DELETE, PUSH, render, tellable, told


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_the_version_is_that_of_the_content_type_alone(version: str) -> None:
    message = render({"type": "distribution", "version": version})

    assert message.content_type == (
        f"application/vnd.docker.distribution.events.{version}+json"
    )
    assert message.body == render("distribution").body


def test_it_tells_everything() -> None:
    assert tellable("distribution") == set(ALL)


def test_several_events_stand_in_one_envelope() -> None:
    assert told("distribution", PUSH, DELETE) == {
        "events": [dump_event(PUSH), dump_event(DELETE)]
    }
