"""The htpasswd file."""

import os
from pathlib import Path

import bcrypt
import pytest
import structlog

from notifier.access.htpasswd import Htpasswd
from notifier.access.passwords import Passwords
from notifier.config import ConfigError, Settings
from tests.access.conftest import PASSWORD


def line(name: str, password: str = PASSWORD, kind: bytes = b"2b") -> str:
    hash_ = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4))
    return f"{name}:{hash_.replace(b'2b', kind, 1).decode()}\n"


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "htpasswd"


@pytest.fixture(name="htpasswd")
def _htpasswd(path: Path) -> Htpasswd:
    return Htpasswd(path, Passwords())


@pytest.mark.parametrize("kind", [b"2a", b"2b", b"2y"])
def test_a_password_fits_its_line(path: Path, htpasswd: Htpasswd, kind: bytes) -> None:
    path.write_text("# users\n\n" + line("alice", kind=kind) + line("bob", "another"))

    stored = htpasswd.find("alice")

    assert stored is not None
    assert htpasswd.verify(stored, PASSWORD)
    assert not htpasswd.verify(stored, "another")
    assert not htpasswd.verify(htpasswd.find("bob"), PASSWORD)


def test_nothing_fits_who_is_not_there(path: Path, htpasswd: Htpasswd) -> None:
    path.write_text(line("alice"))

    assert htpasswd.find("bob") is None
    assert not htpasswd.verify(None, PASSWORD)


def test_who_is_not_there_costs_the_work_of_who_is(
    path: Path, htpasswd: Htpasswd
) -> None:
    path.write_text(line("alice"))

    assert htpasswd._file.value().dummy.startswith("$2b$04$")


@pytest.mark.parametrize(
    "bad",
    [
        "alice",
        "alice:",
        "alice:plain",
        "alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        "alice:$apr1$x$GrLOgsUkoFnvlM4XYJbC2/",
        "alice:$5$rounds=1000$x$" + "a" * 43,
        f"alice:$2b$31${'a' * 53}",
        f"alice:$2b$03${'a' * 53}",
        f":$2b$05${'a' * 53}",
        f"a\x07b:$2b$05${'a' * 53}",
        "\xff\xfe",
    ],
)
def test_a_line_that_is_none_is_named_by_its_number_and_matches_nothing(
    path: Path, htpasswd: Htpasswd, bad: str
) -> None:
    path.write_text(line("bob") + bad + "\n")

    with structlog.testing.capture_logs() as logged:
        assert htpasswd.find("alice") is None
        assert htpasswd.find("bob") is not None

    assert logged == [
        {"event": "htpasswd_line_ignored", "line": 2, "log_level": "warning"}
    ]


def test_of_two_lines_for_a_name_the_first_counts(
    path: Path, htpasswd: Htpasswd
) -> None:
    path.write_text(line("alice") + line("alice", "another"))

    assert htpasswd.verify(htpasswd.find("alice"), PASSWORD)


def test_the_file_is_read_again_when_it_changes(path: Path, htpasswd: Htpasswd) -> None:
    path.write_text(line("alice"))
    before = htpasswd.state()
    assert htpasswd.state() is before

    path.write_text(line("alice") + line("bob"))

    assert htpasswd.find("bob") is not None
    assert htpasswd.state() is not before


def test_a_file_that_is_replaced_by_another_is_read_again(
    path: Path, htpasswd: Htpasswd
) -> None:
    """Of the same size and time."""
    path.write_text(line("alice"))
    assert htpasswd.find("bob") is None
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns

    draft = path.with_name("draft")
    draft.write_text(line("bobby"))
    os.utime(draft, ns=times)
    draft.rename(path)

    assert htpasswd.find("bobby") is not None


def test_nobody_is_let_in_by_a_file_that_is_gone(
    path: Path, htpasswd: Htpasswd
) -> None:
    path.write_text(line("alice"))
    assert htpasswd.find("alice") is not None

    path.unlink()

    with structlog.testing.capture_logs() as logged:
        assert htpasswd.find("alice") is None
        assert htpasswd.find("alice") is None
    [entry] = logged
    assert entry["event"] == "file_unreadable"


@pytest.mark.parametrize("password", ["x" * 100, "zero\0byte", "\N{SNOWMAN}" * 40])
def test_any_password_can_be_tried(
    path: Path, htpasswd: Htpasswd, password: str
) -> None:
    path.write_text(line("alice"))

    assert not htpasswd.verify(htpasswd.find("alice"), password)


def test_bcrypt_looks_at_72_bytes(path: Path, htpasswd: Htpasswd) -> None:
    """As when ``htpasswd`` has made the hash."""
    path.write_text(line("alice", "x" * 72))

    assert htpasswd.verify(htpasswd.find("alice"), "x" * 80)


def test_a_file_that_cannot_be_read_stops_the_start(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^NOTIFIER_HTPASSWD: .*: No such file"):
        Htpasswd.open(Settings(htpasswd=path), Passwords())

    path.write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="has more than 4194304 bytes"):
        Htpasswd.open(Settings(htpasswd=path), Passwords())


def test_no_file_needs_to_be_set(path: Path) -> None:
    assert Htpasswd.open(Settings(), Passwords()) is None
    path.write_text(line("alice"))
    assert Htpasswd.open(Settings(htpasswd=path), Passwords()) is not None
