"""The Ministry of Justice's activations CSV: which device was on which person, and when."""

import csv
from pathlib import Path
from typing import Final, NamedTuple

from tagwatch.core.units import Instant, parse_iso
from tagwatch.ingest.files.block import FileError
from tagwatch.ingest.protocol.value import moment

NEEDED: Final = (
    "device_activation_id",
    "device_activation_date",
    "device_deactivation_date",
    "person_id",
    "device_id",
)
SERIAL: Final = "device_serial_number"
NEVER_ENDS: Final = parse_iso("2999-01-01T00:00:00Z")
"""An end from here on means that the device is still on him."""
_MOST: Final = 1_000_000


class DeviceActivation(NamedTuple):
    """A device on a person for [start, end)."""

    activation_id: str
    device: str
    serial: str
    """'' where the file does not say it."""
    person: str
    start: Instant
    end: Instant


def read_activations(path: Path) -> list[DeviceActivation]:
    """Return the activations of a file. Raises FileError naming the row that is wrong: a person
    whose activation is passed over would be missing from every list."""
    found: list[DeviceActivation] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, skipinitialspace=True)
            missing = [name for name in NEEDED if name not in (table.fieldnames or ())]
            if missing:
                raise FileError(f"{path} has no column {', '.join(missing)}: add it")
            for cells in table:
                if len(found) == _MOST:
                    raise FileError(f"{path} has more than {_MOST:,} activations: split it")
                said = {name: str(cells.get(name) or "").strip() for name in (*NEEDED, SERIAL)}
                found.append(_activation(path, table.line_num, said))
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from error
    except csv.Error as error:
        raise FileError(f"{path} is not CSV: {error}") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    return found


def _activation(path: Path, line: int, said: dict[str, str]) -> DeviceActivation:
    start, end = _when(said[NEEDED[1]]), _when(said[NEEDED[2]])
    if start is None:
        raise FileError(f"{path}, line {line}: {said[NEEDED[1]]!r} is no activation date")
    if end is None and said[NEEDED[2]]:
        raise FileError(f"{path}, line {line}: {said[NEEDED[2]]!r} is no deactivation date")
    if not said["person_id"] or not said["device_id"]:
        raise FileError(f"{path}, line {line}: an activation needs a person_id and a device_id")
    return DeviceActivation(
        activation_id=said["device_activation_id"],
        device=said["device_id"],
        serial=said[SERIAL],
        person=said["person_id"],
        start=start,
        end=NEVER_ENDS if end is None else min(end, NEVER_ENDS),
    )


def _when(text: str) -> Instant | None:
    """Return a moment; a date alone is its first."""
    return moment(text) if len(text) > len("2999-12-12") else moment(f"{text} 00:00:00")
