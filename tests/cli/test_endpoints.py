"""The endpoints commands."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from notifier.delivery.headers import MASK
from tests import factories
from tests.authorities import Authority
from tests.cli.conftest import Notifier

URL = "http://127.0.0.1:9/hook"


def test_add_shows_the_secret_this_once(notifier: Notifier) -> None:
    added = notifier("endpoints", "add", "ci", URL)

    secret = next(w for w in added.stdout.split() if w.startswith("whsec_"))
    Webhook(secret)
    assert "Keep the secret" in added.stderr
    assert secret not in notifier("endpoints", "show", "ci").output
    assert secret not in notifier("endpoints", "list").output


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient
) -> None:
    added = json.loads(notifier("endpoints", "add", "ci", URL, "--json").stdout)

    secret = added.pop("secret")
    shown = client.get(f"/api/v1/endpoints/{added['id']}").get_json()
    listed = client.get("/api/v1/endpoints").get_json()
    assert secret.startswith("whsec_")
    assert added == shown
    assert json.loads(notifier("endpoints", "show", "ci", "--json").stdout) == shown
    assert json.loads(notifier("endpoints", "list", "--json").stdout) == listed


def test_headers_are_read_from_a_file(notifier: Notifier, tmp_path: Path) -> None:
    path = tmp_path / "headers"
    path.write_text("Authorization: Bearer 9f3a5c\n\nX-Team : a: b \n")

    notifier("endpoints", "add", "ci", URL, "--header", f"@{path}", "--header", "Y: z")

    shown = notifier("endpoints", "show", "ci", "--json")
    assert set(json.loads(shown.stdout)["headers"]) == {"Authorization", "X-Team", "Y"}
    path.write_bytes(b"\xff")
    refused = notifier("endpoints", "update", "ci", "--header", f"@{path}", status=1)
    assert refused.stderr == "Error: what was given to read is no text in UTF-8\n"


def test_options_say_what_an_endpoint_wants(notifier: Notifier) -> None:
    added = notifier(
        *("endpoints", "add", "prod", URL, "--disabled", "--timeout", "2.5", "--json"),
        *("--action", "push", "--repository", "prod/**", "--repository", "base/*"),
        *("--tag", "v*", "--exclude-tag", "*-rc*", "--media-type", "application/**"),
        *("--artifact-type", "application/spdx*", "--exclude-actor", "robot-*"),
        *("--exclude-tag-change", "unchanged", "--exclude-tag-change", "moved"),
        *("--header", "Authorization: Bearer 9f3a5c"),
    )

    endpoint = json.loads(added.stdout)
    assert endpoint["filters"] == {
        "actions": ["push"],
        "kinds": ["manifest"],
        "repositories": ["prod/**", "base/*"],
        "tags": ["v*"],
        "media_types": ["application/**"],
        "artifact_types": ["application/spdx*"],
        "exclude": {
            "tags": ["*-rc*"],
            "actors": ["robot-*"],
            "tag_changes": ["unchanged", "moved"],
        },
    }
    assert endpoint["enabled"] is False
    assert endpoint["timeout_s"] == 2.5
    assert endpoint["headers"] == {"Authorization": MASK}


def test_people_see_tables(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL, "--exclude-tag", "dev", "--header", "X: y")

    listed = notifier("endpoints", "list").stdout.splitlines()
    shown = notifier("endpoints", "show", "ci").stdout

    assert listed[0].split() == [
        *("name", "url", "state", "declared"),
        *("success", "p95", "pending", "wants", "format", "id"),
    ]
    assert listed[1].startswith(f"ci    {URL}  closed")
    assert "actions push, delete; kinds manifest; not tags dev" in listed[1]
    assert f"X: {MASK}" in shown
    assert "5 s" in shown


def test_update_changes_what_is_given_and_nothing_else(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL, "--tag", "v*", "--header", "X: y")

    disabled = json.loads(
        notifier("endpoints", "update", "ci", "--disable", "--json").stdout
    )
    renamed = json.loads(
        notifier(
            *("endpoints", "update", disabled["id"], "--name", "cd", "--no-headers"),
            *("--action", "pull", "--enable", "--json"),
        ).stdout
    )

    assert disabled["enabled"] is False
    assert disabled["filters"]["tags"] == ["v*"]
    assert disabled["headers"] == {"X": MASK}
    assert renamed["name"] == "cd"
    assert renamed["enabled"] is True
    assert renamed["headers"] == {}
    assert renamed["filters"] == {"actions": ["pull"], "kinds": ["manifest"]}


def test_tls_comes_from_files(notifier: Notifier, tmp_path: Path) -> None:
    authority = Authority.make()
    client = authority.sign("notifier")
    for name, pem in (
        ("ca", authority.certificate_pem),
        ("cert", client.certificate_pem),
        ("key", client.key_pem),
    ):
        (tmp_path / name).write_text(pem)
    identity = ("--client-certificate", tmp_path / "cert", "--client-key")
    url = "https://127.0.0.1:9/"

    added = notifier(
        *("endpoints", "add", "ci", url, "--ca", str(tmp_path / "ca"), "--json"),
        *(str(each) for each in (*identity, tmp_path / "key")),
    )
    shown = notifier("endpoints", "show", "ci").stdout
    changed = notifier(
        *("endpoints", "update", "ci", "--ca", str(tmp_path / "ca"), "--json")
    )
    removed = notifier("endpoints", "update", "ci", "--no-tls", "--json")
    refused = notifier(
        *("endpoints", "add", "cd", url, "--ca", str(tmp_path / "key")), status=1
    )

    tls = json.loads(added.stdout)["tls"]
    assert tls["client_certificate"] == client.certificate_pem
    assert tls["client_key"] == MASK
    until = authority.certificate.not_valid_after_utc
    assert f"own authorities until {until:%Y-%m-%d %H:%M:%SZ}" in shown
    assert "client certificate until " in shown
    assert json.loads(changed.stdout)["tls"]["client_certificate"] is None
    assert json.loads(removed.stdout)["tls"] is None
    assert refused.stderr == "Error: tls.ca: must be certificates in PEM\n"


def test_update_does_not_take_a_url_that_is_not_reached(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    refused = notifier(
        "endpoints", "update", "ci", "--url", "http://[fe80::1]/", status=1
    )

    assert refused.stderr.startswith("Error: url: its address is link-local")
    assert URL in notifier("endpoints", "show", "ci").stdout


def test_a_removed_endpoint_is_unknown(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    assert notifier("endpoints", "remove", "ci").stdout == "removed ci\n"

    for command in ("show", "remove", "ping"):
        refused = notifier("endpoints", command, "ci", status=1)
        assert refused.stderr == "Error: there is no such endpoint\n"


def test_a_ping_makes_a_delivery_for_the_worker(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL, "--tag", "never")

    delivery = json.loads(notifier("endpoints", "ping", "ci", "--json").stdout)
    sent = notifier("endpoints", "ping", "ci").stdout

    shown = json.loads(notifier("deliveries", "show", delivery["id"], "--json").stdout)
    assert shown == delivery | {"attempts": []}
    assert sent.startswith("sent as delivery ")
    event = json.loads(notifier("events", "show", shown["event_id"], "--json").stdout)
    assert event["event"]["action"] == "ping"
    assert event["deliveries"] == [delivery]


def test_filters_are_tried_out_as_by_the_rest_api(
    notifier: Notifier, client: FlaskClient
) -> None:
    factories.push_image(client, "v1")
    factories.push_image(client, "1.0")
    options = ("--tag", "v*", "--exclude-tag-change", "unchanged", "--last", "4")
    filters = {"tags": ["v*"], "exclude": {"tag_changes": ["unchanged"]}}
    answer = client.post(
        "/api/v1/endpoints/preview", json={"filters": filters, "last": 4}
    ).get_json()

    printed = notifier("endpoints", "preview", *options, "--json").stdout
    shown = notifier("endpoints", "preview", *options).stdout.splitlines()

    assert json.loads(printed) == answer
    assert shown[0].startswith("1 of 4 events since ")
    assert shown[0].endswith(" would be wanted")
    assert "push    team/app:v1" in shown[3]
    assert shown[5].split() == ["refused", "by", "events", "the", "newest", "because"]
    assert shown[7].split(maxsplit=2)[:2] == ["filters.tags", "1"]
    assert "the tag 1.0 is not among filters.tags" in shown[7]
    assert json.loads(notifier("endpoints", "list", "--json").stdout)["items"] == []


def test_of_an_empty_log_nothing_is_wanted(notifier: Notifier) -> None:
    assert notifier("endpoints", "preview").stdout == "0 of 0 events would be wanted\n"


def test_all_endpoints_are_listed_however_many(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.cli.place._PAGE", 2)
    for name in ("a", "b", "c", "d"):
        notifier("endpoints", "add", name, URL)

    listed = json.loads(notifier("endpoints", "list", "--json").stdout)

    assert [item["name"] for item in listed["items"]] == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("add", "ci", "ftp://x"), 1, "url: must be http:// or https://, and a host"),
        (("add", "ci", "http://10.0.0.1/"), 1, "url: its address is not public"),
        (("add", "ci", URL, "--action", "eat"), 1, "filters.actions: each must be"),
        (("add", "ci", URL, "--header", "x"), 2, "a header is written 'Name: value'"),
        (("add", "ci", URL, "--header", "@/no/file"), 1, "/no/file: No such file"),
        (("update", "ci"), 2, "say what to change: see --help"),
        (("preview", "--tag-change", "x"), 1, "filters.tag_changes: each must be"),
        (("update", "ci", "--enable"), 1, "there is no such endpoint"),
        (("rotate-secret", "ci"), 1, "there is no such endpoint"),
        (("end-overlap", "ci"), 1, "there is no such endpoint"),
        (("add", "ci", URL, "--signature", "v2"), 2, "Invalid value for '--signature'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    notifier: Notifier, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier("endpoints", *arguments, status=status)

    assert refused.stderr.splitlines()[-1].startswith(f"Error: {reason}")
    assert refused.stdout == ""


def test_two_endpoints_cannot_have_one_name(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    refused = notifier("endpoints", "add", "ci", URL, status=1)

    assert refused.stderr == "Error: there is an endpoint named ci already\n"
