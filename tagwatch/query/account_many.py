"""Which of these wearers could have been there: one statement asked of many at once.

Three lists: supported, could not be excluded, contradicted. Everybody is looked at by what his
fixes of the time say (`presence`); whoever that alone rules out, whatever his routine, is
contradicted. Of the others the likeliest are checked in full, as each would be by himself; whoever
is not stays among those who could not be excluded. Nobody is lost.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.purpose import SAYS as PURPOSE_SAYS
from tagwatch.access.purpose import Purpose
from tagwatch.core.account import Bearing, Judgement, is_ruled_out
from tagwatch.core.approach import Approach
from tagwatch.core.between import R95, walked
from tagwatch.core.carried import of_him
from tagwatch.core.crime import CrimeProfile
from tagwatch.core.habit import Habit
from tagwatch.core.ids import WearerId
from tagwatch.core.likelihood import MOSTLY, of_presence
from tagwatch.core.meeting import Followed
from tagwatch.core.order import Order, Programme
from tagwatch.core.person import Wearer
from tagwatch.core.presence import Presence
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.statement import Allegation, Statement
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant, iso
from tagwatch.core.wearing import BESIDE, Wearing
from tagwatch.query.account_check import HOW, judge_one
from tagwatch.query.question import (
    CACHED,
    Method,
    PlaceAsked,
    QuestionError,
    known_blocks,
    method,
    settings_known,
    tags_of,
)
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import trails_between
from tagwatch.store import schema
from tagwatch.store.archive.everybody import Asked, Trails

MOST_LISTED: Final = 200
"""Wearers named one by one."""
MOST_ASKED: Final = 1_000
"""Wearers in one question, however they were chosen."""
MOST_FULL: Final = 20
"""Of them so many are checked in full, the likeliest first; their weeks before are read."""
MOST_SHOWN: Final = 200
"""Of those contradicted so many are told of one by one, the nearest first; the rest is counted."""
PURPOSES: Final = (Purpose.CRIME_MATCHING, Purpose.VICTIM_SAFETY, Purpose.ENFORCEMENT)
"""To look through many wearers is for these alone."""
_AT_ONCE: Final = 500
_AROUND: Final = 2 * BESIDE
MANY_HOW: Final = (
    "Each wearer within your scope whose order was in force then and is of a programme for this "
    "kind of allegation is looked at by his fixes of that time. Whoever they rule out, whatever "
    f"his routine, is contradicted. Of the others the {MOST_FULL} likeliest are checked in full, "
    "each as by himself; the rest stay among those who could not be excluded. " + HOW
)


class Among(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask about: everybody within scope, or those of them for whom all this holds."""

    profile: CrimeProfile
    """What it is about: only wearers with an order of its programmes are looked at."""
    wearers: tuple[WearerId, ...] = ()
    borough: str = ""
    programme: Programme | None = None


class PersonHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes say of one wearer."""

    wearer_id: WearerId
    name: str
    verdict: Bearing
    in_full: bool
    """Checked as by himself; else by the fixes of that time alone."""
    ratio: float | None
    """None where only a full check can say; of those contradicted and not in full the most that it
    can be, whatever his routine."""
    words: str
    prior: float | None
    posterior: float | None
    habit: Habit | None
    has_tag: bool
    """A tag was on record as on him at some time of it."""
    probability: float | None
    lower: float
    upper: float
    approach: Approach | None
    best_radius_m: float | None
    """Of the sharpest fix in the time: 95 %; None without any."""
    fixes: int
    observed_s: int
    unobserved_s: int
    off_s: int


class ManyView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    statement: Statement
    known_at: Instant
    profile_id: str
    profile_title: str
    borough: str
    programme: Programme | None
    supported: tuple[PersonHeld, ...]
    """By likelihood ratio, the largest first; likewise the others, in full before not."""
    not_excluded: tuple[PersonHeld, ...]
    contradicted: tuple[PersonHeld, ...]
    """By how near they can have come, at most MOST_SHOWN."""
    contradicted_in_all: int
    contradicted_observed_s: int
    """Of all of these, how long they were seen, together."""
    asked: int
    barred: int
    """Within scope and what was chosen, but without an order that allows it in force then."""
    unknown: int
    """Of those named, unknown or outside the reader's scope."""
    in_full: int
    not_in_full: int
    """Could not be excluded, and were not checked in full because of the bound."""
    method: Method


class _Looked(msgspec.Struct, frozen=True):
    wearer: Wearer
    found: Presence
    has_tag: bool
    best_radius_m: float | None


