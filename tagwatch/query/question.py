"""What every question about the past stands on: the window, what is known by when, the place, and
how it was computed.

A question names an instant, *known at*: what was received later is left out, so that the same
question is answered the same for good (short of a lawful erasure, or a register entry made later
about the time before).
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch import __version__
from tagwatch.access.scope import may_see_zone
from tagwatch.core.carried import Carried, Fitted, OffBody, carried, of_him
from tagwatch.core.fix import FixBlock, TagEvent
from tagwatch.core.geometry import Disc, LonLat, Shape, to_geojson
from tagwatch.core.ids import ActivationId, ConditionId, WearerId
from tagwatch.core.order import (
    ConditionVersion,
    Curfew,
    ExclusionZone,
    ZoneKnowledge,
    place_of,
)
from tagwatch.core.person import Activation, Tag, TagMode, Wearer
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant, iso
from tagwatch.query.coverage import settings_history, versions_of_wearer
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import whole_trail
from tagwatch.store import schema

BESIDE: Final = HOUR
"""So much of the trail before and after the window is read, for stays and gaps that reach in. The
same for one wearer and for all within scope: the answers must be the same."""
RADIUS_M: Final = (10.0, 5_000.0)
MOST_FIXES: Final = 300_000
"""Of one wearer in one question."""
CACHED: Final = 4096


class QuestionError(ValueError):
    """The question cannot be asked so. `field` is what to mend; the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The time asked about, [start, end), and by when what is used had been received."""

    start: Instant
    end: Instant
    known_at: Instant

    @property
    def span(self) -> tuple[Instant, Instant]:
        """Start and end."""
        return self.start, self.end


class PlaceAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Where: a disc, an outline, or a recorded place in one of its versions."""

    label: str
    shape: Shape
    condition_id: ConditionId | None = None
    version: int = 0

    @property
    def outline(self) -> str:
        """The shape as GeoJSON, short."""
        return msgspec.json.encode(to_geojson(self.shape)).decode()

    @property
    def digest(self) -> str:
        """What the audit holds of a place that somebody drew: it can be compared with a place one
        knows, and tells nobody else where it lies."""
        return sha256(self.outline.encode()).hexdigest()[:16]

    @property
    def for_audit(self) -> str:
        """How the audit names it: by the condition's version, else by a digest and the size."""
        if self.condition_id is not None:
            return f"place {self.condition_id}@{self.version}"
        shape = self.shape
        size = f" R {shape.radius_m:g} m" if isinstance(shape, Disc) else " outline"
        return f"place #{self.digest}{size}"


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer was computed, so that somebody else can."""

    how: str
    settings_version: int
    code_version: str
    figures: tuple[tuple[str, str], ...] = ()
    """Of the settings, those that the answer turns on: name and value."""


class RecordedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A zone or curfew place on record that this reader may see."""

    condition_id: ConditionId
    version: int
    label: str
    shape: Shape


def check_window(
    start: Instant, end: Instant, known_at: Instant, now: Instant, longest: int
) -> Window:
    """Return the window. Raises QuestionError naming the field that cannot be."""
    if known_at > now:
        raise QuestionError("as_of", "What is known later cannot be asked for now")
    if start >= end:
        raise QuestionError("end", "The end must be after the start")
    if end - start > longest:
        raise QuestionError("end", f"Ask about at most {_long(longest)} at a time")
    if end > known_at:
        raise QuestionError("end", "The time asked about must be over: end it by now")
    return Window(start=start, end=end, known_at=known_at)


def _long(span: int) -> str:
    return f"{span // DAY} days" if span > DAY else f"{span // HOUR} hours"


def disc(place: LonLat, radius_m: float, label: str = "") -> PlaceAsked:
    """Return the place within `radius_m` of a point. Raises QuestionError for other radii."""
    low, high = RADIUS_M
    if not low <= radius_m <= high:
        raise QuestionError("radius", f"The radius must be from {low:g} to {high:g} metres")
    return PlaceAsked(
        label=label or f"within {radius_m:g} m of {place.lat_deg:.5f}, {place.lon_deg:.5f}",
        shape=Disc(centre=place, radius_m=radius_m),
    )


