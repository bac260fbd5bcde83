"""Two wearers over two months, with data that comes far too late; with and without an archive."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from tagwatch.config import ArchiveConfig, Config
from tagwatch.core import ledger
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FIX_DTYPE, FixBlock, empty_block, joined
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import Tick
from tagwatch.core.order import NoContact
from tagwatch.core.outcome import RuleKind
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine import installation
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import compact, take_out
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest import protocol
from tagwatch.store import schema
from tagwatch.store.archive import parts
from tagwatch.store.archive.merge import fixes_of
from tagwatch.store.archive.parts import recent
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import Files
from tagwatch.store.journal.record import Draft, Lane
from tagwatch.store.trail import unpack
from tests.walk.timeline import (
    BY,
    CURFEW,
    HERS,
    HOME,
    ZONE,
    at_time,
    contacts,
    fix,
    frame,
    metres_from,
    register,
)

BEGINS = at_time("00:00", "2026-08-01")
DAYS = 60
WEARERS = ("w1", "w2")
STEP = HOUR
PER_FRAME = 8
_LOCATION = frozenset({RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW, RuleKind.ENCOUNTER})
_ROWS = np.dtype((np.void, FIX_DTYPE.itemsize))


def days(
    seed: int, count: int = DAYS, late: float = 0.03, *, ordered: bool = True
) -> Iterator[tuple[Instant, list[Draft]]]:
    """Yield each day's drafts: zones entered, a curfew missed, an order corrected, and frames that
    come weeks after they were made, some of them twice. Only the fixes, if nothing is `ordered`."""
    rng = random.Random(seed)
    held: list[tuple[Instant, Draft]] = []
    together = (NoContact(label="apart", other=WearerId("w2"), distance_m=200.0),)
    for day in range(count):
        begins = Instant(BEGINS + day * DAY)
        drafts: list[Draft] = []
        if day == 0:
            events = [
                contacts()[0],
                *register("w2", begins, (CURFEW,) if ordered else ()),
                *register("w1", begins, (ZONE, CURFEW, *together) if ordered else ()),
            ]
            drafts += [draft_of(event, begins) for event in events]
        for first in range(0, DAY // STEP, PER_FRAME):
            sent_at = Instant(begins + (first + PER_FRAME) * STEP)
            due = [draft for at, draft in held if at <= sent_at]
            held = [(at, draft) for at, draft in held if at > sent_at]
            for wearer in WEARERS:
                times = [Instant(begins + (first + k) * STEP) for k in range(PER_FRAME)]
                said = frame([fix(_place(wearer, at, rng), at) for at in times], wearer)
                if rng.random() < late:
                    at = Instant(sent_at + rng.randrange(1, 58) * DAY)
                    held.append((at, draft_of(said, at, lane=rng.choice(list(Lane)))))
                else:
                    drafts.append(draft_of(said, sent_at))
                    if rng.random() < late:
                        at = Instant(sent_at + rng.randrange(42, 55) * DAY)
                        held.append((at, draft_of(said, at, lane=Lane.BACKFILL)))
            drafts += due
            drafts.append(draft_of(Tick(at=sent_at, monotonic_us=sent_at), sent_at))
        if ordered and day == count - 10:
            drafts += _corrected(begins, day)
        yield Instant(begins + DAY), drafts


def _corrected(at: Instant, day: int) -> list[Draft]:
    """Return a zone that turns out to have been smaller since the second week."""
    version = next(
        event.condition
        for event in register("w1", BEGINS, (ZONE, CURFEW))
        if isinstance(event, ledger.ConditionRecorded)
    )
    shape = msgspec.structs.replace(ZONE.shape, radius_m=220.0)
    changed = msgspec.structs.replace(
        version,
        version=2,
        terms=msgspec.structs.replace(ZONE, shape=shape),
        valid_from=Instant(BEGINS + 9 * DAY),
        recorded_at=at,
    )
    return [draft_of(ledger.ConditionRecorded(condition=changed, by=BY), at)]


def _place(wearer: str, at: Instant, rng: random.Random) -> Any:
    hour = (at // HOUR) % 24
    day = (at - BEGINS) // DAY
    if wearer == "w1" and day % 6 == 2 and 13 <= hour < 15:
        place = metres_from(HERS, 40, 0)
    elif wearer == "w1" and day % 9 == 4 and 16 <= hour < 18:
        place = metres_from(HOME, 120, 0)
    elif wearer == "w2" and day % 7 == 3 and 20 <= hour < 23:
        place = metres_from(HOME, 1900, 0)
    elif wearer == "w1":
        place = HOME if not 8 <= hour < 18 else metres_from(HERS, 2500, 0)
    else:
        place = HOME if not 8 <= hour < 16 else metres_from(HOME, 100, 100)
    return metres_from(place, rng.uniform(-8, 8), rng.uniform(-8, 8))


def config_of(folder: Path) -> Config:
    """Return a deployment whose tables keep no more than they must."""
    return Config(data=folder, archive=ArchiveConfig(grace_s=0.0))


def keeper_of(centre: InProcessCentre, disk: Files = installation.OS_FILES) -> ArchiveKeeper:
    """Return the keeper of a centre in this process."""

    def applied(seq: int) -> bool:
        centre.apply()
        return seq <= centre.writer.head().seq

    return ArchiveKeeper(centre.config, centre.projections, centre.writer, applied, disk)


def a_round(keeper: ArchiveKeeper, at: Instant) -> None:
    """Do what batch does at a time of day when all is due."""
    keeper.bring_back(at)
    take_out(keeper, at)
    keeper.seal(at)
    while compact(keeper, at):
        pass
    keeper.tidy()


def swept(centre: InProcessCentre, at: Instant) -> None:
    """Let the line delete all that is archived."""
    while True:
        with reading(centre.projections) as connection:
            if not parts.seam(connection).sweeping:
                return
        centre.tick(at)
        centre.apply()


def kept(centre: InProcessCentre) -> FixBlock:
    """Return all fixes of archive and tables, as one transaction has them, by record and place."""
    with reading(centre.projections) as connection:
        return kept_by(connection, centre.config.archive_folder)


def kept_by(connection: Connection, folder: Path) -> FixBlock:
    """Return all fixes of archive and tables, as a transaction has them, by record and place."""
    blocks = [
        unpack(rows)
        for rows in connection.scalars(select(schema.trail_block.c.rows).where(recent()))
    ]
    by_order: dict[str, list[FixBlock]] = {"by-person": [], "by-time": []}
    for file in parts.visible(connection):
        by_order[file.order.value] += [block for _, _, block in fixes_of(folder / file.path)]
    person, time = (in_order(joined([empty_block(), *found])) for found in by_order.values())
    assert person.tobytes() == time.tobytes(), "both orders hold the same fixes"
    return in_order(joined([*blocks, person]))


def decoded(centre: InProcessCentre) -> FixBlock:
    """Return what the journal's frames say, applied ones alone."""
    reader = installation.open_reader(centre.config)
    upto = centre.writer.head().seq
    blocks: list[FixBlock] = []
    for record in reader.read(0, upto, most=1_000_000, most_bytes=1 << 40):
        if record.payload is None:
            continue
        event = ledger.decode(record.kind, record.payload)
        if isinstance(event, FrameReceived):
            (said,) = protocol.decode_all([(event, record.seq, record.received_at)])
            blocks.append(said.fixes)
    reader.close()
    return in_order(joined(blocks))


