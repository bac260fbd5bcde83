"""From the fixes of two wearers to what is found of a condition of no contact between them.

A function of both trails, the condition's versions and the settings: whose fix came first, or late,
has no say. `advance` is the incremental form; `rederive` mends what late fixes of either touch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import Final, TypeAlias

import msgspec

from tagwatch.core.episode import Episode, Evaluation
from tagwatch.core.fix import FIX_DTYPE, fix_id
from tagwatch.core.ids import ActivationId, FixId, WearerId
from tagwatch.core.memory import NEVER
from tagwatch.core.reconcile import as_begun, reconcile, set_apart
from tagwatch.core.rules import encounter
from tagwatch.core.rules.encounter import Encounter
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, Track
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.units import HOUR, Instant

SLOT: Final = HOUR
"""Of each so long stretch of event time the memory at its end is kept: where to begin anew."""

Trails: TypeAlias = tuple[Sequence[TrailPart], Sequence[TrailPart]]
"""Of him whom the condition binds, and of the other."""
_INDEX, _SATELLITES, _SOURCE, _MOTION = (
    list(FIX_DTYPE.names or ()).index(name) for name in ("index", "satellites", "source", "motion")
)


class Side(msgspec.Struct, frozen=True, array_like=True):
    """The last fix of one of the two."""

    at: Instant
    lon_deg: float
    lat_deg: float
    fix_id: FixId
    accuracy_m: float
    confidence: float
    hdop: float
    satellites: int
    source: int
    motion: int
    tag_model: str
    activation_id: ActivationId

    def placed(self, rules: Settings, prepared: Prepared) -> PlacedFix:
        """Return the fix as the rule reads it under `rules`."""
        error = prepared.fix_error(
            self.accuracy_m,
            self.confidence,
            self.hdop,
            self.satellites,
            self.source,
            self.tag_model,
            rules,
        )
        return PlacedFix(
            self.at, self.lon_deg, self.lat_deg, self.fix_id, error, self.source, self.motion
        )


class EncounterMemory(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """All that is remembered of two wearers under one condition."""

    upto: Instant = NEVER
    """Event time of the last fix of either."""
    sides: tuple[Side | None, Side | None] = (None, None)
    apart_at: int = NEVER
    """The last pair that showed them apart, or the first of all."""
    going: Encounter | None = None


NOTHING: Final = EncounterMemory()


@dataclass(frozen=True, slots=True)
class Walked:
    """What fixes of the two did."""

    memory: EncounterMemory
    changed: tuple[Episode, ...]
    """New versions of episodes."""
    progressed: tuple[Episode, ...] = ()
    """Open ones with more fixes and no new version."""
    evaluations: tuple[Evaluation, ...] = ()
    slots: dict[int, EncounterMemory] = field(default_factory=dict[int, EncounterMemory])
    """By number of the SLOT of event time, the memory at its end."""


def advance(
    memory: EncounterMemory,
    trails: Trails,
    wearer: WearerId,
    track: Track | None,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Walked:
    """Return what all fixes of the two later than the memory do; `track` None: nothing applies."""
    walk = _Walk(memory, wearer, track, settings, prepared)
    sides = [
        [(at, side, number, row) for at, number, row in merged(trail, memory.upto)]
        for side, trail in enumerate(trails)
    ]
    for at, side, number, row in merge(*sides):
        walk.take(side, at, trails[side][number], row)
    return walk.walked()


def rederive(
    snapshot: EncounterMemory,
    trails: Trails,
    wearer: WearerId,
    track: Track | None,
    settings: SettingsHistory,
    prepared: Prepared,
    known: Sequence[Episode],
    cause: str,
) -> Walked:
    """Return the findings anew from `snapshot`, reconciled with the condition's `known` episodes.

    `cause`, e.g. `a late fix`, becomes part of each reason.
    """
    begun = _with_episode(snapshot, set_apart(known))
    walked = advance(begun, trails, wearer, track, settings, prepared)
    found = {} if begun.going is None else {begun.going.episode.episode_id: begun.going.episode}
    for episode in (*walked.changed, *walked.progressed):
        found[episode.episode_id] = episode
    before = [
        episode
        for episode in known
        if episode.left_latest is None
        or episode.left_latest > begun.upto
        or as_begun(episode.episode_id) in found
    ]
    reserved = frozenset(episode.episode_id for episode in known)
    outcome = reconcile(before, list(found.values()), cause, reserved)

    def named(episode: Episode) -> Episode:
        to = outcome.final[episode.episode_id]
        return msgspec.structs.replace(
            episode, episode_id=to.episode_id, version=to.version, split_from=to.split_from
        )

    slots = {slot: _with_episode(memory, named) for slot, memory in walked.slots.items()}
    return Walked(memory=_with_episode(walked.memory, named), changed=outcome.changed, slots=slots)


def _with_episode(memory: EncounterMemory, change: Callable[[Episode], Episode]) -> EncounterMemory:
    if memory.going is None:
        return memory
    going = msgspec.structs.replace(memory.going, episode=change(memory.going.episode))
    return msgspec.structs.replace(memory, going=going)


class _Walk:
    """A memory being carried forward, fix by fix of either."""

    def __init__(
        self,
        memory: EncounterMemory,
        wearer: WearerId,
        track: Track | None,
        settings: SettingsHistory,
        prepared: Prepared,
    ) -> None:
        self._memory, self._wearer, self._track = memory, wearer, track
        self._settings, self._prepared = settings, prepared
        self._changed: list[Episode] = []
        self._evaluations: list[Evaluation] = []
        self._slots: dict[int, EncounterMemory] = {}
        self._before = None if memory.going is None else memory.going.episode

    def take(self, side: int, at: int, part: TrailPart, row: int) -> None:
        """Take in a fix of one side, later than or beside the last in event order."""
        memory = self._memory
        if memory.upto != NEVER and memory.upto // SLOT != at // SLOT:
            self._slots[memory.upto // SLOT] = memory
        rules = self._settings.at(Instant(at))
        mine = _side(part, row)
        last = memory.sides[1 - side]
        apart_at = at if memory.upto == NEVER else memory.apart_at
        going = memory.going
        if self._track is not None:
            bound = mine if side == 0 else memory.sides[0]
            tag = ActivationId("") if bound is None else bound.activation_id
            done = encounter.step(
                going,
                mine.placed(rules, self._prepared),
                None if last is None else last.placed(rules, self._prepared),
                self._track,
                apart_at,
                Worn(wearer_id=self._wearer, activation_id=tag),
                rules,
            )
            going, apart_at = done.going, done.apart_at
            self._changed += done.changed
            self._evaluations += done.evaluations
        else:
            going = None
        sides = (mine, memory.sides[1]) if side == 0 else (memory.sides[0], mine)
        self._memory = EncounterMemory(
            upto=Instant(at), sides=sides, apart_at=apart_at, going=going
        )

    def walked(self) -> Walked:
        """Return what was done so far."""
        memory = self._memory
        if memory.upto != NEVER:
            self._slots[memory.upto // SLOT] = memory
        episode = None if memory.going is None else memory.going.episode
        new = episode is not None and episode is not self._before
        made = any(episode is each for each in self._changed)
        return Walked(
            memory=memory,
            changed=tuple(self._changed),
            progressed=(episode,) if episode is not None and new and not made else (),
            evaluations=tuple(self._evaluations),
            slots=self._slots,
        )


def _side(part: TrailPart, row: int) -> Side:
    said = part.block[row].item()
    (at, _sent, _received, seq, lon, lat, accuracy, confidence, hdop, *_rest) = said
    return Side(
        at,
        lon,
        lat,
        fix_id(seq, said[_INDEX]),
        accuracy,
        confidence,
        hdop,
        said[_SATELLITES],
        said[_SOURCE],
        said[_MOTION],
        part.tag_model,
        part.activation_id,
    )
