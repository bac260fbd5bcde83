"""A protected person who carries a device: when she and the wearer were near each other, against
her trail moved by whole weeks, and his stops near the way she goes."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from tagwatch.core.beside import reach
from tagwatch.core.company import course, met
from tagwatch.core.coverage import LONGER
from tagwatch.core.ids import ConditionId
from tagwatch.core.meeting import Answer, Meeting
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.own_weeks import OwnWeeks, own_weeks
from tagwatch.core.person import Wearer
from tagwatch.core.route_wait import RoutePattern, her_route, route_waits
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.stalking import PersonPattern, person_compared
from tagwatch.core.timetable import london
from tagwatch.core.trail import TrailPart
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.his_weeks import WEEK, WEEK_BESIDE, weeks_of
from tagwatch.query.no_contact import other_of
from tagwatch.query.question import CACHED, Known, Window, known
from tagwatch.query.reader import Reader

MOST: Final = 3
"""People who carry devices in one answer."""
MOST_TIMES: Final = 100
SHIFTS: Final = (1, 2, 3, 4)
"""Weeks by which her trail is moved."""


def people(
    reader: Reader, connection: Connection, wearer: Wearer, window: Window
) -> list[tuple[ConditionVersion, NoContact, Wearer]]:
    """Return those whom he must not meet in the period and whom the reader may see, by label."""
    newest: dict[ConditionId, ConditionVersion] = {}
    for version in versions_of_wearer(connection, wearer.wearer_id):
        held = newest.get(version.condition_id)
        later = held is None or version.version > held.version
        if version.recorded_at <= window.known_at and later:
            newest[version.condition_id] = version
    found: list[tuple[ConditionVersion, NoContact, Wearer]] = []
    for each in sorted(newest.values(), key=lambda v: v.condition_id):
        valid = each.valid_from < window.end and (
            each.valid_until is None or each.valid_until > window.start
        )
        other = other_of(reader, connection, each)
        if isinstance(each.terms, NoContact) and valid and other is not None:
            found.append((each, each.terms, other))
    return found[:MOST]


def person_pattern(
    connection: Connection,
    whom: tuple[ConditionVersion, NoContact, Wearer],
    his: OwnWeeks | None,
    of_him: Known,
    spans: tuple[Window, Window],
    within_m: float,
    observed_share: float,
) -> PersonPattern:
    """Return what was counted round one person; `spans` are the period and that with his earlier
    weeks. The caller has checked the scope."""
    version, terms, other = whom
    period, whole = spans
    of_her = known(connection, other.wearer_id, whole, WEEK_BESIDE)
    prepared, settings = Prepared(most=CACHED), of_him.settings
    mine = course(of_him.trail, settings, prepared)
    near = reach(terms.distance_m, settings)
    found: list[tuple[list[Meeting], int]] = []
    for shift in (0, *SHIFTS):
        hers = None if mine is None else course(_moved(of_her, shift), settings, prepared, mine)
        if mine is None or hers is None:
            break
        found.append(met(mine, hers, terms.distance_m, period.span, settings, near))
    times, left_out = found[0] if found else ([], 0)
    moved = tuple(len(_days(each)) for each, _ in found[1:])
    ratio, pattern = person_compared(len(_days(times)), moved, observed_share)
    shown = [each for each in times if each.answer is Answer.YES]
    return PersonPattern(
        other=other.wearer_id,
        condition_id=version.condition_id,
        label=other.name,
        within_m=terms.distance_m,
        days=len(_days(times)),
        possible=len(times) - len(shown),
        meetings=tuple(shown[-MOST_TIMES:]),
        left_out=left_out,
        moved=moved,
        expected=ratio,
        pattern=pattern,
        route=_route(of_her, his, whole, within_m, observed_share),
    )


def _days(times: Sequence[Meeting]) -> set[date]:
    return {london(each.start).date() for each in times if each.answer is Answer.YES}


def _moved(of_her: Known, weeks: int) -> list[TrailPart]:
    """Return her trail as if it had been so many weeks later."""
    if not weeks:
        return of_her.trail
    found: list[TrailPart] = []
    for part in of_her.trail:
        block = part.block.copy()
        block["fixed_at"] += weeks * WEEK
        found.append(TrailPart(part.activation_id, part.tag_model, block))
    return found


def _route(
    of_her: Known, his: OwnWeeks | None, whole: Window, within_m: float, observed_share: float
) -> RoutePattern | None:
    if his is None:
        return None
    mode = of_her.tags.mode
    gap_s = LONGER * max(mode.moving_interval_s, mode.resting_interval_s)
    weeks = weeks_of(of_her, whole.span)
    hers = own_weeks(weeks, of_her.trail, his.start, gap_s, of_her.settings)
    way = None if hers is None else her_route(hers, his)
    return None if way is None else route_waits(his, way, within_m, observed_share)
