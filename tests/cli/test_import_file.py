import json

import pytest

from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_register import (
    ActivationEnded,
    ConditionRecorded,
    ConditionTold,
    WearerRecorded,
)
from tagwatch.core.units import Instant, parse_iso
from tagwatch.desk.import_file import ImportRefused, read_import
from tagwatch.desk.import_plan import plan_import
from tagwatch.desk.weekly_row import row_of, row_text
from tagwatch.store.writes import Writes
from tests.cli.program import EXAMPLE
from tests.desk.recorded import Recorded

AT = parse_iso("2026-11-20T12:00:00Z")
BY = AccountId("tester")
ACCOUNTS = {"admin": AccountId("ac_1")}


def example() -> dict:
    return json.loads(EXAMPLE.read_text(encoding="utf-8"))


def planned(document: dict, register: Recorded | None = None) -> list:
    read = read_import(json.dumps(document).encode())
    register = register or Recorded()
    return [p.event for p in plan_import(read, register.known, ACCOUNTS, AT, BY)]


def imported(document: dict) -> Recorded:
    register = Recorded()
    for event in planned(document):
        register.apply(event, AT, Writes())
    return register


def mistakes(document: dict, register: Recorded | None = None) -> str:
    with pytest.raises(ImportRefused) as refused:
        planned(document, register)
    return "\n".join(refused.value.errors)


def test_the_example_is_taken_in_and_the_second_time_asks_for_nothing() -> None:
    register = imported(example())
    assert len(register.wearers) == 1
    assert len(register.conditions) == 3
    assert planned(example(), register) == []


def test_what_changed_is_recorded_and_nothing_else() -> None:
    register = imported(example())
    changed = example()
    changed["wearers"][0]["borough"] = "Hackney"
    changed["exclusion_zones"][0]["disc"]["radius_m"] = 500
    changed["exclusion_zones"][1]["told_at"] = "2026-11-10T09:00:00Z"
    changed["activations"][0]["ended_at"] = "2026-11-19T09:00:00Z"
    events = planned(changed, register)
    assert [type(event) for event in events] == [
        WearerRecorded,
        ActivationEnded,
        ConditionRecorded,
        ConditionTold,
    ]
    assert events[2].condition.version == 2
    assert events[3].version == 1
    for event in events:
        register.apply(event, AT, Writes())
    assert planned(changed, register) == []


def test_every_mistake_is_named_with_its_path() -> None:
    wrong = example()
    wrong["wearers"][0]["programe"] = wrong["wearers"][0].pop("programme")
    wrong["tags"][0]["serial"] = 7
    wrong["curfews"][0]["rows"] = []
    wrong["orders"] = {}
    found = mistakes(wrong)
    assert "$.wearers[0].programe: unknown; did you mean programme?" in found
    assert "$.wearers[0].programme: missing" in found
    assert "$.tags[0].serial: expected `str`, got `int`" in found
    assert "$.curfews[0].rows" in found
    assert "$.orders" in found


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda d: d["activations"][0].update(tag="T-9"), "$.activations[0].tag: no tag 'T-9'"),
        (lambda d: d["wearers"].append(d["wearers"][0]), "wearers[1].ref: 'X000001' stands twice"),
        (lambda d: d["orders"][0].update(ends_at="2020-01-01T00:00:00Z"), "ends before it starts"),
        (lambda d: d["orders"][0].update(starts_at="2026-01-01"), "has no zone"),
        (lambda d: d["exclusion_zones"][0].pop("disc"), "give either disc or geojson"),
        (lambda d: d["exclusion_zones"][0]["disc"].update(radius_m=0), "radius 0.0 m"),
        (lambda d: d["exclusion_zones"][0].update(told_at="2030-01-01T00:00:00Z"), "in the future"),
        (lambda d: d["exclusion_zones"][0].update(protects=["P-1"]), "no protected person 'P-1'"),
        (lambda d: d["curfews"][0].update(rows=["Xx 19:00-20:00"]), "$.curfews[0].rows[0]"),
        (lambda d: d["curfews"][0].update(order="none"), "$.curfews[0].order: no order 'none'"),
        (lambda d: d["contacts"][0].update(account="who"), "no account is named 'who'"),
        (lambda d: d["contacts"][1].update(address=" "), "channel email needs an e-mail"),
        (lambda d: d["contacts"][1].update(address="duty desk"), "channel email needs an e-mail"),
        (lambda d: d["contacts"][1].update(channel="webhook"), "begins with https://"),
        (lambda d: d["wearers"][0].update(date_of_birth="1990-13-01"), "wearers[0].date_of_birth"),
        (lambda d: d["exclusion_zones"][0]["disc"].update(centre=[51.5074, -0.1278]),
            "$.exclusion_zones[0].disc: the middle of it, longitude 51.5074"),
        (lambda d: d["curfews"][0].update(address=[51.5, -0.1]), "numbers are swapped"),
        (lambda d: d["curfews"][0]["release_night"].update(end="2026-11-02T07:00:00Z"),
            "$.curfews[0].release_night: it ends before it starts"),
        (lambda d: d.pop("tagwatch_import"), "$.tagwatch_import: write 1"),
        (lambda d: d["activations"].append({**d["activations"][0],
            "started_at": "2026-11-03T00:00:00Z"}), "has another activation in that time"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(alter, says) -> None:
    document = example()
    alter(document)
    assert says in mistakes(document)


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b"7", b'"x"', b"\xff", b"null"])
def test_what_is_no_import_file_is_refused(data) -> None:
    with pytest.raises(ImportRefused):
        read_import(data)


def test_a_record_entered_by_hand_is_named_by_its_id() -> None:
    register = imported(example())
    wearer = next(iter(register.wearers))
    more = {
        "tagwatch_import": 1,
        "protected_persons": [{"ref": "P-2", "name": "Second", "wearers": [f"id:{wearer}"]}],
    }
    (event,) = planned(more, register)
    assert event.person.wearers == (wearer,)


def test_a_weekly_row_reads_what_it_writes() -> None:
    for text in ("Mo 19:00-Tu 07:00", "Fr 00:00-Fr 23:59", "Sa 19:00-Su 07:00 except 2026-12-25"):
        assert row_text(row_of(text)) == text
    assert row_text(row_of("mo 9:00 – 17:30")) == "Mo 09:00-Mo 17:30"
    for text in ("", "Monday", "Mo 25:00-Tu 07:00", "Mo 19:00", "Mo 19:00-Tu 07:00 except soon"):
        with pytest.raises(ValueError, match="no weekly row"):
            row_of(text)


def test_instants_are_not_mistaken() -> None:
    register = imported(example())
    started = next(iter(register.activations.values())).started_at
    assert started == Instant(parse_iso("2026-11-02T14:30:00Z"))
