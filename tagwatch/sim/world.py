"""Sixty plainly fictional wearers in London: who they are, what binds them, how they live.

Everything follows from the seed and the moment the world begins; nothing here is a real person,
and names are those of trees with the surname Fictional so that nobody can take them for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from hashlib import sha256
from math import cos, pi, sin
from typing import Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    ConditionId,
    ContactId,
    CredentialId,
    OrderId,
    PersonId,
    TagId,
    WearerId,
)
from tagwatch.core.ledger import ContactRecorded, Event
from tagwatch.core.order import (
    ConditionVersion,
    Curfew,
    ExclusionZone,
    LegalBasis,
    Order,
    Programme,
    Terms,
    ZoneKnowledge,
)
from tagwatch.core.person import (
    Activation,
    Channel,
    Contact,
    Credential,
    Duty,
    ProtectedPerson,
    Scheme,
    Tag,
    TagMode,
    Wearer,
)
from tagwatch.core.recorded_register import (
    ActivationStarted,
    ConditionRecorded,
    CredentialIssued,
    OrderRecorded,
    PersonRecorded,
    TagRecorded,
    WearerRecorded,
)
from tagwatch.core.shape import Disc, Polygon
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.sim.borough import CANYON, CENTRES
from tagwatch.sim.error import Place
from tagwatch.sim.routine import Life, Spot, course
from tagwatch.sim.tag import SimTag

BY: Final = AccountId("demo-administrator")
OFFICERS: Final = (AccountId("demo-practitioner"), AccountId("demo-practitioner-2"))
AGENCY: Final = "London Probation"
TREES: Final = tuple(
    name
    for line in (
        "Acacia Alder Almond Apple Ash Aspen Balsa Banyan Baobab Bay Beech Birch Boxwood Buckeye",
        "Cacao Camphor Cedar Cherry Chestnut Citron Coco Cork Cypress Date Dogwood Ebony Elder",
        "Elm Fig Fir Ginkgo Guava Gum Hawthorn Hazel Hemlock Hickory Holly Hornbeam Ironwood",
        "Jacaranda Juniper Kapok Larch Laurel Lemon Lime Linden Locust Magnolia Mahogany Mango",
        "Maple Medlar Mulberry Myrtle Oak Olive Osier Palm",
    )
    for name in line.split()
)
_NIGHTS: Final = tuple(
    CurfewRow(from_day=day, from_time=time(19), until_day=following, until_time=time(7))
    for day, following in zip(Weekday, [*list(Weekday)[1:], next(iter(Weekday))], strict=True)
)
_OFFICE: Final = tuple(
    CurfewRow(from_day=day, from_time=time(8), until_day=day, until_time=time(18))
    for day in list(Weekday)[:5]
)
_SCHEMES: Final = (Scheme.TAGWATCH, Scheme.TRACCAR_CLIENT, Scheme.OWNTRACKS)


@dataclass(slots=True)
class SimWearer:
    """One wearer with the truth of his life and his tag."""

    number: int
    wearer: Wearer
    order: Order
    life: Life
    zones: list[Spot]
    tag: SimTag
    rng: Generator
    conditions: list[ConditionVersion] = field(default_factory=list[ConditionVersion])
    person: ProtectedPerson | None = None
    credential: Credential | None = None


@dataclass(slots=True)
class World:
    """The simulated programme: its wearers, and the register as events."""

    seed: int
    begins: Instant
    since: Instant
    """When orders and tags began: before `begins`, fixes are coarser (`sim.earlier`)."""
    wearers: list[SimWearer]

    def register(self) -> Iterator[Event]:
        """Yield the events that enter the world into the register, in a valid order."""
        yield from (ContactRecorded(contact=contact, by=BY) for contact in contacts())
        for sim in self.wearers:
            yield WearerRecorded(wearer=sim.wearer, by=BY)
            yield TagRecorded(
                tag=Tag(
                    tag_id=tag_id(sim.number),
                    serial=sim.tag.serial,
                    model=f"simulated {sim.tag.scheme.value.replace('_', ' ')}",
                    mode=TagMode(moving_interval_s=60, resting_interval_s=300),
                ),
                by=BY,
            )
            if sim.credential is not None:
                yield CredentialIssued(credential=sim.credential, by=BY)
            yield ActivationStarted(
                activation=Activation(
                    activation_id=activation_id(sim.number),
                    tag_id=tag_id(sim.number),
                    wearer_id=sim.wearer.wearer_id,
                    started_at=self.since,
                ),
                by=BY,
            )
            yield OrderRecorded(order=sim.order, by=BY)
            if sim.person is not None:
                yield PersonRecorded(person=sim.person, by=BY)
            yield from (ConditionRecorded(condition=version, by=BY) for version in sim.conditions)


def build(
    seed: int, begins: Instant, until: Instant, count: int = 60, since: Instant | None = None
) -> World:
    """Return the world of `seed` with lives from `begins` to `until`, orders and tags from `since`
    (from `begins` if it is not given, or later)."""
    first = begins if since is None else min(since, begins)
    names = list(CENTRES)
    rng = np.random.default_rng(seed)
    shuffled = [names[int(i)] for i in rng.permutation(len(names))]
    wearers = [
        _wearer(seed, number, shuffled[number % len(shuffled)], (first, begins, until))
        for number in range(count)
    ]
    return World(seed, begins, first, wearers)


def contacts() -> list[Contact]:
    """Return the people who are told in the demonstration, all by the in-app list."""
    rows = (
        ("monitoring", Duty.MONITORING, 1, "demo-operator", "Monitoring centre"),
        ("probation", Duty.PROBATION, 1, "demo-practitioner", "Probation duty officer"),
        ("probation-2", Duty.PROBATION, 2, "demo-practitioner-2", "Probation duty manager"),
        ("police", Duty.POLICE, 1, "demo-police", "Police control room"),
        ("liaison", Duty.LIAISON, 1, "demo-liaison", "Victim liaison officer"),
        ("technical", Duty.TECHNICAL, 1, "demo-administrator", "System administrator"),
    )
    return [
        Contact(
            contact_id=ContactId(f"contact-{key}"),
            label=label,
            duty=duty,
            rank=rank,
            channel=Channel.IN_APP,
            account_id=AccountId(account),
        )
        for key, duty, rank, account, label in rows
    ]


def _wearer(
    seed: int, number: int, borough: str, span: tuple[Instant, Instant, Instant]
) -> SimWearer:
    first, begins, until = span
    rng = np.random.default_rng([seed, number])
    programme = programme_of(number)
    wearer = wearer_of(number, borough)
    order = Order(
        order_id=OrderId(f"order-demo-{number:03d}"),
        wearer_id=wearer.wearer_id,
        reference=f"DEMO/{2026}/{number:04d}",
        legal_basis=basis_of(programme, number),
        programme=programme,
        starts_at=Instant(first - 12 * HOUR),
        told_at=Instant(first - 10 * HOUR),
        ends_at=Instant(begins + 180 * DAY),
    )
    plane = Plane.at(_somewhere(borough, rng))
    person = (
        _protected(number, wearer.wearer_id) if programme is not Programme.KNIFE_CRIME else None
    )
    terms, zones = _terms(programme, number, plane, person, rng)
    conditions = [_version(order, number, index, item, begins) for index, item in enumerate(terms)]
    life = _life(plane, zones, rng, borough)
    tag, credential = _tag(seed, number, life, (begins, until), rng)
    centres = [centre for centre, _ in zones]
    return SimWearer(number, wearer, order, life, centres, tag, rng, conditions, person, credential)


def wearer_of(number: int, borough: str) -> Wearer:
    """Return the record of the wearer of this number."""
    return Wearer(
        wearer_id=WearerId(f"demo-{number:03d}"),
        name=f"{TREES[number % len(TREES)]} Fictional",
        date_of_birth=f"{1965 + number % 40}-0{1 + number % 9}-1{number % 9}",
        crn=f"X{number:06d}",
        nomis_id=f"A{number:04d}ZZ",
        pnc_ref=f"2026/{number:07d}Z",
        programme=programme_of(number),
        borough=borough,
        agency=AGENCY,
        officer=OFFICERS[number % 2],
        notes="Fictional. Made by the simulator.",
    )


def programme_of(number: int) -> Programme:
    """Return the programme of the wearer of this number."""
    turn = number % 10
    if turn < 4:
        return Programme.DOMESTIC_ABUSE
    return Programme.STALKING if turn < 7 else Programme.KNIFE_CRIME


def basis_of(programme: Programme, number: int) -> LegalBasis:
    """Return the power under which he is monitored."""
    if programme is Programme.DOMESTIC_ABUSE:
        return LegalBasis.LICENCE
    if programme is Programme.STALKING:
        return (
            LegalBasis.LICENCE,
            LegalBasis.COMMUNITY_SENTENCE,
            LegalBasis.RESTRAINING_ORDER,
        )[number % 3]
    return (LegalBasis.COMMUNITY_SENTENCE, LegalBasis.LICENCE)[number % 2]


def _somewhere(borough: str, rng: Generator) -> LonLat:
    reach = 400.0 if borough == "City of London" else 1500.0
    return Plane.at(CENTRES[borough]).lonlat(rng.uniform(-reach, reach), rng.uniform(-reach, reach))


def _protected(number: int, wearer: WearerId) -> ProtectedPerson:
    return ProtectedPerson(
        person_id=PersonId(f"person-demo-{number:03d}"),
        name=f"Protected {number:03d} Fictional",
        relation="former partner" if number % 2 else "acquaintance",
        wearers=(wearer,),
        liaison=ContactId("contact-liaison"),
    )


def _terms(
    programme: Programme,
    number: int,
    plane: Plane,
    person: ProtectedPerson | None,
    rng: Generator,
) -> tuple[list[Terms], list[tuple[Spot, float]]]:
    """Return the conditions, and each zone's centre with the radius kept clear in metres."""
    protects = (person.person_id,) if person is not None else ()
    made: list[Terms] = []
    zones: list[tuple[Spot, float]] = []

    def add_disc(label: str, radius: float, knowledge: ZoneKnowledge, hours: tuple[CurfewRow, ...]):
        spot = _apart(rng, zones)
        made.append(
            ExclusionZone(
                label=label,
                shape=Disc(centre=plane.lonlat(*spot), radius_m=radius),
                buffer_m=200.0,
                schedule=hours,
                knowledge=knowledge,
                protects=protects,
            )
        )
        zones.append((spot, radius + 200.0))

    if programme is Programme.DOMESTIC_ABUSE:
        add_disc("Zone A", float(rng.choice([300, 400, 500])), ZoneKnowledge.TOLD, ())
    elif programme is Programme.STALKING:
        secret = ZoneKnowledge.SECRET if number % 3 == 0 else ZoneKnowledge.TOLD
        add_disc("Zone A", float(rng.choice([300, 500])), secret, ())
        add_disc("Zone B", 250.0, ZoneKnowledge.TOLD, _OFFICE)
    else:
        spot = _apart(rng, zones)
        made.append(ExclusionZone(label="Zone A", shape=_town_centre(plane, spot), buffer_m=100.0))
        zones.append((spot, 600.0))
    if programme is Programme.KNIFE_CRIME or number % 2 == 0:
        home = plane.lonlat(0.0, 0.0)
        made.append(Curfew(label="Curfew address", address=home, rows=_NIGHTS))
    return made, zones


