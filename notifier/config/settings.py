"""Settings: read once, checked at once, from ``NOTIFIER_*`` or the file it names."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from notifier.config import values
from notifier.config.errors import ConfigError
from notifier.config.file import ConfigFile, Given
from notifier.config.loopback import is_loopback

PREFIX = "NOTIFIER_"


class PullEvents(StrEnum):
    """When a pull's event reaches the database."""

    JOURNAL = "journal"
    COMMIT = "commit"
    OFF = "off"


class References(StrEnum):
    """Whether a manifest may name content that the repository does not have."""

    STRICT = "strict"
    SPARSE = "sparse"


class Challenge(StrEnum):
    """What registry clients are asked for: a token, or a name and a password."""

    BEARER = "bearer"
    BASIC = "basic"


class LogFormat(StrEnum):
    """How a log line looks; ``auto`` is ``console`` on a terminal, else ``json``."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


def _setting(
    default: Any, parse: Callable[[str], Any], help_: str, *, secret: bool = False
) -> Any:
    return field(
        default=default, repr=not secret, metadata={"parse": parse, "help": help_}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set, each by the environment variable of its upper-case name."""

    config: Path | None = _setting(
        None,
        Path,
        "A YAML file with settings under `notifier:`, and distribution's "
        "`notifications:`.",
    )
    host: str = _setting("127.0.0.1", str, "The address to listen on.")
    port: int = _setting(5000, values.number(1, 65535), "The port to listen on.")
    tls_certificate: Path | None = _setting(
        None,
        Path,
        "A file of PEM: the certificate to serve HTTPS with, and its chain after it. "
        "Read again when it is replaced.",
    )
    tls_key: Path | None = _setting(
        None, Path, "A file of PEM: the key of that certificate, not encrypted."
    )
    data_dir: Path = _setting(
        Path("data"), Path, "Where the embedded defaults keep their files."
    )
    database_url: str | None = _setting(
        None,
        values.database_url,
        "The database; SQLite in the data directory if not set.",
        secret=True,
    )
    redis_url: str | None = _setting(
        None,
        values.url("redis", "rediss", "unix"),
        "The Redis or Valkey server; an embedded one if not set.",
        secret=True,
    )
    storage_url: str | None = _setting(
        None,
        values.url("file", "memory"),
        "Where blobs live; `file://` in the data directory if not set.",
    )
    public_url: str | None = _setting(
        None,
        values.web_url,
        "The address that clients use, for `Location` and `target.url`; "
        "taken from each request if not set.",
    )
    trusted_proxies: tuple[values.Network, ...] = _setting(
        (), values.networks, "Networks whose `Forwarded` and `X-Forwarded-*` count."
    )
    secret_key: str | None = _setting(
        None,
        str,
        "Fernet keys, with commas between, that encrypt endpoint secrets at rest; "
        "a file in the data directory if not set.",
        secret=True,
    )
    anonymous: tuple[str, ...] | None = _setting(
        None,
        values.anonymous,
        "What callers may do who do not say who they are: some of `pull,push,delete` "
        "in every repository, `all`, which is everything, or `none`, which is what "
        "grants to `anonymous` say; if not set, everything on loopback until access is "
        "configured, and else `none`.",
    )
    htpasswd: Path | None = _setting(
        None, Path, "A file of users and bcrypt hashes, as `htpasswd -B` writes it."
    )
    token_issuer: str | None = _setting(
        None, str, "The `iss` of access tokens of an outside issuer."
    )
    token_jwks: str | None = _setting(
        None,
        values.key_set,
        "The keys of that issuer, a JSON Web Key Set: a file, or a URL `https://…`.",
    )
    token_audience: str = _setting(
        "notifier", str, "The `aud` of access tokens: the service's name in challenges."
    )
    token_realm: str | None = _setting(
        None,
        values.web_url,
        "Where clients get access tokens; our own `/auth/token` if not set.",
    )
    challenge: Challenge = _setting(
        Challenge.BEARER,
        values.choice(Challenge),
        "What registry clients are asked for: `bearer`, a token from the realm, or "
        "`basic`, a name and a password with each request. Both are taken anyway.",
    )
    token_leeway_s: int = _setting(
        60,
        values.number(0, 600),
        "Seconds by which the clock of an access token's issuer may be wrong.",
    )
    token_life_s: int = _setting(
        300,
        values.number(60, 86_400),
        "Seconds for which our own access tokens are good.",
    )
    delete: bool = _setting(True, values.switch, "Whether content may be deleted.")
    read_only: bool = _setting(False, values.switch, "Whether all writes are refused.")
    manifest_references: References = _setting(
        References.STRICT,
        values.choice(References),
        "`strict`: all that a manifest names must be there; `sparse`: it need not.",
    )
    pull_events: PullEvents = _setting(
        PullEvents.JOURNAL,
        values.choice(PullEvents),
        "`journal`: a pull's event is in a file before the answer and in the "
        "database at once after; `commit`: in the database before the answer; `off`.",
    )
    head_is_pull: bool = _setting(
        False, values.switch, "Whether HEAD counts as a pull, as distribution has it."
    )
    event_references: bool = _setting(
        False, values.switch, "Whether manifest events list what the manifest names."
    )
    max_blob_mb: int | None = _setting(
        None,
        values.number(1, 1_000_000_000),
        "Mebibytes that a blob may have; if not set, as many as the storage takes.",
    )
    max_uploads: int = _setting(
        1000,
        values.number(1, 100_000),
        "Upload sessions that a repository may have open.",
    )
    manifest_rate: int = _setting(
        0,
        values.number(0, 10_000),
        "Manifests a second that one caller may push to one repository, in each web "
        "process; those of ten seconds may come at once. 0 is any number.",
    )
    max_header_kb: int = _setting(
        64, values.number(8, 1024), "Kibibytes that the head of a request may have."
    )
    max_body_kb: int = _setting(
        1024,
        values.number(64, 65_536),
        "Kibibytes that the body of a request to the REST API may have.",
    )
    upload_expiry_h: int = _setting(
        168,
        values.number(1, 8760),
        "Hours after which an idle upload session is removed.",
    )
    delivery_retention_d: int = _setting(
        30,
        values.number(0, 36_500),
        "Days after which a delivery that is over is forgotten, with its attempts; "
        "0 keeps all.",
    )
    max_endpoints: int = _setting(
        1000, values.number(1, 100_000), "How many endpoints there may be."
    )
    allowed_networks: tuple[values.Network, ...] = _setting(
        (),
        values.networks,
        "Networks that deliveries may go to besides public addresses: `10.0.0.0/8`.",
    )
    allowed_ports: tuple[range, ...] | None = _setting(
        None,
        values.ports,
        "Ports that deliveries may go to: `443,8000-8999`; if not set, all but those "
        "of well-known programs that do not speak HTTP.",
    )
    egress_proxy: str | None = _setting(
        None,
        values.proxy_url,
        "A proxy that makes all connections to endpoints, by CONNECT: "
        "`http://proxy:4750`.",
        secret=True,
    )
    web_processes: int = _setting(2, values.number(1, 64), "Web server processes.")
    web_threads: int = _setting(
        64,
        values.number(1, 1024),
        "Requests that each web process works at; those that wait for their clients do "
        "not count.",
    )
    web_streams: int = _setting(
        16,
        values.number(1, 1024),
        "Streams and exports of the log at once in each web process, besides those "
        "requests.",
    )
    stream_history_h: int = _setting(
        24,
        values.number(1, 8760),
        "Hours for which a stream of the log can be gone on with.",
    )
    log_format: LogFormat = _setting(
        LogFormat.AUTO, values.choice(LogFormat), "`auto`, `console` or `json`."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the file, and every ``NOTIFIER_*`` variable, which wins over it.

        Raises `ConfigError` for a bad one.
        """
        known = {f.name: f for f in fields(cls)}
        file = ConfigFile.read(environment)
        given = {**file.settings, **dict(_variables(environment))}
        for name, (_, where) in given.items():
            if name not in known:
                raise ConfigError(f"{where} is not a setting: see README, Settings")
        return cls(**{name: _parsed(known[name], *given[name]) for name in given})

    def is_local(self) -> bool:
        """Tell whether the server is reached from this machine alone.

        It listens on loopback, and for no proxy: that lets others in, wherever it
        reaches us. A name is looked up for this.
        """
        return is_loopback(self.host) and not self.trusted_proxies

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return (
            self.database_url or f"sqlite:///{self.data_dir.absolute() / 'notifier.db'}"
        )

    @property
    def storage(self) -> str:
        """The storage's URL, the default filled in."""
        return self.storage_url or f"file://{self.data_dir.absolute()}"


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, Given]]:
    """Find what the environment sets; an empty variable sets nothing."""
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and text:
            name = variable.removeprefix(PREFIX)
            # A setting has one spelling: what is not upper-case is none.
            yield name.lower() if name.isupper() else variable, Given(text, variable)


def _parsed(setting: "Field[Any]", text: str, where: str) -> Any:
    try:
        return setting.metadata["parse"](text)
    except ValueError as error:
        # The value is left out: it may hold a password.
        raise ConfigError(f"{where}: {error}") from None
