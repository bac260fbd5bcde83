"""A stretch of a wearer's fixes, over which settings and conditions stay as they are: taken in at
one go as far as nothing is to be said of any area. Findings are those of fix by fix (tested).
"""

from collections.abc import Callable, Sequence
from math import nan
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tagwatch.core import stretch_kernel as kernel
from tagwatch.core.contour import scalar
from tagwatch.core.filter import MOTION_FLAGS, Filter, buffer, packed
from tagwatch.core.filter_kernel import ROOM, SIZE
from tagwatch.core.filter_settings import STEADY_SHARE, Surroundings
from tagwatch.core.fix import FixBlock, Motion, fix_id
from tagwatch.core.ids import FixId
from tagwatch.core.outcome import RuleKind
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.fix_error import REGION, FixError
from tagwatch.core.rules.force import FOREVER
from tagwatch.core.rules.prepare import Piece, Track
from tagwatch.core.rules.stay import State, Stay
from tagwatch.core.rules.tally import MOST_FIXES, TALLY, tally_of, with_fixes, with_tally
from tagwatch.core.rules.whereabouts import LastFix, Where
from tagwatch.core.rules.zone import SLACK, thresholds_of
from tagwatch.core.settings import Settings
from tagwatch.core.units import SECOND, Instant

_STANDS: Final = {
    State.POSSIBLE: kernel.POSSIBLE,
    State.CONFIRMED: kernel.CONFIRMED,
    State.LEFT_POSSIBLE: kernel.LEFT,
    State.LEFT_CONFIRMED: kernel.LEFT,
}
_OPEN: Final = (kernel.POSSIBLE, kernel.CONFIRMED)
_FLAGS: Final = np.array([MOTION_FLAGS[motion] for motion in sorted(Motion)], dtype=np.int64)
_NO_EDGES: Final = np.empty(0)
_COLUMNS: Final = 5
"""Longitude, latitude, the claims as the filter takes them, and how near an area matters."""

_IDLE: Final = (0.0,) * (kernel.NUMBERS - kernel.PLANE)
"""What stands for a condition that does not apply behind its bound."""

Rows = NDArray[np.intp]


class Standing(Protocol):
    """What is remembered of zones between two fixes: stays, and when he was last clear, by the key
    of the track; of all areas not in `clear` he was clear at `clear_at`."""

    stays: dict[str, Stay]
    clear: dict[str, int]
    clear_at: int
    first_at: int | None
    where: Where | None

    def last_fix(self) -> LastFix | None:
        """Return the last fix taken in of the tag in use."""
        ...


