"""Accounts checked: of the statements that fixes support or contradict, how many are true, by how
large the likelihood ratio is, by what is claimed and how vague the place is; and why nothing can be
said of the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2
from typing import Final

import numpy as np

from tagwatch.core.account import Bearing, HeldClaim, held_claim
from tagwatch.core.meeting import Followed
from tagwatch.core.person import TagMode
from tagwatch.core.presence import Presence
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.statement import Allegation
from tagwatch.core.trail import TrailPart
from tagwatch.core.wearing import DAYS, Wearing
from tagwatch.sim.quality.alleged import Alleged, Before, Story, Vague, alleged, before
from tagwatch.sim.quality.bound import bootstrap, share
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task, shared_out
from tagwatch.sim.quality.judge import ALWAYS, TAG, settings_of
from tagwatch.sim.quality.table import Row, Target, row

NAME: Final = "account checks"
EACH: Final = 24
"""Statements about one person."""
LEAST_WEEKS: Final = 3
_INFINITE: Final = float("inf")
BANDS: Final = (
    ("100 and more", 100.0, _INFINITE),
    ("10 to 100", 10.0, 100.0),
    ("2 to 10", 2.0, 10.0),
    ("1/2 to 2", 0.5, 2.0),
    ("less than 1/2", 0.0, 0.5),
    ("less than 1/10", 0.0, 0.1),
    ("less than 1/100", 0.0, 0.01),
)
"""Of the ratio: name, from, below. The last three hold each other."""
HIDDEN: Final = 0.1
"""From so much on silence forbids to contradict."""
TOO_NEAR: Final = (0.02, 0.95)
SUPPORTED: Final = Target(least=0.99)
CONTRADICTED: Final = Target(most=0.01)
WANTED: Final = {"100 and more": SUPPORTED, "less than 1/100": CONTRADICTED}


class Unsaid(StrEnum):
    """Why nothing can be said."""

    SILENCE = "silence could hide it"
    TOO_NEAR = "he was too near to tell"
    NOT_ALL = "he was there, the rest of the claim is not shown"
    USUAL = "he is often there"
    ALONG = "her track and his fixes leave it open"


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement: what was answered, and the truth."""

    claim: Allegation
    vague: Vague
    story: Story
    bearing: Bearing
    ratio: float
    chance: float | None
    unsaid: Unsaid | None
    is_true: bool


def tasks(setting: Setting) -> list[Task]:
    """Return the people, one to a task."""
    return shared_out(NAME, setting, [("all",)], setting.sizes.wearers, 1)


