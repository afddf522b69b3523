"""The URL of what an event is about is kept without what the event says anyway."""

import pytest
from msgspec.structs import replace

from notifier.events.event import Target
from notifier.events.urls import shared_part, whole_url
from tests import factories

HOST = "https://registry.example.com"


@pytest.fixture(name="target")
def _target() -> Target:
    return factories.event(repository="hub/team/app").target


def _url(target: Target, repository: str, host: str = HOST) -> str:
    assert target.descriptor is not None
    return f"{host}/v2/{repository}/manifests/{target.descriptor.digest}"


@pytest.mark.parametrize(
    ("repository", "host", "shared"),
    [
        ("hub/team/app", HOST, HOST),
        ("hub/team/app", f"{HOST}/prefix", f"{HOST}/prefix"),
        ("hub/team/app", "", ""),
        ("team/app", HOST, f"{HOST}#hub/"),
        ("app", HOST, f"{HOST}#hub/team/"),
    ],
)
def test_a_url_is_made_again_of_its_part(
    target: Target, repository: str, host: str, shared: str
) -> None:
    there = replace(target, url=_url(target, repository, host))

    assert shared_part(there) == shared
    descriptor = there.descriptor
    digest = descriptor.digest if descriptor else None
    assert whole_url(shared, there.kind, there.repository, digest) == there.url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "https://registry.example.com/v2/hub/team/app/manifests/1.0",
        "https://registry.example.com/other",
        "https://registry.example.com/v2/",
    ],
)
def test_a_url_that_names_no_digest_is_not_kept(
    target: Target, url: str | None
) -> None:
    assert shared_part(replace(target, url=url)) is None


def test_a_url_of_another_repository_is_not_kept(target: Target) -> None:
    assert shared_part(replace(target, url=_url(target, "other/app"))) is None
    assert shared_part(replace(target, url=_url(target, "eam/app"))) is None
