"""Files of the archive written anew: months made whole, erased and outlived fixes taken out."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Engine

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.ledger import TrailRewritten
from tagwatch.core.recorded_archive import ArchiveFile, RewriteReason
from tagwatch.core.units import Instant, instant, utc
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.store.archive import parts
from tagwatch.store.archive.parts import Erasure
from tagwatch.store.database import reading
from tagwatch.store.journal.record import month_of

_LOG: Final = structlog.get_logger("archive")
MOST_FILES: Final = 8
"""Of one part of a month, before they become one."""
_WHOLE: Final = "whole-"
_ERASED: Final = "erased-"


def compact(keeper: ArchiveKeeper, at: Instant) -> int:
    """Make the files of the oldest month that is wholly archived, and in pieces, one of each part;
    returns how many gave way. Raises LineBehind, OSError, ArchiveDamage."""
    head = keeper.settle()
    with reading(keeper.projections) as connection:
        whole_upto = month_of(parts.seam(connection).horizon) if parts.seam(connection).upto else ""
        files = parts.visible(connection)
    for month, of_month in groupby(files, key=lambda file: file.month):
        pieces = _pieces(list(of_month))
        if month < whole_upto and pieces:
            _give_way(keeper, pieces, f"{_WHOLE}{head}", RewriteReason.COMPACTION, at)
            return len(pieces)
    return 0


def take_out(keeper: ArchiveKeeper, at: Instant, let_go_before: Instant | None = None) -> int:
    """Write the files anew that hold fixes whose key was destroyed; returns how many gave way.

    `let_go_before`: it was their age. Raises LineBehind, OSError, ArchiveDamage.
    """
    head = keeper.settle()
    with reading(keeper.projections) as connection:
        erasures = parts.erasures(connection)
        files = parts.visible(connection)
    if not erasures and let_go_before is None:
        return 0
    holding = _holding(keeper.folder, files, frozenset(erasure.activation for erasure in erasures))
    reason = RewriteReason.ERASURE if let_go_before is None else RewriteReason.RETENTION
    upto = max((erasure.seq for erasure in erasures), default=0)
    name = f"{_ERASED}{head}"
    _give_way(keeper, holding, name, reason, at, _keep(erasures), upto, let_go_before)
    return len(holding)


def files_with(projections: Engine, folder: Path, wearer: WearerId) -> list[ArchiveFile]:
    """Return the files that hold fixes of a wearer. Raises OSError, ArchiveDamage."""
    with reading(projections) as connection:
        files = parts.visible(connection)
    return _holding(folder, files, frozenset({wearer}), "wearer_id")


def take_out_wearer(keeper: ArchiveKeeper, wearer: WearerId, at: Instant) -> int:
    """Write the files anew that hold fixes of a wearer who is forgotten; returns how many gave
    way. Raises LineBehind, OSError, ArchiveDamage."""
    head = keeper.settle()
    holding = files_with(keeper.projections, keeper.folder, wearer)
    if holding:

        def keep(whose: WearerId, _worn: ActivationId, block: FixBlock) -> NDArray[np.bool_]:
            return np.full(len(block), whose != wearer, np.bool_)

        name = f"{_ERASED}{head}"
        _give_way(keeper, holding, name, RewriteReason.ERASURE, at, keep)
    return len(holding)


def _give_way(
    keeper: ArchiveKeeper,
    files: Sequence[ArchiveFile],
    name: str,
    reason: RewriteReason,
    at: Instant,
    keep: "Callable[[WearerId, ActivationId, FixBlock], NDArray[np.bool_]] | None" = None,
    erased_upto: int = 0,
    let_go_before: Instant | None = None,
) -> None:
    made: tuple[ArchiveFile, ...] = ()
    if files:
        from tagwatch.store.archive.write import rewrite  # noqa: PLC0415  # columnar

        made = rewrite(keeper.folder, name, files, keep, keeper.disk)
    event = TrailRewritten(
        at=at,
        reason=reason,
        dropped=tuple(file.path for file in files),
        files=made,
        erased_upto=erased_upto,
        let_go_before=let_go_before,
    )
    keeper.journal([event], at)
    _LOG.info("written anew", reason=reason.value, gave_way=len(files), files=len(made))


def _pieces(files: list[ArchiveFile]) -> list[ArchiveFile]:
    """Return the files of a month whose part has several: too many, or none that is whole."""
    found: list[ArchiveFile] = []
    for _, group in groupby(sorted(files, key=_part_of), key=_part_of):
        of_part = list(group)
        whole = any(_WHOLE in file.path for file in of_part)
        if len(of_part) >= MOST_FILES or (len(of_part) > 1 and not whole):
            found += of_part
    return found


def _part_of(file: ArchiveFile) -> str:
    return file.path.rpartition("/")[0]


def _holding(
    folder: Path,
    files: Sequence[ArchiveFile],
    names: frozenset[str],
    column: str = "activation_id",
) -> list[ArchiveFile]:
    """Return the files that have fixes of any of these activations, or wearers."""
    if not names:
        return []
    from tagwatch.store.archive.footer import IDS, opened, read_groups  # noqa: PLC0415  # columnar

    found: list[ArchiveFile] = []
    for each in files:
        path = folder / each.path
        file = opened(path)
        for number in range(file.num_row_groups):
            table = read_groups(path, file, [number], IDS)
            ids = table.column(column).unique().to_pylist()
            if not names.isdisjoint(ids):
                found.append(each)
                break
    return found


def _keep(
    erasures: Sequence[Erasure],
) -> Callable[[WearerId, ActivationId, FixBlock], NDArray[np.bool_]]:
    """Return what says which fixes stay: those not received in an erased period."""
    doomed: dict[str, list[tuple[int, int]]] = {}
    for erasure in erasures:
        doomed.setdefault(erasure.activation, []).append(span_of_period(erasure.period))

    def keep(_wearer: WearerId, activation: ActivationId, block: FixBlock) -> NDArray[np.bool_]:
        stays = np.ones(len(block), np.bool_)
        received = block["received_at"]
        for start, end in doomed.get(activation, ()):
            stays &= (received < start) | (received >= end)
        return stays

    return keep


def span_of_period(period: str) -> tuple[Instant, Instant]:
    """Return the instants [start, end) of a month such as 2026-11, or a day."""
    year, month, *day = (int(part) for part in period.split("-"))
    start = datetime(year, month, day[0] if day else 1, tzinfo=UTC)
    end = start + timedelta(days=1)
    if not day:
        end = start.replace(year=year + month // 12, month=month % 12 + 1)
    return instant(start), instant(end)


def month_before(at: Instant, months: int) -> str:
    """Return the month that was so many months before the one of `at`, as `2020-11`."""
    now = utc(at)
    count = now.year * 12 + now.month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def month_start(month: str) -> Instant:
    """Return the first instant of a month."""
    return span_of_period(month)[0]