def could_have_been(
    reader: Reader, statement: Statement, among: Among, known_at: Instant
) -> ManyView:
    """Return which wearers could have done what is said. Puts every one looked at on the audit as
    a combination. Raises QuestionError."""
    _check(reader, statement, among, known_at)
    with reader.connection() as connection:
        everybody, barred, unknown = _chosen(reader, connection, statement, among)
        settings = settings_known(connection, known_at)
        looked = _look(connection, everybody, statement, settings, known_at)
        sure = [one for one in looked if is_ruled_out(one.found)]
        left = sorted((one for one in looked if not is_ruled_out(one.found)), key=_likeliest)
        full = [
            _in_full(one, judge_one(connection, one.wearer.wearer_id, statement, known_at)[0])
            for one in left[:MOST_FULL]
        ]
    people = [*full, *map(_open, left[MOST_FULL:]), *map(_ruled_out, sure)]
    place = PlaceAsked(label="", shape=statement.shape) if statement.shape is not None else None
    detail = (
        f"{statement.claim.value} [{iso(statement.start)}, {iso(statement.end)}) known at "
        f"{iso(known_at)}; {place.for_audit if place else ''}; {among.profile.profile_id}"
    )
    reader.combined("account_many", [one.wearer_id for one in everybody], detail)
    return _view(
        statement, among, known_at, people, (barred, unknown),
        method(MANY_HOW, settings, statement.start),
    )  # fmt: skip


def _check(reader: Reader, statement: Statement, among: Among, known_at: Instant) -> None:
    if reader.scope.purpose not in PURPOSES:
        reader.refused("account_many", [], "purpose")
        allowed = "; ".join(PURPOSE_SAYS[each].lower() for each in PURPOSES)
        raise QuestionError("purpose", f"Many wearers are looked through only for this: {allowed}")
    if statement.claim is Allegation.FOLLOWED or statement.shape is None:
        raise QuestionError("claim", "Ask about one place: where he stood, or where he passed")
    if statement.end > known_at:
        raise QuestionError("end", "The time of a statement must be over: end it by now")
    if known_at > reader.now():
        raise QuestionError("as_of", "What is known later cannot be asked for now")
    if len(among.wearers) > MOST_LISTED:
        raise QuestionError("wearers", f"Name at most {MOST_LISTED} wearers, or none")


def _chosen(
    reader: Reader, connection: Connection, statement: Statement, among: Among
) -> tuple[list[Wearer], int, int]:
    """Return whom to look at by name, how many their orders bar, and how many named are unknown."""
    row = schema.wearer.c
    query = select(row.body).where(reader.scope.condition())
    if among.wearers:
        query = query.where(row.wearer_id.in_(among.wearers))
    if among.borough:
        query = query.where(row.borough == among.borough)
    found = [msgspec.json.decode(body, type=Wearer) for body in connection.scalars(query)]
    unknown = 0
    if among.wearers:
        seen = reader.wearers(connection, among.wearers)
        missing = sorted(set(among.wearers) - set(seen))
        unknown = len(missing)
        if missing:
            reader.refused("account_many", missing, "outside scope, or unknown")
    allowed = _allowed(reader, connection, statement, among)
    kept = sorted((one for one in found if one.wearer_id in allowed), key=lambda one: one.wearer_id)
    if len(kept) > MOST_ASKED:
        said = f"{len(kept):,} wearers would be looked through, at most {MOST_ASKED:,} can be"
        raise QuestionError("borough", f"{said}: choose a borough, a programme or wearers")
    return kept, len(found) - len(kept), unknown


def _allowed(
    reader: Reader, connection: Connection, statement: Statement, among: Among
) -> frozenset[WearerId]:
    """Return who had an order of a programme of the profile in force in the time."""
    column = schema.order.c
    bodies = connection.scalars(
        select(column.body).where(column.wearer_id.in_(reader.scope.wearer_ids()))
    )
    programmes = among.profile.programmes
    if among.programme is not None:
        programmes = tuple(each for each in programmes if each is among.programme)
    orders = (msgspec.json.decode(body, type=Order) for body in bodies)
    return frozenset(
        order.wearer_id
        for order in orders
        if order.programme in programmes
        and order.starts_at < statement.end
        and (order.ends_at is None or order.ends_at > statement.start)
    )


# --- everybody ------------------------------------------------------------------------------------


def _look(
    connection: Connection,
    everybody: Sequence[Wearer],
    statement: Statement,
    settings: SettingsHistory,
    known_at: Instant,
) -> list[_Looked]:
    low, high = Instant(statement.start - _AROUND), Instant(statement.end + _AROUND)
    trails: Trails = {}
    for at in range(0, len(everybody), _AT_ONCE):
        names = [one.wearer_id for one in everybody[at : at + _AT_ONCE]]
        trails |= trails_between(connection, names, Asked(low, high))
    prepared = Prepared(most=CACHED)
    return [
        _looked(connection, one, trails, statement, settings, prepared, known_at)
        for one in everybody
    ]


