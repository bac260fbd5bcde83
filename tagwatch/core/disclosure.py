"""What of a circumstances card may be shown to whom: never where a secret zone lies.

Two views: of an officer who may not know the place, and of the wearer and his defence, who must
not learn from times and distances what he could lay beside his own memory of where he was.
"""

from typing import Any, Final

import msgspec

from tagwatch.core.alternatives import Alternative, Cause
from tagwatch.core.circumstance import Circumstance, TagFacts
from tagwatch.core.episode import Episode
from tagwatch.core.order import ConditionVersion, ExclusionZone, ZoneKnowledge
from tagwatch.core.plane import LonLat
from tagwatch.core.shape import Disc

DISCLOSED: Final = frozenset(
    {
        "episode_id", "episode_version", "rule", "phase", "finding", "witnesses",
        "entered_earliest", "entered_latest", "left_earliest", "left_latest", "inside_s_most",
        "earlier_30_days", "earlier_90_days", "earlier_confirmed", "tag",
        "order_reference", "legal_basis", "condition_id", "condition_version",
        "condition_valid_from", "knowledge", "told_at", "before_told", "rule_version",
        "settings_version", "withheld",
    }
)  # fmt: skip
"""Fields that may be shown of a secret zone; every other field tells of its geometry."""

_WITHHELD: Final[dict[str, Any]] = {
    "steady_m": 0.0,
    "inside_s_least": 0,
    "jumps": (),
    "by_network": 0,
    "reason": "",
    "movement": None,
    "same_hour": None,
    "base_rate": None,
    "probability": 0.0,
    "accuracy_m_95_best": None,
    "accuracy_m_95_median": None,
    "accuracy_m_95_worst": None,
    "deepest_fix": None,
    "deepest_m": None,
    "distance_m_least": None,
    "distance_m_most": None,
    "route": (),
    "gaps": (),
    "alternatives": (),
    "unknown": (),
    "would_not_have_fired_if": (),
    "fixes": (),
    "fixes_sha256": "",
    "exemptions": (),
}

_TIMES: Final[dict[str, Any]] = {
    "entered_earliest": 0,
    "entered_latest": 0,
    "left_earliest": None,
    "left_latest": None,
    "inside_s_most": None,
    "witnesses": 0,
    "earlier_30_days": 0,
    "earlier_90_days": 0,
    "earlier_confirmed": 0,
    "condition_valid_from": 0,
    "told_at": None,
    "tag": TagFacts(),
}
"""With these the wearer could find a secret zone from where he knows he was."""


def disclosable(card: Circumstance) -> Circumstance:
    """Return what of the card may be shown to those who may not know where a secret zone lies."""
    if card.knowledge is ZoneKnowledge.TOLD:
        return card
    return msgspec.structs.replace(card, **_WITHHELD, withheld=tuple(sorted(_WITHHELD)))


NOWHERE: Final = Disc(centre=LonLat(lon_deg=0.0, lat_deg=0.0), radius_m=1.0)
"""Stands for the place of a zone where the reader may not know it."""
SECRET_LABEL: Final = "A secret zone"


def without_place(version: ConditionVersion) -> ConditionVersion:
    """Return the version without where its zone lies, how large it is and what it is called."""
    if not isinstance(version.terms, ExclusionZone):
        return version
    hidden = msgspec.structs.replace(version.terms, label=SECRET_LABEL, shape=NOWHERE, buffer_m=0.0)
    return msgspec.structs.replace(version, terms=hidden)


def without_fixes(episode: Episode) -> Episode:
    """Return the episode without what it rests on: which fixes, and how far inside they lie."""
    return msgspec.structs.replace(
        episode, fixes=(), steady_m=0.0, confirmed_at=None, reason="", split_from=None
    )


def for_defence(card: Circumstance) -> Circumstance:
    """Return what of the card may be shown to the wearer and his defence.

    Of a zone whose place he was told it is all of the card but what it says of other people at the
    time: a single one of them near would give away that another's place lies there. Of a secret
    zone neither place nor times: 0, None and empty stand for them, and `withheld` names every such
    field.
    """
    if card.knowledge is ZoneKnowledge.TOLD:
        return msgspec.structs.replace(card, alternatives=tuple(map(_own, card.alternatives)))
    hidden = _WITHHELD | _TIMES
    return msgspec.structs.replace(card, **hidden, withheld=tuple(sorted(hidden)))


def _own(alternative: Alternative) -> Alternative:
    """Return the explanation without what it says of others."""
    if alternative.cause is not Cause.BATCH:
        return alternative
    return Alternative(cause=Cause.BATCH, is_withheld=True)
