"""Railway lines and stations as a value: how far each of many places lies from the nearest.

It is made once, outside, from whatever geometry an installation has loaded; none is shipped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import pi
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.plane import Floats, terms_at

REACH_M: Final = 600.0
"""What lies farther off is not asked for, and is infinitely far."""
_CELL_LAT_DEG: Final = 0.01
_CELL_LON_DEG: Final = 0.016
"""A kilometre and more to 58 degrees of latitude."""
_PIECE_DEG: Final = 0.002
"""Lines are cut into pieces no longer than about this, each kept in the cell of its middle."""
_ROW: Final = 1 << 20
_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class Railways:
    """Lines and stations, sorted by the cell of the map in which they lie."""

    cells: NDArray[np.int64]
    pieces: Floats
    """(n, 4): of each piece of a line both ends, longitude first, by `cells`."""
    station_cells: NDArray[np.int64]
    stations: Floats
    """(m, 2), by `station_cells`."""
    names: tuple[str, ...]
    """Of the stations."""
    said: str = ""
    """Which files these are, or why they could not be had; empty where none were asked for."""

    @classmethod
    def of(
        cls,
        lines: Iterable[Floats],
        stations: Sequence[tuple[str, float, float]],
        said: str = "",
    ) -> Self:
        """Return the index of lines, each (k, 2) in degrees, longitude first, and of stations
        (name, longitude, latitude)."""
        cut = [_pieces(np.asarray(line, dtype=np.float64)) for line in lines]
        pieces = np.concatenate([np.empty((0, 4)), *cut])
        cells = _cells(pieces[:, [0, 2]].mean(axis=1), pieces[:, [1, 3]].mean(axis=1))
        order = np.argsort(cells, kind="stable")
        points = np.array([each[1:] for each in stations], dtype=np.float64).reshape(-1, 2)
        station_cells = _cells(points[:, 0], points[:, 1])
        by_cell = np.argsort(station_cells, kind="stable")
        numbers: list[int] = by_cell.tolist()
        names = tuple(stations[k][0] for k in numbers)
        return cls(
            cells[order], pieces[order], station_cells[by_cell], points[by_cell], names, said
        )

    def __bool__(self) -> bool:
        """Whether there is any line."""
        return bool(len(self.pieces))

    def near(self, lon_deg: Floats, lat_deg: Floats) -> tuple[Floats, Floats]:
        """Return of each place how far the nearest line is in metres, infinite beyond REACH_M, and
        how many metres of line there are to the square metre round it; shapes (n,)."""
        apart_m, density = np.full(len(lon_deg), np.inf), np.zeros(len(lon_deg))
        for first in range(0, len(lon_deg), _AT_ONCE):
            rows = slice(first, first + _AT_ONCE)
            apart_m[rows], density[rows] = self._near(lon_deg[rows], lat_deg[rows])
        return apart_m, density

    def _near(self, lon_deg: Floats, lat_deg: Floats) -> tuple[Floats, Floats]:
        of, found = _neighbours(self.cells, lon_deg, lat_deg)
        kx, ky = _scales_m(lat_deg)
        piece = self.pieces[found] - np.column_stack([lon_deg, lat_deg, lon_deg, lat_deg])[of]
        ax, ay, bx, by = piece.T * np.array([kx[of], ky[of], kx[of], ky[of]])
        dx, dy = bx - ax, by - ay
        length2 = np.maximum(dx * dx + dy * dy, 1e-9)
        share = np.clip(-(ax * dx + ay * dy) / length2, 0.0, 1.0)
        apart_m = np.full(len(lon_deg), np.inf)
        np.minimum.at(apart_m, of, np.hypot(ax + share * dx, ay + share * dy))
        apart_m[apart_m > REACH_M] = np.inf
        whole_m = np.bincount(of, weights=np.sqrt(length2), minlength=len(lon_deg))
        return apart_m, whole_m / _round_m2(kx, ky)

    def stations_near(
        self, lon_deg: Floats, lat_deg: Floats
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return of each place which station is nearest (-1: none within REACH_M), how far it is
        in metres, and how many stations there are to the square metre; shapes (n,)."""
        of, found = _neighbours(self.station_cells, lon_deg, lat_deg)
        kx, ky = _scales_m(lat_deg)
        east_m = (self.stations[found, 0] - lon_deg[of]) * kx[of]
        north_m = (self.stations[found, 1] - lat_deg[of]) * ky[of]
        far_m = np.hypot(east_m, north_m)
        apart_m = np.full(len(lon_deg), np.inf)
        np.minimum.at(apart_m, of, far_m)
        which = np.full(len(lon_deg), -1, dtype=np.int64)
        nearest = (far_m == apart_m[of]) & (far_m <= REACH_M)
        which[of[nearest]] = found[nearest]
        apart_m[which < 0] = np.inf
        number = np.bincount(of, minlength=len(lon_deg))
        return which, apart_m, number / _round_m2(kx, ky)


def _pieces(line: Floats) -> Floats:
    """Return a line as short straight pieces, (n, 4)."""
    steps = np.diff(line, axis=0)
    parts = np.maximum(1, np.ceil(np.abs(steps).max(axis=1, initial=0.0) / _PIECE_DEG)).astype(int)
    of = np.repeat(np.arange(len(steps)), parts)
    number = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    begin = line[of] + steps[of] * (number / parts[of])[:, None]
    end = line[of] + steps[of] * ((number + 1) / parts[of])[:, None]
    return np.column_stack([begin, end])


def _cells(lon_deg: Floats, lat_deg: Floats) -> NDArray[np.int64]:
    row = np.floor(lat_deg / _CELL_LAT_DEG).astype(np.int64)
    column = np.floor(lon_deg / _CELL_LON_DEG).astype(np.int64)
    return row * _ROW + column


def _neighbours(
    cells: NDArray[np.int64], lon_deg: Floats, lat_deg: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of all that lies in the nine cells round each place: whose it is, and its row."""
    rows = _cells(lon_deg, lat_deg)[:, None] + np.array([-_ROW, 0, _ROW])
    low = np.searchsorted(cells, rows - 1).ravel()
    count: NDArray[np.int64] = np.searchsorted(cells, rows + 1, side="right").ravel() - low
    before = np.cumsum(count) - count
    found = np.arange(int(count.sum()), dtype=np.int64) + np.repeat(low - before, count)
    return np.repeat(np.repeat(np.arange(len(lon_deg)), 3), count), found


def _scales_m(lat_deg: Floats) -> tuple[Floats, Floats]:
    """Return metres per degree of longitude and of latitude, of places that lie near each other
    once for all of them: a degree apart it errs by a per cent or two."""
    if not len(lat_deg):
        return lat_deg, lat_deg
    low, high = float(lat_deg.min()), float(lat_deg.max())
    (kx, _, ky, _, _), (kx_high, _, ky_high, _, _) = terms_at(low), terms_at(high)
    share = (lat_deg - low) / max(high - low, 1e-9)
    return kx + share * (kx_high - kx), ky + share * (ky_high - ky)


def _round_m2(kx: Floats, ky: Floats) -> Floats:
    """Return the area of the nine cells."""
    return 9.0 * _CELL_LON_DEG * kx * _CELL_LAT_DEG * ky


def within(radius_m: Floats, density: Floats) -> Floats:
    """Return the chance that a place taken at random lies within so far of one of that many
    points to the square metre."""
    return -np.expm1(-density * pi * radius_m**2)


NO_RAILWAYS: Final = Railways.of((), ())
