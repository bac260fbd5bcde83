"""Carried files: what was altered is told, what came or went while a backup was taken is in it."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.store.archive import carried
from tagwatch.store.journal.files import OsFiles

DISK = OsFiles()
KEY = bytes(range(32))
LONG = os.urandom((4 << 20) + 5)
"""More than one piece."""


def put(folder: Path, name: str, data: bytes) -> ArchiveFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return ArchiveFile(
        path=name,
        order=ArchiveOrder.BY_PERSON,
        month="2026-08",
        fixes=1,
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
        first_at=Instant(0),
        last_at=Instant(0),
    )


@pytest.mark.parametrize("size", [0, 1, 4 << 20, len(LONG)])
def test_a_file_comes_back_as_it_was(tmp_path: Path, size: int) -> None:
    here, there, back = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    file = put(here, "by-person/month=2026-08/x.parquet", LONG[:size])
    assert carried.carry(DISK, here, there, KEY) == 1
    assert carried.bring(DISK, there, back, file, KEY) == ""
    assert (back / file.path).read_bytes() == LONG[:size]


HARMS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "a bit": lambda was, _: was[:-30] + bytes([was[-30] ^ 1]) + was[-29:],
    "the last piece cut off": lambda was, _: was[: 24 + 32 + (4 << 20) + 16],
    "all but its head": lambda was, _: was[: 24 + 32],
    "empty": lambda _, __: b"",
    "another file": lambda _, other: other,
}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_is_told(tmp_path: Path, harm: str) -> None:
    here, there, back = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    file, other = put(here, "x.parquet", LONG), put(here, "y.parquet", LONG)
    carried.carry(DISK, here, there, KEY)
    changed = HARMS[harm]((there / file.path).read_bytes(), (there / other.path).read_bytes())
    (there / file.path).write_bytes(changed)
    assert carried.bring(DISK, there, back, file, KEY)
    assert carried.bring(DISK, there, back / "2", other, bytes(32)), "another installation's key"


def test_what_came_and_went_between_two_passes_is_carried(tmp_path: Path) -> None:
    here, there, back = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    old, new = put(here, "old.parquet", b"old"), put(here, "old.parquet.part", b"draft")
    assert carried.carry(DISK, here, there, KEY) == 1
    (here / old.path).unlink()
    new = put(here, "new.parquet", b"new")
    assert carried.carry(DISK, here, there, KEY) == 1
    for file in (old, new):
        assert carried.bring(DISK, there, back, file, KEY) == ""
