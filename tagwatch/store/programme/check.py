"""Is a folder of a programme whole? Every digest, count and number, without an installation."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.core import ledger
from tagwatch.core.event import Event
from tagwatch.core.units import utc
from tagwatch.store.programme.fixes import parquet_rows
from tagwatch.store.programme.layout import (
    CONTENT,
    FILES,
    FINDINGS,
    FIXES,
    MANIFEST,
    RECORDS,
    WEARERS,
    Manifest,
    ProgrammeDamaged,
    RecordLine,
    WearerCounts,
    file_digest,
    file_lines,
    lines_of,
    read_manifest,
)
from tagwatch.store.programme.tree import Tree

EVENTS: Final[dict[str, type[Event]]] = {one.__name__: one for one in ledger.KINDS.values()}
_LINE: Final = msgspec.json.Decoder(RecordLine)
_DECODERS: Final = {name: msgspec.json.Decoder(event) for name, event in EVENTS.items()}


class Tally:
    """What lines of records come to, as they go by."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.kinds: Counter[str] = Counter()
        self.withheld: Counter[str] = Counter()
        self._trees: dict[str, Tree] = {}
        self._months: dict[str, Counter[str]] = {}

    def add(self, line: RecordLine, content: bytes) -> None:
        """Take the next line, and its bytes."""
        self.tree.add(content)
        if line.withheld:
            self.withheld[line.withheld] += 1
        else:
            self.kinds[line.kind] += 1
        if line.wearer not in self._trees:
            self._trees[line.wearer], self._months[line.wearer] = Tree(), Counter()
        self._trees[line.wearer].add(content)
        self._months[line.wearer][f"{utc(line.received_at):%Y-%m}"] += 1

    def wearers(self) -> Iterator[WearerCounts]:
        """Give what was counted of each wearer, by id."""
        for wearer, tree in sorted(self._trees.items()):
            months = dict(sorted(self._months[wearer].items()))
            yield WearerCounts(wearer=wearer, records=tree.leaves, root=tree.root(), months=months)


def read_line(content: bytes, where: str) -> RecordLine:
    """Return a line of records. Raises ProgrammeDamaged."""
    try:
        return _LINE.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProgrammeDamaged(f"{where}: {error}") from error


def event_of(folder: Path, line: RecordLine, where: str) -> Event:
    """Return the event of a line, its bytes brought in. Raises ProgrammeDamaged."""
    decoder = _DECODERS.get(line.kind)
    if decoder is None:
        raise ProgrammeDamaged(f"{where}: there is no kind of record {line.kind[:60]!r}")
    try:
        event: Event = decoder.decode(line.event or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProgrammeDamaged(f"{where}: {line.kind}: {error}") from error
    if not line.file:
        return event
    path = folder / FILES / line.file
    if line.kind not in CONTENT or "/" in line.file or not path.is_file():
        raise ProgrammeDamaged(f"{where}: there is no file {line.file[:80]!r} for {line.kind}")
    return msgspec.structs.replace(event, **{CONTENT[line.kind]: path.read_bytes()})


def check_programme(
    folder: Path, progress: Callable[[int], None] | None = None
) -> tuple[Manifest, str]:
    """Prove the folder complete and return its manifest and that one's SHA-256.

    Raises ProgrammeDamaged naming the first thing that is wrong, by file and line.
    """
    manifest, digest = read_manifest(folder)
    tally = _records(folder, manifest, progress)
    _files(folder, manifest)
    _wearers(folder, manifest, tally)
    for table, rows in manifest.findings.items():
        path = f"{FINDINGS}/{table}.ndjson"
        _same(f"{path}: rows", manifest.files[path].lines, rows)
    return manifest, digest


def _records(folder: Path, manifest: Manifest, progress: Callable[[int], None] | None) -> Tally:
    tally = Tally()
    for name, number, content in lines_of(folder, RECORDS):
        where = f"{name}, line {number}"
        line = read_line(content, where)
        _same(f"{where}: number", line.seq, tally.tree.leaves + 1)
        if not line.withheld:
            event_of(folder, line, where)
        tally.add(line, content)
        if progress is not None:
            progress(tally.tree.leaves)
    _same("records", tally.tree.leaves, manifest.records)
    _same("records by kind", dict(sorted(tally.kinds.items())), manifest.kinds)
    _same("records withheld", dict(sorted(tally.withheld.items())), manifest.withheld)
    erased = sum(one.records for one in manifest.erased)
    _same("records of erased keys", erased, manifest.withheld.get("erased", 0))
    return tally


def _files(folder: Path, manifest: Manifest) -> None:
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path != folder / MANIFEST
    }
    for name in sorted(there - set(manifest.files)):
        raise ProgrammeDamaged(f"{name}: the manifest does not know this file")
    for name, facts in manifest.files.items():
        if name not in there:
            raise ProgrammeDamaged(f"{name}: it is missing")
        if file_digest(folder / name) != (facts.bytes, facts.sha256):
            raise ProgrammeDamaged(f"{name}{_first_wrong(folder, name, facts.lines)}")
        if name.startswith(f"{FIXES}/"):
            _same(f"{name}: fixes", parquet_rows(folder / name), facts.lines)


def _first_wrong(folder: Path, name: str, lines: int) -> str:
    if not name.endswith(".ndjson"):
        return ": its bytes are not those that were handed over"
    found = sum(1 for _ in file_lines(folder / name, name))
    if found != lines:
        return f": it has {found} lines, the manifest says {lines}"
    return ": its bytes are not those that were handed over"


def _wearers(folder: Path, manifest: Manifest, tally: Tally) -> None:
    told = [
        msgspec.json.decode(content, type=WearerCounts)
        for _, _, content in file_lines(folder / WEARERS, WEARERS)
    ]
    by_id = {one.wearer: one for one in told}
    counted = {one.wearer: one for one in tally.wearers()}
    for wearer in sorted(by_id | counted):
        theirs, ours = by_id.get(wearer), counted.get(wearer)
        if theirs is None:
            raise ProgrammeDamaged(f"{WEARERS}: wearer {wearer!r} is missing")
        if ours is None:
            ours = WearerCounts(wearer=wearer, records=0, root=Tree().root(), months={})
        plain = msgspec.structs.replace(theirs, fixes={}, digests={})
        _same(f"{WEARERS}: what there is of wearer {wearer!r}", ours, plain)
    fixes = sum(sum(one.fixes.values()) for one in told)
    _same("fixes by wearer and month", fixes, manifest.fixes)
    rows = sum(f.lines for name, f in manifest.files.items() if name.startswith(f"{FIXES}/"))
    _same("fixes in files", rows, manifest.fixes)


def _same(what: str, found: object, told: object) -> None:
    if found != told:
        raise ProgrammeDamaged(f"{what}: {found} found, {told} expected")
