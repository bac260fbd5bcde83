"""Who was in this area then? Of the wearers within scope: those who were, those who cannot be
excluded and why, and how many are excluded, with how much of them was seen."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.carried import Carried, Fitted, carried, of_him
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.fix import TagEvent, TagEventKind
from tagwatch.core.geometry import to_geojson
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.left_open import is_far_off
from tagwatch.core.meeting import Answer, Followed
from tagwatch.core.outcome import RuleKind
from tagwatch.core.person import Activation, Tag, TagMode
from tagwatch.core.ruled_out import ruled_out
from tagwatch.core.rules.area import area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.core.visits import only_times
from tagwatch.core.was_near import OpenSpan, WasNear, was_near
from tagwatch.query.question import (
    BESIDE,
    CACHED,
    Method,
    PlaceAsked,
    QuestionError,
    Window,
    audit_detail,
    known_blocks,
    method,
    settings_known,
)
from tagwatch.query.question_near import HOW as NEAR_HOW
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import trails_between
from tagwatch.store import schema
from tagwatch.store.archive.everybody import Asked

LONGEST: Final = 24 * HOUR
MOST_WEARER_HOURS: Final = 50_000
"""Wearers within scope times hours asked about, those beside them counted: 12,000 wearers and two
hours. docs/questions.md says how long that takes."""
_TELLING: Final = (
    TagEventKind.STRAP_CUT,
    TagEventKind.STRAP_CLOSED,
    TagEventKind.NOT_WORN,
    TagEventKind.WORN,
    TagEventKind.POWER_OFF,
    TagEventKind.POWER_ON,
)
HOW: Final = (
    "Each wearer within your scope with a tag on record then is asked about as by himself. "
    + NEAR_HOW
    + " Excluded are those for whom the answer is no."
)


class PersonAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer who was there, or cannot be excluded."""

    wearer_id: WearerId
    name: str
    answer: Answer
    probability: float
    witnesses: int
    there: tuple[tuple[Instant, Instant], ...]
    left_open: tuple[OpenSpan, ...]
    left_open_s: int
    fixes: int
    observed_s: int
    unobserved_s: int
    off_s: int


class AreaView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    place: dict[str, Any]
    """GeoJSON; a disc is a Point with `radius_m`."""
    place_label: str
    window: Window
    there: tuple[PersonAsked, ...]
    """Likeliest first."""
    not_excluded: tuple[PersonAsked, ...]
    """Likeliest first, then by how long it is left open."""
    excluded: int
    excluded_observed_s: int
    """Of those excluded, how long they were seen, all together."""
    asked: int
    """Wearers within scope with a tag on record at some time in the window."""
    method: Method


class _Of(msgspec.Struct, frozen=True):
    """One wearer with the tags he wore."""

    wearer_id: WearerId
    name: str
    tags: Carried


def in_area(reader: Reader, place: PlaceAsked, window: Window) -> AreaView:
    """Return who was there. Puts it on the audit. Raises QuestionError for too many wearers."""
    ready, prepared = area(place.shape), Prepared(most=CACHED)
    found: list[PersonAsked] = []
    excluded = excluded_s = 0
    with reader.connection() as connection:
        everybody = _within_scope(reader, connection, window)
        settings = settings_known(connection, window.known_at)
        trails = list(_trails(connection, everybody, window))
        followed = [Followed(trail, one.tags.worn, one.tags.mode) for one, trail in trails]
        sure_s = ruled_out(followed, ready, window.span, settings, prepared)
        for (one, trail), observed_s in zip(trails, sure_s, strict=True):
            if observed_s is not None:
                excluded += 1
                excluded_s += observed_s
                continue
            if is_far_off(trail, ready, window.span, settings, prepared):
                excluded += 1
                excluded_s += _observed_s(trail, one.tags, window)
                continue
            said = _judged(trail, one, place, window, settings, prepared)
            if said.answer is Answer.NO:
                excluded += 1
                excluded_s += said.observed_s
            else:
                found.append(_person(one, said))
    detail = audit_detail(window, place.for_audit, f"{excluded} excluded")
    reader.combined("question_area", [each.wearer_id for each in found], detail)
    return AreaView(
        place=to_geojson(place.shape),
        place_label=place.label,
        window=window,
        there=tuple(sorted(_answered(found, Answer.YES), key=_order)),
        not_excluded=tuple(sorted(_answered(found, Answer.CANNOT_SAY), key=_order)),
        excluded=excluded,
        excluded_observed_s=excluded_s,
        asked=len(everybody),
        method=method(
            HOW,
            settings,
            window.start,
            sure_from=settings.at(window.start).zone.thresholds.accuse,
            witnesses=settings.at(window.start).zone.confirm_fixes,
        ),
    )


def _answered(found: Iterable[PersonAsked], answer: Answer) -> Iterable[PersonAsked]:
    return (each for each in found if each.answer is answer)


def _order(each: PersonAsked) -> tuple[float, int, str]:
    return -each.probability, -each.left_open_s, each.wearer_id


