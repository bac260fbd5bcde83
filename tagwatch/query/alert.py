"""All about one alert: what happened, how sure, on which fixes, who was told, what was done."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.scope import may_see_zone
from tagwatch.core.alert import Alert, AlertEvent
from tagwatch.core.case import Case
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.disclosure import disclosable, without_fixes
from tagwatch.core.encounter_card import EncounterCard
from tagwatch.core.episode import Episode
from tagwatch.core.exemption import Exemption, around, newest
from tagwatch.core.geojson import to_geojson
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, NoContact, Order, place_of
from tagwatch.core.outcome import Phase, RuleKind
from tagwatch.core.person import Wearer
from tagwatch.core.silence import SilenceCard
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.query.case import cases_about
from tagwatch.query.no_contact import as_seen, card_as_seen, other_of
from tagwatch.query.reader import Reader
from tagwatch.query.told import Told, told_of
from tagwatch.query.trail import TrailFix, fixes_between
from tagwatch.query.unseen import card_body, circumstance_of, silence_card_of
from tagwatch.store import schema
from tagwatch.store.exemptions import versions_of

ROUND: Final = 30 * MINUTE
"""The trail is shown from this long before the episode until this long after."""
MOST_FIXES: Final = 400


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the alert's log."""

    event_id: int
    at: Instant
    kind: str
    by: str | None
    words: str


class ConditionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The condition concerned. `shape` is GeoJSON, None if its place must not be seen (then the
    version has a stand-in for it), and of a condition of no contact, which has none."""

    version: ConditionVersion
    shape: dict[str, Any] | None
    order: Order | None
    other: Wearer | None = None
    """Of a condition of no contact: who must not be met, if the reader may know it."""

    @property
    def is_secret(self) -> bool:
        """Whether it has a place that is not for this reader."""
        return self.shape is None and not isinstance(self.version.terms, NoContact)


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an officer needs to judge one alert."""

    alert: Alert
    wearer: Wearer | None
    episode: Episode | None
    versions: tuple[Episode, ...]
    """All versions of the episode, oldest first; of a hidden place the newest alone."""
    condition: ConditionSeen | None
    log: tuple[Happening, ...]
    told: tuple[Told, ...]
    fixes: tuple[TrailFix, ...]
    """From ROUND before the episode until ROUND after, or until now while it goes on; oldest first,
    at most MOST_FIXES."""
    circumstance: Circumstance | None
    """The newest version of the card; its disclosable view where the zone's place is hidden."""
    encounter: EncounterCard | None
    """The newest version of the card of an encounter; without distances for whoever may not know
    who the other is."""
    silence: SilenceCard | None
    """The newest version of the card of a silent or unlocated tag: why that may be."""
    exemptions: tuple[Exemption, ...]
    """What excused him, or was taken back, at any time of the episode and a day round it."""
    cases: tuple[Case, ...]
    """The wearer's cases that are not closed."""
    also: tuple[Alert, ...]
    """Other open alerts of the same wearer."""

    def said(self, kind: AlertEvent) -> tuple[Happening, ...]:
        """Return the log's entries of one kind: the wearer's accounts, or the officers' views."""
        return tuple(entry for entry in self.log if entry.kind == kind)

    @property
    def is_place_hidden(self) -> bool:
        """Whether the condition's place is not for this reader."""
        return self.condition is not None and self.condition.is_secret

    @property
    def used(self) -> frozenset[str]:
        """Ids of the fixes the finding rests on; of a hidden place none, for they show where."""
        if self.episode is None or self.is_place_hidden:
            return frozenset()
        return frozenset(self.episode.fixes)


