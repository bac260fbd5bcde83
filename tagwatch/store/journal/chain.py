"""Hashes: leaf, Merkle tree of a group (RFC 6962), and the chain of heads over the groups.

Each head hashes the previous head and one further back (`skip`): the group whose number is this
one's with its lowest set bit cleared. So a proof from any record to today's head needs a few
hundred links at most, not every group since.
"""

from hashlib import sha256
from struct import Struct

import msgspec

from tagwatch.store.journal.layout import Commit

_LEAF = b"\x00"
_NODE = b"\x01"
_HEAD = b"\x02"
_GENESIS = b"\x03"
_NUMBERS = Struct("<QQI")
NO_SKIP = bytes(32)
"""Written as skip head when damage left the one it should be unknown."""


def leaf_hash(body: bytes) -> bytes:
    """Return the leaf of a record frame's body (salt, header, ciphertext)."""
    return sha256(_LEAF + body).digest()


def genesis(installation: bytes) -> bytes:
    """Return the head before the first group of an installation."""
    return sha256(_GENESIS + installation).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    """Return the RFC 6962 root of one or more leaf hashes."""
    level = leaves
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def merkle_path(leaves: list[bytes], at: int) -> list[bytes]:
    """Return the sibling hashes, lowest first, that lead from leaf `at` to the root."""
    path: list[bytes] = []
    level = leaves
    while len(level) > 1:
        sibling = at ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _parents(level)
        at >>= 1
    return path


def root_from_path(leaf: bytes, at: int, count: int, path: list[bytes]) -> bytes | None:
    """Return the root that `path` leads to, or None if it does not fit leaf `at` of `count`."""
    if not 0 <= at < count:
        return None
    digest, rest = leaf, list(path)
    while count > 1:
        if at ^ 1 < count:
            if not rest:
                return None
            sibling = rest.pop(0)
            pair = sibling + digest if at & 1 else digest + sibling
            digest = sha256(_NODE + pair).digest()
        at >>= 1
        count = (count + 1) >> 1
    return None if rest else digest


def head_digest(
    group: int, first_seq: int, count: int, previous: bytes, skip: bytes, root: bytes
) -> bytes:
    """Return the head after a group."""
    numbers = _NUMBERS.pack(group, first_seq, count)
    return sha256(b"".join((_HEAD, numbers, previous, skip, root))).digest()


class GroupLink(msgspec.Struct, frozen=True):
    """One group of the chain: what the head after it is hashed from."""

    group: int
    first_seq: int
    count: int
    previous: bytes
    skip: bytes
    root: bytes

    def head(self) -> bytes:
        """Return the head after this group."""
        return head_digest(
            self.group, self.first_seq, self.count, self.previous, self.skip, self.root
        )


def skip_of(group: int) -> int:
    """Return the number of the group that `group` links back to besides the previous one."""
    return group & (group - 1)


def ancestors_of(group: int) -> list[int]:
    """Return `group` and what its skip links lead to, lowest first, without 0."""
    found: list[int] = []
    while group:
        found.append(group)
        group = skip_of(group)
    return found[::-1]


def links_back(later: int, earlier: int) -> list[int]:
    """Return the groups of a shortest proof: after `earlier`, up to and with `later`."""
    wanted: list[int] = []
    while later > earlier:
        wanted.append(later)
        later = skip_of(later) if skip_of(later) >= earlier else later - 1
    return wanted[::-1]


class Chain:
    """The end of the chain: enough to add the next group."""

    def __init__(self, origin: bytes) -> None:
        """Begin at `origin`, the head before the first group (see `genesis`)."""
        self.group = 0
        self.next_seq = 1
        self.head = self.origin = origin
        self._known: dict[int, bytes] = {}

    def copy(self) -> "Chain":
        """Return a chain that stands here and goes its own way."""
        twin = Chain(self.origin)
        twin.resume(self.group, self.next_seq, self.heads())
        twin.head = self.head
        return twin

    def heads(self) -> tuple[bytes, ...]:
        """Return the heads later groups may link to, lowest group first."""
        return tuple(self._known.get(group, NO_SKIP) for group in ancestors_of(self.group))

    def resume(self, group: int, next_seq: int, heads: tuple[bytes, ...]) -> None:
        """Stand where `heads()` was read after `group`."""
        self.group, self.next_seq = group, next_seq
        self._known = dict(zip(ancestors_of(group), heads, strict=True))
        self.head = heads[-1] if heads else self.origin

    def jump(self, group: int, next_seq: int, head: bytes) -> None:
        """Stand after `group` on the word of what follows it, damage hiding what led there."""
        self.group, self.next_seq, self.head = group, next_seq, head
        if group:
            self._known[group] = head

    def next(self, count: int, root: bytes) -> Commit:
        """Return the commit of a group of `count` records at the end, without taking it."""
        group, first_seq, previous = self.group + 1, self.next_seq, self.head
        skip = self.skip_for(group)
        head = head_digest(group, first_seq, count, previous, skip, root)
        return Commit(group, first_seq, count, previous, skip, root, head)

    def skip_for(self, group: int) -> bytes:
        """Return the skip head of `group`, the one after the end; NO_SKIP if it is unknown."""
        back = skip_of(group)
        return self._known.get(back, NO_SKIP) if back else self.origin

    def take(self, commit: Commit) -> None:
        """Make `commit` the end. Groups that damage hid are filled in from what it repeats."""
        known = self._known
        if commit.group > 1:
            known.setdefault(commit.group - 1, commit.previous)
            if skip_of(commit.group) and commit.skip != NO_SKIP:
                known.setdefault(skip_of(commit.group), commit.skip)
        known[commit.group] = self.head = commit.head
        self.group, self.next_seq = commit.group, commit.first_seq + commit.size
        keep = ancestors_of(commit.group)
        if len(known) > 2 * len(keep) + 8:
            self._known = {group: known[group] for group in keep if group in known}


def _parents(level: list[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [sha256(_NODE + left + right).digest() for left, right in pairs]
    if len(level) % 2:
        above.append(level[-1])
    return above
