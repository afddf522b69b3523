"""Something to ask for: one at least of each thing that a path can name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask.testing import FlaskClient

from notifier.registry import media_types
from tests import factories
from tests.web.auth.people import Headers, People, logged_in

URL: Final = "http://127.0.0.1:9/hook"
REPOSITORY: Final = "team/app"
LAYER: Final = b"layer"


@dataclass(frozen=True, kw_only=True)
class Contents:
    """*credentials* by who asks, *known* by the name of the parameter."""

    credentials: Mapping[str, Headers]
    known: Mapping[str, Sequence[str]]


def fill(client: FlaskClient, people: People) -> Contents:
    """Fill an application, whose callers are an admin, a reader, and anybody."""
    people.add("admin", "admin")
    people.add("reader", "pull", "auditor")
    people.add("bob", "push")
    people.grant("anonymous", "pull", on="public/*")
    admin = people.token("admin", "admin")
    people.token("bob", "push")
    return Contents(
        credentials={
            "admin": admin,
            "reader": people.token("reader", "pull", "auditor"),
            "anonymous": {},
        },
        known=_Api(logged_in(client, admin)).fill(),
    )


class _Api:
    """The application, as its admin sees it."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def fill(self) -> Mapping[str, Sequence[str]]:
        endpoint = self._post(
            "endpoints",
            name="ci",
            url=URL,
            filters={"actions": ["*"], "kinds": ["*"]},
            headers={"X-Key": "secret"},
        )
        self._post(f"endpoints/{endpoint['id']}/secrets")
        source = self._post("sources", name="registry-2")
        digest = factories.push_image(self._client, repository=REPOSITORY)
        factories.push_image(self._client, repository="public/app")
        self._refer_to(digest)
        return {
            "endpoint_id": [endpoint["id"]],
            "secret_id": [each["id"] for each in self._secrets_of(endpoint["id"])],
            "source_id": [source["id"]],
            "delivery_id": self._ids("deliveries"),
            "event_id": [item["event"]["id"] for item in self._items("events")],
            # Nobody takes away what the admin asks with.
            "user_id": self._ids("users", only="bob"),
            "grant_id": self._ids("grants", only="user:bob"),
            "token_id": self._ids("tokens", only="user:bob"),
            "redelivery_id": [self._post("redeliveries", states=["failed"])["id"]],
            "replay_id": [self._replay(endpoint["id"])],
            "number": ["1"],
            "digest": [digest],
            "repository": [REPOSITORY],
            "tag": ["sig"],
            "name": ["registry-2"],
        }

    def _replay(self, endpoint: str) -> str:
        path = f"endpoints/{endpoint}/replays"
        replay: str = self._post(path, latest_push_per_tag=True)["id"]
        return replay

    def _secrets_of(self, endpoint: str) -> list[Any]:
        found: list[Any] = self._get(f"endpoints/{endpoint}")["secrets"]
        return found

    def _refer_to(self, digest: str) -> None:
        subject = {"mediaType": media_types.OCI_MANIFEST, "digest": digest, "size": 1}
        content = factories.manifest(layers=(LAYER,), subject=subject)
        factories.push_manifest(self._client, content, "sig", REPOSITORY)

    def _ids(self, path: str, only: str | None = None) -> list[str]:
        return [
            item["id"]
            for item in self._items(path)
            if only is None or only in {item.get("name"), item.get("subject")}
        ]

    def _items(self, path: str) -> list[Any]:
        items: list[Any] = self._get(path)["items"]
        return items

    def _get(self, path: str) -> Any:
        answer = self._client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def _post(self, path: str, **body: Any) -> Any:
        answer = self._client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in {200, 201, 202}, answer.text
        return answer.get_json()
