"""The keys of the accounts: what encrypts second factors, marks numbers and forms, signs links.

Until one of them is replaced they are derived from the installation key; from then on they stand in
a file of their own, each wrapped by it. The key of the marks and that of the links stay the same
over a rotation: of what was marked only the mark is kept, and links are in messages already.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tagwatch.core.units import Instant
from tagwatch.store.field_keys import without_former
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, read_whole, write_durably, write_over
from tagwatch.store.journal.wrapping import (
    INSTALLATION_KEY_NAME,
    KEY_BYTES,
    NONCE_BYTES,
    Wrapping,
    key_id,
)

ACCOUNT_KEYS_NAME: Final = "account.keys"
_TITLE: Final = "Tagwatch account keys 1"


class FactorKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of second factors on record; `wrapped` is empty once it was destroyed."""

    id: str
    made_at: int
    wrapped: str
    destroyed_at: int | None = None


class AccountKeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file: keys of second factors, the newest last; those of marks and of links."""

    title: str
    factors: tuple[FactorKey, ...]
    marks: str
    links: str


class AccountSecrets(NamedTuple):
    """The keys, ready for use."""

    factors: tuple[bytes, ...]
    """Those that open second factors, the newest last."""
    marks: bytes
    links: bytes


def wrapping_of(files: Files, folder: Path) -> Wrapping:
    """Return the installation key in a folder of keys. Raises KeysDamaged."""
    return Wrapping(files, folder / INSTALLATION_KEY_NAME)


def read_account_keys(files: Files, folder: Path) -> AccountKeyFile | None:
    """Return the file, None while the keys are derived. Raises KeysDamaged."""
    path = folder / ACCOUNT_KEYS_NAME
    if not files.exists(path):
        return None
    try:
        found = msgspec.json.decode(read_whole(files, path), type=AccountKeyFile)
    except msgspec.DecodeError as error:
        raise _damaged(path) from error
    if found.title != _TITLE:
        raise _damaged(path)
    return found


def account_secrets(files: Files, folder: Path) -> AccountSecrets:
    """Return the keys of the accounts. Raises KeysDamaged."""
    wrapping = wrapping_of(files, folder)
    file = read_account_keys(files, folder)
    if file is None:
        return _derived_secrets(wrapping.oldest)
    try:
        return _opened(file, wrapping)
    except InvalidTag:
        # It may just have been wrapped anew: once more, as it is by now.
        wrapping.refresh()
        try:
            return _opened(read_account_keys(files, folder) or file, wrapping)
        except InvalidTag as error:
            raise KeysDamaged(
                f"the installation key does not open {folder / ACCOUNT_KEYS_NAME}: bring back "
                "the two as they were together"
            ) from error


def keep_account_keys(files: Files, folder: Path, wrapping: Wrapping, at: Instant) -> None:
    """Write the keys into a file of their own if they are still derived from the installation
    key. Under its lock, and before another takes its place."""
    if files.exists(folder / ACCOUNT_KEYS_NAME):
        return
    # Those of the former: while another waits, it is the one they are derived from.
    derived = _derived_secrets(wrapping.oldest)
    _put(
        files,
        folder,
        AccountKeyFile(
            title=_TITLE,
            factors=(_factor(derived.factors[0], wrapping, at),),
            marks=wrapping.wrap(derived.marks, _label("marks")).hex(),
            links=wrapping.wrap(derived.links, _label("links")).hex(),
        ),
    )


def add_factor_key(files: Files, folder: Path, wrapping: Wrapping, at: Instant) -> FactorKey:
    """Make a key that encrypts second factors from now on; durable on return."""
    with wrapping.held():
        keep_account_keys(files, folder, wrapping, at)
        file = _present(files, folder)
        key = _factor(os.urandom(KEY_BYTES), wrapping, at)
        _put(files, folder, msgspec.structs.replace(file, factors=(*file.factors, key)))
    return key


def retire_factor_keys(
    files: Files, folder: Path, wrapping: Wrapping, at: Instant
) -> tuple[FactorKey, ...]:
    """Destroy all keys of second factors but the newest; returns those that were."""
    with wrapping.held():
        file = _present(files, folder)
        live = tuple(key for key in file.factors[:-1] if key.destroyed_at is None)
        if live:
            left = msgspec.structs.replace(file, factors=without_former(file.factors, at))
            write_over(files, folder / ACCOUNT_KEYS_NAME, msgspec.json.encode(left))
    return live


def rewrap_account_keys(files: Files, folder: Path, wrapping: Wrapping) -> int:
    """Wrap the keys with the newest installation key, under its lock; returns how many were not
    yet."""
    file = read_account_keys(files, folder)
    if file is None:
        return 0
    anew = 0

    def again(wrapped: str, use: str) -> str:
        nonlocal anew
        data, label = bytes.fromhex(wrapped), _label(use)
        if not data or wrapping.is_newest(data, label):
            return wrapped
        anew += 1
        return wrapping.wrap(wrapping.unwrap(data, label), label).hex()

    factors = tuple(
        msgspec.structs.replace(key, wrapped=again(key.wrapped, key.id)) for key in file.factors
    )
    marks, links = again(file.marks, "marks"), again(file.links, "links")
    if anew:
        again_wrapped = msgspec.structs.replace(file, factors=factors, marks=marks, links=links)
        write_over(files, folder / ACCOUNT_KEYS_NAME, msgspec.json.encode(again_wrapped))
    return anew


class FactorSeal:
    """Encrypts second factors, with whichever key is the newest. Safe for several threads."""

    def __init__(self, files: Files, folder: Path) -> None:
        """Raises KeysDamaged."""
        self._files, self._folder = files, folder
        self._stamp: tuple[int, int] | None = self._stamped()
        self._ciphers = self._read()

    def seal(self, text: str, use: bytes) -> bytes:
        """Return `text` encrypted; only `open` for the same use gives it back."""
        self.refresh()
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[-1].encrypt(nonce, text.encode(), use)

    def open(self, sealed: bytes, use: bytes) -> str:
        """Return what was sealed. Raises cryptography's InvalidTag if it was not, or for else."""
        found = self._opened(sealed, use)
        if found is None and self.refresh():
            found = self._opened(sealed, use)
        if found is None:
            raise InvalidTag
        return found.decode()

    def is_newest(self, sealed: bytes, use: bytes) -> bool:
        """Tell whether the newest key sealed this."""
        try:
            self._ciphers[-1].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], use)
        except InvalidTag:
            return False
        return True

    def refresh(self) -> bool:
        """Take up what changed in the file of keys; tell whether anything did."""
        stamp = self._stamped()
        if stamp is None or stamp == self._stamp:
            return False
        self._ciphers, self._stamp = self._read(), stamp
        return True

    def _read(self) -> tuple[AESGCM, ...]:
        secrets = account_secrets(self._files, self._folder)
        return tuple(AESGCM(secret) for secret in secrets.factors)

    def _opened(self, sealed: bytes, use: bytes) -> bytes | None:
        for cipher in reversed(self._ciphers):
            try:
                return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], use)
            except InvalidTag:
                continue
        return None

    def _stamped(self) -> tuple[int, int] | None:
        try:
            found = (self._folder / ACCOUNT_KEYS_NAME).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino


