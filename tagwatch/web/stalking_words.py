"""What is said of patterns: counts, base rates and their bounds in sentences. Never a verdict."""

from typing import Final
from urllib.parse import urlencode

from tagwatch.core.around import Around, CameBy, NearVisit, Pattern
from tagwatch.core.base_rate import RateRatio
from tagwatch.core.stalking import PlacePattern
from tagwatch.core.trip import TripMode
from tagwatch.core.units import HOUR, SECOND, Instant, iso
from tagwatch.web.render import age

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_WORDS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
TONE: Final = {
    Pattern.MORE: "govuk-tag--orange",
    Pattern.NOT_MORE: "govuk-tag--grey",
    Pattern.CANNOT_SAY: "govuk-tag--yellow",
}
_MODES: Final = {
    TripMode.FOOT: "on foot",
    TripMode.CYCLE: "by cycle",
    TripMode.VEHICLE: "by vehicle",
    TripMode.RAIL: "by rail",
    TripMode.UNKNOWN: "",
}
_SECTORS: Final = {
    "N": "north", "NE": "north-east", "E": "east", "SE": "south-east",
    "S": "south", "SW": "south-west", "W": "west", "NW": "north-west",
}  # fmt: skip
_LEVELS: Final = (1, 2, 4, 7)
_MOST_WAYS: Final = 6


def place_sentence(place: PlacePattern) -> str:
    """Return what was counted around a place."""
    found = place.around
    if found is None:
        return f"Nothing is counted here: {place.unasked.value if place.unasked else ''}."
    words = (
        f"Near on {found.days_near} of {_counted(found.days_seen, 'day', 'days')} seen; on "
        f"{found.days_apart} of them for no reason that his own weeks give, and he stopped on "
        f"{found.days_waited}."
    )
    if found.possible:
        words += f" {_counted(found.possible, 'more visit is', 'more visits are')} only possible."
    return words


def base_sentence(found: Around, ratio: RateRatio | None, as_many: float, what: str) -> str:
    """Return how a count compares with comparable places."""
    base = found.base
    if base is None or ratio is None:
        return "No base rate: no place of his own is known, or too few places are comparable."
    where = f"{base.controls} places that are as far ({_far(base.from_m)}) from his own nearest"
    ways = " and about as far from his ways" if base.by_ways else ""
    return (
        f"{what}: {ratio.count} {'day' if ratio.count == 1 else 'days'}, where "
        f"{ratio.expected:.1f} were to be expected by {where} place{ways}"
        f"{_times(ratio)}. Of these places {100 * as_many:.0f} % have as many or more."
    )


def earlier_sentence(found: Around) -> str:
    """Return how the count compares with his own earlier weeks."""
    ratio = found.earlier
    if ratio is None:
        return "His earlier weeks were not seen, so nothing is said of them."
    return (
        f"By his own four weeks before, {ratio.expected:.1f} such days were to be expected"
        f"{_times(ratio)}."
    )


def _times(ratio: RateRatio) -> str:
    high = "without upper bound" if ratio.high is None else f"to {ratio.high:.1f}"
    if ratio.ratio is None:
        return "" if not ratio.count else f" (at least {ratio.low:.1f} times as many, 95 %)"
    return f" ({ratio.ratio:.1f} times as many; 95 %: {ratio.low:.1f} {high})"


def way(found: CameBy, verb: str) -> str:
    """Return how he came or left, as far as it was seen: `on foot, from the north`."""
    parts = [_MODES[found.mode]] if _MODES[found.mode] else []
    if parts and found.probability < 0.95:
        parts[0] += f" ({100 * found.probability:.0f} %)"
    if found.sector:
        parts.append(f"{verb} the {_SECTORS[found.sector]}")
    return ", ".join(parts) or "not seen"


def stopped(visit: NearVisit) -> str:
    """Return for how long he stopped."""
    if not visit.stopped_s_most:
        return "no"
    low, high = age(visit.stopped_s_least * SECOND), age(visit.stopped_s_most * SECOND)
    return low if low == high else f"{low} to {high}"


def ways(found: Around) -> str:
    """Return how often he came which way, the commonest first."""
    counts: dict[str, int] = {}
    for each in found.visits:
        said = way(each.came, "from")
        counts[said] = counts.get(said, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WAYS]
    return "; ".join(f"{said}: {count}" for said, count in ranked) or "no visit"


def errands(found: Around) -> str:
    """Return how many visits were what."""
    parts = [f"{said}: {count}" for said, count in found.by_errand.items() if count]
    return "; ".join(parts) or "none"


def left_open(found: Around) -> str:
    """Return how long he can have been there unseen."""
    if not found.left_open_s:
        return "He cannot have come there and gone unseen"
    return f"For {age(found.left_open_s * SECOND)} he can have been there unseen"


def trail_link(wearer_id: str, visit: NearVisit) -> str:
    """Return where every fix of a visit is, with an hour on either side."""
    times = {"start": iso(Instant(visit.start - HOUR)), "end": iso(Instant(visit.end + HOUR))}
    return f"/wearers/{wearer_id}/trail?{urlencode(times)}"


def level(count: int) -> int:
    """Return the shade of a cell of the hours, 0 to 4."""
    return sum(count >= least for least in _LEVELS)


def _far(distance_m: int) -> str:
    return f"{distance_m / 1000:.1f} km" if distance_m >= 1_000 else f"{distance_m} m"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
