"""Every experiment, and how their tasks are shared out over processes."""

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Self

import tagwatch
from tagwatch.sim.quality import (
    accounts,
    arrival,
    asked,
    away,
    cadence,
    calibration,
    crossing,
    entries,
    home,
    london,
    movement,
    rest,
    stalking,
    transplant,
)
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task
from tagwatch.sim.quality.table import Row

EXPERIMENTS: Final[tuple[Experiment, ...]] = (
    *calibration.EXPERIMENTS,
    rest.EXPERIMENT,
    *entries.EXPERIMENTS,
    cadence.EXPERIMENT,
    *crossing.EXPERIMENTS,
    *transplant.EXPERIMENTS,
    home.EXPERIMENT,
    away.EXPERIMENT,
    london.EXPERIMENT,
    asked.EXPERIMENT,
    accounts.EXPERIMENT,
    arrival.EXPERIMENT,
    movement.EXPERIMENT,
    stalking.EXPERIMENT,
)
"""In the order of the table."""

PROGRAM: Final = Path(tagwatch.__file__).parent
"""Where everything lies that decides a figure."""

_BY_NAME: Final = {experiment.name: experiment for experiment in EXPERIMENTS}


def chosen(words: Sequence[str]) -> tuple[Experiment, ...]:
    """Return the experiments whose names contain one of `words`; all without words.

    Raises ValueError for a word that no name contains.
    """
    for word in words:
        if not any(word in name for name in _BY_NAME):
            raise ValueError(f"no experiment is named {word!r}; there are {', '.join(_BY_NAME)}")
    return tuple(e for e in EXPERIMENTS if not words or any(word in e.name for word in words))


def files_of(data: Path | None) -> tuple[Path, ...]:
    """Return the files with truth in a folder of real data; none without the folder."""
    if data is None:
        return ()
    return tuple(sorted((data / "gnss").glob("*.csv")))


def run(
    experiments: Sequence[Experiment],
    setting: Setting,
    processes: int,
    progress: Callable[[str, float], None],
    keep: Path | None = None,
) -> Iterator[tuple[Experiment, list[Row]]]:
    """Yield each experiment's rows as it is done. The seed alone decides the figures: neither the
    number of processes nor the order in which they finish has a say.

    With a folder to `keep` them, what each task yielded is written there, and read from there by
    a later run of the same program: an interrupted run goes on where it was.
    """
    planned = {experiment.name: experiment.tasks(setting) for experiment in experiments}
    total = max(1, sum(len(tasks) for tasks in planned.values()))
    done = 0
    doing = work if keep is None else partial(kept_work, folder=_folder_of(keep))
    with _Workers(processes) as workers:
        for experiment in experiments:
            results: Results = {}
            tasks = planned[experiment.name]
            for task, result in zip(tasks, workers.map(doing, tasks), strict=True):
                results.setdefault(task.key, []).append(result)
                done += 1
                progress(experiment.name, done / total)
            yield experiment, experiment.rows(results, setting)


def work(task: Task) -> Any:
    """Return what a task yields; the one thing that runs in other processes."""
    return _BY_NAME[task.experiment].run(task)


def kept_work(task: Task, folder: Path) -> Any:
    """Return what a task yields, from `folder` if it was done before."""
    known = sha256(repr(task).encode())
    for file in task.files:
        known.update(file.read_bytes())
    path = folder / f"{known.hexdigest()}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())  # noqa: S301  written by this program, see _folder_of
    found = work(task)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(pickle.dumps(found))
    draft.replace(path)
    return found


def _folder_of(keep: Path) -> Path:
    """Return the folder within `keep` for results of this very program: another one's decide
    nothing here."""
    program = sha256()
    for path in sorted(PROGRAM.rglob("*.py")):
        program.update(path.read_bytes())
    folder = keep / program.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Workers:
    """Other processes to do tasks in, or this one when only one was asked for."""

    def __init__(self, processes: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            # A fresh interpreter each: a fork of a process with threads may never wake up.
            self._pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, doing: Callable[[Task], Any], tasks: Sequence[Task]) -> Iterator[Any]:
        """Yield the results in the order of the tasks."""
        return map(doing, tasks) if self._pool is None else self._pool.map(doing, tasks)
