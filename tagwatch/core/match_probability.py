"""Who was at a crime, by the rule `probability`: how likely at some time in its window, from all
fixes, with the ways between them that a person can have gone (`presence`)."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tagwatch.core.crime_match import overlap_match
from tagwatch.core.match import (
    CrimeMatch,
    MatchList,
    MatchSettings,
    OpenReason,
    Scene,
    Sighted,
    WindowSeen,
    Worn,
)
from tagwatch.core.person import TagMode
from tagwatch.core.presence import Presence, presence
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.shape import Disc
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant


class Carrier(NamedTuple):
    """A person with all that is known of his tags about a window."""

    trail: Sequence[TrailPart]
    """Without what a tag said while it was off him."""
    worn: Sequence[tuple[Instant, Instant]]
    mode: TagMode


def probability_match(
    scene: Scene,
    carrier: Carrier,
    sighted: Sighted,
    worn: Sequence[Worn],
    rules: SettingsHistory,
    settings: MatchSettings,
) -> CrimeMatch:
    """Return on which list the rule puts a person, ranked by probability.

    Fixes are labelled as `overlap-50` labels them: labels say which circles lie in the vicinity,
    the probability says the rest. He is excluded only if nothing leaves more than
    `excluded_below`: not his best estimate, but its upper bound.
    """
    base = overlap_match(scene, sighted, worn, settings)
    found = presence(
        carrier.trail,
        Disc(centre=scene.place, radius_m=settings.vicinity_m),
        (scene.start, Instant(scene.end + 1)),
        carrier.worn,
        carrier.mode,
        rules,
        Prepared(),
    )
    which, reason = _list(found, settings)
    return msgspec.structs.replace(
        base,
        found=which,
        reason=reason,
        probability=found.probability,
        seen=WindowSeen(
            window_s=found.observed_s + found.unobserved_s + found.off_s,
            seen_s=found.observed_s,
            off_s=found.off_s,
            longest_unseen_s=base.seen.longest_unseen_s,
        ),
    )


def _list(found: Presence, settings: MatchSettings) -> tuple[MatchList, OpenReason | None]:
    if found.probability is None:
        return MatchList.NOT_EXCLUDED, OpenReason.NO_FIX
    if found.probability >= settings.matched_from:
        return MatchList.MATCHED, None
    if found.upper < settings.excluded_below:
        return MatchList.EXCLUDED, None
    silent = found.probability < settings.excluded_below
    return MatchList.NOT_EXCLUDED, OpenReason.SILENCE if silent else OpenReason.LIKELY
