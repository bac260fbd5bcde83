"""Why a tag may be silent or without a place: possible causes, each with what speaks for and
against it, and a rough weight.

A weight is a sum of points, not a probability, and several causes can hold at once. What is not
known counts for nothing. Loss of signal alone never proves jamming: without a report of the tag
itself shielding is *possible* at most. Silence is neither compliance nor a breach.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.silence_evidence import EVIDENCE, unknown_of
from tagwatch.core.silence_facts import Evidence, SilenceCause, SilenceFacts


class Weight(StrEnum):
    """How a cause stands, by the sum of its points."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    CANNOT_SAY = "cannot say"


class WeighedCause(msgspec.Struct, frozen=True, kw_only=True):
    """One cause as it stands."""

    cause: SilenceCause
    weight: Weight
    points: int
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


class SilenceCard(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of a silence. `how` says how the weights come about."""

    facts: SilenceFacts
    causes: tuple[WeighedCause, ...]
    """All of them, the best supported first."""
    unknown: tuple[str, ...]
    how: str


HOW: Final = (
    "points for what is known: 1 weak, 2 strong, 4 all but decisive, minus where it speaks "
    "against; 2 or more is likely, -2 or less unlikely, between them possible; nothing known: "
    "cannot say. Not a probability; several can hold at once"
)
LIKELY_FROM: Final = 2
UNLIKELY_TO: Final = -2


def silence_card(facts: SilenceFacts) -> SilenceCard:
    """Return the causes of a silence as far as `facts` tell them apart."""
    causes = [_weighed(cause, facts) for cause in SilenceCause]
    ranked = sorted(causes, key=lambda one: -one.points)
    return SilenceCard(facts=facts, causes=tuple(ranked), unknown=tuple(unknown_of(facts)), how=HOW)


def weight_of(evidence: Sequence[Evidence], most: Weight = Weight.LIKELY) -> Weight:
    """Return the weight of a sum of points; never more than `most`."""
    if not evidence:
        return Weight.CANNOT_SAY
    points = sum(one.points for one in evidence)
    if points <= UNLIKELY_TO:
        return Weight.UNLIKELY
    return most if points >= LIKELY_FROM else Weight.POSSIBLE


def _weighed(cause: SilenceCause, facts: SilenceFacts) -> WeighedCause:
    evidence = list(EVIDENCE[cause](facts))
    most = Weight.LIKELY
    if cause is SilenceCause.SHIELDING and facts.jamming_at is None:
        most = Weight.POSSIBLE
    ordered = sorted(evidence, key=lambda one: -abs(one.points))
    return WeighedCause(
        cause=cause,
        weight=weight_of(evidence, most),
        points=sum(one.points for one in evidence),
        speaks_for=tuple(one.words for one in ordered if one.points > 0),
        speaks_against=tuple(one.words for one in ordered if one.points < 0),
    )
