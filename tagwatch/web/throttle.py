"""How often one address, or one account, may try to come in; who tries more is told when to return.

Each has a bucket of tries that fills again evenly (`access/tries.py`). Tries with a passkey are
bounded by address alone, and a browser in which the account was signed in to before has a bucket of
its own: a stranger who tries an officer's name all day keeps him out of neither.
"""

import ipaddress
from typing import Any, Final

import msgspec
from litestar.response import Response

from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.tries import Allowance, Tries
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.web.foundation import Asked, address_of, audit_of
from tagwatch.web.layout import show

ADDRESS: Final = {
    "password": Allowance(30, 2 * SECOND),
    "code": Allowance(30, 2 * SECOND),
    "passkey": Allowance(60, SECOND),
    "provider": Allowance(30, 2 * SECOND),
    "recovery": Allowance(10, MINUTE),
}
"""Of one address: an office of many officers may share one."""
ACCOUNT: Final = {
    "password": Allowance(10, 6 * SECOND),
    "code": Allowance(10, 6 * SECOND),
    "recovery": Allowance(5, MINUTE),
}
"""Of one account, from wherever."""
KNOWN: Final = Allowance(5, 2 * MINUTE)
"""Of one account in one browser that it was signed in to before, where the lock does not hold."""


def held_back(
    request: Asked, kind: str, account: str = "", known_as: str = ""
) -> Response[Any] | None:
    """Count a try to come in; return the answer to one too many, None to go on.

    `account` is whose (a name or an id), `known_as` what the browser keeps of it, if that is right.
    """
    tries: Tries = request.app.state.tries
    at = now()
    asked = [(f"{kind} from {network_of(address_of(request))}", ADDRESS[kind])]
    if known_as:
        asked.append((f"{kind} known {known_as}", KNOWN))
    elif account and kind in ACCOUNT:
        asked.append((f"{kind} of {account[:200].lower()}", ACCOUNT[kind]))
    for name, allowance in asked:
        wait_s, first = tries.wait(name, allowance, at)
        if wait_s:
            if first:
                _on_audit(request, kind, at)
            return too_many(request, wait_s)
    return None


def too_many(request: Asked, wait_s: int) -> Response[Any]:
    """Return the page that says how long to wait."""
    text = (
        f"Wait {wait_s} seconds, then try again. A passkey is not held up by what others try "
        "with your name."
    )
    answer = show(request, "error.html", {"title": "Too many tries", "text": text}, 429)
    answer.headers["retry-after"] = str(wait_s)
    return answer


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, for one machine has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address


def _on_audit(request: Asked, kind: str, at: Instant) -> None:
    line = msgspec.structs.replace(
        line_of(None, at, Act.COLLECTION, "sign_in"),
        outcome=Outcome.REFUSED,
        detail=f"{kind}: too many tries",
        address=address_of(request),
    )
    audit_of(request).record(line)
