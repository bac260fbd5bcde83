"""The circumstances card in lines a person reads, and what is not known."""

from collections.abc import Iterator
from itertools import pairwise

from tagwatch.core.circumstance import Circumstance
from tagwatch.core.how_computed import HOW
from tagwatch.core.jump import said_of
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.repetition import BaseRate
from tagwatch.core.units import MINUTE, SECOND
from tagwatch.query.alert import AlertView
from tagwatch.web.movement import Line, movement_lines
from tagwatch.web.render import age, clock, moment
from tagwatch.web.words import word

GAP = 10 * MINUTE
_MOST_GAPS = 6
_MOST_JUMPS = 3


def card_lines(card: Circumstance | None) -> list[Line]:
    """Return the card's items in the order an officer asks for them; unknown ones are left out."""
    if card is None:
        return []
    if card.knowledge is ZoneKnowledge.SECRET and not card.entered_latest:
        return [*_order(card), *_withheld(card)]
    return [
        *_ended_so(card),
        *_shown(card),
        *movement_lines(card),
        *_measured(card),
        *_jumped(card),
        *_history(card),
        *_usual(card),
        *_withheld(card),
    ]


def more_lines(card: Circumstance | None) -> list[Line]:
    """Return what an officer asks for later: route, tag, order, and how to compute it again."""
    if card is None or (card.knowledge is ZoneKnowledge.SECRET and not card.entered_latest):
        return []
    return [*_route(card), *_tag(card), *_order(card), *_excused(card), *_provenance(card)]


def _shown(card: Circumstance) -> Iterator[Line]:
    """What the fixes show of a zone or of an absence, however many they are."""
    if card.rule not in (RuleKind.ZONE, RuleKind.CURFEW) or not card.fixes:
        return
    area = "zone" if card.rule is RuleKind.ZONE else "place"
    if card.by_network >= len(card.fixes):
        text = (
            "All of them by Wi-Fi, cell or beacon: one wrong entry of a register would explain them"
        )
        yield Line("What the fixes show", f"{text}. 1 witness.", HOW["by_network"])
        return
    several = card.witnesses != 1
    if card.steady_m > 0.0:
        least = f"No steady error below {card.steady_m:.0f} m"
        text = f"{least} towards the {area} explains these fixes"
        some = f"{card.witnesses} independent witnesses" if several else "1 independent witness"
    else:
        text = "One steady error could explain these fixes, however many"
        some = f"{card.witnesses} fixes" if several else "1 fix"
        some += " far enough apart that passing errors differ: no witnesses against a steady one"
    if card.by_network:
        some += f", the {card.by_network} by Wi-Fi, cell or beacon together as one"
    yield Line("What the fixes show", f"{text}. {some}.", HOW["steady_m"])


def _ended_so(card: Circumstance) -> Iterator[Line]:
    if card.reason:
        yield Line("Why the finding is so", card.reason)


def _measured(card: Circumstance) -> Iterator[Line]:
    away = card.rule is RuleKind.CURFEW
    if card.accuracy_m_95_best is not None:
        yield Line(
            "95 % circles of the fixes used",
            f"best {card.accuracy_m_95_best:.0f} m, median {card.accuracy_m_95_median:.0f} m, "
            f"worst {card.accuracy_m_95_worst:.0f} m",
            HOW["accuracy_m_95_median"],
        )
    yield Line("Time away" if away else "Time inside", _time(card), HOW["inside_s_least"])
    if card.deepest_m is not None:
        words = "beyond the border at the farthest" if away else "inside at the deepest"
        yield Line("How far", f"{card.deepest_m:.0f} m {words}", HOW["deepest_m"])
    if card.distance_m_least is not None and card.distance_m_most is not None:
        yield Line(
            "Nearest fix to the border",
            f"between {card.distance_m_least:.0f} and {card.distance_m_most:.0f} m (95 %)",
            HOW["distance_m_least"],
        )


def _time(card: Circumstance) -> str:
    """Return how long he was on the wrong side, at least and at most."""
    least, most = "perhaps not at all", "most not known: it goes on"
    if card.inside_s_least:
        least = f"at least {age(card.inside_s_least * SECOND)}"
    elif card.finding is Finding.CONFIRMED:
        least = "no longer than a moment is shown"
    if card.inside_s_most is not None:
        most = f"at most {age(card.inside_s_most * SECOND)}"
    return f"{least}, {most}"


def _route(card: Circumstance) -> Iterator[Line]:
    if not card.route:
        return
    first, last = card.route[0].fixed_at, card.route[-1].fixed_at
    yield Line(
        "Route an hour before and after",
        f"{len(card.route)} fixes from {clock(first)} to {clock(last)}",
    )
    if card.gaps:
        longest = sorted(card.gaps, key=lambda gap: gap.start - gap.end)[:_MOST_GAPS]
        shown = [
            f"{clock(gap.start)} to {clock(gap.end)}"
            for gap in sorted(longest, key=lambda gap: gap.start)
        ]
        rest = len(card.gaps) - len(shown)
        more = f", and {rest} more" if rest else ""
        yield Line("Gaps, in which nothing is known", ", ".join(shown) + more, HOW["gaps"])


def _jumped(card: Circumstance) -> Iterator[Line]:
    if not card.jumps:
        return
    shown = [f"{clock(jump.fixed_at)}: {said_of(jump)}" for jump in card.jumps[:_MOST_JUMPS]]
    rest = len(card.jumps) - len(shown)
    more = f"; and {rest} more" if rest else ""
    yield Line("Positions that are errors: they jumped", "; ".join(shown) + more, HOW["jumps"])


