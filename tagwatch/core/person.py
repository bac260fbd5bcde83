"""People, tags and the periods in which a tag was on a person."""

from collections.abc import Container
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    ContactId,
    CredentialId,
    PersonId,
    TagId,
    WearerId,
)
from tagwatch.core.order import Programme
from tagwatch.core.timetable import CurfewRow
from tagwatch.core.units import Instant


class Restriction(StrEnum):
    """Whether a case is hidden from everybody who is not named on it."""

    ORDINARY = "ordinary"
    RESTRICTED = "restricted"


class Wearer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person who wears a tag under an order."""

    wearer_id: WearerId
    name: str
    date_of_birth: str | None = None
    """ISO date."""
    crn: str | None = None
    nomis_id: str | None = None
    pnc_ref: str | None = None
    programme: Programme
    borough: str
    agency: str
    """The notifying organisation, e.g. `probation-london`."""
    officer: AccountId | None = None
    """The responsible officer's account: the caseload the wearer is in."""
    restriction: Restriction = Restriction.ORDINARY
    restricted_why: str = ""
    """Empty: it was not recorded. The line sets it and the two below while it is restricted."""
    restricted_at: Instant | None = None
    restricted_by: AccountId | None = None
    phone: str | None = None
    notes: str = ""
    interpreter: str = ""
    """The language in which he must be spoken to by an interpreter; empty: none is needed."""


class ProtectedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom conditions protect. Her address is in secret zones and nowhere else."""

    person_id: PersonId
    name: str
    relation: str = ""
    wearers: tuple[WearerId, ...] = ()
    liaison: ContactId | None = None
    """The contact who speaks with her."""
    contact: ContactId | None = None
    """Her own safe channel; None: she is told through whoever speaks with her."""


class TagMode(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How often a tag is expected to be heard of."""

    name: str = "standard"
    moving_interval_s: int = 60
    resting_interval_s: int = 300
    report_interval_s: int = 300
    """Between uploads."""


class Tag(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A device, whoever wears it."""

    tag_id: TagId
    serial: str
    model: str = "unknown"
    mode: TagMode = TagMode()


class Activation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tag on one person for the period [started_at, ended_at)."""

    activation_id: ActivationId
    tag_id: TagId
    wearer_id: WearerId
    started_at: Instant
    ended_at: Instant | None = None


class Scheme(StrEnum):
    """How a tag's or a gateway's messages are authenticated."""

    TRACCAR_CLIENT = "traccar_client"
    """The random device id is the secret."""
    OWNTRACKS = "owntracks"
    """HTTP Basic: user is the credential id, password the secret."""
    TRACCAR_FORWARD = "traccar_forward"
    """A gateway's bearer token; each message names its tag by serial."""
    TAGWATCH = "tagwatch"
    """Own batches: a bearer token per tag."""


class Credential(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A secret issued once; only its SHA-256 is kept. `tag_id` is None for a gateway."""

    credential_id: CredentialId
    scheme: Scheme
    secret_sha256: bytes
    tag_id: TagId | None = None
    issued_at: Instant
    expires_unused_at: Instant | None = None
    """A code shown on a screen dies if no phone uses it by then."""


class Channel(StrEnum):
    """A way to reach a person."""

    IN_APP = "in_app"
    EMAIL = "email"
    WEBHOOK = "webhook"
    GOVUK_NOTIFY = "govuk_notify"
    """Text message or e-mail through GOV.UK Notify, by what the address is."""
    SMS = "sms"
    """Text message through a gateway of the installation's own."""


class Duty(StrEnum):
    """Whom a contact stands for when alerts are routed."""

    PROBATION = "probation"
    POLICE = "police"
    MONITORING = "monitoring"
    LIAISON = "liaison"
    TECHNICAL = "technical"
    WEARER = "wearer"
    """The wearer himself, bound to him alone: told to charge his tag, and of nothing else."""
    PROTECTED = "protected"
    """A protected person herself, by the channel she chose as safe: never told of an alert."""


THEMSELVES: Final = frozenset({Duty.WEARER, Duty.PROTECTED})
"""Contacts who are the persons concerned: nobody falls back on them."""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be told. `rank` 1 is told first, the next rank when the clock runs out."""

    contact_id: ContactId
    label: str
    duty: Duty
    rank: int = 1
    channel: Channel
    address: str = ""
    """E-mail address, phone number or webhook URL; empty for the in-app stream."""
    account_id: AccountId | None = None
    wearers: tuple[WearerId, ...] = ()
    """Only for these wearers; none means for all the duty covers."""
    boroughs: tuple[str, ...] = ()
    active: bool = True
    quiet: tuple[CurfewRow, ...] = ()
    """Weekly hours, London time, in which routine messages wait for their end."""


def reaches(contact: Contact, officers: Container[AccountId | None]) -> bool:
    """Say whether a message to `contact` reaches one of these officers."""
    return contact.active and contact.account_id in officers and contact.duty not in THEMSELVES
