"""Who reaches whom; who sees where a zone lies."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select, update

from tagwatch.access.actor import Actor
from tagwatch.access.enrolment import AccountWrong, checked_reach
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.refusal import Refused
from tagwatch.access.role import Duty, Role
from tagwatch.access.scope import may_see_zone, scope
from tagwatch.core.ids import AccountId
from tagwatch.core.order import ConditionVersion, Programme
from tagwatch.core.person import Wearer
from tagwatch.store import schema
from tagwatch.store.cells import Cells
from tagwatch.store.database import Access, open_database
from tests.web import sample

REACHES = {
    "officer": {"w_own", "w_team", "w_hidden"},
    "colleague": {"w_own", "w_team"},
    "outsider": {"w_other", "w_bail"},
    "operator": {"w_own", "w_team", "w_other", "w_bail"},
    "zones": {"w_own", "w_team", "w_other", "w_bail"},
    "police": {"w_bail", "w_team"},
    "liaison": {"w_own"},
    "partner": set(),
    "administrator": {"w_own", "w_team", "w_other", "w_bail"},
}


def actor(name: str) -> Actor:
    role, agency, boroughs, duties = sample.ACCOUNTS[name]
    return Actor(
        account_id=AccountId(f"ac_{name}"),
        name=name,
        role=role,
        agency=agency,
        boroughs=boroughs,
        duties=duties,
    )


@pytest.fixture(scope="module")
def projections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample.build(tmp_path_factory.mktemp("scope")).projections_file


@pytest.fixture(scope="module")
def engine(projections: Path):
    found = open_database(projections, Access.READ, Cells(projections.parent / "keys"))
    yield found
    found.dispose()


@pytest.mark.parametrize("name", REACHES)
def test_each_role_reaches_its_wearers_and_no_other(engine, name: str) -> None:
    who = actor(name)
    within = scope(who, ALLOWED[who.role][0])
    with engine.connect() as connection:
        found = connection.execute(select(schema.wearer.c.wearer_id).where(within.condition()))
        assert {row.wearer_id for row in found} == REACHES[name]


LIMITS = {
    "a team has its own agency's no longer": ("colleague", {"team": "west"}, {"w_team"}),
    "and its members' ordinary caseloads": (
        "colleague",
        {"team": "west", "mates": frozenset({AccountId("ac_officer")})},
        {"w_own", "w_team"},
    ),
    "whatever agency the records name": (
        "colleague",
        {"team": "west", "mates": frozenset({AccountId("ac_outsider")})},
        {"w_team", "w_other", "w_bail"},
    ),
    "the officer keeps his restricted case": ("officer", {"team": "west"}, {"w_own", "w_hidden"}),
    "a programme limits beside the own caseload": (
        "colleague",
        {"programmes": (Programme.KNIFE_CRIME,)},
        {"w_team"},
    ),
    "and leaves those of it": (
        "colleague",
        {"programmes": (Programme.KNIFE_CRIME, Programme.STALKING)},
        {"w_own", "w_team"},
    ),
    "of police what has a part and is of another": (
        "police",
        {"programmes": (Programme.OTHER,)},
        set(),
    ),
    "and of the programme": (
        "police",
        {"programmes": (Programme.STALKING,)},
        {"w_bail", "w_team"},
    ),
}


@pytest.mark.parametrize(("name", "limits", "reaches"), LIMITS.values(), ids=LIMITS)
def test_teams_and_programmes_narrow(engine, name: str, limits, reaches: set[str]) -> None:
    who = msgspec.structs.replace(actor(name), **limits)
    within = scope(who, ALLOWED[who.role][0]).condition()
    with engine.connect() as connection:
        found = connection.scalars(select(schema.wearer.c.wearer_id).where(within)).all()
    assert set(found) == reaches


def test_of_record_and_order_one_of_the_programme_is_enough(projections: Path) -> None:
    engine = open_database(projections, Access.WRITE, Cells(projections.parent / "keys"))
    who = msgspec.structs.replace(actor("colleague"), programmes=(Programme.OTHER,))
    within = scope(who, ALLOWED[who.role][0]).condition()
    row, held = schema.wearer.c, schema.order
    changed = func.json_set(held.c.body, "$.programme", Programme.OTHER.value)
    with engine.connect() as connection:  # nothing is kept of it
        connection.execute(update(held).where(held.c.wearer_id == "w_own").values(body=changed))
        found = connection.scalars(select(row.wearer_id).where(within)).all()
    engine.dispose()
    assert set(found) == {"w_own", "w_team"}


@pytest.mark.parametrize(
    ("role", "given", "says"),
    [
        (Role.OPERATOR, {"programmes": (Programme.STALKING,)}, "police and practitioner can"),
        (Role.POLICE, {"agency": "met", "team": "east"}, "practitioners have"),
        (Role.PRACTITIONER, {"team": "east"}, "give the agency of east"),
        (Role.PRACTITIONER, {"agency": "a" * 101}, "100 characters"),
    ],
)
def test_a_reach_the_role_cannot_have_is_refused(role: Role, given, says: str) -> None:
    with pytest.raises(AccountWrong, match=says):
        checked_reach(role, **({"agency": "", "programmes": (), "team": ""} | given))


def test_a_liaison_officer_of_nobody_reaches_nobody(engine) -> None:
    stranger = msgspec.structs.replace(actor("liaison"), account_id=AccountId("ac_new"))
    with engine.connect() as connection:
        within = scope(stranger, Purpose.VICTIM_SAFETY)
        query = select(schema.wearer.c.wearer_id).where(within.condition())
        assert connection.execute(query).all() == []


def test_a_purpose_the_role_cannot_state_is_refused() -> None:
    with pytest.raises(Refused, match="evaluator"):
        scope(actor("evaluator"), Purpose.SUPERVISION)
    with pytest.raises(Refused, match="police"):
        scope(actor("police"), Purpose.SUPERVISION)


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("officer", True),
        ("zones", True),
        ("colleague", False),
        ("operator", False),
        ("police", False),
        ("liaison", False),
        ("partner", False),
        ("administrator", False),
    ],
)
def test_a_secret_zone_is_seen_by_named_people_only(engine, name: str, sees: bool) -> None:
    with engine.connect() as connection:
        wearer = msgspec.json.decode(
            connection.scalar(
                select(schema.wearer.c.body).where(schema.wearer.c.wearer_id == "w_own")
            ),
            type=Wearer,
        )
        zones = {
            version.condition_id: version
            for body in connection.scalars(select(schema.condition.c.body))
            for version in [msgspec.json.decode(body, type=ConditionVersion)]
        }
    assert may_see_zone(actor(name), wearer, zones["c_secret"]) is sees
    assert may_see_zone(actor(name), wearer, zones["c_told"])


def test_the_duty_alone_opens_no_zone_to_other_roles(engine) -> None:
    named = msgspec.structs.replace(actor("police"), duties=(Duty.SECRET_ZONES,))
    assert named.role is Role.POLICE
    with engine.connect() as connection:
        column = schema.condition.c
        body = connection.scalar(select(column.body).where(column.condition_id == "c_secret"))
        version = msgspec.json.decode(body, type=ConditionVersion)
        wearer = msgspec.json.decode(
            connection.scalar(
                select(schema.wearer.c.body).where(schema.wearer.c.wearer_id == "w_own")
            ),
            type=Wearer,
        )
    assert not may_see_zone(named, wearer, version)