def _apart(rng: Generator, zones: list[tuple[Spot, float]]) -> Spot:
    """Return a place 1.8 to 4 km from home, away from the zones there are."""
    while True:
        angle, far = rng.uniform(0, 2 * pi), rng.uniform(1800, 4000)
        spot = (far * cos(angle), far * sin(angle))
        if all(np.hypot(spot[0] - x, spot[1] - y) > r + 900 for (x, y), r in zones):
            return spot


def _town_centre(plane: Plane, spot: Spot) -> Polygon:
    """Return an L-shaped block of streets about 700 m across."""
    corners = ((-350, -300), (350, -300), (350, 50), (0, 50), (0, 350), (-350, 350), (-350, -300))
    ring = [plane.lonlat(spot[0] + x, spot[1] + y) for x, y in corners]
    return Polygon(rings=(tuple(ring),))


def _life(plane: Plane, zones: list[tuple[Spot, float]], rng: Generator, borough: str) -> Life:
    keep = tuple((spot, radius + 250.0) for spot, radius in zones)

    def clear(least: float, most: float) -> Spot:
        while True:
            angle, far = rng.uniform(0, 2 * pi), rng.uniform(least, most)
            spot = (far * cos(angle), far * sin(angle))
            if all(np.hypot(spot[0] - x, spot[1] - y) > r + 300 for (x, y), r in keep):
                return spot

    streets = Place.CANYON if borough in CANYON else Place.URBAN
    return Life(plane, clear(2500, 7000), clear(300, 900), clear(800, 3000), streets, keep)


