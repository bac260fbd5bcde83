"""The screen in one compiled pass: columns, bounds and settings as its kernel takes them."""

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import numpy as np

from tagwatch.core import screen_kernel as kernel
from tagwatch.core.contour import scalar
from tagwatch.core.disc_table import table
from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.memory import Answers
from tagwatch.core.rules.fix_error import REGION
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import SourceErrors, errors_by_source


def screen(
    block: FixBlock,
    wearer: kernel.Ints,
    known: Sequence[object],
    settings: Settings,
    answers: Answers,
) -> None:
    """Write the answers of `screen.screened` into `answers`, (n,); `known` is `Bounds.fields`."""
    names = (
        "lon_deg",
        "lat_deg",
        "fixed_at",
        "marks",
        "accuracy_m",
        "confidence",
        "hdop",
        "source",
    )
    columns: list[Any] = [np.ascontiguousarray(block[name]) for name in names]
    bounds = kernel.ScreenBounds._make(known)
    kernel.screen_rows(
        kernel.ScreenFixes._make([*columns, wearer]), bounds, _limits(settings), answers
    )


def _limits(settings: Settings) -> kernel.ScreenLimits:
    rows = {source: _row(errors_by_source(source, settings.errors)) for source in Source}
    errors = np.zeros((1 + max(Source), max(map(len, rows.values()))))
    for source, row in rows.items():
        errors[source, : len(row)] = row
    return kernel.ScreenLimits(
        errors=errors,
        share=settings.errors.default_confidence.value,
        ceiling_m=settings.errors.ceiling_sigma_m.value,
        near_m=settings.zone.near_m,
        present=settings.curfew.present,
        seen=settings.curfew.seen,
        table=scalar(table()),
    )


def _row(model: SourceErrors) -> list[float]:
    """Return a source's errors in the order of the kernel; of the gross part all but its weight
    and reach stands ahead."""
    parts = [(p.factor.value, p.rest_bias_m.value, p.weight.value) for p in model.stretches]
    parts.append((0.0, 0.0, model.gross_weight.value))
    row = [
        model.default_sigma_m.value,
        model.hdop_sigma_m.value,
        model.floor_sigma_m.value,
        float(len(parts)),
        model.gross_sigma_m.value,
    ]
    for factor, bias_m, weight in parts:
        beyond = len(parts) * weight / (1.0 - REGION)
        row += [factor, bias_m * bias_m, weight, sqrt(2.0 * max(0.0, log(beyond)))]
    return row
