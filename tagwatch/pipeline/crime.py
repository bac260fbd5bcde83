"""Police's crimes: a file's rows become crimes in their versions, each part of it once.

What was good or bad about a row was judged when the file came and is in the journal; here it is
only told apart what is new, what has changed and what was known. A part that comes twice, as after
a power cut, changes nothing.
"""

import msgspec

from tagwatch.core import ledger
from tagwatch.core.crime import CrimeBatch, broken, changed_groups, resumed
from tagwatch.core.crime_errors import CrimeBatchStatus
from tagwatch.core.outcome import Stage
from tagwatch.core.person import Channel, Contact, reaches
from tagwatch.notify.notice import crime_report
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store import schema
from tagwatch.store.crimes import (
    KnownCrime,
    arriving,
    batch_of,
    crime_id_of,
    latest_versions,
    put_batch,
    put_errors,
    put_row,
    put_version,
)
from tagwatch.store.state import LineState


def crime(step: Step, state: LineState) -> None:
    """Take in a file of crimes, its bytes, its rows."""
    event = step.event
    if isinstance(event, ledger.CrimeBatchBegun):
        if batch_of(state.connection, event.batch.batch_key, step.writes) is None:
            _put(step, event.batch, state)
    elif isinstance(event, ledger.CrimeFileKept):
        row = {"batch_key": event.batch_key, "part": event.part, "seq": step.seq}
        step.writes.put(schema.crime_file, row)
    elif isinstance(event, ledger.CrimeRowsRead):
        _rows(step, event, state)
    elif isinstance(event, ledger.Tick) and state.files_arriving:
        for batch in arriving(state.connection, step.writes):
            given_up = broken(batch, event.at)
            if given_up is not None:
                _put(step, given_up, state)


def _rows(step: Step, event: ledger.CrimeRowsRead, state: LineState) -> None:
    batch = batch_of(state.connection, event.batch_key, step.writes)
    if batch is None or event.part != batch.parts_done:
        step.writes.count("crime_parts_not_next")
        return
    batch = resumed(batch, step.received_at)
    put_errors(step.writes, event.batch_key, event.errors)
    ids = [crime_id_of(batch.profile_id, one) for _, one in event.crimes]
    latest = latest_versions(state.connection, ids, step.writes)
    counts = {"new": 0, "changed": 0, "same": 0}
    for name, (row, one) in zip(ids, event.crimes, strict=True):
        version, before = latest.get(name, (0, None))
        groups = () if before is None else changed_groups(before, one)
        outcome = "new" if before is None else "changed" if groups else "same"
        if outcome != "same":
            version += 1
            latest[name] = version, one
        known = KnownCrime(name, version, row, outcome, one)
        if outcome != "same":
            put_version(step.writes, batch, known, groups)
        put_row(step.writes, event.batch_key, known)
        counts[outcome] += 1
    _put(
        step,
        msgspec.structs.replace(
            batch,
            parts_done=batch.parts_done + 1,
            made=batch.made + counts["new"],
            changed=batch.changed + counts["changed"],
            same=batch.same + counts["same"],
        ),
        state,
    )


def _put(step: Step, batch: CrimeBatch, state: LineState) -> None:
    """Write a batch; once it is complete, or given up, tell its sender what is wrong with it."""
    told = False
    ended = batch.complete or batch.broken_at is not None
    if ended and batch.status is not CrimeBatchStatus.SUCCESSFUL:
        for contact in state.register.contacts.values():
            if _sent_it(contact, batch):
                message = crime_report(batch, contact, step.received_at)
                put(step, (message,), Stage.NOTICE, state)
                told = True
    put_batch(step.writes, msgspec.structs.replace(batch, reported=told))
    if ended:
        state.files_arriving.discard(batch.batch_key)
    else:
        state.files_arriving.add(batch.batch_key)


def _sent_it(contact: Contact, batch: CrimeBatch) -> bool:
    """Say whether a contact is the account that sent a file, or the address its e-mail names.

    An address that nobody recorded as a contact is told nothing: anybody can write any sender.
    """
    if batch.by is not None:
        return reaches(contact, (batch.by,))
    same = contact.address.casefold() == batch.sender.casefold()
    return bool(batch.sender) and contact.active and contact.channel is Channel.EMAIL and same
