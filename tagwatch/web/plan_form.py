"""Forms: a wearer's risk management plan, its review, and a risk note."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.risk_plan import LISTS, MOST_AT_RISK, AtRisk, PlanWrong, RiskPlan
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import DAY, Instant
from tagwatch.desk.clerk import Done
from tagwatch.desk.plan import note_risk, record_plan, review_plan
from tagwatch.query.plan import PlanView
from tagwatch.query.plan import risk_plan as ask_plan
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.plan import PLAN_PURPOSE, show_plan
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole

SPARE: Final = 2
REVIEWED_EVERY: Final = 91 * DAY
"""What a new plan's form proposes for the first review."""
_PARTS: Final = ("person", "who", "relation", "from", "until")
_DATES: Final = ("%d/%m/%Y", "%d %m %Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d")
_HINTS: Final = {
    "contingency": "One to a line, most urgent first: “If he comes near at night, ring …, then …”",
    "warnings": "One to a line: what whoever meets him must know first",
    "contacts": "One to a line, in the order in which to ring: who, and the number",
    "safety": "One to a line: what is in place already",
    "triggers": "One to a line: dates, places and events that have led to harm, or would",
}


def _sheet(view: PlanView) -> Sheet:
    back = f"/wearers/{view.wearer.wearer_id}/plan"
    lists = tuple(
        Input(name=name, label=words, kind=Kind.AREA, hint=_HINTS[name])
        for name, words in LISTS.items()
    )
    return Sheet(
        title="Change the risk management plan" if view.plan else "Write a risk management plan",
        caption=view.wearer.name,
        back=back if view.plan else f"/wearers/{view.wearer.wearer_id}",
        button="Save the plan",
        intro="Write no address, postcode or coordinates: operators and police read this as well.",
        inputs=(
            *lists,
            Input(
                name="review",
                label="Review by",
                hint="Within a year. For example 27/4/2027",
                classes="govuk-input--width-10",
            ),
            Input(name="seen", kind=Kind.HIDDEN),
        ),
    )


