"""Keys of the protected fields: a file of their own, each key wrapped by the installation key."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag

from tagwatch.core.units import Instant
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, read_whole, write_durably, write_over
from tagwatch.store.journal.wrapping import KEY_BYTES, Wrapping

FIELD_KEYS_NAME: Final = "field.keys"
MARK_BYTES: Final = 4
_TITLE: Final = "Tagwatch field keys 1"


class FieldKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key on record; `wrapped` is empty once it was destroyed."""

    mark: str
    """Four random bytes in hex that name the key in every cell sealed with it."""
    made_at: int
    wrapped: str
    destroyed_at: int | None = None


class FieldKeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file: its keys, the newest last."""

    title: str
    keys: tuple[FieldKey, ...]


def stamp_of(folder: Path) -> tuple[int, int] | None:
    """Return what changes whenever the file does; None: there is none."""
    try:
        found = (folder / FIELD_KEYS_NAME).stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino


def read_field_keys(files: Files, folder: Path) -> tuple[FieldKey, ...]:
    """Return the keys on record, the newest last; none where there is no file.

    Raises KeysDamaged.
    """
    path = folder / FIELD_KEYS_NAME
    if not files.exists(path):
        return ()
    try:
        found = msgspec.json.decode(read_whole(files, path), type=FieldKeyFile)
    except msgspec.DecodeError as error:
        raise _damaged(path) from error
    if found.title != _TITLE:
        raise _damaged(path)
    return found.keys


def opened_keys(
    keys: tuple[FieldKey, ...], folder: Path, wrapping: Wrapping
) -> Iterator[tuple[bytes, bytes]]:
    """Give mark and secret of each key that is not destroyed, the newest last.

    Raises KeysDamaged.
    """
    for key in keys:
        if key.destroyed_at is not None:
            continue
        mark = bytes.fromhex(key.mark)
        try:
            secret = wrapping.unwrap(bytes.fromhex(key.wrapped), _label(mark))
        except InvalidTag as error:
            raise KeysDamaged(
                f"the installation key does not open field key {key.mark} in {folder}: give the "
                f"installation key that was made with it, or take {FIELD_KEYS_NAME} away and build "
                "the tables anew with `tagwatch archive rebuild`"
            ) from error
        yield mark, secret


def add_field_key(files: Files, folder: Path, wrapping: Wrapping, at: Instant) -> FieldKey:
    """Make a key that seals from now on; durable on return."""
    with wrapping.held():
        mark = os.urandom(MARK_BYTES)
        wrapped = wrapping.wrap(os.urandom(KEY_BYTES), _label(mark))
        key = FieldKey(mark=mark.hex(), made_at=at, wrapped=wrapped.hex())
        keys = (*read_field_keys(files, folder), key)
        write_durably(files, folder / FIELD_KEYS_NAME, _written(keys))
    return key


def retire_field_keys(
    files: Files, folder: Path, wrapping: Wrapping, at: Instant
) -> tuple[FieldKey, ...]:
    """Destroy all but the newest key; returns those that were."""
    with wrapping.held():
        keys = read_field_keys(files, folder)
        live = tuple(key for key in keys[:-1] if key.destroyed_at is None)
        if live:
            write_over(files, folder / FIELD_KEYS_NAME, _written(without_former(keys, at)))
    return live


def without_former(keys: tuple[Any, ...], at: Instant) -> tuple[Any, ...]:
    """Return the keys on record, the newest last, with all but that destroyed at `at`."""
    gone = (
        msgspec.structs.replace(key, wrapped="", destroyed_at=at)
        if key.destroyed_at is None
        else key
        for key in keys[:-1]
    )
    return (*gone, keys[-1])


def rewrap_field_keys(files: Files, folder: Path, wrapping: Wrapping) -> int:
    """Wrap the keys that are not destroyed with the newest installation key, under its lock;
    returns how many were not yet. Raises KeysDamaged."""
    keys = read_field_keys(files, folder)
    secrets = dict(opened_keys(keys, folder, wrapping))
    wrapped, anew = list[FieldKey](), 0
    for key in keys:
        mark = bytes.fromhex(key.mark)
        secret = secrets.get(mark)
        if secret is None or wrapping.is_newest(bytes.fromhex(key.wrapped), _label(mark)):
            wrapped.append(key)
            continue
        text = wrapping.wrap(secret, _label(mark)).hex()
        wrapped.append(msgspec.structs.replace(key, wrapped=text))
        anew += 1
    if anew:
        write_over(files, folder / FIELD_KEYS_NAME, _written(tuple(wrapped)))
    return anew


def _written(keys: tuple[FieldKey, ...]) -> bytes:
    return msgspec.json.encode(FieldKeyFile(title=_TITLE, keys=keys))


def _label(mark: bytes) -> bytes:
    return b"tagwatch field key 1 " + mark


def _damaged(path: Path) -> KeysDamaged:
    return KeysDamaged(
        f"{path} is not a file of field keys: bring it back from a copy, or take it away and "
        "build the tables anew with `tagwatch archive rebuild`"
    )
