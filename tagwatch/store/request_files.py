"""Released files of data requests, for this user alone, until access to them ends."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from tagwatch.config import Config

FOLDER: Final = "requests"


def keep_released(
    config: Config, wearer_id: str, request_id: str, files: Mapping[str, bytes]
) -> None:
    """Keep these files durably in place of any that were kept of the request. Raises OSError."""
    folder = _folder(config, wearer_id, request_id)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    for name, content in files.items():
        path = aside / _plain(name)
        with path.open("wb") as file:
            path.chmod(0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _sync(aside)
    if folder.exists():
        shutil.rmtree(folder)
    aside.rename(folder)
    _sync(folder.parent)


def released_file(config: Config, wearer_id: str, request_id: str, name: str) -> bytes | None:
    """Return a released file; None if it is not kept any more."""
    try:
        return (_folder(config, wearer_id, request_id) / _plain(name)).read_bytes()
    except FileNotFoundError:
        return None


def kept_requests(config: Config) -> list[tuple[str, str]]:
    """Return (wearer, request) of everything that is kept, also what was left half written."""
    root = config.data / FOLDER
    if not root.is_dir():
        return []
    return sorted(
        (unquote(whose.name), unquote(each.name))
        for whose in root.iterdir()
        if whose.is_dir()
        for each in whose.iterdir()
    )


def kept_since(config: Config, wearer_id: str, request_id: str) -> float:
    """Return when the files of a request were kept, as seconds of the machine's clock."""
    return _folder(config, wearer_id, request_id).stat().st_mtime


def destroy_released(config: Config, wearer_id: str, request_id: str) -> None:
    """Take the released files of one request away. Raises OSError."""
    folder = _folder(config, wearer_id, request_id)
    if folder.is_dir():
        shutil.rmtree(folder)
        _sync(folder.parent)


def forget_released(config: Config, wearer_id: str) -> int:
    """Take away whatever was released about a wearer; returns how many files. Raises OSError."""
    folder = _folder(config, wearer_id, "any").parent
    if not folder.is_dir():
        return 0
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    return count


def _folder(config: Config, wearer_id: str, request_id: str) -> Path:
    return config.data / FOLDER / _plain(wearer_id) / _plain(request_id)


def _plain(name: str) -> str:
    """Return a name that is one part of a path: dots stay only inside of it."""
    safe = quote(name, safe="")
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
