"""What every test may ask for, and the conditions under which all of them run."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.spread import put_longest_first, scheduler

ROOT = Path(__file__).resolve().parent.parent
FARTHEST_ZONE = "Pacific/Kiritimati"
"""Fourteen hours ahead of UTC all year: whatever reads the local time is wrong at once."""
FARTHEST_ZONE_WITHOUT_TZDATA = "KIR-14"
KIRITIMATI_BEHIND_S = -14 * 3600

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30
"""What all temporary folders of a run may need, were none removed."""

CHROMIUM_ARGUMENTS = ("--no-sandbox", "--disable-background-networking")
"""How tests start the browser: as root in a container, and silent towards the outside."""

# Playwright's own node needs a library that a bare Debian lacks; set-up's node does not.
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(ROOT / ".venv" / "bin" / "node"))

# As in the Makefile: the processes that tests start read what an earlier one compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_SOAK_TESTS = pytest.StashKey[int]()


def _live_far_from_greenwich() -> None:
    os.environ["TZ"] = FARTHEST_ZONE
    time.tzset()
    if time.timezone != KIRITIMATI_BEHIND_S:
        os.environ["TZ"] = FARTHEST_ZONE_WITHOUT_TZDATA
        time.tzset()


_live_far_from_greenwich()

hypothesis.settings.register_profile(
    "ci", max_examples=40, derandomize=True, print_blob=True, deadline=None, database=None
)
hypothesis.settings.register_profile(
    "soak", max_examples=2000, print_blob=True, deadline=None, database=None
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def tagwatch_data() -> Path:
    """The real data: `$TAGWATCH_DATA`, else `../shared/data`; skips where it is absent."""
    named = os.environ.get("TAGWATCH_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    if named:
        pytest.fail(f"TAGWATCH_DATA={named} is not a folder; correct it or unset it")
    pytest.skip("real data absent: set TAGWATCH_DATA to the folder that holds it")


@pytest.fixture(scope="session")
def browser_executable() -> Path:
    """A Chromium to start with CHROMIUM_ARGUMENTS; fails, saying what to install, without one."""
    if os.environ.get("BROWSER") == "0":
        pytest.skip("left out by BROWSER=0")
    command = [sys.executable, str(ROOT / "setup" / "browser.py")]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if asked.returncode != 0:
        pytest.fail(asked.stderr.strip(), pytrace=False)
    return Path(asked.stdout.strip())


@pytest.fixture(scope="session")
def axe_script() -> Path:
    """axe-core, to be added to a page under test."""
    return ROOT / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def soak_share_s(request: pytest.FixtureRequest) -> float:
    """How long this soak test may take: its equal share of SOAK_SECONDS (300)."""
    total_s = float(os.environ.get("SOAK_SECONDS", "300"))
    return total_s / max(1, request.config.stash[_SOAK_TESTS])


def pytest_configure(config: pytest.Config) -> None:
    """Let temporary folders lie in memory: installations by the thousand wait for the disk at every
    record. What is measured, and the long tests, stay on the disk."""
    if config.option.markexpr not in ("bench", "soak") and _has_room(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_BYTES


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest first; the long tests stay as they are."""
    if config.option.markexpr != "soak":
        put_longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out files, and not tests, to the processes."""
    return scheduler(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count the soak tests that will run, for their shares of the time."""
    soaks = [item for item in session.items if item.get_closest_marker("soak")]
    session.config.stash[_SOAK_TESTS] = len(soaks)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped, and why, once per reason: a green run must not hide it."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        where = report.longrepr
        text = str(where[2]) if isinstance(where, tuple) else str(where)
        reasons[text.removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped, and why")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count:5d} × {reason}")
