"""Was the tag worn and seen in this window, and why may it have been silent?"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.alert import AlertKind
from tagwatch.core.between import walked
from tagwatch.core.carried import OffBody
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.fix import TagEvent, fix_at
from tagwatch.core.ids import FixId, WearerId
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.silence import SilenceCard, silence_card
from tagwatch.core.silence_trail import WEEK, silence_facts
from tagwatch.core.timetable import difference, intersection, union
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.query.question import (
    CACHED,
    Known,
    Method,
    Window,
    audit_detail,
    events_of,
    known,
    method,
)
from tagwatch.query.reader import Reader

LONGEST: Final = 31 * DAY
MOST_GAPS: Final = 50
MOST_EXPLAINED: Final = 10
"""Of these, the longest, it is asked why."""
HOW: Final = (
    "Fitted and taken off: as on record. Off his body: from a report that the strap was cut or the "
    "tag not worn, until the tag reports the contrary. Heard: messages came no farther apart than "
    "twice what the tag's mode lets expect. Located: so did fixes that can decide, by their own "
    "clocks, those sent later too. Charging: by its reports and its fixes. A silence is explained "
    "by what speaks for and against each cause; loss of signal alone proves nothing."
)

Span = tuple[Instant, Instant]


class NotSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch with a tag on record and no usable fix."""

    start: Instant
    end: Instant
    heard: bool
    """Messages came all the while."""
    card: SilenceCard | None
    """Why that may be; None of those that are not asked."""


class GapEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The last fix before a stretch not seen, or the first after it."""

    gap: int
    """Which of `not_seen`, from 1."""
    before: bool
    at: Instant
    fix_id: FixId
    lon_deg: float
    lat_deg: float
    accuracy_m_95: float


class WornView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: spans within the window, each list in order and apart."""

    wearer_id: WearerId
    window: Window
    fitted: tuple[Span, ...]
    worn: tuple[Span, ...]
    off_body: tuple[OffBody, ...]
    heard: tuple[Span, ...]
    located: tuple[Span, ...]
    charging: tuple[Span, ...]
    not_seen: tuple[NotSeen, ...]
    """The longest, by time."""
    not_seen_in_all: int
    ends: tuple[GapEnd, ...]
    """Where he was seen last before each of `not_seen` and first after it, as far as he was."""
    fixes: int
    method: Method

    def seconds(self, name: str) -> int:
        """Return how long a list of spans is together."""
        spans: Sequence[Span] = getattr(self, name)
        return sum(end - start for start, end in spans) // SECOND


