"""After the alert has gone out: its circumstances, as version 2, from the next ticks.

Due cards are journal history like everything else: which tick wrote which card follows from the
ticks alone, so a rebuild writes the same ones.
"""

from typing import Final

import msgspec

from tagwatch.core import ledger
from tagwatch.core.alert import SILENT, Action, Alert, AlertEvent, AlertKind, ServiceFact, move
from tagwatch.core.circumstance import CardFacts, Circumstance, TagFacts, circumstance
from tagwatch.core.deadline import is_unseen
from tagwatch.core.encounter_card import EncounterCard
from tagwatch.core.episode import Episode
from tagwatch.core.exemption import around, newest
from tagwatch.core.fix import TagEventKind
from tagwatch.core.ids import AlertId, derived_id
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.repetition import hour_of_weeks
from tagwatch.core.rules.tamper import TamperMemory
from tagwatch.core.silence import SilenceCard
from tagwatch.core.silence_trail import WEEK
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.pipeline.alert import alert as raise_alerts
from tagwatch.pipeline.alert import episode_of, put_change
from tagwatch.pipeline.encounter_card import card_of_encounter
from tagwatch.pipeline.others import elsewhere, other_tags
from tagwatch.pipeline.route import route
from tagwatch.pipeline.silence import card_of_silence, earlier_card, next_look, said_of
from tagwatch.pipeline.staged import card_ready, missing
from tagwatch.pipeline.step import Step
from tagwatch.store import schema
from tagwatch.store.state import LineState

MOST_A_TICK: Final = 20
"""Cards written at one tick; the rest wait for the next, so that a storm delays no alert."""

LONGEST: Final = 6 * HOUR
"""Of earlier weeks no message is looked for whose fixes span more than this."""

_LOCATION: Final = frozenset(
    {RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW, RuleKind.ENCOUNTER}
)
_STRAPS: Final = (TagEventKind.STRAP_CUT, TagEventKind.STRAP_STRETCH)


def circumstances(step: Step, state: LineState) -> None:
    """Note whose card is due, and at a tick write those that are."""
    changed, step.carded = step.carded, {}
    for alert in changed.values():
        if (alert.rule in _LOCATION or alert.kind in SILENT) and alert.episode_id is not None:
            state.cards.plan(alert.alert_id, step.received_at, step.writes)
    if isinstance(step.event, ledger.Tick):
        for alert_id in state.cards.take_due(step.event.at, MOST_A_TICK, step.writes):
            _write(step, alert_id, state)


def _write(step: Step, alert_id: AlertId, state: LineState) -> None:
    alert = state.book.alert(alert_id)
    episode = None if alert is None else episode_of(alert, state)
    if alert is None or episode is None or is_unseen(episode):
        return
    start = _needs_from(alert, episode, state)
    if not card_ready(step, episode.wearer_id, alert_id, start, state):
        return
    try:
        if alert.kind in SILENT:
            _write_silence(step, alert, episode, state)
            return
        card = _card(step, episode, state)
    except Exception as error:  # noqa: BLE001  # a card must never keep a tick's deadlines back
        _failed(step, alert, error, state)
        return
    if card is None:
        return
    _put(step, alert, card, state)
    after = _route_ends(episode)
    told = episode.finding is not Finding.WITHDRAWN
    if after is not None and after > step.received_at and told:
        state.cards.plan(alert_id, after, step.writes)


def _needs_from(alert: Alert, episode: Episode, state: LineState) -> Instant:
    """Return from when on a card needs fixes; of a recent finding, weeks that are archived count as
    not seen."""
    if alert.kind in SILENT:
        return Instant(episode.entered_earliest - WEEK)
    start = Instant(episode.entered_earliest - HOUR)
    if start >= state.trails.seam.settled:
        return start
    rules = state.settings_at(episode.entered_latest).card
    hours = hour_of_weeks(episode.entered_latest, rules)
    return min([start, *(begins for begins, _ in hours)])


