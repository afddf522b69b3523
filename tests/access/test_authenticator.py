"""Who is asking: every kind of credential, and what becomes of it."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.access import api_tokens, grants, users
from notifier.access.access_tokens import AccessTokens
from notifier.access.caller import Credential
from notifier.access.passwords import PasswordHash, Passwords, hash_password
from notifier.access.permits import Permit
from notifier.access.refusals import CredentialsRefused, Refusal, TooManyAttempts
from notifier.access.scopes import granted, parse_scopes
from notifier.access.subjects import Kind
from notifier.access.throttle import PER_ACCOUNT
from notifier.access.token_text import new_token
from notifier.db import Database, DatabaseUnavailable
from tests.access import issuing
from tests.access.conftest import PASSWORD
from tests.access.gate import HERE, Gate, basic
from tests.access.issuing import FromNow, token, write_keys
from tests.access.test_htpasswd import line

ALICE = basic("alice", PASSWORD)


@pytest.fixture(name="gate")
def _gate(database: Database) -> Gate:
    return Gate(database)


@pytest.fixture(name="htpasswd")
def _htpasswd(tmp_path: Path) -> Path:
    path = tmp_path / "htpasswd"
    path.write_text(line("alice") + line("ci"))
    return path


@pytest.fixture(name="outside")
def _outside(database: Database, tmp_path: Path) -> Gate:
    """Give a gate that takes the tokens of an outside issuer."""
    return Gate(
        database,
        token_issuer=issuing.ISSUER,
        token_audience=issuing.AUDIENCE,
        token_jwks=str(write_keys(tmp_path / "keys.json")),
    )


def test_on_loopback_everybody_may_do_everything_until_access_is_configured(
    gate: Gate,
) -> None:
    open_ = gate.ask()
    with_something = gate.ask("Basic whatever")

    assert gate.authenticator.is_open()
    assert open_.name is None
    assert with_something == open_
    assert gate.authenticator.login("bob", "x", HERE) == open_
    assert all(open_.may(permit, "team/app") for permit in Permit)

    gate.add_user()
    gate.wait()

    assert not gate.authenticator.is_open()
    assert not any(gate.ask().may(permit) for permit in Permit)


def test_a_grant_configures_access_too(gate: Gate) -> None:
    assert gate.ask().may(Permit.ADMIN)

    gate.grant("anonymous", "pull", on="public/*")
    gate.wait()

    anonymous = gate.ask()
    assert anonymous.globs_for(Permit.PULL) == ("public/*",)
    assert not anonymous.may(Permit.ADMIN)


@pytest.mark.parametrize(
    "settings", [{"host": "0.0.0.0"}, {"anonymous": ()}, {"anonymous": ("pull",)}]
)
def test_nothing_is_open_by_itself_where_others_can_reach_it_or_it_is_said_so(
    database: Database, settings: dict[str, object]
) -> None:
    gate = Gate(database, **settings)

    assert not gate.authenticator.is_open()
    assert not gate.ask().may(Permit.PUSH)
    assert gate.refusal(ALICE) is Refusal.PASSWORD


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ((), set()),
        (("pull",), {Permit.PULL}),
        (("pull", "push", "delete"), {Permit.PULL, Permit.PUSH, Permit.DELETE}),
        (("all",), set(Permit)),
    ],
)
def test_the_settings_say_what_everybody_may_do(
    database: Database, words: tuple[str, ...], given: set[Permit]
) -> None:
    gate = Gate(database, anonymous=words)

    assert {permit for permit in Permit if gate.ask().may(permit)} == given


def test_what_everybody_may_do_those_with_a_name_may_too(
    database: Database, password_hash: PasswordHash
) -> None:
    gate = Gate(database, anonymous=("pull",))
    gate.grant("anonymous", "push", on="public/*")
    gate.add_user(password_hash=password_hash)

    alice = gate.ask(ALICE)

    assert alice.globs_for(Permit.PULL) == ("**",)
    assert alice.globs_for(Permit.PUSH) == ("public/*",)


def test_a_user_has_their_grants_their_groups_and_those_of_all_with_a_name(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash, groups=["team"])
    gate.grant("user:alice", "pull", on="a/*")
    gate.grant("group:team", "pull", on="b/*")
    gate.grant("authenticated", "pull", on="c/*")
    for other in ("user:bob", "group:other", "robot:alice"):
        gate.grant(other, "pull", on="d/*")

    alice = gate.ask(ALICE)

    assert (alice.name, alice.subject) == ("alice", "user:alice")
    assert alice.credential is Credential.PASSWORD
    assert set(alice.globs_for(Permit.PULL)) == {"a/*", "b/*", "c/*"}
    assert gate.authenticator.login("alice", PASSWORD, HERE) == alice


def test_a_robot_is_not_a_user_of_that_name(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user("ci", password_hash, kind=Kind.ROBOT)
    gate.grant("robot:ci", "push")
    gate.grant("user:ci", "delete")

    ci = gate.ask(basic("ci", PASSWORD))

    assert ci.subject == "robot:ci"
    assert ci.may(Permit.PUSH)
    assert not ci.may(Permit.DELETE)


@pytest.mark.parametrize(
    "authorization",
    [
        basic("alice", "wrong"),
        basic("alice", PASSWORD + " "),
        basic("alice", ""),
        basic("bob", PASSWORD),
        basic("Alice", PASSWORD),
        basic("tokens-only", PASSWORD),
    ],
)
def test_a_wrong_password_is_refused_whoever_is_called_so(
    gate: Gate, password_hash: PasswordHash, authorization: str
) -> None:
    gate.add_user(password_hash=password_hash)
    gate.add_user("tokens-only")

    assert gate.refusal(authorization) is Refusal.PASSWORD


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Basic", "Basic ", "Basic !", "Basic YWxpY2U=", "Basic 4pi"),
        *("Digest x", "alice:password", "Basic /w==", basic("", PASSWORD)),
        *(basic("a\0b", PASSWORD), basic(" alice", PASSWORD)),
        *(basic("x" * 256, PASSWORD), basic("alice", "x" * 1025), "Bearer", "Bearer "),
    ],
)
def test_what_is_no_credential_is_refused(gate: Gate, authorization: str) -> None:
    gate.add_user()

    assert gate.refusal(authorization) is Refusal.MALFORMED


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic  "])
def test_a_scheme_may_be_written_in_any_case(
    gate: Gate, password_hash: PasswordHash, scheme: str
) -> None:
    gate.add_user(password_hash=password_hash)

    assert gate.ask(ALICE.replace("Basic", scheme)).name == "alice"


def test_a_password_is_verified_once_a_minute(
    gate: Gate, password_hash: PasswordHash, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_user(password_hash=password_hash)
    gate.ask(ALICE)

    with monkeypatch.context() as patched:
        patched.delattr(Passwords, "verify")
        for _ in range(59):
            assert gate.ask(ALICE).name == "alice"
            gate.wait()
        gate.wait()
        with pytest.raises(AttributeError):
            gate.ask(ALICE)


def test_a_change_counts_within_a_second(
    gate: Gate, password_hash: PasswordHash
) -> None:
    alice = gate.add_user(password_hash=password_hash)
    given = gate.grant("user:alice", "push")
    assert gate.ask(ALICE).may(Permit.PUSH)

    with gate.database.transaction() as transaction:
        grants.remove(transaction, given.id)
    gate.wait()
    assert not gate.ask(ALICE).may(Permit.PUSH)

    with gate.database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=True)
    gate.wait()
    assert gate.refusal(ALICE) is Refusal.DISABLED
    assert gate.refusal(basic("alice", "wrong")) is Refusal.PASSWORD

    with gate.database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=False)
        users.set_password(transaction, alice.id, hash_password("another one"))
    gate.wait()
    assert gate.refusal(ALICE) is Refusal.PASSWORD
    assert gate.ask(basic("alice", "another one")).name == "alice"


def test_what_this_process_changes_counts_at_once_if_it_says_so(gate: Gate) -> None:
    gate.ask()
    with gate.database.transaction() as transaction:
        users.create(transaction, name="alice")
        transaction.after_commit(gate.authenticator.look_again)

    assert not gate.authenticator.is_open()


def test_the_database_is_asked_once_a_second_at_most(
    gate: Gate, password_hash: PasswordHash, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_user(password_hash=password_hash)
    _, text = gate.add_token()
    gate.ask(ALICE)
    gate.ask(f"Bearer {text}")

    with monkeypatch.context() as patched:
        patched.delattr(Database, "read")
        for _ in range(10):
            assert gate.ask(ALICE).name == "alice"
            assert gate.ask(f"Bearer {text}").name == "alice"
            gate.wait(0.09)


def test_wrong_passwords_are_slowed_down(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash)
    for number in range(PER_ACCOUNT):
        wrong = basic("alice", f"wrong-{number}")
        assert gate.refusal(wrong, f"198.51.100.{number}") is Refusal.PASSWORD

    with pytest.raises(TooManyAttempts) as refused:
        gate.ask(ALICE)

    gate.wait(refused.value.retry_after_s)
    assert gate.ask(ALICE).name == "alice"


def test_the_users_of_the_file_need_no_row(database: Database, htpasswd: Path) -> None:
    gate = Gate(database, htpasswd=htpasswd)
    gate.grant("user:alice", "push")

    alice = gate.ask(ALICE)

    assert not gate.authenticator.is_open()
    assert (alice.subject, alice.credential) == ("user:alice", Credential.HTPASSWD)
    assert alice.may(Permit.PUSH)
    assert gate.refusal(basic("alice", "wrong")) is Refusal.PASSWORD
    assert gate.refusal(basic("bob", PASSWORD)) is Refusal.PASSWORD


def test_who_leaves_the_file_is_out_within_a_second(
    database: Database, htpasswd: Path
) -> None:
    gate = Gate(database, htpasswd=htpasswd)
    access = gate.authenticator.tokens.issue(gate.ask(ALICE), ()).text
    _, text = gate.add_token()
    gate.wait()
    assert gate.ask(f"Bearer {access}").name == "alice"
    assert gate.ask(f"Bearer {text}").name == "alice"

    htpasswd.write_text(line("bob"))
    gate.wait()

    assert gate.refusal(ALICE) is Refusal.PASSWORD
    assert gate.refusal(f"Bearer {access}") is Refusal.REVOKED
    assert gate.refusal(f"Bearer {text}") is Refusal.REVOKED


def test_the_file_lets_nobody_in_who_is_somebody_else_here(
    database: Database, htpasswd: Path
) -> None:
    gate = Gate(database, htpasswd=htpasswd)
    alice = gate.add_user(password_hash=hash_password("another one"))
    gate.add_user("ci", kind=Kind.ROBOT)

    assert gate.refusal(ALICE) is Refusal.PASSWORD
    assert gate.refusal(basic("ci", PASSWORD)) is Refusal.PASSWORD

    with database.transaction() as transaction:
        users.set_password(transaction, alice.id, None)
    gate.wait()
    assert gate.ask(ALICE).credential is Credential.HTPASSWD

    with database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=True)
    gate.wait()
    assert gate.refusal(ALICE) is Refusal.DISABLED


def test_an_api_token_may_do_what_its_owner_may_and_it_says(gate: Gate) -> None:
    gate.add_user()
    gate.grant("user:alice", "pull", "push", on="team/*")
    made, text = gate.add_token("user:alice", "push", "delete", on="*/app")

    caller = gate.ask(f"Bearer {text}")

    assert (caller.name, caller.subject) == ("alice", "user:alice")
    assert (caller.credential, caller.api_token_id) == (Credential.API_TOKEN, made.id)
    assert caller.globs_for(Permit.PUSH) == ("team/app",)
    assert not caller.may(Permit.PULL)
    assert not caller.may(Permit.DELETE)


def test_an_api_token_of_an_admin_may_do_all_that_its_owner_may(gate: Gate) -> None:
    gate.add_user()
    gate.grant("user:alice", "operator")
    gate.grant("user:alice", "pull", on="team/*")
    _, text = gate.add_token("user:alice", "admin")

    caller = gate.ask(f"Bearer {text}")

    assert caller.may(Permit.OPERATOR)
    assert caller.globs_for(Permit.PULL) == ("team/*",)
    assert not caller.may(Permit.ADMIN)


@pytest.mark.parametrize("name", ["alice", "anything", "", "x" * 999])
def test_an_api_token_is_a_password_under_any_name(gate: Gate, name: str) -> None:
    gate.add_user()
    _, text = gate.add_token()

    assert gate.ask(basic(name, text)).name == "alice"
    assert gate.authenticator.login(name, text, HERE).name == "alice"


def test_an_api_token_ends_by_its_time_or_when_it_is_revoked(gate: Gate) -> None:
    alice = gate.add_user()
    made, text = gate.add_token(expires_at=datetime.now(UTC) + timedelta(minutes=2))
    assert gate.ask(f"Bearer {text}").name == "alice"

    with gate.database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=True)
    gate.wait()
    assert gate.refusal(f"Bearer {text}") is Refusal.DISABLED
    with gate.database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=False)
    gate.wait()
    assert gate.ask(f"Bearer {text}").name == "alice"
    gate.wait(120)
    assert gate.refusal(f"Bearer {text}") is Refusal.EXPIRED

    with gate.database.transaction() as transaction:
        api_tokens.revoke(transaction, made.id)
    gate.wait()
    assert gate.refusal(f"Bearer {text}") is Refusal.REVOKED


@pytest.mark.parametrize("make", [new_token, lambda: "ntf_" + "0" * 36])
def test_an_api_token_that_nobody_made_is_refused(gate: Gate, make: object) -> None:
    gate.add_user()
    text = make() if callable(make) else ""

    assert gate.refusal(f"Bearer {text}") in {Refusal.UNKNOWN, Refusal.MALFORMED}


def test_the_token_of_a_robot_is_none_of_a_user_who_is_called_so(gate: Gate) -> None:
    gate.add_user("ci")
    _, text = gate.add_token("robot:ci")

    assert gate.refusal(f"Bearer {text}") is Refusal.REVOKED


def test_the_use_of_an_api_token_is_written_down_once_a_minute(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_user()
    made, text = gate.add_token()

    gate.ask(f"Bearer {text}")

    with gate.database.read() as connection:
        assert api_tokens.get(connection, made.id).last_used_at is not None
    with monkeypatch.context() as patched:
        patched.delattr(Database, "transaction")
        gate.ask(f"Bearer {text}")
        gate.wait(60)
        with pytest.raises(AttributeError):
            gate.ask(f"Bearer {text}")


def test_a_database_that_is_busy_refuses_no_api_token(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_user()
    _, text = gate.add_token()

    def busy(_: Database) -> None:
        raise DatabaseUnavailable("busy")

    monkeypatch.setattr(Database, "transaction", busy)

    assert gate.ask(f"Bearer {text}").name == "alice"


def _access_token(gate: Gate, authorization: str | None, *scopes: str) -> str:
    caller = gate.ask(authorization)
    access = granted(parse_scopes(scopes), caller)
    return "Bearer " + gate.authenticator.tokens.issue(caller, access).text


def test_an_access_token_may_do_what_it_says_and_its_owner_may_now(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash)
    given = gate.grant("user:alice", "pull", "push", on="team/*")
    bearer = _access_token(
        gate, ALICE, "repository:team/app:pull,push,delete", "repository:other/x:pull"
    )

    caller = gate.ask(bearer)

    assert (caller.name, caller.subject) == ("alice", "user:alice")
    assert caller.credential is Credential.ACCESS_TOKEN
    assert caller.globs_for(Permit.PUSH) == ("team/app",)
    assert not caller.may(Permit.PULL, "team/another")
    assert not caller.may(Permit.DELETE)
    assert caller.catalog_globs() == ()

    with gate.database.transaction() as transaction:
        grants.remove(transaction, given.id)
    gate.wait()
    assert not gate.ask(bearer).may(Permit.PULL)


def test_an_access_token_carries_no_roles(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash)
    gate.grant("user:alice", "admin")

    caller = gate.ask(_access_token(gate, ALICE, "repository:team/app:*"))

    assert caller.may(Permit.DELETE, "team/app")
    assert not any(caller.may(p) for p in (Permit.ADMIN, Permit.OPERATOR))


def test_an_access_token_for_the_catalog_shows_what_may_be_pulled(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash)
    gate.grant("user:alice", "pull", on="team/*")

    caller = gate.ask(_access_token(gate, ALICE, "registry:catalog:*"))

    assert caller.catalog_globs() == ("team/*",)
    assert not caller.may(Permit.PULL)


def test_an_access_token_of_nobody_may_do_what_everybody_may(
    database: Database,
) -> None:
    gate = Gate(database, anonymous=("pull",))

    caller = gate.ask(_access_token(gate, None, "repository:team/app:pull,push"))

    assert (caller.name, caller.subject) == (None, "anonymous")
    assert caller.may(Permit.PULL, "team/app")
    assert not caller.may(Permit.PUSH)


def test_an_access_token_ends_with_its_user(
    gate: Gate, password_hash: PasswordHash
) -> None:
    alice = gate.add_user(password_hash=password_hash)
    bearer = _access_token(gate, ALICE)
    assert gate.ask(bearer).name == "alice"

    with gate.database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=True)
    gate.wait()
    assert gate.refusal(bearer) is Refusal.DISABLED

    with gate.database.transaction() as transaction:
        users.remove(transaction, alice.id)
        users.create(transaction, name="bob")
    gate.wait()
    assert gate.refusal(bearer) is Refusal.REVOKED


def test_an_access_token_that_was_got_by_an_api_token_ends_with_it(gate: Gate) -> None:
    gate.add_user()
    gate.grant("user:alice", "pull", "push")
    made, text = gate.add_token("user:alice", "pull")

    bearer = _access_token(gate, basic("x", text), "repository:team/app:pull,push")

    caller = gate.ask(bearer)
    assert caller.api_token_id == made.id
    assert caller.may(Permit.PULL, "team/app")
    assert not caller.may(Permit.PUSH)
    with gate.database.transaction() as transaction:
        api_tokens.revoke(transaction, made.id)
    gate.wait()
    assert gate.refusal(bearer) is Refusal.REVOKED


def test_a_token_is_verified_once_until_its_end(
    gate: Gate, password_hash: PasswordHash, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_user(password_hash=password_hash)
    bearer = _access_token(gate, ALICE)
    gate.ask(bearer)

    monkeypatch.delattr(AccessTokens, "verify")

    gate.wait(300 + 59)
    gate.grant("user:alice", "pull")
    assert gate.ask(bearer).name == "alice"
    gate.wait(2)
    with pytest.raises(AttributeError):
        gate.ask(bearer)


def test_an_outside_token_says_itself_what_may_be_done(outside: Gate) -> None:
    outside.grant("user:alice", "push")
    outside.grant("authenticated", "pull")

    caller = outside.ask("Bearer " + token())

    assert (caller.name, caller.subject) == ("alice", "user:alice")
    assert caller.credential is Credential.ISSUER_TOKEN
    assert caller.globs_for(Permit.PULL) == ("team/app",)
    assert not caller.may(Permit.PUSH)
    assert caller.catalog_globs() == ()


def test_roles_are_granted_to_the_names_of_outside_tokens(outside: Gate) -> None:
    outside.grant("user:alice", "auditor", on="team/*")
    outside.grant("authenticated", "operator")
    outside.grant("user:root", "admin")

    alice = outside.ask("Bearer " + token())
    root = outside.ask("Bearer " + token(sub="root", access=[]))

    assert alice.globs_for(Permit.AUDITOR) == ("team/*",)
    assert alice.may(Permit.OPERATOR)
    assert root.may(Permit.DELETE, "team/app")
    assert root.catalog_globs() == ("**",)


def test_an_outside_token_without_a_name_has_what_it_says_alone(outside: Gate) -> None:
    outside.grant("authenticated", "operator")

    caller = outside.ask("Bearer " + token(sub=""))

    assert (caller.name, caller.subject) == (None, "anonymous")
    assert caller.may(Permit.PULL, "team/app")
    assert not caller.may(Permit.OPERATOR)


def test_an_outside_token_for_the_catalog_shows_all_of_it(outside: Gate) -> None:
    access = [{"type": "registry", "name": "catalog", "actions": ["*"]}]

    assert outside.ask("Bearer " + token(access=access)).catalog_globs() == ("**",)


def test_an_outside_name_is_never_a_robot_and_may_be_disabled(outside: Gate) -> None:
    outside.add_user("ci", kind=Kind.ROBOT)
    outside.grant("robot:ci", "admin")
    alice = outside.add_user()
    with outside.database.transaction() as transaction:
        users.set_disabled(transaction, alice.id, disabled=True)

    ci = outside.ask("Bearer " + token(sub="ci"))

    assert ci.subject == "user:ci"
    assert not ci.may(Permit.ADMIN)
    assert outside.refusal("Bearer " + token()) is Refusal.DISABLED


def test_beside_an_outside_issuer_our_own_tokens_count_too(
    outside: Gate, password_hash: PasswordHash
) -> None:
    outside.add_user(password_hash=password_hash)
    outside.grant("user:alice", "push")
    _, text = outside.add_token()

    bearer = _access_token(outside, ALICE, "repository:team/app:push")

    assert outside.ask(bearer).may(Permit.PUSH, "team/app")
    assert outside.ask(f"Bearer {text}").may(Permit.PUSH)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"exp": FromNow(-3600)}, Refusal.EXPIRED),
        ({"aud": "another"}, Refusal.AUDIENCE),
        ({"iss": "another"}, Refusal.ISSUER),
        ({"key": issuing.STRANGER}, Refusal.SIGNATURE),
    ],
)
def test_an_outside_token_is_refused_for_its_reason(
    outside: Gate, more: dict[str, object], reason: Refusal
) -> None:
    assert outside.refusal("Bearer " + token(**more)) is reason  # type: ignore[arg-type]  # as the test has it


def test_a_client_stays_logged_in_by_a_refresh_token(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash)
    renewals = gate.authenticator.renewals

    text = renewals.issue(gate.ask(ALICE), service="registry", client_id="docker")

    assert text is not None
    assert renewals.redeem(text, service="registry") == gate.ask(ALICE)


def test_who_has_proved_no_password_gets_no_refresh_token(gate: Gate) -> None:
    gate.add_user()
    _, text = gate.add_token()
    renewals = gate.authenticator.renewals

    for authorization in (None, f"Bearer {text}", basic("alice", text)):
        caller = gate.ask(authorization)
        assert renewals.issue(caller, service="x", client_id="x") is None


def test_a_refresh_token_is_of_no_use_once_the_line_of_the_file_is_another(
    database: Database, htpasswd: Path
) -> None:
    gate = Gate(database, htpasswd=htpasswd)
    renewals = gate.authenticator.renewals
    text = renewals.issue(gate.ask(ALICE), service="registry", client_id="docker")
    assert text is not None
    assert renewals.redeem(text, service="registry").name == "alice"

    htpasswd.write_text(line("alice", "another one"))

    for wrong in (text, "nonsense"):
        with pytest.raises(Exception, match="the credentials are refused"):
            renewals.redeem(wrong, service="registry")


AUTHORIZATIONS = st.one_of(
    st.text(),
    st.text().map(lambda text: f"Bearer {text}"),
    st.text().map(lambda text: f"Basic {text}"),
    st.binary().map(lambda given: "Basic " + base64.b64encode(given).decode()),
    st.lists(st.binary(), min_size=3, max_size=3).map(
        lambda parts: (
            "Bearer "
            + ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts)
        )
    ),
)


@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@given(AUTHORIZATIONS)
def test_whatever_somebody_sends_is_refused(outside: Gate, authorization: str) -> None:
    """And never a fault of ours: nobody here can be guessed."""
    outside.wait(60)

    with pytest.raises(CredentialsRefused):
        outside.ask(authorization)


def test_what_is_told_of_a_caller_holds_no_secret(
    gate: Gate, password_hash: PasswordHash
) -> None:
    gate.add_user(password_hash=password_hash)
    _, text = gate.add_token()

    shown = repr([gate.ask(ALICE), gate.ask(f"Bearer {text}")])
    standings = gate.authenticator._latest.view().standings

    for secret in (PASSWORD, text, "argon2"):
        assert secret not in shown
        assert secret not in repr(standings.by_login("alice"))
