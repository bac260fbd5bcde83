"""A rotation of keys under way: a file beside the keys, so that a stop anywhere is completed."""

from pathlib import Path
from typing import Final

import msgspec

from tagwatch.core.units import Instant
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, read_whole, write_durably

NAME: Final = "rotation.json"


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What was begun, by whom and why: the journal is told when it is done."""

    key_class: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    began_at: Instant
    user: str
    why: str


def begun(files: Files, folder: Path) -> Rotation | None:
    """Return the rotation under way in a folder of keys. Raises KeysDamaged."""
    path = folder / NAME
    if not files.exists(path):
        return None
    try:
        return msgspec.json.decode(read_whole(files, path), type=Rotation)
    except msgspec.DecodeError as error:
        raise KeysDamaged(
            f"{path} does not say which rotation was begun: take it away, and rotate again"
        ) from error


def begin(files: Files, folder: Path, rotation: Rotation) -> None:
    """Note what is begun, durably."""
    write_durably(files, folder / NAME, msgspec.json.encode(rotation))


def end(files: Files, folder: Path) -> None:
    """Take the note away."""
    files.remove(folder / NAME)
    files.fsync_dir(folder)
