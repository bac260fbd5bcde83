"""Seals protected cells and opens them: each is bound to its table, column and row.

A cell is one byte (the format), four that name the key, and AES-GCM over the value, behind a nonce
that is a keyed digest of the binding and the value. The same value in the same cell is sealed to
the same bytes, so that tables built anew are equal; nowhere else does it look alike.
"""

import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Table

from tagwatch.config import Config
from tagwatch.core.units import Instant
from tagwatch.store.field_keys import (
    MARK_BYTES,
    add_field_key,
    opened_keys,
    read_field_keys,
    stamp_of,
)
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.wrapping import INSTALLATION_KEY_NAME, Wrapping
from tagwatch.store.protected import BLIND_PREFIX, Blind, Protected, binding_columns

INFO: Final = "tagwatch cells"
"""Under which name a connection holds its `Cells`."""
_FORMAT: Final = b"\x01"
_HEAD: Final = 1 + MARK_BYTES
_NONCE: Final = 12


class CellDamaged(Exception):
    """A protected cell does not open. The text says which, why, and what to do."""


class _Suite:
    """What one field key does."""

    def __init__(self, mark: bytes, secret: bytes) -> None:
        self.blinds = f"{BLIND_PREFIX}{mark.hex()}:"
        self.cipher = AESGCM(_derived(secret, b"tagwatch cells 1"))
        self.nonces = _derived(secret, b"tagwatch cell nonces 1")
        self.blinding = _derived(secret, b"tagwatch blind index 1")


