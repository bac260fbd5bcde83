"""Zones-only orders: what lies near a condition stays, the rest of a day goes with its key."""

import struct
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sqlalchemy import Table, select

from tagwatch.core import ledger
from tagwatch.core.fix import FixBlock, Mark
from tagwatch.core.ids import AccountId, UnsealingId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.outcome import RuleKind
from tagwatch.core.request_kinds import LegalGround
from tagwatch.core.routing import Verdict
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.core.unsealing import Unsealing, UnsealingEnd
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.day_keys import DaysOver, end_days
from tagwatch.engine.rebuild import rebuild
from tagwatch.engine.unsealings import end_unsealings
from tagwatch.query.bundle import Asked, make_bundle
from tagwatch.query.bundle_facts import BundleFacts, BundleRefused, bundle_facts
from tagwatch.query.bundle_story import readable_files
from tagwatch.query.seen_trail import not_shown, places_hidden, standing, whole_trail
from tagwatch.store import schema
from tagwatch.store.bundle.manifest import opened
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import DataClass, Draft, Owner, day_of
from tagwatch.verifier.verdict import State, check, sentences
from tests.engine.archive_world import BEGINS, config_of, days, decoded, findings, keeper_of, kept

BY = AccountId("system:retention")
DAYS = 4
KEPT = 2


def drafts_of(day: list[Draft]) -> list[Draft]:
    """The same day of a wearer whose order is for zones only, as the door journals it."""
    found: list[Draft] = []
    for draft in day:
        event = ledger.decode(draft.kind, draft.payload)
        if isinstance(event, ledger.OrderRecorded) and event.order.wearer_id == "w1":
            order = msgspec.structs.replace(event.order, days_kept=KEPT)
            found.append(draft_of(ledger.OrderRecorded(order=order, by=BY), draft.received_at))
        elif isinstance(event, ledger.FrameReceived) and event.wearer_id == "w1":
            found.append(draft._replace(period=day_of(draft.received_at)))
        else:
            found.append(draft)
    return found


@pytest.fixture
def watched(tmp_path: Path):
    """Four days; on the third he entered a zone for two hours."""
    with InProcessCentre.open(config_of(tmp_path)) as centre:
        for _, drafts in days(3, DAYS, late=0.0):
            centre.append(drafts_of(drafts))
        centre.apply()
        yield centre


def end(centre: InProcessCentre, at: Instant) -> DaysOver:
    keeper = keeper_of(centre)

    def destroy(owner: Owner, data_class: DataClass, period: str, reason: str) -> None:
        for _, of_class, of_period in centre.writer.erase(owner, data_class, period, at).keys:
            event = ledger.KeyDestroyed(
                owner_kind=owner.kind,
                owner_id=owner.id,
                data_class=of_class,
                period=of_period,
                reason=reason,
                by=BY,
            )
            centre.append([draft_of(event, at)])

    try:
        return end_days(keeper, destroy, at)
    finally:
        keeper.close()
        centre.apply()


def his(block: FixBlock, centre: InProcessCentre, wearer: str = "w1") -> FixBlock:
    with reading(centre.projections) as connection:
        row = schema.trail_block.c
        seqs = connection.scalars(select(row.seq).where(row.wearer_id == wearer)).all()
    return block[np.isin(block["seq"], seqs)]


