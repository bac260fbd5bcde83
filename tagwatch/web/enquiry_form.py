"""Somebody asks about a wearer: an officer logs it; police and liaison ask from here themselves."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.enquiry import AskedBy, AskedFor, AskedUrgency, Asker, EnquiryError
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.settings import EnquirySettings
from tagwatch.core.units import SECOND, Instant
from tagwatch.desk.enquiry import ASKERS, Question, eligible, log_enquiry
from tagwatch.query.enquiry import about_whom, named_by_crn, organisations
from tagwatch.query.register import current_versions
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
from tagwatch.web.foundation import Asked, foundation, role_reader, who
from tagwatch.web.render import age
from tagwatch.web.route import Form, act, page
from tagwatch.web.words import word

_NO_NAMES: Final = "Never a protected person's name or address"
_BY_US: Final = (AskedBy.PAGES, AskedBy.PROGRAM)


@page("/wearers/{wearer_id:str}/enquiries/new", Verb.ASK_ENQUIRY)
def new_enquiry(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask what is asked about a wearer, by whom and what for."""
    asking = role_reader(request)
    wearer = about_whom(asking, WearerId(wearer_id))
    values = {
        "urgency": AskedUrgency.ROUTINE.value,
        "question": request.query_params.get("question", "")[:4000],
        **moment_values("received", asking.now()),
    }
    return show_sheet(request, _sheet(request, asking, wearer), values)


