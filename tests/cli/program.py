"""The program: in this process, which is quick, or really in one of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from tagwatch.access.audit import AuditLine, audit_line, open_reader
from tagwatch.access.enrolment import now
from tagwatch.access.written import deviation
from tagwatch.cli import app
from tagwatch.cli.audit_verbs import COMMANDS
from tagwatch.config import load

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "scenarios" / "example-import.json"
PASSWORD = "three unrelated words"


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str | Path, data: Path | None = None, typed: str = "") -> Ended:
    """Run `tagwatch` with these words in this process; faults of the program are raised.

    What it put on the audit is held against what it declares.
    """
    environ = {"TAGWATCH_HOME": None if data is None else str(data)}
    said = [str(word) for word in words]
    folder = Path(said[said.index("--data") + 1]) if "--data" in said else data
    began = now()
    answer = CliRunner().invoke(app, said, input=typed, env=environ, catch_exceptions=False)
    name = " ".join(said[:2]) if " ".join(said[:2]) in COMMANDS else said[0]
    if name in COMMANDS and "--help" not in said:
        lines = [line for line in _written(folder) if line.at >= began]
        answered = answer.exit_code == 0
        assert deviation(COMMANDS[name], lines, "", answered=answered) == "", name
    return Ended(answer.exit_code, answer.stdout, answer.stderr)


def _written(folder: Path | None) -> list[AuditLine]:
    """The lines of the command line's audit in a data folder."""
    if folder is None or not (folder / "audit" / "command").is_dir():
        return []
    reader = open_reader(load(folder), "command")
    try:
        lines = [audit_line(record) for record in reader.read(0, 2**40)]
    finally:
        reader.close()
    return [line for line in lines if line is not None]


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
