"""Which events an endpoint wants."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.filters import Filters
from notifier.events.event import Action, Event, Ingested, Kind, TagChange
from notifier.globs import matches
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
    "artifact_types": st.lists(_NAMES, min_size=1, max_size=3),
    "actors": st.lists(_NAMES, min_size=1, max_size=3),
    "tag_changes": st.lists(
        st.sampled_from(["new", "moved", "unchanged"]), min_size=1, max_size=2
    ),
    "sources": st.lists(_NAMES, min_size=1, max_size=3),
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
    media_type=st.sampled_from(["a", "a/b"]),
    artifact_type=st.sampled_from([None, "a", "a.b"]),
    actor=st.sampled_from([None, "a", "b/c"]),
    tag_change=st.sampled_from([None, *TagChange]),
    ingested=st.sampled_from([None, Ingested("a"), Ingested("b.c", "1")]),
)


def _matters(event: Event) -> dict[str, str | None]:
    """Return what each list is about, read without the code under test."""
    assert event.target.descriptor is not None
    return {
        "actions": event.action,
        "kinds": event.target.kind,
        "repositories": event.target.repository,
        "tags": event.target.tag,
        "media_types": event.target.descriptor.media_type,
        "artifact_types": event.target.artifact_type,
        "actors": event.actor,
        "tag_changes": event.tag_change,
        "sources": event.ingested.source if event.ingested else None,
    }


def _is_named(key: str, items: list[str], text: str | None) -> bool:
    if key in {"actions", "kinds", "tag_changes"}:
        return "*" in items or text in items
    return text is not None and any(matches(item, text) for item in items)


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
        ({"artifact_types": ["application/vnd.acme.*"]}, True),
        ({"artifact_types": ["application/vnd.acme"]}, False),
        ({"exclude": {"artifact_types": ["application/vnd.acme.bill"]}}, False),
        ({"actors": ["alice"]}, True),
        ({"actors": ["ali*"]}, True),
        ({"actors": ["Alice", "bob"]}, False),
        ({"exclude": {"actors": ["robot-*"]}}, True),
        ({"tag_changes": ["new", "moved"]}, True),
        ({"tag_changes": ["unchanged"]}, False),
        ({"exclude": {"tag_changes": ["unchanged"]}}, True),
        ({"exclude": {"tag_changes": ["moved", "unchanged"]}}, False),
        ({"sources": ["harbor-*"]}, True),
        ({"sources": ["harbor"]}, False),
        ({"exclude": {"sources": ["**"]}}, False),
    ],
)
def test_every_list_must_name_the_event_and_nothing_excluded_may(
    filters: dict[str, Any], *, wanted: bool
) -> None:
    event = factories.event(
        repository="team/app",
        tag="1.0",
        artifact_type="application/vnd.acme.bill",
        actor="alice",
        tag_change=TagChange.MOVED,
        ingested=Ingested("harbor-a"),
    )

    assert Filters.parse(filters).wants(event) is wanted


@pytest.mark.parametrize(
    "lists",
    [
        {"tags": ["*", "**"]},
        {"artifact_types": ["**"]},
        {"actors": ["**"]},
        {"tag_changes": ["new", "moved", "unchanged"]},
        {"sources": ["**"]},
    ],
)
def test_what_an_event_does_not_have_is_named_by_nothing(
    lists: dict[str, list[str]],
) -> None:
    event = factories.event(tag=None)

    assert not Filters.parse(lists).wants(event)
    assert Filters.parse({"exclude": lists}).wants(event)


@given(_FILTERS, _EVENTS)
def test_filters_survive_being_rendered(filters: dict[str, Any], event: Event) -> None:
    parsed = Filters.parse(filters)

    again = Filters.parse(parsed.render())

    assert again == parsed
    assert again.wants(event) == parsed.wants(event)
    assert again.render() == parsed.render()


@given(_FILTERS, _EVENTS)
def test_an_event_is_refused_by_the_lists_that_say_so_and_else_wanted(
    filters: dict[str, Any], event: Event
) -> None:
    parsed = Filters.parse(filters)
    matters = _matters(event)
    rendered = parsed.render()
    exclude = rendered.pop("exclude", {})
    refusing = {
        f"filters.{key}"
        for key, items in rendered.items()
        if not _is_named(key, items, matters[key])
    } | {
        f"filters.exclude.{key}"
        for key, items in exclude.items()
        if _is_named(key, items, matters[key])
    }

    rule = parsed.refused_by(event)

    assert parsed.wants(event) is (rule is None)
    assert (rule is None) is (not refusing)
    assert rule is None or rule.name in refusing


@pytest.mark.parametrize(
    ("filters", "name", "text"),
    [
        (
            {"actions": ["pull"]},
            "filters.actions",
            "the action push is not among filters.actions",
        ),
        (
            {"tags": ["v*"]},
            "filters.tags",
            "the tag 1.0 is not among filters.tags",
        ),
        (
            {"actors": ["*"]},
            "filters.actors",
            "it has no actor, and filters.actors asks for one",
        ),
        (
            {"exclude": {"repositories": ["team/*"]}},
            "filters.exclude.repositories",
            "the repository team/app is excluded",
        ),
        (
            {"exclude": {"kinds": ["*"]}},
            "filters.exclude.kinds",
            "the kind manifest is excluded",
        ),
    ],
)
def test_a_refusal_names_its_rule_for_programs_and_for_people(
    filters: dict[str, Any], name: str, text: str
) -> None:
    event = factories.event(repository="team/app", tag="1.0")

    rule = Filters.parse(filters).refused_by(event)

    assert rule is not None
    assert rule.name == name
    assert rule.describe(event) == text


@given(_FILTERS, _EVENTS)
def test_what_is_excluded_is_never_wanted(
    filters: dict[str, Any], event: Event
) -> None:
    everything = {"exclude": {"actions": ["*"]}}

    assert not Filters.parse(filters | everything).wants(event)


def test_what_was_kept_before_it_was_refused_is_still_read() -> None:
    kept = {"actions": ["*"], "kinds": ["*"], "exclude": {"actors": ["a\0b"]}}

    restored = Filters.restore(kept)

    assert restored.render() == kept
    assert restored.wants(factories.event())


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ([], "filters"),
        ({"exclude": []}, "filters.exclude"),
        ({"repos": ["a"]}, "filters.repos"),
        ({"exclude": {"exclude": {}}}, "filters.exclude.exclude"),
        ({"actions": ["ping"]}, "filters.actions"),
        ({"kinds": ["tag"]}, "filters.kinds"),
        ({"tag_changes": ["*"]}, "filters.tag_changes"),
        ({"exclude": {"tag_changes": ["gone"]}}, "filters.exclude.tag_changes"),
        ({"actors": [None]}, "filters.actors"),
        ({"tags": "1.0"}, "filters.tags"),
        ({"tags": []}, "filters.tags"),
        ({"tags": [1]}, "filters.tags"),
        ({"tags": [""]}, "filters.tags"),
        ({"repositories": ["team/\0"]}, "filters.repositories"),
        ({"exclude": {"actors": ["a\0b"]}}, "filters.exclude.actors"),
        ({"tags": ["x" * 256]}, "filters.tags"),
        ({"tags": ["x"] * 101}, "filters.tags"),
    ],
)
def test_what_cannot_be_meant_is_refused(filters: Any, field: str) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        Filters.parse(filters)

    assert refusal.value.field == field
