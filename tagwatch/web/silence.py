"""Why a tag may be silent, in a sentence."""

from tagwatch.core.silence import SilenceCard, Weight


def silence_words(card: SilenceCard | None) -> str:
    """Return what the card comes to, empty without one. Never a cause that nothing speaks for."""
    if card is None:
        return ""
    likely = [one.cause.value for one in card.causes if one.weight is Weight.LIKELY]
    possible = [
        one.cause.value
        for one in card.causes
        if one.weight is Weight.POSSIBLE and one.speaks_for and one.points >= 0
    ]
    if likely:
        return f"Likely: {_listed(likely)}."
    if possible:
        return f"Why cannot be said; possible: {_listed(possible)}."
    return "Why cannot be said from what is known."


def _listed(causes: list[str]) -> str:
    return "; or ".join(causes)