def alert(reader: Reader, alert_id: AlertId) -> AlertView:
    """Return the alert, if it is within scope. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        found, wearer = visible_alert(reader, connection, alert_id, "alert")
        episode = episode_of(connection, found)
        versions = _versions(connection, episode)
        condition = condition_of(reader, connection, wearer, episode)
        card = circumstance_of(connection, found)
        if card is not None and (condition is None or condition.is_secret):
            card = disclosable(card)
        if episode is not None and condition is not None and condition.is_secret:
            episode = without_fixes(episode)
            versions = (episode,)
        view = AlertView(
            alert=found,
            wearer=wearer,
            episode=episode,
            versions=versions,
            condition=condition,
            log=log_of(connection, alert_id),
            told=told_of(connection, alert_id),
            fixes=_fixes(connection, found, episode, reader.now()),
            circumstance=card,
            encounter=_encounter(connection, found, condition),
            silence=silence_card_of(connection, found),
            exemptions=_exemptions(connection, found),
            cases=() if found.wearer_id is None else cases_about(connection, found.wearer_id),
            also=_also(connection, found),
        )
    ids = [alert_id, *([wearer.wearer_id] if wearer else [])]
    if condition is not None and condition.other is not None:
        ids.append(condition.other.wearer_id)
    reader.consulted("alert", ids, f"{len(view.fixes)} fixes")
    return view


def visible_alert(
    reader: Reader, connection: Connection, alert_id: AlertId, question: str
) -> tuple[Alert, Wearer | None]:
    """Return an alert and its wearer if both are within scope, else refuse on the audit."""
    column = schema.alert.c
    body = connection.scalar(select(column.body).where(column.alert_id == alert_id))
    if body is None or not reader.scope.reaches_alert(alert_id):
        reader.refuse(question, [alert_id], "unknown, or another's link")
    found = msgspec.json.decode(body, type=Alert)
    if found.wearer_id is None:
        if not reader.scope.sees_installation:
            reader.refuse(question, [alert_id], "about the installation")
        return found, None
    wearers = reader.wearers(connection, [found.wearer_id])
    if found.wearer_id not in wearers:
        reader.refuse(question, [alert_id, found.wearer_id], "outside scope")
    return found, wearers[found.wearer_id]


def zone_shape(
    reader: Reader, wearer: Wearer, condition: ConditionVersion
) -> dict[str, Any] | None:
    """Return a condition's place as a GeoJSON Feature (a disc: a Point and `radius_m`).

    None if this actor must not see where it lies, and where it lies nowhere.
    """
    if not may_see_zone(reader.actor, wearer, condition):
        return None
    terms = condition.terms
    if isinstance(terms, NoContact):
        return None
    geometry = to_geojson(place_of(terms) if isinstance(terms, Curfew) else terms.shape)
    if geometry.get("type") == "Feature":
        return geometry
    return {"type": "Feature", "geometry": geometry, "properties": {}}


def episode_of(connection: Connection, found: Alert) -> Episode | None:
    """Return the episode an alert is about. The caller has checked the scope."""
    if found.episode_id is None:
        return None
    column = schema.episode.c
    body = connection.scalar(select(column.body).where(column.episode_id == found.episode_id))
    return None if body is None else msgspec.json.decode(body, type=Episode)


def _versions(connection: Connection, episode: Episode | None) -> tuple[Episode, ...]:
    if episode is None:
        return ()
    column = schema.episode_version.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.episode_id == episode.episode_id)
        .order_by(column.version)
        .limit(200)
    )
    return tuple(msgspec.json.decode(body, type=Episode) for body in bodies)


def condition_of(
    reader: Reader, connection: Connection, wearer: Wearer | None, episode: Episode | None
) -> ConditionSeen | None:
    """Return the condition an episode is of, as this reader may see it."""
    if wearer is None or episode is None or episode.condition_id is None:
        return None
    column = schema.condition.c
    body = connection.scalar(
        select(column.body).where(
            column.condition_id == episode.condition_id,
            column.version == episode.condition_version,
        )
    )
    if body is None:
        return None
    version = msgspec.json.decode(body, type=ConditionVersion)
    order = connection.scalar(
        select(schema.order.c.body).where(schema.order.c.order_id == version.order_id)
    )
    return ConditionSeen(
        version=as_seen(reader, connection, wearer, version),
        shape=zone_shape(reader, wearer, version),
        order=None if order is None else msgspec.json.decode(order, type=Order),
        other=other_of(reader, connection, version),
    )


def log_of(connection: Connection, alert_id: AlertId) -> tuple[Happening, ...]:
    """Return an alert's history. The caller has checked the scope."""
    column = schema.alert_event.c
    rows = connection.execute(
        select(column.event_id, column.at, column.kind, column.by, column.words)
        .where(column.alert_id == alert_id)
        .order_by(column.event_id)
        .limit(500)
    ).mappings()
    return tuple(Happening(**row) for row in rows)


def _fixes(
    connection: Connection, found: Alert, episode: Episode | None, now: Instant
) -> tuple[TrailFix, ...]:
    if found.wearer_id is None:
        return ()
    start, end = found.happened_at, found.happened_at
    if episode is not None:
        start = episode.entered_earliest
        end = episode.left_latest or max(episode.entered_latest, found.happened_at)
        if episode.phase is Phase.OPEN:  # he is still there: what matters is where he is now
            end = max(end, now)
    fixes = fixes_between(
        connection, WearerId(found.wearer_id), Instant(start - ROUND), Instant(end + ROUND)
    )
    if len(fixes) > MOST_FIXES:
        used = frozenset(episode.fixes if episode else ())
        step = -(-len(fixes) // MOST_FIXES)
        fixes = [fix for n, fix in enumerate(fixes) if n % step == 0 or fix.fix_id in used]
    return tuple(fixes)


def _encounter(
    connection: Connection, found: Alert, condition: ConditionSeen | None
) -> EncounterCard | None:
    body = None
    if found.rule is RuleKind.ENCOUNTER:
        body = card_body(connection, found.alert_id)
    if body is None:
        return None
    card = msgspec.json.decode(body, type=EncounterCard)
    return card_as_seen(card, None if condition is None else condition.version)


def _exemptions(connection: Connection, found: Alert) -> tuple[Exemption, ...]:
    if found.wearer_id is None:
        return ()
    start, end = found.happened_at - DAY, found.happened_at + DAY
    known = newest(versions_of(connection, found.wearer_id))
    return around(known, Instant(start), Instant(end))


def _also(connection: Connection, found: Alert) -> tuple[Alert, ...]:
    if found.wearer_id is None:
        return ()
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body)
        .where(
            column.wearer_id == found.wearer_id,
            column.state != "closed",
            column.alert_id != found.alert_id,
        )
        .order_by(column.raised_at.desc())
        .limit(20)
    )
    return tuple(msgspec.json.decode(body, type=Alert) for body in bodies)
