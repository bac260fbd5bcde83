"""Why a tag may be silent: what the line knows of it, and of the other tags, at that tick."""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import select

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.episode import Episode
from tagwatch.core.fix import TagEvent
from tagwatch.core.ids import ActivationId, AlertId, WearerId
from tagwatch.core.outcome import Phase
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.rules.comms import CommsMemory
from tagwatch.core.settings import CommsSettings
from tagwatch.core.silence import SilenceCard, WeighedCause, silence_card
from tagwatch.core.silence_evidence import LONG_RIDE_S, NEAR_M
from tagwatch.core.silence_facts import Elsewhere
from tagwatch.core.silence_trail import EVENTS_BEFORE, WEEK, silence_facts
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.pipeline.step import Step
from tagwatch.store import schema
from tagwatch.store.memory import Seen
from tagwatch.store.state import LineState

OTHERS_SHOW: Final = 10 * MINUTE
"""After this the tags that fell silent with it are known to be silent too."""
BACK_FILLED: Final = (HOUR, 6 * HOUR, 24 * HOUR)
"""After these times what a tag had kept may have come."""
_OUTAGE_BEFORE: Final = 2 * HOUR
"""In an outage so much of the trail must do: hundreds of cards are due at once."""


def card_of_silence(
    step: Step, alert: Alert, episode: Episode, before: SilenceCard | None, state: LineState
) -> SilenceCard:
    """Return the circumstances of a silence, as far as they are known by now.

    How the others fared is kept from `before` once the silence is over: they are back by then.
    """
    wearer, now = episode.wearer_id, step.received_at
    began, ended = episode.entered_earliest, episode.left_latest
    elsewhere = None if before is None else before.facts.elsewhere
    if ended is None and alert.kind is AlertKind.NO_COMMS:
        elsewhere = _elsewhere(alert, wearer, began, now, state)
    long = WEEK if elsewhere is None or not elsewhere.outage_tags else _OUTAGE_BEFORE
    facts = silence_facts(
        alert.kind,
        (began, ended),
        now,
        state.trail(wearer, Instant(began - long), Instant(now + 1)),
        _events(step, wearer, episode.activation_id, Instant(began - EVENTS_BEFORE), state),
        elsewhere,
        state.settings,
        state.card_prepared,
    )
    return silence_card(facts)


def said_of(card: SilenceCard) -> tuple[tuple[WeighedCause, ...], tuple[str, ...]]:
    """Return what of a card a reader would see change."""
    return card.causes, card.unknown


def next_look(alert: Alert, episode: Episode, now: Instant) -> Instant | None:
    """Return when more will be known, None if nothing more is waited for."""
    if episode.phase is Phase.ENDED and episode.left_latest is not None:
        looks = [Instant(episode.left_latest + later) for later in BACK_FILLED]
    else:
        long = episode.entered_earliest + round(LONG_RIDE_S * SECOND) + MINUTE
        looks = [Instant(alert.raised_at + OTHERS_SHOW), Instant(long)]
    return next((at for at in looks if at > now), None)


def earlier_card(step: Step, alert_id: AlertId, state: LineState) -> SilenceCard | None:
    """Return the newest card of the alert, those of this transaction among them."""
    table = schema.circumstance
    found = {
        row["version"]: row["body"]
        for row in step.writes.put_rows(table)
        if row["alert_id"] == alert_id
    }
    if not found:
        query = select(table.c.version, table.c.body).where(table.c.alert_id == alert_id)
        rows = state.connection.execute(query.order_by(table.c.version.desc()).limit(1))
        found = {row.version: row.body for row in rows}
    return msgspec.json.decode(found[max(found)], type=SilenceCard) if found else None


def _events(
    step: Step, wearer: WearerId, activation: ActivationId, since: Instant, state: LineState
) -> list[TagEvent]:
    """Return what the tag said of itself from `since` on, in the order of its own clock."""
    table = schema.tag_event
    query = select(table.c.seq, table.c.index, table.c.body).where(
        table.c.wearer_id == wearer,
        table.c.happened_at >= since,
        table.c.activation_id == activation,
    )
    found = {(row.seq, row.index): row.body for row in state.connection.execute(query)}
    for row in step.writes.put_rows(table):
        if row["activation_id"] == activation and row["happened_at"] >= since:
            found[row["seq"], row["index"]] = row["body"]
    events = [msgspec.json.decode(body, type=TagEvent) for body in found.values()]
    return sorted(events, key=lambda e: (e.happened_at, e.seq, e.index))


# --- the other tags -------------------------------------------------------------------------


def _elsewhere(
    alert: Alert, wearer: WearerId, began: Instant, now: Instant, state: LineState
) -> Elsewhere:
    """Return how the other tags fared; of an outage that explains it, its size alone."""
    by = None if alert.explained_by is None else state.book.alert(alert.explained_by)
    if by is not None and by.kind is AlertKind.MASS_SILENCE:
        return Elsewhere(outage_tags=len(by.affected), others=state.monitored - 1)
    settings = state.settings_at(now).comms
    own = state.of(wearer).seen
    silent: list[Seen | None] = []
    heard: list[Seen | None] = []
    for seen, fell_silent in _others(wearer, began, settings, state):
        (silent if fell_silent else heard).append(seen)
    near_silent, near_heard = _near(own, silent, began), _near(own, heard, began)
    return Elsewhere(
        others=len(silent) + len(heard),
        others_silent=len(silent),
        near=near_silent + near_heard,
        near_silent=near_silent,
    )


def _others(
    wearer: WearerId, began: Instant, settings: CommsSettings, state: LineState
) -> Iterator[tuple[Seen | None, bool]]:
    """Yield each tag that fell silent at about that moment, or was heard of after it."""
    window = settings.mass_window_s * SECOND
    for other, memory in state.wearers.items():
        if other == wearer or memory.comms is None:
            continue
        if memory.comms.heard_at > began + window:
            yield memory.seen, False
        elif _silent_since(memory.comms, began - window):
            yield memory.seen, True


def _silent_since(memory: CommsMemory, since: int) -> bool:
    return memory.silence is not None and memory.heard_at >= since


def _near(own: Seen | None, others: list[Seen | None], began: Instant) -> int:
    """Return how many were last located near this tag's last place, not long before."""
    if own is None or own.lon_deg is None or own.lat_deg is None:
        return 0
    plane = Plane.at(LonLat(lon_deg=own.lon_deg, lat_deg=own.lat_deg))
    count = 0
    for seen in others:
        if seen is None or seen.fixed_at is None or seen.fixed_at < began - HOUR:
            continue
        if seen.lon_deg is None or seen.lat_deg is None:
            continue
        x_m, y_m = plane.xy(seen.lon_deg, seen.lat_deg)
        count += x_m * x_m + y_m * y_m <= NEAR_M * NEAR_M
    return count
