"""Which events an endpoint wants."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.filters import Filters
from notifier.events.event import Action, Event, Kind
from tests import factories

_NAMES = st.text("abc/.*", min_size=1, max_size=10)
_LISTS = {
    "repositories": st.lists(_NAMES, min_size=1, max_size=3),
    "tags": st.lists(_NAMES, min_size=1, max_size=3),
    "media_types": st.lists(_NAMES, min_size=1, max_size=3),
    "actions": st.lists(
        st.sampled_from(["*", "push", "pull", "mount", "delete"]), min_size=1
    ),
    "kinds": st.lists(st.sampled_from(["*", "manifest", "blob"]), min_size=1),
}
_FILTERS = st.fixed_dictionaries(
    {}, optional={**_LISTS, "exclude": st.fixed_dictionaries({}, optional=_LISTS)}
)
_EVENTS = st.builds(
    factories.event,
    st.sampled_from([Action.PUSH, Action.PULL, Action.MOUNT, Action.DELETE]),
    repository=st.sampled_from(["a", "a/b", "a/b/c", "c"]),
    tag=st.sampled_from([None, "a", "b.c"]),
    kind=st.sampled_from(Kind),
)


@pytest.mark.parametrize(
    ("action", "kind", "wanted"),
    [
        (Action.PUSH, Kind.MANIFEST, True),
        (Action.DELETE, Kind.MANIFEST, True),
        (Action.PULL, Kind.MANIFEST, False),
        (Action.PUSH, Kind.BLOB, False),
        (Action.MOUNT, Kind.BLOB, False),
    ],
)
def test_without_filters_pushes_and_deletes_of_manifests_are_wanted(
    action: Action, kind: Kind, *, wanted: bool
) -> None:
    assert Filters.parse({}).wants(factories.event(action, kind=kind)) is wanted


@given(_EVENTS)
def test_stars_are_everything(event: Event) -> None:
    assert Filters.parse({"actions": ["*"], "kinds": ["*"]}).wants(event)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"repositories": ["team/*"]}, True),
        ({"repositories": ["other/*", "team/app"]}, True),
        ({"repositories": ["other/*"]}, False),
        ({"tags": ["1.*"]}, True),
        ({"tags": ["2.*"]}, False),
        ({"tags": ["1.*"], "repositories": ["other"]}, False),
        ({"media_types": ["application/vnd.oci.image.*"]}, True),
        ({"media_types": ["application/vnd.docker.*"]}, False),
        ({"exclude": {"tags": ["1.0"]}}, False),
        ({"exclude": {"tags": ["2.0"]}}, True),
        ({"exclude": {"repositories": ["other"], "tags": ["1.0"]}}, False),
        ({"exclude": {}}, True),
        ({"actions": ["*"], "exclude": {"actions": ["push"]}}, False),
    ],
)
def test_every_list_must_name_the_event_and_nothing_excluded_may(
    filters: dict[str, Any], *, wanted: bool
) -> None:
    event = factories.event(repository="team/app", tag="1.0")

    assert Filters.parse(filters).wants(event) is wanted


def test_an_event_without_a_tag_is_not_wanted_where_tags_are_asked_for() -> None:
    event = factories.event(tag=None)

    assert not Filters.parse({"tags": ["*"]}).wants(event)


@given(_FILTERS, _EVENTS)
def test_filters_survive_being_rendered(filters: dict[str, Any], event: Event) -> None:
    parsed = Filters.parse(filters)

    again = Filters.parse(parsed.render())

    assert again.wants(event) == parsed.wants(event)
    assert again.render() == parsed.render()


@given(_FILTERS, _EVENTS)
def test_what_is_excluded_is_never_wanted(
    filters: dict[str, Any], event: Event
) -> None:
    everything = {"exclude": {"actions": ["*"]}}

    assert not Filters.parse(filters | everything).wants(event)


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ([], "filters"),
        ({"exclude": []}, "filters.exclude"),
        ({"repos": ["a"]}, "filters.repos"),
        ({"exclude": {"exclude": {}}}, "filters.exclude.exclude"),
        ({"actions": ["ping"]}, "filters.actions"),
        ({"kinds": ["tag"]}, "filters.kinds"),
        ({"tags": "1.0"}, "filters.tags"),
        ({"tags": []}, "filters.tags"),
        ({"tags": [1]}, "filters.tags"),
        ({"tags": [""]}, "filters.tags"),
        ({"tags": ["x" * 256]}, "filters.tags"),
        ({"tags": ["x"] * 101}, "filters.tags"),
    ],
)
def test_what_cannot_be_meant_is_refused(filters: Any, field: str) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        Filters.parse(filters)

    assert refusal.value.field == field