def run(task: Task) -> list[Checked]:
    """Return what was answered to each statement about each person."""
    weeks = min(DAYS // 7, LEAST_WEEKS + task.sizes.weeks)
    found: list[Checked] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        him = before(rng, weeks)
        prepared = Prepared()
        found += [_checked(him, alleged(him, rng), prepared, weeks) for _ in range(EACH)]
    return found


def _checked(him: Before, said: Alleged, prepared: Prepared, weeks: int) -> Checked:
    trail = [TrailPart(TAG, "", him.block, in_order=True), TrailPart(TAG, "", said.block)]
    one = Followed(trail, [ALWAYS], TagMode())
    wearing = Wearing(trail, [ALWAYS], one, settings_of(None), prepared, days=7 * weeks)
    held = held_claim(said.statement, wearing)
    return Checked(
        claim=said.statement.claim,
        vague=said.vague,
        story=said.story,
        bearing=held.verdict,
        ratio=held.weight.ratio,
        chance=None if held.presence is None else held.presence.probability,
        unsaid=_unsaid(held),
        is_true=said.is_true,
    )


def _unsaid(held: HeldClaim) -> Unsaid | None:
    if held.verdict is not Bearing.CANNOT_SAY:
        return None
    if held.presence is None:
        return Unsaid.ALONG
    if held.said:
        return Unsaid.NOT_ALL
    return _why(held.presence)


def _why(found: Presence) -> Unsaid:
    chance = found.probability or 0.0
    if TOO_NEAR[0] <= chance < TOO_NEAR[1]:
        return Unsaid.TOO_NEAR
    return Unsaid.SILENCE if found.hidden > HIDDEN else Unsaid.USUAL


# --- the table ------------------------------------------------------------------------------------


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return how many statements of each answer and each band of the ratio are true."""
    every: list[Checked] = [one for part in results[NAME, "all"] for one in part]
    table = _answers("all", every, SUPPORTED, CONTRADICTED)
    for name, low, below in BANDS:
        band = [one for one in every if low <= one.ratio < below]
        table.append(_true(f"ratio {name}", band, WANTED.get(name)))
    for claim in Allegation:
        of_claim = [one for one in every if one.claim is claim]
        table += _answers(claim.value, of_claim, None, None)
        table.append(_true(f"{claim.value}, ratio 100 and more", _large(of_claim), None))
    for vague in Vague:
        placed = [o for o in every if o.vague is vague and o.claim is not Allegation.FOLLOWED]
        table += _answers(vague.value, placed, None, None)
        table.append(_true(f"{vague.value}, ratio 100 and more", _large(placed), None))
    for story in Story:
        told = [one for one in every if one.story is story]
        table += [_share(f"he did: {story.value}", f"{each.value}", told, _answered(each))
                  for each in Bearing]  # fmt: skip
    usual = [one for one in every if one.story is Story.USUAL and one.is_true]
    table.append(_share("where he usually is, and was", "ratio 10 and more", usual, _is_large))
    unsaid = [one for one in every if one.bearing is Bearing.CANNOT_SAY]
    table += [_share("cannot say", f"why: {why.value}", unsaid, _because(why)) for why in Unsaid]
    table += [_chance(every, low) for low in (0.0, 0.2, 0.4, 0.6, 0.8)]
    return [*table, _cost(every, setting)]


def _large(every: Sequence[Checked]) -> list[Checked]:
    return [one for one in every if one.ratio >= 100.0]


def _is_large(one: Checked) -> bool:
    return one.ratio >= 10.0


def _answered(bearing: Bearing) -> Callable[[Checked], bool]:
    return lambda one: one.bearing is bearing


def _because(why: Unsaid) -> Callable[[Checked], bool]:
    return lambda one: one.unsaid is why


def _answers(
    cell: str, every: Sequence[Checked], supports: Target | None, contradicts: Target | None
) -> list[Row]:
    by = {each: [one for one in every if one.bearing is each] for each in Bearing}
    return [
        _true(f"{cell}: supports", by[Bearing.SUPPORTS], supports),
        _true(f"{cell}: contradicts", by[Bearing.CONTRADICTS], contradicts),
        _true(f"{cell}: cannot say", by[Bearing.CANNOT_SAY], None),
        _share(cell, "cannot say", every, _answered(Bearing.CANNOT_SAY)),
    ]


def _true(cell: str, every: Sequence[Checked], target: Target | None) -> Row:
    return _share(cell, "true", every, lambda one: one.is_true, target)


def _share(
    cell: str,
    figure: str,
    every: Sequence[Checked],
    counts: Callable[[Checked], bool],
    target: Target | None = None,
) -> Row:
    hits = sum(counts(one) for one in every)
    return row(NAME, cell, figure, share(hits, len(every)), f"{len(every)} statements", target)


def _chance(every: Sequence[Checked], low: float) -> Row:
    high = low + 0.2 + (low == 0.8)
    held = [
        one
        for one in every
        if one.chance is not None and low <= one.chance < high and one.claim is Allegation.THERE
    ]
    return _true(f"was there, chance {low:g} to {low + 0.2:g}", held, None)


def _cost(every: Sequence[Checked], setting: Setting) -> Row:
    """Return the cost of the log of the ratios (Brümmer 2006): 0 if all is known, 1 if nothing."""
    lines = [
        (log2(1.0 + 1.0 / o.ratio), 0.0, 1.0, 0.0)
        if o.is_true
        else (0.0, log2(1.0 + o.ratio), 0.0, 1.0)
        for o in every
        if o.story is not Story.USUAL
    ]
    sums = np.array(lines, dtype=np.float64).reshape(-1, 4)
    cost = bootstrap(sums, _mean_cost, setting.seed, setting.sizes.resamples)
    return row(NAME, "all", "cost of the log ratios, in bits", cost, f"{len(lines)} statements")


def _mean_cost(sums: np.ndarray) -> float:
    return float(0.5 * (sums[0] / max(sums[2], 1.0) + sums[1] / max(sums[3], 1.0)))


EXPERIMENT: Final = Experiment(
    NAME, "Statements held against fixes: how often the answer is right.", tasks, run, rows
)