def recorded_places(reader: Reader, connection: Connection, wearer: Wearer) -> list[RecordedPlace]:
    """Return the newest version of each place of this wearer that the reader may see, by label."""
    newest: dict[ConditionId, ConditionVersion] = {}
    for version in versions_of_wearer(connection, wearer.wearer_id):
        held = newest.get(version.condition_id)
        if held is None or version.version > held.version:
            newest[version.condition_id] = version
    found = [_recorded(reader, wearer, version) for version in newest.values()]
    return sorted((place for place in found if place is not None), key=lambda p: p.label)


def told_places(
    reader: Reader, connection: Connection, wearer: Wearer, known_at: Instant
) -> list[RecordedPlace]:
    """Return the places of this wearer that are no secret, as recorded by `known_at`, by label."""
    newest: dict[ConditionId, ConditionVersion] = {}
    for version in versions_of_wearer(connection, wearer.wearer_id):
        held, terms = newest.get(version.condition_id), version.terms
        secret = isinstance(terms, ExclusionZone) and terms.knowledge is ZoneKnowledge.SECRET
        later = held is None or version.version > held.version
        if version.recorded_at <= known_at and later and not secret:
            newest[version.condition_id] = version
    found = [_recorded(reader, wearer, version) for version in newest.values()]
    return sorted((place for place in found if place is not None), key=lambda p: p.label)


def recorded_place(
    reader: Reader, connection: Connection, wearer: Wearer, name: str, version: int
) -> PlaceAsked:
    """Return one version of a place of this wearer; version 0 is the newest. Raises NotFound, on
    the audit, also where the reader may not see it."""
    versions = versions_of_wearer(connection, wearer.wearer_id)
    chosen = [v for v in versions if v.condition_id == name and version in (0, v.version)]
    newest = max(chosen, key=lambda v: v.version, default=None)
    found = None if newest is None else _recorded(reader, wearer, newest)
    if found is None:
        reader.refuse("question", [wearer.wearer_id, name[:80]], "no place this reader may see")
    return PlaceAsked(
        label=f"in {found.label}",
        shape=found.shape,
        condition_id=found.condition_id,
        version=found.version,
    )


def _recorded(reader: Reader, wearer: Wearer, version: ConditionVersion) -> RecordedPlace | None:
    terms = version.terms
    if not may_see_zone(reader.actor, wearer, version):
        return None
    if isinstance(terms, ExclusionZone):
        shape: Shape = terms.shape
    elif isinstance(terms, Curfew):
        shape = place_of(terms)
    else:
        return None
    return RecordedPlace(
        condition_id=version.condition_id,
        version=version.version,
        label=terms.label,
        shape=shape,
    )


# --- what was known -------------------------------------------------------------------------------


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer's tags and fixes about a window, as they were known."""

    trail: list[TrailPart]
    """Of him: without what a tag said while it was off him."""
    tags: Carried
    settings: SettingsHistory
    blocks: list[tuple[ActivationId, FixBlock]]
    """Every fix known, those off his body too."""

    def off_body(self, window: Window) -> tuple[OffBody, ...]:
        """Return the times in the window in which the tag said that it was off him."""
        return tuple(o for o in self.tags.off_body if o.start < window.end > window.start < o.end)


def known(
    connection: Connection, wearer_id: WearerId, window: Window, beside: int = BESIDE
) -> Known:
    """Return what was known of a wearer at `window.known_at`, with `beside` on either side.

    The caller has checked the scope. Raises QuestionError for more than MOST_FIXES.
    """
    tags = tags_of(connection, wearer_id, window.known_at)
    low, high = Instant(window.start - beside), Instant(window.end + beside)
    blocks = known_blocks(whole_trail(connection, wearer_id, low, high), window.known_at)
    if sum(len(block) for _, block in blocks) > MOST_FIXES:
        raise QuestionError("end", "There are too many fixes in this time: ask about less")
    parts = [TrailPart(name, tags.models.get(name, ""), block) for name, block in blocks]
    return Known(
        trail=of_him(parts, tags.off_body),
        tags=tags,
        settings=settings_known(connection, window.known_at),
        blocks=blocks,
    )


