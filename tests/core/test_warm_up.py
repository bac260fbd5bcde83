"""What the line loads at its start is all that it needs when somebody comes near a zone."""

import subprocess
import sys
from types import ModuleType

from tagwatch.core import filter as filters
from tagwatch.core import filter_area, filter_evidence, filter_kernel, gaussian, stretch_kernel
from tagwatch.core.compiled import COMPILED
from tagwatch.core.fix import Source
from tagwatch.core.warm_up import warm_up
from tests.core.worlds import SHARP, curfew, fixes, found, live, zone

MODULES: tuple[ModuleType, ...] = (
    filters, filter_area, filter_evidence, filter_kernel, gaussian, stretch_kernel,
)  # fmt: skip
NOTHING = float("nan")


def compiled_for() -> dict[str, list[object]]:
    """Return the types of arguments for which each function is compiled in this process."""
    return {
        f"{module.__name__}.{name}": list(function.signatures)
        for module in MODULES
        for name, function in vars(module).items()
        if hasattr(function, "signatures")
    }


def judge_everything() -> None:
    """Judge stays by fixes of every source, with and without a claim, and a curfew."""
    claims = ((SHARP, Source.GNSS), (60.0, Source.WIFI), (900.0, Source.LBS), (SHARP, Source.RF))
    claims += ((NOTHING, Source.GNSS), (NOTHING, Source.WIFI), (NOTHING, Source.UNKNOWN))
    rows = [(0.0, 2000.0, 0.0, SHARP, Source.GNSS)]
    rows += [(60.0 * k, 0.0, 0.0, *claim) for k, claim in enumerate(claims * 3, 1)]
    rows += [(3600.0, 2000.0, 0.0, SHARP, Source.GNSS)]
    conditions = (zone(buffer_m=300.0), curfew(), zone(square=90.0, name="zone-2"))
    assert found(fixes(*rows), *conditions)
    assert live(fixes(*rows), *conditions).changed


def compile_nothing_more() -> None:
    """Run in a process of its own: fails if judging compiles what loading did not."""
    warm_up()
    loaded = compiled_for()
    judge_everything()
    assert {name: types for name, types in compiled_for().items() if types != loaded[name]} == {}
    assert any(loaded.values()) is COMPILED


def test_judging_compiles_nothing_that_the_start_did_not_load() -> None:
    script = "from tests.core.test_warm_up import compile_nothing_more as run; run()"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
