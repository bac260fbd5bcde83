"""What every way in shares: the cookies, the audit line, where somebody comes from."""

from typing import Any, Final

import msgspec
from litestar.datastructures import Cookie
from litestar.response import Redirect, Response

from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.sign_in import Problem, Seen
from tagwatch.core.units import DAY, SECOND
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation

HALF_COOKIE: Final = "tagwatch-half"
KNOWN_COOKIE: Final = "tagwatch-known"
KNOWN_FOR: Final = 180 * DAY
PROBLEMS: Final = {
    Problem.WRONG: "The name or the password is not right",
    Problem.LOCKED: "Too many wrong attempts. Wait a while, then try again, or use a passkey",
    Problem.CODE: "The code is not right, or was used already. Wait for the next one",
    Problem.EXPIRED: "The sign-in has run out. Begin again",
    Problem.NOT_KNOWN: "This passkey is not known here. Use another, or the password",
    Problem.COPIED: "This passkey’s counter went back, as that of a copy would. It works no more: "
    "tell an administrator, and use another way to sign in",
    Problem.NO_PASSKEYS: "Passkeys cannot be used at this address",
    Problem.PASSKEY_ONLY: "This account has no code app. Use your passkey",
    Problem.RECOVERY: "The name or the code is not right, or its hour is over",
    Problem.PROVIDER: "The sign-in service does not answer, or its answer cannot be trusted. "
    "Use another way in",
    Problem.NOT_LINKED: "No account here is linked with yours of the sign-in service. Ask an "
    "administrator",
    Problem.WEAK: "The sign-in service did not say that you used a second factor there",
    Problem.ELSEWHERE: "Passwords are not used here. Use the sign-in service or a passkey",
}
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def seen_of(request: Asked) -> Seen:
    """Return where this request comes from, as the list of sessions shows it."""
    return Seen(
        address=address_of(request),
        browser=browser_words(request.headers.get("user-agent", "")),
        known_as=request.cookies.get(KNOWN_COOKIE, ""),
    )


def browser_words(said: str) -> str:
    """Return which browser says so of itself, e.g. "Firefox on Windows"."""
    browser = next((word for sign, word in _BROWSERS if sign in said), "another browser")
    system = next((word for sign, word in _SYSTEMS if sign in said), "")
    return f"{browser} on {system}" if system else browser


def begin(request: Asked, cookie: str, back: str, how: str) -> Response[Any]:
    """Lead the newly signed-in person to `back`, with the session's cookie."""
    found = foundation(request).sign_in.signed_in(cookie, now())
    account_id = found.actor.account_id if found else ""
    on_audit(request, account_id, how, Outcome.ANSWERED)
    answer = Redirect(back, status_code=303)
    answer.cookies.append(cookie_of(request, request.app.state.cookie_name, cookie, None))
    answer.cookies.append(cookie_of(request, HALF_COOKIE, "", 0))
    if found is not None and not foundation(request).sign_in.knows(seen_of(request), account_id):
        known = foundation(request).sign_in.known_browser(found.actor.account_id)
        answer.cookies.append(cookie_of(request, KNOWN_COOKIE, known, KNOWN_FOR // SECOND))
    return answer


def cookie_of(request: Asked, name: str, value: str, lasts_s: int | None) -> Cookie:
    """Return a cookie that scripts cannot read and other sites do not send along."""
    return Cookie(
        key=name,
        value=value,
        max_age=lasts_s,
        path="/",
        httponly=True,
        secure=request.app.state.secure,
        samesite="lax",
    )


def on_audit(request: Asked, account_id: str, detail: str, outcome: Outcome) -> None:
    """Put a try to come in on the audit."""
    line = msgspec.structs.replace(
        line_of(None, now(), Act.COLLECTION, "sign_in"),
        by=account_id,
        outcome=outcome,
        detail=detail,
        address=address_of(request),
    )
    audit_of(request).record(line)
