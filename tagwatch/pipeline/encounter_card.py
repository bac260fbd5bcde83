"""What the line knows of an encounter, for its card."""

from typing import Final

from tagwatch.core.encounter_card import EncounterCard, encounter_card
from tagwatch.core.encounters import Trails
from tagwatch.core.episode import Episode
from tagwatch.core.order import NoContact
from tagwatch.core.units import HOUR, Instant
from tagwatch.store.state import LineState

LONGEST: Final = 24 * HOUR
"""Of an encounter that lasts longer the card looks at so much from its beginning."""


def card_of_encounter(episode: Episode, now: Instant, state: LineState) -> EncounterCard | None:
    """Return the circumstances of an encounter; None where its condition or order is not known."""
    name = episode.condition_id
    versions = () if name is None else state.register.conditions[name]
    condition = next((v for v in versions if v.version == episode.condition_version), None)
    order = None if condition is None else state.register.orders.get(condition.order_id)
    if condition is None or order is None or not isinstance(condition.terms, NoContact):
        return None
    start = Instant(episode.entered_latest - HOUR)
    end = min(now, Instant(episode.entered_latest + LONGEST), episode.left_latest or now)
    trails: Trails = (
        state.trail(episode.wearer_id, start, Instant(end + 1)),
        state.trail(condition.terms.other, start, Instant(end + 1)),
    )
    earlier = [e for e in state.all_episodes(episode.wearer_id) if e.condition_id == name]
    return encounter_card(
        episode, trails, condition, order, earlier, state.settings, state.card_prepared
    )
