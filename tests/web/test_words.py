"""What pages say: places, settings, who was told, and times, in words a person reads."""

import msgspec
import pytest

from tagwatch.core.alert import AlertKind
from tagwatch.core.fix import Source
from tagwatch.core.order import Demand
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.rules.watch import Absence
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.units import DAY, Instant
from tagwatch.query.alert import Happening
from tagwatch.query.told import Delivery, Told
from tagwatch.web.alerts import how_sure
from tagwatch.web.audit_words import about, detail
from tagwatch.web.borough import borough_of, names
from tagwatch.web.render import birthday, when
from tagwatch.web.setting_words import setting_of, value_of
from tagwatch.web.settings_form import SECTIONS, leaves
from tagwatch.web.told import recipients, timeline
from tagwatch.web.words import absence_words, marks, source
from tests.web import sample

AT = Instant(1_795_618_278_000_000)  # 25 November 2026, 14:51:18 in London


@pytest.mark.parametrize(
    ("lon_deg", "lat_deg", "name"),
    [
        (-0.1426, 51.5392, "Camden"),
        (-0.0754, 51.5055, "River Thames"),
        (-0.0922, 51.5155, "City of London"),
        (-1.2577, 51.7520, "Outside London"),
    ],
)
def test_a_place_is_named_by_its_borough(lon_deg: float, lat_deg: float, name: str) -> None:
    assert borough_of(lon_deg, lat_deg) == name


def test_all_boroughs_are_suggested() -> None:
    assert len(names()) == 33
    assert "Westminster" in names()


def test_every_setting_says_what_it_decides() -> None:
    unsaid = [
        f"{section}.{name}"
        for section in SECTIONS
        for name in leaves(getattr(DEFAULT_SETTINGS, section))
        if setting_of(section, name).lower().replace(" ", "_") in name
    ]
    assert not unsaid
    assert value_of("acknowledge_life_s", 240) == "4 min"
    assert value_of("thresholds.accuse", 0.99) == "99 %"
    assert value_of("near_m", 1000.0) == "1000 m"
    assert value_of("low_pct", 20.0) == "20 %"
    assert value_of("mass_tags", 20) == "20"


def told(at: int, stage: str) -> Told:
    attempt = Delivery(attempt=1, at=Instant(at), result="delivered", proof="")
    return Told(
        label="Duty officer",
        duty="probation",
        channel="email",
        stage=stage,
        why="the wearer is on licence",
        state="delivered",
        created_at=Instant(at),
        attempts=(attempt,),
    )


def test_who_was_told_is_one_entry_for_each_person() -> None:
    (one,) = recipients([told(AT, "possible"), told(AT + 60_000_000, "confirmed")])
    assert one.state == "2 messages, first delivered 14:51:18"
    assert one.reasons == ("the wearer is on licence",)
    assert one.messages[1] == "14:52:18 confirmed breach: delivered 14:52:18"


def test_the_timeline_reads_as_sentences() -> None:
    def line(kind: str, words: str = "", by: str | None = None) -> Happening:
        return Happening(event_id=1, at=AT, kind=kind, by=by, words=words)

    lines = timeline(
        [
            line("raised"),
            line("notified"),
            line("notified"),
            line("circumstances", "version 1 of the circumstances"),
            line("closed", "true_breach: Rang him; he was there.", "ac_x"),
        ]
    )
    assert [one.text for one in lines] == [
        "Raised",
        "2 messages delivered",
        "Circumstances brought up to date",
        "Closed: true breach",
    ]
    assert lines[3].words == "Rang him; he was there."
    assert not lines[2].words


def test_a_fact_is_reported_and_a_finding_has_its_certainty() -> None:
    entered = sample.alert("w_own", finding=Finding.CONFIRMED, probability=0.995)
    assert how_sure(entered)[::2] == ("Confirmed", 0.995)
    strap = sample.alert("w_own", kind=AlertKind.STRAP, finding=Finding.POSSIBLE)
    assert how_sure(strap)[::2] == ("Reported", None)
    unseen = sample.alert("w_own", kind=AlertKind.CURFEW_UNSEEN)
    assert how_sure(unseen).text == "Cannot say"
    silent = sample.alert("w_own", kind=AlertKind.NO_COMMS, finding=Finding.UNDETERMINED)
    assert how_sure(silent).text == "Cannot see"
    over = msgspec.structs.replace(silent, phase=Phase.ENDED)
    assert how_sure(over).text == "Not seen"


def test_times_and_codes_are_said_plainly() -> None:
    assert when(AT, AT + 1000) == "14:51:18"
    assert when(AT, AT + DAY) == "25 Nov, 14:51:18"
    assert birthday("1989-04-27") == "27 April 1989"
    assert birthday(None) == "not recorded"
    assert source(Source.WIFI) == "Wi-Fi"
    assert marks(["late", "clock_ahead"]) == "came late, clock ahead"
    assert about("al_0123456789abcdef0123").startswith("alert ")
    assert about("demo-024") == "demo-024"
    span = detail(f"[{AT}, {AT + 60_000_000}) 3 fixes")
    assert span == "25 Nov 14:51:18 (UTC+0) to 25 Nov 14:52:18 (UTC+0), 3 fixes"


def test_an_absence_is_told_in_words_that_fit_what_the_order_calls_it() -> None:
    assert absence_words(Absence.LATE, Demand.CURFEW) == "late home"
    for demand in set(Demand) - {Demand.CURFEW}:
        told = {absence_words(each, demand) for each in Absence}
        assert len(told) == len(Absence)
        assert not [words for words in told if "home" in words or "curfew" in words]
    assert absence_words("strap cut", Demand.ATTENDANCE) == "strap cut"
