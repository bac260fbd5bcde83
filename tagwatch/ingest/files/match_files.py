"""Positions and activations of files, put together person by person, for matching."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Mark, empty_block, joined
from tagwatch.core.ids import ActivationId
from tagwatch.core.match import Sighted, Worn
from tagwatch.core.units import DAY, Instant
from tagwatch.ingest.files.activations_moj import NEVER_ENDS, DeviceActivation
from tagwatch.ingest.files.block import FileError, FileReport
from tagwatch.ingest.files.csv_moj import read_moj
from tagwatch.ingest.files.table import AngleUnit

AROUND: Final = DAY
"""Fixes so long before the first and after the last crime are kept: they bound silences."""
_UNUSABLE: Final = int(Mark.BAD_TIME | Mark.BAD_POSITION)
_MOST_FIXES: Final = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class FilePerson:
    """One person of the files: his activations by their beginning, and his fixes in order."""

    person: str
    activations: tuple[DeviceActivation, ...]
    worn: tuple[Worn, ...]
    sighted: Sighted
    block: FixBlock
    """The same fixes with all that the file says of them."""


@dataclass(frozen=True, slots=True)
class FilePeople:
    """Everybody of the files, and what of them could not be used."""

    people: tuple[FilePerson, ...]
    rows: int
    used: int
    nobodys: int
    """Fixes of a device and a person for whom no activation held at that time."""
    unusable: int
    """Without a time or a place that can be read."""


def read_people(
    positions: Path,
    activations: Sequence[DeviceActivation],
    window: tuple[Instant, Instant],
    direction: AngleUnit,
) -> FilePeople:
    """Return everybody who was tagged in the window, with his fixes from a day before it to a day
    after. Raises FileError."""
    by_pair: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, one in enumerate(activations):
        by_pair[one.device, one.person].append(number)
    report = FileReport()
    unusable = nobodys = held = 0
    owned: list[tuple[FixBlock, list[int]]] = []
    for block, devices, persons in read_moj(positions, report, NEVER_ENDS, direction):
        _need_names(positions, devices, persons)
        times = block["fixed_at"].tolist()
        usable = ((block["marks"] & _UNUSABLE) == 0).tolist()
        kept: list[int] = []
        owners: list[int] = []
        for row, pair in enumerate(zip(devices, persons, strict=True)):
            if not usable[row]:
                unusable += 1
                continue
            owner = _owner(activations, by_pair.get(pair, ()), times[row])
            if owner is None:
                nobodys += 1
            elif window[0] - AROUND <= times[row] <= window[1] + AROUND:
                kept.append(row)
                owners.append(owner)
        held += len(kept)
        if held > _MOST_FIXES:
            raise FileError(f"{positions}: more than {_MOST_FIXES:,} fixes to match: split it")
        if kept:
            owned.append((block[np.array(kept)], owners))
    people = _people(activations, owned, window)
    return FilePeople(people, report.rows, held, nobodys, unusable)


def _need_names(path: Path, devices: list[str], persons: list[str]) -> None:
    if not any(devices) or not any(persons):
        raise FileError(
            f"{path} names no device_id or no person_id: matching needs both, as a fix belongs to "
            "the activation of its device and person"
        )


def _owner(activations: Sequence[DeviceActivation], numbers: Sequence[int], at: int) -> int | None:
    """Return the activation that holds the time; of several the one that began last."""
    held = [n for n in numbers if activations[n].start <= at < activations[n].end]
    return max(held, key=lambda n: activations[n].start, default=None)


def _people(
    activations: Sequence[DeviceActivation],
    owned: list[tuple[FixBlock, list[int]]],
    window: tuple[Instant, Instant],
) -> tuple[FilePerson, ...]:
    """Return the people with an activation that touches the window, by the order of the file."""
    whole = joined([block for block, _ in owned]) if owned else empty_block()
    owners = np.array([n for _, numbers in owned for n in numbers], np.int64)
    of_person: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(activations):
        of_person[one.person].append(number)
    persons = list(of_person)
    code = {person: k for k, person in enumerate(persons)}
    whose = np.array([code[one.person] for one in activations], np.int64)[owners]
    order = np.argsort(whose, kind="stable")
    cuts = np.searchsorted(whose[order], np.arange(len(persons) + 1))
    found: list[FilePerson] = []
    for k, person in enumerate(persons):
        mine = sorted(of_person[person], key=lambda n: activations[n].start)
        if not any(_touches(activations[n], window) for n in mine):
            continue
        rows = order[cuts[k] : cuts[k + 1]]
        rows = rows[np.argsort(whole["fixed_at"][rows], kind="stable")]
        found.append(_person([activations[n] for n in mine], mine, whole[rows], owners[rows]))
    return tuple(found)


def _touches(one: DeviceActivation, window: tuple[Instant, Instant]) -> bool:
    return one.start <= window[1] and one.end > window[0]


def _person(
    mine: list[DeviceActivation], numbers: list[int], block: FixBlock, owners: NDArray[np.int64]
) -> FilePerson:
    place = {number: k for k, number in enumerate(numbers)}
    worn = tuple(Worn(ActivationId(one.activation_id), one.start, one.end) for one in mine)
    sighted = Sighted(
        np.ascontiguousarray(block["fixed_at"]),
        np.ascontiguousarray(block["lon_deg"]),
        np.ascontiguousarray(block["lat_deg"]),
        np.ascontiguousarray(block["accuracy_m"]),
        np.array([place[n] for n in owners.tolist()], np.int64),
    )
    return FilePerson(mine[0].person, tuple(mine), worn, sighted, block)
