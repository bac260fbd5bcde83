"""A damaged page of the journal costs its records, and somebody is told which."""

from pathlib import Path

from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tagwatch.store.journal.layout import Frame, FrameType, walk
from tests.walk.cuts import night


def test_a_damaged_page_is_named_and_the_rest_is_decided(tmp_path: Path) -> None:
    with InProcessCentre.open(Config(data=tmp_path)) as centre:
        for group in night():
            centre.append(group)
        segment = next(centre.config.journal_folder.glob("*.seg"))
        data = bytearray(segment.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 512] = bytes(512)
        segment.write_bytes(bytes(data))
        centre.apply()
        centre.apply()
        with reading(centre.projections) as connection:
            found = alerts.every_alert(connection)
    told = [a.sentence for a in found if a.kind is AlertKind.WATCH]
    assert any("cannot be read" in sentence for sentence in told)
    assert {AlertKind.ZONE_ENTRY, AlertKind.CURFEW_ABSENCE} <= {a.kind for a in found}


def test_damage_that_costs_no_record_says_so(tmp_path: Path) -> None:
    with InProcessCentre.open(Config(data=tmp_path)) as centre:
        for group in night()[:2]:
            centre.append(group)
        segment = next(centre.config.journal_folder.glob("*.seg"))
        data = bytearray(segment.read_bytes())
        frames = [part for part in walk(bytes(data)) if isinstance(part, Frame)]
        leaves = [part for part in frames if part.type == FrameType.LEAVES][-1]
        data[leaves.offset : leaves.next] = bytes(leaves.next - leaves.offset)
        segment.write_bytes(bytes(data))
        centre.apply()
        centre.apply()
        with reading(centre.projections) as connection:
            found = alerts.every_alert(connection)
    (sentence,) = [a.sentence for a in found if a.kind is AlertKind.WATCH]
    assert "(damaged bytes); no record is lost: run" in sentence
