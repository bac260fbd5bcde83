"""The one writer of a journal: durable handover 1."""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from tagwatch.core.units import DAY, Instant
from tagwatch.store.journal.chain import merkle_root
from tagwatch.store.journal.errors import (
    JournalBroken,
    JournalFull,
    JournalLocked,
    JournalWriteFailed,
)
from tagwatch.store.journal.files import File, Files, Lock, Mode
from tagwatch.store.journal.keys import Erased, Key, Keyring
from tagwatch.store.journal.layout import (
    COMMITMENT,
    FRAME,
    HEADER,
    LAYOUT_VERSION,
    MAX_GROUP_BYTES,
    MAX_GROUP_RECORDS,
    MAX_PAYLOAD_BYTES,
    NONCE_BYTES,
    SALT_BYTES,
    SEAL,
    SYNC_BYTES,
    Commit,
    FrameType,
    Opening,
    frame,
    pack_commit,
    pack_leaves,
    pack_opening,
    segment_name,
)
from tagwatch.store.journal.record import DataClass, Draft, Head, Owner, month_of
from tagwatch.store.journal.recover import Recovery, Tail, recover

LOCK_NAME = "writer.lock"
SEGMENT_BYTES = 64 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_PADDING = [bytes(n) for n in range(8)]


class Limits(NamedTuple):
    """When a segment is sealed and the next one opened, besides a new UTC day."""

    segment_bytes: int = SEGMENT_BYTES


