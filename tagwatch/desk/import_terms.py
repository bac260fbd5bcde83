"""Terms of zones and curfews out of an import file, and the mistakes found on the way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tagwatch.core.geometry import Disc, Shape, from_geojson
from tagwatch.core.ids import PersonId
from tagwatch.core.order import Curfew, ExclusionZone
from tagwatch.core.timetable import CurfewRow, OneOff
from tagwatch.core.units import Instant, parse_iso
from tagwatch.desk.import_file import CurfewItem, ZoneItem
from tagwatch.desk.weekly_row import row_of

_T = TypeVar("_T")


class Mistakes:
    """What is wrong with a file, each with its path; every check goes on after a mistake."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def wrong(self, path: str, what: str) -> None:
        """Note a mistake."""
        self.found.append(f"$.{path}: {what}")

    def moment(self, text: str | None, path: str) -> Instant | None:
        """Return the time in `text`, None if there is none or it is a mistake."""
        return None if text is None else self.tried(path, lambda: parse_iso(text))

    def ordered(self, start: Instant, end: Instant | None, path: str) -> None:
        """Note an end that is not after its start."""
        if end is not None and end <= start:
            self.wrong(path, "it ends before it starts")

    def rows(self, texts: Sequence[str], path: str) -> tuple[CurfewRow, ...]:
        """Return the weekly rows that can be read."""
        rows = [self.tried(f"{path}[{i}]", lambda t=t: row_of(t)) for i, t in enumerate(texts)]
        return tuple(row for row in rows if row is not None)

    def tried(self, path: str, make: Callable[[], _T]) -> _T | None:
        """Return what `make` does, None after noting the ValueError it raised."""
        try:
            return make()
        except ValueError as error:
            self.wrong(path, str(error))
            return None


def zone_terms(
    item: ZoneItem, path: str, protects: tuple[PersonId, ...], mistakes: Mistakes
) -> ExclusionZone | None:
    """Return the terms of an exclusion zone, None after noting what is wrong."""
    shape = _shape(item, path, mistakes)
    schedule = mistakes.rows(item.schedule, f"{path}.schedule")
    if shape is None:
        return None
    return ExclusionZone(
        label=item.label,
        shape=shape,
        buffer_m=item.buffer_m,
        schedule=schedule,
        knowledge=item.knowledge,
        protects=protects,
    )


def curfew_terms(item: CurfewItem, path: str, mistakes: Mistakes) -> Curfew | None:
    """Return the terms of a curfew, None after noting what is wrong."""
    before = len(mistakes.found)
    night = shape = None
    if item.release_night is not None:
        start = mistakes.moment(item.release_night.start, f"{path}.release_night.start")
        end = mistakes.moment(item.release_night.end, f"{path}.release_night.end")
        if start is not None and end is not None:
            night = mistakes.tried(f"{path}.release_night", lambda: OneOff(start=start, end=end))
    if (document := item.geojson) is not None:
        shape = mistakes.tried(f"{path}.geojson", lambda: from_geojson(document))
    rows = mistakes.rows(item.rows, f"{path}.rows")
    if len(mistakes.found) > before:
        return None
    return Curfew(
        label=item.label,
        address=item.address,
        rows=rows,
        radius_m=item.radius_m,
        shape=shape,
        grace_s=item.grace_s,
        release_night=night,
    )


def _shape(item: ZoneItem, path: str, mistakes: Mistakes) -> Shape | None:
    disc, document = item.disc, item.geojson
    if disc is not None and document is None:
        return mistakes.tried(
            f"{path}.disc", lambda: Disc(centre=disc.centre, radius_m=disc.radius_m)
        )
    if document is not None and disc is None:
        return mistakes.tried(f"{path}.geojson", lambda: from_geojson(document))
    mistakes.wrong(path, "give either disc or geojson")
    return None
