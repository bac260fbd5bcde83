"""How much too narrow or too wide an error model is: one factor a source, fitted, as a draft."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from tagwatch.core.fix import Source
from tagwatch.core.plane import Floats
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import ErrorSettings, Figure, SourceErrors, TagModelErrors
from tagwatch.sim.calibrate.truth import Known
from tagwatch.sim.quality.bound import Measured

LEAST_BLOCKS: Final = 20
LEAST_PLACES: Final = 3
"""With fewer of either nothing is suggested: one street is no evidence about another."""
RESAMPLES: Final = 1000
GRID: Final[Floats] = 10.0 ** np.linspace(-1.0, 1.0, 185)
"""Factors tried, 2.5 % apart."""


class Fitted(NamedTuple):
    """The factor on every sigma but that of gross jumps that makes the truths most likely."""

    source: Source
    tag_model: str
    places: int
    blocks: int
    factor: Measured

    @property
    def suggested(self) -> bool:
        """Whether there are enough places and blocks, and the factor can be told from 1."""
        return not self.objection

    @property
    def objection(self) -> str:
        """Why the factor is not suggested, or nothing."""
        if self.places < LEAST_PLACES:
            return f"{self.places} places, it takes {LEAST_PLACES}"
        if self.blocks < LEAST_BLOCKS:
            return f"{self.blocks} blocks, it takes {LEAST_BLOCKS}"
        if self.factor.low <= 1.0 <= self.factor.high:
            return "it cannot be told from 1"
        return ""


def fitted(fixes: Sequence[Known], source: Source, tag_model: str, seed: int) -> Fitted:
    """Return the factor of at least one fix of one source, with bounds from resampled blocks."""
    number = {block: k for k, block in enumerate(sorted({fix.block for fix in fixes}))}
    block_of = np.array([number[fix.block] for fix in fixes])
    likely = np.zeros((len(number), len(GRID)))
    sigmas = np.array([_padded(fix.belief.error.sigmas_m) for fix in fixes])
    weights = np.array([_padded(fix.belief.error.weights) for fix in fixes])
    squared = np.array([fix.belief.error_m(fix.truth) ** 2 for fix in fixes])
    gross = np.argmax(np.where(weights > 0.0, sigmas, 0.0), axis=1)
    rows = np.arange(len(fixes))
    for k, factor in enumerate(GRID):
        scaled = sigmas * factor
        scaled[rows, gross] = 0.0
        scaled[rows, gross] = np.maximum(sigmas[rows, gross], scaled.max(axis=1))
        np.add.at(likely[:, k], block_of, _log_density(squared, weights, scaled))
    best = float(GRID[int(np.argmax(likely.sum(axis=0)))])
    rng = np.random.default_rng(seed)
    blocks = len(number)
    drawn = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), RESAMPLES) @ likely
    low, high = np.percentile(GRID[np.argmax(drawn, axis=1)], [2.5, 97.5])
    places = len({fix.place for fix in fixes})
    return Fitted(source, tag_model, places, blocks, Measured(best, float(low), float(high)))


def draft(settings: Settings, found: Sequence[Fitted]) -> Settings:
    """Return the settings with the suggested factors in them: a draft, which nothing applies
    until somebody publishes it."""
    errors = settings.errors
    for one in found:
        if one.suggested:
            errors = _with(errors, one)
    return msgspec.structs.replace(settings, errors=errors)


FAMILY: Final = {
    Source.UNKNOWN: Source.GNSS,
    Source.GNSS: Source.GNSS,
    Source.WIFI: Source.WIFI,
    Source.LBS: Source.LBS,
    Source.RF: Source.LBS,
}
"""Sources that share an error model, by the one that names it."""
_NAMES: Final = {Source.GNSS: "gnss", Source.WIFI: "wifi", Source.LBS: "cell"}


def _with(errors: ErrorSettings, one: Fitted) -> ErrorSettings:
    name = _NAMES[FAMILY[one.source]]
    if not one.tag_model:
        return msgspec.structs.replace(errors, **{name: _scaled(getattr(errors, name), one)})
    others = tuple(
        model
        for model in errors.tag_models
        if (model.tag_model, model.source) != (one.tag_model, one.source)
    )
    former = next((m.errors for m in errors.tag_models if m not in others), getattr(errors, name))
    model = TagModelErrors(tag_model=one.tag_model, source=one.source, errors=_scaled(former, one))
    return msgspec.structs.replace(errors, tag_models=(*others, model))


def _scaled(errors: SourceErrors, one: Fitted) -> SourceErrors:
    factor = one.factor
    origin = (
        f"calibrated: x {factor.value:.2f} (95 % {factor.low:.2f} to {factor.high:.2f}; "
        f"{one.places} places, {one.blocks} blocks of 30 s), before: "
    )

    def times(figure: Figure) -> Figure:
        return Figure(round(figure.value * factor.value, 3), origin + figure.origin)

    return msgspec.structs.replace(
        errors,
        stretches=tuple(
            msgspec.structs.replace(
                part, factor=times(part.factor), rest_bias_m=times(part.rest_bias_m)
            )
            for part in errors.stretches
        ),
    )


_MOST_PARTS: Final = 12


def _padded(values: Sequence[float]) -> list[float]:
    """Return at most twelve parts of a mixture, filled up with parts of no weight."""
    if len(values) > _MOST_PARTS:
        raise ValueError(f"a mixture of {len(values)} parts; at most {_MOST_PARTS} are fitted")
    return [*values, *[0.0] * (_MOST_PARTS - len(values))]


def _log_density(squared: Floats, weights: Floats, sigmas: Floats) -> Floats:
    variance = np.where(weights > 0.0, sigmas * sigmas, 1.0)
    parts = weights / (2.0 * np.pi * variance) * np.exp(-0.5 * squared[:, None] / variance)
    return np.log(np.maximum(parts.sum(axis=1), 1e-300))
