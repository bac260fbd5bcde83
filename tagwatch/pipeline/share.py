"""Shares of cases: a version is taken in where it follows the one before; a reminder before each
ends."""

from tagwatch.core import ledger
from tagwatch.core.case_share import next_version
from tagwatch.core.outcome import Stage
from tagwatch.core.person import reaches
from tagwatch.core.units import Instant
from tagwatch.notify.notice import share_ends
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.shares import put_fetch, put_share, share_of
from tagwatch.store.state import LineState


def share(step: Step, state: LineState) -> None:
    """Take in a version of a share, and that it was fetched; at a tick, remind of an end."""
    match step.event:
        case ledger.CaseShared():
            _shared(step, step.event, state)
        case ledger.ShareFetched():
            put_fetch(step.writes, step.event, step.seq)
        case ledger.Tick():
            _remind(step, step.event.at, state)
        case _:
            pass


def _shared(step: Step, event: ledger.CaseShared, state: LineState) -> None:
    made = event.share
    held = share_of(state.connection, made.share_id, step.writes)
    follows = made.version == 1 if held is None else next_version(held, made)
    if not follows:
        # Two at once: it is in the journal, and whoever did it is told that it does not stand.
        step.writes.count("shares_not_next")
        return
    put_share(step.writes, made, step.seq)
    state.shares.note(made)


def _remind(step: Step, now: Instant, state: LineState) -> None:
    for share_id in state.shares.take_due(now):
        found = share_of(state.connection, share_id, step.writes)
        if found is None or not found.is_open(now):
            continue
        if found.remind_at > now:  # it was renewed meanwhile
            state.shares.note(found)
            continue
        wearer = state.register.wearers.get(found.wearer_id)
        officers = {found.by if wearer is None or wearer.officer is None else wearer.officer}
        for contact in state.register.contacts.values():
            if reaches(contact, officers):
                put(step, (share_ends(found, contact, now),), Stage.NOTICE, state)
