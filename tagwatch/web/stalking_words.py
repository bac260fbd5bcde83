"""What is said of patterns: counts, base rates and their bounds in sentences. Never a verdict."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode

from tagwatch.core.around import Around, CameBy, NearVisit, Pattern
from tagwatch.core.base_rate import RateRatio
from tagwatch.core.own_days import QUARTERS
from tagwatch.core.route_wait import RoutePattern, RouteWait, When
from tagwatch.core.stalking import PersonPattern, PlacePattern
from tagwatch.core.trip import TripMode
from tagwatch.core.units import HOUR, SECOND, Instant, iso
from tagwatch.core.unlike import MOST, AfterChange, Likeness, UnlikeDay
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
UNLIKE: Final = (Likeness.STILL, Likeness.ELSEWHERE, Likeness.ON_RECORD)
DAY_TONE: Final = {
    Likeness.LIKE: "govuk-tag--grey",
    Likeness.STILL: "govuk-tag--orange",
    Likeness.ELSEWHERE: "govuk-tag--orange",
    Likeness.ON_RECORD: "govuk-tag--blue",
    Likeness.CANNOT_SAY: "govuk-tag--yellow",
}
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
    """Return for how long he stopped on a visit."""
    return lasted(visit) if visit.stopped_s_most else "no"


def lasted(visit: NearVisit | RouteWait) -> str:
    """Return for how long he stopped."""
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


def route_sentence(found: RoutePattern, whose: str) -> str:
    """Return what was counted along a route."""
    timed = sum(each.when is not When.OTHER for each in found.waits)
    other = len(found.waits) - timed
    words = (
        f"{_counted(timed, 'stop', 'stops')} of five minutes and more within {found.within_m:g} m "
        f"of {whose}, on {_counted(found.days, 'day', 'days')}"
    )
    if other:
        words += f"; {other} more at other times"
    words += f". He made {found.other_stops} other such stops at no place of his own"
    if found.other_stops:
        words += f", the middle one of {age(found.usual_s * SECOND)}"
    ratio = found.expected
    if ratio is None:
        return f"{words}. No base rate: no place of his own is known."
    return (
        f"{words}. Along the same route turned round his own nearest place, {ratio.expected:.1f} "
        f"such days were to be expected{_times(ratio)}; {100 * found.as_many:.0f} % of "
        f"{found.controls} such routes have as many or more."
    )


def person_sentence(found: PersonPattern) -> str:
    """Return what was counted round a person who carries a device."""
    words = (
        f"Within {found.within_m:g} m of each other on {_counted(found.days, 'day', 'days')} by "
        f"independent fixes of both"
    )
    if found.possible:
        words += f"; {_counted(found.possible, 'more time is', 'more times are')} only possible"
    if found.expected is None:
        return f"{words}. No base rate: too little was seen of either."
    moved = ", ".join(str(each) for each in found.moved)
    return (
        f"{words}. With her trail moved by one to {len(found.moved)} weeks: {moved} days; "
        f"{found.expected.expected:.1f} were to be expected{_times(found.expected)}."
    )


def days_sentence(days: Sequence[UnlikeDay]) -> str:
    """Return how many days are unlike his own weeks, and of how many nothing can be said."""
    if not days:
        return "No whole day lies in this time, or no fix shows a place."
    unlike = sum(each.likeness in UNLIKE for each in days)
    unsaid = sum(each.likeness is Likeness.CANNOT_SAY for each in days)
    words = f"{unlike or 'None'} of {_counted(len(days), 'day', 'days')} "
    words += f"{'is' if unlike == 1 else 'are'} unlike his own weeks"
    if unsaid:
        words += f"; of {unsaid} nothing can be said, since too little was seen of them or of like"
        words += " days"
    return words + "."


def ratios(day: UnlikeDay) -> str:
    """Return how much likelier a day is of a tag that lies, and of one another wears."""
    if day.lies is None or day.another is None:
        return "cannot say"
    return f"tag left lying: {_ratio(day.lies)}; worn by another: {_ratio(day.another)}"


def _ratio(ratio: float) -> str:
    if ratio >= MOST:
        return f"{MOST:,.0f} or more"
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def quarters(day: UnlikeDay) -> tuple[str, ...]:
    """Return of each quarter how it was spent, and how many of his other such days were so."""
    return tuple(
        f"{hours}: {state.value}" + (f" (as {count} of {seen})" if seen else "")
        for hours, state, (count, seen) in zip(QUARTERS, day.quarters, day.rates, strict=True)
    )


def flags(day: UnlikeDay) -> str:
    """Return what the tag itself said of moving at his own places."""
    if not day.at_own:
        return "the tag does not say"
    return f"moving in {day.moving} of {day.at_own} fixes at places of long stays"


def reasons(day: UnlikeDay) -> str:
    """Return what else makes such a day."""
    return "; ".join(
        each.reason.value + (f" ({each.words})" if each.words else "") for each in day.reasons
    )


def after_sentence(found: AfterChange) -> str:
    """Return his nights before and after a change of the tag."""
    (was, of), (now, out_of) = found.before, found.after
    low, high = found.before_bounds
    after_low, after_high = found.after_bounds
    words = "unlike his own weeks" if found.is_unlike else "not told from his own weeks"
    return (
        f"{found.what}: at his home as it was before in {was} of {of} nights seen before "
        f"({100 * low:.0f} to {100 * high:.0f} %, 95 %), and in {now} of {out_of} after "
        f"({100 * after_low:.0f} to {100 * after_high:.0f} %); {found.strange[0]} of "
        f"{found.strange[1]} quarters after it at places that were not his: {words}."
    )


def day_name(day: date) -> str:
    """Return a date with its weekday: `Tuesday 3 March 2026`."""
    return f"{DAY_WORDS[day.weekday()]} {day.day} {day:%B %Y}"


def trail_day(wearer_id: str, day: date) -> str:
    """Return where all fixes of a date are."""
    return f"/wearers/{wearer_id}/trail?{urlencode({'span': 'day', 'day': day.isoformat()})}"


def level(count: int) -> int:
    """Return the shade of a cell of the hours, 0 to 4."""
    return sum(count >= least for least in _LEVELS)


def _far(distance_m: int) -> str:
    return f"{distance_m / 1000:.1f} km" if distance_m >= 1_000 else f"{distance_m} m"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
