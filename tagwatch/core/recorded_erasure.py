"""That a wearer is forgotten, and for how long what is kept, as the journal keeps it. See `ledger`.

Ids stand here and nothing else of him: these records stay when all of his are gone.
"""

import msgspec

from tagwatch.core.event import Event
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    AlertId,
    ContactId,
    NamedRequestId,
    PersonId,
    WearerId,
)
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import Instant


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything by which a wearer's data are found, by id."""

    wearer_id: WearerId
    activations: tuple[ActivationId, ...] = ()
    persons: tuple[PersonId, ...] = ()
    """Who was protected from him and from nobody else."""
    contacts: tuple[ContactId, ...] = ()
    """His own, and theirs."""
    alerts: tuple[AlertId, ...] = ()
    """Those with acts under a key of their own."""
    named: tuple[NamedRequestId, ...] = ()
    """Requests in which somebody named him, each under a key of its own."""


class DestroyedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that is gone, and what it encrypted."""

    key_id: int
    owner_kind: int
    owner_id: str
    data_class: int
    period: str
    records: int = 0
    first_seq: int = 0
    last_seq: int = 0
    proved: int = 0
    """How many of the records are proved to the head: their leaves, without their words."""


class RewrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the archive that held fixes of his: gone, and what took its place."""

    before: str
    before_sha256: str
    after: str
    """Empty: nothing was left to be kept."""
    after_sha256: str


class HeldBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup made before: it holds the keys still."""

    path: str
    at: Instant
    head_seq: int
    head_digest: str
    expires_at: Instant


class ErasureProof(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at when all was done, and what was found."""

    keys: tuple[DestroyedKey, ...]
    head_seq: int
    head_digest: str
    tables: tuple[tuple[str, int], ...]
    """Each table that can lead to a wearer, and how many rows still do: none."""
    rewritten: tuple[RewrittenFile, ...] = ()
    files_gone: int = 0
    """Overviews, bundles and the like that were taken away."""
    backups: tuple[HeldBackup, ...] = ()
    vacuumed: int = 0
    """1: the tables' file was written anew; 0: what was freed in it was overwritten in place."""
    mentions: tuple[tuple[str, str], ...] = ()
    """Table and key of rows of others that name him, in words or by id: for a person to read."""


class ForgettingBegun(Event, frozen=True, kw_only=True):
    """A wearer is to be forgotten, wholly: from now on this is completed, whatever stops it."""

    forgetting_id: str
    trace: Trace
    at: Instant
    reason: str
    """The law, the decision, or the period that is over."""
    by: AccountId
    files: tuple[tuple[str, str], ...] = ()
    """Path and SHA-256 of the files of the archive that hold fixes of his."""


class WearerForgotten(Event, frozen=True, kw_only=True):
    """His keys are destroyed: whatever the tables hold of him goes with this record."""

    forgetting_id: str
    trace: Trace
    at: Instant
    mentions: tuple[tuple[str, str], ...] = ()
    """Table and key of rows of others that named him: nobody removes them but a person."""


class ForgettingProved(Event, frozen=True, kw_only=True):
    """Archive, files and tables hold nothing of him any more; this is the proof."""

    forgetting_id: str
    at: Instant
    proof: ErasureProof


class RetentionPublished(Event, frozen=True, kw_only=True):
    """For how long each class of data is kept from now on."""

    version: int
    periods: RetentionPeriods
    at: Instant
    by: AccountId
    reason: str
