"""An installation that really runs and whose archive is due again and again: five months of fixes,
and a batch process that is told which day it is."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlalchemy import Engine, func, select

from tagwatch.config import Config, load
from tagwatch.core import ledger
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import WeekOverviewsMade
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine import installation
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest import protocol
from tagwatch.report.week.facts import monday_of, week_from
from tagwatch.store import schema
from tagwatch.store.cursors import cursors
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Lane
from tests.engine.archive_world import in_order, kept_by
from tests.soak.serving import Tags, credentials, now, serving
from tests.walk.timeline import HERS, HOME, contacts, fix, frame, metres_from, register

WEARERS = ("w1", "w2", "w3")
DAYS = 170
FIRST_SEAL = 46
"""Days of history before the first seal, forty of which stay in the tables."""
PER_DAY = 24
RUN = """
import sys, time
from pathlib import Path
from tagwatch.config import load
from tagwatch.engine.embedded import Supervisor, own_command
import tagwatch.engine.embedded as embedded
embedded._LONGEST_WAIT_S = 0.1
config = load(Path(sys.argv[1]))
BATCH = '''
import sys, time
from pathlib import Path
from tagwatch.engine import archive_loop, batch
batch._NICE = 0  # or a busy machine keeps it from ever being in the middle of anything
day = Path(sys.argv[-1]) / "archive-day"
archive_loop.now = lambda: int(day.read_text())
from tagwatch.cli import main
main()
'''
def command(name):
    if name != "batch":
        return own_command(config)(name)
    return (sys.executable, "-c", BATCH, "process", name, "--data", str(config.data))
Supervisor(config, command, ("receiver", "line", "batch")).run()
"""
"""What `tagwatch serve` runs, without the pages; its archive takes the time from a file, and
processes start again at once."""


def install(folder: Path, ports: dict[str, int]) -> tuple[Config, Instant]:
    """Make an installation with five months of fixes, none archived; returns when they begin."""
    folder.mkdir(parents=True)
    (folder / "tagwatch.toml").write_text(
        f"[web]\nport = {ports['web']}\n[tags]\nport = {ports['tags']}\n"
        "[archive]\nevery_s = 0.1\n"
        "[limits]\nrestarts_per_minute = 100000\ntag_requests_per_minute = 100000\n"
    )
    config = load(folder)
    begins = Instant((now() - DAYS * DAY) // DAY * DAY)
    with InProcessCentre.open(config) as centre:
        drafts = [draft_of(event, begins) for event in contacts()]
        for wearer in WEARERS:
            drafts += [draft_of(event, begins) for event in register(wearer, begins)]
            drafts.append(draft_of(credentials(wearer, begins), begins))
        for day in range(DAYS):
            ends = Instant(begins + (day + 1) * DAY)
            for number, wearer in enumerate(WEARERS):
                times = [Instant(ends - DAY + k * HOUR) for k in range(PER_DAY)]
                place = metres_from(HOME, 10 * (day % 9), 10 * number)
                drafts.append(draft_of(frame([fix(place, at) for at in times], wearer), ends))
        drafts += [draft_of(event, now()) for event in _weeks_made()]
        centre.append(drafts)
        centre.apply()
    tell_day(config, Instant(begins + FIRST_SEAL * DAY))
    return config, begins


def _weeks_made() -> Iterator[WeekOverviewsMade]:
    """Yield that the weekly overviews were made: batch is to be at the archive alone."""
    for back in range(6):
        monday = monday_of(london(now()).date()) - timedelta(weeks=back)
        start, end = week_from(monday)
        yield WeekOverviewsMade(
            monday=monday.isoformat(),
            start=start,
            end=end,
            made=0,
            failed=0,
            sha256="",
            began_at=now(),
            at=now(),
        )


def tell_day(config: Config, at: Instant) -> None:
    """Say what time it is for the archive."""
    draft = config.data / "archive-day.new"
    draft.write_text(str(at))
    draft.replace(config.data / "archive-day")


@contextmanager
def running(config: Config) -> Iterator[subprocess.Popen[bytes]]:
    """Run receiver, line and batch until the block is left."""
    command = (sys.executable, "-c", RUN, str(config.data))
    with serving(config, command, ("receiver", "line", "batch")) as supervisor:
        yield supervisor


def send_late(config: Config, wearer: str, at: Instant) -> None:
    """Have a tag say now that at a time of the archive he was at her door; until it is answered."""
    fixes = [fix(metres_from(HERS, 20, 0), Instant(at + k * 60_000_000)) for k in range(5)]
    body = msgspec.json.encode({"batch": f"{wearer}/{at}", "fixes": fixes})
    tags = Tags(f"http://127.0.0.1:{config.tags.port}", list(WEARERS))
    with httpx.Client(base_url=tags.url, timeout=5.0) as client:
        tags.deliver(client, wearer, body)
    assert tags.acknowledged == {body}, tags.refused


class Frames:
    """What the journal's frames say, read on as it grows."""

    def __init__(self, config: Config) -> None:
        self._reader = installation.open_reader(config)
        self._upto = 0
        self._said: list[tuple[int, Lane, FixBlock]] = []

    def upto(self, stand: dict[Lane, int]) -> FixBlock:
        """Return the fixes of what the line has applied, by record and place in it."""
        head = max(stand.values())
        if head > self._upto:
            for record in self._reader.read(self._upto, head, most=1 << 20, most_bytes=1 << 40):
                if record.payload is None:
                    continue
                event = ledger.decode(record.kind, record.payload)
                if isinstance(event, FrameReceived):
                    (said,) = protocol.decode_all([(event, record.seq, record.received_at)])
                    self._said.append((record.seq, record.lane, said.fixes))
            self._upto = head
        return in_order(joined([b for seq, lane, b in self._said if seq <= stand[lane]]))

    def close(self) -> None:
        """Close the journal."""
        self._reader.close()


def looked(config: Config, projections: Engine, frames: Frames) -> tuple[FixBlock, FixBlock]:
    """Return all fixes of archive and tables at one moment, and what the journal says of them."""
    with reading(projections) as connection:
        stand = cursors(connection)
        found = kept_by(connection, config.archive_folder)
    return found, frames.upto(stand)


def waiting(projections: Engine) -> int:
    """Return for how many requests fixes are to be brought back."""
    table = schema.stage_request.c
    with reading(projections) as connection:
        count = select(func.count()).where(table.state == "waiting")
        return connection.scalar(count) or 0


def until(true: Callable[[], Any], what: str, most_s: float = 120.0) -> None:
    """Return as soon as something is so. Raises AssertionError if it is not in time."""
    ends = time.monotonic() + most_s
    while not true():
        assert time.monotonic() < ends, f"not within {most_s:.0f} s: {what}"
        time.sleep(0.005)


def wearer_of(number: int) -> WearerId:
    """Return whose turn it is."""
    return WearerId(WEARERS[number % len(WEARERS)])
