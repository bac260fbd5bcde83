"""Data keys wrapped anew, in place, beside the process that uses them.

A slot is opened by the former key or by the next at any moment, and one copy of it is durable
before the other is touched: a cut anywhere leaves keys that open, and the same call again goes on.
"""

import os
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from tagwatch.core.units import Instant
from tagwatch.store.journal.files import Files, Mode
from tagwatch.store.journal.keyfile import KeyFile, Slot, SlotState
from tagwatch.store.journal.keys import KeyUse
from tagwatch.store.journal.wrapping import KEY_BYTES, Wrapping

_AT_ONCE = 2048
"""Keys wrapped under one hold of the lock: some milliseconds, for which a new key may wait."""


class Rewrapped(NamedTuple):
    """What wrapping anew came to."""

    keys: int
    """Wrapped anew; 0: every key was the newest's already."""
    lost: tuple[int, ...]
    """Keys that no installation key opens, in either copy: they were lost before."""


def rewrap(files: Files, folder: Path, wrapping: Wrapping) -> Rewrapped:
    """Wrap the data keys in `folder` with the newest installation key. Safe beside their writer."""
    done, lost = 0, list[int]()
    count = _count(files, folder)
    for first in range(0, count, _AT_ONCE):
        with wrapping.held():
            some = _rewrapped(files, folder, wrapping, range(first, min(first + _AT_ONCE, count)))
        done += some.keys
        lost += some.lost
    return Rewrapped(done, tuple(lost))


def rewrap_held(files: Files, folder: Path, wrapping: Wrapping) -> Rewrapped:
    """Do the same at one go, for a caller who holds the lock."""
    return _rewrapped(files, folder, wrapping, range(_count(files, folder)))


def renew(files: Files, folder: Path, wrapping: Wrapping, use: KeyUse, at: Instant) -> int:
    """Add another key for `use`, by which what comes is encrypted; what was, by the former.
    Returns its id. Safe beside the writer."""
    owner, data_class, period = use
    with wrapping.held():
        file = KeyFile(files, folder, Mode.WRITE)
        try:
            slots, _ = file.load()
            file.mend(slots)
            key_id = file.next_id
            slot = Slot(SlotState.LIVE, owner, data_class, period, at, Instant(0), b"")
            label = slot.bound_to(file.header.installation, key_id)
            file.append([slot._replace(wrapped=wrapping.wrap(os.urandom(KEY_BYTES), label))])
        finally:
            file.close()
    return key_id


def _count(files: Files, folder: Path) -> int:
    file = KeyFile(files, folder, Mode.READ)
    try:
        file.load()
        return file.next_id
    finally:
        file.close()


def _rewrapped(files: Files, folder: Path, wrapping: Wrapping, ids: range) -> Rewrapped:
    file = KeyFile(files, folder, Mode.WRITE)
    try:
        anew: dict[int, Slot] = {}
        lost: list[int] = []
        installation = file.header.installation
        for key_id in ids:
            if key_id:
                _look(file, key_id, wrapping, anew, lost)
        check = None
        if not wrapping.is_newest(file.header.check, installation):
            secret = wrapping.unwrap(file.header.check, installation)
            check = file.header._replace(check=wrapping.wrap(secret, installation))
        if anew or check is not None:
            file.rewrite(anew, check)
        return Rewrapped(len(anew) + (check is not None), tuple(lost))
    finally:
        file.close()


def _look(
    file: KeyFile, key_id: int, wrapping: Wrapping, anew: dict[int, Slot], lost: list[int]
) -> None:
    """Put the slot into `anew` if it is to be written, or its number into `lost`."""
    copies = file.copies(key_id)
    found = [slot for slot in copies if slot is not None]
    if any(slot.state is SlotState.DESTROYED for slot in found):
        return  # one destroyed by half is completed by the writer
    label = found[0].bound_to(file.header.installation, key_id) if found else b""
    for slot in found:
        if wrapping.is_newest(slot.wrapped, label):
            if any(copy != slot for copy in copies):
                anew[key_id] = slot
            return
    for slot in found:
        try:
            secret = wrapping.unwrap(slot.wrapped, label)
        except InvalidTag:
            continue
        anew[key_id] = slot._replace(wrapped=wrapping.wrap(secret, label))
        return
    lost.append(key_id)
