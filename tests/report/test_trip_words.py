"""How he went, in words: likely, not excluded, and by what it was told."""

import msgspec

from tagwatch.core.trip import RailRide, Trip, TripMode
from tagwatch.core.units import MINUTE, Instant, parse_iso
from tagwatch.report.trip_words import how_words, rail_words, ride_words

AT = parse_iso("2026-03-02T09:12:00Z")
RIDE = RailRide(
    started_at=AT, ended_at=Instant(AT + 17 * MINUTE), probability=0.93, named=True,
    from_station="Alder", to_station="Cedar", is_faster=False, line_m_95=22, fixes=15,
)  # fmt: skip
TRIP = Trip(
    number=1, started_at=AT, ended_at=Instant(AT + 40 * MINUTE), mode=TripMode.RAIL,
    mode_probability=0.93, distance_m_least=9000, distance_m_most=13000, fixes=30, seen_s=2400,
    from_stop=1, to_stop=2, ride=RIDE,
)  # fmt: skip


def test_a_ride_is_likely_and_says_its_stations_and_times() -> None:
    assert how_words(TRIP) == "by rail, likely (93 %)"
    assert ride_words(TRIP) == "by rail from Alder to Cedar about 09:12 to 09:29"
    part = msgspec.structs.replace(TRIP, mode=TripMode.VEHICLE, mode_probability=1.0)
    assert how_words(part) == "in a vehicle (99 %)"
    assert ride_words(part).endswith("(93 % likely)")
    for names, said in ((("Alder", ""), "from Alder about"), (("", "Cedar"), "to Cedar about")):
        ends = msgspec.structs.replace(RIDE, from_station=names[0], to_station=names[1])
        assert said in ride_words(msgspec.structs.replace(TRIP, ride=ends))
    nowhere = msgspec.structs.replace(RIDE, from_station="", to_station="")
    assert ride_words(msgspec.structs.replace(TRIP, ride=nowhere)).startswith("by rail about")


def test_what_is_only_not_excluded_is_no_ride() -> None:
    ride = msgspec.structs.replace(RIDE, named=False, probability=0.3)
    drive = msgspec.structs.replace(TRIP, mode=TripMode.VEHICLE, mode_probability=0.97, ride=ride)
    assert how_words(drive) == "in a vehicle (97 %; rail not excluded)"
    assert ride_words(drive) == ""
    unclear = msgspec.structs.replace(drive, mode=TripMode.UNKNOWN, mode_probability=0.0)
    assert how_words(unclear) == "not clear how (rail not excluded)"
    assert how_words(msgspec.structs.replace(unclear, ride=None)) == "not clear how"


def test_by_what_it_was_told_or_why_not() -> None:
    assert rail_words("a.geojson") == "Rides by rail are told by a.geojson."
    assert "counts as one in a vehicle" in rail_words("")
    assert rail_words("No lines.").startswith("No lines. So a ride")
