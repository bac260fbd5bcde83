"""An installation on the disk: its folders, its lock, its keys and its journal."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tagwatch.config import Config
from tagwatch.store.journal.files import Files, OsFiles
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME, Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.writer import JournalWriter

OS_FILES: Final = OsFiles()


class InstallationError(Exception):
    """A data folder cannot be used as asked. The text says which, why, and what to do."""


class FolderLock:
    """Held by whoever serves a data folder, or changes it; ends with the process."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises InstallationError if another process holds it, naming it."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise InstallationError(
                f"{path.parent} is in use by process {holder}: stop it, or give another folder"
            ) from error
        os.ftruncate(self._fd, 0)
        os.write(self._fd, str(os.getpid()).encode())

    def release(self) -> None:
        """Let another process take the lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release()


def exists(config: Config, files: Files = OS_FILES) -> bool:
    """Tell whether the data folder holds an installation (its keys, to be exact)."""
    return files.exists(config.keys_folder / "data.keys")


def unfinished_file(config: Config) -> Path:
    """Return the file that is there while a programme is being brought in."""
    return config.data / "programme-import.json"


def refuse_unfinished(config: Config) -> None:
    """Raise InstallationError while a programme has been brought in by half."""
    if unfinished_file(config).exists():
        raise InstallationError(
            f"{config.data} holds half of a programme: give `tagwatch programme import` again, "
            "which goes on where it was"
        )


def create(config: Config, files: Files = OS_FILES) -> None:
    """Make the folders and the keys. Raises InstallationError if there is an installation."""
    if exists(config, files):
        raise InstallationError(
            f"{config.data} holds an installation already: serve it, or give another folder"
        )
    for folder in (config.data, config.journal_folder, config.keys_folder, config.run_folder):
        files.make_folder(folder)
    Keyring.create(config.keys_folder, files).close()


def open_keyring(config: Config, files: Files = OS_FILES) -> Keyring:
    """Return the keys, for reading. Raises InstallationError, KeysDamaged."""
    if not exists(config, files):
        raise InstallationError(
            f"{config.data} holds no installation: run `tagwatch init --data {config.data}`, or "
            f"bring back {config.keys_folder / INSTALLATION_KEY_NAME} and data.keys"
        )
    return Keyring.open(config.keys_folder, files)


def open_reader(config: Config, files: Files = OS_FILES) -> JournalReader:
    """Return a reader of the journal with keys of its own."""
    return JournalReader(config.journal_folder, open_keyring(config, files), files)


def open_writer(config: Config, files: Files = OS_FILES) -> JournalWriter:
    """Return the journal's writer. Raises JournalLocked if the receiver, or another, has it."""
    return JournalWriter.open(config.journal_folder, open_keyring(config, files), files)