class Stretch:
    """Fixes of a block in event order, against those tracks of a wearer that may matter.

    `errors` finds those of fixes, `named`, (tracks, fixes), says which track the screen names for
    which fix. The settings apply until `ends`; conditions' versions and hours are those of the
    first fix, as long as they stay so: `ends` is brought forward to that.
    """

    def __init__(
        self,
        begins: int,
        block: FixBlock,
        errors: Callable[[Rows], list[FixError]],
        tracks: Sequence[Track],
        named: kernel.Bools,
        filters: Filter,
        settings: Settings,
        ends: int,
    ) -> None:
        self._begins, self._block, self._tracks, self._errors = begins, block, tracks, errors
        self._limits = limits_of(filters, settings)
        self.ends = ends
        self._pieces = [self._piece(track, int(block["fixed_at"][0])) for track in tracks]
        # In each column the last fix taken in before stands first.
        columns = self._columns = np.zeros((_COLUMNS, 1 + len(block)))
        columns[:2, 0], columns[0, 1:], columns[1, 1:] = nan, block["lon_deg"], block["lat_deg"]
        whole = np.zeros((2, 1 + len(block)), dtype=np.int64)
        whole[0, 1:], whole[1, 1:] = block["fixed_at"], _FLAGS[block["motion"]]
        self._times = whole[0, 1:]
        asked = np.zeros((len(tracks), 1 + len(block)), dtype=np.bool_)
        asked[:, 1:] = named
        self._fixes = kernel.StretchFixes._make([*whole, *columns, asked])
        self._known = False
        """Whether the errors of all fixes are in place; else of those that areas are named for."""
        seen = np.logical_or.reduce(named, axis=0)
        seen[:-1] |= seen[1:]  # where the filter begins
        self._put_errors(np.flatnonzero(seen))
        self._settings = settings
        self._held: kernel.StretchAreas | None = None
        self._ready = False
        """Whether all areas are; else they are looked at anew."""
        self._after = _room(len(tracks))

    def _put_errors(self, rows: Rows) -> None:
        """Put how these fixes of the block may err in place."""
        if len(rows):
            found = [(error.log_claim, error.claim2, error.near_m) for error in self._errors(rows)]
            self._columns[2:, rows + 1] = np.array(found).T

    def _piece(self, track: Track, at: int) -> tuple[Piece | None, tuple[int, int] | None]:
        """Return the version in force and the interval around `at`; note when that changes."""
        piece = track.piece_at(at)
        if piece is None:
            later = [p.start for p in track.pieces if p.start > at]
            self.ends = min([self.ends, *later])
            return None, None
        interval = piece.interval_at(at)
        changes = piece.known_until if interval is None else interval[1]
        self.ends = min(self.ends, piece.end, changes)
        return piece, interval

    def _areas(self, standing: Standing) -> kernel.StretchAreas:
        """Return the areas; of those that are not ready and have no stay the bound alone: most who
        pass by need no more, and an area is dear to make ready."""
        whole: list[tuple[int, ...]] = []
        numbers: list[tuple[float, ...]] = []
        starts, edges = [0], [_NO_EDGES]
        for track, (piece, interval) in zip(self._tracks, self._pieces, strict=True):
            accuses = int(track.rule is RuleKind.ZONE)
            if piece is None or interval is None:
                applies = kernel.UNKNOWN if piece is None else kernel.PAUSES
                whole.append((applies, 0, FOREVER, accuses, 1))
                bound = (0.0,) * 5 if piece is None else piece.bound.numbers
                numbers.append((*bound, *_IDLE))
            else:
                area = piece.area if track.key in standing.stays else piece.ready_area
                told_at = piece.condition.told_at
                told_at = FOREVER if told_at is None else told_at
                ready = int(area is not None)
                whole.append((kernel.APPLIES, interval[1], told_at, accuses, ready))
                numbers.append(_numbers(piece, area, self._settings))
                if area is not None:
                    edges.append(area.shape.edges)
            starts.append(sum(map(len, edges)))
        self._ready = all(row[kernel.READY] for row in whole)
        together = edges[0] if len(edges) == 1 else np.concatenate(edges)
        count = len(whole)
        return kernel.StretchAreas(
            whole=np.array(whole, dtype=np.int64).reshape(count, kernel.WHOLE),
            numbers=np.array(numbers, dtype=np.float64).reshape(count, kernel.NUMBERS),
            starts=np.array(starts),
            edges=scalar(together),
        )

    def take(self, standing: Standing, place: int) -> int:
        """Take in the fixes from `place` as far as nothing is to be said of any area, none at or
        after `ends`; return the place of the first that is left.

        Places count from `begins` at the first fix of the stretch. `standing` is then as it
        stands before the fix that is left.
        """
        first = place - self._begins
        if standing.first_at is None:
            standing.first_at = int(self._times[first])
        standing.clear_at = max(standing.clear_at, standing.first_at)
        if first == 0:
            self._put_before(standing)
        if standing.stays and not self._known:
            self._put_errors(np.arange(first, len(self._block)))
            self._known = True
        if self._held is None or not self._ready:
            self._held = self._areas(standing)
        kept = self._kept(standing)
        last = int(np.searchsorted(self._times, self.ends))
        fixes, held = self._fixes, self._held
        row = kernel.go_on(fixes, held, kept, self._after, self._limits, first + 1, last + 1) - 1
        if row > first:
            self._put(standing, kept, held, first, row)
        return row + self._begins

    def _put_before(self, standing: Standing) -> None:
        """Put the fix before the first in place: there the filter begins, if it has not."""
        before = standing.last_fix() if standing.where is None else None
        if before is not None:
            fixes = self._fixes
            fixes.at[0], fixes.flag[0] = before.at, MOTION_FLAGS[Motion(before.motion)]
            fixes.lon[0], fixes.lat[0] = before.lon_deg, before.lat_deg
            fixes.log_claim[0], fixes.claim2[0] = before.log_claim, before.claim2

    def _kept(self, standing: Standing) -> kernel.StretchState:
        """Return what is remembered, as the kernel takes it."""
        kept = _room(len(self._tracks))
        kept.clear_at[:] = standing.clear_at
        for t, track in enumerate(self._tracks):
            kept.clear_at[t] = standing.clear.get(track.key, standing.clear_at)
            stay = standing.stays.get(track.key)
            if stay is not None:
                kept.stay[t], kept.left_at[t] = _STANDS[stay.state], stay.left_at
                kept.counts[t], kept.figures[t] = tally_of(stay)
        where = standing.where
        if where is not None:
            kept.where[:] = (1, where.at, where.flag, 0)
            kept.log_claim[0] = where.log_claim
            kept.plane[:] = Plane.at(where.origin).numbers
            kept.belief[:SIZE] = np.frombuffer(where.parts, dtype="<f8")
        return kept

    def _put(
        self,
        standing: Standing,
        kept: kernel.StretchState,
        held: kernel.StretchAreas,
        first: int,
        row: int,
    ) -> None:
        """Bring `standing` to what the kernel kept after the fixes from `first` to before `row`."""
        last_at = int(self._times[row - 1])
        standing.clear_at, clear = last_at, kept.clear_at.tolist()
        standing.clear = {
            track.key: at for track, at in zip(self._tracks, clear, strict=True) if at != last_at
        }
        for t, track in enumerate(self._tracks):
            if kept.stay[t] in _OPEN and held.whole[t, kernel.HOW] == kernel.APPLIES:
                stay = standing.stays[track.key]
                counts, figures = kept.counts[t].tolist(), kept.figures[t].tolist()
                fixes = with_fixes(stay.episode.fixes, self._ids(stay, first, row))
                standing.stays[track.key] = with_tally(stay, counts, figures, fixes)
        followed, at, flag, _ = kept.where.tolist()
        standing.where = None
        if followed:
            lon_deg, lat_deg = kept.plane[:2].tolist()
            standing.where = Where(
                origin=LonLat(lon_deg=lon_deg, lat_deg=lat_deg),
                at=Instant(at),
                flag=flag,
                log_claim=float(kept.log_claim[0]),
                parts=packed(kept.belief[:SIZE]),
            )

    def _ids(self, stay: Stay, first: int, row: int) -> tuple[FixId, ...]:
        """Return the ids of the fixes taken in, as many as a stay keeps of them."""
        begin = first
        if len(stay.episode.fixes) >= MOST_FIXES:
            begin = max(first, row - MOST_FIXES)
        seqs, indexes = self._block["seq"][begin:row], self._block["index"][begin:row]
        return tuple(map(fix_id, seqs.tolist(), indexes.tolist()))


