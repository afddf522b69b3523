"""The file that NOTIFIER_CONFIG names, and the variables beside it."""

from pathlib import Path

import pytest

from notifier.config import ConfigError, ConfigFile, Settings

LIST = "- {name: ci, url: http://ci.example/}"


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "f.yml"


def settings(path: Path, text: str, **variables: str) -> Settings:
    path.write_text(text)
    return Settings.from_environment({"NOTIFIER_CONFIG": str(path), **variables})


def names(**variables: str) -> list[str] | None:
    """Return the names of the endpoints, None if nothing is said of them."""
    endpoints = ConfigFile.read(variables).endpoints
    return None if endpoints is None else [endpoint.name for endpoint in endpoints]


def test_without_file_and_variable_nothing_is_said() -> None:
    file = ConfigFile.read({"PATH": "/bin", "NOTIFIER_CONFIG": ""})

    assert (file.settings, file.endpoints, file.idle_keys) == ({}, None, ())


def test_settings_stand_under_a_key_of_our_own(path: Path) -> None:
    read = settings(
        path, 'notifier: {port: 5001, delete: off, host: "", redis_url: ~}\n'
    )

    assert (read.port, read.delete, read.host) == (5001, False, "127.0.0.1")
    assert read.config == path


def test_a_variable_wins_over_the_file(path: Path) -> None:
    text = "notifier: {port: 5001, log_format: json}\n"

    read = settings(path, text, NOTIFIER_PORT="5002")

    assert (read.port, read.log_format) == (5002, "json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notifier:\n  prot: 1\n", ":2: notifier.prot is not a setting: see README"),
        ("notifier:\n  port: x\n", ":2: notifier.port: say a whole number from 1 to"),
        ("notifier:\n  port: [1]\n", ":2: notifier.port: must be one plain value"),
        ("notifier:\n  config: a\n", ":2: notifier.config: is for the environment to"),
        ("notifier:\n  Port: 1\n", ":2: notifier.Port is not a setting: see README"),
        ("notifier: 5000\n", ":1: notifier: must be a mapping"),
        ("version: 0.1\nnotificatons: {}\n", ":2: notificatons: is not known here"),
        ("auth: none\n", ":1: auth: must be a mapping"),
        ("auth:\n  token:\n", ":1: auth: must have one of htpasswd and token"),
        ("auth:\n  ldap: {}\n", ":2: auth.ldap: is not known here: say htpasswd, to"),
        ("auth:\n  silly: {realm: a}\n", ":2: auth.silly: lets in whoever says any"),
        ("auth:\n  none: {}\n", ":2: auth.none: lets everybody in: take it out, and"),
        ("auth:\n  htpasswd: {realm: a}\n", ":2: auth.htpasswd: must have a path"),
        (
            "auth:\n  htpasswd: {path: a}\n  token: {realm: a}\n",
            ":1: auth: must have one of htpasswd and token",
        ),
        (
            "auth:\n  htpasswd:\n    path: a\n    file: a\n",
            ":4: auth.htpasswd.file: is not known here: say realm, path",
        ),
        (
            "auth:\n  token:\n    realm: https://a/token\n    service: a\n",
            ":2: auth.token: must have an issuer",
        ),
        (
            "auth:\n  token:\n    rootcertbundle: /etc/certs.pem\n",
            ":3: auth.token.rootcertbundle: is not read: give the issuer's keys as a",
        ),
        (
            "auth:\n  token:\n    signingalgorithms: [ES256]\n",
            ":3: auth.token.signingalgorithms: is not read: an algorithm is good if",
        ),
        (
            "auth:\n  token:\n    autoredirect: true\n",
            ":3: auth.token.autoredirect: is not read: say the realm in full",
        ),
        (
            "auth:\n  token: {realm: a, service: b, issuer: c, jwks: d}\n",
            ":2: auth.token.realm: say a URL that begins with one of http://",
        ),
        ("notifications:\n  event: {}\n", ":2: notifications.event: is not known here"),
        (
            "notifications:\n  events:\n    includereferences: maybe\n",
            ":3: notifications.events.includereferences: say on or off",
        ),
        (
            "notifications:\n  endpoints:\n  - name: a\n    url: b\n    timeout: 5\n",
            ":5: notifications.endpoints[0].timeout: has no unit",
        ),
    ],
)
def test_a_mistake_in_the_file_stops_the_program_with_its_line(
    path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(path, text)

    assert str(refused.value).startswith(f"{path}{said}")
    assert "\n" not in str(refused.value)


def test_a_secret_is_not_repeated(path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(path, "notifier: {database_url: 'mysql://me:hunter2@db/x'}\n")

    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_not_there_stops_the_program(path: Path) -> None:
    with pytest.raises(ConfigError, match=f"^{path}: No such file or directory$"):
        Settings.from_environment({"NOTIFIER_CONFIG": str(path)})


def test_references_are_listed_if_any_of_four_places_says_so(path: Path) -> None:
    block = "notifications: {events: {includereferences: true}}\n"
    variable = {"REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES": "false"}
    own = "notifier: {event_references: true}\n"

    assert settings(path, block).event_references
    assert not settings(path, block, **variable).event_references
    assert settings(path, block + own, **variable).event_references
    assert not settings(
        path, block + own, NOTIFIER_EVENT_REFERENCES="off"
    ).event_references


def test_a_whole_file_of_distribution_is_taken(path: Path) -> None:
    path.write_text(
        "version: 0.1\nlog: {fields: {service: registry}}\nstorage:\n"
        "  delete: {enabled: true}\nhttp:\n  addr: :5000\nhealth: {}\n"
        "notifications:\n  endpoints:\n"
        "  - {name: ci, url: http://ci.example/, threshold: 5, backoff: 1s}\n"
    )

    file = ConfigFile.read({"NOTIFIER_CONFIG": str(path)})

    assert file.settings == {}
    assert file.endpoints is not None
    assert [endpoint.name for endpoint in file.endpoints] == ["ci"]
    assert file.idle_keys == (
        *("log", "storage", "http", "health"),
        *("notifications.endpoints.backoff", "notifications.endpoints.threshold"),
    )


def test_the_htpasswd_of_distribution_is_ours(path: Path) -> None:
    text = "auth: {htpasswd: {realm: registry, path: /etc/registry/htpasswd}}\n"

    read = settings(path, text)

    assert read.htpasswd == Path("/etc/registry/htpasswd")
    assert ConfigFile.read({"NOTIFIER_CONFIG": str(path)}).idle_keys == (
        "auth.htpasswd.realm",
    )


def test_the_token_server_of_distribution_is_ours(path: Path) -> None:
    text = (
        "auth:\n  token:\n    realm: https://auth.example/token\n"
        "    service: registry.example\n    issuer: auth.example\n"
        "    jwks: /etc/registry/jwks.json\n"
    )

    read = settings(path, text)
    other = settings(path, f"{text}notifier: {{token_issuer: other}}\n")

    assert (read.token_realm, read.token_audience, read.token_issuer) == (
        "https://auth.example/token",
        "registry.example",
        "auth.example",
    )
    assert read.token_jwks == "/etc/registry/jwks.json"
    assert other.token_issuer == "other"


@pytest.mark.parametrize(
    "text", ["", "version: 0.1\n", "notifications:\n", "notifications: {endpoints: []}"]
)
def test_a_file_without_endpoints_says_that_there_are_none(
    path: Path, text: str
) -> None:
    path.write_text(text)

    assert names(NOTIFIER_CONFIG=str(path)) == []


def test_the_variable_of_distribution_holds_the_whole_list(path: Path) -> None:
    path.write_text("notifications: {endpoints: [{name: other, url: http://x/}]}\n")

    assert names(REGISTRY_NOTIFICATIONS_ENDPOINTS=LIST) == ["ci"]
    assert names(REGISTRY_NOTIFICATIONS_ENDPOINTS="[]") == []
    assert names(REGISTRY_NOTIFICATIONS_ENDPOINTS="") is None
    assert names(REGISTRY_NOTIFICATIONS_ENDPOINTS=LIST, NOTIFIER_CONFIG=str(path)) == [
        "ci"
    ]


def test_a_mistake_in_the_variable_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError) as refused:
        names(REGISTRY_NOTIFICATIONS_ENDPOINTS="- name: ci\n  url: a\n  timeout: 5")

    assert str(refused.value).startswith(
        "REGISTRY_NOTIFICATIONS_ENDPOINTS:3: notifications.endpoints[0].timeout: has no"
    )


@pytest.mark.parametrize("name", ["ENDPOINTS_0_URL", "EVENTS_INCLUDEREFERENCES"])
def test_a_variable_that_would_have_no_effect_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^REGISTRY_NOTIFICATIONS_{name} is not rea"):
        names(**{f"REGISTRY_NOTIFICATIONS_{name}": "x"})
