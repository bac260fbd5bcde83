"""What the tag reports of strap, case, wear and power."""

from pathlib import Path

import msgspec
import pytest

from tagwatch.core import settings as settings_module
from tagwatch.core.alert import AlertKind
from tagwatch.core.fix import TagEvent, TagEventKind
from tagwatch.core.ids import ActivationId, AlertId, WearerId
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.rules.tamper import CLOSES, OPENS, TamperMemory, observe, tag_removed
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import (
    AlertSettings,
    BatterySettings,
    CommsSettings,
    TamperSettings,
    ZoneSettings,
)
from tagwatch.core.settings_table import settings_table
from tagwatch.core.units import SECOND, Instant

WORN = Worn(wearer_id=WearerId("w1"), activation_id=ActivationId("a1"))
SETTINGS = TamperSettings()
START = 1_700_000_000


def event(kind: TagEventKind, second: float, seq: int = 1, index: int = 0) -> TagEvent:
    at = Instant(round((START + second) * SECOND))
    return TagEvent(kind=kind, happened_at=at, received_at=at, seq=seq, index=index)


def run(*events: TagEvent, memory: TamperMemory | None = None):
    memory = memory or TamperMemory()
    found = []
    for one in events:
        memory, facts = observe(memory, one, WORN, SETTINGS)
        found += facts
    return memory, found


@pytest.mark.parametrize("kind", OPENS)
def test_opening_reports_are_told_at_once(kind: TagEventKind) -> None:
    _, (fact,) = run(event(kind, 0))
    assert (fact.kind, fact.phase) == (OPENS[kind][0], Phase.OPEN)
    assert fact.episode.finding is Finding.POSSIBLE
    assert fact.episode.episode_id == fact.cause
    assert fact.episode.fixes == ("1.0",)
    assert fact.episode.detail == OPENS[kind][1]


@pytest.mark.parametrize(
    ("closing", "opening"), [(c, o) for c, opened in CLOSES.items() for o in opened]
)
def test_closing_reports_end_the_episode(closing: TagEventKind, opening: TagEventKind) -> None:
    memory, (begun, ended) = run(event(opening, 0), event(closing, 60, 2))
    assert begun.cause == ended.cause
    assert ended.phase is Phase.ENDED
    assert ended.episode.version == 2
    assert "the tag reports" in ended.episode.reason
    assert run(event(closing, 90, 3), memory=memory)[1] == []


def test_other_events_and_early_closings_say_nothing() -> None:
    assert run(event(TagEventKind.ALIVE, 0), event(TagEventKind.STRAP_CLOSED, 1))[1] == []
    _, facts = run(event(TagEventKind.STRAP_CUT, 10), event(TagEventKind.STRAP_CLOSED, 9, 2))
    assert [fact.phase for fact in facts] == [Phase.OPEN]


def test_a_cut_after_a_stretch_is_told_for_itself() -> None:
    _, (stretch, cut) = run(
        event(TagEventKind.STRAP_STRETCH, 0), event(TagEventKind.STRAP_CUT, 5, 2)
    )
    assert stretch.cause != cut.cause
    assert stretch.kind is cut.kind is AlertKind.STRAP


@pytest.mark.parametrize(("pause_s", "again"), [(599, False), (600, True), (601, True)])
def test_reported_again_boundary(pause_s: float, again: bool) -> None:
    _, (first, second) = run(
        event(TagEventKind.STRAP_CUT, 0), event(TagEventKind.STRAP_CUT, pause_s, 2)
    )
    assert first.cause == second.cause
    assert second.again is again
    assert second.episode.witnesses == 2
    assert second.episode.fixes == ("1.0", "2.0")


@pytest.mark.parametrize(("pause_s", "same"), [(599, True), (600, False), (601, False)])
def test_after_a_closing_boundary(pause_s: float, same: bool) -> None:
    _, (first, _, third) = run(
        event(TagEventKind.STRAP_CUT, 0),
        event(TagEventKind.STRAP_CLOSED, 10, 2),
        event(TagEventKind.STRAP_CUT, 10 + pause_s, 3),
    )
    assert third.phase is Phase.OPEN
    assert (third.cause == first.cause) is same


@pytest.mark.parametrize(("pause_s", "same"), [(599, True), (600, False), (601, False)])
def test_reports_without_a_closing_boundary(pause_s: float, same: bool) -> None:
    _, (first, second) = run(event(TagEventKind.ALARM, 0), event(TagEventKind.ALARM, pause_s, 2))
    assert (second.cause == first.cause) is same


@pytest.mark.parametrize(("before_s", "same"), [(599, True), (600, False), (601, False)])
def test_a_late_report_is_never_swallowed(before_s: float, same: bool) -> None:
    memory, (first, late) = run(
        event(TagEventKind.CASE_OPEN, 0), event(TagEventKind.CASE_OPEN, -before_s, 2)
    )
    assert (late.cause == first.cause) is same
    assert late.phase is (Phase.OPEN if same else Phase.ENDED)
    assert late.happened_at == (START - before_s) * SECOND
    assert memory.spans[TagEventKind.CASE_OPEN].cause == first.cause


def test_a_late_report_before_the_closing_leaves_it_closed() -> None:
    _, facts = run(
        event(TagEventKind.CASE_OPEN, 0),
        event(TagEventKind.CASE_CLOSED, 60, 2),
        event(TagEventKind.CASE_OPEN, 30, 3),
    )
    assert facts[-1].phase is Phase.ENDED


def test_an_empty_battery_explains_that_the_tag_goes_off_and_nothing_else() -> None:
    flat = AlertId("al_flat")
    for kind, explained in ((TagEventKind.POWER_OFF, flat), (TagEventKind.STRAP_CUT, None)):
        _, (fact,) = observe(TamperMemory(), event(kind, 0), WORN, SETTINGS, flat)
        assert fact.explained_by == explained


def test_taking_the_tag_off_ends_what_is_open() -> None:
    memory, _ = run(
        event(TagEventKind.STRAP_CUT, 0),
        event(TagEventKind.CASE_OPEN, 0, 2),
        event(TagEventKind.CASE_CLOSED, 5, 3),
    )
    memory, (fact,) = tag_removed(memory, WORN, Instant((START + 9) * SECOND))
    assert memory == TamperMemory()
    assert (fact.kind, fact.phase) == (AlertKind.STRAP, Phase.ENDED)


def test_the_same_reports_give_the_same_facts_and_memory_survives_msgpack() -> None:
    events = (event(TagEventKind.STRAP_CUT, 0), event(TagEventKind.STRAP_CLOSED, 5, 2))
    memory, facts = run(*events)
    assert run(*events) == (memory, facts)
    packed = msgspec.msgpack.encode(memory)
    assert msgspec.msgpack.decode(packed, type=TamperMemory) == memory


# --- documents ------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]
SOURCE = Path(settings_module.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "struct"),
    [
        ("docs/rules/tamper.md", TamperSettings),
        ("docs/rules/battery.md", BatterySettings),
        ("docs/rules/comms.md", CommsSettings),
        ("docs/alerts.md", AlertSettings),
    ],
)
def test_documents_print_the_settings(page: str, struct: type[msgspec.Struct]) -> None:
    assert settings_table(struct, SOURCE) in (ROOT / page).read_text(encoding="utf-8")


def test_settings_table_shows_nested_settings_and_names_a_wrong_source() -> None:
    table = settings_table(ZoneSettings, SOURCE)
    assert "| `thresholds` | protect 0.1, accuse 0.99 |" in table
    with pytest.raises(ValueError, match="ZoneSettings"):
        settings_table(ZoneSettings, "x = 1")