def _numbers(piece: Piece, area: Area | None, settings: Settings) -> tuple[float, ...]:
    """Return a row of `StretchAreas.numbers`; where the area is None, of its bound."""
    limits, bound = thresholds_of(piece, settings.zone), piece.bound
    if area is None:
        disc, size_m2, plane = (0.0, 0.0, bound.plane_radius_m), 0.0, bound.plane
    else:
        shape, size_m2, plane = area.shape, area.size_m2, area.shape.plane
        disc = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
    return (*bound.numbers, *plane.numbers, *disc, limits.protect, limits.accuse, size_m2)


def _room(areas: int) -> kernel.StretchState:
    """Return room for what the kernel keeps: no stay, not followed."""
    return kernel.StretchState(
        stay=np.zeros(areas, dtype=np.int64),
        left_at=np.zeros(areas, dtype=np.int64),
        clear_at=np.zeros(areas, dtype=np.int64),
        counts=np.zeros((areas, TALLY), dtype=np.int64),
        figures=np.zeros((areas, 2)),
        where=np.zeros(kernel.WHERE, dtype=np.int64),
        log_claim=np.zeros(1),
        plane=np.zeros(7),
        belief=buffer(ROOM),
    )


def limits_of(filters: Filter, settings: Settings) -> kernel.StretchLimits:
    """Return the settings as the kernel takes them."""
    zone, own = settings.zone, filters.settings
    return kernel.StretchLimits(
        fold=zone.fold_s * SECOND,
        apart=zone.independent_s * SECOND,
        leave=zone.leave_after_s * SECOND,
        same=zone.same_stay_s * SECOND,
        least=zone.confirm_fixes,
        deep_m=zone.steady_m,
        slack=SLACK,
        beyond=1.0 - REGION,
        steady=STEADY_SHARE,
        pause_s=float(own.fold_s),
        gross_factor=own.network_gross_factor,
        gross_share=own.network_gross_share,
        flat=filters.numbers[Surroundings.UNKNOWN],
        work=filters.work,
    )
