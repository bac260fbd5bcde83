"""What the API can do with accounts: check one, read a check, make it again."""

from typing import Final

import msgspec

from tagwatch.access.role import Verb
from tagwatch.core.case import CaseError
from tagwatch.core.geometry import Shape, ShapeError
from tagwatch.core.ids import CaseId, WearerId
from tagwatch.core.statement import Allegation, Statement
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.account_check import attach, fresh_id, record_check, say_of, take_back
from tagwatch.desk.clerk import Done
from tagwatch.query.account_check import (
    MOST,
    ChecksView,
    CheckView,
    check_view,
    checks_view,
    new_check,
)
from tagwatch.query.account_place import VAGUE_MOST_M, street, widened
from tagwatch.query.question import QuestionError
from tagwatch.web.account_track import MOST_CHARACTERS, read_track
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Nothing, Wrong

_ONE: Final = "/account-checks/{check_id:str}"
_OF_HIM: Final = "/wearers/{wearer_id:str}/account-checks"


class SaidRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement as it was made; its vagueness is added to place and time."""

    claim: Allegation
    start: Instant
    end: Instant
    words: str = ""
    place: str = ""
    shape: Shape | None = None
    street: tuple[tuple[float, float], ...] = ()
    """Longitude and latitude of places along a street, in place of `shape`."""
    vague_m: float = 0.0
    spread_s: int = 0
    waited_s: int = 0
    track: str = ""
    """Her own track: GPX, GeoJSON or CSV."""
    within_m: float = 100.0


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Statements about one wearer, held against his fixes."""

    statements: tuple[SaidRecord, ...]
    reference: str = ""


class OnCaseRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check put on a case of the same wearer, or taken off it."""

    case_id: str
    taken_back: str = ""
    """Why it does not belong there; empty: it is put there."""


class CheckSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's words to a check. Its answers stand as they are."""

    words: str


def _list(call: Call) -> ChecksView:
    return checks_view(call.reader, WearerId(call.path["wearer_id"]))


def _one(call: Call) -> CheckView:
    written = call.query.get("version", "0")
    if not (written.isascii() and written.isdigit() and len(written) < 6):
        raise Wrong("version must be a whole number from 1")
    return check_view(call.reader, call.path["check_id"], int(written))


def _check(call: Call) -> Done:
    body: AccountRecord = call.body
    if len(body.statements) > MOST:
        raise Wrong(f"a check has at most {MOST} statements")
    said = tuple(statement_of_record(each, call.reader.now()) for each in body.statements)
    wearer_id = WearerId(call.path["wearer_id"])
    try:
        check = new_check(call.reader, wearer_id, fresh_id(), body.reference[:80], said)
    except QuestionError as error:
        raise Wrong(f"{error.field}: {error}") from error
    return record_check(call.clerk, call.reader, check)


def _again(call: Call) -> Done:
    old = check_view(call.reader, call.path["check_id"]).check
    check = new_check(
        call.reader, old.wearer_id, old.check_id, old.reference, old.statements, old.version + 1
    )
    return record_check(call.clerk, call.reader, check)


def _on_case(call: Call) -> Done:
    body: OnCaseRecord = call.body
    check = check_view(call.reader, call.path["check_id"]).check
    case_id = CaseId(body.case_id[:80])
    try:
        if body.taken_back:
            return take_back(call.clerk, call.reader, check, case_id, body.taken_back)
        return attach(call.clerk, call.reader, check, case_id)
    except CaseError as error:
        raise Wrong(f"{error.field}: {error}") from error


def _say(call: Call) -> Done:
    body: CheckSaid = call.body
    check = check_view(call.reader, call.path["check_id"]).check
    try:
        return say_of(call.clerk, call.reader, check, body.words)
    except CaseError as error:
        raise Wrong(f"words: {error}") from error


def statement_of_record(said: SaidRecord, now: Instant) -> Statement:
    """Return the statement that was sent, its vagueness in place and time. Raises Wrong."""
    if not (0.0 <= said.vague_m <= VAGUE_MOST_M and 0 <= said.spread_s <= 10_800):
        raise Wrong("vague_m is 0 to 2000 metres, spread_s 0 to 10800 seconds")
    if not 10.0 <= said.within_m <= 1_000.0:
        raise Wrong("within_m is 10 to 1000 metres")
    try:
        shape = None if said.shape is None else widened(said.shape, said.vague_m)
        if said.street:
            shape = street(said.street, said.vague_m)
        spread = said.spread_s * MINUTE // 60
        return Statement(
            claim=said.claim,
            words=said.words[:2_000],
            place=said.place[:200],
            shape=shape,
            start=Instant(said.start - spread),
            end=Instant(said.end + spread),
            vague_m=said.vague_m,
            spread_s=said.spread_s,
            waited_s=said.waited_s,
            track=read_track(said.track, now) if said.track else (),
            within_m=said.within_m,
        )
    except (ShapeError, ValueError) as error:
        raise Wrong(str(error)) from error


ACCOUNTS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_account_checks",
        _OF_HIM,
        Verb.CHECK_ACCOUNT,
        "Checks of accounts about a wearer, the newest first",
        _list,
        ChecksView,
    ),
    read(
        "account_check",
        _ONE,
        Verb.CHECK_ACCOUNT,
        "A check of an account: each statement with its answer, and what a later version changed",
        _one,
        CheckView,
        asks=(("version", "Which version; default the newest"),),
    ),
    do(
        "check_account",
        _OF_HIM,
        Verb.CHECK_ACCOUNT,
        "Hold statements against a wearer's fixes: supports, contradicts, or cannot say",
        _check,
        AccountRecord,
        text_most=MOST_CHARACTERS,
        body_most=4 << 20,
    ),
    do(
        "check_account_again",
        f"{_ONE}/again",
        Verb.CHECK_ACCOUNT,
        "Make a check once more with what is known now; the versions before stay",
        _again,
        Nothing,
    ),
    do(
        "account_check_on_case",
        f"{_ONE}/case",
        Verb.CHECK_ACCOUNT,
        "Put a check on a case of the same wearer, or take it off with why; needs record_case too",
        _on_case,
        OnCaseRecord,
    ),
    do(
        "say_of_account_check",
        f"{_ONE}/words",
        Verb.CHECK_ACCOUNT,
        "Say in words what to think of the newest version of a check; its answers stand",
        _say,
        CheckSaid,
    ),
)
