"""NMEA 0183 as receivers log it: RMC, GGA, GNS, GST, GSA, VTG and ZDA of any talker.

Sentences of one time of day make one fix, given when the next time begins. The date comes from
RMC or ZDA and rolls at midnight. What is no sentence is passed over and counted; a sentence whose
checksum is wrong is a fault.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from math import hypot, isnan, nan
from pathlib import Path
from typing import IO, Final

from tagwatch.core.fix import Mark, Source
from tagwatch.core.units import DAY, HOUR, Instant, instant
from tagwatch.ingest.files.block import FileBlock, FileReport, Row, blocks_of
from tagwatch.ingest.protocol.rows import Reading
from tagwatch.ingest.protocol.value import number

KNOT_MPS: Final = 1852 / 3600
KMH_MPS: Final = 1 / 3.6
DRMS_CONFIDENCE: Final = 0.63
"""Of the radius sqrt(sigma_lat² + sigma_lon²) of GST: 1 - 1/e where the two are equal."""
MAX_LINE: Final = 4096
_SENTENCE: Final = re.compile(rb"\$([A-Z]{2})([A-Z]{3}),([^$*\r\n]{0,200})\*([0-9A-Fa-f]{2})")
_TIME: Final = re.compile(r"(\d\d)(\d\d)(\d\d)(?:\.(\d{0,6})\d*)?")
_DEGREES: Final = re.compile(r"(\d{2,3})(\d\d(?:\.\d*)?)")


def read_nmea(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the fixes of a log; nothing in it can make this fail but the disk."""
    return blocks_of(_rows(path, report), report, received_at)


