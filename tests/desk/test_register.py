"""The register: wearers, tags, orders, conditions, persons, contacts, credentials, settings."""

from hashlib import sha256

import msgspec
import pytest
from sqlalchemy import select

from tagwatch.access.refusal import NotFound, Refused, unreachable
from tagwatch.core.ids import ConditionId, CredentialId, OrderId, TagId, WearerId
from tagwatch.core.inventory import TagState
from tagwatch.core.order import ConditionVersion, LegalBasis, Order, ZoneKnowledge
from tagwatch.core.person import (
    Channel,
    Contact,
    Credential,
    Duty,
    ProtectedPerson,
    Restriction,
    Scheme,
    Tag,
    Wearer,
)
from tagwatch.core.supervision import OrderKind, Supervision
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk.activation import end_activation, fit_tag, swap_tag
from tagwatch.desk.clerk import Conflict, digest, stored
from tagwatch.desk.condition import record_condition, record_told
from tagwatch.desk.contact import record_contact
from tagwatch.desk.credential import issue_credential, revoke_credential
from tagwatch.desk.order import record_order, record_order_told
from tagwatch.desk.person import record_person
from tagwatch.desk.tag import move_tag, record_tag
from tagwatch.desk.wearer import record_wearer
from tagwatch.query.register import tag as tag_view
from tagwatch.query.wearer import wearer as wearer_view
from tagwatch.store import schema
from tagwatch.store.register import load_register
from tests.web import sample


def test_a_wearer_is_corrected_only_as_he_was_seen(clerk, at) -> None:
    officer = at("officer")
    current = stored(officer, schema.wearer, "w_own", Wearer)
    moved = msgspec.structs.replace(current, borough="Lambeth")
    record_wearer(clerk, officer, moved, digest(current))
    assert stored(officer, schema.wearer, "w_own", Wearer).borough == "Lambeth"
    with pytest.raises(Conflict, match="borough: Lambeth"):
        record_wearer(clerk, officer, moved, digest(current))


def test_a_wearer_is_entered_once_and_in_the_own_agency(clerk, at) -> None:
    officer = at("officer")
    new = msgspec.structs.replace(sample.wearer("w_own"), wearer_id=WearerId("w_new"))
    record_wearer(clerk, officer, new, "")
    with pytest.raises(Conflict, match="already"):
        record_wearer(clerk, officer, new, "")
    with pytest.raises(Refused, match="own agency"):
        record_wearer(clerk, officer, msgspec.structs.replace(new, agency="probation-kent"), "")


def test_what_belongs_to_others_is_not_found(clerk, at) -> None:
    officer = at("officer")
    with pytest.raises(NotFound):
        record_order(clerk, officer, sample.order("w_other"), "")
    with pytest.raises(NotFound):
        fit_tag(clerk, officer, WearerId("w_other"), TagId("t_own"), officer.now())
    person = ProtectedPerson(person_id="p_two", name="Demo", wearers=("w_own", "w_other"))
    with pytest.raises(NotFound):
        record_person(clerk, officer, person, "")
    with pytest.raises(Refused):
        record_tag(clerk, at("police"), Tag(tag_id="t_x", serial="x"), "")


def test_a_tag_is_on_one_wearer_at_a_time(clerk, at) -> None:
    officer = at("officer")
    record_tag(clerk, officer, Tag(tag_id="t_two", serial="TW-0002"), "")
    with pytest.raises(Conflict, match="This tag"):
        fit_tag(clerk, officer, WearerId("w_team"), TagId("t_own"), officer.now())
    with pytest.raises(Conflict, match="This wearer"):
        fit_tag(clerk, officer, WearerId("w_own"), TagId("t_two"), officer.now())
    end_activation(clerk, officer, "act_own", officer.now(), "strap worn")
    with pytest.raises(Conflict, match="ended already"):
        end_activation(clerk, officer, "act_own", officer.now(), "again")
    done = fit_tag(clerk, officer, WearerId("w_own"), TagId("t_two"), officer.now())
    assert done.made_id.startswith("act_")


