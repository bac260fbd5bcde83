"""A small installation with its tables filled directly: who may see whom, what pages show."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyotp

from tagwatch.access.enrolment import create_account, now
from tagwatch.access.role import Duty, Role
from tagwatch.config import Config
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, UNKNOWN_COUNT, Source
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import ContactRecorded, Event
from tagwatch.core.order import (
    ConditionVersion,
    ExclusionZone,
    LegalBasis,
    Order,
    Programme,
    ZoneKnowledge,
)
from tagwatch.core.outcome import AlertState, Finding, Phase, RuleKind, Severity
from tagwatch.core.person import (
    Activation,
    Channel,
    Contact,
    ProtectedPerson,
    Restriction,
    Tag,
    Wearer,
)
from tagwatch.core.person import Duty as ContactDuty
from tagwatch.core.recorded_register import (
    ActivationStarted,
    ConditionRecorded,
    OrderRecorded,
    PersonRecorded,
    TagRecorded,
    WearerRecorded,
)
from tagwatch.core.shape import Disc
from tagwatch.core.units import MINUTE, SECOND
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import alerts, schema
from tagwatch.store.database import Access, open_tables
from tagwatch.store.trail import block_row
from tagwatch.store.writes import Writes

PASSWORD = "three unrelated words"
ACCOUNTS = {
    "officer": (Role.PRACTITIONER, "probation-london", (), ()),
    "colleague": (Role.PRACTITIONER, "probation-london", (), ()),
    "outsider": (Role.PRACTITIONER, "probation-kent", (), ()),
    "operator": (Role.OPERATOR, "monitoring", (), ()),
    "zones": (Role.OPERATOR, "monitoring", (), (Duty.SECRET_ZONES,)),
    "police": (Role.POLICE, "police", ("Hackney",), ()),
    "liaison": (Role.LIAISON, "liaison", (), ()),
    "partner": (Role.PARTNER, "STAC", (), ()),
    "evaluator": (Role.EVALUATOR, "evaluation", (), ()),
    "administrator": (Role.ADMINISTRATOR, "administration", (), ()),
}
WEARERS = {
    "w_own": ("Demo Alder", "officer", "probation-london", "Camden", Restriction.ORDINARY),
    "w_team": ("Demo Birch", "colleague", "probation-london", "Hackney", Restriction.ORDINARY),
    "w_other": ("Demo Cedar", "outsider", "probation-kent", "Bromley", Restriction.ORDINARY),
    "w_hidden": ("Demo Dogwood", "officer", "probation-london", "Camden", Restriction.RESTRICTED),
    "w_bail": ("Demo Elm", "outsider", "probation-kent", "Bexley", Restriction.ORDINARY),
}
BY = AccountId("ac_administrator")
HOME = LonLat(lon_deg=-0.1416, lat_deg=51.5390)


def build(folder: Path, name: str = "data") -> Config:
    """Make an installation: accounts; five wearers with orders and two zones, through the line;
    an alert of each put where the line would have put it."""
    config = Config(data=folder / name)
    with InProcessCentre.open(config) as centre:
        at = now()
        centre.record(*events(), at=at)
        centre.apply()
    enrol(config)
    put(config, *rows())
    return config


def enrol(config: Config) -> None:
    """Make the accounts."""
    for account, (role, agency, boroughs, duties) in ACCOUNTS.items():
        create_account(
            config,
            sign_in_name=account,
            full_name=f"Demo {account.title()}",
            role=role,
            password=None,
            agency=agency,
            boroughs=boroughs,
            duties=duties,
            account_id=AccountId(f"ac_{account}"),
        )


def put(config: Config, *rows: tuple[Any, dict[str, Any]]) -> None:
    """Insert rows into the projections: the test stands in for the line."""
    engine = open_tables(config, Access.WRITE)
    with engine.begin() as connection:
        for table, values in rows:
            writes = Writes()
            writes.add(table, values)
            writes.write(connection)
    engine.dispose()


def events() -> list[Event]:
    """What the register of the installation was told."""
    told: list[Event] = []
    for number, wearer_id in enumerate(WEARERS):
        told.append(WearerRecorded(wearer=wearer(wearer_id, number), by=BY))
        told.append(OrderRecorded(order=order(wearer_id), by=BY))
    tag = Tag(tag_id="t_own", serial="TW-0001")
    told += [
        ContactRecorded(
            contact=Contact(
                contact_id="k_liaison",
                label="Liaison desk",
                duty=ContactDuty.LIAISON,
                channel=Channel.IN_APP,
                account_id=AccountId("ac_liaison"),
            ),
            by=BY,
        ),
        PersonRecorded(
            person=ProtectedPerson(
                person_id="p_one", name="Demo Person", wearers=("w_own",), liaison="k_liaison"
            ),
            by=BY,
        ),
        ConditionRecorded(condition=zone("c_told", ZoneKnowledge.TOLD, 250.0), by=BY),
        ConditionRecorded(condition=zone("c_secret", ZoneKnowledge.SECRET, 400.0), by=BY),
        TagRecorded(tag=tag, by=BY),
        ActivationStarted(
            activation=Activation(
                activation_id="act_own",
                tag_id="t_own",
                wearer_id="w_own",
                started_at=now() - 86_400 * SECOND,
            ),
            by=BY,
        ),
    ]
    return told


def wearer(wearer_id: str, number: int = 0) -> Wearer:
    """A plainly fictional wearer."""
    name, officer, agency, borough, restriction = WEARERS[wearer_id]
    return Wearer(
        wearer_id=wearer_id,
        name=name,
        crn=f"X{number:06d}",
        programme=Programme.STALKING,
        borough=borough,
        agency=agency,
        officer=AccountId(f"ac_{officer}"),
        restriction=restriction,
    )


def order(wearer_id: str) -> Order:
    """His order."""
    return Order(
        order_id=f"o_{wearer_id}",
        wearer_id=wearer_id,
        reference=f"REF-{wearer_id}",
        legal_basis=LegalBasis.BAIL if wearer_id == "w_bail" else LegalBasis.LICENCE,
        programme=Programme.STALKING,
        starts_at=now() - 86_400 * SECOND,
    )


def zone(condition_id: str, knowledge: ZoneKnowledge, radius_m: float) -> ConditionVersion:
    """An exclusion zone of `w_own`."""
    return ConditionVersion(
        condition_id=condition_id,
        version=1,
        order_id="o_w_own",
        wearer_id="w_own",
        terms=ExclusionZone(
            label=f"{knowledge.value} zone",
            shape=Disc(centre=HOME, radius_m=radius_m),
            knowledge=knowledge,
            protects=("p_one",),
        ),
        valid_from=now() - 86_400 * SECOND,
        recorded_at=now() - 86_400 * SECOND,
        told_at=now() - 86_400 * SECOND if knowledge is ZoneKnowledge.TOLD else None,
    )


def rows() -> list[tuple[Any, dict[str, Any]]]:
    """What is put where the line would have put it."""
    rows: list[tuple[Any, dict[str, Any]]] = []
    for wearer_id in WEARERS:
        rows.append((schema.alert, alert_row(alert(wearer_id))))
        rows.append((schema.alert_event, event_row(f"al_{wearer_id}", wearer_id, "raised")))
    rows.append((schema.episode, episode_row(episode())))
    rows.append((schema.trail_block, trail_row()))
    return rows


def body(record: msgspec.Struct) -> str:
    """The JSON of a record, as the line writes it."""
    return msgspec.json.encode(record).decode()


def alert(wearer_id: str | None, alert_id: str | None = None, **changes: Any) -> Alert:
    """An open alert about a wearer, raised a minute ago."""
    at = now() - MINUTE
    found = Alert(
        alert_id=alert_id or f"al_{wearer_id}",
        kind=AlertKind.ZONE_ENTRY,
        wearer_id=wearer_id,
        episode_id="ep_own" if wearer_id == "w_own" else None,
        rule=RuleKind.ZONE,
        severity=Severity.LIFE if wearer_id == "w_own" else Severity.URGENT,
        state=AlertState.NOTIFIED,
        finding=Finding.POSSIBLE,
        phase=Phase.OPEN,
        probability=0.412345,
        happened_at=at,
        received_at=at + 2 * SECOND,
        raised_at=at + 2 * SECOND,
        acknowledge_by=at + 4 * MINUTE,
        sentence="A fix lies possibly inside an exclusion zone.",
    )
    return msgspec.structs.replace(found, **changes)


def alert_row(found: Alert) -> dict[str, Any]:
    return alerts.alert_row(found)


def event_row(alert_id: str, wearer_id: str | None, kind: str) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "wearer_id": wearer_id,
        "seq": 1,
        "at": now(),
        "kind": kind,
        "by": None,
        "words": "",
    }


def episode(**changes: Any) -> Episode:
    """The episode behind the alert of `w_own`."""
    at = now() - MINUTE
    found = Episode(
        episode_id="ep_own",
        wearer_id="w_own",
        activation_id="act_own",
        rule=RuleKind.ZONE,
        condition_id="c_told",
        condition_version=1,
        settings_version=1,
        phase=Phase.OPEN,
        finding=Finding.POSSIBLE,
        probability=0.412345,
        entered_earliest=at - MINUTE,
        entered_latest=at,
        fixes=("7.0", "7.1"),
        reason="first fix that may lie inside",
    )
    return msgspec.structs.replace(found, **changes)


def episode_row(found: Episode) -> dict[str, Any]:
    return {
        "episode_id": found.episode_id,
        "version": found.version,
        "wearer_id": found.wearer_id,
        "rule": found.rule.value,
        "condition_id": found.condition_id,
        "phase": found.phase.value,
        "finding": found.finding.value,
        "entered_at": found.entered_earliest,
        "left_at": None,
        "body": body(found),
    }


def trail_row(ago: int = 20 * MINUTE, seq: int = 7) -> dict[str, Any]:
    """Twenty fixes a minute apart, two of them used by the episode."""
    block = np.zeros(20, dtype=FIX_DTYPE)
    start = now() - ago
    for number, row in enumerate(block):
        row["fixed_at"] = start + number * MINUTE
        row["received_at"] = row["fixed_at"] + 2 * SECOND
        row["seq"], row["index"] = seq, number
        row["lon_deg"] = HOME.lon_deg + (number - 2) * 0.0009
        row["lat_deg"] = HOME.lat_deg + (number - 2) * 0.0004
        row["accuracy_m"], row["confidence"] = 12.0 + number, 0.68
        for unknown in ("hdop", "altitude_m", "speed_mps", "bearing_deg", "battery_pct"):
            row[unknown] = np.nan
        row["sent_at"], row["satellites"], row["source"] = NO_INSTANT, UNKNOWN_COUNT, Source.GNSS
    return {**block_row(seq, "w_own", "act_own", block)}


def code_of(key: str) -> str:
    """The one-time code of a second factor's key at this moment."""
    return pyotp.totp.TOTP(key).now()