def _write_silence(step: Step, alert: Alert, episode: Episode, state: LineState) -> None:
    """Write why a tag may be silent, if that is other than was written before."""
    before = earlier_card(step, alert.alert_id, state)
    card = card_of_silence(step, alert, episode, before, state)
    if before is None or said_of(card) != said_of(before):
        _put(step, alert, card, state)
    again = next_look(alert, episode, step.received_at)
    if again is not None:
        state.cards.plan(alert.alert_id, again, step.writes)


def _put(
    step: Step, alert: Alert, card: Circumstance | EncounterCard | SilenceCard, state: LineState
) -> None:
    version = state.cards.next_version(alert.alert_id)
    body = msgspec.json.encode(card).decode()
    row = {"alert_id": alert.alert_id, "version": version, "body": body}
    step.writes.put(schema.circumstance, row)
    words = f"version {version} of the circumstances"
    change = move(alert, Action.AMEND, AlertEvent.CIRCUMSTANCES, step.received_at, words=words)
    put_change(step, change, state)
    step.carded.clear()


def _card(step: Step, episode: Episode, state: LineState) -> Circumstance | EncounterCard | None:
    if episode.rule is RuleKind.ENCOUNTER:
        return card_of_encounter(episode, step.received_at, state)
    return _card_of_place(step, episode, state)


def _card_of_place(step: Step, episode: Episode, state: LineState) -> Circumstance | None:
    register = state.register
    versions = () if episode.condition_id is None else register.conditions[episode.condition_id]
    condition = next((v for v in versions if v.version == episode.condition_version), None)
    order = None if condition is None else register.orders.get(condition.order_id)
    if condition is None or order is None:
        return None
    wearer = episode.wearer_id
    memory = state.of(wearer)
    weeks, archived = _weeks(episode, state)
    facts = CardFacts(
        tag=TagFacts(
            battery_pct=memory.battery.battery_pct,
            strap=_strap(memory.tamper),
            model=state.tag_model(episode.activation_id),
        ),
        others=other_tags(episode, condition, state),
        elsewhere=elsewhere(episode, condition, state),
        exemptions=around(
            newest(register.exemptions.of(wearer)),
            Instant(episode.entered_earliest - DAY),
            Instant((episode.left_latest or step.received_at) + DAY),
        ),
        weeks=weeks,
        weeks_archived=archived,
    )
    start = Instant(episode.entered_earliest - HOUR)
    end = min(_route_ends(episode) or step.received_at, step.received_at)
    return circumstance(
        episode,
        state.trail(wearer, start, Instant(end + 1)),
        condition,
        order,
        state.episodes(wearer),
        facts,
        state.settings,
        state.card_prepared,
    )


def _weeks(episode: Episode, state: LineState) -> tuple[tuple[list[TrailPart], ...], int]:
    """Return the trail of the same hour of the weeks before, and of how many it is archived."""
    rules = state.settings_at(episode.entered_latest).card
    hours = hour_of_weeks(episode.entered_latest, rules)
    wearer = episode.wearer_id
    here = [hour for hour in hours if not missing((wearer,), hour[0], state)]
    trails = (
        state.trail(wearer, start, end, ended_by=Instant(end + LONGEST)) for start, end in here
    )
    return tuple(trails), len(hours) - len(here)


def _strap(memory: TamperMemory) -> str | None:
    """Return what the tag last said of its strap, None if it never said anything."""
    spans = [memory.spans[kind] for kind in _STRAPS if kind in memory.spans]
    if not spans:
        return None
    last = max(spans, key=lambda span: span.last_at)
    return last.detail if last.ended_at is None else "closed again"


def _route_ends(episode: Episode) -> Instant | None:
    """Return when the hour after the episode, which belongs to the card, is over."""
    if episode.phase is Phase.OPEN or episode.left_latest is None:
        return None
    return Instant(episode.left_latest + HOUR)


def _failed(step: Step, alert: Alert, error: Exception, state: LineState) -> None:
    step.facts.append(
        ServiceFact(
            cause=derived_id("fa", "card", alert.alert_id),
            kind=AlertKind.WATCH,
            phase=Phase.OPEN,
            happened_at=step.received_at,
            detail=f"the circumstances of an alert could not be found ({type(error).__name__})",
        )
    )
    event, step.event = step.event, None
    raise_alerts(step, state)
    route(step, state)
    step.event = event
