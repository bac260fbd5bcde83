"""A memory carried forward fix by fix: what the screen left open is stepped by the rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.episode import Episode, Evaluation
from tagwatch.core.fix import FIX_DTYPE, fix_id
from tagwatch.core.ids import ActivationId
from tagwatch.core.memory import (
    ANSWER,
    LAST_BIT,
    LIKELY,
    NEAR_SHIFT,
    NEVER,
    SEEN,
    STEPPED,
    TRACKS,
    Answers,
    Memory,
)
from tagwatch.core.rules import curfew, zone
from tagwatch.core.rules.fix_error import FixError, PlacedFix
from tagwatch.core.rules.prepare import (
    FOREVER,
    Prepared,
    SettingsHistory,
    Tracks,
    WearerOrders,
)
from tagwatch.core.rules.presence import Doubt
from tagwatch.core.rules.stay import Stay
from tagwatch.core.rules.stay import anew as stay_anew
from tagwatch.core.rules.watch import Watch
from tagwatch.core.rules.watch import anew as watch_anew
from tagwatch.core.rules.whereabouts import LastFix, Where, Whereabouts
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant

if TYPE_CHECKING:
    from tagwatch.core.stretch import Stretch

_S = TypeVar("_S")
Ints = NDArray[np.int64]
Rows = NDArray[np.intp]

_INDEX, _SATELLITES, _SOURCE, _MOTION = (
    list(FIX_DTYPE.names or ()).index(name) for name in ("index", "satellites", "source", "motion")
)
_QUALITY: Final = ("accuracy_m", "confidence", "hdop", "satellites", "source")
_NOBODYS: Final = ActivationId("")

LEAST: Final = 4
"""Fewer fixes near a zone are taken one by one: to begin a stretch takes as long as some fixes."""


Heard: TypeAlias = Callable[[PlacedFix, Whereabouts | None], None]
"""Is told each fix that is stepped, and what the filter makes of it."""


@dataclass(slots=True)
class Run:
    """A memory being carried forward: `begin` a tag, `take` its fixes, see what is `remembered`."""

    memory: Memory
    orders: WearerOrders
    settings: SettingsHistory
    prepared: Prepared
    tracks: Tracks
    clear_at: int = field(init=False)
    clear: dict[str, int] = field(init=False)
    stays: dict[str, Stay] = field(init=False)
    watches: dict[str, Watch] = field(init=False)
    where: Where | None = field(init=False)
    home: Where | None = field(init=False)
    last: LastFix | None = field(init=False)
    taken: tuple[TrailPart, int] | None = None
    """The last fix taken in, where it is not `last`."""
    changed: list[Episode] = field(default_factory=list[Episode])
    evaluations: list[Evaluation] = field(default_factory=list[Evaluation])
    upto: int = field(init=False)
    first_at: int | None = field(init=False)
    skipped_at: int = field(init=False)
    likely_at: int = field(init=False)
    activation_id: ActivationId | None = field(init=False)
    calm: bool = field(init=False)
    """Whether fixes that the screen answered for leave every curfew as it is."""
    worn: Worn = field(init=False)
    rules: Settings = field(init=False)
    heard: Heard | None = None
    begins: int = FOREVER
    ends: int = -FOREVER
    """The settings in use apply in [begins, ends)."""

    def __post_init__(self) -> None:
        memory = self.memory
        self.clear_at, self.clear = memory.clear_at, dict(memory.clear)
        self.stays = dict(memory.stays)
        self.watches = dict(memory.watches)
        self.where, self.home, self.last = memory.where, memory.home, memory.last
        self.upto, self.first_at = memory.upto, memory.first_at
        self.skipped_at, self.likely_at = memory.skipped_at, memory.likely_at
        self.activation_id = memory.activation_id
        self.calm = self._is_calm()
        self.worn = Worn(wearer_id=self.orders.wearer_id, activation_id=_NOBODYS)

    def _is_calm(self) -> bool:
        return all(watch.at_rest for watch in self.watches.values())

    def begin(self, activation_id: ActivationId) -> None:
        """Take note of the tag in use: after a swap the filters start anew."""
        if self.activation_id is not None and self.activation_id != activation_id:
            self.stays = {key: stay_anew(stay) for key, stay in self.stays.items()}
            self.watches = {key: watch_anew(watch) for key, watch in self.watches.items()}
            self.calm = self._is_calm()
            self.where = self.home = self.last = self.taken = None
        if self.worn.activation_id != activation_id:
            self.worn = Worn(wearer_id=self.orders.wearer_id, activation_id=activation_id)
        self.activation_id = activation_id

    def take(self, at: int, said: int, part: TrailPart, row: int) -> None:
        """Take in one decidable fix, later than or beside the last in event order.

        It is fixed at `at` and stands in `row` of the part; `said` is the screen's answer.
        """
        if self.first_at is None:
            self.first_at = at
        self.upto = at
        near, answer = said >> NEAR_SHIFT & TRACKS, said & ANSWER
        fix: PlacedFix | None = None
        if near or self.stays:
            fix = self._placed(at, part, row)
            self._step_zones(fix, near)
        else:
            self.where = None
            self.clear_at = at
            if self.clear:
                self.clear = {}
        if answer == STEPPED or not self.calm:
            self._step_curfews(self._placed(at, part, row) if fix is None else fix)
        elif answer == SEEN:
            self.skipped_at = at
        elif answer == LIKELY:
            self.likely_at = at
        self.taken = (part, row)

    def take_all(self, times: Ints, said: Answers, part: TrailPart, rows: Ints) -> None:
        """Take in fixes of one part, in event order, as `take` does one by one, but sooner.

        `times`, `said` and `rows`, shape (n,), are what `take` is told of each.
        """
        near = said >> np.uint64(NEAR_SHIFT) & np.uint64(TRACKS)
        answers = said & np.uint64(ANSWER)
        open_ = np.append(np.flatnonzero((near != 0) | (answers == STEPPED)), len(times))
        at, told, row, left = times.tolist(), said.tolist(), rows.tolist(), open_.tolist()
        stretch: Stretch | None = None
        place = nth = alone_to = 0
        while place < len(at):
            while left[nth] < place:
                nth += 1
            if not self.stays and self.calm and left[nth] > place:
                self._pass_all(times[place : left[nth]], answers[place : left[nth]])
                place = left[nth]
                self.taken = (part, row[place - 1])
                continue
            if self.stays or told[place] >> NEAR_SHIFT & TRACKS:
                if stretch is not None and at[place] >= stretch.ends:
                    stretch = None
                if stretch is None and (self.stays or place >= alone_to):
                    stretch, alone_to = self._stretch(times, near, part, rows, place)
                if stretch is not None:
                    begin = place
                    place = stretch.take(self, begin)
                    if self.calm and not (answers[begin:place] == STEPPED).any():
                        self._pass_seen(times[begin:place], answers[begin:place])
                    else:
                        for n in range(begin, place):
                            self._pass(at[n], told[n] & ANSWER, part, row[n])
                            self.taken = (part, row[n])
                    if place > begin:
                        self.taken = (part, row[place - 1])
                        continue
            self.take(at[place], told[place], part, row[place])
            place += 1

    def _pass_all(self, times: Ints, answers: Answers) -> None:
        """Take in fixes clear of all areas that leave every curfew as it is."""
        if self.first_at is None:
            self.first_at = int(times[0])
        self.clear_at = int(times[-1])
        self.where, self.clear = None, {}
        self._pass_seen(times, answers)

    def _pass_seen(self, times: Ints, answers: Answers) -> None:
        """Take in fixes of which the zones know already, and that leave every curfew as it is."""
        if not len(times):
            return
        self.upto = int(times[-1])
        if not answers.any():
            self.skipped_at = self.upto
            return
        seen, likely = times[answers == SEEN], times[answers == LIKELY]
        self.skipped_at = int(seen[-1]) if len(seen) else self.skipped_at
        self.likely_at = int(likely[-1]) if len(likely) else self.likely_at

    def _stretch(
        self, times: Ints, near: Answers, part: TrailPart, rows: Ints, place: int
    ) -> "tuple[Stretch | None, int]":
        """Return the fixes from `place` on, as far as the settings stay as they are, as a stretch;
        None where that is no quicker than to take them one by one, and up to where that is so."""
        if self.heard is not None or not _compiled():
            return None, len(times)
        self._look_up(int(times[place]))
        end = int(np.searchsorted(times, self.ends))
        named = np.flatnonzero(near[place:end])
        if not self.stays:
            end = place + int(named[-1]) + 1
            if len(named) < LEAST:
                return None, end
        first, last = int(rows[place]), int(rows[end - 1])
        inner = bool((np.diff(rows[place:end]) == 1).all())  # mostly: none is left out
        block = part.block[first : last + 1] if inner else part.block[rows[place:end]]
        any_near = int(np.bitwise_or.reduce(near[place:end]))
        tracks = [
            (min(number, LAST_BIT), track)
            for number, track in enumerate(self.tracks.zones)
            if any_near >> min(number, LAST_BIT) & 1 or track.key in self.stays
        ]
        bits = np.array([bit for bit, _ in tracks], dtype=np.uint64)
        prepared, model, rules = self.prepared, part.tag_model, self.rules

        def errors(chosen: Rows) -> list[FixError]:
            columns: list[Any] = [block[name][chosen].tolist() for name in _QUALITY]
            return prepared.errors.of_all(list(zip(*columns, strict=True)), model, rules)

        found = _stretches().Stretch(
            place,
            block,
            errors,
            [track for _, track in tracks],
            (near[place:end] >> bits[:, None] & np.uint64(1)).astype(np.bool_),
            prepared.follower(rules).filter,
            rules,
            self.ends if end == len(times) else min(self.ends, int(times[end])),
        )
        return found, place

    def _pass(self, at: int, answer: int, part: TrailPart, row: int) -> None:
        """Take in a fix of which the zones know already."""
        self.upto = at
        if answer == STEPPED or not self.calm:
            self._step_curfews(self._placed(at, part, row))
        elif answer == SEEN:
            self.skipped_at = at
        elif answer == LIKELY:
            self.likely_at = at

    def _look_up(self, at: int) -> None:
        """See to it that `rules` are the settings of this time."""
        if not self.begins <= at < self.ends:
            self.begins, self.ends, self.rules = self.settings.around(Instant(at))

    def _placed(self, at: int, part: TrailPart, row: int) -> PlacedFix:
        """Return the fix as the rules read it; `worn` and `rules` are those of this fix."""
        self._look_up(at)
        return placed(part, row, self.rules, self.prepared)

    def _step_zones(self, fix: PlacedFix, near: int) -> None:
        """Step the areas that are near or have a stay; of all others the fix is clear."""
        stays, others = self.stays, self._clear_of_others()
        where = self._follow(fix, near)
        clear: dict[str, int] = {}
        for number, track in enumerate(self.tracks.zones):
            key = track.key
            stay, bit = stays.get(key), min(number, LAST_BIT)
            since = self.clear.get(key, others)
            if stay is None and not near >> bit & 1:
                continue
            after, clear_at, done = zone.step(stay, fix, track, since, self.worn, self.rules, where)
            if clear_at != fix.at:
                clear[key] = clear_at
            if after is not stay:
                _put(stays, key, after)
            if done is not None:
                self.changed += done.changed
                self.evaluations += done.evaluations
        self.clear_at, self.clear = fix.at, clear

    def _follow(self, fix: PlacedFix, near: int) -> Whereabouts | None:
        """Return what the filter makes of the fix; it forgets where nothing is near."""
        found: Whereabouts | None = None
        if self.stays or self._is_near(fix, near):
            self.where, found = self._after(self.where, fix)
        else:
            self.where = None
        if self.heard is not None:
            self.heard(fix, found)
        return found

    def _after(self, where: Where | None, fix: PlacedFix) -> tuple[Where, Whereabouts]:
        """Return what the filter remembers and makes of the fix; it begins at the one before."""
        follower, before = self.prepared.follower(self.rules), self.last_fix()
        if where is None and before is not None:
            where = follower.begin(before)
        self._look_up(fix.at)
        return follower.follow(where, fix)

    def last_fix(self) -> LastFix | None:
        """Return the last fix taken in of the tag in use."""
        if self.taken is not None:
            part, row = self.taken
            at = int(part.block["fixed_at"][row])
            self.last, self.taken = LastFix.of(self._placed(at, part, row)), None
        return self.last

    def _is_near(self, fix: PlacedFix, near: int) -> bool:
        """Return whether an area is so near that the filter must follow him; `near` are those of
        which the screen does not say that they are not."""
        return any(
            near >> min(number, LAST_BIT) & 1 and zone.is_near(track, fix)
            for number, track in enumerate(self.tracks.zones)
        )

    def _clear_of_others(self) -> int:
        """Return when a fix was last clear of the areas that are not in `clear`."""
        return max(self.clear_at, self.upto if self.first_at is None else self.first_at)

    def _step_curfews(self, fix: PlacedFix) -> None:
        seen_at, doubt = (self.skipped_at, self.likely_at), Doubt(self._after, fix, self.home)
        for track in self.tracks.curfews:
            watch = self.watches.get(track.key)
            seen, out = curfew.step(watch, fix, track, seen_at, self.worn, self.rules, doubt)
            if seen is not watch:
                _put(self.watches, track.key, seen)
            if out is not None:
                self.changed += out.changed
                self.evaluations += out.evaluations
        self.calm = self._is_calm()
        self.home = None if self.calm or doubt.found is None else doubt.kept

    def remembered(self) -> Memory:
        """Return the memory as it stands."""
        return Memory(
            upto=Instant(self.upto),
            first_at=None if self.first_at is None else Instant(self.first_at),
            skipped_at=self.skipped_at,
            likely_at=self.likely_at if self.likely_at > self.skipped_at else NEVER,
            activation_id=self.activation_id,
            clear_at=self.clear_at,
            clear=self.clear,
            stays=self.stays,
            watches=self.watches,
            where=self.where,
            home=self.home,
            last=self.last_fix(),
            unseen=self.memory.unseen,
        )


def placed(part: TrailPart, row: int, rules: Settings, prepared: Prepared) -> PlacedFix:
    """Return a fix as the rules read it, under the settings that apply at its time."""
    said = part.block[row].item()
    (at, _sent, _received, seq, lon, lat, accuracy, confidence, hdop, *_rest) = said
    error = prepared.fix_error(
        accuracy, confidence, hdop, said[_SATELLITES], said[_SOURCE], part.tag_model, rules
    )
    return PlacedFix(at, lon, lat, fix_id(seq, said[_INDEX]), error, said[_SOURCE], said[_MOTION])


def _put(states: dict[str, _S], key: str, state: _S | None) -> None:
    if state is None:
        states.pop(key, None)
    else:
        states[key] = state


@cache
def _stretches() -> ModuleType:
    """Return the module of stretches, loaded when first asked for: it brings the compiler, as the
    filter does."""
    from tagwatch.core import stretch  # noqa: PLC0415  # see above

    return stretch


@cache
def _compiled() -> bool:
    """Return whether stretches are compiled; plainly they are no quicker than fix by fix."""
    from tagwatch.core import compiled  # noqa: PLC0415  # as `_stretches`

    return compiled.COMPILED