def _looked(
    connection: Connection,
    wearer: Wearer,
    trails: Trails,
    statement: Statement,
    settings: SettingsHistory,
    prepared: Prepared,
    known_at: Instant,
) -> _Looked:
    tags = tags_of(connection, wearer.wearer_id, known_at)
    blocks = known_blocks(trails.get(wearer.wearer_id, []), known_at)
    parts = [TrailPart(name, tags.models.get(name, ""), block) for name, block in blocks]
    trail = of_him(parts, tags.off_body)
    one = Followed(trail, tags.worn, tags.mode)
    him = Wearing(trail, one.worn, one, settings, prepared)
    if statement.shape is None:
        raise QuestionError("claim", "Ask about one place")
    found = him.presence(statement.shape, statement.window)
    has_tag = any(a < statement.end and b > statement.start for a, b in tags.fitted)
    return _Looked(wearer, found, has_tag, _sharpest_m(him, statement))


def _sharpest_m(him: Wearing, statement: Statement) -> float | None:
    walk = walked(him.around(statement.window), him.settings, him.prepared)
    inside = (statement.start <= at < statement.end for at in walk.at)
    radii = [sigma * R95 for sigma, within in zip(walk.sigma_m, inside, strict=True) if within]
    return round(min(radii), 1) if radii else None


def _likeliest(one: _Looked) -> tuple[float, float, float, str]:
    found = one.found
    return -found.lower, -(found.probability or 0.0), -found.upper, one.wearer.wearer_id


# --- what is said of each -------------------------------------------------------------------------


def _in_full(one: _Looked, judgement: Judgement) -> PersonHeld:
    held = judgement.weight
    return _person(
        one, judgement.verdict, judgement.presence or one.found, held.ratio, held.words,
        (held.prior, held.posterior), judgement.habit,
    )  # fmt: skip


def _open(one: _Looked) -> PersonHeld:
    return _person(one, Bearing.CANNOT_SAY, one.found, None, "", None, None)


def _ruled_out(one: _Looked) -> PersonHeld:
    most = of_presence(one.found, MOSTLY)
    return _person(one, Bearing.CONTRADICTS, one.found, most.ratio, most.words, None, None)


def _person(
    one: _Looked,
    verdict: Bearing,
    found: Presence,
    ratio: float | None,
    words: str,
    chances: tuple[float, float] | None,
    habit: Habit | None,
) -> PersonHeld:
    return PersonHeld(
        wearer_id=one.wearer.wearer_id,
        name=one.wearer.name,
        verdict=verdict,
        in_full=habit is not None,
        ratio=ratio,
        words=words,
        prior=None if chances is None else chances[0],
        posterior=None if chances is None else chances[1],
        habit=habit,
        has_tag=one.has_tag,
        probability=found.probability,
        lower=found.lower,
        upper=found.upper,
        approach=found.approach,
        best_radius_m=one.best_radius_m,
        fixes=found.fixes,
        observed_s=found.observed_s,
        unobserved_s=found.unobserved_s,
        off_s=found.off_s,
    )


def _view(
    statement: Statement,
    among: Among,
    known_at: Instant,
    people: Sequence[PersonHeld],
    left_out: tuple[int, int],
    how: Method,
) -> ManyView:
    gone = sorted(_of(people, Bearing.CONTRADICTS), key=_nearest)
    open_ = sorted(_of(people, Bearing.CANNOT_SAY), key=_rank)
    return ManyView(
        statement=statement,
        known_at=known_at,
        profile_id=among.profile.profile_id,
        profile_title=among.profile.title,
        borough=among.borough,
        programme=among.programme,
        supported=tuple(sorted(_of(people, Bearing.SUPPORTS), key=_rank)),
        not_excluded=tuple(open_),
        contradicted=tuple(gone[:MOST_SHOWN]),
        contradicted_in_all=len(gone),
        contradicted_observed_s=sum(one.observed_s for one in gone),
        asked=len(people),
        barred=left_out[0],
        unknown=left_out[1],
        in_full=sum(one.in_full for one in people),
        not_in_full=sum(not one.in_full for one in open_),
        method=how,
    )


def _of(people: Iterable[PersonHeld], verdict: Bearing) -> Iterable[PersonHeld]:
    return (one for one in people if one.verdict is verdict)


def _rank(one: PersonHeld) -> tuple[bool, float, float, float, float, str]:
    return (
        not one.in_full, -(one.ratio or 0.0), -one.lower, -(one.probability or 0.0), -one.upper,
        one.wearer_id,
    )  # fmt: skip


def _nearest(one: PersonHeld) -> tuple[float, str]:
    return float("inf") if one.approach is None else one.approach.distance_m, one.wearer_id
