"""Where does he usually spend some hours of the week? By his past, out of how often it was seen."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec

from tagwatch.core.carried import OffBody
from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.ids import WearerId
from tagwatch.core.place import Places, places
from tagwatch.core.routine import RoutineHour, routine
from tagwatch.core.rules.area import area
from tagwatch.core.timetable import Weekday
from tagwatch.core.units import DAY
from tagwatch.query.his_weeks import WEEK_BESIDE, weeks_of
from tagwatch.query.question import (
    Method,
    QuestionError,
    RecordedPlace,
    Window,
    audit_detail,
    known,
    method,
    told_places,
)
from tagwatch.query.reader import Reader

LONGEST: Final = 92 * DAY
LEAST: Final = 7 * DAY
HOW: Final = (
    "His stops are found in his fixes, and stops that lie together over the weeks are one place. "
    "Of each hour of the week it is counted how long he was seen at which place, of the time that "
    "was observed; hours that were not seen count for nothing. What he usually did says nothing of "
    "what he did or will do on any one day."
)


class UsualPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One way to have spent these hours."""

    place: int | None
    """The place's number; None: on the way, or where he hardly ever stopped."""
    label: str
    """A place on record that he was told of and that lies there; empty if none does."""
    lon_deg: float | None
    lat_deg: float | None
    radius_m: float | None
    share: float
    """Of the observed time of these hours."""
    home_probability: float


class UsualView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    window: Window
    weekday: Weekday
    from_hour: int
    until_hour: int
    """London hours, [from_hour, until_hour)."""
    times: int
    """How often that part of the week lay in the window."""
    seen_least: int
    seen_most: int
    """In how many of these at least half of an hour was observed: of the hour seen least often,
    and of the one seen most often."""
    usual: tuple[UsualPlace, ...]
    """Largest share first."""
    hours: tuple[RoutineHour, ...]
    observed_s: int
    unobserved_s: int
    off_body: tuple[OffBody, ...]
    method: Method


def usually(
    reader: Reader,
    wearer_id: WearerId,
    weekday: Weekday,
    hours: tuple[int, int],
    window: Window,
) -> UsualView:
    """Return where he usually was. Raises NotFound, QuestionError; each is on the audit."""
    low, high = hours
    if not 0 <= low < high <= 24:
        raise QuestionError("from_hour", "Give hours from 0 to 24, the first before the last")
    if window.end - window.start < LEAST:
        raise QuestionError("start", "Ask about at least seven days: it is about a week's routine")
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "question_usual")
        of_him = known(connection, wearer_id, window, WEEK_BESIDE)
        on_record = told_places(reader, connection, wearer, window.known_at)
    weeks = weeks_of(of_him, window.span)
    found = places(weeks)
    usual_week = routine(weeks, found)
    chosen = tuple(usual_week.at(weekday, hour) for hour in range(low, high))
    said = f"{weekday.value} {low}-{high}"
    reader.consulted("question_usual", [wearer_id], audit_detail(window, said))
    return UsualView(
        wearer_id=wearer_id,
        window=window,
        weekday=weekday,
        from_hour=low,
        until_hour=high,
        times=max(hour.weeks for hour in chosen),
        seen_least=min(hour.seen for hour in chosen),
        seen_most=max(hour.seen for hour in chosen),
        usual=_usual(chosen, found, on_record),
        hours=chosen,
        observed_s=sum(hour.observed_s for hour in chosen),
        unobserved_s=sum(hour.unobserved_s for hour in chosen),
        off_body=of_him.off_body(window),
        method=method(HOW, of_him.settings, window.start, weeks=len(weeks)),
    )


def _usual(
    hours: Sequence[RoutineHour], found: Places, on_record: Sequence[RecordedPlace]
) -> tuple[UsualPlace, ...]:
    spent: dict[int | None, float] = defaultdict(float)
    for hour in hours:
        for each in hour.shares:
            spent[each.place] += each.share * hour.observed_s
    whole = sum(hour.observed_s for hour in hours)
    if not whole:
        return ()
    ranked = sorted(spent.items(), key=lambda item: (-item[1], item[0] is None, item[0] or 0))
    return tuple(_place(number, s / whole, found, on_record) for number, s in ranked if s > 0.0)


def _place(
    number: int | None, share: float, found: Places, on_record: Sequence[RecordedPlace]
) -> UsualPlace:
    one = None if number is None else found.numbered(number)
    if one is None:
        return UsualPlace(
            place=None, label="", lon_deg=None, lat_deg=None, radius_m=None,
            share=round(share, 4), home_probability=0.0,
        )  # fmt: skip
    return UsualPlace(
        place=one.place,
        label=_label(one.lon_deg, one.lat_deg, on_record),
        lon_deg=one.lon_deg,
        lat_deg=one.lat_deg,
        radius_m=one.radius_m,
        share=round(share, 4),
        home_probability=one.home_probability,
    )


def _label(lon_deg: float, lat_deg: float, on_record: Sequence[RecordedPlace]) -> str:
    for place in on_record:
        shape = area(place.shape).shape
        if distance_to_shape_m(shape, *shape.plane.xy(lon_deg, lat_deg)) <= 0.0:
            return place.label
    return ""
