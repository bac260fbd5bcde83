"""Building the day once, and taking it through the real line with a stop-watch on each stage."""

import json
import os
import resource
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tagwatch import pipeline
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.units import DAY, Instant
from tagwatch.engine import installation
from tagwatch.engine.child import keep_room, settle
from tagwatch.engine.line import Line, open_projections
from tagwatch.store import migrations, schema
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.state import LineState
from tagwatch.store.writes import Writes
from tests.bench import national_frames, national_people
from tests.bench.national_people import BEGINS, Kind

GROUP = 500
LATE_SHARE = 0.02
FOLDER = "tagwatch-bench"


class Watch:
    """Seconds by name. Sections within a section are taken off the outer one."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self.clock = clock
        self.seconds: dict[str, float] = defaultdict(float)
        self._within: list[float] = []

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return `work` with its time added to `name`."""
        seconds, within, clock = self.seconds, self._within, self.clock

        def run(*args: Any, **named: Any) -> Any:
            within.append(0.0)
            began = clock()
            try:
                return work(*args, **named)
            finally:
                took = clock() - began
                seconds[name] += took - within.pop()
                if within:
                    within[-1] += took

        return run


def day_folder(wearers: int, fixes: int, seed: int, kind: Kind) -> Path:
    """Return the folder of a day's journal, made if this machine has none yet (not timed)."""
    made = "-".join(("national", kind.value, str(wearers), str(fixes), str(seed), _version()))
    folder = Path(tempfile.gettempdir()) / FOLDER / made
    if (folder / "day.json").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.perf_counter()
    config = Config(data=folder)
    installation.create(config)
    people = national_people.build(wearers, seed, kind)
    writer = installation.open_writer(config)
    start = Instant(BEGINS - DAY)
    try:
        entered = [draft_of(event, start) for event in national_people.register(people)]
        for at in range(0, len(entered), 5_000):
            writer.append(entered[at : at + 5_000])
        line = Line.open(config, writer)
        line.catch_up(writer.head().seq)
        line.close()
        count = 0
        for group in national_frames.drafts(people, seed, LATE_SHARE, fixes):
            for at in range(0, len(group), GROUP):
                writer.append(group[at : at + GROUP])
                count += len(group[at : at + GROUP])
        head = writer.head().seq
    finally:
        writer.close()
    size = sum(path.stat().st_size for path in config.journal_folder.iterdir())
    about = {"head": head, "records": count, "bytes": size, "edge": int(people.edge.sum())}
    about["made_s"] = round(time.perf_counter() - began)
    (folder / "day.json").write_text(json.dumps(about))
    return folder


def _version() -> str:
    """Return the version of what is kept: anew when generator, format or tables change."""
    sources = (national_people, national_frames, ledger, schema)
    files = [Path(str(module.__file__)) for module in sources]
    files += sorted((migrations.HERE / "versions").glob("*.py"))
    text = b"".join(path.read_bytes() for path in files)
    return sha256(text).hexdigest()[:10]


class Run:
    """The day through the line, in a folder of its own; the kept journal is only read.

    Without `stages` no stop-watch runs beside it: 180,000 looks at the clock are 5 % of the day.
    """

    def __init__(self, day: Path, folder: Path, *, stages: bool) -> None:
        self._stages = stages
        self.about = json.loads((day / "day.json").read_text())
        self.watch = Watch()
        self.config = Config(data=folder)
        installation.create(self.config)
        shutil.copyfile(day / "projections.db", self.config.projections_file)
        self.writer = installation.open_writer(self.config)
        """Takes what the line itself journals; the day's own journal stays as it is."""
        reader = installation.open_reader(Config(data=day))
        database = open_projections(self.config)
        projections = open_tables(self.config, Access.READ)
        began = time.perf_counter()
        self.line = Line(reader, database, projections, self.writer, self.config.limits)
        self.load_s = time.perf_counter() - began
        if stages:
            timed = self.watch.timed
            reader.read = timed("read", reader.read)  # type: ignore[method-assign]  # timed
            database.dialect.do_commit = timed("commit", database.dialect.do_commit)
            self.writer.append = timed("turns", self.writer.append)  # type: ignore[method-assign]  # timed

    def take(self) -> float:
        """Decide the whole day and return the seconds it took."""
        settle()
        keep_room()
        began, processor = time.perf_counter(), time.process_time()
        with StagesTimed(self.watch) if self._stages else nullcontext():
            self.line.catch_up(self.about["head"])
        took = time.perf_counter() - began
        self.processor_s = time.process_time() - processor
        return took

    def counted(self) -> dict[str, int]:
        """Return the line's counters, and its alerts and episodes by kind."""
        with reading(self.line.projections) as connection:
            rows = connection.execute(select(schema.counter.c.name, schema.counter.c.value))
            found = {name: int(value) for name, value in rows}
            kind = schema.alert.c.kind
            for name, count in connection.execute(select(kind, func.count()).group_by(kind)):
                found[f"alert {name}"] = count
            query = select(func.count()).select_from(schema.episode)
            found["episodes"] = int(connection.scalar(query) or 0)
        return found

    def close(self) -> None:
        """Let go of the files."""
        self.line.close()
        self.writer.close()


class StagesTimed:
    """While open, the line's stages are timed by name."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._kept: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> None:
        timed = self._watch.timed
        span = tuple(timed(stage.__name__, stage) for stage in pipeline.SPAN_STAGES)
        step = tuple(timed(stage.__name__, stage) for stage in pipeline.STEP_STAGES)
        self._put(pipeline, "SPAN_STAGES", span)
        self._put(pipeline, "STEP_STAGES", step)
        deciding = import_module("tagwatch.pipeline.decide")  # the package has its function
        self._put(deciding, "anew", timed("decide late", deciding.anew))
        self._put(Writes, "write", timed("write", Writes.write))
        self._put(LineState, "flush", timed("write", LineState.flush))

    def _put(self, place: Any, name: str, value: Any) -> None:
        self._kept.append((place, name, getattr(place, name)))
        setattr(place, name, value)

    def __exit__(self, *_error: object) -> None:
        for place, name, value in reversed(self._kept):
            setattr(place, name, value)


def one_core() -> int:
    """Keep this process on one core and return its number."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def memory_mb() -> float:
    """Return the most memory this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
