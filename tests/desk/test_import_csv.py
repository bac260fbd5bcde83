"""Wearers and activations as CSV: read strictly, every mistake with its row."""

import pytest

from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_register import ActivationStarted, TagRecorded, WearerRecorded
from tagwatch.core.units import parse_iso
from tagwatch.desk.import_file import ImportRefused
from tagwatch.desk.import_reading import Source, SourceKind, plan_file
from tagwatch.store.writes import Writes
from tests.desk.recorded import Recorded
from tests.web import sample

AT = parse_iso("2026-11-20T12:00:00Z")
BY = AccountId("tester")
ACCOUNTS = {"officer": AccountId("ac_officer")}
HEAD = "ref,name,programme,borough,agency,crn,officer,date_of_birth,tag,started_at\n"
ROW = "7,Demo Fir,Domestic abuse,Camden,probation-london,X1,officer,28/02/1990,TW-9,{at}\n"


def plan(text: str | bytes, register: Recorded | None = None):
    data = text if isinstance(text, bytes) else text.encode()
    register = register or Recorded()
    return plan_file(Source(data), register.known, ACCOUNTS, AT, BY)


def mistakes(text: str | bytes, register: Recorded | None = None) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        plan(text, register)
    return refused.value.errors


def taken(text: str, register: Recorded) -> list:
    events = [one.event for one in plan(text, register).planned]
    for event in events:
        register.apply(event, AT, Writes())
    return events


def test_a_wearer_with_his_tag_is_taken_in_once_and_what_has_no_column_stays() -> None:
    register, text = Recorded(), HEAD + ROW.format(at="2026-07-01 14:30")
    found = plan(text.replace("\n", "\r\n").encode("utf-8-sig"), register)
    assert (found.kind, len(found.planned)) == (SourceKind.WEARERS, 3)
    assert found.warnings == [
        "row 2: tag 'TW-9' is not in the inventory and is entered without a model"
    ]
    wearer, tag, activation = taken(text, register)
    assert isinstance(wearer, WearerRecorded)
    assert isinstance(tag, TagRecorded)
    assert isinstance(activation, ActivationStarted)
    assert wearer.wearer.date_of_birth == "1990-02-28"
    assert wearer.wearer.officer == AccountId("ac_officer")
    assert activation.activation.started_at == parse_iso("2026-07-01T13:30:00Z"), "London's summer"
    assert taken(text, register) == []
    (moved,) = taken("ref;name;programme;borough;agency\n7;Demo Fir;stalking;Hackney;p\n", register)
    assert (moved.wearer.borough, moved.wearer.crn) == ("Hackney", "X1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ref,name,borough\n1,A,B\n", "row 1: no column 'programme'"),
        ("ref,name,programme,borough,agency,crm\n1,A,other,B,C,D\n", "row 1: column 'crm'"),
        ("ref,ref,name,programme,borough,agency\n1,1,A,other,B,C\n", "stands twice"),
        ("ref,name,programme,borough,agency\n1,A,other,B,C,D\n", "row 2: 6 cells under a header"),
        (
            "ref,name,programme,borough,agency\n1,A,wrong,B,C\n",
            "row 2, programme: 'wrong' is none of knife_crime",
        ),
        ("ref,name,programme,borough,agency\n1,,other,B,C\n", "row 2, name: missing"),
        (HEAD + ROW.format(at="soon"), "row 2, started_at: 'soon' is no time"),
        (HEAD + ROW.format(at="9999-12-31 23:59+00:00") * 2, "row 3, ref: '7' stands twice"),
        (
            HEAD + ROW.format(at="2026-07-01 14:30").replace("officer", "nobody"),
            "row 2, officer: no account",
        ),
        (HEAD + ROW.format(at="").replace("28/02", "31/02"), "row 2, date_of_birth: '31/02/1990'"),
        (HEAD, "a header and no row"),
        (HEAD + '1,"A\n', "no CSV from here on"),
        (HEAD + "1,A,other,B,C,,,,,\n" * 5_001, "more than 5000 rows"),
        ("", "it is empty"),
        (b"PK\x03\x04 zip", "archive"),
        (b"\xff\xfer\x00e\x00f\x00", "no UTF-8 text"),
        ("surname,forename\nA,B\n", "no known header"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1}', "neither an import file"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(text: str | bytes, says: str) -> None:
    found = mistakes(text)
    assert any(says in error for error in found), found


def test_activations_find_their_wearer_by_any_number_of_his() -> None:
    register = Recorded()
    wearer = sample.wearer("w_own", 7)
    register.apply(WearerRecorded(wearer=wearer, by=BY), AT, Writes())
    ours = f"tag,wearer,started_at,ended_at\nA-1,{wearer.crn},2026-11-01T10:00Z,2026-11-02 10:00\n"
    (_, first) = taken(ours, register)
    assert first.activation.wearer_id == "w_own"
    moj = (
        "device_activation_id,device_activation_date,device_deactivation_date,person_id,device_id,"
        "device_serial_number\n1,2026-11-03 10:00:00.000,2999-12-12 00:00:00.000,"
        f"{wearer.crn},5,A-2\n"
    )
    found = plan(moj, register)
    assert found.kind is SourceKind.ACTIVATIONS
    (_, second) = taken(moj, register)
    assert second.activation.started_at == parse_iso("2026-11-03T10:00:00Z")
    assert second.activation.ended_at is None
    assert taken(moj, register) == []
    twice = "tag,wearer,started_at\nA-2,id:w_own,2026-11-04T10:00Z\n"
    assert "row 2: this tag has another activation" in mistakes(twice, register)[0]
    unknown = "tag,wearer,started_at\nA-3,X000404,2026-11-04T10:00Z\n"
    assert "row 2, wearer: no wearer 'X000404'" in mistakes(unknown, register)[0]
