"""The register of backups made: where each lies and up to which head, one line of JSON for each.

A plain file of the data folder: a backup is no decision. What a backup made before an erasure
holds, only its end reaches.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.core.units import Instant

NAME: Final = "backups.jsonl"


class BackupMade(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was made."""

    path: str
    at: Instant
    head_seq: int
    head_digest: str


def note_backup(data: Path, made: BackupMade) -> None:
    """Add a backup to the register, durably. Raises OSError."""
    path = data / NAME
    with path.open("ab") as file:
        path.chmod(0o600)
        file.write(msgspec.json.encode(made) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def backups(data: Path) -> list[BackupMade]:
    """Return the backups made, the oldest first; a line cut short by a stop says nothing."""
    try:
        lines = (data / NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found: list[BackupMade] = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=BackupMade))
        except msgspec.DecodeError:
            continue
    return found
