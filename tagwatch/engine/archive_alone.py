"""What is done to the archive while the installation stands: erasure, a new beginning, a check."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import ArchiveVoided, KeyDestroyed
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import take_out
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.clock import now
from tagwatch.engine.forgetting import BY, go_on
from tagwatch.engine.rebuild import rebuild, wipe
from tagwatch.engine.retention import periods_of
from tagwatch.store import forgettings
from tagwatch.store.archive import parts
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.forgettings import Forgetting
from tagwatch.store.journal.record import Owner
from tagwatch.store.journal.writer import JournalWriter

_ROUNDS: Final = 4


class DamagedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the archive that is not what was sealed."""

    path: str
    fixes: int
    """That it held."""
    why: str


class ArchiveReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of the archive found."""

    files: int
    bytes: int
    damaged: tuple[DamagedFile, ...]


class ArchiveStand(msgspec.Struct, frozen=True, kw_only=True):
    """How much is archived."""

    horizon: Instant | None
    """Fixes before this are, of records up to `upto`; None if none is."""
    upto: int
    fixes: int
    files: int
    bytes: int
    months: int
    erasures: int
    """Still to be carried out in the files."""


def archive_stand(config: Config) -> ArchiveStand:
    """Return how the archive stands by the tables. Safe beside a running installation."""
    if not config.projections_file.exists():
        return ArchiveStand(horizon=None, upto=0, fixes=0, files=0, bytes=0, months=0, erasures=0)
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        seam, files = parts.seam(connection), parts.visible(connection)
        erasures = parts.erasures(connection)
    engine.dispose()
    return ArchiveStand(
        horizon=seam.horizon if seam.upto else None,
        upto=seam.upto,
        fixes=sum(file.fixes for file in files if file.order is ArchiveOrder.BY_PERSON),
        files=len(files),
        bytes=sum(file.bytes for file in files),
        months=len({file.month for file in files}),
        erasures=len(erasures),
    )


def check_archive(config: Config) -> ArchiveReport:
    """Read every file of the archive and compare it with what was sealed. Safe beside a running
    installation."""
    if not config.projections_file.exists():
        return ArchiveReport(files=0, bytes=0, damaged=())
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            files = parts.visible(connection)
        damaged = [
            DamagedFile(path=file.path, fixes=file.fixes, why=why)
            for file in files
            if (why := _wrong(config.archive_folder / file.path, file.bytes, file.sha256))
        ]
        with reading(engine) as connection:
            still = {file.path for file in parts.visible(connection)}
    finally:
        engine.dispose()
    return ArchiveReport(
        files=len(files),
        bytes=sum(file.bytes for file in files),
        # What gave way to another file while it was read is no damage.
        damaged=tuple(one for one in damaged if one.path in still),
    )


def forget_erased(config: Config) -> int:
    """Take out of the archive what can no longer be read, and build the tables anew without it;
    returns how many files gave way. For the holder of the folder's lock.

    Raises OSError, ArchiveDamage.
    """
    with _centre(config) as centre, _keeper(centre) as keeper:
        files = take_out(keeper, now())
        keeper.tidy(grace_s=0.0)
        head = centre.writer.head().seq
        centre.line.close()
        rebuild(config, centre.writer, head)
        centre.line = type(centre.line).open(config, centre.writer)
    return files


def forget_wearer(config: Config, begin: Callable[[ArchiveKeeper], object]) -> Forgetting | None:
    """Forget a wearer while nothing runs, wholly and with the proof; returns it, None if it could
    not be completed. For the holder of the folder's lock.

    `begin` journals that it begins, unless it did before. Raises OSError, ArchiveDamage.
    """
    with _centre(config) as centre, _keeper(centre) as keeper:
        begin(keeper)

        def destroy(owner: Owner, reason: str) -> None:
            destroy_keys(centre.writer, owner, reason, now(), BY)
            centre.apply()

        with reading(centre.projections) as connection:
            periods = forgettings.periods(connection, periods_of(config))
            first = forgettings.unfinished(connection)
        for _ in range(_ROUNDS):
            waiting = go_on(keeper, destroy, periods, now())
            keeper.tidy(grace_s=0.0)
            if not waiting:
                break
        take_out(keeper, now())
        keeper.tidy(grace_s=0.0)
        centre.line.write_anew()
        with reading(centre.projections) as connection:
            done = [
                forgettings.forgetting_of(connection, each.begun.forgetting_id) for each in first
            ]
    return done[-1] if done else None


def destroy_keys(
    writer: JournalWriter, owner: Owner, reason: str, at: Instant, by: AccountId
) -> int:
    """Destroy every key of an owner and journal it; returns how many. Raises OSError."""
    erased = writer.erase(owner, None, None, at)
    drafts = [
        draft_of(
            KeyDestroyed(
                owner_kind=owner.kind,
                owner_id=owner.id,
                data_class=data_class,
                period=period,
                reason=reason,
                by=by,
            ),
            at,
        )
        for _, data_class, period in erased.keys
    ]
    if drafts:
        writer.append(drafts)
    return len(drafts)


def carry_out_erasures(config: Config) -> int:
    """Take out of the archive what can no longer be read; returns how many files gave way. The
    tables stay as they are. For the holder of the folder's lock.

    Raises OSError, ArchiveDamage.
    """
    with _centre(config) as centre, _keeper(centre) as keeper:
        files = take_out(keeper, now())
        keeper.tidy(grace_s=0.0)
    return files


def begin_anew(
    config: Config,
    reason: str,
    by: AccountId,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Give up every file of the archive and build the tables anew with all fixes of the journal;
    batch seals them again. Returns how many files went. For the holder of the folder's lock.

    Cut short it is begun anew: the tables are wiped before anything is said, and whoever builds
    them sees in the journal what does not count.
    """
    writer = installation.open_writer(config)
    try:
        wipe(config, writer.head().seq)
        at = now()
        writer.append([draft_of(ArchiveVoided(at=at, reason=reason, by=by), at)])
        gone = _remove_files(config.archive_folder)
        rebuild(config, writer, writer.head().seq, progress=progress)
    finally:
        writer.close()
    return gone


def _remove_files(folder: Path) -> int:
    gone = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in gone:
        path.unlink()
    return len(gone)


def _wrong(path: Path, size: int, sha256: str) -> str:
    """Return what is wrong with a file, empty if nothing is."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size != size:
                return f"{path.stat().st_size} bytes, {size} were sealed"
            if file_digest(file, "sha256").hexdigest() != sha256:
                return "its digest is not the one sealed"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return str(error)
    return ""


@contextmanager
def _centre(config: Config) -> Generator[InProcessCentre]:
    with InProcessCentre.within(config) as centre:
        centre.apply()
        yield centre


@contextmanager
def _keeper(centre: InProcessCentre) -> Generator[ArchiveKeeper]:
    def applied(seq: int) -> bool:
        centre.apply()
        return seq <= centre.writer.head().seq

    keeper = ArchiveKeeper(centre.config, centre.projections, centre.writer, applied)
    try:
        yield keeper
    finally:
        keeper.close()
