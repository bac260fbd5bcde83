"""The report of a calibration: by source and tag model, as data and as a reliability diagram."""

from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite
from typing import Any, Final, NamedTuple

from tagwatch.sim.calibrate.scale import FAMILY, Fitted, fitted
from tagwatch.sim.calibrate.scores import Scores, scores
from tagwatch.sim.calibrate.truth import Evidence, Known
from tagwatch.sim.quality.bound import Measured

SIDE: Final = 400
MARGIN: Final = 50


class Group(NamedTuple):
    """One group of fixes: what was measured of it, and its factor if it is of one source."""

    name: str
    scores: Scores
    factor: Fitted | None


def groups(found: Evidence, zones: int, seed: int) -> Iterator[Group]:
    """Give all fixes together if they are of several kinds, then each source and tag model."""
    by_kind: dict[tuple[str, int], list[Known]] = {}
    for fix in found.fixes:
        by_kind.setdefault((fix.tag_model, FAMILY[fix.source]), []).append(fix)
    if len(by_kind) > 1:
        yield Group("all", scores(found.fixes, zones, seed), None)
    for (tag_model, _), fixes in sorted(by_kind.items()):
        sources = {fix.source for fix in fixes}
        source = sources.pop() if len(sources) == 1 else FAMILY[fixes[0].source]
        factor = fitted(fixes, source, tag_model, seed)
        name = f"{source.name} {tag_model}".strip()
        yield Group(name, scores(fixes, zones, seed), factor)


def as_data(group: Group) -> dict[str, Any]:
    """Return a group for a program to read; what cannot be said is null."""
    factor = group.factor
    return {
        "group": group.name,
        "fixes": group.scores.fixes,
        "blocks": group.scores.blocks,
        "pairs": group.scores.pairs,
        "figures": {one.name: _bounds(one.measured) for one in group.scores.figures},
        "reliability": [
            {
                "from": one.low,
                "to": one.high,
                "pairs": one.pairs,
                "said": _known(one.said),
                "so": _bounds(one.so),
            }
            for one in group.scores.bins
        ],
        "factor": None if factor is None else _bounds(factor.factor),
    }


def _bounds(measured: Measured) -> list[float | None]:
    return [_known(measured.value), _known(measured.low), _known(measured.high)]


def _known(value: float) -> float | None:
    return round(value, 6) if isfinite(value) else None


def diagram(found: Sequence[Group]) -> str:
    """Return the reliability diagrams as SVG, one beside another, each with its 95 % bounds."""
    width = (SIDE + 2 * MARGIN) * len(found)
    height = SIDE + 2 * MARGIN
    drawn = "".join(
        f'<g transform="translate({k * (SIDE + 2 * MARGIN) + MARGIN} {MARGIN})">{_one(group)}</g>'
        for k, group in enumerate(found)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13" role="img">'
        f"<title>How often it was so, against what was said</title>{drawn}</svg>\n"
    )


def _one(group: Group) -> str:
    marks = [
        (
            f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#505a5f"/>'
            f'<line x1="0" y1="{SIDE}" x2="{SIDE}" y2="0" stroke="#505a5f" stroke-dasharray="4"/>'
            f'<text y="-12">{escape(group.name)}: {group.scores.blocks} blocks</text>'
            f'<text x="{SIDE / 2}" y="{SIDE + 36}" text-anchor="middle">P(inside) said</text>'
        )
    ]
    for share in (0.0, 0.5, 1.0):
        marks.append(
            f'<text x="{share * SIDE}" y="{SIDE + 18}" text-anchor="middle">{share:g}</text>'
            f'<text x="-6" y="{(1 - share) * SIDE + 4}" text-anchor="end">{share:g}</text>'
        )
    for one in group.scores.bins:
        if not one.pairs:
            continue
        x, y = one.said * SIDE, (1.0 - one.so.value) * SIDE
        if isfinite(one.so.low):
            low, high = (1.0 - one.so.low) * SIDE, (1.0 - one.so.high) * SIDE
            marks.append(
                f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" '
                'stroke="#1d70b8" stroke-width="2"/>'
            )
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1d70b8"/>')
    return "".join(marks)
