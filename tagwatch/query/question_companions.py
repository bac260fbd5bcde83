"""Who was with him? The other wearers within scope who were, or may have been, near one wearer."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.beside import Nearby, reach
from tagwatch.core.carried import OffBody, of_him
from tagwatch.core.company import Course, course, met, spans_about, within_spans
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.ids import WearerId
from tagwatch.core.meeting import Answer, Meeting
from tagwatch.core.order import NoContact
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.timetable import london
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, SECOND, Instant
from tagwatch.core.visits import only_times
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.question import (
    BESIDE,
    CACHED,
    Known,
    Method,
    QuestionError,
    Window,
    audit_detail,
    known,
    known_blocks,
    method,
    tags_of,
)
from tagwatch.query.question_meet import WITHIN_M
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import whole_trail
from tagwatch.store import schema
from tagwatch.store.archive.along import Times, near_times
from tagwatch.store.archive.parts import seam

LONGEST: Final = 31 * DAY
MOST_RECENT_HOURS: Final = 400_000
"""Wearers within scope times hours asked about of which fixes are still in the tables, which are
not in order of place. docs/questions.md says how long that takes."""
MOST_TIMES: Final = 50
"""Of one companion, those given one by one: the first."""
_APART: Final = 2 * DAY
"""Times farther from each other than this are read by themselves."""
HOW: Final = (
    "Each other wearer within your scope with a tag on record then, of whom a fix lies near one of "
    "his in place and time, is asked about as by “Do these two meet?”: each fix of the one is held "
    "against the last of the other, with the errors and the ages of both. Yes: independent pairs "
    "of fixes show them within the distance. Possible: a pair leaves it open. Of everybody else "
    "no two fixes do, which does not say that they were apart: either may not have been seen. Of "
    "two who were near each other for days the first pairs of each day are held, 4,000 altogether."
)


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """Another wearer who was, or may have been, near him."""

    wearer_id: WearerId
    name: str
    answer: Answer
    """YES or CANNOT_SAY."""
    days: int
    """London dates with a time that is shown, or where none is, with a possible one."""
    shown: int
    """Times that are shown."""
    possible: int
    """And those that fixes leave possible."""
    p_near: float
    """The highest of any time."""
    pairs: int
    witnesses: int
    """All together; pairs and independent ones of these."""
    left_out: int
    """Pairs that were not held against each other: of so many, only the first of each day were."""
    nearest_m: int
    first: Instant
    last: Instant
    """Of the times that are shown, or where none is, of the possible ones."""
    best: int
    """Which of `times` is shown best, from 0."""
    times: tuple[Meeting, ...]
    """In order; where there are more than MOST_TIMES the best of them."""
    forbidden_m: float | None
    """Contact nearer than this is forbidden to one of the two by a condition on record."""


class CompanionsView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    window: Window
    within_m: float
    beside: tuple[Companion, ...]
    """Shown: on most days first."""
    possible: tuple[Companion, ...]
    """Only possible: likeliest first."""
    asked: int
    """Other wearers within scope with a tag on record at some time in the window."""
    fixes: int
    """Of himself in the window."""
    observed_s: int
    unobserved_s: int
    off_s: int
    off_body: tuple[OffBody, ...]
    method: Method


def companions(
    reader: Reader, wearer_id: WearerId, within_m: float, window: Window
) -> CompanionsView:
    """Return who was with him. Raises NotFound where he is outside scope, QuestionError; each is on
    the audit."""
    low, high = WITHIN_M
    if not low <= within_m <= high:
        raise QuestionError("within", f"The distance must be from {low:g} to {high:g} metres")
    prepared = Prepared(most=CACHED)
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "question_companions")
        others = _others(reader, connection, wearer_id, window)
        _check_recent(connection, len(others), window)
        of_one = known(connection, wearer_id, window)
        found = list(company_of(connection, of_one, others, within_m, window, prepared))
        barred = _forbidden(connection, wearer_id, [each for each, _, _ in found], window)
    people = [
        _companion(who, others[who], times, left_out, barred.get(who))
        for who, times, left_out in found
    ]
    shown = [each for each in people if each.answer is Answer.YES]
    possible = [each for each in people if each.answer is not Answer.YES]
    ids = [wearer_id, *(each.wearer_id for each in people)]
    detail = audit_detail(window, f"within {within_m:g} m", f"{len(others)} asked")
    reader.combined("question_companions", ids, detail)
    rules = of_one.settings.at(window.start).encounter
    return CompanionsView(
        wearer_id=wearer_id,
        window=window,
        within_m=within_m,
        beside=tuple(sorted(shown, key=_by_days)),
        possible=tuple(sorted(possible, key=_by_chance)),
        asked=len(others),
        fixes=_fixes(of_one, window),
        **_seen(of_one, window),
        off_body=of_one.off_body(window),
        method=method(
            HOW,
            of_one.settings,
            window.start,
            witnesses=rules.confirm_fixes,
            witnesses_apart_s=rules.independent_s,
            a_fix_tells_for_s=rules.age_most_s,
            possible_from=rules.thresholds.protect,
        ),
    )


def _others(
    reader: Reader, connection: Connection, wearer_id: WearerId, window: Window
) -> dict[WearerId, str]:
    """Return the names of the other wearers within scope with a tag on record in the window."""
    row, worn = schema.wearer.c, schema.activation.c
    rows = connection.execute(
        select(row.wearer_id, row.name)
        .distinct()
        .join(schema.activation, worn.wearer_id == row.wearer_id)
        .where(
            reader.scope.condition(),
            row.wearer_id != wearer_id,
            worn.started_at < window.end,
            (worn.ended_at.is_(None)) | (worn.ended_at > window.start),
        )
        .order_by(row.wearer_id)
    )
    return {WearerId(each.wearer_id): each.name for each in rows}


def _check_recent(connection: Connection, wearers: int, window: Window) -> None:
    """Raise QuestionError where too much would have to be read that is not archived yet."""
    recent = window.end - max(window.start, seam(connection).horizon)
    if wearers * recent > MOST_RECENT_HOURS * HOUR:
        hours = MOST_RECENT_HOURS // wearers
        most = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
        said = f"{wearers:,} other wearers with a tag then are within your scope"
        raise QuestionError("end", f"{said}: of so recent days ask about at most {most} at a time")


def company_of(
    connection: Connection,
    of_one: Known,
    others: dict[WearerId, str],
    within_m: float,
    window: Window,
    prepared: Prepared,
) -> Iterator[tuple[WearerId, list[Meeting], int]]:
    """Yield those who were near or may have been, each with the times, and how many pairs of fixes
    were left out."""
    settings = of_one.settings
    his = course(of_one.trail, settings, prepared)
    if his is None:
        return
    near = reach(within_m, settings)
    around = Nearby(of_one.trail, window.span, near)
    oldest_s = max(near.still_s, near.moving_s)
    for who, times in sorted(near_times(connection, others, around).items()):
        other = _beside(connection, who, times, oldest_s, window, settings, prepared, his)
        if other is None:
            continue
        found, left_out = met(his, other, within_m, window.span, settings, near)
        if found:
            yield who, found, left_out


def _beside(
    connection: Connection,
    who: WearerId,
    times: Times,
    oldest_s: float,
    window: Window,
    settings: SettingsHistory,
    prepared: Prepared,
    his: Course,
) -> Course | None:
    """Return the other's fixes about these times, as they were known; None without any."""
    first, last = Instant(window.start - BESIDE), Instant(window.end + BESIDE - 1)
    spans = [
        (max(start, first), min(end, last)) for start, end in spans_about(times, oldest_s, settings)
    ]
    tags = tags_of(connection, who, window.known_at)
    parts: list[TrailPart] = []
    for start, end in _read_together(spans):
        blocks = known_blocks(
            whole_trail(connection, who, start, Instant(end + 1)), window.known_at
        )
        parts += [TrailPart(name, tags.models.get(name, ""), block) for name, block in blocks]
    return course(of_him(within_spans(parts, spans), tags.off_body), settings, prepared, his)


