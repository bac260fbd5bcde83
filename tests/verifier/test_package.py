"""The verifier as a small package: in an environment of its own, with what it declares alone."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

NEVER = ("numba", "duckdb", "pyarrow", "litestar", "sqlalchemy", "typer", "shapely", "typst")


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """An interpreter that has the package and its declared dependencies, fetched from nowhere."""
    folder = tmp_path_factory.mktemp("clean")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT / "setup" / "verifier", check=True, capture_output=True)
    (wheel,) = folder.glob("tagwatch_verifier-*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    library = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
    with zipfile.ZipFile(wheel) as file:
        file.extractall(library)
        (name,) = (n for n in file.namelist() if n.endswith(".dist-info/METADATA"))
        said = file.read(name).decode()
    wanted = [line.split(": ")[1] for line in said.splitlines() if line.startswith("Requires-Dist")]
    for dependency in _closure(wanted):
        _lent(dependency, library)
    return folder / "env" / "bin" / "python"


def test_it_checks_a_bundle_and_says_same(python, whole, tmp_path) -> None:
    (tmp_path / "b.zip").write_bytes(whole.file)
    done = _run(python, "-m", "tagwatch.verifier", "verify-bundle", "b.zip", "--json", at=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["state"], said["findings"]) == ("same", 4)


def test_it_redacts_and_compares(python, expert, tmp_path) -> None:
    (tmp_path / "e.zip").write_bytes(expert.file)
    command = ("-m", "tagwatch.verifier")
    assert _run(python, *command, "redact-bundle", "e.zip", "r.zip", at=tmp_path).returncode == 0
    done = _run(python, *command, "verify-bundle", "r.zip", "--against", "e.zip", at=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing but the closed files differs" in done.stdout
    (tmp_path / "e.zip").write_bytes(expert.file[:-5])
    done = _run(python, *command, "verify-bundle", "e.zip", at=tmp_path)
    assert done.returncode == 1
    assert "REFUSED" in done.stdout
    assert _run(python, *command, "verify-bundle", "no.zip", at=tmp_path).returncode == 1


def test_it_needs_none_of_the_large_libraries(python, tmp_path) -> None:
    asked = f"import importlib.util as u; print([n for n in {NEVER!r} if u.find_spec(n)])"
    assert _run(python, "-c", asked, at=tmp_path).stdout.strip() == "[]"


def _run(python: Path, *words: str, at: Path) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-I", "-W", "error", *words]
    return subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)


def _closure(wanted: list[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        line = waiting.pop()
        if "extra ==" in line:
            continue
        name = line.split(";")[0].strip()
        for sign in "<>=!~[ (":
            name = name.split(sign)[0]
        if name in found or _absent(name, line):
            continue
        found.add(name)
        waiting += metadata.requires(name) or []
    return found


def _absent(name: str, line: str) -> bool:
    """Say whether a dependency is only for other interpreters."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        assert ";" in line, f"{name} is needed and not there"
        return True
    return False


def _lent(name: str, library: Path) -> None:
    """Lend an installed distribution to the clean environment, by links to what it put there."""
    files = metadata.distribution(name).files or []
    for top in {file.parts[0] for file in files if file.parts[0] != ".."}:
        source = Path(str(metadata.distribution(name).locate_file(top)))
        target = library / top
        if source.exists() and not target.exists() and top != "__pycache__":
            target.symlink_to(source)
