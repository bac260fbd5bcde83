"""A breach pack in words: the case, what was found and how surely, and what is not known."""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Final

import msgspec

from tagwatch.core.alert import JUDGED, reference
from tagwatch.core.case import Decision, DecisionKind
from tagwatch.core.case_step import StepKind
from tagwatch.core.ids import derived_id
from tagwatch.core.outcome import finding_words
from tagwatch.core.power import POWERS
from tagwatch.core.units import Instant
from tagwatch.core.withheld import PLACE, without_persons
from tagwatch.query.breach_pack import PackAlert, PackCard, PackFacts
from tagwatch.query.case import Moment
from tagwatch.query.trail import TrailFix
from tagwatch.report.paper import Lines, Paper, Part, Picture, Rows, Section, Table, Words
from tagwatch.web.alerts import how_sure
from tagwatch.web.case import step_word
from tagwatch.web.circumstances import card_lines
from tagwatch.web.pack_accounts import account_parts
from tagwatch.web.police_map import SIZE, Drawing, drawing
from tagwatch.web.render import between, birthday, clock, day, moment, per_cent, stamped
from tagwatch.web.words import marks, source, word

MOST_FIXES: Final = 60
MARK: Final = "OFFICIAL-SENSITIVE. Prepared so that it may be disclosed; times are London times"
HIDDEN: Final = (
    "This alert is about a place the wearer was not told of. Neither place nor time nor distance "
    "is in this paper: with one of them he could find it. Ask the responsible officer."
)
UNSAID: Final = (
    "Withheld: the case is about a place the wearer was not told of, and an officer's words could "
    "give it away. Ask the responsible officer."
)
_OF_THE_HOUR: Final = frozenset(
    {StepKind.AUTHORITY_NOTIFIED, StepKind.AGENCY_ACTION, StepKind.AGENCY_RESPONSE}
)
"""Steps whose time could tell when he was at a place he was not told of."""
LIMITS: Final = (
    "A location says where the tag was, within a circle; it says nothing about intent.",
    "Between two fixes nothing is known of where he was.",
    "A circle holds the tag's true place with 95 % probability, by the error model in force.",
    "Errors of neighbouring fixes are not independent, and are not counted as if they were.",
    "Nobody's decision is made by the system: each is a person's, in the words that stand here.",
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The facts, who is who, and how text is made fit to be handed out."""

    facts: PackFacts
    names: Mapping[str, str]
    """Account → the person's name."""

    def clean(self, text: str) -> str:
        """Return text without protected persons, what looks like an address, and hidden places."""
        for label in self.facts.labels:
            text = text.replace(label, PLACE)
        return without_persons(text, self.facts.names)

    def officers(self, text: str) -> str:
        """Return an officer's words, or why they are not here."""
        return UNSAID if self.facts.has_secret else self.clean(text)

    def who(self, account: str | None) -> str:
        """Return the name of who did something."""
        return "the centre itself" if not account else self.names.get(account, account)


def paper(facts: PackFacts, names: Mapping[str, str]) -> Paper:
    """Return the pack of a case. The same facts give the same paper."""
    told = Told(facts=facts, names=names)
    case = facts.case
    happened = [one.at for one in _shown(facts) if one.kind not in list(StepKind)]
    as_of = max([case.opened_at, *happened, *(step.at for step in case.steps)])
    return Paper(
        title="Breach pack",
        mark=MARK,
        reference=f"Case {case_code(case.case_id)}, version {case.version}, as of {stamped(as_of)}",
        as_of=as_of,
        sections=tuple(_sections(told, as_of)),
    )


def _shown(facts: PackFacts) -> list[Moment]:
    """Return the moments that may be told: of a place he was not told of, none."""
    hidden = {each.alert.alert_id for each in facts.alerts if each.is_secret}
    kinds = _OF_THE_HOUR if facts.has_secret else ()
    return [one for one in facts.timeline if one.alert_id not in hidden and one.kind not in kinds]


def case_code(case_id: str) -> str:
    """Return the short code by which people speak of a case; it says nothing of a person."""
    return derived_id("c", case_id)[2:10].upper()


def _sections(told: Told, as_of: Instant) -> Iterator[Section]:
    facts = told.facts
    yield Section(heading="The case", parts=(_case(told, as_of),))
    yield Section(heading="The order", parts=tuple(_orders(told)))
    yield Section(heading="What he had to do, and when he was told", parts=(_conditions(told),))
    for found in facts.alerts:
        yield from _alert(told, found)
    yield Section(heading="Decisions", parts=tuple(_decisions(told)))
    yield Section(heading="The wearer's own words", parts=tuple(_accounts(told)))
    if facts.case.contests:
        yield Section(heading="What he contests", parts=tuple(_contests(told)))
    yield Section(heading="Officers' views, apart from his words", parts=tuple(_views(told)))
    if facts.accounts:
        yield Section(heading="Accounts held against the fixes", parts=tuple(account_parts(told)))
    yield Section(heading="Documents", parts=(_documents(told),))
    yield Section(heading="Timeline", parts=(_timeline(told),))
    yield Section(heading="What this cannot say", parts=(Lines(lines=LIMITS),))
    yield Section(heading="Versions and digests", parts=tuple(_versions(told)))


def _case(told: Told, as_of: Instant) -> Part:
    case, wearer = told.facts.case, told.facts.wearer
    return Rows(
        rows=(
            ("Wearer", wearer.name),
            ("Born", birthday(wearer.date_of_birth)),
            ("CRN", wearer.crn or "not recorded"),
            ("Case", f"{case_code(case.case_id)}: {told.officers(case.title)}"),
            ("Opened", f"{moment(case.opened_at)}, by {told.who(case.opened_by)}"),
            ("State", word(case.state)),
            ("Shows the state of", moment(as_of)),
        )
    )


def _orders(told: Told) -> Iterator[Part]:
    for order in told.facts.orders:
        ends = "no end recorded" if order.ends_at is None else f"until {moment(order.ends_at)}"
        yield Rows(
            rows=(
                ("Order", order.reference),
                ("Legal basis", word(order.legal_basis)),
                ("In force", f"from {moment(order.starts_at)}, {ends}"),
                ("On a breach", _power(order.legal_basis.value)),
            )
        )
        text = told.clean(order.wording) or "The wording was not recorded."
        yield Words(text=text, whose="The order's text")


def _power(basis: str) -> str:
    found = next(power for name, power in POWERS.items() if name.value == basis)
    return f"{found.words} ({found.source})"


def _conditions(told: Told) -> Part:
    rows = tuple(
        (
            told.clean(one.terms.label),
            str(one.version),
            moment(one.valid_from),
            "goes on" if one.valid_until is None else moment(one.valid_until),
            "not told" if one.told_at is None else moment(one.told_at),
        )
        for one in told.facts.conditions
    )
    if not rows:
        return Words(text="No condition of which he was told belongs to this case.")
    return Table(heads=("Condition", "Version", "Valid from", "Until", "He was told"), rows=rows)


def _alert(told: Told, found: PackAlert) -> Iterator[Section]:
    alert = found.alert
    heading = f"Alert {reference(alert.alert_id)}: {word(alert.kind).lower()}"
    if found.is_secret:
        found_as = finding_words(alert.rule, alert.finding, alert.phase)
        yield Section(
            heading=heading, parts=(Rows(rows=(("Finding", found_as),)), Words(text=HIDDEN))
        )
        return
    yield Section(heading=heading, parts=(Rows(rows=tuple(_finding(told, found))),))
    for card in found.cards:
        yield Section(heading=_card_name(card), level=2, parts=tuple(_card(told, card)))
    drawn = drawing(found.fixes[-MOST_FIXES:], found.shape)
    if drawn is not None:
        yield Section(heading="Map", level=2, parts=(_map(drawn, found),))
    yield Section(heading="The fixes it rests on", level=2, parts=(_fixes(found.fixes),))


def _finding(told: Told, found: PackAlert) -> Iterator[tuple[str, str]]:
    alert, episode = found.alert, found.episode
    judged = alert.kind in JUDGED
    if judged:
        words = finding_words(alert.rule, alert.finding, alert.phase)
        yield "Finding", f"{words} ({word(alert.finding).lower()})"
        yield "How sure", f"{per_cent(alert.probability)}, the highest of any one fix"
    else:
        said = f"{how_sure(alert).text}, {word(alert.phase)}"
        yield "Finding", f"{said}: a report of the tag or the centre, no judgement of a place"
    if found.condition is not None:
        label = told.clean(found.condition.terms.label)
        yield "Condition", f"{label}, version {found.condition.version}"
    if alert.before_told:
        yield "Told", "it happened before he was told: it protects and is not held against him"
    if episode is None:
        yield "Happened", moment(alert.happened_at)
        return
    yield "Began", between(episode.entered_earliest, episode.entered_latest)
    if episode.left_earliest is None or episode.left_latest is None:
        yield "Ended", "not known"
    else:
        yield "Ended", between(episode.left_earliest, episode.left_latest)
    if judged:
        yield "Independent fixes", f"{episode.witnesses} of {len(episode.fixes)} used"
    yield "Tagwatch told", moment(alert.raised_at)


def _card_name(card: PackCard) -> str:
    return f"Circumstances, card version {card.version}"


def _card(told: Told, card: PackCard) -> Iterator[Part]:
    if not card.is_as_frozen:
        yield Words(text="The card in store is not the one that the decision names by its digest.")
    lines = card_lines(card.card)
    if lines:
        yield Rows(rows=tuple((line.label, told.clean(line.value)) for line in lines))
    for one in card.card.alternatives:
        if one.is_withheld:
            text = "What is known tells of other people: ask the responsible officer."
        else:
            text = f"For it: {_few(one.speaks_for)}. Against it: {_few(one.speaks_against)}."
        name = f"Another explanation: {one.cause.value}"
        yield Words(text=told.clean(text), whose=name)
    if card.card.unknown:
        said = tuple(f"Not known: {line}" for line in card.card.unknown)
        yield Lines(lines=said)


def _few(lines: tuple[str, ...]) -> str:
    return "; ".join(lines) or "nothing known"


def _fixes(fixes: tuple[TrailFix, ...]) -> Part:
    if not fixes:
        return Words(text="None: it rests on what the tag reported, or on what was not heard.")
    rows = tuple(
        (
            f"{day(fix.fixed_at)}, {clock(fix.fixed_at)}",
            f"{fix.lat_deg:.5f}, {fix.lon_deg:.5f}",
            "no place" if fix.accuracy_m_95 is None else f"{fix.accuracy_m_95:.0f} m",
            source(fix.source),
            marks(fix.marks) or "none",
            fix.fix_id,
        )
        for fix in fixes[-MOST_FIXES:]
    )
    heads = ("Fixed at", "Latitude, longitude", "95 % circle", "From", "Odd", "Journal")
    return Table(heads=heads, rows=rows)


def _map(drawn: Drawing, found: PackAlert) -> Picture:
    shown = min(len(found.fixes), MOST_FIXES)
    zone = "The filled area is the place the order names. " if found.shape is not None else ""
    says = (
        f"{zone}Each of the {shown} circles holds the tag's true place at that fix with 95 % "
        f"probability; the bold one is the last. North is up; the bar is {drawn.bar_m} m."
    )
    return Picture(svg=svg(drawn), says=says)


def svg(drawn: Drawing) -> str:
    """Return a drawing as SVG, without a letter of text in it."""
    frame = f'width="{SIZE}" height="{SIZE}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" {frame}>'
    parts = [head, f'<rect {frame} fill="#fafafa" stroke="#888"/>']
    zone = 'fill="#c4453c" fill-opacity=".18" stroke="#8f1d14" stroke-width="1.5"'
    if drawn.zone:
        parts.append(f'<path d="{escape(drawn.zone)}" {zone}/>')
    if drawn.disc is not None:
        parts.append(f'<circle cx="{drawn.disc.x}" cy="{drawn.disc.y}" r="{drawn.disc.r}" {zone}/>')
    for one in drawn.circles:
        wide = "2.4" if one.is_last else "1"
        look = f'fill="#1d5ea8" fill-opacity=".10" stroke="#1d4f91" stroke-width="{wide}"'
        parts.append(f'<circle cx="{one.x}" cy="{one.y}" r="{one.r}" {look}/>')
        parts.append(f'<circle cx="{one.x}" cy="{one.y}" r="1.6" fill="#12305a"/>')
    low = SIZE - 14
    parts.append(f'<path d="M14 {low}h{drawn.bar}" stroke="#111" stroke-width="3"/>')
    parts.append(f'<path d="M{SIZE - 20} 34V12m-6 8l6-8l6 8" fill="none" stroke="#111"/></svg>')
    return "".join(parts)


def _decisions(told: Told) -> Iterator[Part]:
    if not told.facts.case.decisions:
        yield Words(text="Nothing is decided yet.")
    for one in told.facts.case.decisions:
        yield Rows(rows=tuple(_decision(told, one)))
        yield Words(text=told.officers(one.words), whose=f"Why, in {told.who(one.by)}'s words")


def _decision(told: Told, one: Decision) -> Iterator[tuple[str, str]]:
    if one.waits:
        stands = "waits for a second person: not to be carried out"
    else:
        stands = "stands" if one.stands else "does not stand: the second person disagreed"
    yield word(DecisionKind(one.kind)), stands
    yield "Decided", f"{moment(one.at)}, by {told.who(one.by)}"
    yield "Weighed", told.officers("; ".join(one.weighed)) if one.weighed else "nothing named"
    others = told.officers("; ".join(one.alternatives)) if one.alternatives else "none named"
    yield "Other explanations considered", others
    yield "Who disagreed", told.officers(one.dissent) if one.dissent else "nobody, the decider says"
    if one.countersigned_at is not None:
        said = told.officers(one.countersigned_words)
        agreed = word(one.agreement).lower()
        when = moment(one.countersigned_at)
        yield "Second person", f"{told.who(one.countersigned_by)} {agreed}, {when}: {said}"


def _accounts(told: Told) -> Iterator[Part]:
    said = [(at, text) for each in told.facts.alerts for at, text in each.accounts]
    yield from _quoted(said, told.clean, "No words of his are on record.")


def _contests(told: Told) -> Iterator[Part]:
    for one in told.facts.case.contests:
        about = f"Against the finding of alert {reference(one.alert_id)}, {moment(one.at)}"
        yield Words(text=told.clean(one.words), whose=f"{about}, {told.clean(one.how)}")
        if one.upheld is None or one.answered_at is None:
            yield Words(text="Nobody has answered yet.")
            continue
        said = "upheld" if one.upheld else "not upheld"
        answered = f"{told.who(one.answered_by)}, {moment(one.answered_at)}: {said}"
        yield Words(text=told.officers(one.answer), whose=answered)


def _views(told: Told) -> Iterator[Part]:
    said = [(at, text) for each in told.facts.alerts for at, text in each.views]
    yield from _quoted(said, told.officers, "None are on record.")


def _quoted(
    said: list[tuple[Instant, str]], clean: Callable[[str], str], none: str
) -> Iterator[Part]:
    if not said:
        yield Words(text=none)
    for at, text in sorted(said):
        yield Words(text=clean(text), whose=f"Written down {moment(at)}")


def _documents(told: Told) -> Part:
    documents = told.facts.case.documents
    if not documents:
        return Words(text="None is attached.")
    rows = tuple(
        (told.officers(one.says), word(one.type).upper(), moment(one.at), one.sha256)
        for one in documents
    )
    return Table(heads=("What it shows", "Type", "Attached", "SHA-256"), rows=rows)


def _timeline(told: Told) -> Part:
    rows = tuple(
        (
            stamped(one.at),
            step_word(one.kind),
            "" if one.alert_id is None else reference(one.alert_id),
            told.who(one.by) if one.by else "",
        )
        for one in _shown(told.facts)
    )
    return Table(heads=("London time", "What", "Alert", "By"), rows=rows)


def _versions(told: Told) -> Iterator[Part]:
    rows: list[tuple[str, str, str]] = []
    for found in told.facts.alerts:
        code = reference(found.alert.alert_id)
        rows.append((f"Alert {code}", str(found.alert.version), "the version in force now"))
        for card in found.cards:
            rows.append((f"Card of {code}", str(card.version), f"SHA-256 {card.sha256}"))
            if card.card.fixes_sha256:
                rows.append(("its fixes", "", f"SHA-256 {card.card.fixes_sha256}"))
            rules = f"rule {card.card.rule_version}, settings {card.card.settings_version}"
            rows.append(("computed by", rules, ""))
    case = told.facts.case
    rows.append(("Case", str(case.version), case.case_id))
    yield Table(heads=("What", "Version", "Digest"), rows=tuple(rows))
    yield Words(
        text="A digest names one exact content. The journal of the installation proves that "
        "nothing in it was altered since: the command “tagwatch verify”."
    )
