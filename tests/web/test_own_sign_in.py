"""One's own sign-in: sessions seen and ended, factors changed only by who proves himself; pace."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

from litestar import Litestar

from tagwatch.access.enrolment import hash_password, now
from tagwatch.access.factor import PROVEN_FOR
from tagwatch.access.passkey import CHALLENGE_LASTS, Challenges
from tagwatch.access.sign_in import HALF, LONGEST, Seen, open_sign_in
from tagwatch.access.tries import Allowance, Tries
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.web.entering import browser_words
from tagwatch.web.throttle import ADDRESS, network_of
from tests.access.device import Device
from tests.web import sample
from tests.web.conftest import Enter, from_address
from tests.web.test_routes import audit
from tests.web.test_sign_in import Browser, form

OPERATOR = AccountId("ac_operator")
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36"


def stale(app: Litestar) -> None:
    """Let it be long since anybody gave a factor."""
    accounts = app.state.foundation.sign_in.accounts
    for session in accounts.sessions_of(OPERATOR):
        long_ago = {"proven_at": now() - PROVEN_FOR}
        accounts.alter_session(session.session_hash, long_ago)


def test_one_sees_where_one_is_signed_in_and_ends_any(app: Litestar, enter: Enter, config) -> None:
    browser = enter("operator")
    sign_in = app.state.foundation.sign_in
    seen = Seen(address="192.0.2.7", browser=browser_words(PHONE))
    other = sign_in.start(OPERATOR, "full", "passkey", now(), LONGEST, seen)
    marker = sign_in.signed_in(other, now()).marker
    page = browser.get("/your-sign-in").text
    assert "192.0.2.7" in page
    assert "Chrome on Android" in page
    assert page.count("<strong>this one</strong>") == 1
    stranger = sign_in.start(AccountId("ac_officer"), "full", "link", now(), LONGEST)
    theirs = sign_in.signed_in(stranger, now()).marker
    for name in (theirs, marker):
        page = f"/your-sign-in/sessions/{name}/end"
        token = form(browser, "/your-sign-in")[1].split('_csrf_token" value="')[1].split('"')[0]
        browser.post(page, data={"_csrf_token": token})
    assert sign_in.signed_in(other, now()) is None
    assert sign_in.signed_in(stranger, now()) is not None, "nobody ends another's"
    assert any(line.question == "sessions_end" for line in audit(config, app))


def test_factors_are_changed_only_by_who_gave_one_lately(app: Litestar, enter: Enter) -> None:
    browser = enter("operator")
    sign_in = app.state.foundation.sign_in
    other = sign_in.start(OPERATOR, "full", "link", now(), LONGEST)
    page = browser.get("/your-sign-in/code-app").text
    key = page.split('tw-code">')[1].split("<")[0]
    token = page.split('_csrf_token" value="')[1].split('"')[0]
    wrong = browser.post("/your-sign-in/code-app", data={"_csrf_token": token, "code": "000000x"})
    assert wrong.status_code == 422
    data = {"_csrf_token": token, "code": sample.code_of(key)}
    assert "The code app is changed" in browser.post("/your-sign-in/code-app", data=data).text
    assert sign_in.signed_in(other, now()) is None, "a change ends the other sessions"
    last = browser.post("/your-sign-in/code-app/remove", data=data)
    assert "last second factor" in last.text
    stale(app)
    weak = {"_csrf_token": token, "password": "short"}
    asked = browser.post("/your-sign-in/password", data=weak, follow_redirects=False)
    assert asked.headers["location"].startswith("/your-sign-in/prove")
    assert browser.post("/your-sign-in/passkeys/options", data=data).status_code == 403
    again = browser.post("/your-sign-in/prove", data=data)
    assert "was used already" in again.text
    device = Device()
    sign_in.accounts.alter(OPERATOR, {"second_factor_step": 0})
    browser.post("/your-sign-in/prove", data={**data, "code": sample.code_of(key)})
    assert browser.post("/your-sign-in/password", data=weak).status_code == 422
    options = browser.post("/your-sign-in/passkeys/options", data=data).json()
    made = {**data, "answer": device.make(options), "name": "Phone"}
    assert "The passkey is added" in browser.post("/your-sign-in/passkeys", data=made).text
    browser.cookies.clear()
    page = browser.get("/sign-in").text
    token = {"_csrf_token": page.split('_csrf_token" value="')[1].split('"')[0]}
    refused = browser.post("/sign-in/passkey", data={**token, "answer": "{}"})
    assert "This passkey is not known here" in refused.text
    options = browser.post("/sign-in/passkey/options", data=token).json()
    answer = {**token, "answer": device.sign(options), "next": "/your-sign-in"}
    assert "Your sign-in" in browser.post("/sign-in/passkey", data=answer).text


def test_who_tries_too_often_is_told_when_to_return_and_nobody_else_is_held_up(
    app: Litestar, client: Browser, config
) -> None:
    sign_in = app.state.foundation.sign_in
    hashed = hash_password(sample.PASSWORD)
    sign_in.accounts.alter(OPERATOR, {"password_hash": hashed})
    page = client.get("/sign-in").text
    token = {"_csrf_token": page.split('_csrf_token" value="')[1].split('"')[0]}
    tries = [
        client.post("/sign-in/code", data={**token, "code": "1"}, follow_redirects=False)
        for _ in range(ADDRESS["code"].tries + 2)
    ]
    assert tries[0].status_code == 303
    assert tries[-1].status_code == 429
    assert 1 <= int(tries[-1].headers["retry-after"]) <= 2
    assert sum("too many tries" in line.detail for line in audit(config, app)) == 1
    other = Browser(from_address(app, "192.0.2.7"), base_url="http://127.0.0.1")
    assert form(other, "/sign-in/code", code="1")[0].status_code == 303
    for _ in range(5):
        sign_in.failed(sign_in.accounts.row(OPERATOR), now())
    known = {"cookie": f"tagwatch-known={sign_in.known_browser(OPERATOR)}"}
    data = {**token, "name": "operator", "password": sample.PASSWORD}
    locked = client.post("/sign-in", data=data)
    assert "Too many wrong attempts" in locked.text
    cookie = f"{known['cookie']}; tagwatch-csrf={client.cookies['tagwatch-csrf']}"
    client.cookies.clear()
    own = client.post("/sign-in", data=data, headers={"cookie": cookie}, follow_redirects=False)
    assert own.headers["location"].startswith("/sign-in/code"), "a browser he used before lets him"
    assert HALF > MINUTE


def test_tries_come_back_evenly_and_what_is_kept_is_bounded(config: Config) -> None:
    accounts, once = open_sign_in(config).accounts, Allowance(2, 10 * SECOND)
    tries = Tries(accounts, "secret", most=3)
    at = Instant(1_790_000_000 * SECOND)
    assert [tries.wait("a", once, at) for _ in range(4)] == [
        (0, False), (0, False), (10, True), (10, False),
    ]  # fmt: skip
    assert tries.wait("a", once, Instant(at + 9 * SECOND)) == (1, False)
    assert tries.wait("a", once, Instant(at + 10 * SECOND)) == (0, False)
    for name in "bcdef":
        tries.wait(name, once, at)
    with sqlite3.connect(config.accounts_file) as found:
        assert found.execute("SELECT count(*) FROM sign_in_try").fetchone() == (3,)
        tries.wait("g", once, Instant(at + 60 * SECOND))
        assert found.execute("SELECT count(*) FROM sign_in_try").fetchone() == (1,), "full: swept"
    assert b"g" not in found.execute("SELECT who FROM sign_in_try").fetchone()
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") == "2001:db8::/64"
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"


def test_a_restart_forgets_neither_tries_nor_challenges_and_processes_count_together(
    config: Config,
) -> None:
    at, once = Instant(1_790_000_000 * SECOND), Allowance(7, HOUR)
    both = [open_sign_in(config).accounts for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(
            lambda number: Tries(both[number % 2], "secret").wait("x", once, at), range(40)
        )
        found = list(answers)
    assert sum(wait_s == 0 for wait_s, _ in found) == 7
    assert sum(first for _, first in found) == 1, "one refusal is told"
    assert Tries(open_sign_in(config).accounts, "secret").wait("x", once, at)[0] > 0
    challenge = Challenges(b"key", both[0]).make("sign in", "browser", at)
    with ThreadPoolExecutor(8) as threads:
        used = threads.map(
            lambda number: Challenges(b"key", both[number % 2]).use_up(challenge, at), range(8)
        )
        assert sum(used) == 1
    later = Challenges(b"key", open_sign_in(config).accounts)
    assert later.is_good(challenge, "sign in", "browser", at)
    assert not later.use_up(challenge, at)
    ended = Instant(at + CHALLENGE_LASTS)
    assert later.use_up(later.make("sign in", "browser", ended), ended)
    with sqlite3.connect(config.accounts_file) as tables:
        assert tables.execute("SELECT count(*) FROM used_challenge").fetchone() == (1,)
