"""Tags: the inventory, one tag, and connecting a phone or gateway to it."""

import secrets
from typing import Any, Final
from urllib.parse import urlencode

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import FORM
from tagwatch.core.ids import CredentialId, TagId
from tagwatch.core.person import Scheme, Tag, TagMode
from tagwatch.desk.clerk import Conflict, NotRecorded, digest
from tagwatch.desk.credential import issue_credential, revoke_credential
from tagwatch.desk.tag import record_tag
from tagwatch.query.register import TagView, gateways, tags
from tagwatch.query.register import tag as ask_tag
from tagwatch.web.form import (
    Input,
    Problems,
    Sheet,
    after,
    attempt,
    number,
    said,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import page_asked, show
from tagwatch.web.phone_settings import settings_for, tags_url, warnings
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.wearer_form import HIDDEN, new_id

FOR_TAGS: Final = (
    (Scheme.TRACCAR_CLIENT, "Traccar Client", "A free app for Android and iPhone. Scan the code."),
    (Scheme.OWNTRACKS, "OwnTracks", "A free app for Android and iPhone. Open the link or code."),
    (Scheme.TAGWATCH, "Own batches", "Programs that post JSON, for example a maker's server."),
)
INTERVALS: Final = (
    ("moving", "Seconds between two fixes while moving"),
    ("resting", "Seconds between two fixes at rest"),
    ("report", "Seconds between two uploads"),
)


@page("/tags", Verb.REGISTER_TAG)
def list_tags(request: Asked) -> Response[Any]:
    """List a page of the inventory."""
    words = request.query_params.get("q", "").strip()[:100]
    context = {
        "found": tags(reader(request, Purpose.UPKEEP), words, page_asked(request)),
        "words": words,
        "pages_at": f"/tags?{urlencode({'q': words})}&page=" if words else "/tags?page=",
        "said": said(request),
    }
    return show(request, "tags.html", context)


def _sheet(title: str, back: str) -> Sheet:
    return Sheet(
        title=title,
        back=back,
        intro="Silence is judged by what the tag's mode lets expect, never by a fixed time.",
        inputs=(
            Input(name="serial", label="Serial number", hint="As printed on the tag or phone"),
            Input(name="model", label="Model", hint="For example: phone with Traccar Client"),
            Input(name="mode", label="Name of its mode", classes="govuk-input--width-10"),
            *(
                Input(name=name, label=label, classes="govuk-input--width-5", numeric="numeric")
                for name, label in INTERVALS
            ),
            *HIDDEN,
        ),
    )


@page("/tags/new", Verb.REGISTER_TAG, FORM)
def new_tag(request: Asked) -> Response[Any]:
    """Ask for a new tag."""
    values = {"record_id": f"t_{secrets.token_hex(8)}", **_mode_values(TagMode())}
    return show_sheet(request, _sheet("Enter a tag", "/tags"), values)


@act("/tags/new", Verb.REGISTER_TAG)
def enter_tag(request: Asked, data: Form) -> Response[Any]:
    """Record a new tag."""
    return _record(request, data, _sheet("Enter a tag", "/tags"), None)


@page("/tags/{tag_id:str}/change", Verb.REGISTER_TAG)
def change_tag(request: Asked, tag_id: FromPath[str]) -> Response[Any]:
    """Show a tag to be corrected."""
    found = ask_tag(reader(request, Purpose.UPKEEP), TagId(tag_id)).tag
    values = {
        "serial": found.serial,
        "model": found.model,
        "record_id": tag_id,
        "seen": digest(found),
        **_mode_values(found.mode),
    }
    return show_sheet(request, _sheet("Change a tag", f"/tags/{tag_id}"), values)


@act("/tags/{tag_id:str}/change", Verb.REGISTER_TAG)
def correct_tag(request: Asked, tag_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the tag as it is from now on."""
    ask_tag(reader(request, Purpose.UPKEEP), TagId(tag_id))
    return _record(request, data, _sheet("Change a tag", f"/tags/{tag_id}"), TagId(tag_id))


def _mode_values(mode: TagMode) -> dict[str, str]:
    return {
        "mode": mode.name,
        "moving": str(mode.moving_interval_s),
        "resting": str(mode.resting_interval_s),
        "report": str(mode.report_interval_s),
    }


def _record(request: Asked, data: Form, sheet: Sheet, tag_id: TagId | None) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    spans = {
        name: int(number(values, name, problems, 1, 86_400, label)) for name, label in INTERVALS
    }
    found = Tag(
        tag_id=tag_id or TagId(new_id(values, "t_", problems)),
        serial=text(values, "serial", problems, "Enter the serial number"),
        model=text(values, "model", problems, "Enter the model"),
        mode=TagMode(
            name=text(values, "mode", problems, "Enter a name for its mode"),
            moving_interval_s=spans["moving"],
            resting_interval_s=spans["resting"],
            report_interval_s=spans["report"],
        ),
    )
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: record_tag(clerk, asking, found, values["seen"]))
        if done is not None:
            return after(f"/tags/{found.tag_id}", done)
    return show_sheet(request, sheet, values, problems)


# --- connecting ----------------------------------------------------------------------------------


@page("/tags/{tag_id:str}", Verb.ISSUE_CREDENTIAL)
def show_tag(request: Asked, tag_id: FromPath[str]) -> Response[Any]:
    """Show a tag, what lets it speak, and whether it does."""
    view = ask_tag(reader(request, Purpose.UPKEEP), TagId(tag_id))
    return _tag_page(request, view, {"said": said(request)}, 200)


@act("/tags/{tag_id:str}/credentials", Verb.ISSUE_CREDENTIAL)
def connect(request: Asked, tag_id: FromPath[str], data: Form) -> Response[Any]:
    """Issue a secret and show its settings, this once."""
    asking, base = reader(request, Purpose.UPKEEP), foundation(request)
    chosen = field(data, "scheme")
    offered = [scheme.value for scheme, _, _ in FOR_TAGS]
    if chosen not in offered:
        problem = "Choose what will send the fixes"
        view = ask_tag(asking, TagId(tag_id))
        return _tag_page(request, view, {"problem": problem}, 422)
    try:
        done = issue_credential(base.clerk, asking, Scheme(chosen), TagId(tag_id))
    except (Conflict, NotRecorded) as error:
        view = ask_tag(asking, TagId(tag_id))
        return _tag_page(request, view, {"problem": str(error)}, 422)
    view = ask_tag(asking, TagId(tag_id))
    tags_config = base.config.tags
    context = {
        "view": view,
        "scheme": Scheme(chosen),
        "settings": settings_for(
            Scheme(chosen), tags_url(tags_config), done.made_id, done.secret, view.tag
        ),
        "warnings": warnings(tags_config),
        "back": f"/tags/{tag_id}",
    }
    return show(request, "connected.html", context)


@act("/credentials/{credential_id:str}/revoke", Verb.ISSUE_CREDENTIAL)
def revoke(request: Asked, credential_id: FromPath[str], data: Form) -> Response[Any]:
    """Shut a tag, phone or gateway out."""
    asking, problems = reader(request, Purpose.UPKEEP), Problems()
    clerk, identity = foundation(request).clerk, CredentialId(credential_id)
    reason = field(data, "reason", 200) or "revoked on the tag's page"
    done = attempt(problems, lambda: revoke_credential(clerk, asking, identity, reason))
    tag_id = field(data, "tag", 100)
    back = f"/tags/{tag_id}" if tag_id.replace("_", "").replace("-", "").isalnum() else "/gateways"
    if done is None:
        context = {"title": "Not revoked", "text": problems.by_field["main-content"]}
        return show(request, "error.html", context, 503)
    return after(back, done)


@page("/gateways", Verb.ISSUE_CREDENTIAL)
def list_gateways(request: Asked) -> Response[Any]:
    """List what speaks for many tags."""
    rows = gateways(reader(request, Purpose.UPKEEP))
    return show(request, "gateways.html", {"rows": rows, "said": said(request)})


@act("/gateways", Verb.ISSUE_CREDENTIAL)
def connect_gateway(request: Asked) -> Response[Any]:
    """Issue a secret for a Traccar server and show its settings, this once."""
    asking, base, problems = reader(request, Purpose.UPKEEP), foundation(request), Problems()
    scheme = Scheme.TRACCAR_FORWARD
    done = attempt(problems, lambda: issue_credential(base.clerk, asking, scheme, None))
    if done is None:
        context = {"title": "Not issued", "text": problems.by_field["main-content"]}
        return show(request, "error.html", context, 503)
    url = tags_url(base.config.tags)
    context = {
        "view": None,
        "scheme": scheme,
        "settings": settings_for(scheme, url, done.made_id, done.secret, None),
        "warnings": warnings(base.config.tags),
        "back": "/gateways",
    }
    return show(request, "connected.html", context)


def _tag_page(request: Asked, view: TagView, more: dict[str, Any], status: int) -> Response[Any]:
    context = {
        "view": view,
        "offered": [
            {"value": scheme.value, "text": name, "hint": {"text": hint}}
            for scheme, name, hint in FOR_TAGS
        ],
        "warnings": warnings(foundation(request).config.tags),
        "url": tags_url(foundation(request).config.tags),
        "problem": "",
        **more,
    }
    return show(request, "tag.html", context, status)


ROUTES = (
    list_tags,
    new_tag,
    enter_tag,
    change_tag,
    correct_tag,
    show_tag,
    connect,
    revoke,
    list_gateways,
    connect_gateway,
)
