"""An account checked: each statement held against what was known of a wearer by some instant."""

from math import hypot
from typing import Final

import msgspec
from sqlalchemy import Connection

from tagwatch import __version__
from tagwatch.access.scope import may_see_secrets
from tagwatch.core.account import Judgement, judged
from tagwatch.core.account_check import AccountCheck, differences
from tagwatch.core.case import CaseState
from tagwatch.core.contour import PlanarShape
from tagwatch.core.ids import AccountId, CaseId, WearerId
from tagwatch.core.meeting import Followed
from tagwatch.core.order import ExclusionZone, ZoneKnowledge
from tagwatch.core.person import Wearer
from tagwatch.core.rules.area import area
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.statement import Statement
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.core.wearing import BESIDE, DAYS, Wearing
from tagwatch.query.account_case import AccountWord
from tagwatch.query.case import cases_about
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.question import CACHED, Known, Method, QuestionError, Window, known, method
from tagwatch.query.reader import Reader
from tagwatch.store.account_checks import attachings_of, checks_of, versions_of, words_to
from tagwatch.store.cases import case_of

MOST: Final = 10
"""Statements in one check: each asks of the weeks before it too."""
MOST_LISTED: Final = 50
FEWER: Final = (28, 7)
"""So many days before are asked where there are too many fixes for more."""
_MARGIN: Final = 2 * HOUR
HOW: Final = (
    "Each statement is held against the fixes for itself. The position filter that decides alerts "
    "says where he may have been at each fix; between fixes he may have gone any way that the time "
    "and the top speed of his way of moving allow, and an average over a fixed set of such ways "
    "gives the chance that he was there. The likelihood ratio holds two propositions against each "
    "other: what is claimed, and a day like his days are at that hour, whether or not that took "
    "him there; how often it did is counted on the days before, at the same time by London's "
    "clocks, weekdays and weekends apart. Where he is always, the ratio is 1. It is stated from "
    "the careful side: against presence counts nothing that silence could hide, what may have gone "
    "on between two fixes weighs at most 50, and no ratio is stated beyond 1,000."
)


class CaseOfCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the same wearer, and whether a check stands on it."""

    case_id: CaseId
    title: str
    is_open: bool
    stands: bool
    taken_back: str
    """Why it was taken back; empty: it was not."""


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """A check, with how it came to be."""

    wearer: Wearer
    check: AccountCheck
    versions: tuple[Instant, ...]
    """When each version was made, the first first."""
    differences: tuple[str, ...]
    """What this version says otherwise than the one before; empty for the first."""
    method: Method
    words: tuple[AccountWord, ...] = ()
    """What persons say of it, the oldest first."""
    cases: tuple[CaseOfCheck, ...] = ()
    """His open cases, and those on which it ever stood."""
    by_secret: tuple[int, ...] = ()
    """Numbers of the statements whose place touches one that he was not told of. Told to whoever
    may see such places alone; for anybody else it is empty."""


class ChecksView(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of a wearer."""

    wearer: Wearer
    checks: tuple[AccountCheck, ...]


def answered(
    reader: Reader,
    wearer_id: WearerId,
    statements: tuple[Statement, ...],
    known_at: Instant,
) -> tuple[tuple[Judgement, ...], int]:
    """Return what the fixes say of each statement, and the version of the settings. Raises
    NotFound, QuestionError; puts either on the audit."""
    if not 1 <= len(statements) <= MOST:
        raise QuestionError("claim", f"A check has 1 to {MOST} statements")
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "account_check")
        found = [judge_one(connection, wearer_id, each, known_at) for each in statements]
    spans = ", ".join(f"{each.claim.value} [{each.start}, {each.end})" for each in statements)
    reader.consulted("account_check", [wearer_id], f"{spans[:600]}; known at {known_at}")
    return tuple(one for one, _ in found), found[0][1]


def judge_one(
    connection: Connection, wearer_id: WearerId, statement: Statement, known_at: Instant
) -> tuple[Judgement, int]:
    """Return what the fixes of one wearer say of a statement, and the version of the settings. The
    caller has checked the scope. Raises QuestionError."""
    if statement.end > known_at:
        raise QuestionError("end", "The time of a statement must be over: end it by now")
    of_him, days = _known_weeks(connection, wearer_id, statement, known_at)
    one = Followed(of_him.trail, of_him.tags.worn, of_him.tags.mode)
    him = Wearing(of_him.trail, one.worn, one, of_him.settings, Prepared(most=CACHED), days)
    return judged(statement, him), of_him.settings.at(statement.start).version


