"""The program: in this process, which is quick, or really in one of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from tagwatch.cli import app

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "scenarios" / "example-import.json"
PASSWORD = "three unrelated words"


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str | Path, data: Path | None = None, typed: str = "") -> Ended:
    """Run `tagwatch` with these words in this process; faults of the program are raised."""
    environ = {"TAGWATCH_HOME": None if data is None else str(data)}
    answer = CliRunner().invoke(
        app, [str(word) for word in words], input=typed, env=environ, catch_exceptions=False
    )
    return Ended(answer.exit_code, answer.stdout, answer.stderr)


def really_run(
    *words: str | Path, data: Path | None = None, typed: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run it in a process of its own and return how it ended."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TAGWATCH_")}
    if data is not None:
        kept["TAGWATCH_HOME"] = str(data)
    return subprocess.run(
        [sys.executable, "-m", "tagwatch", *map(str, words)],
        cwd=ROOT,
        env={**kept, **environ},
        input=typed,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def done(*words: str | Path, **options: Any) -> str:
    """Run it, see that it succeeded, and return what it printed."""
    ended = run(*words, **options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
