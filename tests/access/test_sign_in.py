"""Passwords and codes, lockout, sessions that end, one-use links, tokens."""

from pathlib import Path

import pytest
from pyotp.totp import TOTP

from tagwatch.access.enrolment import AccountWrong, create_account, hash_password, now
from tagwatch.access.purpose import REMEMBERED_FOR, Purpose
from tagwatch.access.role import Role, Verb
from tagwatch.access.sign_in import (
    FREE_FAILURES,
    IDLE,
    LOCK_FIRST,
    LONGEST,
    Problem,
    SignIn,
    SignInFailed,
    open_sign_in,
    session_digest,
)
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import DAY, MINUTE, SECOND, Instant
from tagwatch.engine import installation
from tagwatch.store.accounts import NameTaken

PASSWORD = "three unrelated words"
AT = Instant(1_790_000_000 * SECOND)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder: Path = tmp_path_factory.mktemp("accounts")
    found = Config(data=folder / "data")
    installation.create(found)
    return found


@pytest.fixture(scope="module")
def hashed() -> str:
    """The hash of PASSWORD: it takes long to make, as it should."""
    return hash_password(PASSWORD)


@pytest.fixture
def doors(config: Config, hashed: str, request: pytest.FixtureRequest):
    """The sign-in of an installation, and the name of an account made for this test."""
    name = request.node.name[:60].lower()
    account = create_account(
        config, sign_in_name=name, full_name="Demo One", role=Role.OPERATOR, password=None
    )
    found = open_sign_in(config)
    found.accounts.alter(account, {"password_hash": hashed})
    yield found, name
    found.accounts.close()


def key_of(sign_in: SignIn, half: str, at: Instant) -> str:
    address = sign_in.enrolment(half, at)
    assert address is not None
    return address.split("secret=")[1].split("&")[0]


