"""Ask whether anything Tagwatch is made of has a known vulnerability.

Python packages are asked of OSV, or of the package index where OSV does not answer; npm packages
of npm's registry. A known vulnerability fails, unless `setup/advisories.toml` says why it is borne
and until when. Where no source answers, that is said and does not fail: nothing was audited then.
`make advisories` calls it, and so does what must pass before a change lands.
"""

import argparse
import datetime as dt
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import environment

ROOT = environment.ROOT
BORNE = ROOT / "setup" / "advisories.toml"
WITHIN_S = 60  # for each source: a network that swallows questions must not hold a change up


def main() -> int:
    """Ask every source. Returns the exit status: 1 for a known vulnerability or a stale excuse."""
    options = argparse.ArgumentParser(description="look for known vulnerabilities")
    options.add_argument("--osv", help="address of another OSV service")
    options.add_argument("--npm", help="address of another npm registry")
    options.add_argument("--borne", type=Path, default=BORNE, help="the file of excuses")
    asked = options.parse_args()
    borne, stale = excuses(asked.borne, dt.datetime.now(dt.timezone.utc).date())
    faults = [f"{name}: borne until {until} only; decide anew" for name, until in stale.items()]
    for kind, known in {"Python": python_known(asked.osv), "npm": npm_known(asked.npm)}.items():
        if known is None:
            print(f"{kind}: no advisory source answered; these packages were NOT audited")
            continue
        open_ones = {name: told for name, told in known.items() if name not in borne}
        print(f"{kind}: audited; {len(known)} known, of which {len(known) - len(open_ones)} borne")
        faults += [f"{kind}: {name}: {told}" for name, told in open_ones.items()]
    for fault in faults:
        print(f"  {fault}", file=sys.stderr)
    return 1 if faults else 0


def excuses(file: Path, today: dt.date) -> "tuple[set[str], dict[str, dt.date]]":
    """Return the advisories that are borne today, and those whose time is over by day."""
    listed = tomllib.loads(file.read_text(encoding="utf-8")).get("borne", [])
    times = {entry["advisory"]: entry["until"] for entry in listed if entry["why"].strip()}
    stale = {name: until for name, until in times.items() if until < today}
    return set(times) - set(stale), stale


def python_known(osv: "str | None") -> "dict[str, str] | None":
    """Return what is known against the locked Python packages by advisory; None: not audited."""
    sources = [["-s", "osv", *(["--osv-url", osv] if osv else [])]]
    if not osv:
        sources.append(["-s", "pypi"])
    for source in sources:
        command = [environment.VENV / "bin" / "pip-audit", "--disable-pip", "--format", "json"]
        for lock in (environment.PYTHON_LOCK, environment.UV_LOCK, environment.NODE_LOCK):
            command += ["-r", lock]
        answer = answered([*command, "--timeout", "8", *source])
        # a source that knows a package's name but not its page has not audited it
        if answer is None or any("skip_reason" in part for part in answer["dependencies"]):
            continue
        return {
            found["id"]: f"{part['name']} {part['version']}, mended in {found['fix_versions']}"
            for part in answer["dependencies"]
            for found in part["vulns"]
        }
    return None


def npm_known(registry: "str | None") -> "dict[str, str] | None":
    """Return what is known against the locked npm packages by advisory; None: not audited."""
    node = environment.find_node() or environment.packaged_node()
    command = [*environment.npm_command(node), "audit", "--json", "--package-lock-only"]
    command += ["--fetch-retries=0", *(["--registry", registry] if registry else [])]
    answer = answered(command)
    if answer is None or "vulnerabilities" not in answer:
        return None
    return {
        found["url"].rpartition("/")[2]: f"{found['name']} {found['range']}: {found['title']}"
        for part in answer["vulnerabilities"].values()
        for found in part["via"]
        if isinstance(found, dict)  # else the name of the part that brings it
    }


def answered(command: "list[str | Path]") -> "dict | None":
    """Return the JSON object that `command` printed; None where it printed none in time."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
        found = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


if __name__ == "__main__":
    sys.exit(main())
