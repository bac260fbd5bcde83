"""Data keys: made per owner, class and period, kept wrapped, destroyed to erase lawfully."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tagwatch.core.units import Instant
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, Mode
from tagwatch.store.journal.keyfile import (
    KeyFile,
    KeyFileHeader,
    Slot,
    SlotState,
    create_key_file,
    holds_keys,
    period_number,
)
from tagwatch.store.journal.record import DataClass, Owner
from tagwatch.store.journal.wrapping import (
    INSTALLATION_KEY_NAME,
    KEY_BYTES,
    Wrapping,
    make_installation_key,
)

_CHECK = b"Tagwatch keys of this installati"
_CACHED_CIPHERS = 65_536

KeyUse: TypeAlias = tuple[Owner, DataClass, str]
"""What one data key serves: whose data, of which class, in which period."""


class Key(NamedTuple):
    """A data key ready for use."""

    key_id: int
    cipher: AESGCM


class Erased(NamedTuple):
    """The keys one erasure destroyed: documented, and no longer there."""

    owner: Owner
    at: Instant
    keys: tuple[tuple[int, DataClass, str], ...]
    """(key id, class, period) of each."""


class Keyring:
    """The data keys of one journal. For one thread at a time.

    Any process may read with it; the one that holds the journal's writer also makes and destroys
    keys (`take_writing`).
    """

    def __init__(self, files: Files, folder: Path, wrapping: Wrapping) -> None:
        """Use `Keyring.create` or `Keyring.open`."""
        self._files = files
        self.folder = folder
        self._wrapping = wrapping
        self._file = KeyFile(files, folder, Mode.READ)
        self.installation = self._file.header.installation
        """16 random bytes that name the installation, in clear in every segment."""
        self._generation = self._file.header.generation
        self._ciphers: dict[int, AESGCM | None] = {}
        self._slots: dict[int, Slot] = {}
        self._in_use: dict[KeyUse, int] = {}
        self.damaged: list[int] = []
        """Ids of keys lost to damage, as found by `take_writing` and when they were to be used."""
        self._check()

    @classmethod
    def create(cls, folder: Path, files: Files, installation_key: Path | None = None) -> "Keyring":
        """Make the key files in `folder`, and the installation key unless it is there already.

        `installation_key` is its path (default: `installation.key` in `folder`); keep it on
        another medium where the data is backed up. Raises FileExistsError if there are keys.
        """
        path = installation_key or folder / INSTALLATION_KEY_NAME
        files.make_folder(folder)
        files.make_folder(path.parent)
        if holds_keys(files, folder):
            raise FileExistsError(f"{folder} holds data keys already: open them instead")
        if not files.exists(path):
            make_installation_key(files, path)
        wrapping = Wrapping(files, path)
        with wrapping.held():
            installation = os.urandom(16)
            check = wrapping.wrap(_CHECK, installation)
            create_key_file(files, folder, KeyFileHeader(0, installation, check))
        return cls.open(folder, files, installation_key)

    @classmethod
    def open(cls, folder: Path, files: Files, installation_key: Path | None = None) -> "Keyring":
        """Open the keys in `folder`. Raises KeysDamaged if the installation key is another's."""
        path = installation_key or folder / INSTALLATION_KEY_NAME
        return cls(files, folder, Wrapping(files, path))

    def _check(self) -> None:
        try:
            self._wrapping.unwrap(self._file.header.check, self.installation)
        except InvalidTag as error:
            raise KeysDamaged(
                f"the installation key does not open the data keys in {self.folder}: "
                "give the installation key that was made with them"
            ) from error

    def close(self) -> None:
        """Close the key files and forget every key."""
        self._file.close()
        self._ciphers.clear()

    def take_writing(self) -> None:
        """Open the key files for writing and mend them. Only for the holder of the journal."""
        with self._wrapping.held():
            writable = KeyFile(self._files, self.folder, Mode.WRITE)
            self._file.close()
            self._file = writable
            self.damaged = self._load()

    def _load(self) -> list[int]:
        """Read what the files hold, mend them, and return the ids of keys that are damaged."""
        self._slots, damaged = self._file.load()
        self._file.mend(self._slots)
        self._in_use = {
            (slot.owner, slot.data_class, slot.period): key_id
            for key_id, slot in self._slots.items()
            if slot.state is SlotState.LIVE
        }
        return damaged

    def refresh(self) -> None:
        """Forget keys held in memory if any key was destroyed since; call before each batch."""
        generation = self._file.generation()
        if generation != self._generation:
            self._ciphers.clear()
            self._generation = generation

    def cipher(self, key_id: int) -> AESGCM | None:
        """Return the cipher of a key, None if it was destroyed. Raises KeysDamaged."""
        try:
            return self._ciphers[key_id]
        except KeyError:
            pass
        slot = self._file.read(key_id)
        if slot is None:
            raise KeysDamaged(
                f"key {key_id} in {self.folder} is missing or damaged in both copies: "
                "restore the keys from a backup"
            )
        cipher = None if slot.state is SlotState.DESTROYED else self._unwrap(key_id, slot)
        self._remember(key_id, cipher)
        return cipher

    def slot(self, key_id: int) -> Slot | None:
        """Return what is on record of a key, destroyed ones too; None if there is none."""
        return self._file.read(key_id)

    def slots(self) -> dict[int, Slot]:
        """Return everything on record, by key id, destroyed ones too."""
        slots, _ = self._file.load()
        return slots

    def uses(self) -> list[KeyUse]:
        """Return what the keys on record serve that are not destroyed."""
        slots, _ = self._file.load()
        return [
            (slot.owner, slot.data_class, slot.period)
            for slot in slots.values()
            if slot.state is SlotState.LIVE
        ]

    def ids_of(self, owner: Owner, data_class: DataClass) -> dict[int, str]:
        """Return the keys of one owner and class that are not destroyed, with their periods."""
        slots, _ = self._file.load()
        return {
            key_id: slot.period
            for key_id, slot in slots.items()
            if (slot.owner, slot.data_class, slot.state) == (owner, data_class, SlotState.LIVE)
        }

    def disclosed(self, key_id: int) -> bytes | None:
        """Return a data key itself, to be handed out with records it opens; None if destroyed.

        Raises KeysDamaged.
        """
        slot = self._file.read(key_id)
        if slot is None or slot.state is SlotState.DESTROYED:
            return None
        return self._unwrapped(key_id, slot)

    def keys_for(self, uses: Iterable[KeyUse], at: Instant) -> dict[KeyUse, Key]:
        """Return the key of each use; what is missing is made and durable on return.

        Raises OSError if new keys could not be written (none is then made), ValueError for a
        period or owner id the key file cannot hold.
        """
        if self._file.grown():
            with self._wrapping.held():
                self._load()
        found: dict[KeyUse, Key] = {}
        missing = self._missing(uses, found)
        if missing:
            with self._wrapping.held():
                if self._file.grown():
                    self._load()
                    missing = self._missing(missing, found)
                self._add(missing, at, found)
        return found

    def _missing(self, uses: Iterable[KeyUse], found: dict[KeyUse, Key]) -> list[KeyUse]:
        """Return the uses for which there is no key; put those there are into `found`."""
        missing: list[KeyUse] = []
        for use in uses:
            key = self._key_in_use(use)
            if key is None:
                missing.append(use)
            else:
                found[use] = key
        return missing

    def _key_in_use(self, use: KeyUse) -> Key | None:
        key_id = self._in_use.get(use)
        if key_id is None:
            return None
        try:
            cipher = self.cipher(key_id)
        except KeysDamaged:
            # A new key is made: what comes in must be kept whatever became of the old one.
            self.damaged.append(key_id)
            return None
        return None if cipher is None else Key(key_id, cipher)

    def _add(self, uses: list[KeyUse], at: Instant, found: dict[KeyUse, Key]) -> None:
        first_id = self._file.next_id
        secrets = os.urandom(KEY_BYTES * len(uses))
        slots: list[Slot] = []
        plain: list[bytes] = []
        for at_use, (owner, data_class, period) in enumerate(uses):
            period_number(period)
            secret = secrets[at_use * KEY_BYTES : (at_use + 1) * KEY_BYTES]
            slot = Slot(SlotState.LIVE, owner, data_class, period, at, Instant(0), b"")
            label = slot.bound_to(self.installation, first_id + at_use)
            wrapped = self._wrapping.wrap(secret, label)
            slots.append(slot._replace(wrapped=wrapped))
            plain.append(secret)
        self._file.append(slots)
        for at_use, use in enumerate(uses):
            key_id = first_id + at_use
            cipher = AESGCM(plain[at_use])
            self._slots[key_id] = slots[at_use]
            self._in_use[use] = key_id
            self._remember(key_id, cipher)
            found[use] = Key(key_id, cipher)

    def erase(
        self, owner: Owner, data_class: DataClass | None, period: str | None, at: Instant
    ) -> Erased:
        """Destroy the keys of `owner`; None stands for every class, or every period. With frames
        of whatever period go the fixes that were brought back from the archive.

        They cannot be read any more on return, by any process from its next batch on. Raises
        OSError if the disk refused; erase again then, it completes what was begun.
        """
        with self._wrapping.held():
            if self._file.grown():
                self._load()
            return self._erase(owner, data_class, period, at)

    def _erase(
        self, owner: Owner, data_class: DataClass | None, period: str | None, at: Instant
    ) -> Erased:
        doomed = {
            key_id: slot
            for key_id, slot in self._slots.items()
            if slot.owner == owner
            and slot.state is SlotState.LIVE
            and (
                (data_class in (None, slot.data_class) and period in (None, slot.period))
                or (data_class in (None, DataClass.FRAME) and slot.data_class is DataClass.STAGED)
            )
        }
        if doomed:
            self._file.destroy(doomed, at)
            self.refresh()
        for key_id, slot in doomed.items():
            self._slots[key_id] = slot._replace(state=SlotState.DESTROYED, destroyed_at=at)
            self._in_use.pop((slot.owner, slot.data_class, slot.period), None)
        named = tuple((key, slot.data_class, slot.period) for key, slot in doomed.items())
        return Erased(owner, at, named)

    def _unwrap(self, key_id: int, slot: Slot) -> AESGCM:
        return AESGCM(self._unwrapped(key_id, slot))

    def _unwrapped(self, key_id: int, slot: Slot) -> bytes:
        try:
            return self._wrapping.unwrap(slot.wrapped, slot.bound_to(self.installation, key_id))
        except InvalidTag as error:
            raise KeysDamaged(
                f"key {key_id} in {self.folder} was altered: restore the keys from a backup"
            ) from error

    def _remember(self, key_id: int, cipher: AESGCM | None) -> None:
        if len(self._ciphers) >= _CACHED_CIPHERS:
            del self._ciphers[next(iter(self._ciphers))]
        self._ciphers[key_id] = cipher
