"""Somebody asks for data about a wearer: an officer records it; police and advocates ask here
themselves."""

from typing import Any, Final

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Role, Verb
from tagwatch.core.data_request import MOST_PEOPLE, Minimum, RequestError, RequestUrgency
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.request_kinds import CITES, KIND_RULES, LegalGround, RequestKind, Wanted
from tagwatch.core.settings import RequestSettings
from tagwatch.core.timetable import Edge
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.desk.ask_request import Ask, ask_request
from tagwatch.desk.data_request import ASKING_ROLES, OWN_KINDS
from tagwatch.query.data_requests import about_whom, asked_before
from tagwatch.query.register import current_versions
from tagwatch.query.wearers import wearer_by_number
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    choice,
    moment,
    moment_values,
    options,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.render import age, static_address
from tagwatch.web.route import Form, act, page
from tagwatch.web.shape_input import read_shape, template_inputs, template_values
from tagwatch.web.words import word

NO_NAMES: Final = "Never a protected person's name or address"
_WIDTH: Final = "govuk-input--width-10"


@page("/wearers/{wearer_id:str}/requests/new", Verb.ASK_REQUEST)
def new_request(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask what data is wanted, by whom and on which law."""
    asking = request_reader(request)
    wearer = about_whom(asking, WearerId(wearer_id))
    now = asking.now()
    values: dict[str, Any] = {
        "urgency": RequestUrgency.ROUTINE.value,
        "wanted": [],
        **moment_values("asked", now),
        **moment_values("start", Instant(now - DAY)),
        **moment_values("end", now),
    }
    if kinds := OWN_KINDS.get(who(request).actor.role):
        values["kind"] = kinds[0].value
    enquiry = request.query_params.get("enquiry", "")[:80]
    if enquiry:
        values |= asked_before(asking, wearer.wearer_id, EnquiryId(enquiry))
    return _show(request, _sheet(request, wearer), values)


@act("/wearers/{wearer_id:str}/requests/new", Verb.ASK_REQUEST)
def ask_for_data(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the request."""
    asking, problems = request_reader(request), Problems()
    wearer = about_whom(asking, WearerId(wearer_id))
    sheet = _sheet(request, wearer)
    values = typed(data, sheet)
    minimum = minimum_of(request, values, problems)
    ask = _ask(request, values, minimum, problems)
    ask = msgspec.structs.replace(ask, others=_others(asking, values, problems))
    if not problems:
        done = None
        try:
            base = foundation(request)
            done = attempt(
                problems,
                lambda: ask_request(
                    base.clerk, asking, base.sign_in.accounts, wearer.wearer_id, ask
                ),
            )
        except RequestError as error:
            problems.add(error.field, str(error))
        if done is not None:
            return after(f"/requests/{done.made_id}", done)
    return _show(request, sheet, values, problems)


def request_reader(request: Asked) -> Reader:
    """Return a reader for work on data requests."""
    return reader(request, Purpose.DATA_REQUEST)


def minimum_of(request: Asked, values: dict[str, Any], problems: Problems) -> Minimum:
    """Return the least that does, as it was typed; a borough fills in its outline."""
    given: list[Any] = values.get("wanted") or []
    chosen = [str(each) for each in given]
    wanted = tuple(one for one in Wanted if one.value in chosen)
    if not wanted:
        problems.add("wanted", "Choose which data is needed")
    start = moment(values, "start", problems, "Enter from when")
    end = moment(values, "end", problems, "Enter until when", Edge.UNTIL)
    label, area = str(values.get("template", "")).strip(), None
    if label:
        values["template_buffer"] = str(values.get("template_buffer", "")).strip() or "0"
        found = template_values(foundation(request).config, values, problems)
        values |= {} if found is None else found
    drawn = any(str(values.get(name, "")).strip() for name in ("lat", "lon", "shape"))
    if drawn and not problems:
        area = read_shape(values, problems)
    return Minimum(
        start=start or Instant(0),
        end=end or Instant(0),
        wanted=wanted,
        area=area,
        area_label=str(values.get("area_label", "")) or label,
        no_area=str(values.get("no_area", "")),
    )


def _ask(request: Asked, values: dict[str, Any], minimum: Minimum, problems: Problems) -> Ask:
    actor = who(request).actor
    own = actor.role in OWN_KINDS
    kind = choice(values, "kind", RequestKind, problems, "Choose who asks")
    account = "" if own else str(values.get("account", ""))[:80]
    name = actor.name
    if not own and not account:
        name = text(values, "name", problems, "Write the name of whoever asks")
    role = text(values, "role", problems, "Write the role of whoever asks")
    organisation = actor.agency if own else str(values.get("organisation", ""))
    if not organisation and not account:
        organisation = text(values, "organisation", problems, "Write the organisation that asks")
    ground = choice(values, "ground", LegalGround, problems, "Choose on which law it rests")
    cited = text(values, "cited", problems, f"Write {CITES[ground]}")
    purpose = text(values, "purpose", problems, "Write what the data is needed for", 4000)
    urgency = choice(values, "urgency", RequestUrgency, problems, "Choose how soon it is needed")
    asked_at = None if own else moment(values, "asked", problems, "Enter when it was asked")
    enquiry = str(values.get("enquiry", ""))[:80]
    return Ask(
        kind=kind,
        name=name,
        role=role,
        organisation=organisation,
        reference=str(values.get("reference", "")),
        purpose=purpose,
        ground=ground,
        cited=cited,
        minimum=minimum,
        urgency=urgency,
        asked_at=asked_at,
        enquiry_id=EnquiryId(enquiry) if enquiry else None,
        account_id=AccountId(account) if account else None,
    )


def _others(asking: Reader, values: dict[str, Any], problems: Problems) -> tuple[WearerId, ...]:
    """Return whom else it is about, by the numbers that were typed."""
    given = list(dict.fromkeys(str(values.get("others", "")).split()))
    if len(given) >= MOST_PEOPLE:
        problems.add("others", f"One request is about {MOST_PEOPLE} people at most")
        return ()
    found = {number: wearer_by_number(asking, number) for number in given}
    missing = [number[:20] for number, wearer in found.items() if wearer is None]
    if missing:
        words = f"Nobody within your scope has this number: {', '.join(missing)}"
        problems.add("others", words)
    return tuple(wearer.wearer_id for wearer in found.values() if wearer is not None)


def _show(
    request: Asked, sheet: Sheet, values: dict[str, Any], problems: Problems | None = None
) -> Response[Any]:
    own = OWN_KINDS.get(who(request).actor.role)
    more = {
        "boroughs": static_address("map/boroughs.geojson"),
        "rules": [(kind, KIND_RULES[kind]) for kind in own or RequestKind],
        "cites": CITES,
        "day": DAY,
        "is_own": own is not None,
    }
    return show_sheet(request, sheet, values, problems, "request_form.html", more)


def _sheet(request: Asked, wearer: Wearer) -> Sheet:
    actor = who(request).actor
    own = actor.role in OWN_KINDS
    settings = current_versions(foundation(request).projections)[0].settings.request
    return Sheet(
        title="Ask for data about him" if own else "Record a data request",
        caption=wearer.name,
        back=f"/wearers/{wearer.wearer_id}" if actor.may(Verb.SEE_WEARER) else "/wearers",
        button="Ask" if own else "Record it",
        inputs=(
            *_who_asks(request),
            *why_inputs(own_grounds(actor.role)),
            *what_inputs(request),
            Input(
                name="others",
                label="Others about whom the same is asked (optional)",
                hint="A CRN or NOMIS number a line. Each is decided, and released, on his own",
                kind=Kind.AREA,
            ),
            urgency_input(settings),
            Input(name="enquiry", kind=Kind.HIDDEN),
        ),
    )


def _who_asks(request: Asked) -> tuple[Input, ...]:
    actor = who(request).actor
    own = OWN_KINDS.get(actor.role)
    kinds = tuple((kind.value, word(kind)) for kind in own or RequestKind)
    found = [
        Input(name="kind", label="Who asks", kind=Kind.SELECT, options=(("", "Choose"), *kinds)),
        _account(request),
        Input(name="name", label="Name"),
        Input(
            name="role",
            label="Your role" if own else "Role",
            hint="For example detective sergeant",
        ),
        Input(name="organisation", label="Organisation"),
        Input(name="reference", label="Your reference" if own else "Their reference"),
        Input(name="asked", label="Asked", kind=Kind.MOMENT),
    ]
    left_out = {"name", "asked", "account"} if own else set[str]()
    if own and actor.agency:
        left_out |= {"organisation"}
    if own and len(own) == 1:
        found[0] = msgspec.structs.replace(found[0], kind=Kind.HIDDEN)
    return tuple(one for one in found if one.name not in left_out)


def _account(request: Asked) -> Input:
    accounts = foundation(request).sign_in.accounts.all()
    offered = tuple(
        (each.account_id, f"{each.full_name}, {each.agency or each.role}")
        for each in accounts
        if each.active and each.role in ASKING_ROLES
    )
    return Input(
        name="account",
        label="For an account here (optional)",
        hint="That account sees the request and fetches what goes out; you still make sure of it",
        kind=Kind.SELECT,
        options=(("", "Nobody who has an account"), *offered),
    )


def own_grounds(role: Role) -> tuple[LegalGround, ...]:
    """Return the laws on which an account of this role, or whoever an officer records, may ask."""
    return grounds_of(OWN_KINDS.get(role, tuple(RequestKind)))


def grounds_of(kinds: tuple[RequestKind, ...]) -> tuple[LegalGround, ...]:
    """Return the laws on which requests of these kinds may rest."""
    return tuple(g for g in LegalGround if any(g in KIND_RULES[kind].grounds for kind in kinds))


def why_inputs(grounds: tuple[LegalGround, ...]) -> tuple[Input, ...]:
    """Return the fields of the law and the purpose."""
    return (
        Input(
            name="ground",
            label="On which law",
            kind=Kind.SELECT,
            options=(("", "Choose"), *((each.value, word(each)) for each in grounds)),
        ),
        Input(name="cited", label="What it cites", hint="As the table above says for that law"),
        Input(
            name="purpose",
            label="What the data is needed for, and why less would not do",
            hint=NO_NAMES,
            kind=Kind.AREA,
        ),
    )


def what_inputs(request: Asked) -> tuple[Input, ...]:
    """Return the fields of the least that does."""
    return (
        Input(name="wanted", label="Which data", kind=Kind.BOXES, options=options(Wanted)),
        Input(name="start", label="From", kind=Kind.MOMENT),
        Input(name="end", label="Until", kind=Kind.MOMENT),
        Input(name="lat", label="Latitude", classes=_WIDTH, numeric="decimal"),
        Input(name="lon", label="Longitude", classes=_WIDTH, numeric="text"),
        Input(
            name="radius",
            label="Within this many metres",
            classes="govuk-input--width-5",
            numeric="numeric",
        ),
        Input(name="shape", label="Outline as GeoJSON", kind=Kind.AREA),
        *template_inputs(foundation(request).config),
        Input(name="area_label", label="What the area is called (optional)", hint=NO_NAMES),
        Input(name="no_area", label="Or why it is not bound to a place"),
    )


def urgency_input(settings: RequestSettings) -> Input:
    """Return the field of how soon it is needed, with the times that are published."""
    spans = {
        RequestUrgency.LIFE: settings.life_s,
        RequestUrgency.URGENT: settings.urgent_s,
        RequestUrgency.ROUTINE: settings.routine_s,
    }
    return Input(
        name="urgency",
        label="How soon it is needed",
        kind=Kind.RADIOS,
        options=tuple(
            (each.value, f"{word(each)}: within {age(Instant(span * SECOND))}")
            for each, span in spans.items()
        ),
    )


ROUTES = (new_request, ask_for_data)