def test_an_episode_stays_with_its_way_and_the_rest_is_unreadable(
    watched: InProcessCentre,
) -> None:
    before, found = his(kept(watched), watched), findings(watched)
    others = his(kept(watched), watched, "w2")
    assert any(RuleKind.ZONE in finding for finding in found)
    assert end(watched, Instant(BEGINS + (DAYS + KEPT) * DAY - HOUR)).destroyed == DAYS - 1
    over = end(watched, Instant(BEGINS + (DAYS + KEPT) * DAY))
    assert over.destroyed == 1
    after = his(kept(watched), watched)
    assert len(after) == len(before), "that a fix came, and when, stays"
    placed = np.isfinite(after["lon_deg"])
    assert np.array_equal(after["lon_deg"][placed], before["lon_deg"][placed])
    assert np.array_equal(after["fixed_at"], before["fixed_at"])
    gone = before[~placed]
    assert len(gone) > 20
    assert not np.any(after["marks"][placed] & int(Mark.BAD_POSITION))
    hour, day = before["fixed_at"] // HOUR % 24, (before["fixed_at"] - BEGINS) // DAY
    inside = (day == 2) & (hour >= 12) & (hour <= 15)
    assert placed[inside].all(), "the episode, and an hour of the way to it and from it"
    assert his(kept(watched), watched, "w2").tobytes() == others.tobytes()
    assert findings(watched) == found
    readable = decoded(watched)
    assert not np.isin(gone["seq"], readable["seq"]).any(), "no frame of his can be read"
    rows = [struct.pack("<d", value) for value in gone["lon_deg"].tolist()]
    tables = _live(watched)
    assert not [row for row in rows if row in tables], "of no table a row holds it"


def _live(centre: InProcessCentre) -> bytes:
    """Every value of every row of every table, behind one another."""
    found: list[bytes] = []
    with reading(centre.projections) as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                found += [v if isinstance(v, bytes) else str(v).encode() for v in row]
    return b"\0".join(found)


def test_a_rebuild_finds_the_same(watched: InProcessCentre) -> None:
    end(watched, Instant(BEGINS + (DAYS + KEPT) * DAY))
    at = Instant(BEGINS + DAYS * DAY)
    watched.append([draft_of(event, at) for event in unsealed(at)])
    watched.apply()
    keeper = keeper_of(watched)
    rounds = [end_unsealings(keeper, Instant(at + when)) for when in (HOUR - 1, HOUR, DAY)]
    keeper.close()
    assert rounds == [0, 1, 0], "at the end of its hour, once"
    found, after = findings(watched), his(kept(watched), watched)
    opened = rows_of(watched, schema.unsealing)
    assert len(opened) == 2
    assert "expired" in str(opened)
    config, head = watched.config, watched.writer.head().seq
    watched.line.close()
    rebuild(config, watched.writer, head)
    watched.line = type(watched.line).open(config, watched.writer)
    assert findings(watched) == found
    assert his(kept(watched), watched).tobytes() == after.tobytes()
    assert rows_of(watched, schema.unsealing) == opened


def rows_of(centre: InProcessCentre, table: Table) -> list[tuple[object, ...]]:
    with reading(centre.projections) as connection:
        return [tuple(row) for row in connection.execute(select(table))]


def unsealed(at: Instant) -> list[ledger.Event]:
    """A stretch that was asked for, approved, decided again in vain, given back; one approved."""
    asked = Unsealing(
        unsealing_id=UnsealingId("us_1"),
        wearer_id=WearerId("w1"),
        by=AccountId("ac_one"),
        role="practitioner",
        agency="",
        at=at,
        start=BEGINS,
        end=Instant(BEGINS + DAY),
        ground=LegalGround.SAFEGUARDING,
        cited="S 1",
        reason="Seen at her door, says a neighbour",
        lasts_s=3600,
    )
    other = msgspec.structs.replace(asked, unsealing_id=UnsealingId("us_2"))
    about = {"unsealing_id": asked.unsealing_id, "wearer_id": asked.wearer_id, "at": at}
    said = about | {"by": AccountId("ac_two"), "words": "It is needed"}
    return [
        ledger.UnsealingAsked(unsealing=asked),
        ledger.UnsealingDecided(verdict=Verdict.APPROVED, **said),
        ledger.UnsealingDecided(verdict=Verdict.REFUSED, **said),
        ledger.UnsealingEnded(ending=UnsealingEnd.GIVEN_BACK, **about, by=asked.by),
        ledger.UnsealingAsked(unsealing=other),
        ledger.UnsealingDecided(verdict=Verdict.APPROVED, **said | {"unsealing_id": "us_2"}),
    ]


