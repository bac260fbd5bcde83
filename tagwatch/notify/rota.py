"""Who is on call for a duty and a wearer: of those whom the register names, who has the shift.

A gap in the rota never means silence: everybody of the duty is asked, and a fact says so.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.ids import derived_id
from tagwatch.core.leave import deputies
from tagwatch.core.outcome import Phase
from tagwatch.core.person import THEMSELVES, Contact, Duty, Wearer, reaches
from tagwatch.core.rota import Cover, Rota, cover_at
from tagwatch.core.units import Instant

NO_ROTA: Final = Rota()


class Patch(NamedTuple):
    """One duty in one area: all wearers that the same contacts stand for."""

    duty: Duty
    borough: str
    """Empty: every borough that no contact of the duty is bound to."""
    contacts: tuple[Contact, ...]


class OnCall(NamedTuple):
    """Who is asked."""

    contacts: tuple[Contact, ...]
    """By rank, then by id."""
    gap_since: Instant | None = None
    """Not None: nobody is on shift since then, and `contacts` are all of the duty."""


def on_duty(
    contacts: Iterable[Contact],
    duty: Duty,
    wearer: Wearer | None,
    at: Instant,
    rota: Rota = NO_ROTA,
) -> tuple[Contact, ...]:
    """Return who stands for `duty` for this wearer at `at`, by rank, then by id.

    A contact bound to wearers or boroughs is asked for those alone; one that is a wearer stands
    for himself and nobody else. One with shifts is asked in his shifts only; where nobody is on
    shift, all are.
    """
    return on_call(standing(contacts, duty, wearer), at, rota).contacts


def standing(contacts: Iterable[Contact], duty: Duty, wearer: Wearer | None) -> tuple[Contact, ...]:
    """Return who stands for `duty` for this wearer at any time, by rank, then by id."""
    found = (
        contact
        for contact in contacts
        if contact.active and contact.duty is duty and _covers(contact, wearer)
    )
    return tuple(sorted(found, key=lambda contact: (contact.rank, contact.contact_id)))


def on_call(found: tuple[Contact, ...], at: Instant, rota: Rota) -> OnCall:
    """Return who of `found` is on call at `at`, in the same order."""
    cover: Cover = cover_at(rota, [contact.contact_id for contact in found], at)
    on = frozenset(cover.contacts)
    return OnCall(tuple(c for c in found if c.contact_id in on), cover.gap_since)


def patches(contacts: Iterable[Contact]) -> list[Patch]:
    """Return every duty in every area that somebody stands for, contacts of one wearer left out.

    The area of a borough holds those bound to it and those bound to none.
    """
    found: list[Patch] = []
    active = [c for c in contacts if c.active and not c.wearers and c.duty not in THEMSELVES]
    for duty in Duty:
        of_duty = [contact for contact in active if contact.duty is duty]
        for borough in sorted({"", *(name for contact in of_duty for name in contact.boroughs)}):
            of_area = [c for c in of_duty if not c.boroughs or borough in c.boroughs]
            if of_area:
                of_area.sort(key=lambda contact: (contact.rank, contact.contact_id))
                found.append(Patch(duty, borough, tuple(of_area)))
    return found


def with_cover(
    contact: Contact, contacts: Iterable[Contact], rota: Rota, at: Instant
) -> tuple[tuple[Contact, bool], ...]:
    """Return whom to tell in the place of `contact`, each with whether he stands in.

    While the officer whose contact it is is on leave that is his deputy, by the deputy's contacts
    of the same duty, else by any he has. A deputy who cannot be reached leaves the officer told.
    """
    if contact.account_id is None or not rota.leaves:
        return ((contact, False),)
    names = deputies(rota.leaves, contact.account_id, at)
    theirs = [c for c in contacts if reaches(c, names)]
    found = [c for c in theirs if c.duty is contact.duty] or theirs
    if not found:
        return ((contact, False),)
    return tuple((c, True) for c in sorted(found, key=lambda c: c.contact_id))


def area_of(contacts: Iterable[Contact], duty: Duty, wearer: Wearer | None) -> str:
    """Return the area of `patches` that a wearer is in: his borough, or empty."""
    if wearer is None:
        return ""
    bound = any(wearer.borough in c.boroughs for c in contacts if c.active and c.duty is duty)
    return wearer.borough if bound else ""


def gap_fact(duty: Duty, borough: str, since: Instant, at: Instant, phase: Phase) -> ServiceFact:
    """Return the fact that nobody is on shift; one gap, one fact, however often it is found."""
    area = f" in {borough}" if borough else ""
    return ServiceFact(
        cause=derived_id("fa", "rota_gap", duty, borough, since),
        kind=AlertKind.ROTA_GAP,
        phase=phase,
        happened_at=since or at,
        ended_at=at if phase is Phase.ENDED else None,
        detail=f"duty {duty}{area}; every contact of the duty is asked until somebody is",
    )


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
