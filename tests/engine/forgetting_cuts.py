"""An erasure that is killed at one of its steps, and what is there when it is given again."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import Instant
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_alone import destroy_keys, forget_wearer
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.forgetting import begin, go_on
from tagwatch.store import forgettings
from tagwatch.store.database import reading
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.record import Owner
from tests.engine.archive_world import config_of, keeper_of
from tests.engine.forgotten_world import NOW
from tests.engine.planted_search import found_in

HIM, BY = WearerId("w1"), AccountId("ac_test")


class Cut(BaseException):
    """The process is killed here."""


class Stopping(OsFiles):
    """The disk, until the process is killed."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self._step()
        super().remove(path)


class StoppingKeeper(ArchiveKeeper):
    """Journals, until the process is killed: before a record or after it."""

    step: Callable[[], None]

    def journal(self, events: Sequence[Event], at: Instant) -> None:
        self.step()
        super().journal(events, at)
        self.step()


def forgotten_unless_cut(folder: Path, stop: int) -> bool:
    """Forget wearer 1 and be killed after `stop` steps; tell whether it was done before."""
    left = stop

    def step() -> None:
        nonlocal left
        if not left:
            raise Cut
        left -= 1

    with InProcessCentre.open(config_of(folder)) as centre:
        plain = keeper_of(centre)
        plain.close()
        keeper = StoppingKeeper(
            centre.config, centre.projections, centre.writer, plain._applied, Stopping(step)
        )
        keeper.step = step

        def destroy(owner: Owner, reason: str) -> None:
            step()
            destroy_keys(centre.writer, owner, reason, NOW, BY)
            step()
            centre.apply()

        try:
            begin(keeper, HIM, "test", BY, NOW)
            for _ in range(3):
                go_on(keeper, destroy, RetentionPeriods(), NOW)
                keeper.tidy(0.0)
        except Cut:
            return False
        finally:
            keeper.close()
    return True


def goes_on(folder: Path) -> None:
    """Give it again, as the command does, and see that he is forgotten."""
    config = config_of(folder)
    done = forget_wearer(config, _begun_once)
    if done is None:  # nothing was left but files: it was proved before it was killed
        with InProcessCentre.open(config) as centre, reading(centre.projections) as connection:
            done = forgettings.forgetting_of(connection, HIM)
    assert done is not None
    assert done.state == forgettings.PROVED
    assert found_in(folder, 1) == []


def _begun_once(keeper: ArchiveKeeper) -> None:
    with reading(keeper.projections) as connection:
        known = forgettings.forgetting_of(connection, HIM)
    if known is None:
        begin(keeper, HIM, "test", BY, Instant(NOW + 1))