def test_an_order_ends_after_it_starts(clerk, at) -> None:
    officer = at("officer")
    order = sample.order("w_own")
    current = stored(officer, schema.order, order.order_id, type(order))
    ended = msgspec.structs.replace(current, ends_at=current.starts_at)
    with pytest.raises(Conflict, match="ends before"):
        record_order(clerk, officer, ended, digest(current))


def test_a_zone_gets_a_new_version_and_is_told(clerk, at) -> None:
    officer = at("officer")
    zone = sample.zone("c_told", ZoneKnowledge.TOLD, 300.0)
    zone = msgspec.structs.replace(zone, told_at=None)
    record_condition(clerk, officer, zone, 1, "moved house")
    with pytest.raises(Conflict, match="Version 2"):
        record_condition(clerk, officer, zone, 1, "too late")
    with pytest.raises(Conflict, match="future"):
        record_told(clerk, officer, ConditionId("c_told"), 2, Instant(officer.now() + HOUR))
    record_told(clerk, officer, ConditionId("c_told"), 2, officer.now())
    with officer.connection() as connection:
        column = schema.condition.c
        bodies = connection.scalars(
            select(column.body).where(column.condition_id == "c_told").order_by(column.version)
        )
        versions = [msgspec.json.decode(body, type=ConditionVersion) for body in bodies]
    assert [version.version for version in versions] == [1, 2]
    assert versions[1].terms.shape.radius_m == 300.0
    assert versions[1].told_at is not None


def test_a_secret_zone_is_changed_by_named_people_only(clerk, at) -> None:
    zone = sample.zone("c_secret", ZoneKnowledge.SECRET, 900.0)
    with pytest.raises(NotFound):
        record_condition(clerk, at("operator"), zone, 1, "")
    record_condition(clerk, at("zones"), zone, 1, "she moved")


def test_a_secret_is_shown_once_and_kept_as_its_hash(clerk, at) -> None:
    officer = at("officer")
    done = issue_credential(clerk, officer, Scheme.TRACCAR_CLIENT, TagId("t_own"))
    assert len(done.secret) == 32
    kept = stored(officer, schema.credential, done.made_id, Credential)
    assert kept.secret_sha256 == sha256(done.secret.encode()).digest()
    revoke_credential(clerk, officer, CredentialId(done.made_id), "phone lost")
    with pytest.raises(NotFound):
        revoke_credential(clerk, officer, CredentialId("cr_none"), "")
    with pytest.raises(Conflict, match="inventory"):
        issue_credential(clerk, officer, Scheme.OWNTRACKS, TagId("t_none"))


def test_entering_tells_nobody_that_a_hidden_record_exists(clerk, at, centre) -> None:
    colleague = at("colleague")
    hidden = stored(colleague, schema.wearer, "w_hidden", Wearer)
    new = msgspec.structs.replace(sample.wearer("w_own"), restriction=Restriction.ORDINARY)
    for name in ("w_hidden", "w_nobody"):
        mine = msgspec.structs.replace(new, wearer_id=WearerId(name))
        with pytest.raises(NotFound) as refused:
            record_wearer(clerk, colleague, mine, "what a page showed")
        assert str(refused.value) == str(NotFound(unreachable(colleague.actor)))
        made = record_wearer(clerk, colleague, mine, "").made_id
        centre.apply()
        kept = stored(colleague, schema.wearer, made, Wearer)
        assert kept == msgspec.structs.replace(mine, wearer_id=made)
    assert stored(colleague, schema.wearer, "w_hidden", Wearer) == hidden


def test_an_order_of_a_hidden_wearer_is_not_read_out_by_a_conflict(clerk, at) -> None:
    colleague = at("colleague")
    order = msgspec.structs.replace(sample.order("w_team"), order_id=OrderId("o_w_hidden"))
    with pytest.raises(NotFound):
        record_order(clerk, colleague, order, "what a page showed")
    assert record_order(clerk, colleague, order, "").made_id != "o_w_hidden"


