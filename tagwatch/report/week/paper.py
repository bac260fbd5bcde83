"""An overview in sections: the page and the paper are both set from these."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tagwatch.core.order import Demand
from tagwatch.core.outcome import AlertState, RuleKind, finding_words
from tagwatch.core.units import HOUR, SECOND, Instant
from tagwatch.report.paper import Lines, Paper, Part, Picture, Rows, Section, Table, Words
from tagwatch.report.week.detail import detail
from tagwatch.report.week.figures import figures
from tagwatch.report.week.making import place_names
from tagwatch.report.week.overview import AlertWeek, CurfewWeek, Overview, ZoneWeek
from tagwatch.report.week.picture import picture
from tagwatch.report.week.stays import at_place_s
from tagwatch.report.week.words import (
    between,
    counted,
    day,
    distance,
    moment,
    sentence,
    share,
    span,
    spans,
)

MARK: Final = "OFFICIAL-SENSITIVE. What location data show, and what they cannot; London times"
_DEMANDS: Final = {
    Demand.CURFEW.value: "Curfew",
    Demand.INCLUSION_ZONE.value: "Inclusion zone",
    Demand.RESTRICTION_ZONE.value: "Restriction zone",
    Demand.ATTENDANCE.value: "Attendance",
}
_STATES: Final = {
    AlertState.RAISED: "open, nobody told yet",
    AlertState.NOTIFIED: "open, not acknowledged",
    AlertState.ACKNOWLEDGED: "acknowledged, open",
    AlertState.CLOSED: "closed",
}
_NIGHTS: Final = {
    "home": "At home",
    "elsewhere": "Not at home",
    "cannot_say": "Cannot say",
}
SHORT: Final = HOUR
"""A gap of less is not named one by one on the first page."""
MOST_ALERTS: Final = 400
MOST_CHANGED: Final = 6
"""Sentences of what changed on the first page, the rarest; the others follow after it."""
_PLACED: Final = frozenset({RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW, RuleKind.ENCOUNTER})


def paper(made: Overview) -> Paper:
    """Return an overview as a paper. The same overview gives the same paper."""
    return Paper(
        title=f"Week of {made.name}",
        mark=MARK,
        reference=f"{made.name}, {day(made.start)} to {day(_last(made))}, as of "
        f"{moment(made.made_at)}",
        as_of=made.made_at,
        sections=sections(made),
    )


def sections(made: Overview) -> tuple[Section, ...]:
    """Return all that an overview says, the first page first."""
    return (*first_page(made), *following(made), *detail(made))


def first_page(made: Overview) -> tuple[Section, ...]:
    """Return what is to be read at a glance: on paper it is the first page."""
    names = place_names(made.places, made.boroughs)
    return (
        Section(heading="What changed", parts=tuple(_changed(made))),
        Section(heading="Map", parts=tuple(_map(made))),
        Section(heading="The week in figures", parts=(figures(made, names),)),
    )


def following(made: Overview) -> tuple[Section, ...]:
    """Return what each figure of the first page comes to in full; it begins a page."""
    names = place_names(made.places, made.boroughs)
    found = tuple(
        Section(heading=heading, parts=parts)
        for heading, parts in (
            ("What changed besides", tuple(_changed_besides(made))),
            ("Nights at home, and what could not be seen", tuple(_days(made))),
            ("Time at places", tuple(_places(made, names))),
            ("Zones and hours", tuple(_conditions(made))),
            ("Alerts and what became of them", tuple(_alerts(made))),
            ("Care of the tag", (_care(made),)),
            ("Worth praise", tuple(_praise(made))),
        )
        if parts
    )
    return (msgspec.structs.replace(found[0], apart=True), *found[1:])


def _last(made: Overview) -> Instant:
    return Instant(made.end - SECOND)


def _changed(made: Overview) -> Iterator[Part]:
    upto = min(made.end, made.made_at)
    whole = made.end <= made.made_at
    part = "" if whole else " The week is not over: this is what is known of it so far."
    yield Words(
        text=f"From {moment(made.start)} to {moment(upto)}.{part} "
        + (
            f"Compared with {counted(made.weeks_before, 'week')} of his own past that "
            f"{'was' if made.weeks_before == 1 else 'were'} seen well enough."
            if made.weeks_before
            else "There is no past week of his that was seen well enough to compare with: what is "
            "usual for him cannot be said yet."
        )
    )
    if made.changed:
        yield Lines(lines=tuple(each.sentence for each in made.changed[:MOST_CHANGED]))
        if (rest := len(made.changed) - MOST_CHANGED) > 0:
            yield Words(text=f"And {counted(rest, 'thing')} less rare, after the figures.")
    elif made.weeks_before:
        yield Words(text="Nothing that was seen differs from what is usual for him.")
    if made.withheld:
        yield Words(
            text=f"{counted(made.withheld, 'place')} that your account may not know "
            f"{'is' if made.withheld == 1 else 'are'} left out, with all that tells of "
            f"{'it' if made.withheld == 1 else 'them'}. His responsible officer sees the whole."
        )


def _changed_besides(made: Overview) -> Iterator[Part]:
    if rest := made.changed[MOST_CHANGED:]:
        yield Lines(lines=tuple(each.sentence for each in rest))


def _map(made: Overview) -> Iterator[Part]:
    drawn = picture(made)
    if drawn is None:
        yield Words(text="He was nowhere seen to stay in this week, so there is nothing to draw.")
    else:
        yield Picture(svg=drawn.svg, says=drawn.says)


def _days(made: Overview) -> Iterator[Part]:
    """Yield nights at home and what was seen, with one table of both, day by day."""
    yield Words(text=f"{_nights(made)} {_seen(made)}")
    at_night = {night.day: night for night in made.nights}
    rows: list[tuple[str, ...]] = []
    for one in made.days:
        night = at_night.get(one.day)
        where = "" if night is None else f"{_NIGHTS[night.answer]}, {spans(night.home_s)} of 6 h"
        row = (day(one.start), where, span(one.observed_s), span(one.unobserved_s))
        rows.append((*row, span(one.off_s), span(one.ahead_s) if one.ahead_s else ""))
    heads = ("Day", "At home, midnight to six", "Observed", "Not observed", "Tag off", "To come")
    ahead = any(one.ahead_s for one in made.days)
    upto = None if ahead else -1
    yield Table(heads=heads[:upto], rows=tuple(row[:upto] for row in rows))
    gaps = sorted(made.movements.gaps, key=lambda gap: gap.start - gap.end)[:3]
    long = [gap for gap in gaps if gap.end - gap.start >= SHORT]
    if long:
        said = "; ".join(
            f"{between(gap.start, gap.end)} ({span((gap.end - gap.start) / SECOND)})"
            for gap in long
        )
        yield Words(text=f"The longest times not seen: {said}.")


def _nights(made: Overview) -> str:
    home = made.places.home
    if home is None:
        return "No place is likelier than not his home, so nights at home cannot be said."
    answers = [night.answer for night in made.nights]
    if not answers:
        return "No night is over yet."
    sure, blind = answers.count("home"), answers.count("cannot_say")
    most = "" if not blind else f", and {counted(sure + blind, 'night')} at the most"
    return (
        f"{counted(sure, 'night')} of {len(answers)} at home for certain{most}; "
        f"{answers.count('elsewhere')} not at home. Home is inferred, with probability "
        f"{share(home.home_probability, 1)}."
    )


def _seen(made: Overview) -> str:
    on_s = sum(each.observed_s + each.unobserved_s for each in made.days)
    seen_s = sum(each.observed_s for each in made.days)
    off_s = sum(each.off_s for each in made.days)
    if not on_s:
        return "No tag was on him, or it was switched off."
    off = f" For {span(off_s)} no tag was on him, or it was off." if off_s else ""
    many, of = made.movements.vague, made.movements.fixes
    vague = f" {many} of {of} fixes were too vague to show a stay or a way." if many else ""
    return (
        f"Observed for {share(seen_s, on_s)} of the time a tag was on him; for "
        f"{span(on_s - seen_s)} nobody can say where he was.{off}{vague}"
    )


def _places(made: Overview, names: dict[int, str]) -> Iterator[Part]:
    here = sorted(set(made.places.of_stop))
    if not here:
        yield Words(text="He was nowhere seen to stay.")
        return
    rows: list[tuple[float, tuple[str, ...]]] = []
    for number in here:
        time_s = at_place_s(made.movements, made.places, number)
        known = made.places.numbered(number)
        visits = made.places.of_stop.count(number)
        new = "new" if number in made.new_places else ""
        radius = "" if known is None else f"{known.radius_m:.0f} m"
        row = (
            str(number),
            sentence(names.get(number, "")),
            spans(time_s),
            str(visits),
            radius,
            new,
        )
        rows.append((time_s.most, row))
    rows.sort(key=lambda each: -each[0])
    shown = rows[:12]
    yield Table(
        heads=("No.", "Place", "Time", "Stays", "Known within", "New"),
        rows=tuple(row for _, row in shown),
    )
    if len(rows) > len(shown):
        rest = len(rows) - len(shown)
        yield Words(text=f"And {counted(rest, 'place')} of less time, under day by day.")
    if made.weeks_before and not made.new_places:
        yield Words(text="No place that he was not seen at before.")


def _conditions(made: Overview) -> Iterator[Part]:
    if made.zones:
        yield Table(
            heads=("Zone", "Nearest seen", "Entered", "Near it", "Cannot be excluded"),
            rows=tuple(map(_zone, made.zones)),
        )
    if made.curfews:
        yield Table(
            heads=("To be at", "Kept", "Out", "Cannot say", "Excused"),
            rows=tuple(map(_curfew, made.curfews)),
        )
        yield Words(
            text="“Kept” is time in which a stay was seen there. “Out” is a confirmed absence from "
            "its latest beginning to its earliest end. All the rest nobody can say."
        )
    if not made.zones and not made.curfews:
        yield Words(text="No condition about a place applied in this week.")


def _zone(one: ZoneWeek) -> tuple[str, ...]:
    if one.nearest_m is None or one.nearest_at is None:
        nearest = "nothing was seen while it applied"
    else:
        nearest = f"{distance(one.nearest_m)}, {moment(one.nearest_at)}"
    entered = [
        f"{many} {how}"
        for many, how in ((one.entries_confirmed, "confirmed"), (one.entries_possible, "possible"))
        if many
    ]
    return (
        one.label,
        nearest,
        ", ".join(entered) or "no finding",
        f"{counted(one.approaches, 'warning')}" if one.approaches else "no warning",
        _open(one),
    )


def _open(one: ZoneWeek) -> str:
    """Return in how many gaps he can have been in it, and how much was not seen."""
    gaps = f"in {counted(one.not_excluded, 'gap')}" if one.not_excluded else ""
    unseen = (
        f"not seen for {share(one.unseen_s, one.applied_s)} of the time" if one.unseen_s else ""
    )
    return "; ".join(each for each in (gaps, unseen) if each) or "never"


def _curfew(one: CurfewWeek) -> tuple[str, ...]:
    untold = ""
    if one.before_told_s:
        untold = f", of which {span(one.before_told_s)} before he was told"
    return (
        f"{one.label} ({_DEMANDS.get(one.demand, 'condition').lower()})",
        _minutes(one.kept_s),
        f"{_minutes(one.out_s)}{untold}",
        _minutes(one.cannot_say_s),
        _minutes(one.excused_s),
    )


def _minutes(seconds: int) -> str:
    return f"{round(seconds / 60):,} min"


def _alerts(made: Overview) -> Iterator[Part]:
    if not made.alerts:
        yield Words(text="No alert in this week.")
        return
    yield Table(
        heads=("When", "What was found", "Circumstances", "What became of it"),
        rows=tuple(map(_alert, made.alerts[:MOST_ALERTS])),
    )


def _alert(one: AlertWeek) -> tuple[str, ...]:
    placed = one.rule in _PLACED
    found = f" {finding_words(one.rule, one.finding, one.phase)}." if placed else ""
    became = _STATES[one.state]
    if one.disposition is not None:
        became = f"closed: {one.disposition.value.replace('_', ' ')}"
    return (moment(one.happened_at), f"{one.sentence}{found}", one.circumstances, became)


def _care(made: Overview) -> Part:
    tag = made.care
    hours = ", ".join(f"{hour:02d}:00" for hour in tag.charged_at_hours)
    return Rows(
        rows=(
            (
                "Charged",
                f"{counted(tag.charges, 'time')}" + (f", mostly from {hours}" * bool(hours)),
            ),
            (
                "Lowest battery read",
                "not reported" if tag.lowest_pct is None else f"{tag.lowest_pct:.0f} %",
            ),
            ("Warnings", f"{tag.low} of a low, {tag.critical} of a nearly empty battery"),
            ("Strap and case", counted(tag.strap, "report") if tag.strap else "nothing reported"),
            ("Silent or not located", counted(tag.silences, "time") if tag.silences else "never"),
        )
    )


def _praise(made: Overview) -> Iterator[Part]:
    if made.praise:
        yield Lines(lines=tuple(each.sentence for each in made.praise))
