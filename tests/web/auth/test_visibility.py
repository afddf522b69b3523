"""What somebody may not read, they do not see in lists either, nor mount from."""

from flask.testing import FlaskClient

from tests import factories
from tests.web.auth.people import People, bearer, logged_in

_LAYER = factories.digest(b"layer")


def test_the_catalog_shows_what_the_caller_may_pull(
    client: FlaskClient, people: People
) -> None:
    admin = logged_in(client, people.add("admin", "admin"))
    alice = people.add("alice", "pull", on="team/*")
    for name in ("other/app", "team/app", "team/deep/app", "team/cli", "z/app"):
        factories.push_image(admin, repository=name)

    whole = client.get("/v2/_catalog", headers=alice)
    first = client.get("/v2/_catalog?n=1", headers=alice)
    second = client.get("/v2/_catalog?n=1&last=team/app", headers=alice)

    assert whole.get_json() == {"repositories": ["team/app", "team/cli"]}
    assert first.get_json() == {"repositories": ["team/app"]}
    assert "Link" in first.headers
    assert second.get_json() == {"repositories": ["team/cli"]}
    assert "Link" not in second.headers


def test_the_catalog_of_a_token_that_is_for_the_catalog_shows_the_same(
    client: FlaskClient, people: People
) -> None:
    admin = logged_in(client, people.add("admin", "admin"))
    people.add("alice", "pull", on="team/*")
    for name in ("other/app", "team/app"):
        factories.push_image(admin, repository=name)

    listed = client.get("/v2/_catalog", headers=bearer(people.access_token("alice")))

    assert listed.get_json() == {"repositories": ["team/app"]}


def test_a_blob_is_mounted_only_from_where_the_caller_may_read(
    client: FlaskClient, people: People
) -> None:
    admin = logged_in(client, people.add("admin", "admin"))
    alice = logged_in(client, people.add("alice", "pull", "push", on="team/**"))
    factories.push_blob(admin, repository="secret/app")
    uploads = "/v2/team/app/blobs/uploads/"

    named = alice.post(f"{uploads}?mount={_LAYER}&from=secret/app")
    anywhere = alice.post(f"{uploads}?mount={_LAYER}")
    factories.push_blob(admin, repository="team/base")
    readable = alice.post(f"{uploads}?mount={_LAYER}")

    assert (named.status_code, anywhere.status_code) == (202, 202)
    assert readable.status_code == 201


def test_an_auditor_of_some_repositories_sees_their_log_alone(
    client: FlaskClient, people: People
) -> None:
    admin = logged_in(client, people.add("admin", "admin"))
    auditor = logged_in(client, people.add("auditor", "auditor", on="team/**"))
    for name in ("secret/app", "team/app"):
        factories.push_image(admin, repository=name)

    def ids(repository: str) -> list[str]:
        answer = admin.get(f"/api/v1/events?repository={repository}").get_json()
        return [item["event"]["id"] for item in answer["items"]]

    own = auditor.get("/api/v1/events?repository=team/app")
    others = auditor.get("/api/v1/events?repository=secret/app")
    everything = auditor.get("/api/v1/events")

    globbed = auditor.get("/api/v1/events?repository=**/app&action=push")
    digest = own.get_json()["items"][0]["event"]["target"]["digest"]
    by_digest = auditor.get(f"/api/v1/events?digest={digest}")

    assert len(own.get_json()["items"]) == 3
    assert others.status_code == 403
    assert "team/**" in others.get_json()["detail"]
    assert everything.get_json() == own.get_json() == globbed.get_json()
    assert len(by_digest.get_json()["items"]) == 1
    seen = auditor.get(f"/api/v1/events/{ids('team/app')[0]}")
    unseen = auditor.get(f"/api/v1/events/{ids('secret/app')[0]}")
    assert (seen.status_code, unseen.status_code) == (200, 404)


def test_an_auditor_of_some_repositories_sees_their_timelines_alone(
    client: FlaskClient, people: People
) -> None:
    admin = logged_in(client, people.add("admin", "admin"))
    auditor = logged_in(client, people.add("auditor", "auditor", on="team/**"))
    for name in ("secret/app", "team/app"):
        factories.push_image(admin, repository=name)

    tags = auditor.get("/api/v1/tags").get_json()["items"]
    listed = auditor.get("/api/v1/repositories").get_json()["items"]

    assert [item["repository"] for item in tags] == ["team/app"]
    assert [item["name"] for item in listed] == ["team/app"]
    for path in ("", "/tags/1.0/history"):
        seen = auditor.get(f"/api/v1/repositories/team/app{path}")
        unseen = auditor.get(f"/api/v1/repositories/secret/app{path}")
        assert (seen.status_code, unseen.status_code) == (200, 403)


def test_the_timeline_of_a_digest_is_that_of_the_repositories_that_one_may_see(
    client: FlaskClient, people: People
) -> None:
    admin = logged_in(client, people.add("admin", "admin"))
    auditor = logged_in(client, people.add("auditor", "auditor", on="team/**"))
    index = factories.index(factories.manifest())
    for name in ("secret/app", "team/app"):
        factories.push_image(admin, repository=name)
        factories.push_manifest(admin, index, "index", name)
    hidden = factories.push_image(admin, "2.0", "secret/app", (b"hidden",))

    child = factories.digest(factories.manifest())
    whole, seen = (
        user.get(f"/api/v1/digests/{child}").get_json() for user in (admin, auditor)
    )
    parent = auditor.get(f"/api/v1/digests/{factories.digest(index)}").get_json()

    for part in ("changes", "tags", "repositories", "parents"):
        assert len(whole[part]["items"]) == 2
        assert len(seen[part]["items"]) == 1
        assert "secret" not in str(seen[part])
    assert [item["repository"] for item in parent["children"]["items"]] == ["team/app"]
    assert auditor.get(f"/api/v1/digests/{hidden}").status_code == 404
    assert admin.get(f"/api/v1/digests/{hidden}").status_code == 200
