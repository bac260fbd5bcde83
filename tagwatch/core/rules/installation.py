"""What the installation must say of itself: when it was blind, when its clock stepped, and when
many tags fell silent at once, which is one outage and not hundreds of alerts.
"""

from collections.abc import Iterable, Sequence
from math import ceil

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.geometry import LonLat, Plane, distance_to_shape_m, planar
from tagwatch.core.ids import AlertId, PersonId, WearerId, derived_id
from tagwatch.core.ledger import HeartbeatMissed, Tick
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.outcome import Phase
from tagwatch.core.recorded_service import PartState
from tagwatch.core.settings import CommsSettings
from tagwatch.core.units import SECOND, Instant, iso

# --- blind intervals and the clock ----------------------------------------------------------


class BlindInterval(msgspec.Struct, frozen=True, kw_only=True):
    """The installation listened to nobody in [from_at, to_at). A row of `blind_interval`."""

    from_at: Instant
    to_at: Instant
    cause: str


class ClockStep(msgspec.Struct, frozen=True, kw_only=True):
    """The wall clock was moved by `by_s` seconds (negative: back) before `at`."""

    at: Instant
    by_s: float


def between_ticks(
    last: Tick, tick: Tick, settings: CommsSettings
) -> tuple[BlindInterval | None, ClockStep | None]:
    """Return what lies between two ticks that follow each other in the journal.

    The monotonic clock says how long it was, the wall clock when. A monotonic clock that went
    back means that the machine restarted; then only the wall clock is left.
    """
    wall_us = tick.at - last.at
    passed_us = tick.monotonic_us - last.monotonic_us
    if passed_us < 0:
        return _after_restart(last, tick, settings)
    stepped_us = wall_us - passed_us
    step = None
    if abs(stepped_us) > settings.clock_step_s * SECOND:
        step = ClockStep(at=tick.at, by_s=stepped_us / SECOND)
    blind = None
    if passed_us > settings.blind_after_s * SECOND:
        from_at = last.at if step is None else Instant(tick.at - passed_us)
        blind = BlindInterval(from_at=from_at, to_at=tick.at, cause="no tick was journaled")
    return blind, step


def _after_restart(
    last: Tick, tick: Tick, settings: CommsSettings
) -> tuple[BlindInterval | None, ClockStep | None]:
    wall_us = tick.at - last.at
    if wall_us < 0:
        cause = "the machine restarted and its clock went back: how long it was blind is unknown"
        blind = BlindInterval(from_at=tick.at, to_at=last.at, cause=cause)
        return blind, ClockStep(at=tick.at, by_s=wall_us / SECOND)
    if wall_us > settings.blind_after_s * SECOND:
        cause = "the machine restarted"
        return BlindInterval(from_at=last.at, to_at=tick.at, cause=cause), None
    return None, None


class LastSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Where a wearer was last located."""

    wearer_id: WearerId
    fixed_at: Instant
    lon_deg: float
    lat_deg: float


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer to ring about after a blind interval. An element of `blind_interval.call_list`."""

    wearer_id: WearerId
    distance_m: float
    """Of his last fix to the nearest protected place; 0 inside it."""
    fixed_at: Instant
    protects: tuple[PersonId, ...]


def call_list(
    seen: Iterable[LastSeen], conditions: Iterable[ConditionVersion], settings: CommsSettings
) -> tuple[Call, ...]:
    """Return the wearers last seen within `near_m` of a place that protects a person from them.

    `conditions` are those in force. Nearest first; of equal distance the longest unseen first.
    """
    zones: dict[WearerId, list[ExclusionZone]] = {}
    for condition in conditions:
        terms = condition.terms
        if isinstance(terms, ExclusionZone) and terms.protects:
            zones.setdefault(condition.wearer_id, []).append(terms)
    calls = [
        call
        for last in seen
        if (call := _nearest(last, zones.get(last.wearer_id, ()))) is not None
        and call.distance_m <= settings.near_m
    ]
    return tuple(sorted(calls, key=lambda call: (call.distance_m, call.fixed_at, call.wearer_id)))


def _nearest(last: LastSeen, zones: Sequence[ExclusionZone]) -> Call | None:
    if not zones:
        return None
    plane = Plane.at(LonLat(lon_deg=last.lon_deg, lat_deg=last.lat_deg))
    away = [distance_to_shape_m(planar(zone.shape, plane), 0.0, 0.0) for zone in zones]
    nearest = min(range(len(zones)), key=lambda number: away[number])
    return Call(
        wearer_id=last.wearer_id,
        distance_m=round(max(0.0, away[nearest]), 1),
        fixed_at=last.fixed_at,
        protects=zones[nearest].protects,
    )


def blind_fact(blind: BlindInterval, calls: Sequence[Call]) -> ServiceFact:
    """Return the fact of a blind interval. Pass the calls' persons as the context's `protects`."""
    minutes = max(0, blind.to_at - blind.from_at) // (60 * SECOND)
    wearers = "nobody was" if not calls else f"{len(calls)} wearer(s) were"
    return ServiceFact(
        cause=derived_id("fa", "blind", blind.from_at, blind.to_at),
        kind=AlertKind.BLIND,
        phase=Phase.ENDED,
        happened_at=blind.from_at,
        ended_at=blind.to_at,
        detail=(
            f"from {iso(blind.from_at)} to {iso(blind.to_at)} ({minutes} min, {blind.cause}); "
            f"{wearers} last seen near a protected place"
        ),
        affected=tuple(call.wearer_id for call in calls),
    )


