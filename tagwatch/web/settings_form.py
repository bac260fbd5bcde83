"""Rule settings: what is in force, and the form by which an administrator publishes a version."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar.response import Response

from tagwatch.access.actor import Refused
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.role import Verb
from tagwatch.core.alert import AlertKind
from tagwatch.core.order import Thresholds
from tagwatch.core.settings import Settings
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.settings import publish_settings
from tagwatch.query.precision import Precisions, precisions
from tagwatch.query.register import current_versions
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment,
    moment_values,
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

SECTIONS: Final = ("zone", "curfew", "tamper", "battery", "comms", "alert", "card")
MOST: Final = 1e7


@page("/settings", Verb.SEE_HEALTH)
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
        "model_word": str,
        "may_publish": who(request).actor.may(Verb.PUBLISH_SETTINGS),
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
        title="Publish rule settings",
        caption=f"After version {settings.version}",
        back="/settings",
        button="Publish",
        intro="A version takes effect at its time and decides from then on. It is never undone; "
        "publish another one. What was decided before keeps the version it was decided by.",
        inputs=(
            *inputs,
            Input(name="effective", label="Takes effect at", kind=Kind.MOMENT),
            Input(name="seen_version", kind=Kind.HIDDEN),
        ),
    )


@page("/settings/publish", Verb.PUBLISH_SETTINGS)
def ask_settings(request: Asked) -> Response[Any]:
    """Show the settings in force, to be changed."""
    _purpose(request)
    newest = current_versions(foundation(request).projections)[0]
    asking = reader(request, Purpose.UPKEEP)
    published = newest.effective_from > 0
    values: dict[str, Any] = {
        "seen_version": str(newest.settings.version if published else 0),
        **moment_values("effective", Instant(asking.now() + 10 * MINUTE)),
    }
    for section in SECTIONS:
        for name, value in leaves(getattr(newest.settings, section)).items():
            values[f"{section}.{name}"] = f"{value:g}"
    return show_sheet(request, _sheet(newest.settings), values)


@act("/settings/publish", Verb.PUBLISH_SETTINGS)
def publish(request: Asked, data: Form) -> Response[Any]:
    """Publish a new version."""
    newest = current_versions(foundation(request).projections)[0].settings
    sheet = _sheet(newest)
    values, problems = typed(data, sheet), Problems()
    settings = _settings(newest, values, problems)
    effective = moment(values, "effective", problems, "Enter when it takes effect")
    seen = str(values["seen_version"])
    if not seen.isdigit():
        problems.add("main-content", "This form is incomplete. Load the page again.")
    if not problems and effective is not None:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(
            problems, lambda: publish_settings(clerk, asking, settings, int(seen), effective)
        )
        if done is not None:
            return after("/settings", done)
    return show_sheet(request, sheet, values, problems)


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
            pair = Thresholds(protect=new[f"{name}.protect"], accuse=new[f"{name}.accuse"])
            if not 0.0 < pair.protect <= pair.accuse < 1.0:
                problems.add(
                    f"{section}.{name}.accuse",
                    f"{section.capitalize()}: to accuse needs at least what to protect needs, and "
                    "both lie between 0 and 1",
                )
            values[name] = pair
        else:
            values[name] = new[name]
    return type(former)(**values)


def _purpose(request: Asked) -> None:
    if Purpose.UPKEEP not in ALLOWED[who(request).actor.role]:
        raise Refused("Your role cannot publish settings.")


ROUTES = (show_settings, ask_settings, publish)
