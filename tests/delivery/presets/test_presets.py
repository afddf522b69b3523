"""Each preset, against a receiver that checks what the real one checks."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.endpoint_fields import parse_fields
from notifier.delivery.pings import ping
from notifier.delivery.presets import PRESETS
from notifier.events.event import Action, Kind
from notifier.events.origin import Origin
from notifier.web.api.schemas.endpoints import EndpointSchema
from tests import factories
from tests.delivery.desk import Desk
from tests.delivery.presets import checking
from tests.delivery.presets.checking import HEADER_TOKEN, SIGNING_TOKEN, TOKEN, Check
from tests.receiver import Receiver


@dataclass(frozen=True)
class Case:
    """A receiver, what a person says of it, and what it makes of a push and a ping."""

    preset: str
    check: Check
    address: str
    of_push: Any
    of_ping: Any
    options: dict[str, str] = field(default_factory=dict)


CASES = [
    Case(
        "github",
        checking.github,
        "/api/v3",
        ("registry-push", "registry:5000/team/app:1.0"),
        ("ping", ""),
        {"repository": "acme/site", "token": HEADER_TOKEN},
    ),
    Case(
        "gitlab",
        checking.gitlab,
        "/",
        ("feature/x", "push"),
        ("feature/x", "ping"),
        {"project": "acme/app", "ref": "feature/x", "token": TOKEN},
    ),
    Case(
        "jenkins",
        checking.jenkins_notification,
        "/jenkins/",
        [("registry:5000/team/app", "1.0")],
        [],
        {"token": TOKEN},
    ),
    Case(
        "jenkins-generic",
        checking.jenkins_generic,
        "/jenkins",
        ("team/app", "1.0"),
        (None, None),
        {"token": HEADER_TOKEN},
    ),
    Case("tekton", checking.tekton, "/", "1.0", None),
    Case(
        "argo-events",
        checking.argo_events,
        "/registry",
        "1.0",
        None,
        {"token": HEADER_TOKEN},
    ),
    Case(
        "flux",
        checking.flux,
        "/hook/9f3a5c",
        "1.0",
        None,
        {"token": SIGNING_TOKEN},
    ),
    Case("keel", checking.keel, "", ["registry:5000/team/app:1.0"], []),
]
every_case = pytest.mark.parametrize("case", CASES, ids=[case.preset for case in CASES])


def _create(desk: Desk, receiver: Receiver, case: Case, **more: Any) -> Endpoint:
    url = receiver.url.removesuffix("/hook") + case.address
    preset = {"name": case.preset, "url": url, **case.options}
    return desk.create(**parse_fields({"preset": preset, **more}))


def _ping(desk: Desk, endpoint: Endpoint) -> None:
    event = factories.event()
    with desk.database.transaction() as transaction:
        ping(
            transaction,
            desk.recorder,
            desk.outbox,
            endpoint,
            Origin(request=event.request, source=event.source),
        )


def test_every_preset_is_tried_out_here() -> None:
    assert {case.preset for case in CASES} == set(PRESETS)


@every_case
def test_the_receiver_accepts_a_push_and_understands_it(
    desk: Desk, receiver: Receiver, case: Case
) -> None:
    understood: list[Any] = []
    receiver.behaviour = checking.checks(case.check, understood)
    _create(desk, receiver, case)
    desk.announce()

    delivery = desk.send()

    assert delivery.state is DeliveryState.DELIVERED, desk.attempts()
    assert understood == [case.of_push]


@every_case
def test_the_receiver_accepts_a_ping_and_builds_nothing_if_it_can_help_it(
    desk: Desk, receiver: Receiver, case: Case
) -> None:
    understood: list[Any] = []
    receiver.behaviour = checking.checks(case.check, understood)
    _ping(desk, _create(desk, receiver, case))

    delivery = desk.send()

    assert delivery.state is DeliveryState.DELIVERED, desk.attempts()
    assert understood == [case.of_ping]


@every_case
def test_only_pushes_by_tag_are_told_unless_more_is_asked_for(
    desk: Desk, receiver: Receiver, case: Case
) -> None:
    endpoint = _create(desk, receiver, case, filters={"repositories": ["team/**"]})

    [push, *_] = desk.announce(
        factories.event(),
        factories.event(tag=None),
        factories.event(Action.DELETE),
        factories.event(Action.PULL),
        factories.event(kind=Kind.BLOB),
        factories.event(repository="other"),
    )

    assert [d.event_id for d in desk.deliveries(endpoint=endpoint.id)] == [push.id]


@every_case
def test_its_token_is_shown_nowhere(desk: Desk, receiver: Receiver, case: Case) -> None:
    receiver.behaviour = checking.checks(case.check, [])
    endpoint = _create(desk, receiver, case)
    desk.announce()

    with structlog.testing.capture_logs() as lines:
        desk.send()

    shown = repr((EndpointSchema().dump(endpoint), repr(endpoint), lines))
    for token in (HEADER_TOKEN, TOKEN, "t0ken%2F%2B"):
        assert token not in shown


@pytest.mark.parametrize(
    ("preset", "field", "value"),
    [
        ("github", "token", "wrong"),
        ("gitlab", "token", "wrong"),
        ("gitlab", "project", "acme/other"),
        ("jenkins", "token", "wrong"),
        ("jenkins-generic", "token", "wrong"),
        ("argo-events", "token", "wrong"),
        ("flux", "token", "wrong" * 4),
    ],
)
def test_the_receivers_here_do_look_at_what_they_are_sent(
    desk: Desk, receiver: Receiver, preset: str, field: str, value: str
) -> None:
    [case] = [case for case in CASES if case.preset == preset]
    receiver.behaviour = checking.checks(case.check, [])
    wrong = {"name": preset, "url": receiver.url.removesuffix("/hook") + case.address}
    desk.create(**parse_fields({"preset": {**wrong, **case.options, field: value}}))
    desk.announce()

    delivery = desk.send()

    assert delivery.state is DeliveryState.PENDING


def test_an_event_source_without_secret_gets_no_token() -> None:
    preset = {"name": "argo-events", "url": "http://events.example.com/registry"}

    fields = parse_fields({"preset": preset})

    assert fields["headers"] == {"Content-Type": "application/json"}
