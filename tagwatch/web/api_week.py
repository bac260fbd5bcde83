"""What the API can do with weekly overviews: one wearer's, and the team's digest."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import nothing
from tagwatch.core.ids import WearerId
from tagwatch.desk.clerk import Done
from tagwatch.desk.week import choose_week_notice
from tagwatch.query.week import Asked, WeekView, week
from tagwatch.query.weeks import Digest, WeekNotice, digest, week_notice
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.overview import day_of
from tagwatch.web.whole import page_of


def _week(call: Call) -> WeekView:
    given = {name: call.query.get(name, "").strip() for name in ("from", "until", "anew")}
    try:
        asked = Asked(
            first=day_of(given["from"]), last=day_of(given["until"]), anew=given["anew"][:1]
        )
        return week(call.reader, call.config, WearerId(call.path["wearer_id"]), asked)
    except ValueError as error:
        raise Wrong(str(error)) from error


def _weeks(call: Call) -> Digest:
    number = page_of(call)
    try:
        monday = day_of(call.query.get("monday", "").strip())
    except ValueError as error:
        raise Wrong(str(error)) from error
    wanted = "" if monday is None else monday.isoformat()
    return digest(call.reader, call.config, wanted, max(1, number))


class NoticeChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether one is told when the week's overviews are ready."""

    wanted: bool


def _notice(call: Call) -> WeekNotice:
    return week_notice(call.reader)


def _choose(call: Call) -> Done:
    body: NoticeChoice = call.body
    return choose_week_notice(call.clerk, call.reader, wanted=body.wanted)


WEEKS: Final[tuple[Endpoint, ...]] = (
    read(
        "get_week",
        "/wearers/{wearer_id:str}/week",
        Verb.SEE_TRAIL,
        "A wearer's weekly overview of movements, with what changed against his own past",
        _week,
        WeekView,
        asks=(
            ("from", "First day in London, as 2026-11-16; the last whole week by default"),
            ("until", "Last day; the Sunday by default"),
            ("anew", "1: as it is known now, whatever was made on Monday"),
        ),
    ),
    read(
        "list_weeks",
        "/weeks",
        Verb.SEE_TRAIL,
        "The team's digest of a week, the greatest change first, a page at a time",
        _weeks,
        Digest,
        asks=(("monday", "As 2026-11-16; the latest by default"), ("page", "Page, from 1")),
        purpose=Purpose.SUPERVISION,
    ),
    read(
        "get_week_notice",
        "/week-notice",
        Verb.SEE_TRAIL,
        "Whether one is told when the week's overviews are ready",
        _notice,
        WeekNotice,
        purpose=Purpose.SUPERVISION,
        writes=nothing("whether the own account is told of the week's digest"),
    ),
    do(
        "choose_week_notice",
        "/week-notice",
        Verb.SEE_TRAIL,
        "Choose whether one is told when the week's overviews are ready",
        _choose,
        NoticeChoice,
        Purpose.SUPERVISION,
    ),
)
