"""How somebody went on a trip, in words, for pages and paper."""

from tagwatch.core.timetable import london
from tagwatch.core.trip import RailRide, Trip, TripMode

_MODES = {
    TripMode.FOOT: "on foot",
    TripMode.CYCLE: "by cycle",
    TripMode.VEHICLE: "in a vehicle",
    TripMode.RAIL: "by rail, likely",
    TripMode.UNKNOWN: "not clear how",
}


def how_words(trip: Trip) -> str:
    """Return how he went and how sure that is, e.g. `in a vehicle (97 %; rail not excluded)`."""
    mode = TripMode(trip.mode)
    said = f"{100 * min(trip.mode_probability, 0.99):.0f} %"
    if mode is TripMode.UNKNOWN:
        said = ""
    if trip.ride is not None and not trip.ride.named:
        said += "; rail not excluded" if said else "rail not excluded"
    return f"{_MODES[mode]} ({said})" if said else _MODES[mode]


def ride_words(trip: Trip) -> str:
    """Return the part that was likely by rail; empty where none is named."""
    ride = trip.ride
    if ride is None or not ride.named:
        return ""
    sure = "" if trip.mode is TripMode.RAIL else f" ({100 * ride.probability:.0f} % likely)"
    between = f"{london(ride.started_at):%H:%M} to {london(ride.ended_at):%H:%M}"
    return f"by rail{_stations(ride)} about {between}{sure}"


def rail_words(railways: str) -> str:
    """Return by what rides by rail were told from others, given `Movements.railways`."""
    if not railways:
        return "No railway lines are loaded, so a ride by rail counts as one in a vehicle."
    if railways.endswith("."):
        return f"{railways} So a ride by rail counts as one in a vehicle."
    return f"Rides by rail are told by {railways}."


def _stations(ride: RailRide) -> str:
    if ride.from_station and ride.to_station:
        return f" from {ride.from_station} to {ride.to_station}"
    if ride.from_station:
        return f" from {ride.from_station}"
    return f" to {ride.to_station}" if ride.to_station else ""