class JournalWriter:
    """Appends groups of records to the journal in one folder. For one thread at a time."""

    def __init__(
        self,
        folder: Path,
        keyring: Keyring,
        files: Files,
        lock: Lock,
        tail: Tail,
        recovery: Recovery,
        limits: Limits,
    ) -> None:
        """Use `JournalWriter.open`."""
        self._folder = folder
        self._keyring = keyring
        self._files = files
        self._lock = lock
        self._limits = limits
        self._chain = tail.chain
        self._last_segment = tail.last_segment
        self._size = tail.size
        self._day = tail.opened_at // DAY
        self._broken = False
        self._file: File | None = None
        if tail.segment:
            self._file = files.open(folder / segment_name(tail.segment), Mode.WRITE)
        self.recovered = recovery
        """What opening found: torn tails cut, seqs of the last group lost."""

    @classmethod
    def open(
        cls, folder: Path, keyring: Keyring, files: Files, limits: Limits = Limits()
    ) -> "JournalWriter":
        """Open the journal in `folder` (made if absent), cut a torn tail, and hold it.

        Raises JournalLocked if another process holds it, OSError if the disk fails.
        """
        files.make_folder(folder)
        try:
            lock = files.lock(folder / LOCK_NAME)
        except BlockingIOError as error:
            raise JournalLocked(
                f"another process writes the journal in {folder}: stop it first, or append "
                "through it"
            ) from error
        try:
            keyring.take_writing()
            tail, recovery = recover(files, folder, keyring.installation)
            return cls(folder, keyring, files, lock, tail, recovery, limits)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Let go of the journal. Everything acknowledged is durable already."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._broken = True
        self._lock.release()

    def head(self) -> Head:
        """Return the durable end of the journal."""
        return Head(self._chain.next_seq - 1, self._chain.head)

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append `drafts` as one group and return their seqs, durable on return.

        Raises JournalFull, JournalWriteFailed or JournalBroken: then none of them was appended.
        Raises ValueError for a draft the format cannot hold.
        """
        first_seq = self._chain.next_seq
        if not drafts:
            return range(first_seq, first_seq)
        if self._broken:
            raise JournalBroken(f"the journal in {self._folder} is closed: open it again")
        _refuse_oversize(drafts)
        at = drafts[0].received_at
        try:
            keys = self._keys_of(drafts)
            file = self._segment_for(at)
        except OSError as error:
            raise self._failure(error) from error
        group, commit = self._encode(drafts, keys)
        self._write(file, group)
        self._size += len(group)
        self._chain.take(commit)
        return range(first_seq, first_seq + len(drafts))

    def erase(
        self,
        owner: Owner,
        data_class: DataClass | None,
        period: str | None,
        at: Instant,
    ) -> Erased:
        """Destroy the data keys of `owner` (None: every class, every period) at time `at`.

        The chain still verifies; readers give payload None. The caller journals the act itself.
        Raises OSError if the disk refused; erase again then.
        """
        if self._broken:
            raise JournalBroken(f"the journal in {self._folder} is closed: open it again")
        return self._keyring.erase(owner, data_class, period, at)

    def _keys_of(self, drafts: Sequence[Draft]) -> list[Key]:
        uses = [
            (draft.owner, draft.data_class, draft.period or month_of(draft.received_at))
            for draft in drafts
        ]
        keys = self._keyring.keys_for(set(uses), drafts[0].received_at)
        return [keys[use] for use in uses]

    def _encode(self, drafts: Sequence[Draft], keys: Sequence[Key]) -> tuple[bytes, Commit]:
        """Return the bytes of a group and its commit."""
        seq = self._chain.next_seq
        salts = os.urandom(SALT_BYTES * len(drafts))
        leaves: list[bytes] = []
        parts: list[bytes] = []
        pack_frame, pack_header = FRAME.pack, HEADER.pack
        at = 0
        for draft, (key_id, cipher) in zip(drafts, keys, strict=True):
            received_at, lane, kind, _, data_class, payload, _ = draft
            salt = salts[at : at + SALT_BYTES]
            at += SALT_BYTES
            clear = salt + pack_header(seq, received_at, key_id, kind, lane, data_class)
            body = clear + cipher.encrypt(salt[:NONCE_BYTES], COMMITMENT + payload, clear)
            leaves.append(sha256(b"\0" + body).digest())
            size = len(body)
            rest = b"%b%b%b" % (
                pack_frame(0, 0, size, FrameType.RECORD, LAYOUT_VERSION, 0)[8:],
                body,
                _PADDING[-size & 7],
            )
            parts += (SYNC_BYTES, crc32(rest).to_bytes(4, "little"), rest)
            seq += 1
        commit = self._chain.next(len(drafts), merkle_root(leaves))
        if len(leaves) > 1:
            parts.insert(0, pack_leaves(commit.first_seq, leaves))
        parts.append(pack_commit(commit))
        return b"".join(parts), commit

    def _segment_for(self, at: Instant) -> File:
        """Return the open segment, after sealing a full or old one and opening the next."""
        if self._file is not None:
            full = self._size >= self._limits.segment_bytes
            if not full and at // DAY <= self._day:
                return self._file
            seal = frame(FrameType.SEAL, SEAL.pack(self._chain.next_seq, self._chain.head))
            self._write(self._file, seal)
            self._file.close()
            self._file = None
        number = self._last_segment + 1
        opening = Opening(
            self._keyring.installation,
            number,
            self._chain.next_seq,
            self._chain.group + 1,
            at,
            self._chain.heads(),
        )
        data = pack_opening(opening)
        self._file = self._new_segment(number, data)
        self._last_segment, self._size, self._day = number, len(data), at // DAY
        return self._file

    def _new_segment(self, number: int, data: bytes) -> File:
        path = self._folder / segment_name(number)
        if self._files.exists(path):
            # Left by an opening that failed and could not be removed: nothing is in it.
            self._files.remove(path)
        file = self._files.open(path, Mode.CREATE)
        try:
            file.write_at(0, data)
            file.fdatasync()
            self._files.fsync_dir(self._folder)
        except OSError:
            file.close()
            with suppress(OSError):
                self._files.remove(path)
            raise
        return file

    def _write(self, file: File, data: bytes) -> None:
        """Make `data` durable at the end of the segment, or bring the segment back."""
        try:
            file.write_at(self._size, data)
            file.fdatasync()
        except OSError as error:
            try:
                file.truncate(self._size)
                file.fdatasync()
            except OSError as second:
                self._broken = True
                raise JournalBroken(
                    f"the disk of {self._folder} failed ({error}) and the segment could not be "
                    f"cut back ({second}): mend the disk, then open the journal again"
                ) from error
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> JournalFull | JournalWriteFailed:
        if error.errno in _FULL:
            return JournalFull(
                f"no room for the journal in {self._folder}; nothing of the group was "
                "acknowledged: make room, tags will send again"
            )
        return JournalWriteFailed(
            f"the disk refused the journal in {self._folder} ({error}); nothing of the group was "
            "acknowledged: look at the disk"
        )


def _refuse_oversize(drafts: Sequence[Draft]) -> None:
    sizes = [len(draft.payload) for draft in drafts]
    if max(sizes) > MAX_PAYLOAD_BYTES:
        raise ValueError(
            f"a payload of {max(sizes)} bytes is over the limit of {MAX_PAYLOAD_BYTES}: refuse it "
            "at the door or split it"
        )
    if len(sizes) > MAX_GROUP_RECORDS or sum(sizes) > MAX_GROUP_BYTES:
        raise ValueError(
            f"a group of {len(sizes)} records and {sum(sizes)} bytes is over the limit of "
            f"{MAX_GROUP_RECORDS} records or {MAX_GROUP_BYTES} bytes: append it in parts"
        )
