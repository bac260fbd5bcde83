"""Copies a running journal and its data keys, and brings them back proved equal.

The installation key is never in a backup of the data: put it apart with
`export_installation_key`. A backup made before an erasure still holds the erased keys: give
`restore` what was erased since, and keep backups no longer than the retention allows.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.errors import BackupRefused
from tagwatch.store.journal.files import Files, Mode, read_whole, write_durably
from tagwatch.store.journal.keyfile import (
    KEYS_NAME,
    MIRROR_NAME,
    KeyFile,
    SlotState,
    holds_keys,
)
from tagwatch.store.journal.keys import Erased
from tagwatch.store.journal.layout import Frame, FrameType, segment_name, unpack_commit, walk
from tagwatch.store.journal.record import Head
from tagwatch.store.journal.recover import segments_in
from tagwatch.store.journal.verify import PublishedHead, verify
from tagwatch.store.journal.wrapping import read_installation_key

MANIFEST_NAME = "backup.json"


class CopiedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the backup."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds; `head` is the chain's at its end."""

    head: PublishedHead
    files: tuple[CopiedFile, ...]


def backup(folder: Path, keys_folder: Path, target: Path, upto: Head, files: Files) -> Manifest:
    """Copy the journal up to the durable head `upto`, and the data keys, into `target`.

    Safe beside a running writer. Raises BackupRefused if `target` holds a backup already or the
    copy does not verify to `upto`.
    """
    files.make_folder(target)
    if files.list(target):
        raise BackupRefused(f"{target} is not empty: give an empty folder for each backup")
    copied: list[CopiedFile] = []
    for segment in segments_in(files, folder) if upto.seq else []:
        name = segment_name(segment)
        data = read_whole(files, folder / name)
        end = _end_of(data, upto)
        copied.append(_put(files, target / name, data[: end or len(data)]))
        if end:
            break
    # The keys come last: those of every record copied are durable by now.
    for name in (KEYS_NAME, MIRROR_NAME):
        if files.exists(keys_folder / name):
            copied.append(_put(files, target / name, read_whole(files, keys_folder / name)))
    head = PublishedHead(seq=upto.seq, digest=upto.digest.hex())
    _prove_equal(target, files, head)
    manifest = Manifest(head=head, files=tuple(copied))
    write_durably(files, target / MANIFEST_NAME, msgspec.json.encode(manifest))
    return manifest


def restore(
    source: Path,
    folder: Path,
    keys_folder: Path,
    files: Files,
    erased_since: Sequence[Erased] = (),
) -> Head:
    """Bring a backup back into empty folders and return its head, proved equal byte for byte.

    Keys destroyed before the backup stay destroyed; those in `erased_since` are destroyed again.
    Raises BackupRefused if there is something already or a file is not the one copied.
    """
    if segments_in(files, folder) or holds_keys(files, keys_folder):
        raise BackupRefused(f"{folder} or {keys_folder} is in use: restore into empty folders")
    if not files.exists(source / MANIFEST_NAME):
        raise BackupRefused(f"{source} has no {MANIFEST_NAME}: the backup was not finished")
    manifest = msgspec.json.decode(read_whole(files, source / MANIFEST_NAME), type=Manifest)
    files.make_folder(folder)
    files.make_folder(keys_folder)
    for copy in manifest.files:
        data = read_whole(files, source / copy.name)
        if len(data) != copy.size or sha256(data).hexdigest() != copy.sha256:
            raise BackupRefused(f"{copy.name} in {source} is not what was copied: take another")
        is_key = copy.name in (KEYS_NAME, MIRROR_NAME)
        write_durably(files, (keys_folder if is_key else folder) / copy.name, data)
    _prove_equal(folder, files, manifest.head)
    _destroy_again(keys_folder, files, erased_since)
    return Head(manifest.head.seq, bytes.fromhex(manifest.head.digest))


def export_installation_key(installation_key: Path, target: Path, files: Files) -> None:
    """Copy the installation key to `target`, to be kept apart from every backup of the data.

    Raises KeysDamaged if it is no installation key, BackupRefused if `target` is there already.
    """
    read_installation_key(files, installation_key)
    if files.exists(target):
        raise BackupRefused(f"{target} is there already: give a new name")
    files.make_folder(target.parent)
    write_durably(files, target, read_whole(files, installation_key))


def _end_of(data: bytes, upto: Head) -> int | None:
    """Return the offset after the commit of head `upto`, if it is in this segment."""
    for part in walk(data):
        if isinstance(part, Frame) and part.type == FrameType.COMMIT:
            commit = unpack_commit(data, part.offset)
            if commit.head == upto.digest:
                return part.next
    return None


def _put(files: Files, path: Path, data: bytes) -> CopiedFile:
    write_durably(files, path, data)
    return CopiedFile(name=path.name, size=len(data), sha256=sha256(data).hexdigest())


def _prove_equal(folder: Path, files: Files, head: PublishedHead) -> None:
    report = verify(folder, files)
    reached = report.head == head or (head.seq == 0 and report.head.seq == 0)
    if report.chain is ChainState.BROKEN or not reached:
        raise BackupRefused(
            f"the copy in {folder} ends at seq {report.head.seq}, not at the head {head.seq} that "
            "was to be copied: verify the journal itself"
        )


def _destroy_again(keys_folder: Path, files: Files, erased: Sequence[Erased]) -> None:
    doomed = {key_id: act for act in erased for key_id, _, _ in act.keys}
    if not doomed:
        return
    keys = KeyFile(files, keys_folder, Mode.WRITE)
    try:
        slots, _ = keys.load()
        for key_id, act in doomed.items():
            slot = slots.get(key_id)
            if slot is not None and slot.state is SlotState.LIVE and slot.owner == act.owner:
                keys.destroy({key_id: slot}, act.at)
    finally:
        keys.close()
