"""What happened to other people at the time or the place of an episode, for its card.

Counted from the episodes as they stand, the current batch included, so that a rebuild counts the
same.
"""

from typing import Final

from tagwatch.core.alternatives import OtherTags
from tagwatch.core.episode import Episode
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import RuleKind
from tagwatch.core.repetition import Found
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.store.state import LineState

MOST_PLACES: Final = 100
"""The nearest places of others that are looked at."""


def other_tags(episode: Episode, condition: ConditionVersion, state: LineState) -> OtherTags:
    """Return how many other people's tags had a location finding that began about then."""
    rules = state.settings_at(episode.entered_latest).card
    window = rules.together_s * SECOND
    at = episode.entered_latest
    model = state.tag_model(episode.activation_id)
    near = set(state.register.places.near(condition, rules.near_m, MOST_PLACES))
    of_model: set[str] = set()
    at_place: set[str] = set()
    for other in state.begun(Instant(at - window), Instant(at + window)):
        if other.wearer_id == episode.wearer_id:
            continue
        if state.tag_model(other.activation_id) == model:
            of_model.add(other.wearer_id)
        if other.condition_id in near:
            at_place.add(other.wearer_id)
    return OtherTags(
        window_s=rules.together_s,
        model=model,
        worn=max(len(of_model), state.register.worn_of(model) - 1),
        of_model=len(of_model),
        at_place=len(at_place),
        radius_m=rules.near_m,
    )


def elsewhere(
    episode: Episode, condition: ConditionVersion, state: LineState
) -> tuple[Found, ...] | None:
    """Return what the same rule found of others at places near this one; None of a curfew, whose
    place is a home."""
    if episode.rule is RuleKind.CURFEW:
        return None
    rules = state.settings_at(episode.entered_latest).card
    places = state.register.places.near(condition, rules.near_m, MOST_PLACES)
    since = Instant(episode.entered_latest - rules.base_days * DAY)
    return tuple(
        Found(wearer=other.wearer_id, finding=other.finding)
        for other in state.found_at(places, since, episode.entered_latest)
        if other.wearer_id != episode.wearer_id and other.rule is episode.rule
    )
