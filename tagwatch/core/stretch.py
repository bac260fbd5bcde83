"""A stretch of a wearer's fixes, over which settings and conditions stay as they are: taken in at
one go as far as nothing is to be said of any area. Findings are those of fix by fix (tested).
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from tagwatch.core import stretch_kernel as kernel
from tagwatch.core.contour import no_edges, scalar
from tagwatch.core.filter import MOTION_FLAGS, Filter, buffer, packed
from tagwatch.core.filter_kernel import ROOM, SIZE
from tagwatch.core.filter_settings import STEADY_SHARE, Surroundings
from tagwatch.core.fix import FixBlock, Motion, fix_id
from tagwatch.core.ids import FixId
from tagwatch.core.outcome import RuleKind
from tagwatch.core.plane import Plane
from tagwatch.core.rules.area import NEAR_LIMIT_M, NEAR_SHARE
from tagwatch.core.rules.fix_error import REGION, FixError
from tagwatch.core.rules.prepare import FOREVER, Piece, Track
from tagwatch.core.rules.stay import State, Stay
from tagwatch.core.rules.tally import MOST_FIXES, TALLY, tally_of, with_fixes, with_tally
from tagwatch.core.rules.whereabouts import Where
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


class Standing(Protocol):
    """What is remembered of zones between two fixes: stays, and when he was last clear, by the key
    of the track; of all areas not in `clear` he was clear at `clear_at`."""

    stays: dict[str, Stay]
    clear: dict[str, int]
    clear_at: int
    first_at: int | None
    where: Where | None


class Stretch:
    """Fixes of a block in event order, against those tracks of a wearer that may matter.

    `errors` are the fixes' own; `named`, (tracks, fixes), says which track the screen names for
    which fix. The settings apply until `ends`; conditions' versions and hours are those of the
    first fix, as long as they stay so: `ends` is brought forward to that.
    """

    def __init__(
        self,
        begins: int,
        block: FixBlock,
        errors: Sequence[FixError],
        tracks: Sequence[Track],
        named: kernel.Bools,
        filters: Filter,
        settings: Settings,
        ends: int,
    ) -> None:
        self._begins, self._block, self._tracks = begins, block, tracks
        self._times = np.ascontiguousarray(block["fixed_at"])
        self._lon = np.ascontiguousarray(block["lon_deg"])
        self._lat = np.ascontiguousarray(block["lat_deg"])
        self._limits = _limits(filters, settings)
        self.ends = ends
        at = int(self._times[0])
        pieces = [self._piece(track, at) for track in tracks]
        near_m = np.array([error.near_m for error in errors])
        near = np.zeros_like(named)
        for t, (piece, _) in enumerate(pieces):
            if piece is not None and named[t].any():
                near[t] = self._near(piece, near_m) & named[t]
        self._held, area_x_m, area_y_m = self._areas(pieces, settings)
        self._fixes = kernel.StretchFixes(
            at=self._times,
            flag=_FLAGS[block["motion"]],
            log_claim=np.array([error.log_claim for error in errors]),
            claim2=np.array([error.claim2 for error in errors]),
            x_m=np.zeros(len(block)),
            y_m=np.zeros(len(block)),
            area_x_m=area_x_m,
            area_y_m=area_y_m,
            named=named,
            near=near,
        )
        self._after = _room(len(tracks))

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

    def _near(self, piece: Piece, near_m: kernel.Floats) -> kernel.Bools:
        """Return for which fixes the filter must follow him: as `zone.is_near`."""
        bound = piece.bound
        dx_m = (self._lon - bound.lon_deg) * bound.kx_m
        dy_m = (self._lat - bound.lat_deg) * bound.ky_m
        distance_m = NEAR_SHARE * np.sqrt(dx_m * dx_m + dy_m * dy_m)
        return ~(np.minimum(distance_m, NEAR_LIMIT_M) > bound.bound_m + near_m)

    def _areas(
        self,
        pieces: list[tuple[Piece | None, tuple[int, int] | None]],
        settings: Settings,
    ) -> tuple[kernel.StretchAreas, kernel.Floats, kernel.Floats]:
        """Return the areas, and the fixes in the plane of each."""
        count = len(pieces)
        held = kernel.StretchAreas(
            applies=np.zeros(count, dtype=np.int64),
            until=np.zeros(count, dtype=np.int64),
            told_at=np.full(count, FOREVER, dtype=np.int64),
            accuses=np.array([track.rule is RuleKind.ZONE for track in self._tracks]),
            protect=np.zeros(count),
            accuse=np.zeros(count),
            disc=np.zeros((count, 3)),
            size_m2=np.zeros(count),
            starts=np.zeros(count + 1, dtype=np.int64),
            edges=no_edges(),
        )
        x_m, y_m = np.zeros((count, len(self._block))), np.zeros((count, len(self._block)))
        edges = [_NO_EDGES]
        for t, (piece, interval) in enumerate(pieces):
            held.applies[t] = kernel.UNKNOWN if piece is None else kernel.PAUSES
            if piece is not None and interval is not None:
                held.applies[t], held.until[t] = kernel.APPLIES, interval[1]
                told_at = piece.condition.told_at
                held.told_at[t] = FOREVER if told_at is None else told_at
                limits = thresholds_of(piece, settings.zone)
                held.protect[t], held.accuse[t] = limits.protect, limits.accuse
                shape = piece.area.shape
                held.disc[t] = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
                held.size_m2[t] = piece.area.size_m2
                edges.append(shape.edges)
                x_m[t], y_m[t] = shape.plane.xy_arrays(self._lon, self._lat)
            held.starts[t + 1] = sum(map(len, edges))
        return held._replace(edges=scalar(np.concatenate(edges))), x_m, y_m

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
        kept = self._kept(standing)
        if standing.where is not None:
            plane = Plane.at(standing.where.origin)
            self._fixes.x_m[:], self._fixes.y_m[:] = plane.xy_arrays(self._lon, self._lat)
        last = int(np.searchsorted(self._times, self.ends))
        row = kernel.go_on(self._fixes, self._held, kept, self._after, self._limits, first, last)
        if row > first:
            self._put(standing, kept, first, row)
        return row + self._begins

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
            kept.belief[:SIZE] = np.frombuffer(where.parts, dtype="<f8")
        return kept

    def _put(self, standing: Standing, kept: kernel.StretchState, first: int, row: int) -> None:
        """Bring `standing` to what the kernel kept after the fixes from `first` to before `row`."""
        last_at = int(self._times[row - 1])
        standing.clear_at, clear = last_at, kept.clear_at.tolist()
        standing.clear = {
            track.key: at for track, at in zip(self._tracks, clear, strict=True) if at != last_at
        }
        for t, track in enumerate(self._tracks):
            if kept.stay[t] in _OPEN and self._held.applies[t] == kernel.APPLIES:
                stay = standing.stays[track.key]
                counts, figures = kept.counts[t].tolist(), kept.figures[t].tolist()
                fixes = with_fixes(stay.episode.fixes, self._ids(stay, first, row))
                standing.stays[track.key] = with_tally(stay, counts, figures, fixes)
        followed, at, flag, _ = kept.where.tolist()
        before = standing.where
        standing.where = None
        if followed and before is not None:
            standing.where = Where(
                origin=before.origin,
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
        belief=buffer(ROOM),
    )


def _limits(filters: Filter, settings: Settings) -> kernel.StretchLimits:
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
