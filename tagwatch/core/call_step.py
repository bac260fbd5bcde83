"""What a call script is made of: the steps, and what to look at and beware of."""

import msgspec

from tagwatch.core.recorded_act import Party


class CallStep(msgspec.Struct, frozen=True, kw_only=True):
    """One call: whom, and what to say or ask."""

    party: Party
    asks: tuple[str, ...]


class CallScript(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about an alert, first to last."""

    look: str
    """What to look at before ringing anybody: whether it cleared meanwhile."""
    steps: tuple[CallStep, ...]
    beware: tuple[str, ...] = ()
    """What must not be said or done."""
