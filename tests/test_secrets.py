"""Secrets at rest."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from notifier.config import ConfigError, Settings
from notifier.secrets import SecretBox, SecretUnreadable


def test_the_first_start_makes_a_key_that_only_the_owner_reads(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")

    encrypted = SecretBox.open(settings).encrypt(b"secret")

    path = tmp_path / "data" / "secret.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [path] == list(path.parent.iterdir())
    assert b"secret" not in encrypted
    assert SecretBox.open(settings).decrypt(encrypted) == b"secret"


def test_a_process_that_comes_second_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path)
    first = SecretBox.open(settings)
    monkeypatch.setattr(Path, "exists", lambda _: False)

    second = SecretBox.open(settings)

    assert first.decrypt(second.encrypt(b"secret")) == b"secret"


def test_keys_are_rotated_by_naming_the_new_one_first(tmp_path: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    encrypted = SecretBox([old]).encrypt(b"secret")

    both = SecretBox.open(Settings(data_dir=tmp_path, secret_key=f"{new}, {old}"))

    assert both.decrypt(encrypted) == b"secret"
    assert SecretBox([new]).decrypt(both.encrypt(b"secret")) == b"secret"
    with pytest.raises(SecretUnreadable):
        SecretBox([new]).decrypt(encrypted)


def test_a_bad_key_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        SecretBox.open(Settings(data_dir=tmp_path, secret_key="hunter2"))

    assert "NOTIFIER_SECRET_KEY" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_keys_are_derived_of_each_key_for_each_purpose() -> None:
    new, old = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before, after = SecretBox([old]), SecretBox([new, old])

    derived = after.derive_keys("access tokens")

    assert derived[1:] == before.derive_keys("access tokens")
    assert len({*derived, *after.derive_keys("something else")}) == 4
    assert {len(key) for key in derived} == {32}