def _version(
    order: Order, number: int, index: int, terms: Terms, begins: Instant
) -> ConditionVersion:
    return ConditionVersion(
        condition_id=ConditionId(f"cond-demo-{number:03d}-{index}"),
        version=1,
        order_id=order.order_id,
        wearer_id=order.wearer_id,
        terms=terms,
        valid_from=order.starts_at,
        valid_until=order.ends_at,
        recorded_at=begins,
        told_at=Instant(order.starts_at + 2 * HOUR),
    )


def _tag(
    seed: int, number: int, life: Life, span: tuple[Instant, Instant], rng: Generator
) -> tuple[SimTag, Credential]:
    begins, until = span
    scheme = _SCHEMES[number % 3]
    # Demonstration secrets follow from the seed; a real one is drawn by ingest.credential.
    secret = sha256(f"{seed}/{begins}/{number}/secret".encode()).hexdigest()[:32]
    credential = Credential(
        credential_id=CredentialId(f"cred-demo-{number:03d}"),
        scheme=scheme,
        secret_sha256=sha256(secret.encode()).digest(),
        tag_id=tag_id(number),
        issued_at=begins,
    )
    tag = SimTag(
        serial=f"SIM{number:05d}",
        scheme=scheme,
        credential_id=credential.credential_id,
        secret=secret,
        course=course(life, rng, begins, until),
        rng=rng,
        next_fix_at=begins + int(rng.uniform(0, 5 * MINUTE)),
        charge_at=begins - int(rng.uniform(0, 20) * HOUR),
    )
    return tag, credential


def activation_id(number: int) -> ActivationId:
    """Return the id of the activation of the wearer of this number."""
    return ActivationId(f"act-demo-{number:03d}")


def tag_id(number: int) -> TagId:
    """Return the id of the tag of the wearer of this number."""
    return TagId(f"tag-demo-{number:03d}")
