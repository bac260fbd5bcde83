"""Proposed rule settings: what they would have done on past trails, and whether they come into
force."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import SettingsProposalId
from tagwatch.core.outcome import AlertClass, RuleKind
from tagwatch.core.settings import Settings
from tagwatch.core.settings_trial import RuleCount, SettingsTrial, sections_changed
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.desk.settings import publish_proposed, withdraw_settings
from tagwatch.query.settings_proposals import ProposalView, settings_proposal
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment,
    moment_values,
    said,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.setting_words import section_of, setting_of, value_of
from tagwatch.web.settings_form import SECTIONS, leaves

_WORDS: Final = {
    (RuleKind.ZONE, AlertClass.CONFIRMED): "Zone entered, confirmed",
    (RuleKind.ZONE, AlertClass.POSSIBLE): "Zone entered, only possible",
    (RuleKind.APPROACH, AlertClass.APPROACH): "Near a zone",
    (RuleKind.CURFEW, AlertClass.CONFIRMED): "Absent during curfew, confirmed",
    (RuleKind.CURFEW, AlertClass.POSSIBLE): "Absent during curfew, only possible",
    (RuleKind.ENCOUNTER, AlertClass.CONFIRMED): "Encounter, confirmed",
    (RuleKind.ENCOUNTER, AlertClass.POSSIBLE): "Encounter, only possible",
}
_PATH: Final = "/settings/proposals/{change_id:str}"


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that the proposal changes, in words."""

    name: str
    before: str
    after: str


@page(_PATH, Verb.PUBLISH_SETTINGS)
def show_proposal(request: Asked, change_id: FromPath[str]) -> Response[Any]:
    """Show a proposal with its rehearsal, and the form that publishes it."""
    at = Instant(reader(request, Purpose.UPKEEP).now() + 10 * MINUTE)
    return _page(request, change_id, moment_values("effective", at), Problems())


@act(f"{_PATH}/publish", Verb.PUBLISH_SETTINGS)
def publish(request: Asked, change_id: FromPath[str], data: Form) -> Response[Any]:
    """Put a proposal in force."""
    values, problems = typed(data, _sheet()), Problems()
    effective = moment(values, "effective", problems, "Enter when it takes effect")
    if not problems and effective is not None:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        name, words = SettingsProposalId(change_id), str(values["words"])
        done = attempt(problems, lambda: publish_proposed(clerk, asking, name, effective, words))
        if done is not None:
            return after("/settings", done)
    return _page(request, change_id, values, problems)


@act(f"{_PATH}/withdraw", Verb.PUBLISH_SETTINGS)
def withdraw(request: Asked, change_id: FromPath[str], data: Form) -> Response[Any]:
    """Give a proposal up."""
    asking, clerk, problems = reader(request, Purpose.UPKEEP), foundation(request).clerk, Problems()
    name, words = SettingsProposalId(change_id), field(data, "words")
    done = attempt(problems, lambda: withdraw_settings(clerk, asking, name, words))
    if done is not None:
        return after("/settings", done)
    return _page(request, change_id, {}, problems)


def _sheet() -> Sheet:
    return Sheet(
        title="",
        back="/settings",
        inputs=(
            Input(name="effective", label="Takes effect at", kind=Kind.MOMENT),
            Input(
                name="words",
                label="Why it is published without a rehearsal",
                kind=Kind.AREA,
                hint="Kept with the version",
            ),
        ),
    )


def _page(
    request: Asked, change_id: str, values: dict[str, Any], problems: Problems
) -> Response[Any]:
    found = settings_proposal(reader(request, Purpose.UPKEEP), SettingsProposalId(change_id))
    by = {found.kept.proposal.by, found.kept.closed_by} - {""}
    sheet = _sheet()
    context: dict[str, Any] = {
        "found": found,
        "kept": found.kept,
        "proposal": found.kept.proposal,
        "trial": found.kept.trial,
        "changes": changed(found.before, found.kept.proposal.settings),
        "past": past_words(found),
        "result": "" if found.kept.trial is None else result_words(found.kept.trial),
        "rule_words": rule_words,
        "moved": moved_words,
        "people": foundation(request).sign_in.names(by),
        "by_name": {item.name: item for item in sheet.inputs},
        "values": values,
        "errors": problems.by_field,
        "summary": problems.summary(sheet.inputs),
        "said": said(request),
    }
    return show(request, "settings_proposal.html", context, 422 if problems else 200)


def changed(before: Settings, proposed: Settings) -> tuple[Changed, ...]:
    """Return what a proposal changes, setting by setting; of tables of numbers only that they
    differ."""
    found: list[Changed] = []
    for section in sections_changed(before, proposed):
        if section not in SECTIONS:
            name = section.replace("_", " ").capitalize()
            found.append(Changed(name=name, before="as recorded", after="other numbers"))
            continue
        old, new = leaves(getattr(before, section)), leaves(getattr(proposed, section))
        found += [
            Changed(
                name=f"{section_of(section)}: {setting_of(section, name)}",
                before=value_of(name, old[name]),
                after=value_of(name, value),
            )
            for name, value in new.items()
            if value != old[name]
        ]
    return tuple(found)


def past_words(found: ProposalView) -> str:
    """Say on whose trails of which days it is tried."""
    said = found.kept.proposal
    days = round((said.end - said.start) / DAY)
    tried, all_of = len(said.wearers), said.wearers_all
    whom = (
        f"everybody within your reach ({_wearers(all_of)})"
        if tried == all_of
        else f"{tried} wearers, drawn evenly from {all_of} within your reach,"
    )
    return f"the trails of {days} days of {whom} with conditions and a tag on"


def result_words(trial: SettingsTrial) -> str:
    """Say what a rehearsal rests on, how many it concerns and how long it took."""
    said = f"{trial.fixes:,} fixes of {_wearers(trial.tried)}, in {trial.took_ms / 1000:.0f} s. "
    said += f"It makes a difference for {trial.differing} of them."
    if trial.without_fixes:
        said += f" {trial.without_fixes} had no fix in that time and say nothing."
    if trial.unreached:
        said += f" The turn of {trial.unreached} did not come in the time there was."
    if trial.failed:
        said += f" Of {len(trial.failed)} it could not be worked out: {trial.failed[0]}."
    return said


def _wearers(count: int) -> str:
    return f"{count} wearer" if count == 1 else f"{count} wearers"


def rule_words(count: RuleCount) -> str:
    """Return what kind of alert is counted."""
    return _WORDS.get((count.rule, count.kind), f"{count.rule.value}, {count.kind.value}")


def moved_words(counts: Sequence[RuleCount]) -> str:
    """Say what would have been other about one wearer."""
    moved = [count for count in counts if count.before != count.after]
    if not moved:
        return "as many alerts, at other times"
    return "; ".join(f"{rule_words(c).lower()}: {c.before} → {c.after}" for c in moved)


ROUTES = (show_proposal, publish, withdraw)
