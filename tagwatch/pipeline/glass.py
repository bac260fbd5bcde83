"""Openings by break-glass: kept, and told at once to whoever answers for the case."""

from tagwatch.core import ledger
from tagwatch.core.glass import Glass, GlassError, GlassStep, acted
from tagwatch.core.ids import AccountId
from tagwatch.core.outcome import Stage
from tagwatch.core.person import Contact, Duty, reaches
from tagwatch.core.units import Instant
from tagwatch.notify.notice import glass_broken, glass_unheard
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.glasses import glass_of, put_glass
from tagwatch.store.state import LineState


def glass(step: Step, state: LineState) -> None:
    """Take in an opening, and what is done about it."""
    match step.event:
        case ledger.GlassBroken():
            _broken(step, step.event.glass, state)
        case ledger.GlassActed():
            _acted(step, step.event, state)
        case _:
            pass


def _broken(step: Step, opened: Glass, state: LineState) -> None:
    if glass_of(state.connection, opened.glass_id, step.writes) is not None:
        return
    put_glass(step.writes, opened)
    owners = _owners(opened, opened.at, state)
    if not _tell(step, opened, owners, GlassStep.JUSTIFIED, state):
        # Nobody to tell: those who watch must find somebody, without learning who it is.
        for contact in state.register.contacts.values():
            if contact.active and contact.duty is Duty.MONITORING:
                put(step, (glass_unheard(opened, contact, opened.at),), Stage.NOTICE, state)


def _acted(step: Step, event: ledger.GlassActed, state: LineState) -> None:
    held = glass_of(state.connection, event.glass_id, step.writes)
    if held is None:
        step.writes.count("glass_acts_of_none")
        return
    try:
        after = acted(held, event.step, event.by, event.at, event.words)
    except GlassError:
        # Two at once: it is in the journal, and whoever did it is told that it does not stand.
        step.writes.count("glass_acts_refused")
        return
    put_glass(step.writes, after)
    if event.step is GlassStep.ASKED:
        _tell(step, after, frozenset({held.by}), event.step, state)
    elif event.step is GlassStep.EXPLAINED:
        _tell(step, after, _owners(after, event.at, state), event.step, state)


def _owners(opened: Glass, at: Instant, state: LineState) -> frozenset[AccountId]:
    """Return who answers for the case at `at`: its officer, and his deputy while he is away."""
    wearer = state.register.wearers.get(opened.wearer_id)
    officer = opened.officer if wearer is None else wearer.officer
    if officer is None:
        return frozenset()
    leaves = state.register.rota.leaves.all()
    return frozenset(
        {officer, *(each.deputy for each in leaves if each.officer == officer and each.is_on(at))}
    )


def _tell(
    step: Step, opened: Glass, whom: frozenset[AccountId], about: GlassStep, state: LineState
) -> bool:
    """Tell each contact of these accounts; say whether there was any."""
    told: list[Contact] = [c for c in state.register.contacts.values() if reaches(c, whom)]
    for contact in told:
        message = glass_broken(opened, about, contact, step.received_at)
        put(step, (message,), Stage.NOTICE, state)
    return bool(told)
