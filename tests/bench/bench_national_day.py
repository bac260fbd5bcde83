"""A national day through the real line, on one core. `python -m tests.bench.bench_national_day`

Workload: 12,318 plainly fictional wearers (`--full`; by default a part of them, with its part of
the ticks), each with five exclusion zones (three discs, two L-shaped town centres, buffers of 100
or 200 m) and a curfew at home from 19:00 to 07:00; a fix a minute with the simulator's frozen
errors (Wi-Fi and cell fixes indoors among them), uploaded in frames of 60; 2 % of the frames an
hour or two late; a tenth of the people live or work 25 to 75 m from the edge of a zone; one in a
hundred goes into a zone. Everything is on disk in an encrypted journal before the clock starts.

The line reads, decrypts, decodes, marks, screens, decides, raises and routes alerts, writes
circumstances cards, and commits all of it to SQLite (synchronous=FULL), as it does in service.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from tagwatch.core.compiled import COMPILED
from tagwatch.core.deadline import is_unseen
from tagwatch.core.derive import Prepared, TrailPart, derive_findings
from tagwatch.core.episode import Episode
from tagwatch.core.outcome import RuleKind
from tagwatch.core.reconcile import GONE, content
from tagwatch.core.units import Instant
from tagwatch.core.warm_up import warm_up
from tests.bench.national_frames import NATION, tick_every_s
from tests.bench.national_line import LATE_SHARE, Run, day_folder, memory_mb, one_core
from tests.bench.national_people import Kind, wearer_id

SEED = 1
STAGES = {
    "read": "read, decrypt",
    "decode": "decode",
    "mark": "mark (late, repeated)",
    "screen": "screen",
    "decide": "decide",
    "decide late": "decide late data anew",
    "register": "register",
    "serve": "service facts, ticks",
    "alert": "raise alerts",
    "route": "route alerts",
    "circumstances": "circumstances cards",
    "turns": "journal the turns of lanes",
    "write": "write (trail in blocks)",
    "commit": "commit",
}
LOCATION = (RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW)
ORACLE_WEARERS = 60


def measured(wearers: int, fixes: int, kind: Kind, oracle: int) -> dict[str, Any]:
    """Take one day through the line, then again with a stop-watch on each stage; return what was
    measured: totals of the first, stages of the second."""
    day = day_folder(wearers, fixes, SEED, kind)
    found = taken(day, wearers, oracle)
    watched = taken(day, wearers, 0, stages=True)
    return found | {"stages": watched["stages"], "watched_s": watched["processor_s"]}


def taken(day: Path, wearers: int, oracle: int, *, stages: bool = False) -> dict[str, Any]:
    """Take one day through the line and return what was measured."""
    folder = Path(tempfile.mkdtemp(prefix="tagwatch-bench-run-"))
    try:
        run = Run(day, folder, stages=stages)
        took = run.take()
        counted = run.counted()
        found = {
            "wearers": wearers, "fixes": counted["fixes"], "about": run.about,
            "took_s": took, "processor_s": run.processor_s, "counted": counted,
            "survived": run.line.state.screened.survived,
            "stages": dict(run.watch.seconds), "memory_mb": memory_mb(), "numba": COMPILED,
            "projections_mb": run.config.projections_file.stat().st_size / 1e6,
        }  # fmt: skip
        if oracle:
            found["oracle"] = against_oracle(run, min(oracle, wearers))
        run.close()
        return found
    finally:
        shutil.rmtree(folder)


def against_oracle(run: Run, wearers: int) -> dict[str, float]:
    """Derive the trails of the first wearers again, unscreened, and demand the same episodes."""
    state, trails = run.line.state, {}
    with run.line._connection.begin():
        for w in range(wearers):
            name = wearer_id(w)
            stored = {e.episode_id: e for e in state.episodes(name)}
            trails[name] = (state.trail(name, Instant(0), Instant(2**62)), stored)
    fixes = sum(len(part.block) for trail, _ in trails.values() for part in trail)
    prepared, began, episodes = Prepared(), time.process_time(), {}
    for name, (trail, _) in trails.items():
        parts = [TrailPart(p.activation_id, p.tag_model, p.block) for p in trail]
        always = (Instant(-(2**62)), Instant(2**62))
        orders = state.orders(name)
        episodes[name] = derive_findings(parts, orders, state.settings, always, prepared)
    took = time.process_time() - began
    for name, (_, stored) in trails.items():
        ours, theirs = said(stored.values()), said(episodes[name])
        if ours != theirs:
            sys.exit(f"wearer {name}: the line and the unscreened oracle differ: {ours} {theirs}")
    count = sum(len(said(found)) for found in episodes.values())
    return {"wearers": wearers, "fixes": fixes, "processor_s": took, "episodes": count}


def said(episodes: Any) -> list[Episode]:
    """Return what episodes of location say, ids and lineage aside."""
    kept = [
        content(e)
        for e in episodes
        if e.rule in LOCATION
        and not is_unseen(e)
        and e.merged_into is None
        and not e.reason.startswith((GONE, "one episode"))
    ]
    return sorted(kept, key=repr)


def report(found: dict[str, Any]) -> None:
    """Print the table of one run."""
    stages, fixes = found["stages"], found["fixes"]
    scale = NATION / found["wearers"]
    print(f"\n{'stage':30} {'s':>8} {'us a fix':>9} {'s a nation':>11}")
    rest = found["watched_s"] - sum(stages.values())
    rows = [(STAGES.get(name, name), stages[name]) for name in STAGES if name in stages]
    for name, seconds in [*rows, ("the line's loop", rest)]:
        print(f"{name:30} {seconds:8.2f} {seconds / fixes * 1e6:9.3f} {seconds * scale:11.1f}")
    for name, seconds in (("processor", found["processor_s"]), ("clock", found["took_s"])):
        label = f"total by the {name}"
        print(f"{label:30} {seconds:8.2f} {seconds / fixes * 1e6:9.3f} {seconds * scale:11.1f}")
    counted = found["counted"]
    print(
        f"{fixes:,} fixes in {counted['frames']:,} frames, {found['about']['bytes'] / 1e6:,.0f} MB "
        f"of journal; {found['survived'] / fixes:.1%} survive the screen; memory "
        f"{found['memory_mb']:.0f} MB; projections {found['projections_mb']:,.0f} MB"
    )
    alerts = {name[6:]: n for name, n in counted.items() if name.startswith("alert ")}
    raised = ", ".join(f"{name} {n}" for name, n in sorted(alerts.items())) or "none"
    print(f"alerts raised: {sum(alerts.values())} ({raised})")


def report_oracle(found: dict[str, Any]) -> None:
    """Print the speed-up over the unscreened oracle."""
    oracle = found["oracle"]
    theirs = oracle["processor_s"] / oracle["fixes"] * 1e6
    deciding = ("screen", "decide", "decide late")
    ours = sum(found["stages"].get(name, 0.0) for name in deciding) / found["fixes"] * 1e6
    print(
        f"unscreened oracle, {oracle['wearers']} wearers, {oracle['fixes']:,} fixes: "
        f"{theirs:.2f} us a fix; the line's screen and deciding {ours:.2f}: "
        f"{theirs / ours:.1f} times as fast; {oracle['episodes']} episodes identical"
    )


def apart(*options: str, **environ: str) -> dict[str, Any]:
    """Measure in a process of its own, with other settings of the environment."""
    command = [sys.executable, "-m", "tests.bench.bench_national_day", "--json", *options]
    done = subprocess.run(
        command,
        check=False,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--wearers", type=int, default=300)
    parser.add_argument("--fixes-per", type=int, default=1440, help="a multiple of 60")
    parser.add_argument("--full", action="store_true", help="the whole nation: 12,318 wearers")
    parser.add_argument("--kind", type=Kind, default=Kind.NATIONAL)
    parser.add_argument("--sample", type=int, default=30, help="wearers of the further runs")
    parser.add_argument("--json", action="store_true", help="one run, printed as JSON")
    asked = parser.parse_args()
    wearers = NATION if asked.full else asked.wearers
    core = one_core()
    warm_up()
    measured(20, 120, Kind.NATIONAL, 5)  # everything loaded, and compiled where it is
    oracle = 0 if asked.json else ORACLE_WEARERS
    found = measured(wearers, asked.fixes_per, asked.kind, oracle)
    if asked.json:
        print(msgspec.json.encode(found).decode())
        return
    print(
        f"A day of {wearers:,} wearers, {asked.fixes_per} fixes each, {LATE_SHARE:.0%} late, "
        f"a tick every {tick_every_s(wearers)} s; on core {core} of {os.cpu_count()}, load "
        f"{os.getloadavg()[0]:.1f}, numba {'on' if COMPILED else 'off'}. Stages by processor time."
    )
    report(found)
    report_oracle(found)
    sample = ("--wearers", str(asked.sample), "--fixes-per", str(asked.fixes_per))
    plain = apart(*sample, NUMBA_DISABLE_JIT="1")
    compiled = apart(*sample)
    print(
        f"\nWithout numba: {asked.sample} wearers, {per_fix(plain):.1f} us a fix (with it "
        f"{per_fix(compiled):.1f}; {per_fix(plain) / per_fix(compiled):.2f} times as slow)"
    )
    print(f"\nDense: all five zones round home, {asked.sample} wearers")
    report(apart(*sample, "--kind", Kind.DENSE.value))


def per_fix(found: dict[str, Any]) -> float:
    """Return microseconds of processor time a fix."""
    return found["processor_s"] / found["fixes"] * 1e6


if __name__ == "__main__":
    main()
