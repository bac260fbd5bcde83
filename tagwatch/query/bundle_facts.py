"""What an evidence bundle of a wearer's window is made from, as the tables have it.

Everything is read on one state of the projections. What belongs to a place the wearer was not told
of stands apart: it goes into closed files.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert
from tagwatch.core.case import Case
from tagwatch.core.episode import Episode
from tagwatch.core.exemption import newest
from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone, NoContact, Order, ZoneKnowledge
from tagwatch.core.outcome import Disposition, Finding, RuleKind
from tagwatch.core.person import Activation, Tag, Wearer
from tagwatch.core.rules.prepare import SettingsHistory, WearerOrders
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.query.breach_pack import names_of
from tagwatch.query.bundle_kept import ZonesOnlyPart, zones_only_part
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.store import schema
from tagwatch.store.account_checks import newest_checks
from tagwatch.store.archive.read import whole_trail
from tagwatch.store.episodes import episodes_of
from tagwatch.store.exemptions import versions_of
from tagwatch.store.orders import order_spans, order_versions
from tagwatch.verifier.content import SettingsSince, Worn
from tagwatch.verifier.rederive import derivable, derived, differences

LEADS: Final = (1 * DAY, 7 * DAY, 35 * DAY)
"""So much of the trail before the window is tried, the shortest first that gives the findings."""
TAIL: Final = 1 * DAY
"""And so much after it, or after the end of what reaches out of it."""
MOST_DAYS: Final = 31
MOST_FIXES: Final = 100_000
_ANSWER: Final = {True: "upheld", False: "not upheld"}
CUT: Final = "[withheld]"
T = TypeVar("T")
_BEGINNING: Final = Instant(-(2**62))


class BundleRefused(ValueError):
    """No bundle can be made of this. The text says why and what to do."""


class BundleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is on record of a wearer's window."""

    wearer: Wearer
    window: tuple[Instant, Instant]
    trail: tuple[Instant, Instant]
    parts: tuple[TrailPart, ...]
    orders: tuple[Order, ...]
    judged: WearerOrders
    """Every condition that fixes decide, secret ones too."""
    told: WearerOrders
    """Of these, those whose place he was told."""
    settings: tuple[SettingsSince, ...]
    tags: tuple[Worn, ...]
    derived: tuple[Episode, ...]
    reported: tuple[Episode, ...]
    about_others: int
    undermining: tuple[str, ...]
    """Withdrawn and amended findings, and how alerts were closed, in words."""
    cut: tuple[str, ...]
    """Names of others, and labels of places he was not told of: out of every text handed out."""
    kept: frozenset[int] = frozenset()
    """Journal records of messages under zones-only orders of which only what was kept is left."""
    differs: tuple[str, ...]
    """Where the recorded findings do not follow from the trail, in words: to be disclosed."""

    @property
    def has_secret(self) -> bool:
        """Whether a place is judged that he was not told of."""
        return self.told != self.judged


def bundle_facts(
    connection: Connection, wearer_id: WearerId, window: tuple[Instant, Instant], now: Instant
) -> BundleFacts:
    """Return the facts. The caller has checked the scope. Raises BundleRefused, ArchiveDamage."""
    start, end = window
    check_window(window, now)
    body = connection.scalar(
        select(schema.wearer.c.body).where(schema.wearer.c.wearer_id == wearer_id)
    )
    if body is None:
        raise BundleRefused(f"there is no wearer {wearer_id}")
    judged = _judged(connection, wearer_id)
    settings = settings_since(connection)
    history = SettingsHistory(tuple((one.since, one.settings) for one in settings))
    tags = _tags(connection, wearer_id)
    reaching = [
        each
        for each in episodes_of(connection, wearer_id)
        if each.entered_earliest < end and (each.left_latest is None or each.left_latest > start)
    ]
    recorded = tuple(each for each in reaching if derivable(each))
    told = told_of(judged)
    until = _until(recorded, window, now, None if told == judged else told)
    # With a secret place the lead must not depend on what was found there.
    leads = LEADS if told == judged else LEADS[1:]
    begin, parts, differs = Instant(start - leads[-1]), list[TrailPart](), list[str]()
    for lead in leads:
        begin = Instant(start - lead)
        parts = _parts(connection, wearer_id, tags, begin, until)
        differs = differences(recorded, derived(parts, judged, history, window))
        if not differs:
            break
    versions = order_versions(connection, wearer_id)
    zones_only = zones_only_part(connection, wearer_id, parts)
    _refuse_sealed(zones_only, told == judged)
    about_kept = tuple(_without_places(parts, zones_only, window))
    return BundleFacts(
        wearer=msgspec.json.decode(body, type=Wearer),
        window=window,
        trail=(begin, until),
        parts=tuple(parts),
        orders=tuple(order for each in versions.values() for order in each[::-1]),
        judged=judged,
        told=told,
        settings=settings,
        tags=tags,
        derived=recorded,
        reported=tuple(e for e in reaching if e.rule in _REPORTED),
        about_others=sum(1 for e in reaching if e.rule is RuleKind.ENCOUNTER),
        undermining=(*about_kept, *_against(connection, wearer_id, window, reaching)),
        kept=zones_only.kept,
        cut=_cut_words(connection, judged),
        differs=tuple(differs),
    )