def known_blocks(
    blocks: Sequence[tuple[ActivationId, FixBlock]], known_at: Instant
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the blocks without what was received after `known_at`."""
    found: list[tuple[ActivationId, FixBlock]] = []
    for name, block in blocks:
        kept = block[block["received_at"] <= known_at]
        if len(kept):
            found.append((name, kept))
    return sorted(found, key=lambda one: (int(one[1]["fixed_at"].min()), one[0]))


def settings_known(connection: Connection, known_at: Instant) -> SettingsHistory:
    """Return the settings in effect by `known_at`, the first ones before all."""
    versions = settings_history(connection).versions
    kept = [version for version in versions[1:] if version[0] <= known_at]
    return SettingsHistory((versions[0], *kept))


def tags_of(connection: Connection, wearer_id: WearerId, known_at: Instant) -> Carried:
    """Return when which tag was on him, from what was received by `known_at`."""
    column = schema.activation.c
    rows = connection.execute(
        select(column.body, schema.tag.c.body.label("tag"))
        .outerjoin(schema.tag, schema.tag.c.tag_id == column.tag_id)
        .where(column.wearer_id == wearer_id, column.started_at <= known_at)
        .order_by(column.started_at)
    )
    said = events_of(connection, wearer_id, known_at)
    fitted: list[Fitted] = []
    for row in rows:
        activation = msgspec.json.decode(row.body, type=Activation)
        tag = None if row.tag is None else msgspec.json.decode(row.tag, type=Tag)
        fitted.append(
            Fitted(
                activation=activation,
                model="" if tag is None else tag.model,
                mode=TagMode() if tag is None else tag.mode,
                events=tuple(said.get(activation.activation_id, ())),
            )
        )
    return carried(fitted, known_at)


def events_of(
    connection: Connection, wearer_id: WearerId, known_at: Instant
) -> dict[ActivationId, list[TagEvent]]:
    """Return what his tags said of themselves, received by `known_at`, by the tags' own clocks."""
    column = schema.tag_event.c
    rows = connection.execute(
        select(column.activation_id, column.body)
        .where(column.wearer_id == wearer_id, column.happened_at <= known_at)
        .order_by(column.happened_at, column.seq, column.index)
    )
    found: dict[ActivationId, list[TagEvent]] = {}
    for name, body in rows:
        event = msgspec.json.decode(body, type=TagEvent)
        if event.received_at <= known_at:
            found.setdefault(ActivationId(name or ""), []).append(event)
    return found


def method(how: str, settings: SettingsHistory, at: Instant, **figures: Any) -> Method:
    """Return how an answer was computed, by the settings in force at `at`."""
    rules = settings.at(at)
    return Method(
        how=how,
        settings_version=rules.version,
        code_version=__version__,
        figures=tuple((name.replace("_", " "), str(value)) for name, value in figures.items()),
    )


def audit_detail(window: Window, *more: str) -> str:
    """Return what the audit says of a question's parameters."""
    said = f"[{iso(window.start)}, {iso(window.end)}) known at {iso(window.known_at)}"
    return "; ".join([said, *(each for each in more if each)])


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a question is about, and the places on record that its form offers."""

    wearer: Wearer
    places: tuple[RecordedPlace, ...]


def about(reader: Reader, wearer_id: WearerId) -> About:
    """Return whom one is about to ask about. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "questions")
        places = recorded_places(reader, connection, wearer)
    reader.consulted("questions", [wearer_id])
    return About(wearer=wearer, places=tuple(places))


def chosen_place(reader: Reader, wearer_id: WearerId, name: str, version: int) -> PlaceAsked:
    """Return a place on record of this wearer. Raises NotFound, on the audit."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "questions")
        return recorded_place(reader, connection, wearer, name, version)
