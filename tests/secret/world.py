"""One installation in which a secret place is planted, with everything that is made around it.

The place, its label and whom it protects have words and numbers that occur nowhere else, so that
a search of what anybody is answered finds them, or nothing.
"""

from pathlib import Path

import msgspec
from sqlalchemy import select

from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.alert import Alert
from tagwatch.core.case import Case
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    CaseId,
    ConditionId,
    ContactId,
    OrderId,
    PersonId,
    TagId,
    WearerId,
)
from tagwatch.core.ledger import ContactRecorded, Event, Tick
from tagwatch.core.order import ConditionVersion, ExclusionZone, LegalBasis, ZoneKnowledge
from tagwatch.core.person import Channel, Contact, Duty, ProtectedPerson
from tagwatch.core.recorded_case import CaseOpened
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.recorded_register import (
    ConditionRecorded,
    OrderRecorded,
    PersonRecorded,
)
from tagwatch.core.shape import Disc
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tests.browser.test_every_page import records
from tests.walk.tables import lay_tables
from tests.walk.timeline import fix, frame, metres_from
from tests.web import sample

PLACE = LonLat(lon_deg=-0.23756183, lat_deg=51.48724629)
RADIUS_M = 317.43
LABEL = "Wrenfield, 7 Quillstone Mews, ZQ9 7XW"
CONDITION = ConditionId("c_planted")
CASE = CaseId("ca_planted")
SAFE_TELEPHONE = "+447700900917"
BY = AccountId("ac_administrator")
BEGAN = 6 * HOUR
"""So long ago the installation begins."""
WALK_MINUTES = 70
INSIDE_M = 165.0
"""As near as he comes to the middle, to the east and to the north each: no rounding of a fix to a
thousandth of a degree is one of the place."""


HERE = Disc(centre=PLACE, radius_m=RADIUS_M)
ACROSS = Disc(centre=metres_from(PLACE, 0.0, 2 * INSIDE_M), radius_m=RADIUS_M - 7.0)
"""On the other side of his way, so that the same fixes lie in it, by other distances."""


def planted(at: Instant) -> list[Event]:
    """Return what puts the place and the person on record."""
    order = sample.order("w_own")
    condition = ConditionVersion(
        condition_id=CONDITION,
        version=1,
        order_id=order.order_id,
        wearer_id=WearerId("w_own"),
        terms=ExclusionZone(
            label=LABEL,
            shape=HERE,
            knowledge=ZoneKnowledge.SECRET,
            protects=(PersonId("p_planted"),),
        ),
        valid_from=Instant(at - DAY),
        recorded_at=at,
    )
    police = msgspec.structs.replace(
        order,
        order_id=OrderId("o_bail"),
        reference="REF-bail",
        legal_basis=LegalBasis.BAIL,
    )
    safe = Contact(
        contact_id=ContactId("k_safe"),
        label="Her own",
        duty=Duty.PROTECTED,
        channel=Channel.SMS,
        address=SAFE_TELEPHONE,
    )
    person = ProtectedPerson(
        person_id=PersonId("p_planted"),
        name="Demo Plover",
        wearers=(WearerId("w_own"),),
        liaison=ContactId("k_liaison"),
        contact=safe.contact_id,
    )
    return [
        OrderRecorded(order=police, by=BY),
        ContactRecorded(contact=safe, by=BY),
        *told_by_every_channel(),
        PersonRecorded(person=person, by=BY),
        ConditionRecorded(condition=condition, by=BY),
    ]


