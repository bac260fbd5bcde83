"""What lies in the folder of a programme, and what its manifest says of it."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.core.units import Instant

FORMAT: Final = "tagwatch-programme"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
RECORDS: Final = "records"
FINDINGS: Final = "findings"
FIXES: Final = "fixes"
FILES: Final = "files"
WEARERS: Final = "wearers.ndjson"
ACCOUNTS: Final = "accounts.ndjson"
SCHEMA: Final = "schema.json"
README: Final = "README.md"
CONTENT: Final = {"DocumentKept": "content", "PhotoRecorded": "content"}
"""Kinds of record with a field of bytes that lies in a file of its own."""
MOST_LINE: Final = 64 << 20
_CHUNK: Final = 1 << 20


class ProgrammeDamaged(Exception):
    """The folder is not what its manifest says, or no such folder. Says which file, and where."""


class RecordLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `records/`: a record of the journal, in the order of the journal."""

    seq: int
    received_at: Instant
    """Microseconds since 1970 in UTC: when the original installation took it in."""
    kind: str
    """Name of the event, as the schema defines it."""
    lane: str = "fresh"
    """`backfill` for data that came late."""
    owner_kind: str = "installation"
    owner_id: str = "installation"
    """Whose data it is: activation, wearer, protected, case or installation."""
    data_class: str = "service"
    period: str = ""
    """Month or day whose key encrypted it; by default the month of `received_at`."""
    wearer: str = ""
    """The wearer it is about, as far as it is about one."""
    event: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    file: str = ""
    """SHA-256 of the bytes it brings, which lie under `files/`."""
    withheld: str = ""
    """Why there is no event: erased, credential, scope, damaged."""


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the folder."""

    bytes: int
    sha256: str
    lines: int = 0
    """Of NDJSON; rows of Parquet."""


class WearerCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the folder holds of one wearer; one line of `wearers.ndjson`. '' is of nobody."""

    wearer: str
    records: int
    root: str
    """Merkle root of his lines, in their order."""
    months: dict[str, int]
    """Records by month of receipt."""
    fixes: dict[str, int] = {}
    """Fixes by month of their own time."""
    digests: dict[str, str] = {}
    """Of these fixes, field by field: SHA-256."""


class ErasedKey(msgspec.Struct, frozen=True, kw_only=True):
    """What was lawfully erased: listed, and no longer there."""

    owner_kind: str
    owner_id: str
    data_class: str
    period: str
    erased_at: Instant
    records: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the folder says of itself; whoever has its SHA-256 can prove all of it."""

    format: str = FORMAT
    version: int = VERSION
    made_with: str
    made_at: Instant
    made_by: str
    reason: str
    scope: str = ""
    """The agency or programme it is of; empty: the whole installation."""
    installation: str = ""
    """As its journal names itself, hexadecimal."""
    head_seq: int = 0
    head_digest: str = ""
    """The durable end of its journal when this was made; published daily, so others have it."""
    records: int
    """Lines of `records/`: their numbers run from 1 to this without a gap."""
    root: str
    """Merkle root (RFC 6962) of all lines in their order; a leaf is a line without its end."""
    kinds: dict[str, int]
    withheld: dict[str, int] = {}
    erased: tuple[ErasedKey, ...] = ()
    findings: dict[str, int] = {}
    """Rows by table; empty: it brings none."""
    fixes: int = 0
    files: dict[str, FileFacts]
    """Every file but this one, by its path."""


def lines_of(folder: Path, name: str) -> Iterator[tuple[str, int, bytes]]:
    """Give (file, line from 1, bytes without the end) of all NDJSON files of a sub-folder, in the
    order of their names. Raises ProgrammeDamaged."""
    for path in sorted((folder / name).glob("*.ndjson")):
        yield from file_lines(path, f"{name}/{path.name}")


def file_lines(path: Path, name: str) -> Iterator[tuple[str, int, bytes]]:
    """Give (file, line from 1, bytes without the end) of one NDJSON file."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MOST_LINE):
            number += 1
            if not line.endswith(b"\n"):
                raise ProgrammeDamaged(f"{name}, line {number}: it has no end")
            yield name, number, line[:-1]


def file_digest(path: Path) -> tuple[int, str]:
    """Return (bytes, SHA-256) of a file."""
    hashed, size = sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            hashed.update(part)
            size += len(part)
    return size, hashed.hexdigest()


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Return the manifest and its SHA-256. Raises ProgrammeDamaged."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProgrammeDamaged(
            f"{folder} has no {MANIFEST}: it is no programme, or its export was cut short"
        ) from error
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise ProgrammeDamaged(f"{path} cannot be read: {error}") from error
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        raise ProgrammeDamaged(
            f"{path} is {manifest.format} {manifest.version}, not {FORMAT} {VERSION}"
        )
    return manifest, sha256(content).hexdigest()
