"""The processes under one command: up, killed, up again, down."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tagwatch.config import Config, TagsConfig, WebConfig
from tagwatch.engine import installation
from tagwatch.engine.installation import FolderLock, InstallationError
from tagwatch.engine.ports import next_free, require_free
from tagwatch.store import health
from tagwatch.store.cursors import cursors
from tagwatch.store.database import Access, open_database, open_tables, reading
from tagwatch.store.journal.record import Lane

PROGRAM = """
import sys
from pathlib import Path
from tagwatch.config import load
from tagwatch.engine.embedded import Supervisor
Supervisor(load(Path(sys.argv[1])), processes=("receiver", "line")).run()
"""
PATIENCE_S = 60.0


def eventually(ask: Callable[[], Any]) -> Any:
    """Return the first true answer; fails after a while."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def pid(folder: Path, name: str) -> int:
    path = folder / "run" / f"{name}.pid"
    return int(path.read_text() or 0) if path.exists() else 0


def applied(folder: Path) -> int:
    if not (folder / "projections.db").exists():
        return 0
    engine = open_database(folder / "projections.db", Access.READ)
    try:
        with reading(engine) as connection:
            return cursors(connection)[Lane.FRESH]
    except OperationalError:  # the tables are being made
        return 0
    finally:
        engine.dispose()


def test_a_killed_line_comes_up_again_and_says_so(tmp_path: Path) -> None:
    web, tags = next_free("127.0.0.1", 20100), next_free("127.0.0.1", 20200)
    config = Config(data=tmp_path, web=WebConfig(port=web), tags=TagsConfig(port=tags))
    installation.create(config)
    environ = {**os.environ, "TAGWATCH_WEB_PORT": str(web), "TAGWATCH_TAGS_PORT": str(tags)}
    served = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environ)
    try:
        eventually(lambda: applied(tmp_path) > 2)
        first = pid(tmp_path, "line")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: pid(tmp_path, "line") not in (0, first))
        before = applied(tmp_path)
        eventually(lambda: applied(tmp_path) > before + 1)
        engine = open_tables(config, Access.READ)
        with reading(engine) as connection:
            parts = {row["part"]: row["state"] for row in health.parts(connection)}
        engine.dispose()
        assert parts["process line"] in ("healthy", "ailing")
        with pytest.raises(InstallationError, match="in use by process"):
            FolderLock(config.lock_file)
    finally:
        served.send_signal(signal.SIGTERM)
        assert served.wait(PATIENCE_S) == 0
    FolderLock(config.lock_file).release()


def test_processes_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    web, tags = next_free("127.0.0.1", 20300), next_free("127.0.0.1", 20400)
    config = Config(data=tmp_path, web=WebConfig(port=web), tags=TagsConfig(port=tags))
    installation.create(config)
    environ = {**os.environ, "TAGWATCH_WEB_PORT": str(web), "TAGWATCH_TAGS_PORT": str(tags)}
    served = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environ)
    eventually(lambda: applied(tmp_path) > 0)
    children = [pid(tmp_path, "receiver"), pid(tmp_path, "line")]
    served.kill()
    served.wait(PATIENCE_S)
    for child in children:
        eventually(lambda gone=child: not Path(f"/proc/{gone}").exists())


def test_a_busy_port_is_named_and_passed_over_only_on_request() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InstallationError, match=f"port {port} .* tags.port"):
            require_free("127.0.0.1", port, "tags.port")
        assert next_free("127.0.0.1", port) > port
