"""One thing the API can do, and how it is declared."""

from collections.abc import Callable
from typing import Any

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS, LOOKS, Writes
from tagwatch.desk.clerk import Done
from tagwatch.web.api_record import Call


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the API can do."""

    name: str
    method: str
    path: str
    verb: Verb
    says: str
    does: Callable[[Call], Any]
    gives: Any
    takes: Any = None
    content: str = ""
    """Media type of a body that is no JSON: it is given as an open file, never whole in memory."""
    asks: tuple[tuple[str, str], ...] = ()
    """Query parameters and what they mean."""
    body_most: int = 1 << 20
    """Bytes of a body at most."""
    text_most: int = 20_000
    """Characters of one text in it at most."""
    purpose: Purpose | None = None
    """What the endpoint itself is for, where no X-Purpose is sent; None: it must be sent."""
    writes: Writes
    """What it puts on the audit."""


def read(
    name: str, path: str, verb: Verb, says: str, does: Any, gives: Any, **more: Any
) -> Endpoint:
    """Return an endpoint that answers a question."""
    given: dict[str, Any] = {"writes": LOOKS, **more}
    return Endpoint(
        name=name, method="GET", path=path, verb=verb, says=says, does=does, gives=gives, **given
    )


def do(
    name: str,
    path: str,
    verb: Verb,
    says: str,
    does: Any,
    takes: Any,
    purpose: Purpose = Purpose.UPKEEP,
    **more: Any,
) -> Endpoint:
    """Return an endpoint that records an act."""
    given: dict[str, Any] = {"writes": ENTERS, **more}
    return Endpoint(
        name=name,
        method="POST",
        path=path,
        verb=verb,
        says=says,
        does=does,
        gives=Done,
        takes=takes,
        purpose=purpose,
        **given,
    )