def clock_fact(step: ClockStep) -> ServiceFact:
    """Return the fact of a stepped clock; it is over when it is noticed, and a person looks."""
    way = "forward" if step.by_s > 0 else "back"
    return ServiceFact(
        cause=derived_id("fa", "clock", step.at, round(step.by_s)),
        kind=AlertKind.WATCH,
        phase=Phase.ENDED,
        happened_at=step.at,
        ended_at=step.at,
        detail=f"the machine's clock stepped {way} by {abs(step.by_s):.0f} s",
    )


def part_fact(event: HeartbeatMissed, ailing_since: Instant | None) -> ServiceFact | None:
    """Return the fact of a part that ails or is well again; None if it was well and still is.

    `ailing_since` is the `at` of the stored ailing state of this part, None if it was healthy.
    """
    ailing = event.state is PartState.AILING
    if ailing_since is None and not ailing:
        return None
    since = event.at if ailing_since is None else ailing_since
    return ServiceFact(
        cause=derived_id("fa", "part", event.part, since),
        kind=AlertKind.WATCH,
        phase=Phase.OPEN if ailing else Phase.ENDED,
        happened_at=since,
        ended_at=None if ailing else event.at,
        detail=f"{event.part}: {event.words}",
    )


# --- mass silence ---------------------------------------------------------------------------


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """One tag that fell silent at `at`, and the alert about it."""

    wearer_id: WearerId
    alert: AlertId
    at: Instant


class MassMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Who fell silent lately, and the outage that is open. One for the installation."""

    recent: tuple[Silent, ...] = ()
    """Still silent, in the order in which they fell silent, within the window."""
    cause: str | None = None
    began_at: Instant | None = None
    members: tuple[Silent, ...] = ()
    """Those whom the open outage explains and who are still silent."""
    joined: int = 0
    """How many it has explained in all."""


class MassChange(msgspec.Struct, frozen=True, kw_only=True):
    """What the silences of one tick make of the outage."""

    memory: MassMemory
    facts: tuple[ServiceFact, ...] = ()
    """The outage itself, at most one."""
    explained: tuple[AlertId, ...] = ()
    """Alerts to inhibit by it: new ones are raised with `explained_by`, stored ones changed."""
    released: tuple[AlertId, ...] = ()
    """Alerts to release: the outage is over and they are still silent."""


def mass_threshold(monitored: int, settings: CommsSettings) -> int:
    """Return how many of `monitored` tags must fall silent within the window to be one outage."""
    return max(settings.mass_tags, ceil(settings.mass_share * monitored))


def silent_together(
    memory: MassMemory,
    silent: Sequence[Silent],
    now: Instant,
    monitored: int,
    settings: CommsSettings,
) -> MassChange:
    """Return the outage after the tags `silent` fell silent, all those of one tick together."""
    if not silent:
        return MassChange(memory=memory)
    oldest = now - settings.mass_window_s * SECOND
    kept = tuple(one for one in memory.recent if one.at > oldest)
    recent = (*kept, *silent)
    if memory.cause is not None and any(one.at > oldest for one in memory.members[-1:]):
        return _join(msgspec.structs.replace(memory, recent=recent), tuple(silent), now)
    if len(recent) < mass_threshold(monitored, settings):
        return MassChange(memory=msgspec.structs.replace(memory, recent=recent))
    if memory.cause is not None:
        return _join(msgspec.structs.replace(memory, recent=recent), recent, now)
    began = MassMemory(
        recent=recent,
        cause=derived_id("fa", "mass_silence", recent[0].wearer_id, recent[0].at),
        began_at=recent[0].at,
    )
    return _join(began, recent, now)


def heard_again(memory: MassMemory, wearers: Iterable[WearerId], now: Instant) -> MassChange:
    """Return the outage after these wearers' tags were heard again.

    It is over when more than nine in ten of its tags are back; the rest stand by themselves then.
    """
    back = set(wearers)
    recent = tuple(one for one in memory.recent if one.wearer_id not in back)
    members = tuple(one for one in memory.members if one.wearer_id not in back)
    if len(recent) == len(memory.recent) and len(members) == len(memory.members):
        return MassChange(memory=memory)
    memory = msgspec.structs.replace(memory, recent=recent, members=members)
    if memory.cause is None or len(members) * 10 >= memory.joined:
        return MassChange(memory=memory)
    released = tuple(one.alert for one in members)
    fact = _outage(memory, Phase.ENDED, now)
    return MassChange(
        memory=MassMemory(recent=recent),
        facts=(msgspec.structs.replace(fact, released=released),),
        released=released,
    )


def _join(memory: MassMemory, new: tuple[Silent, ...], now: Instant) -> MassChange:
    known = {one.wearer_id for one in memory.members}
    joining = tuple(one for one in new if one.wearer_id not in known)
    memory = msgspec.structs.replace(
        memory, members=(*memory.members, *joining), joined=memory.joined + len(joining)
    )
    return MassChange(
        memory=memory,
        facts=(_outage(memory, Phase.OPEN, now),),
        explained=tuple(one.alert for one in joining),
    )


def mass_alert(memory: MassMemory) -> AlertId | None:
    """Return the alert of the open outage, if any."""
    return None if memory.cause is None else alert_id(AlertKind.MASS_SILENCE, memory.cause)


def _outage(memory: MassMemory, phase: Phase, now: Instant) -> ServiceFact:
    if memory.cause is None or memory.began_at is None:
        raise ValueError("no outage is open; begin one in silent_together first")
    ended = phase is Phase.ENDED
    detail = f"{memory.joined} tags"
    if ended:
        detail += f", {len(memory.members)} of them still silent"
    return ServiceFact(
        cause=memory.cause,
        kind=AlertKind.MASS_SILENCE,
        phase=phase,
        happened_at=memory.began_at,
        ended_at=now if ended else None,
        detail=detail,
        affected=tuple(one.wearer_id for one in memory.members),
    )
