"""Where exclusion zones lie, so that those near one of them are found without a look at all."""

from collections import defaultdict
from math import hypot
from typing import Final

from tagwatch.core.ids import ConditionId
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.outcome import RuleKind
from tagwatch.core.rules.area import bound_of

CELL_DEG: Final = 0.01
"""About 1,100 m north and 700 m east in England."""
_REACH_CELLS: Final = 3
"""Cells looked at on each side, at most."""


class Places:
    """The centre of the newest version of each exclusion zone, in cells of a grid."""

    def __init__(self) -> None:
        self._at: dict[ConditionId, complex] = {}
        self._cells: defaultdict[tuple[int, int], set[ConditionId]] = defaultdict(set)

    def hold(self, version: ConditionVersion) -> None:
        """Keep where a condition lies, in place of where an earlier version did."""
        if not isinstance(version.terms, ExclusionZone):
            return
        name = version.condition_id
        before = self._at.get(name)
        if before is not None:
            self._cells[_cell(before)].discard(name)
        bound = bound_of(version.terms, RuleKind.ZONE)
        place = self._at[name] = complex(bound.lon_deg, bound.lat_deg)
        self._cells[_cell(place)].add(name)

    def near(self, condition: ConditionVersion, radius_m: float, most: int) -> list[ConditionId]:
        """Return at most `most` other zones whose centre lies within `radius_m`, nearest first.

        Empty for a curfew. A radius beyond three cells of the grid finds what lies in those.
        """
        if not isinstance(condition.terms, ExclusionZone):
            return []
        bound = bound_of(condition.terms, RuleKind.ZONE)
        column, row = _cell(complex(bound.lon_deg, bound.lat_deg))
        across = min(_REACH_CELLS, int(radius_m / (CELL_DEG * bound.kx_m)) + 1)
        down = min(_REACH_CELLS, int(radius_m / (CELL_DEG * bound.ky_m)) + 1)
        found: list[tuple[float, ConditionId]] = []
        for x in range(column - across, column + across + 1):
            for y in range(row - down, row + down + 1):
                for name in self._cells.get((x, y), ()):
                    place = self._at[name]
                    away_m = hypot(
                        (place.real - bound.lon_deg) * bound.kx_m,
                        (place.imag - bound.lat_deg) * bound.ky_m,
                    )
                    if away_m <= radius_m and name != condition.condition_id:
                        found.append((away_m, name))
        return [name for _, name in sorted(found)[:most]]


def _cell(place: complex) -> tuple[int, int]:
    return int(place.real // CELL_DEG), int(place.imag // CELL_DEG)
