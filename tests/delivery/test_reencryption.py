"""Re-encryption: afterwards the old key may be lost."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from notifier.db import Base, Database
from notifier.delivery import reencryption
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.reencryption import Tally, reencrypt
from notifier.delivery.tables import EndpointRow, SecretRow
from notifier.secrets import SecretBox
from tests.authorities import Authority
from tests.delivery.desk import Desk

_URL = "http://ci.example/hook"


def _values(database: Database) -> list[bytes]:
    """Read all that is encrypted, table by table."""
    with database.read() as connection:
        return [
            value
            for column, key in (
                (EndpointRow.encrypted_headers, EndpointRow.id),
                (EndpointRow.encrypted_tls, EndpointRow.id),
                (EndpointRow.encrypted_url_secrets, EndpointRow.id),
                (SecretRow.encrypted_secret, SecretRow.id),
                (SecretRow.encrypted_private_key, SecretRow.id),
            )
            for value in connection.scalars(sa.select(column).order_by(key))
            if value
        ]


def test_all_that_is_secret_is_encrypted_by_the_first_key(desk: Desk) -> None:
    tls = {"ca": Authority.make().certificate_pem}
    desk.create(
        "https://ci.example/{path}",
        url_secrets={"path": "hook"},
        headers={"A": "b"},
        tls=tls,
    )
    created = desk.create(signatures=["v1a"])
    desk.rotate(created)
    before = _values(desk.database)
    new = Fernet.generate_key().decode()

    tally = reencrypt(desk.database, SecretBox([new, desk.key]))

    assert tally == Tally(renewed=9)
    old_box, new_box = SecretBox([desk.key]), SecretBox([new])
    after = _values(desk.database)
    assert not any(old_box.can_decrypt(value) for value in after)
    assert [new_box.decrypt(v) for v in after] == [old_box.decrypt(v) for v in before]


def test_every_encrypted_column_is_one_of_those() -> None:
    """A new one shows up here, to be written into the test above."""
    names = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if "encrypt" in column.name
    ]

    assert names == [
        "endpoints.encrypted_headers",
        "endpoints.encrypted_tls",
        "endpoints.encrypted_url_secrets",
        "secrets.encrypted_secret",
        "secrets.encrypted_private_key",
    ]


def test_signatures_stay_the_same(desk: Desk) -> None:
    created = desk.create(signatures=["x-signature"], headers={"A": "b"})
    before = desk.sign(created)
    new = Fernet.generate_key().decode()

    reencrypt(desk.database, SecretBox([new, desk.key]))
    desk.store = EndpointStore(SecretBox([new]), 10, desk.reach)

    assert desk.sign(created)["X-Signature"] == before["X-Signature"]
    assert desk.get(created).is_readable
    assert list(desk.get(created).headers) == ["A"]


def test_what_is_under_the_first_key_is_left_alone(desk: Desk) -> None:
    desk.create()
    before = _values(desk.database)

    tally = reencrypt(desk.database, SecretBox([desk.key]))

    assert tally == Tally(current=2)
    assert _values(desk.database) == before


def test_what_was_interrupted_is_gone_on_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencryption, "_PAGE", 2)
    for _ in range(5):
        desk.create()
    new = Fernet.generate_key().decode()
    box = SecretBox([new, desk.key])
    # The second page fails in its middle.
    monkeypatch.setattr(box, "encrypt", _failing_after(3, box.encrypt))
    with pytest.raises(ZeroDivisionError):
        reencrypt(desk.database, box)

    tally = reencrypt(desk.database, SecretBox([new, desk.key]))

    assert tally == Tally(renewed=8, current=2)
    assert all(SecretBox([new]).can_decrypt(value) for value in _values(desk.database))


def test_what_cannot_be_decrypted_stays_and_is_counted(desk: Desk) -> None:
    desk.create()
    before = _values(desk.database)
    desk.lose_key()
    desk.create()

    tally = reencrypt(desk.database, SecretBox([desk.key]))

    assert tally == Tally(current=2, unreadable=2)
    assert set(before) < set(_values(desk.database))


def test_removed_endpoints_and_secrets_that_have_ended_need_no_key(desk: Desk) -> None:
    desk.remove(desk.create(headers={"A": "b"}))
    ended = desk.create()
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(SecretRow).values(expires_at=ended.created_at))

    tally = reencrypt(desk.database, SecretBox([desk.key]))

    assert tally == Tally(current=1)


def _failing_after(
    count: int, encrypt: Callable[[bytes], bytes]
) -> Callable[[bytes], bytes]:
    left = iter(range(count))

    def fail_in_the_end(content: bytes) -> bytes:
        if next(left, None) is None:
            raise ZeroDivisionError
        return encrypt(content)

    return fail_in_the_end
