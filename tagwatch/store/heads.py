"""Heads that went to outside addresses, of the journal and of each audit: a line of JSON each,
oldest first."""

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from tagwatch.config import Config
from tagwatch.core.units import Instant
from tagwatch.store.journal.verify import PublishedHead

NAME: Final = "heads.jsonl"
JOURNAL: Final = "journal"
AUDIT: Final = "audit "
"""Before the process that writes the audit, in names of chains."""


class MailedHead(msgspec.Struct, frozen=True, kw_only=True):
    """The journal's head and those of the audits, and when they were mailed."""

    at: Instant
    seq: int
    digest: str
    audits: dict[str, PublishedHead] = {}
    """The head of each audit by its process."""
    joined: str = ""
    """One digest over all of them (`joined`), short enough to be written down by hand."""
    problems: tuple[str, ...] = ()
    """What was wrong with a chain when this was mailed, in sentences; it says so itself."""

    def of_chains(self) -> dict[str, PublishedHead]:
        """Return each head by the name of its chain."""
        named = {f"{AUDIT}{process}": head for process, head in self.audits.items()}
        return {JOURNAL: PublishedHead(seq=self.seq, digest=self.digest), **named}


def joined(heads: Mapping[str, PublishedHead]) -> str:
    """Return one digest over the heads of all chains, as hexadecimal: SHA-256 of a line
    `NAME SEQ DIGEST` each, sorted by name."""
    lines = (f"{name} {head.seq} {head.digest}\n" for name, head in sorted(heads.items()))
    return sha256("".join(lines).encode()).hexdigest()


def note_head(config: Config, head: MailedHead) -> None:
    """Keep that a head was mailed, durably. Raises OSError."""
    path = config.data / NAME
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, msgspec.json.encode(head) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def mailed_heads(config: Config) -> list[MailedHead]:
    """Return the heads that were mailed, oldest first; a line that was cut short is left out."""
    path = config.data / NAME
    found: list[MailedHead] = []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            found.append(msgspec.json.decode(line, type=MailedHead))
        except msgspec.DecodeError:
            continue
    return found


def published_of(heads: Sequence[MailedHead]) -> dict[str, list[PublishedHead]]:
    """Return the mailed heads by chain, oldest first."""
    found: dict[str, list[PublishedHead]] = {}
    for mailed in heads:
        for name, head in mailed.of_chains().items():
            found.setdefault(name, []).append(head)
    return found
