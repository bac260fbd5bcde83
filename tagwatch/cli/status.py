"""`tagwatch status`: how the installation is, running or not."""

import os
import time
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Engine, func, inspect, select

from tagwatch.cli.acting import receiver
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    command_app,
    installed,
    print_json,
)
from tagwatch.config import Config
from tagwatch.core.units import SECOND, Instant, iso
from tagwatch.engine.embedded import PROCESSES
from tagwatch.engine.installation import OS_FILES
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.journal.files import read_whole
from tagwatch.store.journal.layout import segment_name
from tagwatch.store.journal.record import Lane
from tagwatch.store.journal.recover import segment_end, segments_in

app = command_app()


@app.command()
def status(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """Processes, heads, lags, counts and disk.

    Works whether the installation runs or not, and changes nothing. Exit code 0 whenever it could
    look; what is wrong is in what it prints.
    """
    found = look(installed(data))
    if as_json:
        print_json(found)
        return
    for section, values in found.items():
        if not isinstance(values, dict):
            typer.echo(f"{section:12} {values}")
            continue
        typer.echo(f"{section}")
        for name, value in values.items():  # pyright: ignore[reportUnknownVariableType]  # JSON of any shape
            typer.echo(f"  {name:24} {'-' if value is None else value}")


def look(config: Config) -> dict[str, Any]:
    """Return everything `status` shows, as JSON has it."""
    post = receiver(config)
    counters: dict[str, Any] = {}
    if post is None:
        head = _head_on_disk(config)
    else:
        found = post.head()
        head = {"seq": found.seq, "digest": found.digest.hex()}
        counters = post.status()
        post.close()
    disk = os.statvfs(config.data)
    tables = _tables(config)
    seq = head["seq"]
    cursors = tables.pop("cursors", {})
    fresh = cursors.get("fresh_seq", 0)
    return {
        "data": str(config.data),
        "running": post is not None,
        "processes": {name: _pid(config, name) for name in PROCESSES},
        "journal": {
            **head,
            "bytes": _size(config.journal_folder),
            "segments": len(segments_in(OS_FILES, config.journal_folder)),
        },
        "line": {**cursors, "behind_records": None if seq is None else max(seq - fresh, 0)},
        "receiver": counters,
        "counts": tables,
        "disk": {
            "free_bytes": disk.f_bavail * disk.f_frsize,
            "projections_bytes": _size_of(config.projections_file),
            "accounts_bytes": _size_of(config.accounts_file),
        },
        "keys": str(config.keys_folder),
    }


def _pid(config: Config, name: str) -> int | None:
    """Return the process id of a part that lives."""
    try:
        pid = int((config.run_folder / f"{name}.pid").read_text())
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"tagwatch" not in command.read_bytes():
            return None
    except (OSError, ValueError):
        return None
    return pid


def _head_on_disk(config: Config) -> dict[str, Any]:
    """Return the last commit of the last segment that has one."""
    for number in reversed(segments_in(OS_FILES, config.journal_folder)):
        ended = segment_end(read_whole(OS_FILES, config.journal_folder / segment_name(number)))
        if ended.commits:
            last = ended.commits[-1]
            return {"seq": last.last_seq, "digest": last.head.hex()}
    return {"seq": 0, "digest": ""}


def _tables(config: Config) -> dict[str, Any]:
    if not config.projections_file.exists():
        return {}
    engine = open_tables(config, Access.READ)
    try:
        made = inspect(engine).has_table(schema.notification.name)
        return _counts(engine) if made else {}
    finally:
        engine.dispose()


def _counts(engine: Engine) -> dict[str, Any]:
    worn, sent = schema.activation.c, schema.notification.c
    waiting = select(func.count()).select_from(schema.notification)
    with reading(engine) as connection:

        def count(table: Any) -> int:
            return connection.scalar(select(func.count()).select_from(table)) or 0

        rows = connection.execute(select(schema.cursor)).mappings()
        cursors: dict[str, Any] = {}
        for row in rows:
            lane = "fresh" if row["lane"] == Lane.FRESH else "late"
            cursors[f"{lane}_seq"] = row["seq"]
            if lane == "fresh":
                age_us = time.time_ns() // 1000 - row["received_at"]
                cursors["applied_record_of"] = iso(Instant(row["received_at"]))
                cursors["applied_age_s"] = round(age_us / SECOND, 1)
        open_alerts = select(func.count()).where(IS_OPEN)
        in_force = select(func.count()).where(worn.ended_at.is_(None))
        return {
            "cursors": cursors,
            "wearers": count(schema.wearer),
            "tags": count(schema.tag),
            "activations_in_force": connection.scalar(in_force),
            "conditions": count(schema.condition),
            "episodes": count(schema.episode),
            "alerts_open": connection.scalar(open_alerts),
            "notifications_pending": connection.scalar(waiting.where(sent.state == "pending")),
            "notifications_held": connection.scalar(waiting.where(sent.state == "held")),
            "records_set_aside": count(schema.set_aside),
            "blind_intervals": count(schema.blind_interval),
        }


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.iterdir()) if folder.is_dir() else 0
