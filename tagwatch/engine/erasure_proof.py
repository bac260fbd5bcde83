"""The proof that a wearer is forgotten: of keys, journal, tables, archive, files and backups."""

from pathlib import Path

from sqlalchemy import Engine

from tagwatch.config import Config
from tagwatch.core.recorded_archive import ArchiveFile
from tagwatch.core.recorded_erasure import (
    DestroyedKey,
    ErasureProof,
    HeldBackup,
    RewrittenFile,
    Trace,
)
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import DAY, Instant
from tagwatch.engine import installation
from tagwatch.engine.installation import OS_FILES
from tagwatch.store import leads
from tagwatch.store.archive import parts
from tagwatch.store.backups import backups
from tagwatch.store.database import reading
from tagwatch.store.journal.keyfile import SlotState
from tagwatch.store.journal.proof import Verdict, check, key_of, prove_keys
from tagwatch.store.journal.record import Head
from tagwatch.store.traces import owners_of


class NotForgotten(Exception):
    """Something of him is still there; the text says where."""


def proof_of(
    config: Config,
    projections: Engine,
    trace: Trace,
    before: tuple[tuple[str, str], ...],
    periods: RetentionPeriods,
    at: Instant,
) -> ErasureProof:
    """Look everywhere and return what was found. Raises NotForgotten, JournalError, OSError.

    `before` are the files of the archive that held him.
    """
    keys, head = destroyed(config, trace)
    with reading(projections) as connection:
        tables = leads.left(connection, trace)
        now = parts.visible(connection)
    still = [f"{name}: {count} rows" for name, count in tables if count]
    if still:
        raise NotForgotten(f"the tables still lead to {trace.wearer_id} ({', '.join(still)})")
    return ErasureProof(
        keys=keys,
        head_seq=head.seq,
        head_digest=head.digest.hex(),
        tables=tuple(tables),
        rewritten=_rewritten(config.archive_folder, before, now),
        backups=_backups(config, periods, at),
    )


def destroyed(config: Config, trace: Trace) -> tuple[tuple[DestroyedKey, ...], Head]:
    """Return the destroyed keys of all that is his, with the records each encrypted, proved to
    the head. Raises NotForgotten if a key of his lives."""
    keyring = installation.open_keyring(config)
    try:
        owners = frozenset(owners_of(trace))
        slots = {key: slot for key, slot in keyring.slots().items() if slot.owner in owners}
    finally:
        keyring.close()
    living = [str(key) for key, slot in slots.items() if slot.state is SlotState.LIVE]
    if living:
        raise NotForgotten(f"keys {', '.join(living)} of {trace.wearer_id} are not destroyed")
    seqs: dict[int, list[int]] = {key: [] for key in slots}
    proved = dict.fromkeys(slots, 0)
    head = Head(0, b"")
    for proof in prove_keys(config.journal_folder, OS_FILES, frozenset(slots)):
        key = key_of(proof)
        head = Head(proof.head_seq, proof.head)
        seqs[key].append(proof.seq)
        proved[key] += check(proof, head) is Verdict.PROVED
    found = tuple(
        DestroyedKey(
            key_id=key,
            owner_kind=int(slot.owner.kind),
            owner_id=slot.owner.id,
            data_class=int(slot.data_class),
            period=slot.period,
            records=len(seqs[key]),
            first_seq=min(seqs[key], default=0),
            last_seq=max(seqs[key], default=0),
            proved=proved[key],
        )
        for key, slot in sorted(slots.items())
    )
    return found, head


def _rewritten(
    folder: Path, before: tuple[tuple[str, str], ...], now: list[ArchiveFile]
) -> tuple[RewrittenFile, ...]:
    there = {file.path for file in now}
    found: list[RewrittenFile] = []
    for path, sha256 in before:
        if path in there or (folder / path).exists():
            raise NotForgotten(f"the archive's file {path} is still there: it goes in a while")
        place = path.rpartition("/")[0]
        heir = next((file for file in now if file.path.rpartition("/")[0] == place), None)
        found.append(
            RewrittenFile(
                before=path,
                before_sha256=sha256,
                after="" if heir is None else heir.path,
                after_sha256="" if heir is None else heir.sha256,
            )
        )
    return tuple(found)


def _backups(config: Config, periods: RetentionPeriods, at: Instant) -> tuple[HeldBackup, ...]:
    return tuple(
        HeldBackup(
            path=made.path,
            at=made.at,
            head_seq=made.head_seq,
            head_digest=made.head_digest,
            expires_at=Instant(made.at + periods.backup_days * DAY),
        )
        for made in backups(config.data)
        if made.at <= at
    )