def _rows(path: Path, report: FileReport) -> Iterator[Row]:
    epochs = _Epochs(report)
    with path.open("rb") as file:
        for at_line, line in _lines(file):
            for talker, kind, fields in _sentences(line, at_line, report):
                report.rows += 1
                done = epochs.take(talker, kind, fields)
                if done is not None:
                    yield done
    last = epochs.finish()
    if last is not None:
        yield last


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give numbered pieces of the log of at most MAX_LINE bytes, lines where there are any."""
    at_line = 0
    while piece := file.readline(MAX_LINE):
        at_line += 1
        yield at_line, piece


def _sentences(
    line: bytes, at_line: int, report: FileReport
) -> Iterator[tuple[str, str, list[str]]]:
    if line.startswith(b"#") or not line.strip():
        return
    end = 0
    for found in _SENTENCE.finditer(line):
        if line[end : found.start()].strip():
            report.note("garbage")
        end = found.end()
        checksum = 0
        for byte in line[found.start() + 1 : found.end() - 3]:
            checksum ^= byte
        if checksum != int(found[4], 16):
            report.rows += 1
            report.fault(at_line, f"wrong checksum in {found[2].decode()}")
            continue
        yield found[1].decode(), found[2].decode(), found[3].decode("latin-1").split(",")
    if line[end:].strip():
        report.note("garbage")


class _Epochs:
    """Gathers the sentences of one time of day."""

    def __init__(self, report: FileReport) -> None:
        self._report = report
        self._midnight: Instant | None = None
        self._clock: int | None = None
        """Microseconds into the day of the epoch being gathered."""
        self._values: dict[str, float] = {}

    def take(self, _talker: str, kind: str, fields: list[str]) -> Row | None:
        """Take a sentence; return the fix that its time of day has finished, if any."""
        places = _CLOCK_AT.get(kind)
        done = None
        if places is not None:
            clock = _clock(_at(fields, places))
            if clock is not None and clock != self._clock:
                done = self.finish()
                self._begin(clock)
        reader = _READERS.get(kind)
        if reader is None:
            if places is None:
                self._report.note("other sentences")
            return done
        self._values.update(
            (name, value) for name, value in reader(fields).items() if not isnan(value)
        )
        date = _date(kind, fields)
        if date is not None:
            self._midnight = date
        return done

    def _begin(self, clock: int) -> None:
        if self._clock is not None and self._midnight is not None:
            turned = self._clock - clock
            if turned > 12 * HOUR:
                self._midnight = Instant(self._midnight + DAY)
        self._clock = clock
        # What GSA and VTG say comes without a time: it counts for the epoch it stands in.
        self._values = {}

    def finish(self) -> Row | None:
        """Return the fix of the epoch gathered so far, None if it has no position."""
        values, self._values = self._values, {}
        if "lat" not in values or "lon" not in values:
            if values:
                self._report.note("times without a position")
            return None
        fixed_at = None
        if self._midnight is not None and self._clock is not None:
            fixed_at = Instant(self._midnight + self._clock)
        valid = values.get("valid", 1.0) != 0.0
        get = values.get
        reading = Reading(
            fixed_at=fixed_at,
            lon_deg=get("lon", nan),
            lat_deg=get("lat", nan),
            accuracy_m=hypot(get("sigma_lat", nan), get("sigma_lon", nan)),
            confidence=DRMS_CONFIDENCE,
            hdop=get("hdop", nan),
            altitude_m=get("altitude", nan),
            speed_mps=get("speed", nan),
            bearing_deg=get("course", nan),
            satellites=get("satellites", nan),
            source=Source.GNSS if valid and "estimated" not in values else Source.UNKNOWN,
            marks=Mark.NONE if valid else Mark.NOT_VALID,
        )
        return Row(reading)


def _at(fields: list[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""


def _clock(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(found[part]) for part in (1, 2, 3))
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    micros = int((found[4] or "").ljust(6, "0"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros


def _angle(text: str, side: str, most: float) -> float:
    found = _DEGREES.fullmatch(text)
    if found is None or side not in ("N", "S", "E", "W"):
        return nan
    value = int(found[1]) + float(found[2]) / 60
    if value > most:
        return nan
    return -value if side in "SW" else value


def _position(fields: list[str], place: int) -> dict[str, float]:
    return {
        "lat": _angle(_at(fields, place), _at(fields, place + 1), 90),
        "lon": _angle(_at(fields, place + 2), _at(fields, place + 3), 180),
    }


def _rmc(fields: list[str]) -> dict[str, float]:
    return _position(fields, 2) | {
        "valid": float(_at(fields, 1) == "A"),
        "speed": number(_at(fields, 6)) * KNOT_MPS,
        "course": number(_at(fields, 7)),
    }


def _gga(fields: list[str]) -> dict[str, float]:
    quality = number(_at(fields, 5))
    # Quality 6 is an estimate: of dead reckoning, or of no satellites at all.
    estimated = {"estimated": 1.0} if quality == 6 else {}
    return (
        _position(fields, 1)
        | estimated
        | {
            "valid": nan if isnan(quality) else float(quality > 0),
            "satellites": number(_at(fields, 6)),
            "hdop": number(_at(fields, 7)),
            "altitude": number(_at(fields, 8)),
        }
    )


def _gns(fields: list[str]) -> dict[str, float]:
    return _position(fields, 1) | {
        "valid": float(any(mode not in "N" for mode in _at(fields, 5))),
        "satellites": number(_at(fields, 6)),
        "hdop": number(_at(fields, 7)),
        "altitude": number(_at(fields, 8)),
    }


def _gst(fields: list[str]) -> dict[str, float]:
    return {"sigma_lat": number(_at(fields, 5)), "sigma_lon": number(_at(fields, 6))}


def _gsa(fields: list[str]) -> dict[str, float]:
    return {"hdop": number(_at(fields, 15))}


def _vtg(fields: list[str]) -> dict[str, float]:
    return {"course": number(_at(fields, 0)), "speed": number(_at(fields, 6)) * KMH_MPS}


def _zda(_fields: list[str]) -> dict[str, float]:
    return {}


_CLOCK_AT: Final = {"RMC": 0, "GGA": 0, "GNS": 0, "GST": 0, "ZDA": 0}
_READERS: Final = {
    "RMC": _rmc,
    "GGA": _gga,
    "GNS": _gns,
    "GST": _gst,
    "GSA": _gsa,
    "VTG": _vtg,
    "ZDA": _zda,
}


def _date(kind: str, fields: list[str]) -> Instant | None:
    """Return midnight of the date in an RMC (two digits of the year) or ZDA sentence."""
    try:
        if kind == "RMC" and _at(fields, 1) == "A":
            text = _at(fields, 8)
            year = int(text[4:6])
            # GPS began in 1980: the two digits mean 1980 to 2079.
            whole = (1900 if year >= 80 else 2000) + year
            return instant(datetime(whole, int(text[2:4]), int(text[:2]), tzinfo=UTC))
        if kind == "ZDA":
            day, month, year = (int(_at(fields, place)) for place in (1, 2, 3))
            return instant(datetime(year, month, day, tzinfo=UTC))
    except ValueError:
        return None
    return None