def _known_weeks(
    connection: Connection, wearer_id: WearerId, statement: Statement, known_at: Instant
) -> tuple[Known, int]:
    """Return what was known of him, with so many days before the statement as can be read: a tag
    that measures every few seconds has too many fixes for all of them."""
    end = Instant(statement.end + _MARGIN)
    for days in (DAYS, *FEWER):
        span = Window(
            start=Instant(statement.start - days * DAY - _MARGIN), end=end, known_at=known_at
        )
        try:
            return known(connection, wearer_id, span, BESIDE), days
        except QuestionError:
            if days == FEWER[-1]:
                raise
    raise AssertionError("the fewest days are returned or refused")


def new_check(
    reader: Reader,
    wearer_id: WearerId,
    check_id: str,
    reference: str,
    statements: tuple[Statement, ...],
    version: int = 1,
) -> AccountCheck:
    """Return a check made now. Raises NotFound, QuestionError."""
    at = reader.now()
    judgements, settings_version = answered(reader, wearer_id, statements, at)
    return AccountCheck(
        check_id=check_id,
        wearer_id=wearer_id,
        version=version,
        reference=reference,
        statements=statements,
        judgements=judgements,
        known_at=at,
        made_at=at,
        made_by=AccountId(reader.actor.account_id),
        settings_version=settings_version,
        code_version=__version__,
    )


def check_view(reader: Reader, check_id: str, version: int = 0) -> CheckView:
    """Return a version of a check, 0 the newest. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        kept = versions_of(connection, check_id)
        chosen = [each for each in kept if version in (0, each.version)]
        if not chosen:
            reader.refuse("account_check", [check_id[:80]], "no such check")
        check = chosen[-1]
        wearer = reader.wearer(connection, check.wearer_id, "account_check")
        of_him = known(connection, check.wearer_id, _short(check), BESIDE)
        words = words_to(connection, [check_id])
        cases = _cases(connection, check)
        by_secret = _by_secret(reader, connection, wearer, check)
    reader.consulted("account_check", [check.wearer_id, check_id])
    before = [each for each in kept if each.version < check.version]
    return CheckView(
        wearer=wearer,
        check=check,
        versions=tuple(each.made_at for each in kept),
        differences=differences(before[-1], check) if before else (),
        method=method(HOW, of_him.settings, check.statements[0].start),
        words=tuple(
            AccountWord(version=each.version, at=each.at, by=each.by, words=each.words)
            for each in words
        ),
        cases=cases,
        by_secret=by_secret,
    )


def _by_secret(
    reader: Reader, connection: Connection, wearer: Wearer, check: AccountCheck
) -> tuple[int, ...]:
    if not may_see_secrets(reader.actor, wearer):
        return ()
    secret = [
        area(version.terms.shape).shape
        for version in versions_of_wearer(connection, wearer.wearer_id)
        if isinstance(version.terms, ExclusionZone)
        and version.terms.knowledge is ZoneKnowledge.SECRET
    ]
    found: list[int] = []
    for number, statement in enumerate(check.statements, start=1):
        if statement.shape is not None:
            place = area(statement.shape).shape
            if any(_touch(place, one) for one in secret):
                found.append(number)
    return tuple(found)


def _touch(one: PlanarShape, other: PlanarShape) -> bool:
    """Return whether the circles about two shapes touch: rather once too often."""
    centre = other.plane.lonlat(other.centre_x_m, other.centre_y_m)
    x_m, y_m = one.plane.xy(centre.lon_deg, centre.lat_deg)
    apart_m = hypot(x_m - one.centre_x_m, y_m - one.centre_y_m)
    return apart_m <= one.bound_radius_m + other.bound_radius_m


def _cases(connection: Connection, check: AccountCheck) -> tuple[CaseOfCheck, ...]:
    latest = {each.case_id: each for each in attachings_of(connection, check.check_id)}
    found = {case.case_id: case for case in cases_about(connection, check.wearer_id)}
    for case_id in latest:
        case = found.get(case_id) or case_of(connection, case_id)
        if case is not None:
            found[case_id] = case
    return tuple(
        CaseOfCheck(
            case_id=case_id,
            title=case.title,
            is_open=case.state is not CaseState.CLOSED,
            stands=case_id in latest and not latest[case_id].taken_back,
            taken_back=latest[case_id].taken_back if case_id in latest else "",
        )
        for case_id, case in found.items()
    )


def _short(check: AccountCheck) -> Window:
    start = check.statements[0].start
    return Window(start=start, end=Instant(start + 1), known_at=check.known_at)


def checks_view(reader: Reader, wearer_id: WearerId) -> ChecksView:
    """Return the checks of a wearer. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "account_checks")
        found = checks_of(connection, wearer_id, MOST_LISTED)
    reader.consulted("account_checks", [wearer_id])
    return ChecksView(wearer=wearer, checks=tuple(found))
