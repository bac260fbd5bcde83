"""The meeting pack of a share: for a partner's meeting, what its fields give at that moment."""

from collections.abc import Iterator, Mapping
from typing import Final

from tagwatch.core.alert import AlertKind
from tagwatch.core.case_share import CaseShare, ShareField
from tagwatch.core.order import ConditionVersion, Curfew, NoContact
from tagwatch.core.outcome import Finding
from tagwatch.core.person import Wearer
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.query.shared_case import SharedCase
from tagwatch.report.paper import Lines, Paper, Part, Rows, Section, Table, Words
from tagwatch.report.week.overview import Overview
from tagwatch.report.week.words import counted, share, span
from tagwatch.web.render import birthday, day, moment
from tagwatch.web.words import word

LIMITS: Final = (
    "No place, no movement and no address is in this pack; they are not shared.",
    "Counts of alerts leave out what concerns places he was not told of.",
    "An alert is no breach: its finding says how sure it is.",
    "What could not be observed is not known. That nothing was seen says nothing about him.",
    "Do not hand it on: ask whoever shared it. For anything else make a data request.",
)


def pack_paper(facts: SharedCase, names: Mapping[str, str]) -> Paper:
    """Return the pack. The same facts give the same paper; `names` are of accounts."""
    held = facts.share
    return Paper(
        title="Meeting pack",
        mark=f"OFFICIAL-SENSITIVE. Made for {held.agency}; expires {moment(held.until)}",
        reference=f"Share {held.share_id}, version {held.version}, made {moment(facts.as_of)}",
        as_of=facts.as_of,
        sections=tuple(pack_sections(facts, names)),
    )


def pack_sections(facts: SharedCase, names: Mapping[str, str]) -> Iterator[Section]:
    """Yield the sections of the pack, for page and paper."""
    held = facts.share
    yield Section(heading="This pack", parts=(_head(facts, names),))
    if facts.wearer is not None:
        yield Section(heading="Who he is", parts=(_who(facts.wearer, names),))
    if ShareField.ORDER in held.fields:
        yield Section(heading="Orders and conditions", parts=tuple(_orders(facts)))
    if ShareField.PLAN in held.fields:
        yield Section(heading="Risk management plan, in short", parts=tuple(_plan(facts)))
    if ShareField.ALERTS in held.fields:
        yield Section(heading=f"Alerts of the last {held.alert_days} days", parts=(_alerts(facts),))
    if ShareField.DECISIONS in held.fields:
        yield Section(heading="Decisions", parts=(_decisions(facts),))
    if ShareField.WEEKS in held.fields:
        yield Section(heading="The last weeks", parts=tuple(_weeks(facts)))
    yield Section(heading="What this is not", parts=(Lines(lines=LIMITS),))


def _head(facts: SharedCase, names: Mapping[str, str]) -> Part:
    held: CaseShare = facts.share
    whom = held.agency
    if held.account_id is not None:
        whom += f", {names.get(held.account_id, 'one named account')} alone"
    return Rows(
        rows=(
            ("Made for", whom),
            ("Purpose", facts.clean(held.purpose)),
            ("Legal basis", word(held.basis)),
            ("Shared by", names.get(held.by, "an officer")),
            ("As of", moment(facts.as_of)),
            ("Expires", moment(held.until)),
        )
    )


def _who(wearer: Wearer, names: Mapping[str, str]) -> Part:
    officer = names.get(wearer.officer, "an officer") if wearer.officer else "nobody recorded"
    rows = [
        ("Name", wearer.name),
        ("Date of birth", birthday(wearer.date_of_birth)),
        ("CRN", wearer.crn or "not recorded"),
        ("NOMIS id", wearer.nomis_id or "not recorded"),
        ("PNC reference", wearer.pnc_ref or "not recorded"),
        ("Programme", word(wearer.programme)),
        ("Responsible officer", f"{officer}, {wearer.agency}"),
    ]
    return Rows(rows=tuple(rows))


