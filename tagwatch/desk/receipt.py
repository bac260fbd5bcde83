"""A carrier's callback says what became of a message; only its status is kept."""

from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Clerk
from tagwatch.notify.channel.carrier import Receipt
from tagwatch.notify.receipt import read_reference, receipt_event


def record_receipt(clerk: Clerk, reference: str, receipt: Receipt | None, at: Instant) -> bool:
    """Journal a receipt; returns whether it was final and of a message of ours.

    Raises NotRecorded: the carrier calls again.
    """
    found = read_reference(reference)
    if found is None or receipt is None:
        return False
    name, attempt = found
    clerk.record(receipt_event(name, attempt, receipt, at))
    return True