def _read_together(spans: Sequence[tuple[Instant, Instant]]) -> list[tuple[Instant, Instant]]:
    found = list(spans[:1])
    for start, end in spans[1:]:
        if start - found[-1][1] <= _APART:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _companion(
    who: WearerId, name: str, times: list[Meeting], left_out: int, forbidden_m: float | None
) -> Companion:
    shown = [each for each in times if each.answer is Answer.YES]
    counted = shown or times
    kept = times
    if len(times) > MOST_TIMES:
        kept = sorted(sorted(times, key=_by_proof)[:MOST_TIMES], key=lambda each: each.start)
    best = min(range(len(kept)), key=lambda number: _by_proof(kept[number]))
    return Companion(
        wearer_id=who,
        name=name,
        answer=Answer.YES if shown else Answer.CANNOT_SAY,
        days=len({london(each.start).date() for each in counted}),
        shown=len(shown),
        possible=len(times) - len(shown),
        p_near=max(each.p_near for each in times),
        pairs=sum(each.pairs for each in times),
        witnesses=sum(each.witnesses for each in times),
        left_out=left_out,
        nearest_m=min(each.nearest_m for each in times),
        first=counted[0].start,
        last=counted[-1].end,
        best=best,
        times=tuple(kept),
        forbidden_m=forbidden_m,
    )


def _by_proof(each: Meeting) -> tuple[int, int, float, Instant]:
    return int(each.answer is not Answer.YES), -each.witnesses, -each.p_near, each.start


def _by_days(each: Companion) -> tuple[int, int, int, float, str]:
    return -each.days, -each.shown, -each.witnesses, -each.p_near, each.wearer_id


def _by_chance(each: Companion) -> tuple[float, int, int, str]:
    return -each.p_near, -each.days, -each.pairs, each.wearer_id


def _fixes(of_one: Known, window: Window) -> int:
    times = [part.block["fixed_at"][part.rows] for part in of_one.trail]
    return sum(int(((each >= window.start) & (each < window.end)).sum()) for each in times)


def _seen(of_one: Known, window: Window) -> dict[str, int]:
    """Return for how long he was seen himself, with fixes no farther apart than at rest."""
    tags = of_one.tags
    found = {"observed_s": 0, "unobserved_s": 0, "off_s": 0}
    kinds = {Seen.OBSERVED: "observed_s", Seen.UNOBSERVED: "unobserved_s", Seen.OFF: "off_s"}
    for start, end, kind in spans_seen(only_times(of_one.trail), tags.worn, tags.mode, window.span):
        found[kinds[kind]] += end - start
    return {name: span // SECOND for name, span in found.items()}


def _forbidden(
    connection: Connection, wearer_id: WearerId, others: Sequence[WearerId], window: Window
) -> dict[WearerId, float]:
    """Return, of those who must not meet him or he them, how near is forbidden."""
    found: dict[WearerId, float] = {}
    for whose in (wearer_id, *others):
        newest: dict[str, tuple[WearerId, float]] = {}
        for version in sorted(versions_of_wearer(connection, whose), key=lambda v: v.version):
            terms = version.terms
            if isinstance(terms, NoContact) and version.recorded_at <= window.known_at:
                newest[version.condition_id] = (terms.other, terms.distance_m)
        for other, distance_m in newest.values():
            named = other if whose == wearer_id else whose
            if named in others and wearer_id in (whose, other):
                found[named] = min(distance_m, found.get(named, distance_m))
    return found
