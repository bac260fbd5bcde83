"""A trail as NMEA 0183: RMC, GGA and GST a fix, ZDA a day, who and when as TXT before them."""

from collections.abc import Iterable, Iterator
from math import log, sqrt
from textwrap import wrap
from typing import BinaryIO, Final

from tagwatch.core.fix import Mark, Source
from tagwatch.core.units import DAY, SECOND, utc
from tagwatch.report.trail_file import CIRCLE, TrailHead, TrailRow, head_words

KNOT_MPS: Final = 1852 / 3600
ESTIMATED: Final = 6
"""Quality in GGA of what is no fix by satellites."""
_TEXT_MOST: Final = 60
_DECIMALS: Final = 6
"""Of a minute of arc: 2 mm, in sentences of the 82 characters that the standard allows."""


def write_nmea(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write the fixes that have a place, to the millisecond."""
    words = f"{head_words(head)} {CIRCLE}".encode("ascii", "replace").decode()
    lines = wrap(words.translate(str.maketrans("*$,!\\^~", "_______")), _TEXT_MOST)[:99]
    for number, line in enumerate(lines, start=1):
        file.write(_sentence(f"GPTXT,{len(lines):02d},{number:02d},02,{line}"))
    day = None
    for row in rows:
        if row.lat_deg is not None and row.lon_deg is not None:
            if day != row.fixed_at // DAY:
                # RMC has two digits of the year, and readers take its date from valid fixes alone.
                file.write(_sentence(f"GPZDA,{_clock(row)},{utc(row.fixed_at):%d,%m,%Y},00,00"))
                day = row.fixed_at // DAY
            for body in _fix(row, row.lat_deg, row.lon_deg):
                file.write(_sentence(body))


def _fix(row: TrailRow, lat_deg: float, lon_deg: float) -> Iterator[str]:
    at = utc(row.fixed_at)
    clock = _clock(row)
    place = f"{_angle(lat_deg, 2, 'NS')},{_angle(lon_deg, 3, 'EW')}"
    valid = not row.marks & Mark.NOT_VALID
    satellite = row.source is Source.GNSS
    speed = "" if row.speed_mps is None else f"{row.speed_mps / KNOT_MPS:.3f}"
    course = "" if row.bearing_deg is None else f"{row.bearing_deg:.2f}"
    mode = "N" if not valid else "A" if satellite else "E"
    quality = 0 if not valid else 1 if satellite else ESTIMATED
    yield f"GPRMC,{clock},{'A' if valid else 'V'},{place},{speed},{course},{at:%d%m%y},,,{mode}"
    satellites = "" if row.satellites is None else f"{row.satellites:02d}"
    hdop = "" if row.hdop is None else f"{row.hdop:.2f}"
    altitude = ",M" if row.altitude_m is None else f"{row.altitude_m:.2f},M"
    yield f"GPGGA,{clock},{place},{quality},{satellites},{hdop},{altitude},,M,,"
    if row.accuracy_m is not None and row.confidence is not None:
        # Of a circular Gaussian, the sigma of one axis of which the told circle holds its share.
        sigma_m = row.accuracy_m / sqrt(-2 * log(1 - row.confidence))
        yield f"GPGST,{clock},,,,,{sigma_m:.3f},{sigma_m:.3f},"


def _clock(row: TrailRow) -> str:
    return f"{utc(row.fixed_at):%H%M%S}.{row.fixed_at % SECOND // 1000:03d}"


def _angle(value: float, digits: int, sides: str) -> str:
    scale = 10**_DECIMALS
    units = round(abs(value) * 60 * scale)
    degrees, minutes = divmod(units, 60 * scale)
    whole, part = divmod(minutes, scale)
    side = sides[value < 0]
    return f"{degrees:0{digits}d}{whole:02d}.{part:0{_DECIMALS}d},{side}"


def _sentence(body: str) -> bytes:
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode()
