"""Heads of the journal that went to outside addresses: a line of JSON each, oldest first."""

import os
from typing import Final

import msgspec

from tagwatch.config import Config
from tagwatch.core.units import Instant

NAME: Final = "heads.jsonl"


class MailedHead(msgspec.Struct, frozen=True, kw_only=True):
    """A head, and when it was mailed."""

    at: Instant
    seq: int
    digest: str


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