class Cells:
    """The keys of the protected fields, ready for use, of one installation."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the installation key and the field keys. Raises KeysDamaged."""
        self._folder = folder
        self._suites: dict[bytes, _Suite] = {}
        self._newest = b""
        self._stamp: tuple[int, int] | None = None
        self.failure: CellDamaged | None = None
        """Why the last cell did not open: a function within SQLite cannot say it itself."""
        self.refresh()

    @property
    def newest(self) -> bytes:
        """How the cells begin that are sealed now."""
        return _FORMAT + self._newest

    @property
    def newest_blind(self) -> str:
        """How the look-ups begin that are made now."""
        return self._suites[self._newest].blinds

    @property
    def being_replaced(self) -> int:
        """How many former keys are still in use."""
        return max(0, len(self._suites) - 1)

    def turned(self) -> bool:
        """Tell whether a former key is in use beside the newest, as the file of keys says now.

        Keys that cannot be read at the moment are used as they were: whoever decides goes on.
        """
        if stamp_of(self._folder) is not None:
            with suppress(KeysDamaged, OSError):
                self.refresh()
        return self.being_replaced > 0

    def refresh(self) -> None:
        """Take up what changed in the file of keys. Raises KeysDamaged."""
        stamp = stamp_of(self._folder)
        if stamp == self._stamp:
            return
        try:
            suites = self._read()
        except KeysDamaged:
            # The keys may just have been wrapped anew: once more, as they are by now.
            stamp = stamp_of(self._folder)
            suites = self._read()
        self._suites, self._newest, self._stamp = suites, next(reversed(suites), b""), stamp

    def _read(self) -> dict[bytes, _Suite]:
        files = OsFiles()
        keys = read_field_keys(files, self._folder)
        wrapping = Wrapping(files, self._folder / INSTALLATION_KEY_NAME)
        return {
            mark: self._suites.get(mark) or _Suite(mark, secret)
            for mark, secret in opened_keys(keys, self._folder, wrapping)
        }

    def seal(self, value: str | bytes, bound: bytes) -> bytes:
        """Return a cell for `value`, which opens in the place `bound` names alone."""
        suite = self._suites[self._newest]
        plain = b"t" + value.encode() if isinstance(value, str) else b"b" + value
        said = len(bound).to_bytes(4, "big") + bound + plain
        nonce = blake2b(said, digest_size=_NONCE, key=suite.nonces).digest()
        head = _FORMAT + self._newest
        return head + nonce + suite.cipher.encrypt(nonce, plain, head + bound)

    def open(self, cell: bytes | str, bound: bytes) -> str | bytes:
        """Return what a cell holds. Raises CellDamaged."""
        if isinstance(cell, str) or cell[:1] != _FORMAT or len(cell) < _HEAD + _NONCE:
            raise CellDamaged(
                f"the cell {_named(bound)} is not sealed as protected fields are: somebody wrote "
                "past the line; build the tables anew with `tagwatch archive rebuild`"
            )
        suite = self._suites.get(cell[1:_HEAD]) or self._found(cell[1:_HEAD], bound)
        nonce = cell[_HEAD : _HEAD + _NONCE]
        try:
            plain = suite.cipher.decrypt(nonce, cell[_HEAD + _NONCE :], cell[:_HEAD] + bound)
        except InvalidTag as error:
            raise CellDamaged(
                f"the cell {_named(bound)} was altered, or belongs to another row: build the "
                "tables anew with `tagwatch archive rebuild`"
            ) from error
        return plain[1:].decode() if plain[:1] == b"t" else plain[1:]

    def blind(self, value: str, bound: str) -> str:
        """Return by what `value` is looked up: the same for the same value, in any spelling."""
        self.refresh()
        return self._blinded(self._suites[self._newest], value, bound)

    def blind_before(self, value: str, bound: str) -> str:
        """Return by what it was looked up under the key before, while that is being replaced."""
        self.refresh()
        return self._blinded(next(iter(self._suites.values())), value, bound)

    def row(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row as it is written: its protected cells sealed, its look-ups blinded."""
        written = dict(row)
        for column in table.columns:
            value = row.get(column.name)
            if value is None:
                continue
            if isinstance(column.type, Protected):
                written[column.name] = self.seal(value, bound_to(table, column.name, row))
            elif isinstance(column.type, Blind) and not value.startswith(BLIND_PREFIX):
                written[column.name] = self.blind(value, f"{table.name}.{column.name}")
        return written

    def opened_for_sql(self, cell: Any, place: str, *parts: Any) -> Any:
        """Open a cell within SQLite."""
        if cell is None:
            return None
        try:
            return self.open(cell, bound_by(place, parts))
        except (CellDamaged, KeysDamaged) as error:
            self.failure = CellDamaged(str(error))
            raise

    def _found(self, mark: bytes, bound: bytes) -> _Suite:
        self.refresh()
        suite = self._suites.get(mark)
        if suite is None:
            raise CellDamaged(
                f"the cell {_named(bound)} was sealed with field key {mark.hex()}, which is not "
                f"in {self._folder}: bring the keys back, or build the tables anew with "
                "`tagwatch archive rebuild`"
            )
        return suite

    def _blinded(self, suite: _Suite, value: str, bound: str) -> str:
        said = f"{bound}\0{value.strip().upper()}".encode()
        return suite.blinds + hmac.digest(suite.blinding, said, "sha256").hex()[:40]


def bound_to(table: Table, column: str, row: Mapping[str, Any]) -> bytes:
    """Return by what a cell is bound to its table, column and row."""
    parts = [row[name] for name in binding_columns(table.c[column])]
    return bound_by(f"{table.name}.{column}", parts)


def bound_by(place: str, parts: Sequence[Any]) -> bytes:
    """Return the binding of a cell in `place` (table.column), of the row with these values."""
    return "\0".join((place, *(str(part) for part in parts))).encode()


def cells_of(config: Config) -> Cells | None:
    """Return the cells of an installation; None where there is none, and nothing to protect.

    Raises KeysDamaged.
    """
    if not (config.keys_folder / INSTALLATION_KEY_NAME).exists():
        return None
    return Cells(config.keys_folder)


def make_field_key(config: Config, at: Instant) -> None:
    """Make the first field key of an installation, unless it has one. For the line."""
    path, files = config.keys_folder / INSTALLATION_KEY_NAME, OsFiles()
    if files.exists(path) and not read_field_keys(files, config.keys_folder):
        add_field_key(files, config.keys_folder, Wrapping(files, path), at)


def _named(bound: bytes) -> str:
    place, *parts = bound.decode(errors="replace").split("\0")
    return f"{place} of row {', '.join(parts)}"


def _derived(secret: bytes, use: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=use).derive(secret)
