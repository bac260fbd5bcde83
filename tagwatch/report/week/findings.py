"""Alerts of the week with what became of them and a line of their circumstances; episodes."""

from typing import Final

from tagwatch.core.alert import Alert, reference
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.episode import Episode
from tagwatch.core.outcome import RuleKind
from tagwatch.report.week.facts import WeekFacts
from tagwatch.report.week.overview import AlertWeek, EpisodeWeek, Within
from tagwatch.report.week.words import span

_PLACED: Final = (RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW, RuleKind.ENCOUNTER)


def alerts(facts: WeekFacts) -> tuple[AlertWeek, ...]:
    """Return the alerts of the week in order of what they are about."""
    ordered = sorted(facts.alerts, key=lambda each: (each.happened_at, each.alert_id))
    found: list[AlertWeek] = []
    for each in ordered:
        episode = each.episode_id
        condition = None if episode is None else facts.condition_of.get(episode)
        card = facts.cards.get(each.alert_id)
        found.append(
            AlertWeek(
                alert_id=each.alert_id,
                code=reference(each.alert_id),
                kind=each.kind.value,
                rule=each.rule,
                condition_id=condition,
                happened_at=each.happened_at,
                finding=each.finding,
                phase=each.phase,
                state=each.state,
                disposition=each.disposition,
                sentence=each.sentence,
                circumstances="" if card is None else circumstances(card, each),
            )
        )
    return tuple(found)


def circumstances(card: Circumstance, alert: Alert) -> str:
    """Return the card in one line: how long, passing or staying, whether it was before."""
    said: list[str] = []
    if alert.rule in (RuleKind.ZONE, RuleKind.APPROACH):
        said.append(_inside(card))
        if card.movement is not None:
            said.append(f"{card.movement.passage.value}: {card.movement.because}")
    witnesses = (
        "1 independent fix" if card.witnesses == 1 else f"{card.witnesses} independent fixes"
    )
    said.append(witnesses)
    if card.earlier_90_days:
        said.append(f"{card.earlier_90_days} such findings in the 90 days before")
    else:
        said.append("none such in the 90 days before")
    if card.exemptions:
        said.append("a permission or absence is on record near it")
    return "; ".join(each for each in said if each)


def _inside(card: Circumstance) -> str:
    if card.inside_s_most is None:
        return f"inside for at least {span(card.inside_s_least)}"
    if card.inside_s_least == card.inside_s_most:
        return f"inside for {span(card.inside_s_least)}"
    return f"inside for {span(card.inside_s_least)} to {span(card.inside_s_most)}"


def episodes(facts: WeekFacts) -> tuple[EpisodeWeek, ...]:
    """Return the findings about places that reach into the week."""
    start, end = facts.window
    inside = [
        e
        for e in facts.episodes
        if e.rule in _PLACED
        and e.entered_earliest < end
        and (e.left_latest is None or e.left_latest >= start)
    ]
    ordered = sorted(inside, key=lambda e: (e.entered_earliest, e.episode_id))
    return tuple(map(_episode, ordered))


def _episode(each: Episode) -> EpisodeWeek:
    left = None
    if each.left_earliest is not None and each.left_latest is not None:
        left = Within(least=each.left_earliest, most=each.left_latest)
    return EpisodeWeek(
        rule=each.rule,
        condition_id=each.condition_id,
        condition_version=each.condition_version,
        finding=each.finding,
        phase=each.phase,
        entered=Within(least=each.entered_earliest, most=each.entered_latest),
        left=left,
        witnesses=each.witnesses,
        before_told=each.before_told,
    )