@act("/wearers/{wearer_id:str}/enquiries/new", Verb.ASK_ENQUIRY)
def ask_enquiry(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Log the question."""
    asking, base, problems = role_reader(request), foundation(request), Problems()
    wearer = about_whom(asking, WearerId(wearer_id))
    sheet = _sheet(request, asking, wearer)
    values = typed(data, sheet)
    question = _question(request, values, problems)
    others = _others(asking, str(values["others"]), problems)
    if not problems:
        try:
            done = attempt(
                problems,
                lambda: log_enquiry(
                    base.clerk,
                    asking,
                    base.sign_in.accounts,
                    (wearer.wearer_id, *others),
                    question,
                ),
            )
        except EnquiryError as error:
            problems.add(error.field, str(error))
            done = None
        if done is not None:
            return after(f"/enquiries/{done.made_id}", done)
    return show_sheet(request, sheet, values, problems)


def _question(request: Asked, values: dict[str, Any], problems: Problems) -> Question:
    """Return what was typed; a field that this role is not asked for is filled in by the desk."""
    own = who(request).actor.role in ASKERS
    missing = "Choose who asks"
    asker = Asker.OTHER_AGENCY if own else choice(values, "asker", Asker, problems, missing)
    missing = "Choose by which way it came"
    asked_by = AskedBy.PAGES if own else choice(values, "asked_by", AskedBy, problems, missing)
    received = None if own else moment(values, "received", problems, "Enter when it was received")
    role = text(values, "role", problems, "Write the role of whoever asks, without a name")
    organisation = who(request).actor.agency
    if not own or not organisation:
        organisation = text(values, "organisation", problems, "Write the organisation that asks")
    asked_for = choice(values, "asked_for", AskedFor, problems, "Choose what the answer is for")
    urgency = choice(values, "urgency", AskedUrgency, problems, "Choose how soon it is needed")
    question = text(values, "question", problems, "Write the question in their words", 4000)
    to = str(values.get("to", ""))
    return Question(
        asker=asker,
        role=role,
        organisation=organisation,
        reference=str(values["reference"]),
        asked_by=asked_by,
        asked_for=asked_for,
        basis=str(values["basis"]),
        question=question,
        urgency=urgency,
        received_at=received,
        taken_by=AccountId(to) if to else None,
    )


def _others(asking: Reader, typed_crns: str, problems: Problems) -> list[WearerId]:
    crns = [line.strip() for line in typed_crns.splitlines() if line.strip()]
    found = named_by_crn(asking, crns) if crns else {}
    unknown = [crn for crn in crns if crn not in found]
    if unknown:
        shown = ", ".join(unknown)[:200]
        problems.add("others", f"No wearer you may see has the CRN {shown}")
    return [found[crn] for crn in crns if crn in found]


def _sheet(request: Asked, asking: Reader, wearer: Wearer) -> Sheet:
    own = who(request).actor.role in ASKERS
    settings = current_versions(foundation(request).projections)[0].settings.enquiry
    may_open = who(request).actor.may(Verb.SEE_WEARER)
    return Sheet(
        title="Ask about him" if own else "Log an enquiry",
        caption=wearer.name,
        back=f"/wearers/{wearer.wearer_id}" if may_open else "/wearers",
        button="Ask" if own else "Log it",
        intro="It goes to those who answer for this wearer. You see here what becomes of it."
        if own
        else "Who asks is known by role and organisation. Make sure that they are who they say "
        "before anything is answered.",
        inputs=(
            *(() if own else _by_whom(asking)),
            Input(
                name="role",
                label="Your role" if own else "Role of whoever asks",
                hint="For example custody sergeant. No name is needed",
            ),
            *(_organisation(asking) if not own or not who(request).actor.agency else ()),
            Input(name="reference", label="Their reference (optional)" if not own else "Reference"),
            *(() if own else _how()),
            Input(
                name="asked_for",
                label="What the answer is for",
                kind=Kind.SELECT,
                options=(("", "Choose"), *options(AskedFor)),
            ),
            Input(
                name="basis",
                label="Legal basis, in their words (optional)" if not own else "Legal basis",
                hint="Needed where the answer is for something else",
            ),
            Input(name="question", label="The question, in words", kind=Kind.AREA, hint=_NO_NAMES),
            Input(
                name="others",
                label="Other wearers it is also about, by CRN, one a line (optional)",
                kind=Kind.AREA,
            ),
            _urgency(settings),
            *(() if own else (_to(request, asking, wearer),)),
        ),
    )


def _by_whom(_asking: Reader) -> tuple[Input, ...]:
    chosen = (("", "Choose"), *options(Asker))
    return (Input(name="asker", label="Who asks", kind=Kind.SELECT, options=chosen),)


def _organisation(asking: Reader) -> tuple[Input, ...]:
    known = tuple((name, name) for name in organisations(asking))
    return (
        Input(
            name="organisation",
            label="Organisation",
            hint="Answer times are told by it: choose a name that was used before",
            options=known,
        ),
    )


def _how() -> tuple[Input, ...]:
    ways = tuple((way.value, word(way)) for way in AskedBy if way not in _BY_US)
    chosen = (("", "Choose"), *ways)
    return (
        Input(name="asked_by", label="By which way it came", kind=Kind.SELECT, options=chosen),
        Input(name="received", label="Received", kind=Kind.MOMENT),
    )


def _urgency(settings: EnquirySettings) -> Input:
    spans = {
        AskedUrgency.IMMEDIATE: settings.immediate_s,
        AskedUrgency.URGENT: settings.urgent_s,
        AskedUrgency.ROUTINE: settings.routine_s,
    }
    return Input(
        name="urgency",
        label="How soon an answer is needed",
        kind=Kind.RADIOS,
        options=tuple(
            (urgency.value, f"{word(urgency)}: within {age(Instant(span * SECOND))}")
            for urgency, span in spans.items()
        ),
    )


def _to(request: Asked, asking: Reader, wearer: Wearer) -> Input:
    accounts = eligible(asking, foundation(request).sign_in.accounts, wearer)
    people = tuple((each.account_id, each.full_name) for each in accounts)
    return Input(
        name="to",
        label="Who answers",
        kind=Kind.SELECT,
        options=(("", "Nobody yet"), *people),
    )


ROUTES = (new_enquiry, ask_enquiry)