_REPORTED: Final = frozenset({RuleKind.TAMPER, RuleKind.BATTERY, RuleKind.COMMS})


def is_secret(version: ConditionVersion) -> bool:
    """Say whether the wearer was not told where a zone lies."""
    terms = version.terms
    return isinstance(terms, ExclusionZone) and terms.knowledge is ZoneKnowledge.SECRET


def told_of(judged: WearerOrders) -> WearerOrders:
    """Return of the orders what the wearer was told of, without a trace of the rest."""
    secret = {each.condition_id for each in judged.conditions if is_secret(each)}
    if not secret:
        return judged
    exemptions = [
        msgspec.structs.replace(
            each, conditions=tuple(name for name in each.conditions if name not in secret)
        )
        for each in judged.exemptions
        if not each.conditions or set(each.conditions) - secret
    ]
    return msgspec.structs.replace(
        judged,
        conditions=tuple(v for v in judged.conditions if v.condition_id not in secret),
        exemptions=tuple(exemptions),
    )


def settings_since(connection: Connection) -> tuple[SettingsSince, ...]:
    """Return the settings as the line takes them: the built-in ones before any published."""
    table = schema.settings.c
    rows = connection.execute(select(table.effective_from, table.body).order_by(table.version))
    by_time = {_BEGINNING: DEFAULT_SETTINGS}
    by_time |= {
        Instant(row.effective_from): msgspec.json.decode(row.body, type=Settings) for row in rows
    }
    return tuple(SettingsSince(since=at, settings=one) for at, one in sorted(by_time.items()))


def without(value: T, facts: BundleFacts) -> T:
    """Return the value with names and labels that a redacted bundle must not hold put out of every
    text in it."""
    return msgspec.convert(cut(msgspec.to_builtins(value), facts.cut), type(value))


