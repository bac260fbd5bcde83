"""A secret zone that one person has drawn and that waits for a second one to publish it.

What is drawn wrong protects the wrong place, or gives away the right one; what is not published
does not protect at all. So nobody publishes his own drawing, and one that waits too long raises an
alarm. Of a zone that is being changed the version before stays in force meanwhile.
"""

import msgspec

from tagwatch.core.ids import AccountId, ZoneDraftId
from tagwatch.core.order import ConditionVersion, ExclusionZone, Terms, ZoneKnowledge
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant


class ZoneDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a condition as one person wants it, and what a second one said of it."""

    draft_id: ZoneDraftId
    condition: ConditionVersion
    """Its version is the one that publishing makes: one more than the drawing was made from."""
    reason: str
    by: AccountId
    at: Instant
    verdict: Verdict | None = None
    decided_by: AccountId | None = None
    decided_at: Instant | None = None
    words: str = ""
    need_id: str = ""
    """The place in words that is drawn with it, if any: publishing it settles that."""

    @property
    def is_new(self) -> bool:
        """Whether nothing of the zone is in force before it is published."""
        return self.condition.version == 1


def needs_two(terms: Terms, before: Terms | None) -> bool:
    """Return whether a version takes effect only when a second person publishes it: it hides an
    address, or the one before did."""
    return any(
        isinstance(each, ExclusionZone) and each.knowledge is ZoneKnowledge.SECRET
        for each in (terms, before)
    )


def decide_draft(
    draft: ZoneDraft, verdict: Verdict, by: AccountId, at: Instant, newest: int, words: str = ""
) -> ZoneDraft:
    """Return the draft as decided; `newest` is the condition's newest version, 0 for none.

    Raises ValueError saying why not: it was decided already, another version came meanwhile, or
    whoever drew it would publish it (to take one's own back by refusing is allowed).
    """
    if draft.verdict is not None:
        raise ValueError(f"it was {draft.verdict} already")
    if verdict is Verdict.APPROVED and by == draft.by:
        raise ValueError("a secret zone needs two people: somebody else must publish it")
    if verdict is Verdict.APPROVED and newest + 1 != draft.condition.version:
        raise ValueError(f"version {newest} was recorded since: draw it anew from that one")
    return msgspec.structs.replace(
        draft, verdict=verdict, decided_by=by, decided_at=at, words=words
    )


def published(draft: ZoneDraft) -> ConditionVersion:
    """Return the version that a published draft puts in force: recorded when it was published."""
    at = draft.at if draft.decided_at is None else draft.decided_at
    return msgspec.structs.replace(draft.condition, recorded_at=at)
