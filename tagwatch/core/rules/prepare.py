"""What rules need ready: areas in metres, the times at which versions apply, errors of fixes.

All of it is kept in a `Prepared` that the caller owns; nothing here lives in a module.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

import msgspec

from tagwatch.core.exemption import Exemption
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, NoContact
from tagwatch.core.order_span import OrderSpan
from tagwatch.core.outcome import RuleKind
from tagwatch.core.rules.area import Area, Areas, Bound, bound_of
from tagwatch.core.rules.fix_error import FixError, FixErrors
from tagwatch.core.rules.force import FOREVER, binding
from tagwatch.core.rules.kept import Kept
from tagwatch.core.rules.whereabouts import Follower
from tagwatch.core.settings import Settings
from tagwatch.core.timetable import CurfewRow, OneOff, WeeklySchedule, shared_windows
from tagwatch.core.units import DAY, Instant

MOST_CACHED: Final = 16_384
"""Entries of each cache unless told otherwise."""

MOST_WEARERS: Final = 16_384
"""Wearers kept ready at the most, at 5 KB each: those who move about near a place, or whose fixes
say little. The screen knows the others by a few numbers each. More than a nation's: of people who
report in turn, too small a cache finds nobody again."""

_NUMBERS: Final = 200
"""Numbers of prepared areas kept for each entry of the other caches: 26 MB for all."""
_ZONE_RULES: Final = (RuleKind.ZONE, RuleKind.APPROACH)
_RULES: Final = (*_ZONE_RULES, RuleKind.CURFEW, RuleKind.ENCOUNTER)
_CHUNK: Final = 28 * DAY
_MARGIN: Final = 8 * DAY


class WearerOrders(msgspec.Struct, frozen=True, kw_only=True):
    """All versions of all conditions of one wearer. Keep and pass on the same object while they
    do not change: what is prepared from it is found again by it."""

    wearer_id: WearerId
    conditions: tuple[ConditionVersion, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    """The newest version of each: periods in which conditions do not bind him."""
    spans: tuple[OrderSpan, ...] = ()
    """When each order that has an end holds; past it none of its conditions is judged."""


class SettingsHistory(msgspec.Struct, frozen=True):
    """Published settings by the event time from which they apply, oldest first, at least one.

    Before the first one's time the first applies. Raises ValueError when empty or not in order.
    """

    versions: tuple[tuple[Instant, Settings], ...]

    def __post_init__(self) -> None:
        times = [since for since, _ in self.versions]
        if not times or times != sorted(times):
            raise ValueError(
                f"settings must be given oldest first, at least one version; got times {times}"
            )

    @classmethod
    def of(cls, settings: Settings) -> "SettingsHistory":
        """Return a history of one version that always applied."""
        return cls(((Instant(-FOREVER), settings),))

    def at(self, at: Instant) -> Settings:
        """Return the settings that apply at event time `at`."""
        chosen = self.versions[0][1]
        for since, settings in self.versions[1:]:
            if since > at:
                break
            chosen = settings
        return chosen

    def around(self, at: Instant) -> tuple[int, int, Settings]:
        """Return [start, end) around event time `at`, and the settings that apply in it."""
        found = self.at(at)
        begins = [since for since, _ in self.versions]
        place = bisect_right(begins, at)
        start = -FOREVER if place <= 1 else begins[place - 1]
        return start, FOREVER if place == len(begins) else begins[place], found


@dataclass(slots=True, eq=False)
class Piece:
    """A version of a condition while it is the one in force: [start, end)."""

    start: int
    end: int
    condition: ConditionVersion
    rule: RuleKind
    areas: Areas
    rows: tuple[CurfewRow, ...]
    instead: tuple[OneOff, ...]
    also: tuple[OneOff, ...]
    known_bound: Bound | None = None
    known_from: int = 0
    known_until: int = 0
    known: tuple[int, int] | None = None
    chunk: int = 1
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def bound(self) -> Bound:
        """A disc that holds the area; most fixes need no more."""
        if self.known_bound is None:
            self.known_bound = bound_of(self.condition.terms, self.rule)
        return self.known_bound

    @property
    def area(self) -> Area:
        """The exact area, made ready when a fix comes near."""
        return self.areas.of(self.condition, self.rule)

    @property
    def ready_area(self) -> Area | None:
        """The exact area where it is ready, or quick to make."""
        return self.areas.ready(self.condition, self.rule)

    def interval_at(self, at: int) -> tuple[int, int] | None:
        """Return when the condition applies without a pause around `at`, or None if not at `at`.

        Clipped to [start, end). Intervals longer than a week are cut every four weeks; the rules
        run on over a cut. The last answer is remembered, as fixes come in order.
        """
        if not self.start <= at < self.end:
            return None
        if not self.rows and not self.instead and not self.also:
            return self.start, self.end
        if not self.known_from <= at < self.known_until:
            self._look(at)
        return self.known

    def _look(self, at: int) -> None:
        chunk = at // _CHUNK * _CHUNK
        if chunk != self.chunk:
            self.chunk, self.spans = chunk, self._spans_of(chunk)
        place = bisect_right(self.spans, (at, FOREVER))
        before = self.spans[place - 1] if place else None
        if before is not None and at < before[1]:
            self.known_from, self.known_until = self.known = before
            return
        self.known = None
        self.known_from = max(self.start, chunk) if before is None else before[1]
        later = self.spans[place][0] if place < len(self.spans) else chunk + _CHUNK
        self.known_until = min(self.end, later)

    def _spans_of(self, chunk: int) -> tuple[tuple[int, int], ...]:
        """Return the windows that reach into the four weeks from `chunk`."""
        low, high = chunk - _MARGIN, chunk + _CHUNK + _MARGIN
        schedule = WeeklySchedule(
            rows=self.rows,
            instead_of_rows=self.instead,
            also=self.also,
            valid_from=Instant(max(self.start, low)),
            valid_until=Instant(min(self.end, high)),
        )
        spans: list[tuple[int, int]] = []
        for window in shared_windows(schedule, Instant(low), Instant(high)):
            start, end = window
            begin = chunk if start == low else start
            finish = chunk + _CHUNK if end == high else end
            if begin < chunk + _CHUNK and finish > chunk:
                spans.append(window if (begin, finish) == window else (begin, finish))
        return tuple(spans)


@dataclass(slots=True, eq=False)
class Track:
    """One condition of one wearer under one rule, over all its versions."""

    key: str
    """Names its state in the memory: the rule and the condition."""
    rule: RuleKind
    condition_id: ConditionId
    pieces: tuple[Piece, ...]

    def piece_at(self, at: int) -> Piece | None:
        """Return the version in force at `at`."""
        for piece in self.pieces:
            if piece.start <= at < piece.end:
                return piece
        return None

    def runs_until(self, end: int, at: int) -> int:
        """Return when the interval that ends at `end` really ends, followed no farther than `at`.

        An interval that begins where another ends continues it, also under another version.
        """
        while end <= at:
            piece = self.piece_at(end)
            found = piece.interval_at(end) if piece is not None else None
            if found is None:
                return end
            end = found[1]
        return end

    def next_interval(self, at: int) -> tuple[int, int] | None:
        """Return the interval around `at` or the first after it; None if none within a year."""
        limit = at + 366 * DAY
        while at < limit:
            piece = self.piece_at(at)
            if piece is None:
                later = [p.start for p in self.pieces if p.start > at]
                if not later:
                    return None
                at = min(later)
                continue
            found = piece.interval_at(at)
            if found is not None:
                return found
            at = piece.known_until
        return None


class Tracks:
    """All that is tested about one wearer: found when first asked for, as most of it never is."""

    __slots__ = ("_areas", "_curfews", "_orders", "_rules", "_zones")

    def __init__(
        self, orders: WearerOrders, areas: Areas, rules: tuple[RuleKind, ...] = _RULES
    ) -> None:
        self._orders = orders
        self._areas = areas
        self._rules = rules
        self._zones: tuple[Track, ...] | None = None
        self._curfews: tuple[Track, ...] | None = None

    @property
    def zones(self) -> tuple[Track, ...]:
        """Exclusion zones, each followed by its buffer ring."""
        if self._zones is None:
            self._zones = self._of(_ZONE_RULES)
        return self._zones

    @property
    def curfews(self) -> tuple[Track, ...]:
        """Curfews."""
        if self._curfews is None:
            self._curfews = self._of((RuleKind.CURFEW,))
        return self._curfews

    def encounter(self, condition: ConditionId) -> Track | None:
        """Return a condition of no contact while it is in force and binds him."""
        found = self._of((RuleKind.ENCOUNTER,))
        return next((track for track in found if track.condition_id == condition), None)

    def alike(self, rule: RuleKind) -> "Tracks":
        """Return what is tested about the wearer under rules of this kind: of zones and their
        rings, or of curfews."""
        rules = _ZONE_RULES if rule in _ZONE_RULES else (rule,)
        return Tracks(self._orders, self._areas, rules)

    def zone_versions(self) -> list[tuple[int, ConditionVersion, RuleKind]]:
        """Return what `zones` tests without making it: the number of the track, a version in
        force at some time, and the rule."""
        found: list[tuple[int, ConditionVersion, RuleKind]] = []
        number = 0
        for _, spans in self._versions():
            for rule in self._asked(_ZONE_RULES):
                tested = [version for _, _, version in spans if _tests(version, rule)]
                found += [(number, version, rule) for version in tested]
                number += bool(tested)
        return found

    def _versions(self) -> list[tuple[ConditionId, list[tuple[int, int, ConditionVersion]]]]:
        """Return each condition's versions while they are in force and bind him, by its id."""
        his = self._orders
        return [
            (
                name,
                binding(
                    [c for c in his.conditions if c.condition_id == name], his.exemptions, his.spans
                ),
            )
            for name in sorted({c.condition_id for c in his.conditions})
        ]

    def _asked(self, rules: tuple[RuleKind, ...]) -> list[RuleKind]:
        return [rule for rule in rules if rule in self._rules]

    def _of(self, rules: tuple[RuleKind, ...]) -> tuple[Track, ...]:
        found: list[Track] = []
        for name, spans in self._versions():
            for rule in self._asked(rules):
                pieces = tuple(
                    self._piece(start, end, version, rule)
                    for start, end, version in spans
                    if _tests(version, rule)
                )
                if pieces:
                    found.append(Track(f"{rule}:{name}", rule, name, pieces))
        return tuple(found)

    def _piece(self, start: int, end: int, version: ConditionVersion, rule: RuleKind) -> Piece:
        terms = version.terms
        if isinstance(terms, Curfew):
            rows = terms.rows
            instead = () if terms.release_night is None else (terms.release_night,)
            also = terms.appointments
        else:
            rows, instead, also = terms.schedule, (), ()
        return Piece(start, end, version, rule, self._areas, rows, instead, also)


