"""Write what Tagwatch is made of to `build/sbom/`: one CycloneDX file for Python, one for npm.

Read off the locks, so every package is named with its version and digests; the same locks give the
same bytes. It asks no network. `make sbom` calls it, and so does what must pass before a change
lands.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import environment

ROOT = environment.ROOT
SBOM = ROOT / "build" / "sbom"
PYTHON_LOCKS = [environment.PYTHON_LOCK, environment.UV_LOCK, environment.NODE_LOCK]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


class Incomplete(Exception):
    """A list of parts lacks something that a lock names; the text says what."""


def main() -> int:
    """Write both files. Returns the exit status: 0, or 1 with a sentence on stderr."""
    SBOM.mkdir(parents=True, exist_ok=True)
    try:
        for name, (listed, locked) in {"python": python_parts(), "npm": npm_parts()}.items():
            missing = locked - {(part["name"], part["version"]) for part in listed["components"]}
            if missing:
                raise Incomplete(f"{name}: not listed, though locked: {sorted(missing)}")
            text = json.dumps(listed, indent=1, sort_keys=True, ensure_ascii=False)
            (SBOM / f"{name}.cdx.json").write_text(text + "\n", encoding="utf-8")
            print(f"build/sbom/{name}.cdx.json: {len(listed['components'])} parts")
    except (Incomplete, subprocess.SubprocessError, environment.CannotSetUp) as reason:
        print(f"\nno list of parts was made: {reason}", file=sys.stderr)
        return 1
    return 0


def python_parts() -> "tuple[dict, set[tuple[str, str]]]":
    """Return the list of the Python locks, and the names and versions that they pin."""
    locks = "".join(lock.read_text(encoding="utf-8") for lock in PYTHON_LOCKS)
    command = [environment.VENV / "bin" / "cyclonedx-py", "requirements", "--output-reproducible"]
    command += ["--pyproject", ROOT / "pyproject.toml", "--of", "JSON", "-"]
    return answer(command, locks), set(PINNED.findall(locks))


def npm_parts() -> "tuple[dict, set[tuple[str, str]]]":
    """Return the list of npm's lock, and the names and versions that it pins."""
    node = environment.find_node() or environment.packaged_node()
    command = [*environment.npm_command(node), "sbom", "--sbom-format", "cyclonedx"]
    listed = answer([*command, "--package-lock-only"], None)
    # what differs from run to run: when, by which number, and in which folder
    del listed["serialNumber"], listed["metadata"]["timestamp"]
    listed["metadata"]["component"]["name"] = "tagwatch-pages"
    locked = json.loads(environment.NPM_LOCK.read_text(encoding="utf-8"))["packages"]
    return listed, {
        (path.rpartition("node_modules/")[2], package["version"])
        for path, package in locked.items()
        if path
    }


def answer(command: "list[str | Path]", given: "str | None") -> dict:
    """Return the JSON object that `command` prints."""
    done = subprocess.run(
        command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise Incomplete(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
