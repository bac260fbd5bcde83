"""The keys of an installation apart from its data: written out, and brought to a backup."""

from pathlib import Path
from typing import Final

import msgspec

from tagwatch.config import Config
from tagwatch.core.units import Instant, iso
from tagwatch.engine.clock import now
from tagwatch.engine.installation import OS_FILES, InstallationError
from tagwatch.store import rotations
from tagwatch.store.bundle import signing
from tagwatch.store.journal.backup import export_installation_key
from tagwatch.store.journal.files import Mode, read_whole, write_durably
from tagwatch.store.journal.keyfile import KeyFile
from tagwatch.store.journal.wrapping import (
    INSTALLATION_KEY_NAME,
    NEXT_NAME,
    key_id,
    read_installation_key,
)
from tagwatch.store.key_export import ExportWrong, KeyExport, KeySet, sealed_export

BACKUP_KEYS: Final = "keys.json"
_KEPT: Final = (INSTALLATION_KEY_NAME, signing.NAME, signing.NEXT, signing.FORMER)
"""Files that a backup does not hold and a restore needs, or would miss."""


class BackupKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of the keys that open it."""

    installation: str
    key_id: str
    made_at: Instant


def installation_of(folder: Path) -> str:
    """Return the id of the installation whose data keys are in `folder`, in hexadecimal. Raises
    KeysDamaged."""
    file = KeyFile(OS_FILES, folder, Mode.READ)
    try:
        return file.header.installation.hex()
    finally:
        file.close()


def note_keys(config: Config, target: Path) -> None:
    """Say in a backup which keys open it."""
    key = read_installation_key(OS_FILES, config.keys_folder / INSTALLATION_KEY_NAME)
    made = BackupKeys(
        installation=installation_of(config.keys_folder), key_id=key_id(key), made_at=now()
    )
    write_durably(OS_FILES, target / BACKUP_KEYS, msgspec.json.encode(made))


def exported_keys(config: Config, passphrase: str) -> tuple[str, bytes]:
    """Return the id of the installation key, and the file that holds what a restore needs.

    Raises InstallationError while the installation key is being replaced.
    """
    folder = config.keys_folder
    if rotations.begun(OS_FILES, folder) is not None and (folder / NEXT_NAME).exists():
        raise InstallationError(
            "the installation key is replaced by half: `tagwatch keys rotate installation` "
            "completes it; write the keys out then"
        )
    files = {
        name: read_whole(OS_FILES, folder / name) for name in _KEPT if (folder / name).exists()
    }
    name = key_id(read_installation_key(OS_FILES, folder / INSTALLATION_KEY_NAME))
    whole = sealed_export(KeySet(files=files), installation_of(folder), name, passphrase, now())
    return name, whole


def refuse_other_keys(source: Path, export: KeyExport) -> None:
    """Raise ExportWrong if these keys cannot open the backup in `source`: of another installation,
    or of another time than its key."""
    if not (source / "journal").is_dir():
        raise ExportWrong(f"{source} is no backup: it has no folder journal")
    installation = installation_of(source / "journal")
    if export.installation != installation:
        raise ExportWrong(
            f"these are keys of another installation ({export.installation[:16]}); the backup is "
            f"of {installation[:16]}: give the export that was made beside it"
        )
    if not (source / BACKUP_KEYS).exists():
        return  # of an older Tagwatch: whether the key fits is seen when it is used
    backup = msgspec.json.decode(read_whole(OS_FILES, source / BACKUP_KEYS), type=BackupKeys)
    if backup.key_id == export.key_id:
        return
    said = (
        f"the backup of {iso(backup.made_at)} needs installation key {backup.key_id}; this export "
        f"of {iso(export.made_at)} holds {export.key_id}"
    )
    if export.made_at < backup.made_at:
        raise ExportWrong(
            f"{said}: it is older than the last rotation; give the one that was made after it"
        )
    raise ExportWrong(
        f"{said}: the backup is older than the last rotation; give an export made before it, or a "
        "backup made after it"
    )


def put_keys(config: Config, keys: Path | KeySet) -> None:
    """Put the keys of an export, or a saved installation key, into the folder of keys."""
    folder = config.keys_folder
    if isinstance(keys, Path):
        export_installation_key(keys, folder / INSTALLATION_KEY_NAME, OS_FILES)
        return
    OS_FILES.make_folder(folder)
    for name, data in keys.files.items():
        if name in _KEPT:
            write_durably(OS_FILES, folder / name, data)
    read_installation_key(OS_FILES, folder / INSTALLATION_KEY_NAME)
