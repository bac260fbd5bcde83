"""Before anything is derived from an archived time: are the fixes of then here? Else ask for them.

Live data never waits: what was late stays in the trail, the request is noted, and the line goes on.
"""

from tagwatch.core.ids import WearerId
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Step
from tagwatch.store.staging import Purpose, Want
from tagwatch.store.state import LineState


def missing(wearers: tuple[WearerId, ...], start: Instant, state: LineState) -> bool:
    """Return whether fixes of [start, …) of any of them are archived and not here."""
    seam = state.trails.seam
    if start >= seam.settled:
        return False
    covers = state.trails.staging.covers
    return any(
        _began_before(wearer, seam.settled, state) and not covers(wearer, start, seam)
        for wearer in wearers
    )


def _began_before(wearer: WearerId, at: Instant, state: LineState) -> bool:
    first_at = state.of(wearer).findings.first_at
    return first_at is not None and first_at < at


def ready(step: Step, want: Want, state: LineState) -> bool:
    """Return whether a derivation can be done now; if not, note what it needs."""
    if not missing(want.wearers, want.start, state):
        return True
    book, seam = state.trails.staging, state.trails.seam
    book.ask(want, seam, step.seq, step.received_at, step.writes)
    step.writes.count("staging_asked")
    return False


def card_ready(step: Step, wearer: WearerId, about: str, start: Instant, state: LineState) -> bool:
    """Return whether the card of an alert can be written, as far as fixes from `start` on go."""
    want = Want(
        purpose=Purpose.CARD,
        wearer=wearer,
        about=about,
        wearers=(wearer,),
        start=start,
        since=start,
        cause="",
        late=False,
    )
    return ready(step, want, state)
