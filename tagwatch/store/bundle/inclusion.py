"""Records of the journal with their proofs to one head, sharing the links of the chain.

A proof of one record by itself repeats some hundreds of links; those of a week share most of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tagwatch.core.units import Instant
from tagwatch.store.journal.chain import GroupLink, leaf_hash, root_from_path
from tagwatch.store.journal.layout import COMMITMENT, HEADER, NONCE_BYTES, SALT_BYTES
from tagwatch.store.journal.record import Head

_CLEAR: Final = SALT_BYTES + HEADER.size


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One record as it stands in the journal, and its way to the root of its group."""

    body: bytes
    group: int
    path: tuple[bytes, ...]


class Linked(GroupLink, frozen=True, array_like=True):
    """A link that all records of a bundle share: an array."""


class DataKey(msgspec.Struct, frozen=True, kw_only=True):
    """A data key that opens records of one owner, class and period."""

    key_id: int
    owner: str
    data_class: str
    period: str
    key: str
    """In hexadecimal."""


class Opened(NamedTuple):
    """A record whose place in the journal is proved; `payload` is None without its key."""

    seq: int
    received_at: Instant
    kind: int
    payload: bytes | None


_KEPT: Final = msgspec.msgpack.Decoder(tuple[Kept, ...])
_LINKED: Final = msgspec.msgpack.Decoder(tuple[Linked, ...])


def packed(items: Sequence[Kept] | Sequence[Linked]) -> bytes:
    """Return the content of a member: MessagePack, an array of arrays."""
    return msgspec.msgpack.encode(items)


def links_of(content: bytes) -> tuple[Linked, ...]:
    """Return the links of a member. Raises msgspec.DecodeError."""
    return _LINKED.decode(content)


def records_of(content: bytes) -> tuple[Kept, ...]:
    """Return the records of a member. Raises msgspec.DecodeError."""
    return _KEPT.decode(content)


def proved_links(links: Sequence[Linked], head: Head) -> tuple[dict[int, Linked], list[str]]:
    """Return the links that lead to `head`, by group, and in words those that do not."""
    proved: dict[int, Linked] = {}
    named = {head.digest}
    wrong: list[str] = []
    for link in sorted(links, key=lambda one: one.group, reverse=True):
        if link.head() not in named:
            wrong.append(f"group {link.group} of the journal does not lead to the head")
            continue
        if link.head() == head.digest and link.first_seq + link.count - 1 != head.seq:
            wrong.append(f"group {link.group} does not end at the head's record {head.seq}")
        proved[link.group] = link
        named |= {link.previous, link.skip}
    return proved, wrong


def opened_records(
    records: Sequence[Kept], links: Mapping[int, Linked], keys: Mapping[int, bytes]
) -> Iterator[Opened | str]:
    """Yield each record whose place is proved, opened if its key is there; else what is wrong."""
    ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
    for place, kept in enumerate(records):
        if len(kept.body) < _CLEAR:
            yield f"record {place} of the list is too short to be one"
            continue
        fields = HEADER.unpack_from(kept.body, SALT_BYTES)
        seq, received_at, key_id, kind = fields[:4]
        link = links.get(kept.group)
        root = None if link is None else _root(kept, seq, link)
        if link is None or root != link.root:
            yield f"record {seq} of the journal is not proved to the head"
            continue
        cipher = ciphers.get(key_id)
        if cipher is None:
            yield Opened(seq, Instant(received_at), kind, None)
            continue
        clear = kept.body[:_CLEAR]
        try:
            text = cipher.decrypt(clear[:NONCE_BYTES], kept.body[_CLEAR:], clear)
        except InvalidTag:
            yield f"record {seq} of the journal does not open with the key given"
            continue
        if not text.startswith(COMMITMENT):
            yield f"record {seq} of the journal opens to a text under another key"
            continue
        yield Opened(seq, Instant(received_at), kind, text[len(COMMITMENT) :])


def _root(kept: Kept, seq: int, link: Linked) -> bytes | None:
    at = seq - link.first_seq
    return root_from_path(leaf_hash(kept.body), at, link.count, list(kept.path))
