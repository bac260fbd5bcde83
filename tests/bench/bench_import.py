"""The preview of a file that is brought in: `-m tests.bench.bench_import [--full]`.

Workload: an installation with N wearers (five zones and a curfew each; `--full`: 20,000). Files of
10 and of 1,000 wearers, half of them recorded already, each with an order and a zone; activations
by number; a drawing for one order. Printed is what the preview takes in the web process, signed in,
scoped and on the audit, and for comparison what it takes to load the whole register.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tagwatch.access.actor import Actor
from tagwatch.access.audit import AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.role import Role
from tagwatch.access.scope import scope
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.desk.import_reading import Source
from tagwatch.desk.import_records import preview_import
from tagwatch.store.database import reading
from tagwatch.store.register import load_register
from tests.bench.live_world import build
from tests.bench.national_people import wearer_id

TIMES = 5


def records(count: int) -> bytes:
    """An import file about so many wearers, every second of whom is recorded."""
    names = [f"id:{wearer_id(n)}" if n % 2 else f"N-{n}" for n in range(count)]
    wearers = [
        {"ref": ref, "name": f"Demo {ref[-5:]}", "programme": "other", "borough": "Camden",
         "agency": "bench"}
        for ref in names
    ]  # fmt: skip
    orders = [
        {"ref": f"O-{n}", "wearer": ref, "reference": f"O-{n}", "legal_basis": "licence",
         "programme": "other", "starts_at": "2026-11-02T00:00:00Z"}
        for n, ref in enumerate(names)
    ]  # fmt: skip
    zones = [
        {"ref": f"Z-{n}", "order": f"O-{n}", "label": "Zone", "knowledge": "secret",
         "disc": {"centre": [-0.1, 51.5], "radius_m": 300}}
        for n in range(count)
    ]  # fmt: skip
    file = {"tagwatch_import": 1, "wearers": wearers, "orders": orders, "exclusion_zones": zones}
    return json.dumps(file).encode()


def measured(what: str, work: Callable[[], object]) -> None:
    """Print the shortest, the middle and the longest of some times."""
    times: list[float] = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    times.sort()
    print(f"{what:44} {times[0]:8.0f} {times[TIMES // 2]:8.0f} {times[-1]:8.0f}")


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--full", action="store_true")
    wearers = 20_000 if asked.parse_args().full else 2_000
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data=Path(folder) / "data")
        build(config.data, wearers)
        engine, audit = open_projections(config), AuditTrail.open(config, "web")
        actor = Actor(account_id=AccountId("ac_bench"), name="Benchmark", role=Role.ADMINISTRATOR)
        reader = Reader(engine, scope(actor, Purpose.UPKEEP), audit, now)
        print(f"{wearers:,} wearers\n{'':44} {'least':>8} {'middle':>8} {'most':>8}  (ms)")
        for count in (10, 1_000):
            source = Source(records(count))
            assert not preview_import(reader, {}, source).mistakes
            measured(
                f"preview of {count:,} wearers ({len(source.data) >> 10} kB)",
                lambda s=source: preview_import(reader, {}, s),
            )

        def whole() -> None:
            with reading(engine) as connection:
                load_register(connection)

        measured("the whole register loaded", whole)
        audit.close()
        engine.dispose()


if __name__ == "__main__":
    main()
