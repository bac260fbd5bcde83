"""A scenario's register, and the messages its tags send, by the time they are sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any, Final

import msgspec

from tagwatch.core import ledger
from tagwatch.core.fix import Source
from tagwatch.core.geometry import Disc
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
from tagwatch.core.ledger import Event
from tagwatch.core.order import (
    ConditionVersion,
    ExclusionZone,
    LegalBasis,
    Order,
    Programme,
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
from tagwatch.core.units import SECOND, Instant
from tagwatch.ingest.credential import digest_of
from tagwatch.ingest.door import Request
from tests.golden.demand import exemption_of, terms_of
from tests.golden.scenario import (
    ORIGIN,
    ActIn,
    CurfewIn,
    FixesIn,
    NoContactIn,
    SaysIn,
    Scenario,
    WearerIn,
    ZoneIn,
)
from tests.walk.timeline import metres_from

BY: Final = AccountId("ac_clerk")
UNDER_WAY_S: Final = 1
"""From the tag to the door."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message of a tag, on its way."""

    sent_at: Instant
    request: Request


@dataclass
class Cast:
    """Everybody in a scenario, and which tag is on whom."""

    scenario: Scenario
    names: dict[str, list[str]] = field(default_factory=dict)
    """The wearers a name stands for."""
    worn: dict[str, list[tuple[Instant, str]]] = field(default_factory=dict)
    """By wearer, (since, tag)."""
    activations: dict[str, ActivationId] = field(default_factory=dict)
    """The last one of each tag."""
    versions: dict[str, ConditionVersion] = field(default_factory=dict)

    def register(self) -> list[Event]:
        """Return all that is recorded at the start."""
        scenario = self.scenario
        events = _contacts(scenario)
        for wearer in scenario.wearers:
            self.names[wearer.name] = [wearer.name]
            if wearer.count > 1:
                self.names[wearer.name] = [f"{wearer.name}-{n}" for n in range(wearer.count)]
            for name in self.names[wearer.name]:
                events += self._wearer(wearer, name)
        for terms in (*scenario.zones, *scenario.curfews, *scenario.no_contacts):
            for name in self.names[terms.wearer]:
                events.append(self._condition(terms, name))
        events += self._people()
        return events

    def _wearer(self, wearer: WearerIn, name: str) -> list[Event]:
        began = self.scenario.began
        mode = TagMode(report_interval_s=wearer.report_interval_s)
        known = Wearer(
            wearer_id=WearerId(name),
            name=f"Demo Wearer {name}",
            programme=Programme(wearer.programme),
            borough="Camden",
            agency="probation-london",
            phone=wearer.phone,
        )
        order = Order(
            order_id=OrderId(f"o_{name}"),
            wearer_id=WearerId(name),
            reference=f"REF-{name}",
            legal_basis=LegalBasis(wearer.basis),
            programme=Programme(wearer.programme),
            starts_at=began,
        )
        fitted = self.fit(name, f"{name}-tag", began, mode) if wearer.tagged else ()
        return [
            ledger.WearerRecorded(wearer=known, by=BY),
            ledger.OrderRecorded(order=order, by=BY),
            *fitted,
        ]

    def fit(self, name: str, tag: str, at: Instant, mode: TagMode = TagMode()) -> tuple[Event, ...]:
        """Return what puts a tag on a wearer."""
        self.worn.setdefault(name, []).append((at, tag))
        self.activations[tag] = ActivationId(f"a_{tag}_{name}")
        activation = Activation(
            activation_id=self.activations[tag],
            tag_id=TagId(tag),
            wearer_id=WearerId(name),
            started_at=at,
        )
        credential = Credential(
            credential_id=CredentialId(f"cr_{tag}"),
            scheme=Scheme.TAGWATCH,
            secret_sha256=digest_of(f"secret-{tag}"),
            tag_id=TagId(tag),
            issued_at=at,
        )
        return (
            ledger.TagRecorded(tag=Tag(tag_id=TagId(tag), serial=tag, mode=mode), by=BY),
            ledger.ActivationStarted(activation=activation, by=BY),
            ledger.CredentialIssued(credential=credential, by=BY),
        )

    def _condition(self, terms: ZoneIn | CurfewIn | NoContactIn, name: str) -> Event:
        scenario, began = self.scenario, self.scenario.began
        made = terms_of(terms, scenario)
        told = began if terms.told is None else None
        if terms.told not in (None, "never"):
            told = scenario.at(terms.told or "")
        version = ConditionVersion(
            condition_id=ConditionId(f"c_{name}_{terms.name}"),
            version=1,
            order_id=OrderId(f"o_{name}"),
            wearer_id=WearerId(name),
            terms=made,
            valid_from=began,
            recorded_at=began,
            told_at=told,
        )
        self.versions[version.condition_id] = version
        return ledger.ConditionRecorded(condition=version, by=BY)

    def _people(self) -> list[Event]:
        wearers: dict[str, set[WearerId]] = {}
        for zone in (*self.scenario.zones, *self.scenario.no_contacts):
            for person in zone.protects:
                named = wearers.setdefault(person, set())
                named.update(WearerId(name) for name in self.names[zone.wearer])
        return [
            ledger.PersonRecorded(
                person=ProtectedPerson(
                    person_id=PersonId(person),
                    name="Demo Person",
                    wearers=tuple(sorted(named)),
                    liaison=ContactId("liaison"),
                ),
                by=BY,
            )
            for person, named in wearers.items()
        ]

    # --- acts -------------------------------------------------------------------------------

    def act(self, act: ActIn) -> list[Event]:
        """Return what a person's act records; not of alerts, which have no fixed ids."""
        at = self.scenario.at(act.at)
        if act.do in ("swap", "remove"):
            worn_at, before = self.worn[act.wearer][-1]
            assert worn_at < at
            ended = ledger.ActivationEnded(
                activation_id=self.activations[before], ended_at=at, reason=act.do, by=BY
            )
            return [ended] if act.do == "remove" else [ended, *self.fit(act.wearer, act.name, at)]
        if act.do == "fit":
            return [*self.fit(act.wearer, act.name, at)]
        if act.do == "exempt":
            return [ledger.ExemptionRecorded(exemption=exemption_of(act, self.scenario), by=BY)]
        condition = ConditionId(f"c_{act.wearer}_{act.name}")
        version = self.versions[condition]
        if act.do == "tell":
            told = ledger.ConditionTold(
                condition_id=condition, version=version.version, told_at=at, by=BY
            )
            return [told]
        if act.do != "correct":
            raise ValueError(f"nobody can {act.do!r} in a scenario")
        assert isinstance(version.terms, ExclusionZone)
        assert isinstance(version.terms.shape, Disc)
        disc = version.terms.shape
        centre = disc.centre if act.centre is None else self.scenario.place(act.centre)
        shape = Disc(centre=centre, radius_m=act.radius_m or disc.radius_m)
        version = msgspec.structs.replace(
            version,
            version=version.version + 1,
            terms=msgspec.structs.replace(version.terms, shape=shape),
            recorded_at=at,
        )
        self.versions[condition] = version
        return [ledger.ConditionRecorded(condition=version, by=BY, reason="wrongly drawn")]

    # --- messages ---------------------------------------------------------------------------

    def posts(self) -> list[Post]:
        """Return every message, in the order of their sending."""
        found: list[Post] = []
        for number, fixes in enumerate(self.scenario.fixes):
            for name in self.names[fixes.wearer]:
                found += self._fixes(fixes, name, number)
        for number, says in enumerate(self.scenario.says):
            for name in self.names[says.wearer]:
                found.append(self._says(says, name, number))
        return sorted(found, key=lambda post: post.sent_at)

    def _fixes(self, fixes: FixesIn, name: str, number: int) -> Iterator[Post]:
        scenario = self.scenario
        made = list(_along(fixes, scenario, name))
        if fixes.newest_first:
            made.reverse()
        batch = fixes.batch if fixes.upload else 1
        times = [None] if fixes.again is None else [None, fixes.again]
        for turn, again in enumerate(times):
            for first in range(0, len(made), batch):
                part = made[first : first + batch]
                at = round(part[-1]["time"] * SECOND)
                due = again or fixes.upload
                queued_s = first // batch if due else 0
                sent = Instant(
                    (scenario.at(due) if due else at) + (UNDER_WAY_S + queued_s) * SECOND
                )
                tag = fixes.tag or self.tag_at(name, Instant(at))
                key = f"{name}/{number}/{turn}/{first}"
                yield Post(sent, _request(tag, {"batch": key, "fixes": part}))

    def _says(self, says: SaysIn, name: str, number: int) -> Post:
        at = self.scenario.at(says.at)
        event: dict[str, object] = {"time": at / SECOND, "kind": says.kind}
        if says.battery_pct is not None:
            event["battery_pct"] = says.battery_pct
        sent = at if says.upload is None else self.scenario.at(says.upload)
        body = {"batch": f"{name}/says/{number}", "events": [event]}
        return Post(Instant(sent + UNDER_WAY_S * SECOND), _request(self.tag_at(name, at), body))

    def tag_at(self, name: str, at: Instant) -> str:
        """Return the tag on a wearer at a time. Swaps must have been recorded before."""
        return [tag for since, tag in self.worn[name] if since <= at][-1]


