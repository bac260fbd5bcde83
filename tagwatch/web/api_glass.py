"""What the API can do about break-glass."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.glass import GlassError, GlassStep
from tagwatch.core.ids import GlassId
from tagwatch.desk import glass
from tagwatch.desk.clerk import Done
from tagwatch.desk.glass import Opened
from tagwatch.query.glass import GlassLists, GlassPage, all_glasses, glass_lists
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, by_field
from tagwatch.web.whole import page_of

_ONE: Final = "/break-glass/{glass_id:str}"


class GlassRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The exact number of a record (of our own reference with the date of birth as 1989-04-27),
    and why it must be seen now."""

    number: str
    reason: str
    date_of_birth: str = ""


class GlassWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to whoever asks why."""

    words: str


class GlassAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`justified`, or `asked` with what is asked."""

    step: GlassStep
    words: str = ""


def _lists(call: Call) -> GlassLists:
    return glass_lists(call.reader)


def _all(call: Call) -> GlassPage:
    return all_glasses(call.reader, page_of(call))


def _break(call: Call) -> Opened:
    body: GlassRecord = call.body
    accounts = call.sign_in.accounts
    return by_field(
        GlassError,
        lambda: glass.break_glass(
            call.clerk, call.reader, accounts, body.number, body.date_of_birth, body.reason
        ),
    )


def _end(call: Call) -> Done:
    return glass.end_glass(call.clerk, call.reader, GlassId(call.path["glass_id"]))


def _explain(call: Call) -> Done:
    name, words = GlassId(call.path["glass_id"]), call.body.words
    return by_field(GlassError, lambda: glass.explain_glass(call.clerk, call.reader, name, words))


def _answer(call: Call) -> Done:
    name, body = GlassId(call.path["glass_id"]), call.body
    return by_field(
        GlassError, lambda: glass.answer_glass(call.clerk, call.reader, name, body.step, body.words)
    )


GLASS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_break_glass",
        "/break-glass",
        Verb.BREAK_GLASS,
        "Openings by break-glass: of one's cases, and one's own",
        _lists,
        GlassLists,
    ),
    read(
        "list_all_break_glass",
        "/break-glass/all",
        Verb.SEE_AUDIT,
        "All openings by break-glass, for whoever reads the audit",
        _all,
        GlassPage,
        asks=(("page", "Page, from 1"),),
        purpose=Purpose.UPKEEP,
    ),
    msgspec.structs.replace(
        do(
            "break_glass",
            "/break-glass",
            Verb.BREAK_GLASS,
            "Open a record outside of scope by its exact number, with a reason of 20 characters",
            _break,
            GlassRecord,
            purpose=Purpose.ALERT_RESPONSE,
        ),
        gives=Opened,
    ),
    do(
        "end_break_glass",
        f"{_ONE}/end",
        Verb.BREAK_GLASS,
        "Close a record before its time",
        _end,
        None,
        purpose=Purpose.ALERT_RESPONSE,
    ),
    do(
        "explain_break_glass",
        f"{_ONE}/explain",
        Verb.BREAK_GLASS,
        "Answer whoever asks why a record was opened",
        _explain,
        GlassWords,
        purpose=Purpose.ALERT_RESPONSE,
    ),
    do(
        "answer_break_glass",
        f"{_ONE}/answer",
        Verb.ANSWER_GLASS,
        "Say that an opening of an own case was justified, or ask why",
        _answer,
        GlassAnswer,
        purpose=Purpose.SUPERVISION,
    ),
)
