"""Power cuts between sending and noting that it was sent: sent again, as the same message."""

import asyncio
import copy
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from tagwatch.config import Config
from tagwatch.core.ledger import AttemptRecorded
from tagwatch.core.person import Channel
from tagwatch.core.units import HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.outbox import ProjectedOutbox
from tagwatch.ingest.door import Door
from tagwatch.ingest.register import Register
from tagwatch.notify.channel.carrier import Delivered, Outcome
from tagwatch.notify.message import Message
from tagwatch.notify.sender import Sender
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tests.faults.world import BEGINS, evening, register_events, ticks
from tests.store.journal.faults import FaultyFiles, PowerCut

SEEDS = 8
"""As many here; `make soak` takes twelve others."""
LIVES = 40
LATER = Instant(BEGINS + 24 * HOUR)


@dataclass
class Phone:
    """Somebody's phone: it keeps what it gets, power cut or not."""

    got: list[Message]
    most_at_once = 1
    deadline_s = 5.0

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        return Delivered("shown")

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class Told:
    """An installation that has something to say, and has said nothing yet."""

    folder: Path
    files: FaultyFiles
    notifications: set[str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("told")
    files = FaultyFiles(0)
    register = Register()
    with InProcessCentre.open(Config(data=folder), files) as centre:
        for event in register_events():
            register.apply(event)
        centre.record(*register_events(), at=BEGINS)
        door = Door(register)
        for at, sent in evening(60, 3):
            centre.append([draft_of(tick, tick.at) for tick in ticks(at)])
            for _, request in sent:
                assert door.receive(request, at, centre.writer).status == 200
        centre.apply()
        found = states(centre)
    assert len(found) > 8
    assert set(found.values()) == {"pending"}
    return Told(folder, files, set(found))


def states(centre: InProcessCentre) -> dict[str, str]:
    table = schema.notification.c
    with reading(centre.projections) as connection:
        rows = connection.execute(select(table.notification_id, table.state))
        return {row.notification_id: row.state for row in rows}


async def send_all(centre: InProcessCentre, phone: Phone) -> None:
    """Run the real sender until nothing is due; each attempt is journaled, then applied."""
    outbox = ProjectedOutbox(centre.projections)

    async def record(attempts: Sequence[AttemptRecorded]) -> None:
        centre.append([draft_of(attempt, attempt.at) for attempt in attempts])
        centre.apply()
        if not outbox.due(LATER, 1, Channel.IN_APP):
            sender.stop()

    sender = Sender(outbox, {Channel.IN_APP: phone}, record, lambda: LATER, "https://t", 0.01)
    await sender.run()


def one_life(folder: Path, files: FaultyFiles, phone: Phone) -> dict[str, str] | None:
    """Come up, send what is due; None if the power failed."""
    centre: InProcessCentre | None = None
    try:
        centre = InProcessCentre.open(Config(data=folder), files)
        centre.apply()
        if ProjectedOutbox(centre.projections).due(LATER, 1, Channel.IN_APP):
            asyncio.run(send_all(centre, phone))
        found = states(centre)
        centre.close()
        return found
    except* PowerCut:
        pass
    if centre is not None:
        centre.line.close()
        centre.let_go()
    return None


@pytest.mark.parametrize("share", range(2))
def test_everything_arrives_and_what_comes_twice_is_the_same(
    told: Told, tmp_path: Path, share: int
) -> None:
    everything_arrives(told, tmp_path, range(share, SEEDS, 2))


@pytest.mark.soak
@pytest.mark.parametrize("share", range(2))
def test_so_it_does_for_many_more_seeds(told: Told, tmp_path: Path, share: int) -> None:
    everything_arrives(told, tmp_path, range(SEEDS + share, SEEDS + 12, 2))


def everything_arrives(told: Told, tmp_path: Path, seeds: range) -> None:
    again = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        shutil.copytree(told.folder, folder)
        files = moved(told.files, told.folder, folder)
        files.random.seed(seed)
        phone = Phone([])
        found = None
        for life in range(LIVES):
            if life < 3:
                files.cut_after = files.operations + 1 + files.random.randrange(30)
            found = one_life(folder, files, phone)
            if found is not None:
                break
            files.restart()
        assert found is not None, f"seed {seed}: not done in {LIVES} lives"
        assert set(found) == told.notifications, f"seed {seed}"
        assert set(found.values()) == {"delivered"}, f"seed {seed}"
        counts = Counter(message.message_id for message in phone.got)
        assert set(counts) == told.notifications, f"seed {seed}: somebody was not told"
        for name in counts:
            assert len({m for m in map(repr, phone.got) if name in m}) == 1, f"seed {seed}"
        again += sum(number - 1 for number in counts.values())
        shutil.rmtree(folder)
    assert again, "no cut fell between a message and its note"


def moved(files: FaultyFiles, old: Path, new: Path) -> FaultyFiles:
    """Return a copy of the disk on which everything under `old` lies under `new`."""
    made = copy.deepcopy(files)

    def there(name: str) -> str:
        return name.replace(str(old), str(new), 1)

    made._names = {there(name): inode for name, inode in made._names.items()}
    made._disk_names = {there(name): inode for name, inode in made._disk_names.items()}
    made._folders = {there(name) for name in made._folders}
    made._locks = set()
    return made
