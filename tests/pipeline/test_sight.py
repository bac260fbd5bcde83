"""What concerns many tags at once is told in one message a side, and so is its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import ContactId, PersonId, WearerId
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.notice import NoticeKind, NoticeState
from tagwatch.core.person import ProtectedPerson
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.recorded_register import PersonRecorded
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tests.pipeline.side import (
    HER,
    HERS,
    SPEAKER,
    alerts,
    attempted,
    messages,
    notices,
    record,
    tick,
)
from tests.walk.content import content
from tests.walk.timeline import BY, HOME, START, contacts, fix, frame, register

TAGS = 21
SILENT = START + 26 * MINUTE
"""All are silent by then; `w3` was heard of later than the others."""


def protected(name: str, *wearers: str, speaker: bool = True) -> ProtectedPerson:
    return ProtectedPerson(
        person_id=PersonId(name),
        name=f"Demo {name}",
        wearers=tuple(WearerId(wearer) for wearer in wearers),
        liaison=ContactId("k_speaker") if speaker else None,
    )


PERSONS = (
    HER,
    protected("p_one", "w2", "w3"),
    protected("p_two", "w4"),
    protected("p_late", "w3"),
    protected("p_none", "w5", speaker=False),
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        known = [ContactRecorded(contact=each, by=BY) for each in (HERS, SPEAKER)]
        found.record(*contacts(), *known, at=START)
        for number in range(1, TAGS + 1):
            found.record(*register(f"w{number}", START, terms=()), at=START)
        found.record(*(PersonRecorded(person=each, by=BY) for each in PERSONS), at=START)
        found.apply()
        yield found


def heard(centre: InProcessCentre, wearer: str, at: int) -> None:
    record(centre, frame([fix(HOME, Instant(at))], wearer), at)


def ticks(centre: InProcessCentre, since: int, until: int) -> None:
    """Let the line see the time, often enough that it was never blind."""
    for at in range(since, until, 20 * SECOND):
        tick(centre, at)


def silent(centre: InProcessCentre) -> None:
    ticks(centre, START, START + 4 * MINUTE)
    heard(centre, "w3", START + 4 * MINUTE)
    ticks(centre, START + 4 * MINUTE, SILENT)


def said(centre: InProcessCentre, contact: str) -> list[str]:
    return [message.text for _, message in messages(centre, (contact,))]


def test_an_outage_is_one_message_a_side_and_so_is_its_end(centre: InProcessCentre) -> None:
    silent(centre)
    assert [a.kind for a in alerts(centre, AlertKind.MASS_SILENCE)] == ["mass_silence"]
    (hers,), (speakers,) = said(centre, "k_hers"), said(centre, "k_speaker")
    assert "one of many at once" in hers
    assert "18 November 2026 at 00:00" in hers
    assert "whom the page names" in speakers
    told = [n for person in ("p_one", "p_two", "p_late") for n in notices(centre, person)]
    assert {n.wearer_id for n in told} == {"w2", "w3", "w4"}
    assert len({n.notification_id for n in told}) == 1, "p_late joined what had been sent"
    assert [n.state for n in notices(centre, "p_none")] == [NoticeState.NOBODY]
    heard(centre, "w1", SILENT)
    assert "is seen again since" in said(centre, "k_hers")[1], "all of hers are back"
    for number, wearer in enumerate(("w2", "w3")):
        heard(centre, wearer, SILENT + number * MINUTE)
        assert len(said(centre, "k_speaker")) == 1, "one of his is not seen yet"
    (waits,) = [n for n in notices(centre, "p_late") if n.kind is NoticeKind.BLIND_OVER]
    assert waits.state is NoticeState.GATHERED
    heard(centre, "w4", SILENT + 5 * MINUTE)
    _, over = said(centre, "k_speaker")
    assert "the last since 18 November 2026 at 00:31" in over
    assert "cannot be seen yet" not in over
    assert NoticeState.GATHERED not in {n.state for n in notices(centre, "p_late")}


def test_the_end_of_the_outage_is_told_though_one_is_still_silent(centre: InProcessCentre) -> None:
    silent(centre)
    for number in range(1, TAGS + 1):
        if number != 4:
            heard(centre, f"w{number}", SILENT + number * SECOND)
    assert alerts(centre, AlertKind.MASS_SILENCE)[0].phase == "ended"
    assert "1 cannot be seen yet" in said(centre, "k_speaker")[1]
    heard(centre, "w4", SILENT + HOUR)
    assert len(said(centre, "k_speaker")) == 3, "and that he is seen again stands by itself"


def test_a_blind_interval_is_one_message_a_side(centre: InProcessCentre) -> None:
    tick(centre, START + MINUTE)
    tick(centre, START + 5 * MINUTE)
    (hers,), (speakers,) = said(centre, "k_hers"), said(centre, "k_speaker")
    assert "no tag could be seen from 18 November 2026 at 00:01" in hers
    assert "to 18 November 2026 at 00:05" in speakers
    assert len(notices(centre, "p_one")) == 2, "of each wearer it is on record"
    ((row, _),) = messages(centre, ("k_speaker",))
    attempted(centre, row["notification_id"], 1, AttemptResult.FAILED, START + 6 * MINUTE)
    (raised,) = alerts(centre, AlertKind.NOTICE_FAILED)
    assert raised.wearer_id is None
    assert raised.affected == ("w2", "w3", "w4")
    assert "(3 protected persons)" in raised.sentence


def test_a_rebuild_gives_the_same(tmp_path: Path, centre: InProcessCentre) -> None:
    silent(centre)
    for number in (1, 2, 3):
        heard(centre, f"w{number}", SILENT + number * SECOND)
    before = content(centre.projections, sent=False)
    centre.line.close()
    config = Config(data=tmp_path / "data")
    rebuild(config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(config, centre.writer)
    assert content(centre.projections, sent=False) == before
