"""Sealing: fixes into new files of both orders, durable before they are named to anybody.

Nothing here changes a file that is there. Memory stays bounded whatever the number of fixes: runs
of at most RUN are sorted one by one, and merged a row group at a time.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.store.archive.arrange import in_order, leading
from tagwatch.store.archive.layout import Names, Rows, joined_rows, parts_of
from tagwatch.store.archive.merge import merged
from tagwatch.store.archive.sealed import SealedFile, published
from tagwatch.store.journal.files import Files, OsFiles

RUN: Final = 1 << 19
"""Fixes sorted at once: some 250 MB while it lasts."""
_RUNS: Final = ".runs"
_SUFFIX: Final = ".parquet"

Keep = Callable[[WearerId, ActivationId, FixBlock], NDArray[np.bool_]]
"""Says, shape (n,), which fixes of an activation stay."""


def write_parts(
    folder: Path,
    name: str,
    rows: Iterable[tuple[WearerId, ActivationId, FixBlock]],
    disk: Files | None = None,
    at_once: int | None = None,
) -> tuple[ArchiveFile, ...]:
    """Return the new files that hold exactly these fixes, each fix once in either order, durable.

    `folder` is the archive's, `name` that of each file without `.parquet`; a file of that name,
    left by an attempt before, is replaced. No fixes, no file. Where there is memory for more, let
    more than RUN be sorted `at_once`. Raises OSError.
    """
    disk, at_once = disk or OsFiles(), at_once or RUN
    scratch = folder / _RUNS / name
    shutil.rmtree(scratch, ignore_errors=True)
    sorted_runs: list[ArchiveFile] = []
    names, count, pending = Names(), 0, list[Rows]()
    for part in _pieces(names, rows):
        if count + len(part.block) > at_once:
            sorted_runs += _run(OsFiles(), scratch, f"{len(sorted_runs)}", names, pending)
            count, pending = 0, []
        pending.append(part)
        count += len(part.block)
    if not sorted_runs:
        return _run(disk, folder, name, names, pending)
    sorted_runs += _run(OsFiles(), scratch, f"{len(sorted_runs)}", names, pending)
    pending.clear()
    made = _merged_into(disk, scratch, folder, name, sorted_runs, None)
    shutil.rmtree(scratch)
    return made


def rewrite(
    folder: Path,
    name: str,
    sealed: Sequence[ArchiveFile],
    keep: Keep | None = None,
    disk: Files | None = None,
) -> tuple[ArchiveFile, ...]:
    """Return new durable files, one for each part of the archive in which `sealed` names any, of
    the same fixes or of those that `keep` keeps; none for a part of which nothing is kept.

    The files named stay as they are: whoever names the new ones lets them go. Raises OSError and
    ArchiveDamage.
    """
    return _merged_into(disk or OsFiles(), folder, folder, name, sealed, keep)


def _pieces(
    names: Names, rows: Iterable[tuple[WearerId, ActivationId, FixBlock]]
) -> Iterator[Rows]:
    """Yield the rows by number of wearer and activation, never more than RUN at once."""
    for wearer, activation, block in rows:
        for at in range(0, len(block), RUN):
            piece = block[at : at + RUN]
            yield Rows(
                np.full(len(piece), names.wearer(wearer), np.int32),
                np.full(len(piece), names.activation(activation), np.int32),
                piece,
            )


def _run(
    disk: Files, folder: Path, name: str, names: Names, pending: list[Rows]
) -> tuple[ArchiveFile, ...]:
    """Return the files of rows that fit into memory."""
    if not pending:
        return ()
    rows, ranks = joined_rows(pending), names.ranks()
    drafts: list[SealedFile] = []
    for order in ArchiveOrder:
        for part, chosen in parts_of(names, rows, order):
            here = rows.taken(chosen)
            lead = leading(here, order, ranks)
            sorting = in_order(here, lead)
            with SealedFile(disk, folder, f"{part}{name}{_SUFFIX}", order, names) as draft:
                draft.add(here.taken(sorting), lead[sorting])
                draft.finish()
            drafts.append(draft)
    return published(drafts, disk, folder)


def _merged_into(
    disk: Files,
    source: Path,
    folder: Path,
    name: str,
    sealed: Sequence[ArchiveFile],
    keep: Keep | None,
) -> tuple[ArchiveFile, ...]:
    drafts: list[SealedFile] = []
    for part, group in groupby(sorted(sealed, key=_part_of), key=_part_of):
        draft = _merged_part(disk, source, folder, f"{part}{name}{_SUFFIX}", list(group), keep)
        if draft is not None:
            drafts.append(draft)
    return published(drafts, disk, folder)


def _merged_part(
    disk: Files,
    source: Path,
    folder: Path,
    path: str,
    sealed: list[ArchiveFile],
    keep: Keep | None,
) -> SealedFile | None:
    order, names = sealed[0].order, Names()
    draft: SealedFile | None = None
    for rows, lead in merged([source / one.path for one in sealed], order, names):
        if keep is not None:
            stays = _staying(names, rows, keep)
            rows, lead = rows.taken(stays), lead[stays]  # noqa: PLW2901  # the rest is gone
        if len(lead):
            draft = draft or SealedFile(disk, folder, path, order, names)
            with draft:
                draft.add(rows, lead)
    if draft is not None:
        with draft:
            draft.finish()
    return draft


def _staying(names: Names, rows: Rows, keep: Keep) -> NDArray[np.bool_]:
    """Return, shape (n,), what `keep` says of each row."""
    found = np.empty(len(rows.block), np.bool_)
    whose = rows.wearers.astype(np.int64) << 32 | rows.activations
    sorting = np.argsort(whose, kind="stable")
    for chosen in np.split(sorting, np.flatnonzero(np.diff(whose[sorting])) + 1):
        first = chosen[0]
        wearer = names.wearers[rows.wearers[first]]
        activation = names.activations[rows.activations[first]]
        found[chosen] = keep(wearer, activation, rows.block[chosen])
    return found


def _part_of(one: ArchiveFile) -> str:
    return one.path.rpartition("/")[0] + "/"
