"""Passkeys: added, used, refused when copied, replayed, unverified or of another page; removed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tagwatch.access.enrolment import AccountWrong, create_account, hash_password
from tagwatch.access.factor import PROVEN_FOR, end_others, is_proven, remove_code_app
from tagwatch.access.page_address import PageAddress, page_address
from tagwatch.access.passkey import CHALLENGE_LASTS, Passkeys
from tagwatch.access.role import Role
from tagwatch.access.sign_in import (
    FREE_FAILURES,
    LONGEST,
    Problem,
    SignedIn,
    SignInFailed,
    open_sign_in,
)
from tagwatch.access.stand import own_stand
from tagwatch.config import Config, WebConfig
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.engine import installation
from tagwatch.store.passkeys import passkeys_of
from tests.access.device import PRESENT, Device

AT = Instant(1_790_000_000 * SECOND)
HOLDER = "this browser"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder: Path = tmp_path_factory.mktemp("passkeys")
    found = Config(data=folder / "data")
    installation.create(found)
    return found


@pytest.fixture
def passkeys(config: Config) -> Iterator[Passkeys]:
    sign_in = open_sign_in(config)
    yield Passkeys(sign_in, page_address(config.web))
    sign_in.accounts.close()


@pytest.fixture
def him(passkeys: Passkeys, config: Config, request: pytest.FixtureRequest) -> SignedIn:
    """An account of this test alone, signed in."""
    account = create_account(
        config,
        sign_in_name=request.node.name[:60],
        full_name="Demo One",
        role=Role.OPERATOR,
        password=None,
    )
    cookie = passkeys._sign_in.start(account, "full", "link", AT, LONGEST)
    found = passkeys._sign_in.signed_in(cookie, AT)
    assert found is not None
    return found


def added(passkeys: Passkeys, him: SignedIn, name: str = "phone") -> Device:
    device = Device()
    passkeys.add(him, device.make(passkeys.to_add(him, AT)), name, AT)
    return device


def test_a_passkey_alone_signs_in_and_its_use_is_written_down(passkeys, him) -> None:
    device = added(passkeys, him)
    cookie, used = passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)
    found = passkeys._sign_in.signed_in(cookie, AT)
    assert found is not None
    assert found.actor == him.actor
    assert found.session.how == "passkey"
    (kept,) = passkeys_of(passkeys._sign_in.accounts, him.actor.account_id)
    assert (kept.name, kept.used_at, kept.sign_count) == ("phone", AT, 1)
    assert used.passkey_id == kept.passkey_id


def test_an_answer_serves_once_in_its_own_browser_and_in_time(passkeys, him) -> None:
    device = added(passkeys, him)
    answer = device.sign(passkeys.to_sign_in(HOLDER, AT))
    with pytest.raises(SignInFailed, match=Problem.EXPIRED):
        passkeys.with_passkey("another browser", answer, AT)
    passkeys.with_passkey(HOLDER, answer, AT)
    with pytest.raises(SignInFailed, match=Problem.EXPIRED):
        passkeys.with_passkey(HOLDER, answer, AT)
    late = device.sign(passkeys.to_sign_in(HOLDER, AT))
    with pytest.raises(SignInFailed, match=Problem.EXPIRED):
        passkeys.with_passkey(HOLDER, late, Instant(AT + CHALLENGE_LASTS))


def test_a_challenge_made_up_or_for_adding_signs_nobody_in(passkeys, him) -> None:
    device = added(passkeys, him)
    options = passkeys.to_sign_in(HOLDER, AT)
    for challenge in ("AAAA", passkeys.to_add(him, AT)["challenge"]):
        with pytest.raises(SignInFailed, match=Problem.EXPIRED):
            passkeys.with_passkey(HOLDER, device.sign({**options, "challenge": challenge}), AT)
    for answer in ("", "{}", "x" * 30_000, '{"response": {"clientDataJSON": "e30"}}'):
        with pytest.raises(SignInFailed, match=Problem.NOT_KNOWN):
            passkeys.with_passkey(HOLDER, answer, AT)


def test_a_page_that_looks_like_ours_gets_nothing_that_works(passkeys, him) -> None:
    device = added(passkeys, him)
    device.origin = "https://tagwatch.example.net"
    with pytest.raises(SignInFailed, match=Problem.NOT_KNOWN):
        passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)
    with pytest.raises(AccountWrong, match="not a passkey for this address"):
        passkeys.add(him, Device(device.origin).make(passkeys.to_add(him, AT)), "other", AT)


def test_without_a_finger_or_pin_it_is_no_passkey(passkeys, him) -> None:
    device = added(passkeys, him)
    device.flags = PRESENT
    with pytest.raises(SignInFailed, match=Problem.NOT_KNOWN):
        passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)
    with pytest.raises(AccountWrong):
        passkeys.add(him, device.make(passkeys.to_add(him, AT)), "other", AT)


def test_a_counter_that_goes_back_is_noticed_and_the_passkey_refused_for_good(
    passkeys, him
) -> None:
    device = added(passkeys, him)
    passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)
    device.count = 0
    for count in (0, 40):
        device.count = count
        with pytest.raises(SignInFailed, match=Problem.COPIED):
            passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)
    (kept,) = own_stand(passkeys._sign_in, him.actor.account_id, AT).passkeys
    assert kept.regressed_at == AT


def test_the_last_second_factor_is_never_removed(passkeys, him) -> None:
    added(passkeys, him, "first")
    accounts, name = passkeys._sign_in.accounts, him.actor.account_id
    (first,) = passkeys_of(accounts, name)
    with pytest.raises(AccountWrong, match="last second factor"):
        passkeys.remove(name, first.passkey_id)
    added(passkeys, him, "second")
    passkeys.remove(name, first.passkey_id)
    (second,) = passkeys_of(accounts, name)
    assert second.name == "second"
    accounts.alter(name, {"second_factor": passkeys._sign_in.sealed("key")})
    passkeys.remove(name, second.passkey_id)
    with pytest.raises(AccountWrong, match="last second factor"):
        remove_code_app(passkeys._sign_in, him)


def test_a_passkey_stays_with_its_account_and_is_added_once(passkeys, him) -> None:
    device = Device()
    passkeys.add(him, device.make(passkeys.to_add(him, AT)), "phone", AT)
    with pytest.raises(AccountWrong, match="registered already"):
        passkeys.add(him, device.make(passkeys.to_add(him, AT)), "again", AT)
    device.handle = b"somebody else"
    with pytest.raises(SignInFailed, match=Problem.NOT_KNOWN):
        passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)


def test_strangers_lock_the_password_and_never_the_passkey(passkeys, him) -> None:
    device = added(passkeys, him)
    sign_in = passkeys._sign_in
    account = sign_in.accounts.get(him.actor.account_id)
    assert account is not None
    for _ in range(FREE_FAILURES):
        sign_in.failed(sign_in.accounts.row(account.account_id), AT)
    with pytest.raises(SignInFailed, match=Problem.LOCKED):
        sign_in.with_password(account.sign_in_name, "not it", AT)
    assert passkeys.with_passkey(HOLDER, device.sign(passkeys.to_sign_in(HOLDER, AT)), AT)


def test_a_password_alone_sets_no_code_app_where_there_is_a_passkey(passkeys, him) -> None:
    added(passkeys, him)
    sign_in = passkeys._sign_in
    account = sign_in.accounts.get(him.actor.account_id)
    assert account is not None
    hashed = hash_password("three unrelated words")
    sign_in.accounts.alter(account.account_id, {"password_hash": hashed})
    with pytest.raises(SignInFailed, match=Problem.PASSKEY_ONLY):
        sign_in.with_password(account.sign_in_name, "three unrelated words", AT)


def test_proof_lasts_ten_minutes_and_others_sessions_end(passkeys, him) -> None:
    device = added(passkeys, him)
    sign_in = passkeys._sign_in
    later = Instant(AT + PROVEN_FOR)
    assert is_proven(him, Instant(later - 1))
    assert not is_proven(him, later)
    passkeys.prove(him, HOLDER, device.sign(passkeys.to_sign_in(HOLDER, later)), later)
    stand = own_stand(sign_in, him.actor.account_id, later)
    assert stand.sessions[0].proven_at == later
    cookie, _ = passkeys.with_passkey(
        HOLDER, device.sign(passkeys.to_sign_in(HOLDER, later)), later
    )
    end_others(sign_in, him)
    assert sign_in.signed_in(cookie, later) is None
    assert len(own_stand(sign_in, him.actor.account_id, Instant(later + MINUTE)).sessions) == 1


@pytest.mark.parametrize(
    ("web", "expected"),
    [
        (WebConfig(), PageAddress(origin="http://localhost:8080", rp_id="localhost")),
        (
            WebConfig(public_url="https://Tagwatch.example.org/"),
            PageAddress(origin="https://tagwatch.example.org", rp_id="tagwatch.example.org"),
        ),
        (WebConfig(public_url="http://tagwatch.example.org"), None),
        (WebConfig(public_url="https://192.0.2.7"), None),
        (WebConfig(bind="0.0.0.0"), None),
        (WebConfig(behind_proxy=True), None),
    ],
)
def test_passkeys_are_for_a_named_https_address(web: WebConfig, expected) -> None:
    assert page_address(web) == expected