class Prepared:
    """Caches of what does not change from fix to fix; make one per process or run and pass it.

    Each holds at most `most` entries (of areas, as many numbers as that is worth, of wearers never
    more than MOST_WEARERS), and lets go of what was not asked for longest.
    """

    def __init__(self, most: int = MOST_CACHED) -> None:
        self.areas = Areas(most * _NUMBERS)
        self.wearers: Kept[str, tuple[WearerOrders, Tracks]] = Kept(min(most, MOST_WEARERS))
        self.errors = FixErrors(most)
        self._followers: dict[int, Follower] = {}

    def tracks(self, orders: WearerOrders) -> Tracks:
        """Return what is tested about the wearer, prepared once per `orders` object."""
        found = self.wearers.get(orders.wearer_id)
        if found is not None and (found[0] is orders or found[0] == orders):
            return found[1]
        tracks = Tracks(orders, self.areas)
        self.wearers.put(orders.wearer_id, (orders, tracks))
        return tracks

    def follower(self, settings: Settings) -> Follower:
        """Return the filter of one version of the settings."""
        found = self._followers.get(settings.version)
        if found is None:
            found = self._followers[settings.version] = Follower(settings.filter)
        return found

    def fix_error(
        self,
        accuracy_m: float,
        confidence: float,
        hdop: float,
        satellites: int,
        source: int,
        tag_model: str,
        settings: Settings,
    ) -> FixError:
        """Return how a fix with these columns of its row may err; NaN and -1 are unknown.

        Found again by settings.version: two settings of one number need two `Prepared`.
        """
        one = (accuracy_m, confidence, hdop, satellites, source)
        return self.errors.of(*one, tag_model, settings)


def _tests(version: ConditionVersion, rule: RuleKind) -> bool:
    terms = version.terms
    if isinstance(terms, ExclusionZone):
        return rule is RuleKind.ZONE or (rule is RuleKind.APPROACH and terms.buffer_m > 0.0)
    wanted = RuleKind.ENCOUNTER if isinstance(terms, NoContact) else RuleKind.CURFEW
    return rule is wanted