def _orders(facts: SharedCase) -> Iterator[Part]:
    rows = tuple(
        (
            word(order.legal_basis),
            day(order.starts_at),
            "open" if order.ends_at is None else day(order.ends_at),
        )
        for order in facts.orders
    )
    if not rows:
        yield Words(text="No order is recorded.")
        return
    yield Table(heads=("Order", "Begins", "Ends"), rows=rows)
    lines = tuple(_condition(each) for each in facts.conditions)
    yield Lines(lines=lines) if lines else Words(text="No condition he was told of.")


def _condition(version: ConditionVersion) -> str:
    """Return what a condition demands, without a place, a label or another's name."""
    terms = version.terms
    if isinstance(terms, Curfew):
        many = len(terms.rows)
        when = f"in {counted(many, 'weekly period')}" if many else "at set times"
        if terms.appointments:
            when += f", and {counted(len(terms.appointments), 'appointment')}"
        return f"{word(terms.demand)}: to be where he must be {when} (place not shared)"
    if isinstance(terms, NoContact):
        return f"Not to come within {terms.distance_m:.0f} m of another person (who: not shared)"
    return "Exclusion zone he was told of (place not shared)"


def _plan(facts: SharedCase) -> Iterator[Part]:
    plan: RiskPlan | None = facts.plan
    if plan is None:
        yield Words(text="There is no plan on record.")
        return
    late = ", which is overdue" if plan.review_at <= facts.as_of else ""
    yield Rows(
        rows=(("Version", str(plan.version)), ("Review due", f"{day(plan.review_at)}{late}"))
    )
    for heading, lines in (
        ("What to know before meeting him", plan.warnings),
        ("What to do if", plan.contingency),
        ("Measures in place", plan.safety),
    ):
        if lines:
            yield Words(text=f"{heading}:")
            yield Lines(lines=tuple(facts.clean(each) for each in lines))


def _alerts(facts: SharedCase) -> Part:
    if not facts.alerts:
        return Words(text="None.")
    rows = tuple(
        (word(AlertKind(kind)), word(Finding(finding)), str(many))
        for kind, finding, many in facts.alerts
    )
    return Table(heads=("Kind", "How sure", "How many"), rows=rows)


def _decisions(facts: SharedCase) -> Part:
    if not facts.decisions:
        return Words(text="None.")
    rows = tuple(
        (
            day(each.at),
            word(each.kind),
            "stands" if each.stands else "waits for a second person",
        )
        for each in facts.decisions
    )
    return Table(heads=("Day", "Decision", "State"), rows=rows)


def _weeks(facts: SharedCase) -> Iterator[Part]:
    if not facts.weeks:
        yield Words(text="No weekly overview was made of the last weeks.")
    for week in facts.weeks:
        yield Words(text=f"Week from {day(week.start)}:")
        yield Lines(lines=tuple(_week(week)))


def _week(week: Overview) -> Iterator[str]:
    """Yield what can be said of a week in numbers alone: no place is in them."""
    seen_s = sum(each.observed_s for each in week.days)
    on_s = seen_s + sum(each.unobserved_s for each in week.days)
    if on_s:
        yield f"Observed for {share(seen_s, on_s)} of the time the tag was on."
    else:
        yield "No tag was on him."
    if week.curfews:
        kept, out, unsure = (
            sum(getattr(each, name) for each in week.curfews)
            for name in ("kept_s", "out_s", "cannot_say_s")
        )
        yield f"Where he must be: seen {span(kept)}, away {span(out)}, cannot say {span(unsure)}."
    if week.zones:
        sure = sum(each.entries_confirmed for each in week.zones)
        perhaps = sum(each.entries_possible for each in week.zones)
        entries = counted(sure, "confirmed entry", "confirmed entries")
        yield f"Exclusion zones he was told of: {entries}, {perhaps} possible."
    care = week.care
    low = care.low + care.critical
    yield (
        f"Tag charged {counted(care.charges, 'time')}, {counted(low, 'warning')} of a low battery, "
        f"{counted(care.strap, 'report')} of strap or case, {counted(care.silences, 'silence')}."
    )