def told_by_every_channel() -> list[Event]:
    """Return somebody of every duty, on every channel: whatever can be sent is sent."""
    found: list[Event] = []
    for channel, address in (
        (Channel.EMAIL, "{}@tagwatch.invalid"),
        (Channel.WEBHOOK, "https://{}.tagwatch.invalid/hook"),
        (Channel.GOVUK_NOTIFY, "{}@notify.invalid"),
        (Channel.SMS, "+447700900100"),
    ):
        for duty in (*Duty,):
            if duty is Duty.PROTECTED:
                continue
            contact = Contact(
                contact_id=ContactId(f"k_{channel.value}_{duty.value}"),
                label=f"Demo {duty.value}",
                duty=duty,
                channel=channel,
                address=address.format(duty.value),
                wearers=(WearerId("w_own"),) if duty is Duty.WEARER else (),
            )
            found.append(ContactRecorded(contact=contact, by=BY))
    return found


def walked(start: Instant) -> list[tuple[Event, Instant]]:
    """Return the tag's messages of a way up to the place, a stay in it, and the way back."""
    found: list[tuple[Event, Instant]] = []
    for minute in range(WALK_MINUTES):
        at = Instant(start + minute * MINUTE)
        away_m = max(0.0, 70.0 * (abs(minute - WALK_MINUTES / 2) - 10.0))
        place = metres_from(PLACE, INSIDE_M + away_m, INSIDE_M)
        found.append((his(frame([fix(place, at, 9.0)])), Instant(at + SECOND)))
        found.append((Tick(at=Instant(at + 2 * SECOND), monotonic_us=at), Instant(at + 2 * SECOND)))
    return found


def his(sent: FrameReceived) -> FrameReceived:
    """Return a message of a tag as one of his."""
    return msgspec.structs.replace(
        sent,
        tag_id=TagId("t_own"),
        activation_id=ActivationId("act_own"),
        wearer_id=WearerId("w_own"),
    )


def lay(folder: Path) -> InProcessCentre:
    """Make the installation, everything decided; the caller closes it."""
    centre = lay_trail(folder, register(now()), now())
    config = centre.config
    sample.enrol(config)
    sample.put(config, *sample.rows())
    centre.record(*records(now()), at=now())
    case = Case(
        case_id=CASE,
        wearer_id=WearerId("w_own"),
        title="Entries",
        opened_at=now(),
        opened_by=AccountId("ac_officer"),
        alerts=tuple(each.alert_id for each in about_it(centre)),
    )
    centre.record(CaseOpened(case=case), at=now())
    centre.tick(now())
    centre.apply()
    return centre


def register(at: Instant) -> list[Event]:
    """Return the whole register, as it was when the installation began."""
    return [*sample.events(), *planted(Instant(at - BEGAN))]


def moved(told: list[Event], shape: Disc) -> list[Event]:
    """Return the same register with the planted place as `shape` and otherwise named."""
    return [
        _moved(event, shape) if isinstance(event, ConditionRecorded) else event for event in told
    ]


def _moved(event: ConditionRecorded, shape: Disc) -> ConditionRecorded:
    terms = event.condition.terms
    if event.condition.condition_id != CONDITION or not isinstance(terms, ExclusionZone):
        return event
    terms = msgspec.structs.replace(terms, shape=shape, label="Elsewhere")
    condition = msgspec.structs.replace(event.condition, terms=terms)
    return msgspec.structs.replace(event, condition=condition)


def lay_trail(folder: Path, told: list[Event], at: Instant) -> InProcessCentre:
    """Make an installation with a register and his trail alone."""
    config = Config(data=folder)
    lay_tables(config)
    centre = InProcessCentre.open(config)
    centre.record(*told, at=Instant(at - BEGAN))
    centre.append([draft_of(event, when) for event, when in walked(Instant(at - 3 * HOUR))])
    centre.apply()
    return centre


def about_it(centre: InProcessCentre) -> list[Alert]:
    """Return the alerts that the line raised over the planted place."""
    with reading(centre.projections) as connection:
        ids = set(
            connection.scalars(
                select(alerts.schema.episode.c.episode_id).where(
                    alerts.schema.episode.c.condition_id == CONDITION
                )
            )
        )
        return [each for each in alerts.every_alert(connection) if each.episode_id in ids]