def worn_and_seen(reader: Reader, wearer_id: WearerId, window: Window) -> WornView:
    """Return when his tag was on him and seen. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "question_worn")
        of_him = known(connection, wearer_id, window, WEEK)
        said = events_of(connection, wearer_id, window.known_at)
    events = sorted((e for each in said.values() for e in each), key=lambda e: e.happened_at)
    whole = [window.span]
    prepared = Prepared(most=CACHED)
    tags = of_him.tags
    located = _located(of_him, window, prepared)
    fitted = intersection(tags.fitted, whole)
    heard = intersection(_heard(of_him, events, window), fitted)
    missed = [span for span in difference(fitted, located) if span[1] - span[0] >= SECOND]
    reader.consulted("question_worn", [wearer_id], audit_detail(window))
    not_seen = _not_seen(missed, heard, of_him, events, window, prepared)
    return WornView(
        wearer_id=wearer_id,
        window=window,
        fitted=tuple(fitted),
        worn=tuple(intersection(tags.worn, whole)),
        off_body=of_him.off_body(window),
        heard=tuple(heard),
        located=tuple(located),
        charging=tuple(intersection(_charging(of_him), whole)),
        not_seen=not_seen,
        not_seen_in_all=len(missed),
        ends=_ends(not_seen, of_him, prepared),
        fixes=sum(_within(block["fixed_at"], window) for _, block in of_him.blocks),
        method=method(
            HOW,
            of_him.settings,
            window.start,
            moving_interval_s=tags.mode.moving_interval_s,
            resting_interval_s=tags.mode.resting_interval_s,
            report_interval_s=tags.mode.report_interval_s,
        ),
    )


def _ends(not_seen: Sequence[NotSeen], of_him: Known, prepared: Prepared) -> tuple[GapEnd, ...]:
    wanted = {(gap.start, True): n for n, gap in enumerate(not_seen, 1)}
    wanted |= {(gap.end, False): n for n, gap in enumerate(not_seen, 1)}
    times = np.array([at for at, _ in wanted], np.int64)
    found: dict[tuple[int, bool], GapEnd] = {}
    for part in of_him.trail:
        block = part.block[part.rows]
        for k in np.flatnonzero(np.isin(block["fixed_at"], times)).tolist():
            fix = fix_at(block, k, part.activation_id)
            row = block[k]
            error = prepared.fix_error(
                float(row["accuracy_m"]), float(row["confidence"]), float(row["hdop"]),
                int(row["satellites"]), int(row["source"]), part.tag_model,
                of_him.settings.at(fix.fixed_at),
            )  # fmt: skip
            for before in (True, False):
                number = wanted.get((fix.fixed_at, before))
                if number is not None:
                    found[number, before] = GapEnd(
                        gap=number,
                        before=before,
                        at=fix.fixed_at,
                        fix_id=fix.fix_id,
                        lon_deg=float(row["lon_deg"]),
                        lat_deg=float(row["lat_deg"]),
                        accuracy_m_95=error.r95_m,
                    )
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], not key[1])))


def _within(times: NDArray[np.int64], window: Window) -> int:
    return int(((times >= window.start) & (times < window.end)).sum())


def _located(of_him: Known, window: Window, prepared: Prepared) -> list[Span]:
    """Return when fixes came as expected, from whatever tag was on record as his."""
    low, high = Instant(window.start - DAY // 4), Instant(window.end + DAY // 4)
    parts: list[TrailPart] = []
    for name, block in of_him.blocks:
        kept = block[(block["fixed_at"] >= low) & (block["fixed_at"] < high)]
        if len(kept):
            parts.append(TrailPart(name, of_him.tags.models.get(name, ""), kept))
    walk = walked(parts, of_him.settings, prepared)
    seen = spans_seen(walk, of_him.tags.on, of_him.tags.mode, window.span)
    return [(a, b) for a, b, kind in seen if kind is Seen.OBSERVED]


def _heard(of_him: Known, events: Sequence[TagEvent], window: Window) -> list[Span]:
    """Return when messages came no farther apart than expected."""
    times = {event.received_at for event in events}
    for _, block in of_him.blocks:
        times.update(block["received_at"].tolist())
    longest = 2 * of_him.tags.mode.report_interval_s * SECOND
    spans = [
        (Instant(a), Instant(b))
        for a, b in zip(sorted(times), [*sorted(times)[1:], window.known_at], strict=False)
        if b - a <= longest
    ]
    return intersection(union(spans, ()), [window.span])


def _charging(of_him: Known) -> list[Span]:
    """Return when it charged, by its reports, and between fixes that both say so."""
    spans: list[Span] = []
    for _, block in of_him.blocks:
        plugged = block["charging"] == 1
        both = np.flatnonzero(plugged[1:] & plugged[:-1])
        times = block["fixed_at"]
        spans += [(Instant(int(times[k])), Instant(int(times[k + 1]))) for k in both.tolist()]
    return union(spans, of_him.tags.charging)


def _not_seen(
    missed: Sequence[Span],
    heard: Sequence[Span],
    of_him: Known,
    events: Sequence[TagEvent],
    window: Window,
    prepared: Prepared,
) -> tuple[NotSeen, ...]:
    longest = sorted(missed, key=lambda span: (span[0] - span[1], span[0]))[:MOST_GAPS]
    least = of_him.settings.at(window.start).comms.silent_least_s * SECOND
    found: list[NotSeen] = []
    for number, span in enumerate(longest):
        silent = difference([span], heard)
        asked = number < MOST_EXPLAINED and span[1] - span[0] >= least
        kind = AlertKind.NO_COMMS if silent else AlertKind.NO_LOCATION
        card = None
        if asked:
            ended = None if span[1] >= window.known_at else span[1]
            facts = silence_facts(
                kind, (span[0], ended), window.known_at, of_him.trail, events, None,
                of_him.settings, prepared,
            )  # fmt: skip
            card = silence_card(facts)
        found.append(NotSeen(start=span[0], end=span[1], heard=not silent, card=card))
    return tuple(sorted(found, key=lambda each: each.start))
