"""Secrets: chosen, rotated, ended."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.errors import (
    EndpointInvalid,
    EndpointUnknown,
    SecretCurrent,
    SecretUnknown,
    TooManySecrets,
)
from notifier.delivery.keys import new_secret
from notifier.delivery.rotation import DEFAULT_OVERLAP_S, MAX_OVERLAP_S
from notifier.delivery.signing import Signature
from notifier.delivery.tables import SecretRow
from tests.delivery.desk import Desk
from tests.delivery.verifying import github_signature, is_v1_by, is_v1a_by
from tests.receiver import Receiver

_TEXT = "It's-a-Secret-to-Everybody"
_ALL = ["v1", "v1a", "x-hub-signature-256", "x-signature"]


def test_without_a_choice_an_endpoint_is_signed_by_v1(desk: Desk) -> None:
    created, secret = desk.create_with_secret()

    assert created.signatures == (Signature.V1,)
    [live] = created.secrets
    assert (live.expires_at, live.public_key) == (None, None)
    assert abs(live.created_at - created.created_at) < timedelta(seconds=1)
    assert is_v1_by(secret, desk.sign(created), b"body")


def test_all_signatures_can_be_chosen(desk: Desk) -> None:
    created, secret = desk.create_with_secret(signatures=_ALL)

    headers = desk.sign(created)
    assert is_v1_by(secret, headers, b"body")
    assert is_v1a_by(created.secrets[0].public_key, headers, b"body")
    assert headers["X-Hub-Signature-256"] == github_signature(secret, b"body")
    assert headers["X-Signature"] == github_signature(secret, b"body")


def test_a_secret_may_come_from_the_caller_and_is_not_returned(desk: Desk) -> None:
    secret = new_secret()

    with desk.database.transaction() as transaction:
        created, made = desk.store.create(
            transaction, name="ci", url="http://ci.example/", secret=secret
        )

    assert made is None
    assert is_v1_by(secret, desk.sign(created), b"body")


def test_a_bad_secret_leaves_no_endpoint_behind(desk: Desk) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        desk.create(secret=_TEXT)

    assert refusal.value.field == "secret"
    with desk.database.read() as connection:
        assert desk.store.list(connection, limit=10) == []


def test_v1a_chosen_later_makes_a_key_pair_and_keeps_it(desk: Desk) -> None:
    created, secret = desk.create_with_secret()

    chosen = desk.update(created, signatures=["v1", "v1a"])
    again = desk.update(desk.update(created, signatures=["v1"]), signatures=["v1a"])

    public_key = chosen.secrets[0].public_key
    assert is_v1a_by(public_key, desk.sign(created), b"body")
    assert again.secrets[0].public_key == public_key
    assert not is_v1_by(secret, desk.sign(created), b"body")


def test_v1_chosen_later_needs_a_secret_that_fits(desk: Desk) -> None:
    created = desk.create(signatures=["x-signature"], secret=_TEXT)

    with pytest.raises(EndpointInvalid) as refusal:
        desk.update(created, signatures=["v1", "x-signature"])
    assert refusal.value.field == "signatures"
    assert desk.get(created).signatures == (Signature.X_SIGNATURE,)

    _, secret = desk.rotate(created)
    desk.update(created, signatures=["v1", "x-signature"])
    headers = desk.sign(created)
    assert is_v1_by(secret, headers, b"body")
    assert headers["X-Signature"] == github_signature(_TEXT, b"body")


def test_a_rotation_lets_the_old_secret_sign_for_a_day(desk: Desk) -> None:
    created, old = desk.create_with_secret(signatures=["v1", "x-hub-signature-256"])

    new, text = desk.rotate(created)

    after = datetime.now(UTC) + timedelta(seconds=DEFAULT_OVERLAP_S)
    now, then = desk.sign(created), desk.sign(created, at=after)
    shown = desk.get(created)
    assert [s.expires_at is None for s in shown.secrets] == [True, False]
    assert shown.secrets[0] == new
    assert shown.updated_at > created.updated_at
    assert is_v1_by(old, now, b"body")
    assert is_v1_by(text, now, b"body")
    assert now["X-Hub-Signature-256"] == github_signature(old, b"body")
    assert then["X-Hub-Signature-256"] == github_signature(text, b"body")
    assert then["webhook-signature"].count(",") == 1


def test_a_rotation_without_overlap_ends_all_others(desk: Desk) -> None:
    created, old = desk.create_with_secret()
    _, middle = desk.rotate(created)

    _, new = desk.rotate(created, overlap_s=0)

    headers = desk.sign(created)
    assert len(desk.get(created).secrets) == 1
    assert is_v1_by(new, headers, b"body")
    assert not is_v1_by(old, headers, b"body")
    assert not is_v1_by(middle, headers, b"body")


def test_with_v1a_a_rotation_makes_a_new_key_pair(desk: Desk) -> None:
    created = desk.create(signatures=["v1a"])
    old_key = created.secrets[0].public_key

    new, _ = desk.rotate(created)

    headers = desk.sign(created)
    assert new.public_key != old_key
    assert is_v1a_by(old_key, headers, b"body")
    assert is_v1a_by(new.public_key, headers, b"body")


def test_no_old_secret_outlives_a_later_overlap(desk: Desk) -> None:
    created = desk.create()
    desk.rotate(created, overlap_s=7200)

    desk.rotate(created, overlap_s=60)

    _, *old = desk.get(created).secrets
    limit = datetime.now(UTC) + timedelta(seconds=60)
    assert len(old) == 2
    assert all(s.expires_at and s.expires_at <= limit for s in old)


def test_a_later_overlap_does_not_make_an_earlier_one_longer(desk: Desk) -> None:
    created = desk.create()
    desk.rotate(created, overlap_s=60)
    [_, first] = desk.get(created).secrets

    desk.rotate(created, overlap_s=7200)

    *_, oldest = desk.get(created).secrets
    assert oldest == first


def test_three_secrets_sign_at_most(desk: Desk) -> None:
    created = desk.create()
    desk.rotate(created)
    desk.rotate(created)

    with pytest.raises(TooManySecrets):
        desk.rotate(created)

    desk.rotate(created, overlap_s=0)
    assert len(desk.get(created).secrets) == 1


def test_what_has_ended_is_forgotten_at_the_next_rotation(desk: Desk) -> None:
    created = desk.create()
    desk.rotate(created)
    desk.rotate(created)
    _expire_all(desk)

    desk.rotate(created)

    with desk.database.read() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(SecretRow))
    assert count == 2


def test_an_old_secret_can_be_ended_before_its_time(desk: Desk) -> None:
    created, old = desk.create_with_secret(signatures=["v1", "x-signature"])
    _, new = desk.rotate(created)

    desk.end(created, created.secrets[0])

    headers = desk.sign(created)
    assert not is_v1_by(old, headers, b"body")
    assert headers["X-Signature"] == github_signature(new, b"body")
    with pytest.raises(SecretUnknown):
        desk.end(created, created.secrets[0])


def test_the_newest_secret_cannot_be_ended(desk: Desk) -> None:
    created, secret = desk.create_with_secret()

    with pytest.raises(SecretCurrent):
        desk.end(created, created.secrets[0])

    assert is_v1_by(secret, desk.sign(created), b"body")


def test_a_secret_belongs_to_its_endpoint(desk: Desk) -> None:
    mine, other = desk.create(), desk.create()
    desk.rotate(other)

    with pytest.raises(SecretUnknown):
        desk.end(mine, desk.get(other).secrets[1])

    assert len(desk.get(other).secrets) == 2
    assert len(desk.get(mine).secrets) == 1


@pytest.mark.parametrize("overlap_s", [-1, MAX_OVERLAP_S + 1])
def test_an_overlap_has_bounds(desk: Desk, overlap_s: int) -> None:
    created = desk.create()

    with pytest.raises(EndpointInvalid) as refusal:
        desk.rotate(created, overlap_s=overlap_s)

    assert refusal.value.field == "overlap_s"
    desk.rotate(created, overlap_s=MAX_OVERLAP_S)


def test_a_refused_rotation_changes_nothing(desk: Desk) -> None:
    created, secret = desk.create_with_secret()

    with pytest.raises(EndpointInvalid):
        desk.rotate(created, secret=_TEXT)

    assert desk.get(created) == created
    assert is_v1_by(secret, desk.sign(created), b"body")


def test_an_unknown_endpoint_has_no_secrets(desk: Desk) -> None:
    created = desk.create()
    desk.remove(created)

    with pytest.raises(EndpointUnknown):
        desk.rotate(created)
    with pytest.raises(EndpointUnknown):
        desk.end(created, created.secrets[0])


def test_a_removed_endpoint_leaves_no_secret_behind(desk: Desk) -> None:
    created, other = desk.create(), desk.create()
    desk.rotate(created)

    desk.remove(created)

    with desk.database.read() as connection:
        left = connection.scalars(sa.select(SecretRow.id)).all()
    assert left == [other.secrets[0].id]


def test_a_drain_at_work_signs_with_the_new_secret_at_once(
    desk: Desk, receiver: Receiver
) -> None:
    created, old = desk.create_with_secret(receiver.url)
    desk.announce()
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED)

    _, new = desk.rotate(created, overlap_s=0)
    desk.announce()
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 2)

    before, after = receiver.requests
    before.verify(old)
    after.verify(new)


def _expire_all(desk: Desk) -> None:
    with desk.database.transaction() as transaction:
        transaction.execute(
            sa.update(SecretRow)
            .where(SecretRow.expires_at.is_not(None))
            .values(expires_at=datetime.now(UTC))
        )
