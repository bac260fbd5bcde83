"""Evidence bundles: that they were made and given is kept, who was told that one no longer stands,
and what was done with keys. They decide nothing."""

from tagwatch.core import ledger
from tagwatch.core.outcome import Stage
from tagwatch.notify.notice import bundle_superseded
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.bundles import put_given, put_made, put_rotated, put_told
from tagwatch.store.key_acts import put_key_act
from tagwatch.store.state import LineState


def bundle(step: Step, state: LineState) -> None:
    """Take in what became of a bundle, or what was done with keys."""
    match step.event:
        case ledger.BundleMade():
            put_made(step.writes, step.event)
        case ledger.BundleGiven():
            put_given(step.writes, step.event, step.seq)
        case ledger.ReceiverTold():
            put_told(step.writes, step.event, step.seq)
            _message(step, step.event, state)
        case ledger.SigningKeyRotated():
            put_rotated(step.writes, step.event, step.seq)
        case ledger.KeyRotated() | ledger.KeysExported() | ledger.KeysDrilled():
            put_key_act(step.writes, step.event, step.seq)
        case _:
            pass


def _message(step: Step, event: ledger.ReceiverTold, state: LineState) -> None:
    """Send the message that tells him, where a contact is named."""
    if event.contact_id is None:
        return
    contact = state.register.contacts.get(event.contact_id)
    if contact is not None and contact.active:
        message = bundle_superseded(contact, event.bundle_id, event.at)
        put(step, (message,), Stage.NOTICE, state)
