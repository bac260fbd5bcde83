"""Recovery by two administrators: nobody alone, nobody himself, once, in time, on the audit."""

import re

import pytest
from litestar import Litestar
from pyotp.totp import TOTP

from tagwatch.access.enrolment import AccountWrong, create_account, now
from tagwatch.access.recovery import (
    ASKED_FOR,
    CODE_LASTS,
    MOST_WRONG,
    Standing,
    approve,
    ask_recovery,
    recover,
    recovery_of,
    refuse,
)
from tagwatch.access.role import Role
from tagwatch.access.sign_in import LONGEST, Problem, SignInFailed
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.store.passkeys import Passkey, add_passkey, passkeys_of
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_routes import audit, token_of

OFFICER, FIRST, SECOND = (AccountId(f"ac_{n}") for n in ("officer", "administrator", "second"))
HALF = re.compile(r'tw-key-text tw-code">(\w{4} \w{4})<')


@pytest.fixture
def sign_in(app: Litestar, config: Config):
    """The sign-in of an installation with a second administrator."""
    create_account(
        config,
        sign_in_name="second",
        full_name="Demo Second",
        role=Role.ADMINISTRATOR,
        password=None,
        account_id=SECOND,
    )
    return app.state.foundation.sign_in


def test_two_administrators_hand_a_half_each_and_the_holder_begins_anew(
    sign_in, app: Litestar, enter: Enter, config: Config
) -> None:
    kept = {"credential_id": b"1", "passkey_id": "pk_1", "public_key": b"", "sign_count": 0}
    lost = Passkey(**kept, account_id=OFFICER, name="lost", synced=0, added_at=now())
    add_passkey(sign_in.accounts, lost)
    stolen = sign_in.start(OFFICER, "full", "passkey", now(), LONGEST)
    browser = enter("administrator")
    token = {"_csrf_token": token_of(browser)}
    here = f"/accounts/{OFFICER}"
    shown = browser.post(f"{here}/recover", data={**token, "reason": "the phone was stolen"})
    first = HALF.search(shown.text)
    assert first, shown.text
    (asked,) = [line for line in audit(config, app) if line.question == "recovery_ask"]
    decide = f"{here}/recovery/{asked.detail}"
    own = browser.post(decide, data={**token, "decision": "approve"})
    assert "another administrator decides" in own.text
    browser = enter("second")
    token = {"_csrf_token": token_of(browser)}
    assert "the phone was stolen" in browser.get("/accounts").text
    second = HALF.search(browser.post(decide, data={**token, "decision": "approve"}).text)
    assert second
    browser.cookies.clear()
    token = {"_csrf_token": token_of(browser)}
    data = {**token, "name": "officer", "password": sample.PASSWORD}
    halves = {"first": first[1], "second": second[1]}
    wrong = browser.post("/sign-in/recover", data={**data, **halves, "second": first[1]})
    assert "not right" in wrong.text
    weak = browser.post("/sign-in/recover", data={**data, **halves, "password": "short"})
    assert "A password has 12" in weak.text
    assert sign_in.signed_in(stolen, now()) is not None
    page = browser.post("/sign-in/recover", data={**data, **halves}).text
    assert "Set up the second step" in page
    assert sign_in.signed_in(stolen, now()) is None, "every session has ended"
    assert passkeys_of(sign_in.accounts, OFFICER) == ()
    key = re.search(r'tw-code">(\w+)<', page)
    assert key
    done = browser.post("/sign-in/code", data={**token, "code": TOTP(key[1]).now()})
    assert done.status_code == 200
    again = browser.post("/sign-in/recover", data={**data, **halves})
    assert "not right" in again.text
    lines = [line for line in audit(config, app) if line.question.startswith("recovery")]
    assert [(line.by, line.question) for line in lines] == [
        (FIRST, "recovery_ask"), (FIRST, "recovery_decide"), (SECOND, "recovery_approve"),
    ]  # fmt: skip


def test_nobody_recovers_himself_or_decides_alone_or_too_late(sign_in) -> None:
    at = now()
    with pytest.raises(AccountWrong, match="nobody recovers himself"):
        ask_recovery(sign_in, FIRST, FIRST, "me", at)
    with pytest.raises(AccountWrong, match="tagwatch user reset second"):
        ask_recovery(sign_in, SECOND, FIRST, "two others are needed", at)
    with pytest.raises(AccountWrong, match="say why"):
        ask_recovery(sign_in, OFFICER, FIRST, " ", at)
    name = ask_recovery(sign_in, OFFICER, FIRST, "lost", at).recovery.recovery_id
    with pytest.raises(AccountWrong, match="under way"):
        ask_recovery(sign_in, OFFICER, SECOND, "lost", at)
    with pytest.raises(AccountWrong, match="asked for it yourself"):
        approve(sign_in, name, FIRST, at)
    with pytest.raises(AccountWrong, match="ended"):
        approve(sign_in, name, SECOND, Instant(at + ASKED_FOR))
    refuse(sign_in, name, SECOND, at)
    with pytest.raises(AccountWrong, match="refused"):
        approve(sign_in, name, SECOND, at)


def test_a_code_ends_with_its_hour_and_after_five_wrong_ones(sign_in) -> None:
    at = now()
    for late in (True, False):
        first = ask_recovery(sign_in, OFFICER, FIRST, "lost", at)
        second = approve(sign_in, first.recovery.recovery_id, SECOND, at)
        code = f"{first.half}{second.half}"
        if late:
            with pytest.raises(SignInFailed, match=Problem.RECOVERY):
                recover(sign_in, "officer", code, sample.PASSWORD, Instant(at + CODE_LASTS))
            at = Instant(at + CODE_LASTS)
            continue
        for _ in range(MOST_WRONG):
            with pytest.raises(SignInFailed, match=Problem.RECOVERY):
                recover(sign_in, "officer", "A" * 16, sample.PASSWORD, at)
        with pytest.raises(SignInFailed, match=Problem.RECOVERY):
            recover(sign_in, "officer", code, sample.PASSWORD, at)
        found = recovery_of(sign_in.accounts, first.recovery.recovery_id)
        assert found is not None
        assert found.standing(at) is Standing.SPENT


def test_an_administrator_ends_all_sessions_of_an_account(sign_in, enter: Enter) -> None:
    theirs = sign_in.start(OFFICER, "full", "link", now(), LONGEST)
    browser = enter("administrator")
    data = {"_csrf_token": token_of(browser)}
    page = browser.post(f"/accounts/{OFFICER}/end-sessions", data=data).text
    assert "Every session of this account has ended" in page
    assert sign_in.signed_in(theirs, now()) is None
    assert browser.get("/accounts/ac_nobody").status_code == 404


def test_an_administrator_changes_whom_an_account_reaches_and_never_his_own(
    sign_in, enter: Enter
) -> None:
    browser = enter("administrator")
    said = {"_csrf_token": token_of(browser), "agency": "probation-london", "team": " East  1 "}
    page = browser.post(
        f"/accounts/{OFFICER}/reach", data={**said, "programmes": ["stalking"]}
    ).text
    assert "Whom this account reaches is changed" in page
    assert "East 1" in page
    held = sign_in.accounts.get(OFFICER)
    assert (held.team, held.programmes) == ("East 1", ("stalking",))
    assert "team East 1" in browser.get("/accounts").text
    for name, why in (("ac_administrator", "Nobody changes his own"), ("ac_police", "has no team")):
        refused = browser.post(f"/accounts/{name}/reach", data=said)
        assert (refused.status_code, why in refused.text) == (422, True)
