"""Who is on duty. In this version every active contact of a duty is, always."""

from collections.abc import Iterable

from tagwatch.core.person import Contact, Duty, Wearer
from tagwatch.core.units import Instant


def on_duty(
    contacts: Iterable[Contact], duty: Duty, wearer: Wearer | None, at: Instant
) -> tuple[Contact, ...]:
    """Return who stands for `duty` for this wearer at `at`, by rank, then by id.

    A contact bound to wearers or boroughs is asked for those alone; one that is a wearer stands
    for himself and nobody else. `at` chooses nothing yet.
    """
    del at  # shifts come with the rota's pages; callers already say for which time they ask
    found = (
        contact
        for contact in contacts
        if contact.active and contact.duty is duty and _covers(contact, wearer)
    )
    return tuple(sorted(found, key=lambda contact: (contact.rank, contact.contact_id)))


def at_step(contacts: Iterable[Contact], step: int) -> tuple[Contact, ...]:
    """Return whom escalation step `step` asks, of contacts sorted by rank.

    Step 0 is the first rank that is filled, whatever its number; beyond the last rank everybody
    is asked again, so that telling never runs dry.
    """
    found = tuple(contacts)
    ranks = sorted({contact.rank for contact in found})
    if step >= len(ranks):
        return found
    return tuple(contact for contact in found if contact.rank == ranks[step])


def up_to_step(contacts: Iterable[Contact], step: int) -> tuple[Contact, ...]:
    """Return everybody whom the steps 0 to `step` asked."""
    found = tuple(contacts)
    ranks = sorted({contact.rank for contact in found})[: step + 1]
    return tuple(contact for contact in found if contact.rank in ranks)


def _covers(contact: Contact, wearer: Wearer | None) -> bool:
    if wearer is None:
        return not contact.wearers and not contact.boroughs
    if contact.duty is Duty.WEARER and contact.wearers != (wearer.wearer_id,):
        return False
    if contact.wearers and wearer.wearer_id not in contact.wearers:
        return False
    return not contact.boroughs or wearer.borough in contact.boroughs
