"""How much fixes weigh for or against what somebody said: a likelihood ratio and its words.

The first proposition is what is claimed; the second, that the day was as his days are at that hour,
whether or not that took him there. So where he is always, to have been there weighs nothing. First
the fixes are weighed between presence and absence, from the careful side: what moments of fixes
show counts in full, what may have gone on between them up to a bound, and against presence nothing
that silence could hide. A blind hour has the ratio 1.
"""

from typing import Final

import msgspec

from tagwatch.core.presence import Presence

CAP: Final = 1_000.0
"""No ratio is stated above this or below its inverse: beyond it the fixes are not what can be
wrong, but the tag (on another's leg, of a wrong clock, mixed up in the register), and of that the
laboratory measures nothing."""
BETWEEN_MOST: Final = 50.0
"""What is reckoned to have gone on between two fixes, where they came as expected, weighs no more:
it rests on a model of movement."""
SHOWN: Final = 0.5
"""A moment of the fixes shows presence from this chance on."""
LEAST: Final = 0.0005
"""Chances are taken within this and 1 − this: they are averages over 512 paths."""
PRIOR_LEAST: Final = 0.002
"""A chance by routine is taken within this and 1 − this: it rests on 13 weeks at the most."""

MOSTLY: Final = 0.9
"""Whose routine is not asked is taken to be there so often: who is less often is ruled out the
sooner."""

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
    """P(fixes | he was there as claimed) / P(fixes | a day as his days are), three figures."""
    words: str
    prior: float
    """Chance by his routine alone."""
    posterior: float
    """That chance turned by the ratio: chance that he was there."""


def odds(chance: float, least: float = LEAST) -> float:
    """Return the odds of a chance, which is taken no nearer to 0 or 1 than `least`."""
    kept = min(max(chance, least), 1.0 - least)
    return kept / (1.0 - kept)


def of_presence(found: Presence, prior: float) -> LikelihoodRatio:
    """Return the weight of what the fixes say of presence in a place."""
    return weighed(presence_weight(found), prior)


def presence_weight(found: Presence) -> float:
    """Return P(fixes | he was there) / P(fixes | he was not).

    The paths by which the chance is reckoned hold both for as likely before the fixes: the odds
    of the chance are the ratio. It is cut where it rests on less than fixes.
    """
    spent_s = found.observed_s + found.unobserved_s + found.off_s
    if found.probability is None or not spent_s:
        return 1.0
    said = odds(found.probability)
    if said < 1.0:
        return min(1.0, max(said, found.hidden))
    if found.lower >= SHOWN:
        return said
    return min(said, 1.0 + (BETWEEN_MOST - 1.0) * found.observed_s / spent_s)


def weighed(presence: float, prior: float) -> LikelihoodRatio:
    """Return the ratio between what is claimed and a day like others, of the ratio between
    presence and absence and the chance of presence by routine."""
    before = min(max(prior, PRIOR_LEAST), 1.0 - PRIOR_LEAST)
    ratio = presence / (before * presence + 1.0 - before)
    ratio = _figures(min(max(ratio, 1.0 / CAP), CAP))
    return LikelihoodRatio(
        ratio=ratio,
        words=in_words(ratio),
        prior=round(prior, 4),
        posterior=round(min(1.0, before * ratio), 4),
    )


def in_words(ratio: float) -> str:
    """Return the words of a ratio: which proposition is supported, and how."""
    size, side = (ratio, "the first") if ratio >= 1.0 else (1.0 / ratio, "the second")
    for least, words in SCALE:
        if size >= least * (1.0 - 1e-9):
            return f"{words} for {side}"
    return NO_SUPPORT


def _figures(ratio: float) -> float:
    return float(f"{ratio:.3g}")
