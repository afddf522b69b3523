import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest

from notifier.config import (
    ConfigError,
    LogFormat,
    PullEvents,
    References,
    Settings,
)


def read(**environment: str) -> Settings:
    return Settings.from_environment(
        {f"NOTIFIER_{name.upper()}": text for name, text in environment.items()}
    )


def test_nothing_needs_to_be_set() -> None:
    settings = read()

    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)


def test_the_embedded_defaults_live_in_the_data_directory(tmp_path: Path) -> None:
    settings = read(data_dir=str(tmp_path))

    assert settings.database == f"sqlite:///{tmp_path}/notifier.db"
    assert settings.storage == f"file://{tmp_path}"
    assert Path(read().database.removeprefix("sqlite:///")).is_absolute()


def test_what_is_set_is_used() -> None:
    settings = read(
        host="::",
        port="80",
        tls_certificate="/etc/cert.pem",
        tls_key="/etc/key.pem",
        database_url="postgresql+psycopg://me:secret@db/notifier",
        redis_url="rediss://cache/1",
        storage_url="memory://",
        public_url="https://registry.example.com/",
        trusted_proxies="10.0.0.0/8, 192.0.2.1,fd00::/8",
        secret_key="key",
        anonymous="Pull, push",
        htpasswd="/etc/htpasswd",
        token_issuer="auth.example",
        token_jwks="https://auth.example/jwks.json",
        token_realm="https://auth.example/token",
        token_leeway_s="0",
        token_life_s="900",
        delete="off",
        read_only="yes",
        manifest_references="Sparse",
        pull_events="commit",
        head_is_pull="1",
        event_references="TRUE",
        max_blob_mb="2048",
        max_uploads="10",
        manifest_rate="5",
        max_header_kb="8",
        max_body_kb="64",
        upload_expiry_h="1",
        allowed_networks="10.0.0.0/8",
        allowed_ports="443, 8000-8999",
        egress_proxy="http://me:hunter2@proxy:4750/",
        log_format="json",
    )

    assert (settings.host, settings.port) == ("::", 80)
    assert settings.tls_certificate == Path("/etc/cert.pem")
    assert settings.tls_key == Path("/etc/key.pem")
    assert (settings.max_blob_mb, settings.max_uploads) == (2048, 10)
    assert (settings.manifest_rate, settings.max_header_kb) == (5, 8)
    assert settings.max_body_kb == 64
    assert settings.database == "postgresql+psycopg://me:secret@db/notifier"
    assert settings.storage == "memory://"
    assert settings.public_url == "https://registry.example.com"
    assert settings.trusted_proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("192.0.2.1/32"),
        ip_network("fd00::/8"),
    )
    assert settings.anonymous == ("pull", "push")
    assert settings.htpasswd == Path("/etc/htpasswd")
    assert settings.token_issuer == "auth.example"
    assert settings.token_jwks == "https://auth.example/jwks.json"
    assert settings.token_realm == "https://auth.example/token"
    assert (settings.token_leeway_s, settings.token_life_s) == (0, 900)
    assert not settings.delete
    assert settings.read_only
    assert settings.head_is_pull
    assert settings.event_references
    assert settings.manifest_references is References.SPARSE
    assert settings.pull_events is PullEvents.COMMIT
    assert settings.log_format is LogFormat.JSON
    assert settings.upload_expiry_h == 1
    assert settings.allowed_networks == (ip_network("10.0.0.0/8"),)
    assert settings.allowed_ports == (range(443, 444), range(8000, 9000))
    assert settings.egress_proxy == "http://me:hunter2@proxy:4750"


@pytest.mark.parametrize(("text", "words"), [("all", ("all",)), ("None", ())])
def test_anonymous_callers_may_do_all_or_nothing(
    text: str, words: tuple[str, ...]
) -> None:
    assert read(anonymous=text).anonymous == words


def test_an_empty_variable_is_not_set() -> None:
    assert read(port="", database_url="", trusted_proxies="") == Settings()


def test_variables_of_others_do_not_matter() -> None:
    assert Settings.from_environment({"PATH": "/bin", "PORT": "x"}) == Settings()


