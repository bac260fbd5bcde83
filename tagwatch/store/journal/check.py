"""The chain, checked group after group, with every damage named by what it cost."""

from enum import Enum
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

import msgspec

from tagwatch.store.journal.chain import NO_SKIP, Chain, genesis, head_digest, merkle_root
from tagwatch.store.journal.groups import Group, Sealed, SeenRecord, groups, leaf_of
from tagwatch.store.journal.layout import Commit, Gap, Opening
from tagwatch.store.journal.record import Head, day_of


class ChainState(Enum):
    """What the chain proves."""

    WHOLE = "whole"
    """Every group follows from the one before: nothing was altered, put in or taken out."""
    INTERRUPTED = "interrupted"
    """Damaged bytes hide a link; everything else follows."""
    BROKEN = "broken"
    """Whole bytes contradict the chain: something was altered."""


class LostRange(msgspec.Struct, frozen=True, kw_only=True):
    """Seqs that cannot be read or trusted, both ends included."""

    first_seq: int
    last_seq: int


class NamedDamage(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes [start, end) of a segment that are not what was written, and what they cost."""

    segment: int
    start: int
    end: int
    reason: str
    lost: LostRange | None


class TornBytes(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes after the last commit: never acknowledged, cut when a writer opens the journal."""

    segment: int
    start: int
    end: int


class _Pending(NamedTuple):
    """A group whose commit is not there."""

    segment: int
    group: Group
    leaves: list[bytes]
    """Of the records seen."""


class _Item(NamedTuple):
    """A gap, or a whole record with its seq, in the order of the file."""

    segment: int
    gap: Gap | None
    seq: int


_Stated: TypeAlias = tuple[int | None, int, bytes]
"""What comes next says of itself: its group (None: a seal), first seq and previous head."""


class Proof(Enum):
    """Whether records of groups without commit are proved by what follows."""

    FULL = "full"
    NONE = "none"


class Apart(Enum):
    """How the records of groups whose commits are damaged are taken."""

    EACH = "each"
    TOGETHER = "together"


class ChainCheck:
    """One verification: give it the segments in order, then `finish`."""

    def __init__(self, asked: set[tuple[int, str]]) -> None:
        """`asked` are published heads (seq, digest) to be met on the way."""
        self.asked = asked
        """Those not met so far."""
        self.installation = b""
        self.chain = Chain(b"")
        self.state = ChainState.WHOLE
        self.contradictions: list[str] = []
        self.records = 0
        self.unproved = 0
        self.damage: list[NamedDamage] = []
        self.heads_by_day: dict[str, Head] = {}
        self._pending: list[_Pending] = []
        self._hidden = False
        self._segment = 0
        self._data = b""

    def segment(self, number: int, data: bytes) -> None:
        """Check the next segment."""
        if number != self._segment + 1:
            self._hidden = True
            missing = f"segments {self._segment + 1} to {number - 1} are missing"
            self._name(number, Gap(0, 0), missing, None)
        self._segment, self._data = number, data
        for part in groups(data):
            if isinstance(part, Opening):
                self._opening(part)
            elif isinstance(part, Sealed):
                self._sealed(part)
            elif part.commit is None:
                leaves = [leaf_of(data, record) for record in part.records]
                self._pending.append(_Pending(number, part, leaves))
            else:
                self._committed(part, part.commit)

    def finish(self) -> TornBytes | None:
        """Return what is left after the last commit of the last segment, if anything."""
        tail = [place for place in self._pending if place.segment == self._segment]
        self._pending = self._pending[: len(self._pending) - len(tail)]
        self._settle(self.chain.next_seq, Proof.NONE)
        if not tail:
            return None
        start = tail[0].group.start
        return TornBytes(segment=self._segment, start=start, end=len(self._data))

    def _opening(self, opening: Opening) -> None:
        origin = genesis(opening.installation)
        self.installation = self.installation or opening.installation
        if not self.chain.origin:
            self.chain = Chain(origin)
        if opening.installation != self.installation or self.chain.origin not in (origin, NO_SKIP):
            self._broken(f"segment {self._segment} names another installation")
        here = f"the opening of segment {self._segment}"
        previous = opening.heads[-1] if opening.heads else origin
        if not self._follow(opening.first_group, opening.first_seq, previous, here):
            self.chain.resume(opening.first_group - 1, opening.first_seq, opening.heads)
        elif any(
            told != known and NO_SKIP not in (told, known)
            for told, known in zip_longest(opening.heads, self.chain.heads(), fillvalue=b"")
        ):
            self._broken(f"{here} repeats other heads than the chain's")
        self._hidden = False

    def _sealed(self, seal: Sealed) -> None:
        # A seal names no group; what damage hides before it, the next opening tells.
        if not self._matches((None, seal.next_seq, seal.head)) and not self._is_hidden():
            self._broken(f"the seal of segment {self._segment} states another end than the chain's")

    def _committed(self, group: Group, commit: Commit) -> None:
        here = f"group {commit.group} in segment {self._segment}"
        if not self.chain.origin:
            # The first opening is damaged: the first group says where the chain begins.
            self.chain = Chain(commit.previous if commit.group == 1 else NO_SKIP)
        self._hidden = self._hidden or bool(group.gaps)
        if not self._follow(commit.group, commit.first_seq, commit.previous, here):
            self.chain.jump(commit.group - 1, commit.first_seq, commit.previous)
        skip = self.chain.skip_for(commit.group)
        if commit.skip != skip and NO_SKIP not in (commit.skip, skip):
            self._broken(f"{here} links back to another group than it should")
        if head_digest(*commit[:6]) != commit.head:
            self._broken(f"{here} states a head that does not follow from its fields")
        self._check_records(group, commit, here)
        self.chain.take(commit)
        self._hidden = False
        self.asked.discard((commit.last_seq, commit.head.hex()))
        if group.records:
            day = day_of(group.records[-1].received_at)
            self.heads_by_day[day] = Head(commit.last_seq, commit.head)

    def _follow(self, group: int, next_seq: int, previous: bytes, here: str) -> bool:
        """Tell whether what comes next follows from the chain, after filling in lost commits."""
        if self._matches((group, next_seq, previous)):
            return True
        text = f"{here} does not follow from group {self.chain.group}"
        hidden = self._is_hidden()
        self._settle(next_seq, Proof.NONE)
        if hidden:
            self.contradictions.append(f"{text}: damaged bytes hide what led there")
            if self.state is ChainState.WHOLE:
                self.state = ChainState.INTERRUPTED
        else:
            self._broken(text)
        return False

    def _is_hidden(self) -> bool:
        """Tell whether anything was damaged since the last link that held."""
        return self._hidden or any(place.group.gaps for place in self._pending)

    def _matches(self, stated: _Stated) -> bool:
        """Tell whether the chain, with the pending groups if need be, leads to what is stated."""
        if _leads_to(self.chain, stated):
            self._settle(stated[1], Proof.FULL)
            return True
        filled = self._filled_in(stated)
        if filled is None:
            return False
        self._settle(stated[1], Proof.FULL)
        self.chain = filled
        return True

    def _filled_in(self, stated: _Stated) -> Chain | None:
        """Return the chain with the pending groups if they lead exactly to what is stated.

        A pending group without a leaves frame is either several of one record or one of several.
        """
        for alone in (Apart.EACH, Apart.TOGETHER):
            chain = self.chain.copy()
            for place in self._pending:
                leaves = place.group.leaves or place.leaves
                each = alone is Apart.EACH and place.group.leaves is None
                for part in [[leaf] for leaf in leaves] if each else [leaves]:
                    if part:
                        chain.take(chain.next(len(part), merkle_root(part)))
            if _leads_to(chain, stated):
                return chain
        return None

    def _settle(self, next_seq: int, proof: Proof) -> None:
        """Name what the pending groups lost, now that it is known which seq comes next."""
        first, last = self.chain.next_seq, next_seq - 1
        items: list[_Item] = []
        for place in self._pending:
            group = place.group
            inside = [record for record in group.records if first <= record.seq <= last]
            items += _in_order(place.segment, group.gaps, inside)
            self.records += len(inside)
            self.unproved += len(inside) if proof is Proof.NONE else 0
        self._pending = []
        if first <= last or items:
            self._name_lost(items, first, last)

    def _check_records(self, group: Group, commit: Commit, here: str) -> None:
        own = {record.seq: leaf_of(self._data, record) for record in group.records}
        seqs = range(commit.first_seq, commit.last_seq + 1)
        self.records += len(group.records)
        if len(own) != len(group.records) or any(seq not in seqs for seq in own):
            self._broken(f"{here} holds records that were put in")
        complete = list(own) == list(seqs)
        if not (complete and merkle_root(list(own.values())) == commit.root):
            leaves = group.leaves or []
            if len(leaves) == commit.size and merkle_root(leaves) == commit.root:
                for record in group.records:
                    if record.seq in seqs and own[record.seq] != leaves[record.seq - seqs[0]]:
                        self._altered(record)
            elif group.gaps:
                self.unproved += len(group.records)
            else:
                for record in group.records:
                    self._altered(record)
        items = _in_order(self._segment, group.gaps, group.records)
        self._name_lost(items, commit.first_seq, commit.last_seq)

    def _altered(self, record: SeenRecord) -> None:
        lost = LostRange(first_seq=record.seq, last_seq=record.seq)
        where = Gap(record.start, record.end)
        self._name(self._segment, where, "the record is not the one that was acknowledged", lost)
        self._broken(f"record {record.seq} in segment {self._segment} was altered")

    def _name_lost(self, items: list[_Item], first: int, last: int) -> None:
        """Give each missing seq of [first, last] to the gap it fell into."""
        gap: _Item | None = None
        expected = first
        for item in [*items, _Item(self._segment, None, last + 1)]:
            if item.gap is not None:
                if gap is not None:
                    self._name_gap(gap, None)
                gap = item
                continue
            lost = None
            if item.seq > expected:
                lost = LostRange(first_seq=expected, last_seq=item.seq - 1)
            if gap is not None:
                self._name_gap(gap, lost)
            elif lost is not None:
                self._name(self._segment, Gap(0, 0), "the records are not there", lost)
                if not self._hidden:
                    self._broken(f"records {lost.first_seq} to {lost.last_seq} were taken out")
            gap = None
            expected = max(expected, item.seq + 1)

    def _name_gap(self, item: _Item, lost: LostRange | None) -> None:
        if item.gap is None:
            return
        before = self.damage[-1:]
        place = (item.segment, item.gap.offset)
        if before and (before[0].segment, before[0].start) == place:
            # Named already for the group before it.
            self.damage.pop()
            lost = _joined(before[0].lost, lost)
        self._name(item.segment, item.gap, "damaged bytes", lost)

    def _name(self, segment: int, where: Gap, reason: str, lost: LostRange | None) -> None:
        self.damage.append(
            NamedDamage(
                segment=segment, start=where.offset, end=where.next, reason=reason, lost=lost
            )
        )

    def _broken(self, text: str) -> None:
        self.state = ChainState.BROKEN
        self.contradictions.append(text)


def _leads_to(chain: Chain, stated: _Stated) -> bool:
    group, next_seq, head = stated
    return group in (None, chain.group + 1) and (chain.next_seq, chain.head) == (next_seq, head)


def _joined(one: LostRange | None, other: LostRange | None) -> LostRange | None:
    if one is None or other is None:
        return one or other
    return LostRange(
        first_seq=min(one.first_seq, other.first_seq), last_seq=max(one.last_seq, other.last_seq)
    )


def _in_order(segment: int, gaps: list[Gap], records: list[SeenRecord]) -> list[_Item]:
    placed = [(gap.offset, _Item(segment, gap, 0)) for gap in gaps]
    placed += [(record.start, _Item(segment, None, record.seq)) for record in records]
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]
