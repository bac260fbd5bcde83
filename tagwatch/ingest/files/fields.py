"""One fix out of named fields, as Tagwatch's own files of trails name them in every format."""

from collections.abc import Mapping
from math import nan
from typing import Any, Final

from tagwatch.core.fix import Mark, Motion, Source
from tagwatch.ingest.files.block import FileReport, Row
from tagwatch.ingest.protocol.rows import Reading
from tagwatch.ingest.protocol.value import moment, number, switch

SOURCES: Final = {source.name: source for source in Source} | {
    str(int(source)): source for source in Source
}
"""Words and numbers for the source of a fix, in upper case."""
_MOTIONS: Final = {motion.name: motion for motion in Motion}
_BY_TAG: Final = {
    mark.name: mark for mark in (Mark.BAD_TIME, Mark.BAD_POSITION, Mark.MOCK, Mark.NOT_VALID)
}
"""Marks that belong to the fix itself. The others are of its arrival, which is another one now."""


def row_of(values: Mapping[str, Any], at: int, report: FileReport) -> Row:
    """Return the fix of these fields; what is absent is unknown. `at` is where it stands in the
    file, for the report."""

    def read(name: str) -> float:
        return number(values.get(name))

    lat, lon = read("lat"), read("lon")
    fixed_at = moment(values.get("time"))
    placed = lat == lat and lon == lon  # noqa: PLR0124  # NaN: no place
    if fixed_at is None:
        report.fault(at, "no time that can be read")
    elif not placed and values.get("lat") in (None, ""):
        report.note("fixes without a place")
    elif not placed:
        report.fault(at, "latitude or longitude is no number")
    accuracy_m = read("accuracy_m")
    reading = Reading(
        fixed_at=fixed_at,
        lon_deg=lon,
        lat_deg=lat,
        accuracy_m=accuracy_m,
        confidence=read("confidence") if accuracy_m > 0 else nan,
        hdop=read("hdop"),
        altitude_m=read("altitude_m"),
        speed_mps=read("speed_mps"),
        bearing_deg=read("bearing_deg"),
        battery_pct=read("battery_pct"),
        satellites=read("satellites"),
        source=SOURCES.get(str(values.get("source") or "").upper(), Source.UNKNOWN),
        motion=motion_of(values.get("motion")),
        charging=switch(values.get("charging")),
        sent_at=moment(values.get("sent_at")),
        marks=marks_of(values.get("marks")) | (Mark.NONE if placed else Mark.BAD_POSITION),
    )
    return Row(reading)


def motion_of(word: Any) -> Motion:
    """Return the motion flag that a word names, UNKNOWN for anything else."""
    return _MOTIONS.get(str(word or "").upper(), Motion.UNKNOWN)


def marks_of(words: Any) -> Mark:
    """Return those marks, named with spaces between them, that belong to the fix itself."""
    found = Mark.NONE
    for word in str(words or "").upper().split():
        found |= _BY_TAG.get(word, Mark.NONE)
    return found
