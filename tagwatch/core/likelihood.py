"""How much fixes weigh for or against what somebody said: a likelihood ratio and its words.

By Bayes the ratio is what the fixes turn the odds by: odds of presence given them, over the odds
by his routine alone. It is stated from the careful side. For presence counts what moments of the
fixes show, not what may have gone on between them (that adds little, `BETWEEN_MOST`); against it
counts only what nothing leaves open. So a blind hour has the ratio 1.
"""

from typing import Final

import msgspec

from tagwatch.core.presence import Presence

CAP: Final = 1_000.0
"""No ratio is stated above this or below its inverse: beyond it the fixes are not what can be
wrong, but the tag (on another's leg, of a wrong clock, mixed up in the register), and of that the
laboratory measures nothing."""
BETWEEN_MOST: Final = 2.0
"""What is reckoned to have gone on between two fixes, where they came as expected, weighs no more:
it rests on the model of movement, which errs towards presence (docs/accounts.md)."""
LEAST: Final = 0.0005
"""Chances are taken within this and 1 − this: they are averages over 512 paths."""
PRIOR_LEAST: Final = 0.005
"""A chance by routine is taken within this and 1 − this: it rests on a few weeks."""

SCALE: Final = (
    (1_000.0, "strong support"),
    (100.0, "moderately strong support"),
    (10.0, "moderate support"),
    (2.0, "weak support"),
)
"""Lower ends of ratios and their words: the verbal scale of the ENFSI guideline for evaluative
reporting (2015), which the Association of Forensic Science Providers' scale (2009) agrees with."""
NO_SUPPORT: Final = "no support for one rather than the other"


class LikelihoodRatio(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes weigh between two propositions."""

    ratio: float
    """P(fixes | he was there as claimed) / P(fixes | he was elsewhere), three figures at most."""
    words: str
    prior: float
    """Chance by his routine alone."""
    posterior: float
    """That chance turned by the ratio."""


def odds(chance: float, least: float = LEAST) -> float:
    """Return the odds of a chance, which is taken no nearer to 0 or 1 than `least`."""
    kept = min(max(chance, least), 1.0 - least)
    return kept / (1.0 - kept)


def weight(
    lower: float, best: float, upper: float, prior: float, watched: float
) -> LikelihoodRatio:
    """Return the weight of fixes by which presence has a chance of `lower` to `upper`, `best` as
    reckoned. `watched`: the share of the time in which fixes came as expected."""
    before = odds(prior, PRIOR_LEAST)
    ratio = 1.0
    if best > prior:
        ratio = max(1.0, odds(lower) / before)
        if watched >= 0.9:
            ratio = max(ratio, min(BETWEEN_MOST, odds(best) / before))
    elif best < prior:
        ratio = min(1.0, odds(upper) / before)
    ratio = _figures(min(max(ratio, 1.0 / CAP), CAP))
    after = before * ratio
    return LikelihoodRatio(
        ratio=ratio,
        words=in_words(ratio),
        prior=round(prior, 4),
        posterior=round(after / (1.0 + after), 4),
    )


def of_presence(found: Presence, prior: float) -> LikelihoodRatio:
    """Return the weight of what the fixes say of presence in a place."""
    spent_s = found.observed_s + found.unobserved_s + found.off_s
    watched = found.observed_s / spent_s if spent_s else 0.0
    best = prior if found.probability is None else found.probability
    return weight(found.lower, best, found.upper, prior, watched)


def in_words(ratio: float) -> str:
    """Return the words of a ratio: which proposition is supported, and how."""
    size, side = (ratio, "the first") if ratio >= 1.0 else (1.0 / ratio, "the second")
    for least, words in SCALE:
        if size >= least * (1.0 - 1e-9):
            return f"{words} for {side}"
    return NO_SUPPORT


def _figures(ratio: float) -> float:
    return float(f"{ratio:.3g}")