def test_a_hold_stops_it_and_the_next_run_after_it_goes_on(watched: InProcessCentre) -> None:
    at = Instant(BEGINS + (DAYS + KEPT) * DAY)
    set_at = ledger.LegalHoldSet(wearer_id=WearerId("w1"), at=at, why="an appeal", by=BY)
    watched.append([draft_of(set_at, at)])
    watched.apply()
    assert end(watched, at) == DaysOver(destroyed=0, held=DAYS, kept=0)
    over = ledger.LegalHoldEnded(wearer_id=WearerId("w1"), at=at, why="it is over", by=BY)
    watched.append([draft_of(over, at)])
    watched.apply()
    assert end(watched, at).destroyed == DAYS
    assert end(watched, at) == DaysOver(destroyed=0, held=0, kept=0)


def test_a_day_of_an_order_that_never_was_for_zones_only_stands(watched: InProcessCentre) -> None:
    with reading(watched.projections) as connection:
        row = schema.order_version.c
        body = connection.scalars(select(row.body).where(row.wearer_id == "w1")).one()
    slip = msgspec.json.decode(body, type=Order)
    assert slip.days_kept == KEPT
    mended = msgspec.structs.replace(
        slip, version=2, days_kept=None, valid_from=Instant(BEGINS - DAY)
    )
    at = Instant(BEGINS + DAYS * DAY)
    watched.append([draft_of(ledger.OrderRecorded(order=mended, by=BY), at)])
    watched.apply()
    later = Instant(BEGINS + (DAYS + 40) * DAY)
    assert end(watched, later) == DaysOver(destroyed=0, held=0, kept=0)


def test_what_is_sealed_looks_before_as_it_looks_after(watched: InProcessCentre) -> None:
    start, over = BEGINS, Instant(BEGINS + (DAYS + KEPT) * DAY)

    def seen() -> tuple[bytes, int]:
        with reading(watched.projections) as connection:
            ((_, block),) = whole_trail(connection, WearerId("w1"), start, over)
            sealed = not_shown(connection, WearerId("w1"), block)
            hidden = places_hidden(connection, Instant(BEGINS + DAYS * DAY))
        assert sealed is not None
        assert hidden <= {"w1"}
        return block["lon_deg"].tobytes() + block["lat_deg"].tobytes(), sealed.fixes

    before = seen()
    assert before[1] > 20
    assert len(his(kept(watched), watched)) > before[1], "contacts stay open"
    assert gone(watched) == 0
    end(watched, over)
    assert seen() == before
    lost = np.count_nonzero(np.isnan(his(kept(watched), watched)["lon_deg"]))
    assert gone(watched) == lost > 20, "nobody can open these any more, and that is said"


def gone(centre: InProcessCentre) -> int:
    with reading(centre.projections) as connection:
        sealed = standing(connection, WearerId("w1"), BEGINS, Instant(BEGINS + DAYS * DAY))
    assert sealed is not None
    return sealed.gone


def test_a_bundle_has_what_was_kept_once_the_days_are_over(watched: InProcessCentre) -> None:
    at = Instant(BEGINS + (DAYS + KEPT + 1) * DAY)
    window = (Instant(BEGINS + 2 * DAY), Instant(BEGINS + 3 * DAY))

    def facts() -> BundleFacts:
        with reading(watched.projections) as connection:
            return bundle_facts(connection, WearerId("w1"), window, at)

    with pytest.raises(BundleRefused, match="still sealed"):
        facts()
    end(watched, at)
    found = facts()
    assert any("nobody can read" in each for each in found.undermining)
    asked = Asked(by="ac_clerk", at=at, reason="a hearing")
    upto = watched.writer.head().seq
    made = make_bundle(watched.config, found, asked, upto, readable_files(found, at))
    checked = check(made.file)
    assert (checked.state, checked.wrong) == (State.SAME, ())
    assert checked.findings > 0, "the episode is proved from what was kept"
    assert checked.kept == len(found.kept) > 2
    assert "zones only" in " ".join(sentences(checked))
    members = opened(made.file).members
    fixes = members["fixes.csv"].decode().splitlines()
    assert sum(",nan,nan," in line for line in fixes) > 1, "that a fix came, and when, is in it"
    keys = members["journal/keys.json"].decode()
    assert "2026-08-0" not in keys, "no key of a day is handed out"
