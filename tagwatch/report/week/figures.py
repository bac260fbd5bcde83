"""The week in figures: a line each, so that they stand on the first page beside what changed."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tagwatch.core.outcome import AlertState
from tagwatch.core.units import Instant
from tagwatch.report.paper import Rows
from tagwatch.report.week.overview import AlertWeek, CurfewWeek, Overview, ZoneWeek
from tagwatch.report.week.stays import at_place_s
from tagwatch.report.week.words import clock, counted, day, distance, share, span, spans

_PLACES: Final = 3
_ZONES: Final = 3
_HOURS: Final = 2


def figures(made: Overview, names: dict[int, str]) -> Rows:
    """Return the week's key figures; `names` are those of its places."""
    return Rows(rows=tuple(_figures(made, names)))


def _figures(made: Overview, names: dict[int, str]) -> Iterator[tuple[str, str]]:
    yield "Nights at home", _nights(made)
    yield "Seen", _seen(made)
    if made.places.of_stop:
        yield "Most time at", _places(made, names)
    if made.weeks_before:
        new = [names.get(number, f"place {number}") for number in made.new_places]
        yield "New places", _listed(new, _PLACES) or "none"
    if made.zones:
        yield "Zones", _listed([_zone(one) for one in _nearest_first(made.zones)], _ZONES)
    if made.curfews:
        yield "Hours to be in", _listed([_hours(one) for one in made.curfews], _HOURS)
    yield "Alerts", _alerts(made.alerts)
    yield "Care of the tag", _care(made)
    if made.praise:
        yield "Worth praise", made.praise[0].sentence


def _listed(all_of_them: list[str], most: int) -> str:
    rest = len(all_of_them) - most
    more = [f"and {rest} more below"] if rest > 0 else []
    return "; ".join([*all_of_them[:most], *more])


def _nights(made: Overview) -> str:
    if made.places.home is None:
        return "cannot be said: no place is likelier than not his home"
    answers = Counter(night.answer for night in made.nights)
    if not answers:
        return "no night is over yet"
    said = f"{answers['home']} of {answers.total()} for certain"
    if answers["elsewhere"]:
        said += f", {answers['elsewhere']} not at home"
    if answers["cannot_say"]:
        said += f", {answers['cannot_say']} cannot be said"
    return said


def _seen(made: Overview) -> str:
    on_s = sum(each.observed_s + each.unobserved_s for each in made.days)
    if not on_s:
        return "no tag was on him, or it was switched off"
    seen_s = sum(each.observed_s for each in made.days)
    worst = min(made.days, key=lambda each: each.observed_s - each.unobserved_s)
    least = ""
    if worst.unobserved_s and len(made.days) > 1:
        of_day = share(worst.observed_s, worst.observed_s + worst.unobserved_s)
        least = f", least on {day(worst.start)} ({of_day})"
    return f"{share(seen_s, on_s)} of the time a tag was on him{least}"


def _places(made: Overview, names: dict[int, str]) -> str:
    time_s = {
        number: at_place_s(made.movements, made.places, number)
        for number in set(made.places.of_stop)
    }
    longest = sorted(time_s, key=lambda number: (-time_s[number].most, number))
    said = [f"{names.get(n, f'place {n}')}, {spans(time_s[n])}" for n in longest]
    return "; ".join(said[:_PLACES])


def _nearest_first(zones: tuple[ZoneWeek, ...]) -> list[ZoneWeek]:
    """Return those entered first, then by how near he was seen."""

    def far(one: ZoneWeek) -> tuple[int, float]:
        least = float("inf") if one.nearest_m is None else one.nearest_m.least
        return -(2 * one.entries_confirmed + one.entries_possible), least

    return sorted(zones, key=far)


def _zone(one: ZoneWeek) -> str:
    found = [
        f"entered {counted(many, 'time')} ({how})"
        for many, how in ((one.entries_confirmed, "confirmed"), (one.entries_possible, "possibly"))
        if many
    ]
    if one.nearest_m is None or one.nearest_at is None:
        nearest = "nothing seen while it applied"
    else:
        nearest = f"nearest {distance(one.nearest_m)}, {_when(one.nearest_at)}"
    warned = [counted(one.approaches, "warning")] if one.approaches else []
    return f"{one.label}: {', '.join([*(found or ['no finding']), nearest, *warned])}"


def _when(at: Instant) -> str:
    return f"{day(at).split()[0]} {clock(at)}"


def _hours(one: CurfewWeek) -> str:
    excused = f", {span(one.excused_s)} excused" if one.excused_s else ""
    return (
        f"{one.label}: {span(one.kept_s)} kept, {span(one.out_s)} out, "
        f"{span(one.cannot_say_s)} cannot be said{excused}"
    )


def _alerts(alerts: tuple[AlertWeek, ...]) -> str:
    if not alerts:
        return "none"
    became: Counter[str] = Counter()
    for one in alerts:
        if one.disposition is not None:
            became[f"closed as {one.disposition.value.replace('_', ' ')}"] += 1
        elif one.state is AlertState.CLOSED:
            became["closed"] += 1
        else:
            became["open"] += 1
    return f"{len(alerts)}: " + ", ".join(f"{many} {how}" for how, many in became.most_common())


def _care(made: Overview) -> str:
    tag = made.care
    lowest = "" if tag.lowest_pct is None else f", never below {tag.lowest_pct:.0f} % read"
    strap = f", {counted(tag.strap, 'report')} of strap or case" if tag.strap else ""
    return f"charged {counted(tag.charges, 'time')}{lowest}{strap}"
