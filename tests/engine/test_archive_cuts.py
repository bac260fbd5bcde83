"""Whatever step of sealing, sweeping, making whole or erasing is the last before a power cut:
archive and tables together hold each fix once, in both orders, and nothing is left lying about."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sqlalchemy import select

from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.ledger import KeyDestroyed
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import compact, take_out
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema
from tagwatch.store.archive import parts, sweep, write
from tagwatch.store.archive.everybody import Asked, trails_between
from tagwatch.store.archive.read import whole_trail
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import DataClass, Draft, Lane, Owner, OwnerKind
from tagwatch.store.trail import unpack
from tests.engine.archive_cuts import CutFiles
from tests.engine.archive_world import BEGINS, config_of, keeper_of, kept, swept
from tests.store.journal.faults import PowerCut
from tests.walk.timeline import HOME, contacts, fix, frame, metres_from, register

pytestmark = pytest.mark.timeout(600)
WEARERS = tuple(WearerId(name) for name in ("w1", "w2", "w3"))
PER_DAY = 12
DATA_DAYS = 92
FIRST_SEAL = 42
ERASED_ON = 84
"""August of w3 goes: by then all of it is archived, and its month is whole."""
WHOLE_ON = (72, 102, 132)
"""Days on which a month has just been archived to its end."""
ENDS = 134
_WRITING = (
    *("create, archive", "write, archive", "sync, archive", "rename, archive"),
    *("sync of a folder, archive", "write, journal", "sync, journal", "statement", "commit"),
)
_SWEEPING = tuple(("sweep", kind) for kind in ("delete", "commit", "write, journal"))
SEALING = (*(("seal", kind) for kind in _WRITING), *_SWEEPING)
_TIDYING = tuple(("tidy", kind) for kind in ("remove, archive", "sync of a folder, archive"))
MAKING_WHOLE = (*(("make whole", kind) for kind in _WRITING), *_TIDYING)
TAKING_OUT = (*(("take out", kind) for kind in _WRITING), *_TIDYING)
_ALL = (Instant(0), Instant(2**61))

Trail = dict[WearerId, FixBlock]


def day_of(day: int, rng: Random, held: list[tuple[int, Draft]]) -> Iterator[Draft]:
    """Yield a day's frames, and those of days before that come now."""
    begins = Instant(BEGINS + day * DAY)
    ends = Instant(begins + DAY)
    if day == 0:
        for event in (contacts()[0], *(e for w in WEARERS for e in register(w, begins, ()))):
            yield draft_of(event, begins)
    for due, draft in list(held):
        if due == day:
            yield draft
    for wearer in WEARERS if day < DATA_DAYS else ():
        times = [Instant(begins + k * 2 * HOUR) for k in range(PER_DAY)]
        place = metres_from(HOME, rng.uniform(-90, 90), rng.uniform(-90, 90))
        said = frame([fix(place, at, rng.uniform(3, 60)) for at in times], wearer)
        if rng.random() < 0.06:
            due = day + rng.randrange(2, 60)
            at = Instant(BEGINS + (due + 1) * DAY)
            held.append((due, draft_of(said, at, lane=rng.choice(list(Lane)))))
        else:
            yield draft_of(said, ends)


class Life:
    """An installation that is cut off again and again, and what it must hold all the while."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.config = config_of(folder)
        self.rng = Random(seed)
        self.disk = CutFiles(self.config.archive_folder, seed)
        self.held: list[tuple[int, Draft]] = []
        self.centre = InProcessCentre.open(self.config, self.disk)
        self.keeper = keeper_of(self.centre, self.disk)
        self.must: Trail = {}
        self.known = 0

    def learn(self) -> None:
        """Take the fixes that came since as the tables have them before anything is archived."""
        block = schema.trail_block.c
        query = select(block.seq, block.wearer_id, block.rows).where(block.seq > self.known)
        with reading(self.centre.projections) as connection:
            for seq, whose, rows in connection.execute(query.order_by(block.seq)):
                wearer = WearerId(whose)
                fresh = unpack(rows)
                self.must[wearer] = joined([self.must.get(wearer, fresh[:0]), fresh])
                self.known = max(self.known, seq)

    def erase(self, at: Instant) -> Trail:
        """Destroy the key of w3's first month; returns what must be from then on."""
        owner = Owner(OwnerKind.ACTIVATION, "a_w3")
        self.centre.writer.erase(owner, DataClass.FRAME, "2026-08", at)
        event = KeyDestroyed(
            owner_kind=owner.kind,
            owner_id=owner.id,
            data_class=DataClass.FRAME,
            period="2026-08",
            reason="test",
            by=AccountId("ac_test"),
        )
        self.centre.record(event, at=at)
        self.centre.apply()
        his = self.must[WearerId("w3")]
        return self.must | {WearerId("w3"): his[his["received_at"] >= BEGINS + 31 * DAY]}

    def round(self, at: Instant) -> None:
        """Do what is due at a time, to the end."""
        centre, keeper = self.centre, self.keeper
        for name, act in (
            ("sweep", lambda: swept(centre, at)),
            ("bring back", lambda: keeper.bring_back(at)),
            ("take out", lambda: take_out(keeper, at)),
            ("seal", lambda: keeper.seal(at)),
            ("sweep", lambda: swept(centre, at)),
            ("make whole", lambda: _compact(keeper, at)),
            ("tidy", keeper.tidy),
        ):
            self.disk.doing = name
            act()

    def cut_round(self, at: Instant, where: tuple[str, str], number: int) -> bool:
        """Begin a round that is cut at the n-th step of some kind; return whether it was."""
        self.disk.plan(where, number)
        try:
            self.round(at)
        except PowerCut:
            self.restart()
            return True
        return False

    def restart(self) -> None:
        """End as a killed process does, and come up again."""
        self.keeper.close()
        self.centre.line.close()
        self.centre.let_go()
        self.disk.restart()
        self.disk.plan(None)
        self.centre = InProcessCentre.open(self.config, self.disk)
        self.keeper = keeper_of(self.centre, self.disk)
        self.disk.watch(self.centre)

    def whole_round(self, at: Instant) -> None:
        """Do a round to its end."""
        self.disk.plan(None)
        self.round(at)

    def found(self, window: tuple[Instant, Instant]) -> tuple[Trail, Trail]:
        """Return all trails by person, and everybody's of a window by time."""
        with reading(self.centre.projections) as connection:
            by_person = {
                wearer: _by_record([block for _, block in whole_trail(connection, wearer, *_ALL)])
                for wearer in WEARERS
            }
            by_time = {
                wearer: _by_record([block for _, block in found])
                for wearer, found in trails_between(connection, WEARERS, Asked(*window)).items()
            }
        return by_person, by_time

    def strays(self) -> set[str]:
        """Return the names of files that nothing names, and of named files that are not there."""
        folder = self.config.archive_folder
        there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        with reading(self.centre.projections) as connection:
            return there ^ {each.path for each in parts.visible(connection)}

    def close(self) -> None:
        """End in peace."""
        self.keeper.close()
        self.centre.close()


