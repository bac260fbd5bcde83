"""A wearer's trail as it may be seen: under a zones-only order, without what is sealed.

Of a sealed fix one sees that it came and when, as after the key of its day is destroyed. What lies
near a place the wearer was told of, or around an episode, is open. Of a secret place nothing shows
by itself, for it would say where that is.
"""

from collections.abc import Iterable

import msgspec
import numpy as np
from sqlalchemy import Connection, func, select

from tagwatch.core.contact_fixes import contacts, span_of, told_places
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import OPEN_STATES, Finding
from tagwatch.core.radii import radii_95_m
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import DAY, Instant
from tagwatch.core.zones_only import AROUND, Span, ZonesOnly, blanked, days_of, within_spans
from tagwatch.store import schema
from tagwatch.store.archive import everybody, read
from tagwatch.store.archive.everybody import Asked, Trails
from tagwatch.store.orders import zones_only_of

Blocks = list[tuple[ActivationId, FixBlock]]


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a trail is not shown."""

    fixes: int
    days: int
    """UTC days with any of them."""
    gone: int = 0
    """Of the fixes: those whose places went with the key of their day. Nobody can open them."""


def whole_trail(
    connection: Connection,
    wearer: WearerId,
    start: Instant,
    end: Instant,
    opened: Iterable[Span] = (),
) -> Blocks:
    """Return the wearer's fixes with start ≤ fixed_at < end, the sealed ones without a place, save
    those in stretches that are `opened` to whoever asks."""
    found = read.whole_trail(connection, wearer, start, end)
    return _sealed(connection, wearer, found, opened) if found else found


def trails_between(connection: Connection, wearers: Iterable[WearerId], asked: Asked) -> Trails:
    """Return the same of many wearers at once, as `everybody.trails_between` does."""
    found = everybody.trails_between(connection, wearers, asked)
    for wearer in _watched(connection) & set(found):
        found[wearer] = _sealed(connection, wearer, found[wearer])
    return found


def not_shown(connection: Connection, wearer: WearerId, block: FixBlock) -> Sealed | None:
    """Return how many fixes of a block are without a place because they are sealed, or went."""
    spans = zones_only_of(connection, wearer)
    if not spans:
        return None
    inside = within_spans(block["fixed_at"], _times(spans)) & np.isnan(block["lon_deg"])
    days = np.unique(block["fixed_at"][inside] // DAY)
    gone = _gone(connection, wearer, block[inside])
    return Sealed(fixes=int(np.count_nonzero(inside)), days=len(days), gone=gone)


def standing(
    connection: Connection, wearer: WearerId, start: Instant, end: Instant
) -> Sealed | None:
    """Return how much of [start, end) is sealed for everybody, and how much of that is gone."""
    parts = whole_trail(connection, wearer, start, end)
    return not_shown(connection, wearer, joined([block for _, block in parts])) if parts else None


def _gone(connection: Connection, wearer: WearerId, block: FixBlock) -> int:
    """Return how many of these fixes have no place any more, for the key of their day is gone."""
    if not len(block):
        return 0
    row = schema.kept_frame.c
    low, high = int(block["seq"].min()), int(block["seq"].max())
    query = select(row.seq, row.kept).where(row.wearer_id == wearer, row.seq.between(low, high))
    stays = {
        each.seq: msgspec.json.decode(each.kept, type=set[int])
        for each in connection.execute(query)
    }
    rows = zip(block["seq"].tolist(), block["index"].tolist(), strict=True)
    return sum(seq in stays and index not in stays[seq] for seq, index in rows)


def places_hidden(connection: Connection, at: Instant) -> frozenset[WearerId]:
    """Return whose last place is not shown: monitored for zones only, and no alert is open."""
    return _hidden(connection, _watched(connection), at)


def is_place_hidden(connection: Connection, wearer: WearerId, at: Instant) -> bool:
    """Say whether this wearer's last place is not shown."""
    return wearer in _hidden(connection, {wearer}, at)


def _hidden(connection: Connection, among: set[WearerId], at: Instant) -> frozenset[WearerId]:
    found = {each for each in among if days_of(zones_only_of(connection, each), at)}
    if not found:
        return frozenset()
    row = schema.alert.c
    states = [state.value for state in OPEN_STATES]
    alarmed = connection.scalars(
        select(row.wearer_id).where(row.wearer_id.in_(found), row.state.in_(states))
    )
    return frozenset(found - {WearerId(name) for name in alarmed})


def _watched(connection: Connection) -> set[WearerId]:
    row = schema.order_version.c
    said = func.json_extract(row.body, "$.days_kept").is_not(None)
    return {WearerId(name) for name in connection.scalars(select(row.wearer_id).where(said))}


def _times(spans: Iterable[ZonesOnly]) -> list[Span]:
    return [(span.start, span.end) for span in spans]


def _sealed(
    connection: Connection, wearer: WearerId, found: Blocks, opened: Iterable[Span] = ()
) -> Blocks:
    spans = zones_only_of(connection, wearer)
    if not spans:
        return found
    row, settings = schema.condition.c, _settings(connection)
    bodies = connection.scalars(select(row.body).where(row.wearer_id == wearer))
    places = told_places(msgspec.json.decode(body, type=ConditionVersion) for body in bodies)
    episodes, opened = _episodes(connection, wearer), tuple(opened)
    shown: Blocks = []
    for activation, block in found:
        free = ~within_spans(block["fixed_at"], _times(spans))
        free |= within_spans(block["fixed_at"], opened)
        if not free.all():
            near = contacts(block, radii_95_m(block, settings.errors), places, episodes)
            block = blanked(block, free | near)  # noqa: PLW2901  # the same, with less in it
        shown.append((activation, block))
    return shown


def _episodes(connection: Connection, wearer: WearerId) -> list[Span]:
    row = schema.episode.c
    counted = [Finding.POSSIBLE.value, Finding.CONFIRMED.value]
    query = select(row.entered_at, row.left_at).where(
        row.wearer_id == wearer, row.finding.in_(counted)
    )
    return [span_of(each.entered_at, each.left_at, AROUND) for each in connection.execute(query)]


def _settings(connection: Connection) -> Settings:
    column = schema.settings.c
    body = connection.scalar(select(column.body).order_by(column.version.desc()).limit(1))
    return DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)
