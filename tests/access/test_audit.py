"""The audit: durable before the answer, shared syncs, chained, closed means nothing is answered."""

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest

from tagwatch.access.audit import (
    Act,
    AnswerAudit,
    AuditClosed,
    AuditLine,
    AuditTrail,
    audit_line,
    open_reader,
)
from tagwatch.config import Config
from tagwatch.config_audit import AuditConfig
from tagwatch.core.units import DAY, Instant
from tagwatch.engine import installation
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.record import Draft
from tagwatch.store.journal.verify import verify


@pytest.fixture
def config(tmp_path: Path) -> Config:
    found = Config(data=tmp_path / "data")
    installation.create(found)
    return found


def line(number: int) -> AuditLine:
    return AuditLine(
        at=Instant(1_700_000_000_000_000 + number),
        by="ac_one",
        act=Act.CONSULTATION,
        question="test",
        ids=(f"w_{number}",),
    )


def test_lines_come_back_in_order_and_survive_reopening(config: Config) -> None:
    trail = AuditTrail.open(config, "web")
    assert [trail.record(line(n)) for n in range(3)] == [1, 2, 3]
    trail.close()
    trail = AuditTrail.open(config, "web")
    assert trail.record(line(3)) == 4
    reader = open_reader(config, "web")
    found = [audit_line(record) for record in reader.read(0, 4)]
    assert [one.ids for one in found if one] == [("w_0",), ("w_1",), ("w_2",), ("w_3",)]
    reader.close()
    trail.close()


def test_many_threads_share_groups_and_lose_nothing(config: Config) -> None:
    trail = AuditTrail.open(config, "web")
    seqs: list[int] = []

    def write(start: int) -> None:
        seqs.extend(trail.record(line(start + n)) for n in range(20))

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail.close()
    assert sorted(seqs) == list(range(1, 161))


def test_who_goes_away_while_a_line_is_written_takes_nothing_with_him(config: Config) -> None:
    trail = AuditTrail.open(config, "web")

    async def run() -> None:
        waiting = AnswerAudit(trail)
        waiting.note(line(0))
        task = asyncio.create_task(waiting.durable())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    written = threading.Event()
    append = trail._writer.append

    def slow(drafts: list[Draft]) -> range:
        assert written.wait(20)
        return append(drafts)

    trail._writer.append = slow
    asyncio.run(run())
    written.set()
    assert trail.record(line(1)) == 2
    trail.close()
    reader = open_reader(config, "web")
    assert len(list(reader.read(0, 4))) == 2
    reader.close()


def test_a_closed_audit_answers_nobody(config: Config) -> None:
    trail = AuditTrail.open(config, "web")
    trail.close()
    with pytest.raises(AuditClosed):
        trail.record(line(1))


def test_lines_go_after_their_years_and_the_chain_stays(config: Config) -> None:
    trail = AuditTrail.open(config, "web")
    assert trail.record(line(0)) == 1
    later = Instant(line(0).at + 8 * 366 * DAY)
    assert trail.record(msgspec.structs.replace(line(1), at=later)) == 3
    trail.close()
    reader = open_reader(config, "web")
    gone, said, kept = (audit_line(record) for record in reader.read(0, 10))
    reader.close()
    assert (gone, said and said.act, said and said.detail) == (None, Act.ERASURE, "2023-11")
    assert kept is not None
    assert verify(config.audit_folder("web"), OsFiles()).chain is ChainState.WHOLE


def test_without_a_number_of_years_every_line_stays(config: Config) -> None:
    kept = msgspec.structs.replace(config, audit=AuditConfig(keep_years=0))
    trail = AuditTrail.open(kept, "web")
    trail.record(line(0))
    trail.record(msgspec.structs.replace(line(1), at=Instant(line(0).at + 50 * 366 * DAY)))
    trail.close()
    reader = open_reader(kept, "web")
    assert [audit_line(each) is None for each in reader.read(0, 10)] == [False, False]
    reader.close()