def _judged(
    trail: list[TrailPart],
    one: _Of,
    place: PlaceAsked,
    window: Window,
    settings: SettingsHistory,
    prepared: Prepared,
) -> WasNear:
    return was_near(
        trail, place.shape, window.span, one.tags.worn, one.tags.mode, settings, prepared
    )


def _person(one: _Of, said: WasNear) -> PersonAsked:
    return PersonAsked(
        wearer_id=one.wearer_id,
        name=one.name,
        answer=said.answer,
        probability=said.probability,
        witnesses=said.witnesses,
        there=said.there,
        left_open=said.left_open[:10],
        left_open_s=said.left_open_s,
        fixes=said.fixes,
        observed_s=said.observed_s,
        unobserved_s=said.unobserved_s,
        off_s=said.off_s,
    )


def _observed_s(trail: list[TrailPart], tags: Carried, window: Window) -> int:
    seen = spans_seen(only_times(trail), tags.worn, tags.mode, window.span)
    return sum(b - a for a, b, kind in seen if kind is Seen.OBSERVED) // SECOND


def _trails(
    connection: Connection, everybody: list[_Of], window: Window
) -> Iterator[tuple[_Of, list[TrailPart]]]:
    """Yield each wearer with his trail; read for all at once, which the archive does quickly."""
    low, high = Instant(window.start - BESIDE), Instant(window.end + BESIDE)
    found = trails_between(connection, [one.wearer_id for one in everybody], Asked(low, high))
    for one in everybody:
        blocks = known_blocks(found.get(one.wearer_id, []), window.known_at)
        models = one.tags.models
        parts = [TrailPart(name, models.get(name, ""), block) for name, block in blocks]
        yield one, of_him(parts, one.tags.off_body)


def _within_scope(reader: Reader, connection: Connection, window: Window) -> list[_Of]:
    """Return the wearers within scope who had a tag on record in the window."""
    row, worn = schema.wearer.c, schema.activation.c
    rows = connection.execute(
        select(row.wearer_id, row.name, worn.body, schema.tag.c.body.label("tag"))
        .join(schema.activation, worn.wearer_id == row.wearer_id)
        .outerjoin(schema.tag, schema.tag.c.tag_id == worn.tag_id)
        .where(
            reader.scope.condition(),
            worn.started_at < window.end,
            (worn.ended_at.is_(None)) | (worn.ended_at > window.start),
        )
        .order_by(row.wearer_id, worn.started_at)
    ).all()
    names = {row.wearer_id: row.name for row in rows}
    hours = (window.end - window.start + 2 * BESIDE) / HOUR
    if len(names) * hours > MOST_WEARER_HOURS:
        raise _too_long(len(names))
    said = _events(reader, connection, window)
    fitted: dict[str, list[Fitted]] = {}
    for found in rows:
        activation = msgspec.json.decode(found.body, type=Activation)
        tag = None if found.tag is None else msgspec.json.decode(found.tag, type=Tag)
        one = Fitted(
            activation=activation,
            model="" if tag is None else tag.model,
            mode=TagMode() if tag is None else tag.mode,
            events=tuple(said.get(activation.activation_id, ())),
        )
        fitted.setdefault(found.wearer_id, []).append(one)
    return [
        _Of(WearerId(name), names[name], carried(each, window.known_at))
        for name, each in fitted.items()
    ]


def _too_long(wearers: int) -> QuestionError:
    """Return how much may be asked about of so many wearers."""
    spare = MOST_WEARER_HOURS * HOUR // wearers - 2 * BESIDE
    said = f"{wearers:,} wearers with a tag then are within your scope"
    if spare < MINUTE:
        return QuestionError("end", f"{said}: that is too many to ask about all at once")
    minutes = spare // MINUTE
    most = f"{minutes // 60} hours" if minutes >= 120 else f"{minutes} minutes"
    return QuestionError("end", f"{said}: ask about at most {most} at a time")


def _events(
    reader: Reader, connection: Connection, window: Window
) -> dict[ActivationId, list[TagEvent]]:
    """Return what the tags said of being on, on a body or off, received by then."""
    column, told = schema.tag_event.c, schema.episode.c
    # Each report of coming off or going off made an episode: of all others nothing is read.
    reported = select(told.wearer_id).where(
        told.rule == RuleKind.TAMPER.value, told.entered_at < window.end
    )
    rows = connection.execute(
        select(column.activation_id, column.body)
        .where(
            column.kind.in_([kind.value for kind in _TELLING]),
            column.happened_at <= window.end,
            column.wearer_id.in_(reported),
            column.wearer_id.in_(reader.scope.wearer_ids()),
        )
        .order_by(column.happened_at, column.seq, column.index)
    )
    found: dict[ActivationId, list[TagEvent]] = {}
    for name, body in rows:
        event = msgspec.json.decode(body, type=TagEvent)
        if event.received_at <= window.known_at:
            found.setdefault(ActivationId(name or ""), []).append(event)
    return found
