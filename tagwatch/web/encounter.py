"""The card of an encounter in lines a person reads."""

from collections.abc import Iterator

from tagwatch.core.encounter_card import EncounterCard, PairSeen
from tagwatch.core.units import SECOND
from tagwatch.web.movement import Line
from tagwatch.web.render import age, moment
from tagwatch.web.words import word


def encounter_lines(card: EncounterCard | None) -> list[Line]:
    """Return the card's items in the order an officer asks for them."""
    return [] if card is None else [*_near(card), *_history(card), *_order(card)]


def _near(card: EncounterCard) -> Iterator[Line]:
    yield Line("Nearer than allowed means", f"within {card.limit_m:.0f} m of each other")
    if card.nearest is not None:
        yield Line("Most likely near each other", _pair(card.nearest))
    if card.is_withheld:
        yield Line("Withheld", "distances, which would tell where the other person was")
    pairs = "1 pair of fixes" if card.pairs == 1 else f"{card.pairs} pairs of fixes"
    sure = "1 of them" if card.witnesses == 1 else f"{card.witnesses} of them"
    yield Line("Shown by", f"{pairs}; independent of each other, at the most: {sure}")
    most = "it goes on" if card.together_s_most is None else (
        f"at most {age(card.together_s_most * SECOND)}"
    )  # fmt: skip
    yield Line("Together", f"at least {age(card.together_s_least * SECOND)}, {most}")
    if card.longest_gap_s:
        yield Line("Longest time between without a pair", age(card.longest_gap_s * SECOND))


def _pair(pair: PairSeen) -> str:
    apart = f"between {pair.least_m:.0f} and {pair.most_m:.0f} m apart (95 %)"
    if pair.age_s < 1.0:
        return f"{moment(pair.at)}: {apart}, both fixes of the same second"
    return (
        f"{moment(pair.at)}: {apart}, if neither moved in the {pair.age_s:.0f} s between their two "
        f"fixes; as fast as anybody can go, {pair.reach_m:.0f} m nearer or farther"
    )


def _history(card: EncounterCard) -> Iterator[Line]:
    said = "the first time in 90 days under this condition"
    if card.earlier_90_days:
        said = (
            f"{card.earlier_30_days} in 30 days, {card.earlier_90_days} in 90 days; "
            f"{card.earlier_confirmed} of them confirmed"
        )
    yield Line("Before", said)


def _order(card: EncounterCard) -> Iterator[Line]:
    told = "not told" if card.told_at is None else f"told {moment(card.told_at)}"
    if card.before_told:
        told += "; this happened before, so it protects and is not held against him"
    yield Line(
        "Order",
        f"{card.order_reference}, {word(card.legal_basis).lower()}; version "
        f"{card.condition_version}, {told}. Rule version {card.rule_version}, settings version "
        f"{card.settings_version}",
    )
    for said in card.would_not_have_fired_if:
        yield Line("Would not have fired if", said)
