"""Files of one part of the archive as one stream of rows in order, a row group at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.store.archive.arrange import in_order, leading
from tagwatch.store.archive.footer import IDS, opened, read_groups
from tagwatch.store.archive.layout import Names, Rows, joined_rows, to_rows


class _Input:
    """A file read from its beginning; `rows` are those read and not yet taken."""

    def __init__(self, names: Names, path: Path, file: Any, order: ArchiveOrder) -> None:
        self._names, self._path, self._file, self._order = names, path, file, order
        self._next = 0
        self.rows: Rows | None = None
        self.lead: NDArray[np.uint64] = np.empty(0, np.uint64)

    def more(self, ranks: NDArray[np.int64]) -> bool:
        """Read a row group behind what is there; say whether there was one."""
        if self._next == self._file.num_row_groups:
            return False
        found = to_rows(self._names, read_groups(self._path, self._file, [self._next]))
        self._next += 1
        self.rows = found if self.rows is None else joined_rows([self.rows, found])
        self.lead = np.concatenate((self.lead, leading(found, self._order, ranks)))
        return True

    @property
    def whole(self) -> bool:
        """Whether nothing is left to read."""
        return self._next == self._file.num_row_groups

    def before(self, bound: np.uint64 | None) -> Rows | None:
        """Take the rows whose first key is below `bound`, all without one."""
        if self.rows is None:
            return None
        count = len(self.lead) if bound is None else int(np.searchsorted(self.lead, bound))
        if not count:
            return None
        taken = self.rows.taken(slice(count))
        self.rows = self.rows.taken(slice(count, None)) if count < len(self.lead) else None
        self.lead = self.lead[count:]
        return taken


def merged(
    paths: Sequence[Path], order: ArchiveOrder, names: Names
) -> Iterator[tuple[Rows, NDArray[np.uint64]]]:
    """Yield the rows of the files in the order of a file, with their first keys; `names` learns
    the files' own. Raises OSError and ArchiveDamage.

    Held at once: a row group of each file, and whatever shares one first key (a wearer's month,
    a cell's quarter of a day).
    """
    files = [opened(path) for path in paths]
    for path, file in zip(paths, files, strict=True):
        _learn(names, path, file)
    ranks = names.ranks()
    inputs = [_Input(names, path, file, order) for path, file in zip(paths, files, strict=True)]
    for one in inputs:
        one.more(ranks)
    while any(one.rows is not None for one in inputs):
        open_ones = [one for one in inputs if not one.whole]
        bound = min((one.lead[-1] for one in open_ones if len(one.lead)), default=None)
        taken = [rows for one in inputs if (rows := one.before(bound)) is not None]
        for one in open_ones:
            if bound is None or not len(one.lead) or one.lead[-1] == bound:
                one.more(ranks)
        if taken:
            rows = joined_rows(taken)
            lead = leading(rows, order, ranks)
            sorting = in_order(rows, lead)
            yield rows.taken(sorting), lead[sorting]


def _learn(names: Names, path: Path, file: Any) -> None:
    """Give every wearer and activation of a file its number, so that their order is known before
    the first row is taken."""
    for number in range(file.num_row_groups):
        ids = read_groups(path, file, [number], IDS)
        for wearer in ids.column("wearer_id").unique().to_pylist():
            names.wearer(wearer)
        for activation in ids.column("activation_id").unique().to_pylist():
            names.activation(activation)


def fixes_of(path: Path) -> Iterator[tuple[WearerId, ActivationId, FixBlock]]:
    """Yield all fixes of one file, a row group of an activation at a time. Raises OSError and
    ArchiveDamage."""
    names, file = Names(), opened(path)
    for number in range(file.num_row_groups):
        rows = to_rows(names, read_groups(path, file, [number]))
        whose = rows.wearers.astype(np.int64) << 32 | rows.activations
        sorting = np.argsort(whose, kind="stable")
        for chosen in np.split(sorting, np.flatnonzero(np.diff(whose[sorting])) + 1):
            first = rows.taken(chosen[:1])
            wearer, activation = int(first.wearers[0]), int(first.activations[0])
            yield names.wearers[wearer], names.activations[activation], rows.taken(chosen).block
