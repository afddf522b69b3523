"""The block of distribution's, as its users write it."""

import pytest

from notifier.config import ConfigError, DeclaredEndpoint
from notifier.config.document import Entry
from notifier.config.notifications import read_endpoints

# As the documentation of distribution has it, with its comments left out.
DOCUMENTED = """\
- name: alistener
  disabled: false
  url: https://my.listener.com/event
  headers: {Authorization: [Bearer 9f3a5c], X-From: [a, b]}
  timeout: 1s
  threshold: 10
  backoff: 1s
  ignoredmediatypes:
    - application/octet-stream
  ignore:
    mediatypes:
       - application/octet-stream
       - application/vnd.oci.image.index.v1+json
    actions:
       - pull
"""


def read(text: str) -> tuple[DeclaredEndpoint, ...]:
    entry = Entry.parse(text.encode(), "f.yml", "notifications.endpoints")
    assert entry is not None
    return read_endpoints(entry)


def read_one(text: str) -> DeclaredEndpoint:
    [endpoint] = read(f"- name: ci\n  url: http://ci.example/\n{text}")
    return endpoint


def test_all_keys_of_the_documentation_are_understood() -> None:
    [endpoint] = read(DOCUMENTED)

    assert (endpoint.name, endpoint.enabled) == ("alistener", True)
    assert endpoint.url == "https://my.listener.com/event"
    assert endpoint.headers == {"Authorization": "Bearer 9f3a5c", "X-From": "a, b"}
    assert endpoint.timeout_s == 1
    assert endpoint.ignored_media_types == (
        "application/octet-stream",
        "application/vnd.oci.image.index.v1+json",
    )
    assert endpoint.ignored_actions == ("pull",)
    assert endpoint.idle_keys == ("threshold", "backoff")


def test_a_name_and_a_url_are_enough() -> None:
    endpoint = read_one("")

    assert endpoint.enabled
    assert endpoint.headers == {}
    assert endpoint.timeout_s == 1
    assert (endpoint.ignored_media_types, endpoint.ignored_actions) == ((), ())
    assert endpoint.idle_keys == ()


@pytest.mark.parametrize("timeout", ["0", "0s", "-5s", ""])
def test_no_timeout_is_one_second(timeout: str) -> None:
    assert read_one(f"  timeout: {timeout}").timeout_s == 1


@pytest.mark.parametrize(
    ("disabled", "enabled"),
    [("true", False), ("yes", False), ("On", False), ("false", True), ("no", True)],
)
def test_an_endpoint_may_be_disabled(disabled: str, *, enabled: bool) -> None:
    assert read_one(f"  disabled: {disabled}").enabled is enabled


def test_a_header_without_values_is_not_sent() -> None:
    assert read_one("  headers: {X-A: [], X-B:, X-C: [1]}").headers == {"X-C": "1"}


def test_what_is_shown_of_an_endpoint_holds_no_secret() -> None:
    shown = repr(read_one("  headers: {Authorization: [hunter2]}"))

    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  timeout: 500", "[0].timeout: has no unit: say 500ms or 500s"),
        ("  backoff: 5", "[0].backoff: has no unit: say 5ms or 5s"),
        ("  timeout: soon", "[0].timeout: is no duration: say 500ms, 1s or 1m30s"),
        ("  threshold: many", "[0].threshold: must be a whole number"),
        ("  disabled: maybe", "[0].disabled: must be true or false"),
        ("  tiemout: 1s", "[0].tiemout: is not known here: say name, disabled, url, "),
        (
            "  ignore: {media: []}",
            "[0].ignore.media: is not known here: say mediatypes",
        ),
        ("  ignore: [pull]", "[0].ignore: must be a mapping"),
        ("  ignore: {actions: pull}", "[0].ignore.actions: must be a list"),
        ("  ignore: {actions: [pul]}", "[0].ignore.actions[0]: must be one of pull, "),
        ("  ignore: {actions: ['*']}", "[0].ignore.actions[0]: must be one of pull, "),
        (
            "  ignore: {mediatypes: [application/**]}",
            "[0].ignore.mediatypes[0]: is compared as a whole: name each media type",
        ),
        (
            "  ignoredmediatypes: ['*']",
            "[0].ignoredmediatypes[0]: is compared as a whole: name each media type",
        ),
        (
            "  headers: {Authorization: Bearer hunter2}",
            "[0].headers.Authorization: must be a list: `[…]`, or `- …` in a line for",
        ),
        ("  headers: {X: [[a]]}", "[0].headers.X[0]: must be one plain value"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_one(text)

    assert str(refused.value).startswith(f"f.yml:3: notifications.endpoints{said}")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- url: http://a/", "f.yml:1: notifications.endpoints[0]: must have a name"),
        ("- name: a\n  url:\n", "f.yml:1: notifications.endpoints[0]: must have a url"),
        ("{name: a}", "f.yml:1: notifications.endpoints: must be a list"),
        ("- a\n", "f.yml:1: notifications.endpoints[0]: must be a mapping"),
        (
            "- {name: a, url: b}\n- {name: a, url: c}\n",
            "f.yml:2: notifications.endpoints[1].name: is that of f.yml:1: say another",
        ),
    ],
)
def test_each_endpoint_has_a_url_and_a_name_of_its_own(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)

    assert str(refused.value).startswith(said)


def test_a_field_is_found_where_it_stands_or_in_what_holds_it() -> None:
    [endpoint] = read(DOCUMENTED)

    assert endpoint.entry("timeout_s").place == "f.yml:5"
    assert endpoint.entry("headers.X-From").key.endswith("[0].headers.X-From")
    assert endpoint.entry("headers.X-Other").key.endswith("[0].headers")
    assert endpoint.entry("filters.exclude.actions").key.endswith("[0].ignore")
    assert endpoint.entry("enabled").place == "f.yml:1"
