"""Matches as the Ministry of Justice's files have them, and the list of who is not excluded."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

from tagwatch.core.crime import Crime
from tagwatch.core.match import CrimeMatch, OpenReason
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.report.trail_csv import guarded

MATCHES: Final = (
    *("POLICE FORCE", "BATCH ID", "CRIME REF", "CRIME TYPE", "FROM DATE/TIME", "TO DATE/TIME"),
    *("CRIME LATITUDE", "CRIME LONGITUDE", "OTHER INFO", "DEVICE ID", "DEVICE NAME"),
    *("SUBJECT IDENTIFIER", "OFFENDER NAME", "NOMIS ID", "PNC REF", "OFFENDER ADDRESS"),
    *("OFFENDER DATE OF BIRTH", "OFFENDER MANAGER"),
)
"""The last column stays empty, as in the Ministry's."""
OPEN: Final = (
    *("crime reference", "device id", "serial", "reason", "fixes in the window", "best radius"),
)
COVERAGE: Final = (
    *("crime reference", "person id", "list", "fixes in the window", "best radius"),
    *("window s", "seen s", "tag off s", "longest unseen s"),
)
REASONS: Final = {
    OpenReason.TOO_WIDE: "circle too wide to match, and it reaches the vicinity",
    OpenReason.NO_RADIUS: "fix without a radius",
    OpenReason.PARTLY: "circle reaches the vicinity by less than the share that counts",
    OpenReason.NO_FIX: "no fix in the window",
    OpenReason.SILENCE: "unseen for long enough to have been there",
    OpenReason.LIKELY: "neither likely nor unlikely enough",
}


class MatchedDevice(NamedTuple):
    """A device of somebody who matched, and what is known of him; '' where it is not."""

    device_id: str
    serial: str
    device_name: str = ""
    wearer: str = ""
    name: str = ""
    nomis_id: str = ""
    pnc_ref: str = ""
    address: str = ""
    date_of_birth: str = ""


def matched_row(crime: Crime, device: MatchedDevice) -> list[str]:
    """Return the row of one crime and one device."""
    return [
        guarded(text)
        for text in (
            crime.police_force,
            crime.batch_id,
            crime.reference,
            crime.crime_type,
            london_minute(crime.from_at),
            london_minute(crime.to_at),
        )
    ] + [
        repr(round(crime.place.lat_deg, 9)),
        repr(round(crime.place.lon_deg, 9)),
        *(
            guarded(text)
            for text in (
                crime.text,
                device.serial,
                device.device_name,
                device.wearer,
                device.name,
                device.nomis_id,
                device.pnc_ref,
                device.address,
                device.date_of_birth,
                "",
            )
        ),
    ]


def open_row(
    reference: str, device: MatchedDevice, reason: OpenReason, fixes: int, best_m: float | None
) -> list[str]:
    """Return the row of one device of somebody who could not be excluded."""
    return [
        *(guarded(text) for text in (reference, device.device_id, device.serial)),
        REASONS[reason],
        str(fixes),
        _metres(best_m),
    ]


def coverage_row(reference: str, person: str, match: CrimeMatch) -> list[str]:
    """Return the row of one crime and one person, on whichever list he is."""
    seen = match.seen
    return [
        *(guarded(text) for text in (reference, person)),
        match.found.value,
        str(match.fixes),
        _metres(match.best_radius_m),
        *(str(n) for n in (seen.window_s, seen.seen_s, seen.off_s, seen.longest_unseen_s)),
    ]


def london_minute(at: Instant) -> str:
    """Return London's time as the Ministry writes it: `31/12/2026 23:59`."""
    return london(at).strftime("%d/%m/%Y %H:%M")


def write_rows(path: Path, heads: tuple[str, ...], rows: Iterable[list[str]]) -> int:
    """Write a CSV file, lines ending as RFC 4180 has them; return how many rows. Raises OSError."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\r\n")
        table.writerow(heads)
        for row in rows:
            table.writerow(row)
            count += 1
    return count


def table_lines(heads: tuple[str, ...], rows: Iterable[list[str]]) -> Iterator[str]:
    """Give the lines of the same table as text."""
    for row in (list(heads), *rows):
        out = StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(row)
        yield out.getvalue()


def _metres(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