def _opened(file: AccountKeyFile, wrapping: Wrapping) -> AccountSecrets:
    live = [key for key in file.factors if key.destroyed_at is None]
    return AccountSecrets(
        tuple(wrapping.unwrap(bytes.fromhex(key.wrapped), _label(key.id)) for key in live),
        wrapping.unwrap(bytes.fromhex(file.marks), _label("marks")),
        wrapping.unwrap(bytes.fromhex(file.links), _label("links")),
    )


def _derived_secrets(key: bytes) -> AccountSecrets:
    return AccountSecrets(
        (_derived(key, b"tagwatch accounts 1"),),
        _derived(key, b"tagwatch forms 1"),
        _derived(key, b"tagwatch answer links 1"),
    )


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=use).derive(key)


def _factor(secret: bytes, wrapping: Wrapping, at: Instant) -> FactorKey:
    name = key_id(secret)
    return FactorKey(id=name, made_at=at, wrapped=wrapping.wrap(secret, _label(name)).hex())


def _present(files: Files, folder: Path) -> AccountKeyFile:
    file = read_account_keys(files, folder)
    if file is None:
        raise KeysDamaged(f"{folder / ACCOUNT_KEYS_NAME} is gone: bring it back from a backup")
    return file


def _put(files: Files, folder: Path, file: AccountKeyFile) -> None:
    write_durably(files, folder / ACCOUNT_KEYS_NAME, msgspec.json.encode(file))


def _label(use: str) -> bytes:
    return f"tagwatch account key 1 {use}".encode()


def _damaged(path: Path) -> KeysDamaged:
    return KeysDamaged(f"{path} is not a file of account keys: bring it back from a backup")
