"""The import contracts hold, and would fail if they were broken."""

import subprocess
import sys
import tomllib

import pytest

from tests.architecture.source import PACKAGE, ROOT

LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]


def _lint(cwd) -> subprocess.CompletedProcess[str]:
    command = [*LINT, "--no-cache", "--config", str(cwd / "pyproject.toml")]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={"PYTHONPATH": str(cwd), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )


def test_imports_keep_the_contracts() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.fixture
def copy(tmp_path):
    """An empty package with the real tree and the real contracts, to break one at a time."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for path in PACKAGE.rglob("*.py"):
        empty = tmp_path / path.relative_to(ROOT)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.write_text("")
    return tmp_path


def test_the_empty_tree_keeps_the_contracts(copy) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("core/fix.py", "import tagwatch.store"),
        ("core/fix.py", "import random"),
        ("core/fix.py", "from time import time"),
        ("core/units.py", "import tagwatch.core.fix"),
        ("core/rules/__init__.py", "import tagwatch.core.newcomer"),
        ("web/__init__.py", "import tagwatch.store"),
        ("web/__init__.py", "import tagwatch.sim"),
        ("query/__init__.py", "import tagwatch.desk"),
        ("ingest/__init__.py", "import duckdb"),
        ("notify/__init__.py", "import tagwatch.query"),
        ("store/__init__.py", "import fastapi"),
        ("newcomer/__init__.py", ""),
        ("core/newcomer.py", ""),
    ],
)
def test_each_contract_can_fail(copy, file: str, source: str) -> None:
    target = copy / "tagwatch" / file
    target.parent.mkdir(exist_ok=True)
    target.write_text(source)
    if "newcomer" in source:
        (copy / "tagwatch" / "core" / "newcomer.py").write_text("")
    done = _lint(copy)
    assert done.returncode == 1, f"{file} with {source!r} went unnoticed\n{done.stdout[-3000:]}"


def test_the_lock_has_every_dependency_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    lock = (ROOT / "requirements.lock").read_text()
    names = [requirement.split(">=")[0].split("[")[0].strip() for requirement in wanted]
    missing = [name for name in names if f"\n{name}==" not in f"\n{lock}"]
    assert not missing, f"run make lock: {missing}"
    for name in ("requirements.lock", "setup/uv.lock.txt", "setup/node.lock.txt"):
        assert "://" not in (ROOT / name).read_text(), f"{name} names an address"
    npm_lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in npm_lock, "package-lock.json names where packages came from"
