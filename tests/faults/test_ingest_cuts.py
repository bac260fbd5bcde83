"""Power cuts at the door: what a tag was told is stored, is stored, and the chain verifies."""

from pathlib import Path

import pytest

from tagwatch.config import Config
from tagwatch.engine import installation
from tagwatch.ingest.door import Door
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.verify import verify
from tests.faults.world import BEGINS, bodies_in, evening, register_events, register_of, ticks
from tests.store.journal.faults import FaultyFiles, PowerCut

CUTS = 240
"""As many here; `make soak` makes six hundred others."""
SHARES = 2
OPERATIONS = 107
"""Of the file layer in an undisturbed evening, about; the cuts are spread over them."""
CONFIG = Config(data=Path("/data"))


class Evening:
    """Tags that send until they are answered, and a door that may lose its power."""

    def __init__(self) -> None:
        self.waiting = [(at, request) for at, sent in evening(10, 1) for _, request in sent]
        self.acknowledged: list[bytes] = []
        self.recorded = False

    def live(self, files: FaultyFiles) -> None:
        if not installation.exists(CONFIG, files):
            installation.create(CONFIG, files)
        writer = installation.open_writer(CONFIG, files)
        head = writer.head().seq
        if not self.recorded:
            writer.append([draft_of(event, BEGINS) for event in register_events()])
            self.recorded = True
        door = Door(register_of(CONFIG, files, writer.head().seq))
        assert head >= len(self.acknowledged)
        while self.waiting:
            at, request = self.waiting[0]
            writer.append([draft_of(tick, tick.at) for tick in ticks(at)])
            answer = door.receive(request, at, writer)
            assert answer.status == 200, answer.body
            self.acknowledged.append(request.body)
            del self.waiting[0]
        writer.close()


def test_an_evening_takes_the_operations_the_cuts_are_spread_over() -> None:
    files = FaultyFiles()
    Evening().live(files)
    assert OPERATIONS * 0.6 < files.operations < OPERATIONS * 1.6, files.operations


@pytest.mark.parametrize("share", range(SHARES))
def test_every_acknowledged_fix_is_there(share: int) -> None:
    check(range(share, CUTS, SHARES))


@pytest.mark.soak
@pytest.mark.parametrize("share", range(SHARES))
def test_every_acknowledged_fix_is_there_after_many_more_cuts(share: int) -> None:
    check(range(CUTS + share, CUTS + 600, SHARES))


def check(seeds: range) -> None:
    unacknowledged_kept = 0
    for seed in seeds:
        files = FaultyFiles(seed, cut_after=1 + seed % OPERATIONS)
        tags = Evening()
        try:
            tags.live(files)
        except PowerCut:
            files.restart()
        promised = len(tags.acknowledged)
        if installation.exists(CONFIG, files):
            head = _head(files)
            found = bodies_in(CONFIG, files, head)
            assert set(tags.acknowledged) <= set(found), f"seed {seed}"
            unacknowledged_kept += len(found) > promised
        tags.live(files)
        found = bodies_in(CONFIG, files, _head(files))
        assert set(tags.acknowledged) == set(found), f"seed {seed}"
        report = verify(CONFIG.journal_folder, files, CONFIG.keys_folder)
        assert report.chain is ChainState.WHOLE, (seed, report.contradictions)
    assert unacknowledged_kept, "no cut fell between the disk and the answer"


def _head(files: FaultyFiles) -> int:
    writer = installation.open_writer(CONFIG, files)
    head = writer.head().seq
    writer.close()
    return head
