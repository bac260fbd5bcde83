"""What happened in a window, line by line: stops, trips, gaps, alerts, and words of the tag."""

from typing import Any

import msgspec

from tagwatch.core.alert import Alert
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import london
from tagwatch.core.trip import Gap, Trip
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.trail_view import TrailView
from tagwatch.query.wearer import TagWord
from tagwatch.report.trip_words import how_words, ride_words
from tagwatch.web.borough import borough_of
from tagwatch.web.render import age, stamped
from tagwatch.web.words import word


class TrailLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table of movements."""

    at: Instant
    kind: str
    """stop, trip, gap, alert or tag."""
    title: str
    when: str
    says: str
    href: str = ""
    pick: dict[str, Any] | None = None
    """What the map marks: `from` and `to` in ms, and of a stop its place; None: nothing."""


def trail_lines(view: TrailView, alerts: str) -> list[TrailLine]:
    """Return all lines in order of time; `alerts` is the address under which alerts are seen,
    empty for a reader who may not."""
    found = view.movements
    lines = [_stop(view, stop) for stop in found.stops]
    lines += [_trip(trip) for trip in found.trips]
    lines += [_gap(gap) for gap in found.gaps]
    lines += [_alert(alert, alerts) for alert in view.alerts]
    lines += [_tag(said) for said in view.words]
    return sorted(lines, key=lambda line: line.at)


def clock_time(at: Instant) -> str:
    """Return day and London time to the minute, e.g. `Sun 22 Nov 14:03`."""
    return london(at).strftime("%a %-d %b %H:%M")


def between_times(low: Instant, high: Instant) -> str:
    """Return a moment known to lie between two, e.g. `Sun 22 Nov 14:03 to 14:10`."""
    first, last = london(low), london(high)
    if first.strftime("%F %R") == last.strftime("%F %R"):
        return clock_time(low)
    if first.date() != last.date() or first.utcoffset() != last.utcoffset():
        return f"{stamped(low)} to {stamped(high)}"
    return f"{clock_time(low)} to {last:%H:%M}"


def kilometres(least_m: int, most_m: int) -> str:
    """Return a distance known to lie between two."""
    if most_m < 950:
        return f"{least_m} to {most_m} m"
    return f"{least_m / 1000:.1f} to {most_m / 1000:.1f} km"


def _stop(view: TrailView, stop: Stop) -> TrailLine:
    came = "was there before this time or the trail begins"
    if stop.arrived_earliest is not None and stop.arrived_latest is not None:
        came = f"came {between_times(stop.arrived_earliest, stop.arrived_latest)}"
    left = "had not left when this time or the trail ends"
    if stop.left_earliest is not None and stop.left_latest is not None:
        left = f"left {between_times(stop.left_earliest, stop.left_latest)}"
    seen_s = (stop.last_seen - stop.first_seen) // SECOND
    unseen = f"; not seen {age((seen_s - stop.seen_s) * SECOND)} of it" if _holes(stop) else ""
    return TrailLine(
        at=stop.first_seen,
        kind="stop",
        title=f"Stop {stop.number}: at a place in {borough_of(stop.lon_deg, stop.lat_deg)}"
        f"{near_words(view, stop)}",
        when=f"{came}, {left}",
        says=f"{stop.fixes} fixes, known within {stop.radius_m_95:.0f} m (95 %){unseen}",
        pick={
            "lon": stop.lon_deg,
            "lat": stop.lat_deg,
            "radius": stop.radius_m_95,
            "from": stop.first_seen // 1000,
            "to": stop.last_seen // 1000,
        },
    )


def _holes(stop: Stop) -> bool:
    return (stop.last_seen - stop.first_seen) // SECOND - stop.seen_s >= 60


def near_words(view: TrailView, stop: Stop) -> str:
    """Return the places of his conditions, of those shown to this reader, at or near which a stop
    lies; empty for none."""
    near = view.near.get(stop.number, ())
    return f", at or near {' and '.join(near)}" if near else ""


def _trip(trip: Trip) -> TrailLine:
    ride = ride_words(trip)
    seen = f"{trip.fixes} fixes" if trip.fixes else "not seen: it lies in a gap"
    return TrailLine(
        at=trip.started_at,
        kind="trip",
        title=f"Trip {trip.number}: {how_words(trip)}",
        when=f"about {between_times(trip.started_at, trip.ended_at)}",
        says=f"{kilometres(trip.distance_m_least, trip.distance_m_most)}, {seen}"
        f"{f'; {ride}' if ride else ''}",
        pick={"from": trip.started_at // 1000, "to": trip.ended_at // 1000},
    )


def _gap(gap: Gap) -> TrailLine:
    off = f", of it {age(gap.off_s * SECOND)} without a tag that is on" if gap.off_s else ""
    moved = f" He moved at least {gap.moved_m_least} m meanwhile." if gap.moved_m_least else ""
    return TrailLine(
        at=gap.start,
        kind="gap",
        title=f"Not seen for {age(gap.end - gap.start)}",
        when=between_times(gap.start, gap.end),
        says=f"Where he was is not known{off}.{moved}",
        pick={"from": gap.start // 1000, "to": gap.end // 1000},
    )


def _alert(alert: Alert, alerts: str) -> TrailLine:
    return TrailLine(
        at=alert.happened_at,
        kind="alert",
        title=f"Alert: {word(alert.kind)}",
        when=clock_time(alert.happened_at),
        says=f"{word(alert.finding)}, {word(alert.state).lower()}",
        href=f"{alerts}/{alert.alert_id}" if alerts else "",
        pick={"from": alert.happened_at // 1000, "to": alert.happened_at // 1000},
    )


def _tag(said: TagWord) -> TrailLine:
    return TrailLine(
        at=said.happened_at,
        kind="tag",
        title=f"The tag reported: {word(said.kind)}",
        when=clock_time(said.happened_at),
        says="",
        pick={"from": said.happened_at // 1000, "to": said.happened_at // 1000},
    )
