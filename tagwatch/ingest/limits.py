"""What the door remembers of each sender, all of it bounded: rates, repeats, places."""

from collections import OrderedDict
from collections.abc import Hashable
from enum import Enum
from typing import Final, NamedTuple

from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant


class DoorLimits(NamedTuple):
    """Bounds of the door."""

    requests_per_minute: int = 240
    """Per tag, and as many at once: mobile carriers share addresses, so never per address."""
    batch_keys: int = 200_000
    """Idempotency keys remembered; older repeats are recognised as duplicates by the line."""
    quarantined_per_hour: int = 20
    """Frames of one tag kept per hour that do not parse; more are only counted. So many different
    ones raise an alarm, too."""
    retries_alarm: int = 10
    """The same unparsable bytes this often raise an alarm."""
    places_alarm: int = 6
    """Returns to an earlier address within ten minutes that raise an alarm."""


class Rate:
    """A token bucket per key, of one minute's requests."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._per_us = per_minute / MINUTE
        self._left: dict[Hashable, tuple[float, Instant]] = {}

    def take(self, key: Hashable, at: Instant) -> int:
        """Return 0 and count the request, or the seconds after which to ask again."""
        left, since = self._left.get(key, (self._capacity, at))
        left = min(self._capacity, left + max(0, at - since) * self._per_us)
        if left < 1.0:
            return 1 + int((1.0 - left) / self._per_us / SECOND)
        self._left[key] = (left - 1.0, at)
        return 0


class Seen:
    """The last `most` keys with a value each; the oldest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        """Return the value of a key, or None."""
        return self._values.get(key)

    def put(self, key: Hashable, value: bytes) -> None:
        """Remember a key."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)


class _Spoilt(NamedTuple):
    since: Instant
    kept: int
    digest: bytes
    repeats: int
    stored: int
    """Whether the bytes of `digest` were kept: 0 or 1."""


class Keep(NamedTuple):
    """What to do with bytes that do not parse."""

    journal: int
    """How many records to write: 0 or 1."""
    alarm: str = ""
    """What has just become an alarm, in words."""


class Quarantine:
    """Which unparsable frames of a tag are kept: a tag that retries for ever fills no disk."""

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits
        self._tags: dict[Hashable, _Spoilt] = {}

    def weigh(self, tag: Hashable, digest: bytes, at: Instant) -> Keep:
        """Return whether to journal this frame and whether it has become an alarm."""
        limits = self._limits
        was = self._tags.get(tag, _Spoilt(at, 0, b"", 0, 0))
        if not 0 <= at - was.since < HOUR:
            was = was._replace(since=at, kept=0)
        if digest != was.digest:
            was = was._replace(digest=digest, repeats=0, stored=0)
        journal = int(not was.stored and was.kept < limits.quarantined_per_hour)
        now = was._replace(
            kept=was.kept + journal, repeats=was.repeats + 1, stored=was.stored | journal
        )
        self._tags[tag] = now
        if now.repeats == limits.retries_alarm:
            return Keep(journal, f"the same bytes that do not parse came {now.repeats} times")
        if journal and now.kept == limits.quarantined_per_hour:
            return Keep(journal, f"{now.kept} messages of one hour do not parse")
        return Keep(journal)

    def parsed(self, tag: Hashable) -> None:
        """Take note that a message of this tag parses: what repeats after it counts anew."""
        if (was := self._tags.get(tag)) is not None and was.repeats:
            self._tags[tag] = was._replace(repeats=0)


_PLACES_WINDOW: Final = 10 * MINUTE


class Turns(Enum):
    """What the newest use of a credential says of the places it is used from."""

    NOTHING = "nothing"
    ALARM = "used from two places in turn"
    OVER = "ten minutes have passed without that"


class Places:
    """Whether one credential is used from two places in turn: a phone changes address, but it
    does not keep coming back to the former one."""

    def __init__(self, alarm: int) -> None:
        self._alarm = alarm
        self._used: dict[Hashable, tuple[Instant, str, str, int]] = {}

    def note(self, credential: Hashable, address: str, at: Instant) -> Turns:
        """Return whether this use has just made an alarm, or ended what may have been one."""
        was = self._used.get(credential)
        if was is None or not 0 <= at - was[0] < _PLACES_WINDOW:
            self._used[credential] = (at, address, "", 0)
            return Turns.OVER if was is not None and was[3] < self._alarm else Turns.NOTHING
        since, last, former, returns = was
        if address == last:
            return Turns.NOTHING
        returns += address == former
        self._used[credential] = (since, address, last, returns)
        alarm = returns == self._alarm and address == former
        return Turns.ALARM if alarm else Turns.NOTHING
