"""What undermines the case, gathered from the records of one release: every kind is looked for."""

from collections.abc import Iterator
from functools import partial
from math import ceil
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert, AlertKind, reference
from tagwatch.core.carried import OffBody
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.disclosure import for_defence
from tagwatch.core.episode import Episode
from tagwatch.core.fix import Source
from tagwatch.core.order import Curfew, ExclusionZone, place_of
from tagwatch.core.outcome import Disposition, Finding, RuleKind
from tagwatch.core.request_kinds import ReleaseForm
from tagwatch.core.undermining import Against, Undermining, in_order
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.core.was_near import WasNear
from tagwatch.query.precision import SINCE_DAYS, Precision
from tagwatch.query.request_records import ReleasedRecords
from tagwatch.query.request_trail import SILENT, ClippedTrail, inside_m, usable
from tagwatch.query.unseen import circumstance_of
from tagwatch.report.trail_file import TrailRow
from tagwatch.store import schema

BESIDE: Final = 10 * MINUTE
"""A fix so long before or after a finding that shows him elsewhere is listed with it."""
MOST_FIXES: Final = 200
_UNSURE: Final = {
    Finding.POSSIBLE: "is possible only: a warning, not held to be proved",
    Finding.UNDETERMINED: "was neither confirmed nor ruled out: cannot say",
    Finding.WITHDRAWN: "was withdrawn",
}
_WHAT: Final = {
    RuleKind.ZONE: "The finding that he was in an exclusion zone",
    RuleKind.APPROACH: "The finding that he was near an exclusion zone",
    RuleKind.CURFEW: "The finding that he was not where he had to be",
}
_MIDST: Final = "in the midst of the finding"
_NETWORK: Final = (Source.WIFI, Source.LBS, Source.UNKNOWN)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that is looked through for one release."""

    window: tuple[Instant, Instant]
    trail: ClippedTrail
    """Of the whole time, whether or not its fixes are released."""
    records: ReleasedRecords
    presence: WasNear | None
    off_body: tuple[OffBody, ...]
    precisions: tuple[Precision, ...]
    """Of this installation, by kind of alert."""


def undermining(connection: Connection, known: Known) -> tuple[Undermining, ...]:
    """Return the list. The caller has checked the scope and that form."""
    return in_order(
        [
            *_of_trail(known),
            *_of_findings(known),
            *_of_presence(known),
            *_of_alerts(connection, known),
            *_of_words(known.records),
            *_blind(connection, known.window),
            *_rates(known),
        ]
    )


def _of_trail(known: Known) -> Iterator[Undermining]:
    trail = known.trail
    for span in trail.spans:
        if span.what == SILENT:
            minutes = (span.end - span.start) // MINUTE
            yield Undermining(
                kind=Against.GAP,
                words=f"No usable fix for {_many(minutes, 'minute', 'minutes')}: "
                "where he was is not known.",
                at=span.start,
                until=span.end,
            )
    rows = (*trail.rows, *trail.left_out)
    if trail.left_out:
        outside = [row.fixed_at for row in trail.left_out]
        yield Undermining(
            kind=Against.OUTSIDE_AREA,
            words=f"{len(outside)} of {len(rows)} fixes of the time lie outside the area, or have "
            f"no place; of {trail.reaching} of them the 95 % circle reaches into it.",
            at=min(outside),
            until=max(outside),
        )
    for words, found in (
        ("fixes were kept and decide nothing, for they are marked", _unusable(rows)),
        ("fixes are by network or of unknown source, not by satellite", _vague(rows)),
    ):
        if found:
            yield Undermining(kind=Against.WEAK_FIXES, words=f"{found} of {len(rows)} {words}.")
    for off in known.off_body:
        yield Undermining(
            kind=Against.OFF_BODY,
            words=f"The tag said: {off.said}. Its fixes of that time may not be his.",
            at=off.start,
            until=off.end,
        )


def _unusable(rows: tuple[TrailRow, ...]) -> int:
    return sum(not usable(row) for row in rows)


def _vague(rows: tuple[TrailRow, ...]) -> int:
    return sum(row.source in _NETWORK for row in rows)


def _of_findings(known: Known) -> Iterator[Undermining]:
    for one in known.records.episodes:
        what = _WHAT.get(one.rule)
        if what is None:
            continue
        line = partial(
            Undermining, at=one.entered_earliest, until=one.left_latest, source=one.episode_id
        )
        if one.finding in _UNSURE:
            withdrawn = one.finding is Finding.WITHDRAWN
            kind = Against.WITHDRAWN if withdrawn else Against.CANNOT_SAY
            yield line(kind=kind, words=f"{what} {_UNSURE[one.finding]}.")
        elif one.version > 1:
            words = f"{what} stands in version {one.version}: earlier it was held otherwise."
            yield line(kind=Against.WITHDRAWN, words=words)
        if one.before_told:
            words = f"{what} is of a time before he had been told of the condition."
            yield line(kind=Against.CANNOT_SAY, words=words)
        if one.finding is not Finding.WITHDRAWN:
            yield from _contradicting(known, one, what)


def _contradicting(known: Known, one: Episode, what: str) -> Iterator[Undermining]:
    """Yield the fixes during a finding, or just beside it, whose 95 % circle says the contrary."""
    version = known.records.version_of(one)
    if version is None or one.rule is RuleKind.APPROACH:
        return
    terms = version.terms
    if isinstance(terms, ExclusionZone):
        shape, inside = terms.shape, "outside the zone"
    elif isinstance(terms, Curfew):
        shape, inside = place_of(terms), "within the place where he had to be"
    else:
        return
    begin = one.entered_earliest - BESIDE
    end = (known.window[1] if one.left_latest is None else one.left_latest) + BESIDE
    beside: dict[str, list[Instant]] = {}
    shown = 0
    for row in sorted((*known.trail.rows, *known.trail.left_out), key=lambda row: row.fixed_at):
        if not begin <= row.fixed_at < end or not usable(row) or row.radius_m_95 is None:
            continue
        deep = inside_m(row, shape)
        contrary = 0.0 if deep is None else deep if isinstance(terms, Curfew) else -deep
        when = _when(row, one)
        if contrary <= row.radius_m_95:
            continue
        if when != _MIDST:
            beside.setdefault(when, []).append(row.fixed_at)
        elif (shown := shown + 1) <= MOST_FIXES:
            yield Undermining(
                kind=Against.CONTRADICTING_FIX,
                words=f"A fix {when} has its whole 95 % circle (radius {ceil(row.radius_m_95)} m) "
                f"{inside}. {what} goes on about then.",
                at=row.fixed_at,
                source=row.fix_id,
            )
    for when, times in beside.items():
        yield Undermining(
            kind=Against.CONTRADICTING_FIX,
            words=f"{_many(len(times), 'fix', 'fixes')} {when} with the whole 95 % circle "
            f"{inside}: {what[0].lower()}{what[1:]} is bounded by that.",
            at=times[0],
            until=times[-1],
            source=one.episode_id,
        )


def _when(row: TrailRow, one: Episode) -> str:
    if row.fixed_at < one.entered_latest:
        return "shortly before the finding begins"
    last = one.left_earliest
    if last is not None and row.fixed_at > last:
        return "shortly after the finding ends"
    return _MIDST


def _many(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _of_presence(known: Known) -> Iterator[Undermining]:
    found = known.presence
    if found is None:
        return
    for span in found.left_open:
        minutes = max(1, (span.end - span.start) // MINUTE)
        yield Undermining(
            kind=Against.CANNOT_SAY,
            words="Whether he was in the area cannot be said for "
            f"{_many(minutes, 'minute', 'minutes')}.",
            at=span.start,
            until=span.end,
        )
    if found.unobserved_s:
        yield Undermining(
            kind=Against.CANNOT_SAY,
            words=f"{found.unobserved_s * SECOND // MINUTE} minutes of the time were not observed.",
        )


def _of_alerts(connection: Connection, known: Known) -> Iterator[Undermining]:
    for alert in known.records.alerts:
        line = partial(Undermining, at=alert.happened_at, source=reference(alert.alert_id))
        if alert.disposition not in (None, Disposition.TRUE_BREACH):
            words = f"The alert was closed as: {alert.disposition.replace('_', ' ')}."
            yield line(kind=Against.CLOSED_OTHERWISE, words=words)
        card = _card(connection, alert, known.records.form)
        for one in () if card is None else card.alternatives:
            speaks = "; ".join(one.speaks_for)
            if speaks:
                words = known.records.clean(f"Another explanation is {one.cause}: {speaks}.")
                yield line(kind=Against.ALTERNATIVE, words=words)
        for unknown in () if card is None else card.unknown:
            words = known.records.clean(f"Not known: {unknown}.")
            yield line(kind=Against.CANNOT_SAY, words=words)


def _card(connection: Connection, alert: Alert, form: ReleaseForm) -> Circumstance | None:
    card = circumstance_of(connection, alert)
    return card if card is None or form is ReleaseForm.EXPERT else for_defence(card)


def _of_words(records: ReleasedRecords) -> Iterator[Undermining]:
    for one in records.contests:
        answers = {None: "not answered yet", True: "upheld", False: "not upheld"}
        words = f"He contests a finding ({answers[one.upheld]}): {one.words}"
        yield Undermining(kind=Against.CONTESTED, words=records.clean(words), at=one.at)
    for each in records.decisions:
        if each.dissent:
            words = records.clean(f"Somebody disagreed with a decision: {each.dissent}")
            yield Undermining(kind=Against.DISSENT, words=words, at=each.at)
    if records.about_others:
        yield Undermining(
            kind=Against.OTHERS,
            words=f"{records.about_others} findings are about an encounter with another person and "
            "are not in this release: they tell where that person was. A court can order them.",
        )


def _blind(connection: Connection, window: tuple[Instant, Instant]) -> Iterator[Undermining]:
    column = schema.alert.c
    kinds = (AlertKind.BLIND.value, AlertKind.MASS_SILENCE.value)
    query = select(column.body).where(column.wearer_id.is_(None), column.kind.in_(kinds))
    for body in connection.scalars(query.order_by(column.raised_at)):
        one = msgspec.json.decode(body, type=Alert)
        if window[0] <= one.happened_at < window[1]:
            words = (
                "The installation itself could not see for a time."
                if one.kind is AlertKind.BLIND
                else "Many tags fell silent at once: probably one outage, not their wearers."
            )
            yield Undermining(kind=Against.BLIND, words=words, at=one.happened_at)


def _rates(known: Known) -> Iterator[Undermining]:
    shown = {alert.kind.value for alert in known.records.alerts}
    for each in known.precisions:
        if each.name not in shown:
            continue
        what = f"Of alerts of this kind ({each.name.replace('_', ' ')})"
        if each.share is None:
            words = f"{what} too few were decided in {SINCE_DAYS} days to say how often one is true"
        else:
            words = (
                f"{what} {each.true} of {each.decided} decided in {SINCE_DAYS} days were true "
                f"breaches (95 % bounds {100 * each.low:.0f} to {100 * each.high:.0f} %)"
            )
        yield Undermining(kind=Against.ERROR_RATE, words=f"{words}.")
    models = {tag.model for tag in known.trail.head.tags.values()}
    measured = {each.tag_model for each in known.trail.head.settings.errors.tag_models}
    for model in sorted(models - measured):
        yield Undermining(
            kind=Against.ERROR_RATE,
            words=f"No measurements of the errors of this model of tag ({model or 'unknown'}) are "
            "on record: the general error model is used.",
        )