@page("/wearers/{wearer_id:str}/plan/change", Verb.RECORD_PLAN)
def change_plan(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the plan to be changed, or an empty one to be written."""
    asking = reader(request, PLAN_PURPOSE)
    view = ask_plan(asking, WearerId(wearer_id))
    return _shown(request, view, _values(view, asking.now()), Problems(), SPARE)


@act("/wearers/{wearer_id:str}/plan/change", Verb.RECORD_PLAN)
def correct_plan(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the plan as it is from now on; a person more to enter is no recording yet."""
    asking = reader(request, PLAN_PURPOSE)
    view = ask_plan(asking, WearerId(wearer_id))
    values, problems = typed(data, _sheet(view)), Problems()
    values |= {
        f"risk-{n}-{part}": field(data, f"risk-{n}-{part}", 300)
        for n in range(MOST_AT_RISK)
        for part in _PARTS
    }
    if field(data, "more"):
        return _shown(request, view, values, problems, 2 * SPARE)
    found = _plan(WearerId(wearer_id), values, problems)
    if not problems:
        clerk = foundation(request).clerk
        done = _attempt(problems, lambda: record_plan(clerk, asking, found))
        if done is not None:
            return after(f"/wearers/{wearer_id}/plan", done)
    return _shown(request, view, values, problems, SPARE)


@act("/wearers/{wearer_id:str}/plan/review", Verb.RECORD_PLAN)
def review(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that the plan was looked at and stays as it is."""
    asking, problems = reader(request, PLAN_PURPOSE), Problems()
    kept = {name: field(data, name, 4000) for name in ("review", "review_words", "seen")}
    until = _day(kept, "review", problems, "Enter the date of the next review")
    if not problems:
        clerk, words, seen = foundation(request).clerk, kept["review_words"], _seen(kept)
        wearer, at = WearerId(wearer_id), until or Instant(0)
        done = _attempt(problems, lambda: review_plan(clerk, asking, wearer, seen, at, words))
        if done is not None:
            return after(f"/wearers/{wearer_id}/plan", done)
    return _wrong(request, wearer_id, problems, kept)


@act("/wearers/{wearer_id:str}/risk-notes", Verb.RECORD_PLAN)
def note(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a risk note."""
    asking, problems = reader(request, PLAN_PURPOSE), Problems()
    words, clerk = field(data, "risk_note", 5000), foundation(request).clerk
    done = _attempt(problems, lambda: note_risk(clerk, asking, WearerId(wearer_id), words))
    if done is not None:
        return after(f"/wearers/{wearer_id}/plan", done)
    return _wrong(request, wearer_id, problems, {"risk_note": words})


def _wrong(
    request: Asked, wearer_id: str, problems: Problems, kept: Mapping[str, str]
) -> Response[Any]:
    more = {"errors": problems.by_field, "summary": problems.summary(), "kept": kept}
    return show_plan(request, WearerId(wearer_id), more, 422)


def _attempt(problems: Problems, work: Callable[[], Done]) -> Done | None:
    try:
        return attempt(problems, work)
    except PlanWrong as error:
        problems.add(error.field, str(error))
        return None


def _shown(
    request: Asked, view: PlanView, values: Mapping[str, Any], problems: Problems, spare: int
) -> Response[Any]:
    used = [n for n in range(MOST_AT_RISK) if any(values.get(f"risk-{n}-{p}") for p in _PARTS)]
    rows = min(MOST_AT_RISK, (used[-1] + 1 if used else 0) + spare)
    more = {
        "rows": rows,
        "persons": [("", "Nobody recorded"), *((p.person_id, p.name) for p in view.persons)],
    }
    return show_sheet(request, _sheet(view), values, problems, "plan_form.html", more)


def _values(view: PlanView, now: Instant) -> dict[str, Any]:
    plan = view.plan
    if plan is None:
        values = {f"risk-{n}-person": one.person_id for n, one in enumerate(view.persons)}
        return values | {"seen": "0", "review": _written(Instant(now + REVIEWED_EVERY))}
    values = {name: "\n".join(getattr(plan, name)) for name in LISTS}
    for n, one in enumerate(plan.at_risk):
        values |= {
            f"risk-{n}-person": one.person_id or "",
            f"risk-{n}-who": one.who,
            f"risk-{n}-relation": one.relation,
            f"risk-{n}-from": _written(one.valid_from),
            f"risk-{n}-until": _written(one.valid_until),
        }
    return values | {"seen": str(plan.version), "review": _written(plan.review_at)}


def _written(at: Instant | None) -> str:
    if at is None:
        return ""
    local = london(at)
    return f"{local.day}/{local.month}/{local.year}"


def _seen(values: Mapping[str, Any]) -> int:
    given = str(values.get("seen", ""))
    return whole(given, digits=7)


def _plan(wearer_id: WearerId, values: Mapping[str, Any], problems: Problems) -> RiskPlan:
    lists = {
        name: tuple(line.strip() for line in str(values[name]).splitlines() if line.strip())
        for name in LISTS
    }
    at_risk = [_at_risk(n, values, problems) for n in range(MOST_AT_RISK)]
    until = _day(values, "review", problems, "Enter by when the plan must be reviewed")
    return RiskPlan(
        wearer_id=wearer_id,
        version=_seen(values) + 1,
        review_at=until or Instant(0),
        at_risk=tuple(one for one in at_risk if one is not None),
        **lists,
    )


def _at_risk(n: int, values: Mapping[str, Any], problems: Problems) -> AtRisk | None:
    given = {part: str(values.get(f"risk-{n}-{part}") or "").strip() for part in _PARTS}
    if not any(given.values()):
        return None
    return AtRisk(
        person_id=PersonId(given["person"]) if given["person"] else None,
        who=given["who"],
        relation=given["relation"],
        valid_from=_day(values, f"risk-{n}-from", problems),
        valid_until=_day(values, f"risk-{n}-until", problems),
    )


def _day(
    values: Mapping[str, Any], name: str, problems: Problems, missing: str = ""
) -> Instant | None:
    """Return the beginning of a London day; None if nothing was entered, or no day."""
    given = str(values.get(name) or "").strip()
    if not given:
        if missing:
            problems.add(name, missing)
        return None
    for form in _DATES:
        try:
            return from_london(datetime.strptime(given, form), Edge.FROM)  # noqa: DTZ007  # from_london gives it its zone
        except (ValueError, OverflowError):
            continue
    problems.add(name, "Enter a day as day, month and year: 27/4/2027")
    return None


ROUTES = (change_plan, correct_plan, review, note)