def _compact(keeper: ArchiveKeeper, at: Instant) -> None:
    while compact(keeper, at):
        pass


def _by_record(blocks: list[FixBlock]) -> FixBlock:
    whole = joined(blocks)
    return whole[np.lexsort((whole["index"], whole["seq"]))]


def _same(found: Trail, wanted: Trail) -> bool:
    """Return whether both hold the same fixes in every field, each once."""
    return all(found[w].tobytes() == _by_record([wanted[w]]).tobytes() for w in WEARERS)


def _within(trail: Trail, window: tuple[Instant, Instant]) -> Trail:
    found = {
        wearer: block[(block["fixed_at"] >= window[0]) & (block["fixed_at"] < window[1])]
        for wearer, block in trail.items()
    }
    return {wearer: _by_record([block]) for wearer, block in found.items() if len(block)}


def _check(life: Life, at: Instant, allowed: tuple[Trail, ...], said: str) -> None:
    window = Instant(at - 46 * DAY), Instant(at - 36 * DAY)
    by_person, by_time = life.found(window)
    match = [trail for trail in allowed if _same(by_person, trail)]
    assert match, said
    wanted = _within(match[0], window)
    assert by_time.keys() == wanted.keys(), said
    assert all(by_time[w].tobytes() == wanted[w].tobytes() for w in wanted), said


def live(folder: Path, seed: int, step: int) -> Life:
    """Live through months with a power cut at every round, and check after each."""
    life = Life(folder, seed)
    for day in range(FIRST_SEAL):
        life.centre.append(list(day_of(day, life.rng, life.held)))
    life.centre.apply()
    life.learn()
    life.disk.watch(life.centre)
    day = FIRST_SEAL
    while day <= ENDS:
        for each in range(day, min(day + step, ENDS + 1)):
            if drafts := list(day_of(each, life.rng, life.held)):
                life.centre.append(drafts)
        day += step
        at = Instant(BEGINS + day * DAY)
        life.centre.apply()
        life.learn()
        allowed: tuple[Trail, ...] = (life.must,)
        erasing = ERASED_ON <= day < ERASED_ON + step
        if erasing:
            life.must = life.erase(at)
            allowed = (*allowed, life.must)
        places, most = SEALING, 1
        if erasing:
            places, most = TAKING_OUT, len(TAKING_OUT)
        elif any(whole <= day < whole + step for whole in WHOLE_ON):
            places, most = MAKING_WHOLE, len(MAKING_WHOLE)
        for where in sorted(places, key=life.disk.cuts.__getitem__)[:most]:
            if life.cut_round(at, where, life.rng.randint(1, 3) if most == 1 else 1):
                _check(life, at, allowed, f"seed {seed}, day {day}: {life.disk.cuts}")
        life.whole_round(at)
        _check(life, at, (life.must,), f"seed {seed}, day {day}, in the end")
        assert not life.strays(), f"seed {seed}, day {day}"
    return life


def test_each_fix_is_there_once_whatever_the_last_step_before_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MOST_ROWS", 2)
    life = live(tmp_path, 1, 5)
    assert set(life.disk.cuts) == {*SEALING, *MAKING_WHOLE, *TAKING_OUT}, "never the last step"
    assert sum(len(block) for block in life.must.values()) == len(kept(life.centre))
    with reading(life.centre.projections) as connection:
        assert connection.scalar(select(schema.trail_block.c.seq).limit(1)) is None
    life.close()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 10))
def test_so_it_is_for_every_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Also where a seal is more than is sorted at once."""
    monkeypatch.setattr(sweep, "MOST_ROWS", seed)
    monkeypatch.setattr(write, "RUN", 40)
    life = live(tmp_path, seed, 1 + seed % 3)
    assert len(kept(life.centre)) == sum(len(block) for block in life.must.values())
    life.close()
