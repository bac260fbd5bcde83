"""An officer shares a case with a partner agency, sees who fetched it, varies and ends it."""

from collections.abc import Callable
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.case_share import CaseShare, ShareBasis, ShareError, ShareField
from tagwatch.core.ids import AccountId, CaseId, ShareId, WearerId
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Done
from tagwatch.desk.share import Terms, end_share, partners, share_case, vary_share
from tagwatch.query.shares import ShareRow, own_shares, share_view, shares_of
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment,
    moment_values,
    options,
    said,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole

_FOR: Final = Purpose.SUPERVISION
EVERYBODY: Final = "everybody"


@page("/shares", Verb.SHARE_CASE)
def shares(request: Asked) -> Response[Any]:
    """List the shares of the own caseload."""
    asking = reader(request, _FOR)
    rows = own_shares(asking)
    context = {"rows": rows, "names": _names(request, rows), "said": said(request)}
    return show(request, "shares.html", context)


@page("/wearers/{wearer_id:str}/shares", Verb.SHARE_CASE)
def wearer_shares(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show to whom a case is and was shared, and who fetched it."""
    wearer, rows = shares_of(reader(request, _FOR), WearerId(wearer_id))
    names = _names(request, rows)
    context = {"rows": rows, "names": names, "wearer": wearer, "said": said(request)}
    return show(request, "shares.html", context)


@page("/wearers/{wearer_id:str}/shares/new", Verb.SHARE_CASE)
def new_share(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask what is shared with whom, why and until when."""
    wearer, _ = shares_of(reader(request, _FOR), WearerId(wearer_id))
    return show_sheet(request, _sheet(request, f"/wearers/{wearer_id}/shares", wearer.name), {})


@act("/wearers/{wearer_id:str}/shares/new", Verb.SHARE_CASE)
def enter_share(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Share a case."""
    asking, base, name = reader(request, _FOR), foundation(request), WearerId(wearer_id)
    wearer, _ = shares_of(asking, name)
    sheet = _sheet(request, f"/wearers/{wearer_id}/shares", wearer.name)
    return _entered(
        request,
        sheet,
        data,
        lambda terms: share_case(base.clerk, asking, base.sign_in.accounts, name, terms),
    )


@page("/shares/{share_id:str}", Verb.SHARE_CASE)
def share(request: Asked, share_id: FromPath[str]) -> Response[Any]:
    """Show a share: what it gives, its versions, and who fetched it."""
    return _page(request, share_id, "", 200)


@page("/shares/{share_id:str}/vary", Verb.SHARE_CASE)
def ask_vary(request: Asked, share_id: FromPath[str]) -> Response[Any]:
    """Ask what changes about a share."""
    held = share_view(reader(request, _FOR), ShareId(share_id)).row
    sheet = _sheet(request, f"/shares/{share_id}", held.wearer.name, held.share)
    return show_sheet(request, sheet, _values(held.share))


@act("/shares/{share_id:str}/vary", Verb.SHARE_CASE)
def vary(request: Asked, share_id: FromPath[str], data: Form) -> Response[Any]:
    """Change what is shared, or for how long."""
    asking, base, name = reader(request, _FOR), foundation(request), ShareId(share_id)
    held = share_view(asking, name).row
    sheet = _sheet(request, f"/shares/{share_id}", held.wearer.name, held.share)
    seen = _version(data)
    return _entered(
        request, sheet, data, lambda terms: vary_share(base.clerk, asking, name, seen, terms)
    )


@act("/shares/{share_id:str}/end", Verb.SHARE_CASE)
def end(request: Asked, share_id: FromPath[str], data: Form) -> Response[Any]:
    """End a share now."""
    asking, base, problems = reader(request, _FOR), foundation(request), Problems()
    words, seen = field(data, "words", 1000), _version(data)
    done = attempt(problems, lambda: end_share(base.clerk, asking, ShareId(share_id), seen, words))
    if done is not None:
        return after(f"/shares/{share_id}", done)
    return _page(request, share_id, next(iter(problems.by_field.values())), 422)


def _page(request: Asked, share_id: str, problem: str, status: int) -> Response[Any]:
    view = share_view(reader(request, _FOR), ShareId(share_id))
    context = {
        "view": view,
        "share": view.row.share,
        "names": _names(request, (view.row,)),
        "said": said(request),
        "problem": problem,
    }
    return show(request, "share.html", context, status)


def _entered(
    request: Asked, sheet: Sheet, data: Form, work: Callable[[Terms], Done]
) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    until = moment(values, "until", problems, "Enter the day on which it ends")
    agency, _, account = str(values.get("whom", "")).partition("|")
    days = str(values["alert_days"]).strip()
    if not problems:
        terms = Terms(
            agency=agency,
            account_id=AccountId(account) if account and account != EVERYBODY else None,
            purpose=str(values["purpose"]),
            basis=_basis(str(values["basis"]), problems),
            fields=tuple(ShareField(one) for one in values["fields"] if one in list(ShareField)),
            until=until if until is not None else Instant(0),
            alert_days=whole(days, digits=3),
            case_id=CaseId(str(values["case_id"]).strip()) if values["case_id"] else None,
            words=str(values.get("words", "")),
        )
        try:
            done = None if problems else attempt(problems, lambda: work(terms))
        except ShareError as error:
            problems.add("whom" if error.field == "agency" else error.field, str(error))
        else:
            if done is not None:
                return after(f"/shares/{done.made_id}", done)
    return show_sheet(request, sheet, values, problems)


def _basis(given: str, problems: Problems) -> ShareBasis:
    if given not in list(ShareBasis):
        problems.add("basis", "Choose the law it rests on")
        return ShareBasis.MAPPA
    return ShareBasis(given)


def _version(data: Form) -> int:
    given = field(data, "seen", 9)
    return int(given) if given.isascii() and given.isdigit() else 0


def _sheet(request: Asked, back: str, name: str, held: CaseShare | None = None) -> Sheet:
    whom = [("", "Choose")]
    known = partners(foundation(request).sign_in.accounts)
    for agency in sorted({each.agency for each in known}):
        whom.append((f"{agency}|{EVERYBODY}", f"{agency}: all its accounts"))
        whom += [
            (f"{agency}|{each.account_id}", f"{agency}: {each.full_name} alone")
            for each in known
            if each.agency == agency
        ]
    first = (
        (Input(name="whom", label="With whom", kind=Kind.SELECT, options=tuple(whom)),)
        if held is None
        else (
            Input(name="seen", kind=Kind.HIDDEN),
            Input(name="words", label="Why it is varied", kind=Kind.AREA),
        )
    )
    return Sheet(
        title="Share the case" if held is None else "Vary the share",
        caption=name,
        back=back,
        button="Share it" if held is None else "Save",
        intro=(
            "Choose the least that serves the purpose. Movements, places, secret zones and a "
            "protected person’s address are never shared so."
        ),
        inputs=(
            *first,
            *_what(),
        ),
    )


def _what() -> tuple[Input, ...]:
    """Return the fields that say what is shared, why, and until when."""
    return (
        Input(name="fields", label="What is shared", kind=Kind.BOXES, options=options(ShareField)),
        Input(
            name="alert_days",
            label="Alerts of how many days",
            hint="1 to 90",
            classes="govuk-input--width-3",
            numeric="numeric",
        ),
        Input(
            name="case_id",
            label="Decisions of one case alone",
            hint="The end of its address, for example ca_…; empty: of all his cases",
        ),
        Input(
            name="purpose",
            label="What they need it for",
            kind=Kind.AREA,
            hint="At least 20 characters. They read it. No protected person’s name or address",
        ),
        Input(
            name="basis",
            label="The law it rests on",
            kind=Kind.SELECT,
            options=(("", "Choose"), *options(ShareBasis)),
        ),
        Input(
            name="until",
            label="Until when",
            kind=Kind.MOMENT,
            hint="At most 90 days from now; you are reminded a week before",
        ),
    )


def _values(share: CaseShare) -> dict[str, Any]:
    return {
        "seen": str(share.version),
        "fields": [each.value for each in share.fields],
        "alert_days": str(share.alert_days),
        "case_id": share.case_id or "",
        "purpose": share.purpose,
        "basis": share.basis.value,
        **moment_values("until", share.until),
    }


def _names(request: Asked, rows: tuple[ShareRow, ...]) -> dict[str, str]:
    ids = {row.share.by for row in rows} | {each.by for row in rows for each in row.fetched}
    ids |= {row.share.account_id for row in rows if row.share.account_id}
    return foundation(request).sign_in.names({str(each) for each in ids})


ROUTES = (
    *(shares, wearer_shares, new_share, enter_share),
    *(share, ask_vary, vary, end),
)