@pytest.mark.parametrize("name", ["NOTIFIER_PROT", "NOTIFIER_port", "NOTIFIER_"])
def test_a_name_that_is_no_setting_stops_the_program(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is not a setting: see README"):
        Settings.from_environment({name: "80"})


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("port", "http", "say a whole number from 1 to 65535"),
        ("port", "0", "say a whole number from 1 to 65535"),
        ("port", "65536", "say a whole number from 1 to 65535"),
        ("port", "-1", "say a whole number from 1 to 65535"),
        ("port", "5000.0", "say a whole number from 1 to 65535"),
        ("port", "9" * 5000, "say a whole number from 1 to 65535"),
        ("anonymous", "push,admin", "say all, none, or some of pull,push,delete"),
        ("anonymous", "all,pull", "say all, none, or some of pull,push,delete"),
        ("token_jwks", "http://auth.example", "say a URL that begins with one of"),
        ("token_jwks", "https:///jwks", "say a file, or https:// and a host"),
        ("token_realm", "auth.example", "say a URL that begins with one of http://"),
        ("token_life_s", "59", "say a whole number from 60 to 86400"),
        ("delete", "maybe", "say on or off"),
        ("pull_events", "never", "say one of journal, commit, off"),
        ("manifest_references", "lax", "say one of strict, sparse"),
        ("log_format", "xml", "say one of auto, console, json"),
        ("trusted_proxies", "proxy.local", "say addresses or networks"),
        ("trusted_proxies", "10.0.0.1/8", "say addresses or networks"),
        ("trusted_proxies", "10.0.0.0/8 11.0.0.0/8", "say addresses or networks"),
        ("allowed_networks", "10.0.0.1/8", "say addresses or networks"),
        ("allowed_ports", "https", "say ports or ranges of them"),
        ("allowed_ports", "443,", "say ports or ranges of them"),
        ("allowed_ports", "0-80", "say ports or ranges of them"),
        ("allowed_ports", "90-80", "say ports or ranges of them"),
        ("allowed_ports", "80-", "say ports or ranges of them"),
        ("egress_proxy", "proxy:4750", "say a URL that begins with one of http://"),
        ("egress_proxy", "socks5://proxy", "say a URL that begins with one of http://"),
        ("egress_proxy", "http://proxy/path", "say http://host:port"),
        ("egress_proxy", "http://", "say http://host:port"),
        ("database_url", "mysql://db/notifier", "say a URL that begins with one of"),
        ("database_url", "notifier.db", "say a URL that begins with one of"),
        ("database_url", "sqlite://", "say a file"),
        ("database_url", "sqlite:///", "say a file"),
        ("database_url", "sqlite:///:memory:", "say a file"),
        ("database_url", "sqlite:///file::memory:?uri=true", "say a file"),
        ("database_url", "sqlite:///file:x?mode=memory&uri=true", "say a file"),
        ("redis_url", "http://cache", "say a URL that begins with one of redis://"),
        (
            "redis_url",
            "redis://127.0.0.1:notaport/0",
            "say a URL whose port is",
        ),
        (
            "egress_proxy",
            "http://user:secret@proxy:x",
            "say a URL whose port is",
        ),
        ("public_url", "https://registry:65536", "say a URL whose port is"),
        ("storage_url", "s3://bucket", "say a URL that begins with one of file://"),
        ("public_url", "registry.example.com", "say a URL that begins with one of"),
        ("public_url", "ftp://registry", "say a URL that begins with one of http://"),
        ("public_url", "https://", "say a URL with a host"),
        ("public_url", "http:///x", "say a URL with a host"),
        ("public_url", "http://[", ""),
    ],
)
def test_a_bad_setting_is_named_and_stops_the_program(
    name: str, text: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        read(**{name: text})

    message = str(refusal.value)
    assert message.startswith(f"NOTIFIER_{name.upper()}: {reason}")
    assert "\n" not in message


def test_a_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(ConfigError) as refusal:
        read(database_url="mysql://me:hunter2@db/notifier")

    assert "hunter2" not in str(refusal.value)


def test_settings_that_are_shown_hide_their_secrets() -> None:
    settings = read(
        secret_key="hunter2",
        database_url="postgresql://me:hunter2@db/notifier",
        redis_url="redis://:hunter2@cache",
        egress_proxy="http://me:hunter2@proxy",
    )

    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda f: f.name)
def test_every_setting_has_its_help(setting: "dataclasses.Field[object]") -> None:
    assert setting.metadata["help"].endswith(".") or "`" in setting.metadata["help"]