def same(found: FixBlock, wanted: FixBlock) -> bool:
    """Return whether both have the same fixes, each once, in all fields but the marks."""
    found, wanted = found.copy(), wanted.copy()
    found["marks"] = wanted["marks"] = 0
    return found.tobytes() == wanted.tobytes()


def findings(centre: InProcessCentre) -> list[tuple[Any, ...]]:
    """Return the location findings as they stand: what, where, when, how sure, on which fixes."""
    found: list[tuple[Any, ...]] = []
    with reading(centre.projections) as connection:
        for body in connection.scalars(select(schema.episode.c.body)):
            episode = msgspec.json.decode(body, type=Episode)
            if episode.rule in _LOCATION and episode.merged_into is None:
                found.append(_plain(episode))
    return sorted(found, key=repr)


def _plain(episode: Episode) -> tuple[Any, ...]:
    return (
        episode.wearer_id,
        episode.rule,
        episode.condition_id,
        episode.condition_version,
        episode.phase,
        episode.finding,
        episode.entered_earliest,
        episode.entered_latest,
        episode.left_earliest,
        episode.left_latest,
        len(episode.fixes),
    )


def marks(block: FixBlock) -> list[tuple[int, int, int]]:
    """Return (time, time of receipt, marks) of each fix, in order."""
    columns = (block["fixed_at"].tolist(), block["received_at"].tolist(), block["marks"].tolist())
    return sorted(zip(*columns, strict=True))


def in_order(block: FixBlock) -> FixBlock:
    """Return fixes by journal record and place in it."""
    order = np.lexsort((block["index"], block["seq"]))
    return block.view(_ROWS)[order].view(FIX_DTYPE)
