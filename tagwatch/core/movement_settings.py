"""The numbers by which stops and trips are told apart: they describe and decide nothing."""

from typing import Final

import msgspec


class MovementSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as a stop, as having left it, and as the same place. All our own choices, checked
    on simulated lives: docs/movements.md."""

    stay_s: float = 240.0
    """A stop lasts at least this long. A minute less than the usual interval at rest, so that two
    fixes of a tag at rest make one."""
    steady_m: float = 80.0
    """Nearer than this to the middle of a stop he has not left it: a position can stick so far off
    for half an hour, and no number of fixes tells that from a visit next door."""
    leave: float = 10.0
    """He has left when the fixes since speak so much for it: a likelihood ratio of e to this."""
    most_out: float = 5.0
    """One fix speaks for it at most so much: any one can jump."""
    most_in: float = 4.0
    """And at most so much against it."""
    share_s: float = 60.0
    """Fixes nearer in time share their error: together they speak as one each so long."""
    rest_m: float = 20.0
    """Somebody at rest moves about so far."""
    rest_ratio: float = 1.6
    """At rest, at least half of the fixes lie within this multiple of their error and `rest_m`."""
    unseen_p: float = 0.05
    """A stop runs on over a gap if he was gone and back in it with less than this probability
    (`MotionSettings.away_s`)."""
    sharp_m: float = 150.0
    """A fix that errs more than this per axis shows neither stop nor trip."""
    forget_s: float = 10800.0
    """The running middle of a stop forgets this fast: the steady error of a long stay changes."""
    field_m: float = 50.0
    """Somebody who left is anywhere beyond this, farther places the less likely."""
    field_most_m: float = 50000.0
    """And within this."""
    detour: float = 1.4
    """Between two fixes the way is at most so many times the straight line. Street networks are 1.2
    to 1.4 times longer than straight lines."""


DEFAULT_MOVEMENT: Final = MovementSettings()