def _history(card: Circumstance) -> Iterator[Line]:
    if card.earlier_90_days == 0:
        yield Line("Before", "the first time in 90 days under this condition")
    else:
        yield Line(
            "Before",
            f"{card.earlier_30_days} in 30 days, {card.earlier_90_days} in 90 days; "
            f"{card.earlier_confirmed} of them confirmed",
            HOW["earlier_30_days"],
        )


def _usual(card: Circumstance) -> Iterator[Line]:
    same, rate = card.same_hour, card.base_rate
    if same is not None:
        wrong = "away" if card.rule is RuleKind.CURFEW else "inside"
        near = "" if wrong == "away" else f"within {same.near_m:.0f} m in {same.near}, "
        unseen = same.weeks - same.seen
        rest = f". Nothing is known of {unseen}" if unseen else ""
        text = f"seen in {same.seen} of {same.weeks} weeks: {near}{wrong} in {same.inside}{rest}"
        if not same.seen:
            text = f"nothing is known of the {same.weeks} weeks before"
        if same.archived:
            text += f". Not looked at: {same.archived} of the weeks asked for, which are archived"
        yield Line("Same hour, earlier weeks", text, HOW["same_hour"])
    if rate is not None:
        yield Line("Others at this place", _rate(rate), HOW["base_rate"])


def _rate(rate: BaseRate) -> str:
    where = f"within {rate.radius_m:.0f} m in {rate.days} days"
    if rate.found is None:
        few = f"fewer than {rate.least} findings or than {rate.wearers_least} people"
        return f"no rate is given: {few} {where}"
    return (
        f"{rate.found} findings {where}: {rate.confirmed} confirmed, "
        f"{rate.not_borne_out} not borne out"
    )


def _tag(card: Circumstance) -> Iterator[Line]:
    tag = card.tag
    facts = [
        "" if tag.battery_pct is None else f"battery {tag.battery_pct:.0f} %",
        "" if tag.strap is None else f"strap: {tag.strap}",
        "" if tag.model is None else f"model: {tag.model}",
    ]
    yield Line("Tag", ", ".join(fact for fact in facts if fact) or "nothing known")


def _order(card: Circumstance) -> Iterator[Line]:
    secret = "a secret zone, " if card.knowledge is ZoneKnowledge.SECRET else ""
    words = f"{card.order_reference}, {word(card.legal_basis).lower()}; {secret}version "
    words += f"{card.condition_version}"
    if "condition_valid_from" not in card.withheld:
        words += f" valid from {moment(card.condition_valid_from)}"
        words += ", not told" if card.told_at is None else f", told {moment(card.told_at)}"
    if card.before_told:
        words += "; this happened before he was told: it protects and is not held against him"
    yield Line("Order", words)


def _excused(card: Circumstance) -> Iterator[Line]:
    for one in card.exemptions:
        until = "until it is changed" if one.ends_at is None else f"until {moment(one.ends_at)}"
        back = ", taken back" if one.withdrawn else ""
        shown = f"; shown: {one.proof}" if one.proof else ""
        yield Line(
            word(one.cause),
            f"from {moment(one.starts_at)} {until}{back}: {one.words}; allowed by "
            f"{one.approved_by}{shown}",
            HOW["exemptions"],
        )


def _provenance(card: Circumstance) -> Iterator[Line]:
    if card.would_not_have_fired_if:
        first, *others = card.would_not_have_fired_if
        yield Line("Would not have fired if", first)
        for said in others:
            yield Line("How much hangs on one fix", said)
    if card.fixes:
        yield Line(
            "Can be computed again from",
            f"{len(card.fixes)} fixes, rule version {card.rule_version}, settings version "
            f"{card.settings_version}, digest {card.fixes_sha256[:16]}…",
            HOW["fixes_sha256"],
        )


def _withheld(card: Circumstance) -> Iterator[Line]:
    if card.withheld:
        yield Line("Withheld", "what would tell where the secret zone lies")


def unknown_lines(view: AlertView) -> list[str]:
    """Return in sentences what is not known about this alert."""
    lines: list[str] = []
    if view.circumstance is not None:
        lines += [f"{said[:1].upper()}{said[1:]}." for said in view.circumstance.unknown]
    if view.encounter is not None:
        lines += [f"{said[:1].upper()}{said[1:]}." for said in view.encounter.unknown]
    if view.silence is not None:
        lines += [f"{said[:1].upper()}{said[1:]}." for said in view.silence.unknown]
    alert, episode = view.alert, view.episode
    if alert.finding is Finding.POSSIBLE:
        lines.append("Whether it happened at all: the finding is possible, not confirmed.")
    began = episode.entered_latest - episode.entered_earliest if episode is not None else 0
    if began > MINUTE:
        lines.append(f"When it began, to better than {age(began)}.")
    times = [fix.fixed_at for fix in view.fixes]
    gaps = [b - a for a, b in pairwise(times) if b - a > GAP]
    if gaps:
        lines.append(f"Where the tag was in {len(gaps)} gaps of up to {age(max(gaps))}.")
    if alert.wearer_id is not None and not view.fixes:
        lines.append("Where the tag was: there is no fix near that time.")
    lines.append("Why: a location says nothing about intent.")
    return lines
