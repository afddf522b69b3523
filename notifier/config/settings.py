"""Settings: read once, checked at once, from ``NOTIFIER_*`` or the file it names."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from notifier.config.errors import ConfigError
from notifier.config.file import ConfigFile, Given

PREFIX = "NOTIFIER_"

Network = IPv4Network | IPv6Network


class PullEvents(StrEnum):
    """When a pull's event reaches the database."""

    JOURNAL = "journal"
    COMMIT = "commit"
    OFF = "off"


class References(StrEnum):
    """Whether a manifest may name content that the repository does not have."""

    STRICT = "strict"
    SPARSE = "sparse"


class LogFormat(StrEnum):
    """How a log line looks; ``auto`` is ``console`` on a terminal, else ``json``."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


def _switch(text: str) -> bool:
    if text.lower() in {"on", "true", "yes", "1"}:
        return True
    if text.lower() in {"off", "false", "no", "0"}:
        return False
    raise ValueError("say on or off")


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        # Python refuses to read numbers of thousands of digits.
        if not text.isdecimal() or not low <= int(text[:20]) <= high:
            raise ValueError(f"say a whole number from {low} to {high}")
        return int(text)

    return parse


def _choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(text: str) -> StrEnum:
        try:
            return kind(text.lower())
        except ValueError:
            raise ValueError(f"say one of {', '.join(kind)}") from None

    return parse


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part)
    except ValueError as error:
        raise ValueError(
            f"say addresses or networks, with commas between: {error}"
        ) from None


def _ports(text: str) -> tuple[range, ...]:
    return tuple(_port_range(part.strip()) for part in text.split(","))


def _port_range(text: str) -> range:
    low, dash, high = text.partition("-")
    try:
        first = _number(1, 65535)(low)
        return range(first, (_number(first, 65535)(high) if dash else first) + 1)
    except ValueError:
        raise ValueError(
            "say ports or ranges of them, with commas between: 443,8000-8999"
        ) from None


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            known = ", ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(f"say a URL that begins with one of {known}")
        return text

    return parse


def _database_url(text: str) -> str:
    parts = urlsplit(_url("sqlite", "postgresql+psycopg", "postgresql")(text))
    if parts.scheme == "sqlite" and (
        parts.path in {"", "/"} or ":memory:" in text or "mode=memory" in parts.query
    ):
        # Each process, and each of its threads, would have a database of its own.
        raise ValueError("say a file: sqlite:////absolute/path or sqlite:///relative")
    return text


def _web_url(text: str) -> str:
    if not urlsplit(_url("http", "https")(text)).hostname:
        raise ValueError("say a URL with a host")
    return text.rstrip("/")


def _proxy_url(text: str) -> str:
    parts = urlsplit(_url("http")(text))
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("say http://host:port, and user:password@ before it if needed")
    return text.rstrip("/")


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
    port: int = _setting(5000, _number(1, 65535), "The port to listen on.")
    data_dir: Path = _setting(
        Path("data"), Path, "Where the embedded defaults keep their files."
    )
    database_url: str | None = _setting(
        None,
        _database_url,
        "The database; SQLite in the data directory if not set.",
        secret=True,
    )
    redis_url: str | None = _setting(
        None,
        _url("redis", "rediss", "unix"),
        "The Redis or Valkey server; an embedded one if not set.",
        secret=True,
    )
    storage_url: str | None = _setting(
        None,
        _url("file", "memory"),
        "Where blobs live; `file://` in the data directory if not set.",
    )
    public_url: str | None = _setting(
        None,
        _web_url,
        "The address that clients use, for `Location` and `target.url`; "
        "taken from each request if not set.",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (), _networks, "Networks whose `Forwarded` and `X-Forwarded-*` count."
    )
    secret_key: str | None = _setting(
        None,
        str,
        "Fernet keys, with commas between, that encrypt endpoint secrets at rest; "
        "a file in the data directory if not set.",
        secret=True,
    )
    delete: bool = _setting(True, _switch, "Whether content may be deleted.")
    read_only: bool = _setting(False, _switch, "Whether all writes are refused.")
    manifest_references: References = _setting(
        References.STRICT,
        _choice(References),
        "`strict`: all that a manifest names must be there; `sparse`: it need not.",
    )
    pull_events: PullEvents = _setting(
        PullEvents.JOURNAL,
        _choice(PullEvents),
        "`journal`: a pull's event is in a file before the answer and in the "
        "database at once after; `commit`: in the database before the answer; `off`.",
    )
    head_is_pull: bool = _setting(
        False, _switch, "Whether HEAD counts as a pull, as distribution has it."
    )
    event_references: bool = _setting(
        False, _switch, "Whether manifest events list what the manifest names."
    )
    upload_expiry_h: int = _setting(
        168, _number(1, 8760), "Hours after which an idle upload session is removed."
    )
    delivery_retention_d: int = _setting(
        30,
        _number(0, 36_500),
        "Days after which a delivery that is over is forgotten, with its attempts; "
        "0 keeps all.",
    )
    max_endpoints: int = _setting(
        1000, _number(1, 100_000), "How many endpoints there may be."
    )
    allowed_networks: tuple[Network, ...] = _setting(
        (),
        _networks,
        "Networks that deliveries may go to besides public addresses: `10.0.0.0/8`.",
    )
    allowed_ports: tuple[range, ...] | None = _setting(
        None,
        _ports,
        "Ports that deliveries may go to: `443,8000-8999`; if not set, all but those "
        "of well-known programs that do not speak HTTP.",
    )
    egress_proxy: str | None = _setting(
        None,
        _proxy_url,
        "A proxy that makes all connections to endpoints, by CONNECT: "
        "`http://proxy:4750`.",
        secret=True,
    )
    web_processes: int = _setting(2, _number(1, 64), "Web server processes.")
    web_threads: int = _setting(
        64, _number(1, 1024), "Requests at once in each web process."
    )
    log_format: LogFormat = _setting(
        LogFormat.AUTO, _choice(LogFormat), "`auto`, `console` or `json`."
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
