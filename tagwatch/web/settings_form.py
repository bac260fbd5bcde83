"""Rule settings: what is in force, and the form by which an administrator proposes others."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar.response import Response

from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.refusal import Refused, lacks_verb
from tagwatch.access.role import Verb
from tagwatch.access.written import LOOKS
from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.order import Thresholds
from tagwatch.core.settings import Settings
from tagwatch.desk.settings import PastTried, propose_settings
from tagwatch.query.precision import Precisions, precisions
from tagwatch.query.register import current_versions
from tagwatch.query.rehearsal import MOST_DAYS
from tagwatch.query.settings_proposals import KeptProposal, settings_proposals
from tagwatch.web.form import (
    TOP,
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    number,
    said,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, page
from tagwatch.web.setting_words import section_of, setting_of, unit_of, value_of
from tagwatch.web.words import word

SECTIONS: Final = (
    *("zone", "curfew", "encounter", "tamper", "battery", "comms", "alert", "card"),
    *("enquiry", "request", "access", "review"),
)
MOST: Final = 1e7


@page("/settings", Verb.SEE_HEALTH, LOOKS.unless("the role sees the settings alone"))
def show_settings(request: Asked) -> Response[Any]:
    """Show the rule settings in force and every version before them."""
    versions = current_versions(foundation(request).projections)
    newest = versions[0]
    context: dict[str, Any] = {
        "versions": versions,
        "newest": newest,
        "sections": [
            (section, list(leaves(getattr(newest.settings, section)).items()))
            for section in SECTIONS
        ],
        "heading": section_of,
        "label": setting_of,
        "value": value_of,
        "errors_json": json.dumps(msgspec.to_builtins(newest.settings.errors), indent=1),
        "precisions": _precisions(request),
        "kind_word": _kind_word,
        "may_publish": who(request).actor.may(Verb.PUBLISH_SETTINGS),
        "proposed": _proposed(request),
        "said": said(request),
    }
    return show(request, "settings.html", context)


def _kind_word(name: str) -> str:
    return word(AlertKind(name))


def _precisions(request: Asked) -> Precisions | None:
    """Return what persons' decisions say of each rule; None for a role that sees no wearer."""
    actor = who(request).actor
    purposes = ALLOWED[actor.role]
    if not purposes or not actor.may(Verb.SEE_WEARERS):
        return None
    return precisions(reader(request, purposes[0]))


def _proposed(request: Asked) -> tuple[KeptProposal, ...]:
    """Return the proposals that wait; none for a role that publishes nothing."""
    if not who(request).actor.may(Verb.PUBLISH_SETTINGS):
        return ()
    found = settings_proposals(reader(request, Purpose.UPKEEP)).proposals
    return tuple(kept for kept in found if kept.waits)


def leaves(section: msgspec.Struct) -> dict[str, float | int]:
    """Return the numbers of one section by name; two thresholds are `name.protect`, `.accuse`."""
    found: dict[str, float | int] = {}
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, Thresholds):
            found[f"{name}.protect"] = value.protect
            found[f"{name}.accuse"] = value.accuse
        else:
            found[name] = value
    return found


def _sheet(settings: Settings) -> Sheet:
    inputs = [
        Input(
            name=f"{section}.{name}",
            label=f"{section_of(section)}: {setting_of(section, name)}{unit_of(name)}",
            classes="govuk-input--width-5",
            numeric="decimal",
        )
        for section in SECTIONS
        for name in leaves(getattr(settings, section))
    ]
    return Sheet(
        title="Propose rule settings",
        caption=f"After version {settings.version}",
        back="/settings",
        button="Propose",
        intro="What you change is tried on past trails first; the next page shows what it would "
        "have done, and publishes it. Nothing of it decides before.",
        inputs=(*inputs, Input(name="seen_version", kind=Kind.HIDDEN)),
    )


@page("/settings/propose", Verb.PUBLISH_SETTINGS)
def ask_settings(request: Asked) -> Response[Any]:
    """Show the settings in force, to be changed."""
    _purpose(request)
    newest = current_versions(foundation(request).projections)[0]
    published = newest.effective_from > 0
    values: dict[str, Any] = {"seen_version": str(newest.settings.version if published else 0)}
    for section in SECTIONS:
        for name, value in leaves(getattr(newest.settings, section)).items():
            values[f"{section}.{name}"] = f"{value:g}"
    return _show(request, _sheet(newest.settings), values)


@act("/settings/propose", Verb.PUBLISH_SETTINGS)
def propose(request: Asked, data: Form) -> Response[Any]:
    """Propose a new version, to be tried on past trails."""
    newest = current_versions(foundation(request).projections)[0].settings
    sheet = _sheet(newest)
    values, problems = typed(data, sheet), Problems()
    settings = _settings(newest, values, problems)
    seen = str(values["seen_version"])
    if not seen.isdigit():
        problems.add("main-content", "This form is incomplete. Load the page again.")
    if not problems:
        asking, base = reader(request, Purpose.UPKEEP), foundation(request)
        past = past_tried(base.config)
        done = attempt(
            problems, lambda: propose_settings(base.clerk, asking, settings, int(seen), past)
        )
        if done is not None:
            return after(f"/settings/proposals/{done.made_id}", done)
    return _show(request, sheet, values, problems)


def _show(
    request: Asked, sheet: Sheet, values: Mapping[str, Any], problems: Problems | None = None
) -> Response[Any]:
    """Show the form below what persons decided of each rule's alerts."""
    more = {"precisions": _precisions(request), "kind_word": _kind_word}
    return show_sheet(request, sheet, values, problems, "settings_form.html", more)


def past_tried(config: Config) -> PastTried:
    """Return how much of the past a proposal is tried on here."""
    found = config.rehearsal
    return PastTried(days=min(found.settings_days, MOST_DAYS), wearers=found.settings_wearers)


def _settings(base: Settings, values: Mapping[str, Any], problems: Problems) -> Settings:
    changed: dict[str, Any] = {}
    for section in SECTIONS:
        former = getattr(base, section)
        new: dict[str, Any] = {}
        for name, value in leaves(former).items():
            key = f"{section}.{name}"
            share = isinstance(value, float) and value <= 1.0 and not name.endswith(("_s", "_m"))
            found = number(
                values, key, problems, 0, 1 if share else MOST, setting_of(section, name)
            )
            new[name] = round(found) if isinstance(value, int) else found
        changed[section] = _section(former, new, section, problems)
    return msgspec.structs.replace(base, **changed)


def _section(
    former: msgspec.Struct, new: dict[str, Any], section: str, problems: Problems
) -> msgspec.Struct:
    values: dict[str, Any] = {}
    for name in former.__struct_fields__:
        if isinstance(getattr(former, name), Thresholds):
            protect, accuse = new[f"{name}.protect"], new[f"{name}.accuse"]
            if 0.0 < protect <= accuse < 1.0:
                values[name] = Thresholds(protect=protect, accuse=accuse)
                continue
            problems.add(
                f"{section}.{name}.accuse",
                f"{section_of(section)}: to accuse needs at least what to protect needs, and "
                "both lie between 0 and 1",
            )
            values[name] = getattr(former, name)
        else:
            values[name] = new[name]
    try:
        return type(former)(**values)
    except ValueError as error:
        problems.add(TOP, f"{section_of(section)}: {error}. Correct it")
        return former


def _purpose(request: Asked) -> None:
    if Purpose.UPKEEP not in ALLOWED[who(request).actor.role]:
        raise Refused(lacks_verb(who(request).actor, Verb.PUBLISH_SETTINGS))


ROUTES = (show_settings, ask_settings, propose)
