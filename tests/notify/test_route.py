"""Who is told, and why: by legal basis, by rank, and never nobody."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.alert import Alert, AlertKind, Context, ServiceFact
from tagwatch.core.episode import Episode
from tagwatch.core.ids import (
    ActivationId,
    ConditionId,
    ContactId,
    EpisodeId,
    FixId,
    PersonId,
    WearerId,
)
from tagwatch.core.order import LegalBasis, Programme
from tagwatch.core.outcome import Finding, Phase, RuleKind, Severity, Stage
from tagwatch.core.person import THEMSELVES, Channel, Contact, Duty, Wearer
from tagwatch.core.raising import from_episode, from_service_fact
from tagwatch.core.sentence import FACT_WORDS
from tagwatch.core.units import Instant
from tagwatch.notify.message import KIND_WORDS, STAGE_WORDS, URGENCY, compose
from tagwatch.notify.reason import WHY, Reason
from tagwatch.notify.rota import at_step, on_duty, up_to_step
from tagwatch.notify.route import Parties, route

NOW = Instant(1_700_000_000_000_000)
NAME, PLACE = "Plainly Fictional", "12 Nowhere Street"
WEARER = Wearer(
    wearer_id=WearerId("w1"),
    name=NAME,
    programme=Programme.STALKING,
    borough="Camden",
    agency="probation-london",
)


def contact(name: str, duty: Duty, rank: int = 1, **more: object) -> Contact:
    plain = Contact(
        contact_id=ContactId(name),
        label=name,
        duty=duty,
        rank=rank,
        channel=Channel.EMAIL,
        address=f"{name}@example.org",
    )
    return msgspec.structs.replace(plain, **more)


CONTACTS = (
    contact("police-1", Duty.POLICE),
    contact("police-2", Duty.POLICE, 2),
    contact("probation-1", Duty.PROBATION),
    contact("probation-2", Duty.PROBATION, 5),
    contact("centre", Duty.MONITORING),
    contact("advocate", Duty.LIAISON),
    contact("engineer", Duty.TECHNICAL),
)


def zone_alert(protects: tuple = (PersonId("p1"),), **changes: object) -> Alert:
    stay = Episode(
        episode_id=EpisodeId("ep_1"),
        wearer_id=WEARER.wearer_id,
        activation_id=ActivationId("a1"),
        rule=RuleKind.ZONE,
        condition_id=ConditionId("c1"),
        condition_version=1,
        settings_version=1,
        phase=Phase.OPEN,
        finding=Finding.POSSIBLE,
        probability=0.5,
        entered_earliest=NOW,
        entered_latest=NOW,
        fixes=(FixId("1.0"),),
    )
    (change,) = from_episode((), stay, Context(now=NOW, protects=protects))
    return msgspec.structs.replace(change.alert, **changes)


def fact_alert(kind: AlertKind, protects: tuple = (), wearer: str | None = "w1") -> Alert:
    fact = ServiceFact(
        cause="f1",
        kind=kind,
        phase=Phase.OPEN,
        happened_at=NOW,
        wearer_id=None if wearer is None else WearerId(wearer),
    )
    (change,) = from_service_fact(None, fact, Context(now=NOW, protects=protects))
    return change.alert


def parties(*bases: LegalBasis, contacts: tuple = CONTACTS, liaisons: tuple = ()) -> Parties:
    return Parties(contacts=contacts, wearer=WEARER, legal_bases=bases, liaisons=liaisons)


def told(alert: Alert, stage: Stage, who: Parties) -> dict[str, str]:
    return {n.contact_id: n.reason for n in route(alert, stage, who, NOW).notifications}


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        (LegalBasis.BAIL, {"police-1": "bail"}),
        (LegalBasis.LICENCE, {"probation-1": "licence"}),
        (LegalBasis.COMMUNITY_SENTENCE, {"probation-1": "community_sentence"}),
        (
            LegalBasis.RESTRAINING_ORDER,
            {"police-1": "restraining_order", "probation-1": "for_information"},
        ),
        (
            LegalBasis.STALKING_PROTECTION_ORDER,
            {"police-1": "stalking_protection_order", "probation-1": "for_information"},
        ),
        (LegalBasis.DAPO, {"police-1": "dapo", "probation-1": "for_information"}),
    ],
)
@pytest.mark.parametrize("stage", [Stage.POSSIBLE, Stage.CONFIRMED])
def test_the_legal_basis_decides(basis, expected, stage) -> None:
    assert told(zone_alert(), stage, parties(basis)) == {**expected, "centre": "monitoring"}


def test_several_orders_tell_each_who_must_act() -> None:
    who = parties(LegalBasis.LICENCE, LegalBasis.RESTRAINING_ORDER)
    assert told(zone_alert(), Stage.POSSIBLE, who) == {
        "probation-1": "licence",
        "police-1": "restraining_order",
        "centre": "monitoring",
    }


def test_the_advocate_is_told_of_danger_and_not_of_escalations() -> None:
    who = parties(LegalBasis.BAIL, liaisons=(ContactId("advocate"),))
    assert told(zone_alert(), Stage.POSSIBLE, who)["advocate"] == "liaison"
    assert "advocate" in told(fact_alert(AlertKind.STRAP, (PersonId("p1"),)), Stage.FACT, who)
    assert "advocate" not in told(zone_alert(step=1), Stage.ESCALATED, who)
    assert "advocate" not in told(zone_alert(()), Stage.POSSIBLE, who)
    health = fact_alert(AlertKind.NO_COMMS, (PersonId("p1"),))
    assert "advocate" not in told(health, Stage.FACT, who)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (1, {"police-2": "bail", "centre": "monitoring"}),
        (2, {"police-1": "bail", "police-2": "bail", "centre": "monitoring"}),
        (9, {"police-1": "bail", "police-2": "bail", "centre": "monitoring"}),
    ],
)
def test_escalation_asks_the_next_rank_then_everybody(step, expected) -> None:
    assert told(zone_alert(step=step), Stage.ESCALATED, parties(LegalBasis.BAIL)) == expected


@pytest.mark.parametrize("stage", [Stage.ENDED, Stage.WITHDRAWN, Stage.CONFIRMED])
def test_later_stages_go_to_everybody_asked_so_far(stage: Stage) -> None:
    assert set(told(zone_alert(step=1), stage, parties(LegalBasis.BAIL))) == {
        "police-1",
        "police-2",
        "centre",
    }


def test_tag_health_is_the_centres_unless_a_person_is_protected() -> None:
    who = parties(LegalBasis.BAIL)
    assert told(fact_alert(AlertKind.NO_COMMS), Stage.FACT, who) == {"centre": "tag_health"}
    protected = fact_alert(AlertKind.NO_COMMS, (PersonId("p1"),))
    assert told(protected, Stage.FACT, who) == {"police-1": "bail", "centre": "tag_health"}
    assert told(fact_alert(AlertKind.BATTERY_LOW), Stage.FACT, who) == {
        "probation-1": "warn_wearer",
        "centre": "tag_health",
    }


@pytest.mark.parametrize(
    ("kind", "stage", "expected"),
    [
        (AlertKind.BLIND, Stage.FACT, {"engineer", "centre"}),
        (AlertKind.MASS_SILENCE, Stage.FACT, {"engineer", "centre"}),
        (AlertKind.WATCH, Stage.FACT, {"engineer"}),
        (AlertKind.WATCH, Stage.ESCALATED, {"engineer", "centre"}),
    ],
)
def test_the_installation(kind: AlertKind, stage: Stage, expected: set[str]) -> None:
    who = Parties(contacts=CONTACTS)
    assert set(told(fact_alert(kind, wearer=None), stage, who)) == expected


def test_nobody_to_tell_is_told_to_the_centre_and_raised() -> None:
    who = parties(LegalBasis.BAIL, contacts=(contact("centre", Duty.MONITORING),))
    routing = route(zone_alert(), Stage.POSSIBLE, who, NOW)
    (row,) = routing.notifications
    assert (row.contact_id, row.reason) == ("centre", Reason.NOBODY_TO_TELL)
    (fact,) = routing.facts
    assert (fact.kind, fact.wearer_id) == (AlertKind.WATCH, None)
    assert "police" in fact.detail
    assert route(zone_alert(), Stage.ESCALATED, who, NOW).facts[0].cause == fact.cause


def test_without_any_order_the_centre_finds_out() -> None:
    assert told(zone_alert(), Stage.POSSIBLE, parties()) == {"centre": "no_order"}


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ((contact("engineer", Duty.TECHNICAL),), {"engineer"}),
        ((contact("advocate", Duty.LIAISON),), {"advocate"}),
        ((contact("gone", Duty.POLICE, active=False),), set()),
    ],
)
def test_then_anybody(contacts, expected) -> None:
    who = parties(LegalBasis.BAIL, contacts=contacts)
    routing = route(zone_alert(), Stage.POSSIBLE, who, NOW)
    assert {n.contact_id for n in routing.notifications} == expected
    assert len(routing.facts) == 1
    about_that = fact_alert(AlertKind.WATCH, wearer=None)
    assert route(about_that, Stage.FACT, who, NOW).facts == ()  # and not for ever


def test_who_covers_whom() -> None:
    contacts = (
        contact("his", Duty.POLICE, wearers=(WearerId("w1"),)),
        contact("anothers", Duty.POLICE, wearers=(WearerId("w2"),)),
        contact("camden", Duty.POLICE, boroughs=("Camden",)),
        contact("ealing", Duty.POLICE, boroughs=("Ealing",)),
        contact("all", Duty.POLICE, 2),
    )
    assert [c.contact_id for c in on_duty(contacts, Duty.POLICE, WEARER, NOW)] == [
        "camden",
        "his",
        "all",
    ]
    assert [c.contact_id for c in on_duty(contacts, Duty.POLICE, None, NOW)] == ["all"]
    assert at_step((), 0) == up_to_step((), 3) == ()


def test_ids_are_the_same_again_and_differ_by_stage_step_and_round() -> None:
    who = parties(LegalBasis.BAIL)

    def ids(alert: Alert, stage: Stage) -> set[str]:
        return {n.notification_id for n in route(alert, stage, who, NOW).notifications}

    first = ids(zone_alert(), Stage.POSSIBLE)
    assert first == ids(zone_alert(version=7), Stage.POSSIBLE)
    assert first.isdisjoint(ids(zone_alert(), Stage.CONFIRMED))
    assert first.isdisjoint(ids(zone_alert(round=1), Stage.POSSIBLE))
    assert ids(zone_alert(step=2), Stage.ESCALATED).isdisjoint(
        ids(zone_alert(step=3), Stage.ESCALATED)
    )


ANY_CONTACT = st.builds(
    contact,
    st.text("abcdef", min_size=1, max_size=3),
    st.sampled_from(list(Duty)),
    st.integers(1, 4),
    active=st.booleans(),
    boroughs=st.sampled_from([(), ("Camden",), ("Ealing",)]),
)


@given(
    st.lists(ANY_CONTACT, max_size=8),
    st.lists(st.sampled_from(list(LegalBasis)), max_size=3),
    st.sampled_from(list(Stage)),
    st.integers(0, 6),
    st.one_of(st.none(), st.sampled_from(sorted(set(FACT_WORDS) - {AlertKind.WATCH}))),
)
def test_never_silence(contacts, bases, stage, step, kind) -> None:
    """Somebody active is told whenever anybody is recorded, save wearers and those they are kept
    from; otherwise an alert says so."""
    alert = zone_alert(step=step) if kind is None else fact_alert(kind)
    who = parties(*bases, contacts=tuple(contacts))
    routing = route(alert, stage, who, NOW)
    active = {c.contact_id for c in contacts if c.active and c.duty not in THEMSELVES}
    found = {n.contact_id for n in routing.notifications}
    assert found <= active
    assert found or not active
    assert found or routing.facts


def test_every_reason_has_its_sentence_and_every_word_a_translation() -> None:
    assert set(WHY) == set(Reason)
    assert set(KIND_WORDS) == set(AlertKind)
    assert set(STAGE_WORDS) == set(Stage)
    assert set(URGENCY) == set(Severity)


def test_a_message_has_code_urgency_link_and_why_and_no_name_or_address() -> None:
    (row, *_) = route(zone_alert(), Stage.POSSIBLE, parties(LegalBasis.BAIL), NOW).notifications
    message = compose(row, "https://tagwatch.example.org/")
    assert message.message_id == row.notification_id
    assert message.link == f"https://tagwatch.example.org/alerts/{row.alert_id}"
    assert message.subject.startswith("A LIFE MAY BE AT RISK: alert ")
    for part in (message.code, message.link, row.why, "possible, not confirmed", "50 % sure"):
        assert part in message.text
    for secret in (NAME, PLACE, "Camden", "w1", "p1"):
        assert secret not in message.text + message.subject


def battery_alert(kind: AlertKind = AlertKind.BATTERY_LOW) -> Alert:
    fact = ServiceFact(
        cause="fa_1",
        kind=kind,
        phase=Phase.OPEN,
        happened_at=NOW,
        wearer_id=WEARER.wearer_id,
        detail="19 % left",
    )
    (change,) = from_service_fact(None, fact, Context(now=NOW))
    return change.alert


HIMSELF = contact("himself", Duty.WEARER, wearers=(WEARER.wearer_id,))
ANOTHER = contact("another", Duty.WEARER, wearers=(WearerId("w2"),))
UNBOUND = contact("unbound", Duty.WEARER)


def sent(alert: Alert, stage: Stage, *more: Contact):
    parties = Parties(contacts=(*CONTACTS, *more), wearer=WEARER, legal_bases=(LegalBasis.LICENCE,))
    return route(alert, stage, parties, NOW).notifications


@pytest.mark.parametrize("kind", [AlertKind.BATTERY_LOW, AlertKind.BATTERY_CRITICAL])
def test_the_wearer_is_warned_of_his_battery_first_and_of_nothing_else(kind: AlertKind) -> None:
    found = sent(battery_alert(kind), Stage.FACT, HIMSELF, ANOTHER, UNBOUND)
    assert found[0].contact_id == "himself"
    assert {n.contact_id for n in found} & {"another", "unbound"} == set()
    for other in (zone_alert(), battery_alert(AlertKind.NO_COMMS), battery_alert(AlertKind.STRAP)):
        for stage in Stage:
            assert "himself" not in {n.contact_id for n in sent(other, stage, HIMSELF)}
    assert "himself" not in {n.contact_id for n in sent(battery_alert(), Stage.ENDED, HIMSELF)}


def test_what_the_wearer_receives_names_no_alert_no_place_and_no_zone() -> None:
    message = compose(sent(battery_alert(), Stage.FACT, HIMSELF)[0], "https://centre.example.org")
    assert (message.code, message.link) == ("", "")
    words = f"{message.subject} {message.text}".lower()
    assert "charge" in words
    for secret in ("zone", "alert", "http", "centre.example.org", NAME.lower(), "camden"):
        assert secret not in words


def test_a_wearer_is_nobody_to_fall_back_on() -> None:
    parties = Parties(contacts=(HIMSELF,), wearer=WEARER, legal_bases=(LegalBasis.LICENCE,))
    routing = route(zone_alert(), Stage.POSSIBLE, parties, NOW)
    assert routing.notifications == ()
    assert routing.facts