def _contacts(scenario: Scenario) -> list[Event]:
    """Return somebody on every duty, the next rank of the monitoring centre among them."""
    ranks = [(duty, 1) for duty in Duty] + [(Duty.MONITORING, 2)]
    return [
        ledger.ContactRecorded(
            contact=Contact(
                contact_id=ContactId(str(duty) if rank == 1 else f"{duty}-{rank}"),
                label=f"{duty} {rank}",
                duty=duty,
                rank=rank,
                channel=Channel.IN_APP,
                address="",
            ),
            by=BY,
        )
        for duty, rank in ranks
    ]


def _along(fixes: FixesIn, scenario: Scenario, name: str) -> Iterator[dict[str, Any]]:
    since = scenario.at(fixes.since)
    until = Instant(since + 1) if fixes.until is None else scenario.at(fixes.until)
    assert since < until, f"{fixes.since} is not before {fixes.until}"
    path = [scenario.spot(spot) for spot in fixes.path]
    rng = Random(int.from_bytes(sha256(f"{name} {fixes.since}".encode()).digest()[:4]))
    for at in range(since, until, fixes.every_s * SECOND):
        east, north = _on(path, (at - since) / (until - since))
        east += rng.uniform(-fixes.wander_m, fixes.wander_m)
        north += rng.uniform(-fixes.wander_m, fixes.wander_m)
        place = metres_from(ORIGIN, east, north)
        fix: dict[str, Any] = {
            "time": at / SECOND,
            "lon": place.lon_deg,
            "lat": place.lat_deg,
            "accuracy_m": fixes.accuracy_m,
            "confidence": 0.68,
            "source": float(Source[fixes.source.upper()]),
        }
        if fixes.battery_pct is not None:
            fix["battery_pct"] = fixes.battery_pct
        if fixes.motion is not None:
            fix["motion"] = fixes.motion
        yield fix


def _on(path: list[tuple[float, float]], share: float) -> tuple[float, float]:
    """Return where on a path one is after `share` of its length."""
    legs = list(pairwise(path))
    lengths = [((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in legs]
    left = share * sum(lengths)
    for (a, b), length in zip(legs, lengths, strict=True):
        if left <= length and length:
            done = left / length
            return a[0] + done * (b[0] - a[0]), a[1] + done * (b[1] - a[1])
        left -= length
    return path[-1]


def _request(tag: str, body: dict[str, object]) -> Request:
    return Request(
        method="POST",
        path="/v1/fixes",
        content_type="application/json",
        authorization=f"Bearer secret-{tag}",
        body=msgspec.json.encode(body),
    )
