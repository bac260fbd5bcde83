"""What an alert hangs on: it would not have fired if …"""

from collections.abc import Sequence
from typing import Any

from tagwatch.core.derive import derive_of_rule
from tagwatch.core.episode import Episode
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import RuleKind
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.rules.zone import thresholds_of as zone_thresholds
from tagwatch.core.sight import Sight
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant


def counterfactual(
    episode: Episode,
    used: Sequence[Sight],
    trail: Sequence[TrailPart],
    condition: ConditionVersion,
    settings: SettingsHistory,
    prepared: Prepared,
) -> tuple[str, ...]:
    """Return what would have kept it from firing: the threshold, and the loss of its best fix.

    `used`: the fixes that the episode names, of `trail`.
    """
    rules = settings.at(episode.entered_latest)
    orders = WearerOrders(wearer_id=condition.wearer_id, conditions=(condition,))
    tracks = prepared.tracks(orders)
    track = next(t for t in (*tracks.zones, *tracks.curfews) if t.rule is episode.rule)
    if episode.rule is RuleKind.CURFEW:
        limits = condition.thresholds or rules.curfew.thresholds
        place = "outside"
    else:
        limits = zone_thresholds(track.pieces[0], rules.zone)
        place = "inside"
    threshold = f"no fix had been {place} with a probability of {limits.protect:g} or more"
    said = [f"{threshold}; the highest was {episode.probability:g}"]
    if used:
        best = max(used, key=lambda s: s.p_inside if place == "inside" else s.distance_m)
        without = [
            TrailPart(p.activation_id, p.tag_model, p.block[~_is_fix(p, best)]) for p in trail
        ]
        window = (episode.entered_earliest, episode.left_latest or Instant(used[-1].at + 1))
        left = derive_of_rule(episode.rule, without, orders, settings, window, prepared)
        kinds = sorted({e.finding for e in left})
        words = " and ".join(kinds) if kinds else "nothing"
        said.append(f"without its best fix the others yield: {words}")
    return tuple(said)


def _is_fix(part: TrailPart, sight: Sight) -> Any:
    seq, index = (int(n) for n in sight.fix_id.split("."))
    return (part.block["seq"] == seq) & (part.block["index"] == index)