def test_contacts_are_the_operators(clerk, at) -> None:
    contact = Contact(
        contact_id="k_new", label="Night desk", duty=Duty.MONITORING, channel=Channel.IN_APP
    )
    with pytest.raises(Refused, match="Operators of the monitoring centre"):
        record_contact(clerk, at("officer"), contact, "")
    record_contact(clerk, at("operator"), contact, "")


def test_a_varied_order_is_its_next_version_and_told_anew(clerk, at, centre) -> None:
    officer = at("officer")
    first = stored(officer, schema.order, "o_w_own", Order)
    later = Instant(officer.now() + HOUR)
    wanted = msgspec.structs.replace(
        first, legal_basis=LegalBasis.BAIL, valid_from=later, varied="bail instead"
    )
    record_order(clerk, officer, wanted, digest(first))
    second = stored(officer, schema.order, "o_w_own", Order)
    assert (second.version, second.told_at, second.varied) == (2, None, "bail instead")
    record_order_told(clerk, officer, second.order_id, 2, officer.now())
    with pytest.raises(Conflict, match="already"):
        record_order_told(clerk, officer, second.order_id, 2, officer.now())
    view = wearer_view(officer, WearerId("w_own"))
    assert [v.version for v in view.order_versions["o_w_own"]] == [2, 1]
    assert view.orders[0].told_at is not None
    with centre.projections.connect() as connection:
        register = load_register(connection)
    wearer = WearerId("w_own")
    assert [o.version for o in register.orders_in_force(wearer, officer.now())] == [1]
    assert [o.version for o in register.orders_in_force(wearer, later)] == [2]


def test_a_sentence_that_the_legal_basis_cannot_rest_on_is_refused(clerk, at) -> None:
    officer = at("officer")
    current = stored(officer, schema.order, "o_w_own", Order)
    wrong = msgspec.structs.replace(current, supervision=Supervision(kind=OrderKind.POLICE_BAIL))
    with pytest.raises(Conflict, match="Police bail does not go with the legal basis licence"):
        record_order(clerk, officer, wrong, digest(current))


def test_a_lost_tag_is_fitted_to_nobody_and_a_swap_is_one_act(clerk, at) -> None:
    officer = at("officer")
    record_tag(clerk, officer, Tag(tag_id="t_two", serial="TW-0002"), "")
    assert tag_view(officer, TagId("t_two")).state is TagState.IN_STOCK
    with pytest.raises(Conflict, match="on somebody"):
        move_tag(clerk, officer, TagId("t_own"), TagState.LOST, "?")
    move_tag(clerk, officer, TagId("t_two"), TagState.LOST, "left in a cab")
    swap = ("act_own", TagId("t_two"), officer.now(), "battery", TagState.FAULTY)
    with pytest.raises(Conflict, match="recorded as lost"):
        swap_tag(clerk, officer, *swap)
    assert tag_view(officer, TagId("t_own")).state is TagState.FITTED, "nothing was recorded"
    with pytest.raises(Conflict, match="recorded as lost"):
        fit_tag(clerk, officer, WearerId("w_team"), TagId("t_two"), officer.now())
    move_tag(clerk, officer, TagId("t_two"), TagState.IN_STOCK, "found")
    done = swap_tag(clerk, officer, *swap)
    assert done.made_id.startswith("act_")
    old, new = tag_view(officer, TagId("t_own")), tag_view(officer, TagId("t_two"))
    assert (old.state, new.state) == (TagState.FAULTY, TagState.FITTED)
    assert [move.words for move in new.moves] == ["found", "left in a cab"]
    assert old.worn[0].wearer.wearer_id == "w_own"
    assert old.worn[0].activation.ended_at == new.worn[0].activation.started_at