def cut(value: Any, words: Sequence[str]) -> Any:
    """Return plain data with these words, however they are written, put out of every text."""
    if isinstance(value, str):
        for word in words:
            if word.strip():
                value = re.sub(re.escape(word), CUT, value, flags=re.IGNORECASE)
        return value
    if isinstance(value, dict):
        return {key: cut(each, words) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [cut(each, words) for each in cast("list[Any]", value)]
    return value


def _cut_words(connection: Connection, judged: WearerOrders) -> tuple[str, ...]:
    labels = {v.terms.label for v in judged.conditions if is_secret(v)}
    return (*names_of(connection, judged.wearer_id), *sorted(labels))


def check_window(window: tuple[Instant, Instant], now: Instant) -> None:
    """Raise BundleRefused unless a bundle can be of this window."""
    start, end = window
    if start >= end:
        raise BundleRefused("the window must end after it begins")
    if end - start > MOST_DAYS * DAY:
        raise BundleRefused(f"a bundle is of at most {MOST_DAYS} days: make several")
    if start % DAY or end % DAY:
        raise BundleRefused(
            "a bundle is of whole days (UTC), so that its limits tell nothing of what happened"
        )
    if end > now:
        raise BundleRefused("the window must be over: end it by today")


def _judged(connection: Connection, wearer_id: WearerId) -> WearerOrders:
    versions = versions_of_wearer(connection, wearer_id)
    placed = [each for each in versions if not isinstance(each.terms, NoContact)]
    return WearerOrders(
        wearer_id=wearer_id,
        conditions=tuple(sorted(placed, key=lambda v: (v.condition_id, v.version))),
        exemptions=newest(versions_of(connection, wearer_id)),
        spans=order_spans(connection, wearer_id),
    )


def _tags(connection: Connection, wearer_id: WearerId) -> tuple[Worn, ...]:
    column = schema.activation.c
    rows = connection.execute(
        select(column.body, schema.tag.c.body.label("tag"))
        .outerjoin(schema.tag, schema.tag.c.tag_id == column.tag_id)
        .where(column.wearer_id == wearer_id)
        .order_by(column.started_at)
    )
    found: list[Worn] = []
    for row in rows:
        activation = msgspec.json.decode(row.body, type=Activation)
        model = "unknown" if row.tag is None else msgspec.json.decode(row.tag, type=Tag).model
        found.append(
            Worn(
                activation_id=activation.activation_id,
                model=model,
                started_at=activation.started_at,
                ended_at=activation.ended_at,
            )
        )
    return tuple(found)


def _parts(
    connection: Connection,
    wearer_id: WearerId,
    tags: Sequence[Worn],
    start: Instant,
    end: Instant,
) -> list[TrailPart]:
    models = {tag.activation_id: tag.model for tag in tags}
    found: list[tuple[ActivationId, FixBlock]] = whole_trail(connection, wearer_id, start, end)
    if sum(len(block) for _, block in found) > MOST_FIXES:
        raise BundleRefused(f"there are more than {MOST_FIXES} fixes: ask for fewer days")
    return [
        TrailPart(name, models.get(name, "unknown"), block)
        for name, block in sorted(found, key=lambda one: one[0])
    ]


def _refuse_sealed(zones_only: ZonesOnlyPart, all_told: object) -> None:
    """Raise BundleRefused where a bundle would open what is sealed, or tell a place."""
    if not zones_only.fixes:
        return
    how = "Ask by a data request, which a second person approves"
    if not all_told:
        raise BundleRefused(
            "he is monitored for zones only in this window, and for a place he was not told of: "
            f"what was kept near it would tell where it lies. {how}"
        )
    if zones_only.sealed:
        raise BundleRefused(
            f"{zones_only.sealed} fixes of this window, or of the days beside it that its findings "
            "need, are of zones-only monitoring and still sealed. Once their days are over (the "
            f"last at {iso(zones_only.over_at)}, later under a legal hold) a bundle has what was "
            f"kept of them. {how}"
        )


def _without_places(
    parts: Sequence[TrailPart], zones_only: ZonesOnlyPart, window: tuple[Instant, Instant]
) -> Iterator[str]:
    """Yield in words how much of the window nobody can read any more."""
    kept = list(zones_only.kept)
    gone = 0
    for part in parts:
        times = part.block["fixed_at"]
        lost = np.isin(part.block["seq"], kept) & np.isnan(part.block["lon_deg"])
        gone += int(np.count_nonzero(lost & (times >= window[0]) & (times < window[1])))
    if gone:
        yield (
            f"{gone} fixes of the window have no place any more: he was monitored for zones only, "
            "and the keys of those days were destroyed as his order says. What they said, for "
            "him or against him, nobody can read"
        )


def _against(
    connection: Connection,
    wearer_id: WearerId,
    window: tuple[Instant, Instant],
    reaching: Sequence[Episode],
) -> Iterator[str]:
    """Yield in words what was withdrawn, amended, explained or contested."""
    for one in reaching:
        if one.finding is Finding.WITHDRAWN:
            yield f"A finding of {iso(one.entered_latest)} was withdrawn: {one.reason}"
        elif one.version > 1:
            yield (
                f"The finding of {iso(one.entered_latest)} stands in version {one.version}; the "
                f"last change: {one.reason}"
            )
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body).where(column.wearer_id == wearer_id).order_by(column.raised_at)
    )
    for body in bodies:
        alert = msgspec.json.decode(body, type=Alert)
        within = window[0] <= alert.happened_at < window[1]
        if within and alert.disposition not in (None, Disposition.TRUE_BREACH):
            word = str(alert.disposition).replace("_", " ")
            yield f"The alert of {iso(alert.happened_at)} was closed as {word}."
    for case in cases_touching(connection, wearer_id, window):
        for one in case.contests:
            answer = "not answered yet" if one.upheld is None else _ANSWER[one.upheld]
            yield f"He contests a finding ({answer}): {one.words}"
    for check in newest_checks(connection, wearer_id):
        for said, held in zip(check.statements, check.judgements, strict=True):
            if said.start < window[1] and said.end > window[0]:
                yield (
                    f"An account of {iso(said.start)} to {iso(said.end)} was held against his "
                    f"fixes (check {check.check_id} version {check.version}): "
                    f"{held.verdict.value}, likelihood ratio {held.weight.ratio:g}."
                )


def cases_touching(
    connection: Connection, wearer_id: WearerId, window: tuple[Instant, Instant]
) -> list[Case]:
    """Return the wearer's cases that hold an alert of the window, oldest first."""
    column = schema.case_record.c
    bodies = connection.scalars(
        select(column.body).where(column.wearer_id == wearer_id).order_by(column.opened_at)
    )
    cases = [msgspec.json.decode(body, type=Case) for body in bodies]
    alert = schema.alert.c
    found = connection.scalars(select(alert.body).where(alert.wearer_id == wearer_id))
    alerts = [msgspec.json.decode(body, type=Alert) for body in found]
    within = {a.alert_id for a in alerts if window[0] <= a.happened_at < window[1]}
    return [case for case in cases if within & set(case.alerts)]


def _until(
    recorded: Sequence[Episode],
    window: tuple[Instant, Instant],
    now: Instant,
    told: WearerOrders | None,
) -> Instant:
    """Return how far the trail must reach for what is found in the window to have ended.

    `told` is given where there is a secret place: then it must not depend on what was found there.
    """
    if told is not None:
        shown = {each.condition_id for each in told.conditions}
        hidden = [e for e in recorded if e.condition_id not in shown]
        if any(e.left_latest is None or e.left_latest > window[1] for e in hidden):
            raise BundleRefused("a finding goes on beyond the end of the window: end it later")
        recorded = [e for e in recorded if e.condition_id in shown]
    ends = [now if e.left_latest is None else e.left_latest for e in recorded]
    return Instant(min(max([window[1], *ends]) + TAIL, now))