def code(key: str, at: Instant) -> str:
    return TOTP(key).at(at // SECOND)


def enrolled(sign_in: SignIn, name: str) -> tuple[str, str]:
    half = sign_in.with_password(name, PASSWORD, AT)
    key = key_of(sign_in, half, AT)
    return key, sign_in.with_code(half, code(key, AT), AT)


def test_password_and_code_sign_in_and_the_first_code_enrols(doors) -> None:
    sign_in, name = doors
    half = sign_in.with_password(name.upper(), PASSWORD, AT)
    assert sign_in.signed_in(half, AT) is None, "half a session is none"
    key = key_of(sign_in, half, AT)
    assert key_of(sign_in, half, AT) == key, "the key stays while one enrols"
    cookie = sign_in.with_code(half, code(key, AT), AT)
    found = sign_in.signed_in(cookie, AT)
    assert found is not None
    assert found.actor.role is Role.OPERATOR
    again = sign_in.with_password(name, PASSWORD, Instant(AT + MINUTE))
    assert sign_in.enrolment(again, Instant(AT + MINUTE)) is None
    with pytest.raises(SignInFailed, match=Problem.EXPIRED):
        sign_in.with_code(half, code(key, AT), AT)


def test_a_code_serves_once(doors) -> None:
    sign_in, name = doors
    key, _ = enrolled(sign_in, name)
    half = sign_in.with_password(name, PASSWORD, AT)
    with pytest.raises(SignInFailed, match=Problem.CODE):
        sign_in.with_code(half, code(key, AT), AT)
    later = Instant(AT + MINUTE)
    assert sign_in.with_code(half, code(key, later), later)


def test_wrong_passwords_lock_for_longer_and_longer(doors) -> None:
    sign_in, name = doors
    for _ in range(FREE_FAILURES):
        with pytest.raises(SignInFailed, match=Problem.WRONG):
            sign_in.with_password(name, "not the password", AT)
    with pytest.raises(SignInFailed, match=Problem.LOCKED):
        sign_in.with_password(name, PASSWORD, AT)
    after = Instant(AT + LOCK_FIRST)
    with pytest.raises(SignInFailed, match=Problem.WRONG):
        sign_in.with_password(name, "not the password", after)
    with pytest.raises(SignInFailed, match=Problem.LOCKED):
        sign_in.with_password(name, PASSWORD, Instant(after + LOCK_FIRST))
    assert sign_in.with_password(name, PASSWORD, Instant(after + 2 * LOCK_FIRST))


def test_wrong_codes_lock_too(doors) -> None:
    sign_in, name = doors
    half = sign_in.with_password(name, PASSWORD, AT)
    key = key_of(sign_in, half, AT)
    for _ in range(FREE_FAILURES):
        with pytest.raises(SignInFailed, match=Problem.CODE):
            sign_in.with_code(half, "000000x", AT)
    with pytest.raises(SignInFailed, match=Problem.LOCKED):
        sign_in.with_code(half, code(key, AT), AT)


def test_an_unknown_name_is_told_nothing_else(doors) -> None:
    sign_in, _ = doors
    with pytest.raises(SignInFailed, match=Problem.WRONG):
        sign_in.with_password("nobody of that name", PASSWORD, AT)


def test_a_session_ends_when_idle_and_after_one_shift(doors) -> None:
    sign_in, name = doors
    _, cookie = enrolled(sign_in, name)
    assert sign_in.signed_in(cookie, Instant(AT + IDLE - 1)) is not None
    assert sign_in.signed_in(cookie, Instant(AT + 2 * IDLE)) is None
    _, other = "", sign_in.start(AccountId(owner(sign_in, name)), "full", "link", AT, LONGEST)
    at = AT
    while at < AT + LONGEST:
        assert sign_in.signed_in(other, at) is not None
        at = Instant(at + IDLE // 2)
    assert sign_in.signed_in(other, Instant(AT + LONGEST)) is None


def owner(sign_in: SignIn, name: str) -> str:
    row = sign_in.accounts.by_name(name)
    assert row is not None
    return str(row["account_id"])


def test_a_disabled_account_is_out_at_once(doors) -> None:
    sign_in, name = doors
    _, cookie = enrolled(sign_in, name)
    sign_in.accounts.alter(AccountId(owner(sign_in, name)), {"active": 0})
    assert sign_in.signed_in(cookie, AT) is None
    assert sign_in.check([session_digest(cookie)], AT) == {}


def test_a_purpose_is_remembered_for_a_while(doors) -> None:
    sign_in, name = doors
    _, cookie = enrolled(sign_in, name)
    found = sign_in.signed_in(cookie, AT)
    assert found is not None
    assert found.purpose(AT) is None
    sign_in.state_purpose(found, Purpose.UPKEEP, "asked by", AT)
    stated = sign_in.signed_in(cookie, AT)
    assert stated is not None
    assert stated.purpose(Instant(AT + REMEMBERED_FOR - 1)) is Purpose.UPKEEP
    assert stated.purpose(Instant(AT + REMEMBERED_FOR)) is None
    with pytest.raises(AccountWrong):
        sign_in.state_purpose(found, Purpose.SUPERVISION, "", AT)


def test_a_token_does_its_verbs_and_no_more_until_revoked(doors) -> None:
    sign_in, name = doors
    account = AccountId(owner(sign_in, name))
    until = Instant(AT + DAY)
    secret = sign_in.issue_token(account, "robot", (Verb.SEE_ALERTS,), until)
    actor = sign_in.by_token(secret, AT)
    assert actor is not None
    assert actor.may(Verb.SEE_ALERTS)
    assert not actor.may(Verb.SEE_TRAIL)
    assert sign_in.by_token(secret, until) is None
    assert sign_in.by_token("twt_wrong", AT) is None
    token = next(t for t in sign_in.accounts.tokens() if t.label == "robot")
    sign_in.accounts.revoke_token(token.token_id, AT)
    assert sign_in.by_token(secret, AT) is None
    with pytest.raises(AccountWrong, match="see_audit"):
        sign_in.issue_token(account, "too much", (Verb.SEE_AUDIT,), until)


def test_names_are_unique_and_passwords_long(config: Config, doors) -> None:
    _, name = doors
    with pytest.raises(NameTaken, match=name[:20]):
        create_account(
            config, sign_in_name=name, full_name="x", role=Role.POLICE, password=PASSWORD
        )
    with pytest.raises(AccountWrong, match="12"):
        create_account(
            config, sign_in_name="new", full_name="x", role=Role.POLICE, password="short"
        )


def test_nothing_secret_is_kept_as_it_is(config: Config, doors) -> None:
    sign_in, name = doors
    key, cookie = enrolled(sign_in, name)
    sign_in.accounts.close()
    kept = b"".join(path.read_bytes() for path in config.data.glob("accounts.db*"))
    for secret in (PASSWORD, key, cookie):
        assert secret.encode() not in kept
    assert now() > 0
