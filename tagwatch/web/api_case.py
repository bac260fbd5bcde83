"""What the API can do with cases."""

from collections.abc import Callable
from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.case import Agreement, CaseError, ContestOutcome, DecisionKind
from tagwatch.core.case_step import Proof, StepKind
from tagwatch.core.document import MOST_BYTES
from tagwatch.core.ids import AlertId, CaseId, WearerId
from tagwatch.core.units import Instant
from tagwatch.desk import case, contest
from tagwatch.desk.case_step import record_step, take_back_step
from tagwatch.desk.clerk import Done
from tagwatch.desk.document import File, attach
from tagwatch.query.case import CaseList, CaseView, case_list, case_view
from tagwatch.query.document import DocumentView, document
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.case_pack import Pack, pack
from tagwatch.web.whole import page_of

_SEE: Final = Purpose.ALERT_RESPONSE


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case about alerts of one wearer."""

    wearer_id: WearerId
    alerts: tuple[AlertId, ...]
    title: str


class Adding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More alerts; `seen` is the version of the case that was read, here and below."""

    seen: int
    alerts: tuple[AlertId, ...]


class Deciding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision, with its reasons; `dissent` is empty where nobody disagreed."""

    seen: int
    kind: DecisionKind
    words: str
    weighed: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    dissent: str = ""


class Signing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the second person says."""

    seen: int
    decision_id: str
    agreement: Agreement
    words: str


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to be done by a time."""

    seen: int
    words: str
    due_at: Instant


class Finishing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done."""

    seen: int
    words: str = ""


class Attaching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document: `content` in base64; `about` names a decision, or is empty for the case."""

    seen: int
    name: str
    says: str
    about: str = ""
    content: bytes


class Contesting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the wearer says against the finding of an alert, and how it reached us."""

    seen: int
    alert_id: AlertId
    words: str
    how: str


class Answering(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found of a contest."""

    seen: int
    outcome: ContestOutcome
    words: str


class Happening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened outside of Tagwatch; `proof` of an excuse only."""

    seen: int
    kind: StepKind
    happened_at: Instant
    words: str
    proof: Proof | None = None


class TakingBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a step does not hold."""

    seen: int
    words: str


def _list(call: Call) -> CaseList:
    return case_list(call.reader, page_of(call))


def _view(call: Call) -> CaseView:
    return case_view(call.reader, CaseId(call.path["case_id"]))


def _open(call: Call) -> Done:
    body: Opening = call.body
    of = (body.wearer_id, body.alerts, body.title)
    return _tried(lambda: case.open_case(call.clerk, call.reader, *of))


def _on(call: Call) -> case.OnCase:
    return case.OnCase(call.clerk, call.reader, CaseId(call.path["case_id"]), call.body.seen)


def _tried(work: Callable[[], Done]) -> Done:
    """Return what `work` returns; what a case cannot take is the caller's to mend."""
    try:
        return work()
    except CaseError as error:
        raise Wrong(str(error)) from error


def _extend(call: Call) -> Done:
    body: Adding = call.body
    return _tried(lambda: case.extend(_on(call), body.alerts))


def _decide(call: Call) -> Done:
    body: Deciding = call.body
    reasons = (body.weighed, body.alternatives, body.dissent)
    return _tried(lambda: case.decide(_on(call), body.kind, body.words, *reasons))


def _sign(call: Call) -> Done:
    body: Signing = call.body
    return _tried(lambda: case.sign(_on(call), body.decision_id, body.agreement, body.words))


def _set_task(call: Call) -> Done:
    body: Setting = call.body
    return _tried(lambda: case.set_task(_on(call), body.words, body.due_at))


def _finish(call: Call) -> Done:
    body: Finishing = call.body
    task = call.path["task_id"]
    return _tried(lambda: case.finish_task(_on(call), task, body.words))


def _close(call: Call) -> Done:
    body: Finishing = call.body
    return _tried(lambda: case.close_case(_on(call), body.words))


def _attach(call: Call) -> Done:
    body: Attaching = call.body
    file = File(body.name, body.content)
    return _tried(lambda: attach(_on(call), file, body.says, body.about))


def _contest(call: Call) -> Done:
    body: Contesting = call.body
    return _tried(lambda: contest.contest(_on(call), body.alert_id, body.words, body.how))


def _answer(call: Call) -> Done:
    body: Answering = call.body
    name = call.path["contest_id"]
    return _tried(lambda: contest.answer(_on(call), name, body.outcome, body.words))


def _step(call: Call) -> Done:
    body: Happening = call.body
    said = (body.kind, body.happened_at, body.words, body.proof)
    return _tried(lambda: record_step(_on(call), *said))


def _take_back(call: Call) -> Done:
    body: TakingBack = call.body
    name = call.path["step_id"]
    return _tried(lambda: take_back_step(_on(call), name, body.words))


def _document(call: Call) -> DocumentView:
    case_id = CaseId(call.path["case_id"])
    return document(call.reader, call.config, case_id, call.path["document_id"])


def _pack(call: Call) -> Pack:
    return pack(call.reader, call.sign_in, CaseId(call.path["case_id"]))


_ONE: Final = "/cases/{case_id:str}"

CASES: Final[tuple[Endpoint, ...]] = (
    read(
        "list_cases",
        "/cases",
        Verb.SEE_CASES,
        "Cases that are not closed, a page at a time, and recall requests by finding",
        _list,
        CaseList,
        asks=(("page", "Page, from 1"),),
        purpose=_SEE,
    ),
    read(
        "get_case",
        _ONE,
        Verb.SEE_CASES,
        "One case with its timeline",
        _view,
        CaseView,
        purpose=_SEE,
    ),
    do("open_case", "/cases", Verb.RECORD_CASE, "Open a case", _open, Opening, _SEE),
    do(
        "add_to_case",
        f"{_ONE}/alerts",
        Verb.RECORD_CASE,
        "Put more alerts into a case",
        _extend,
        Adding,
        _SEE,
    ),
    do("decide_case", f"{_ONE}/decide", Verb.DECIDE, "Decide a case", _decide, Deciding, _SEE),
    do(
        "sign_decision",
        f"{_ONE}/sign",
        Verb.DECIDE,
        "Agree to another's decision, or disagree",
        _sign,
        Signing,
        _SEE,
    ),
    do("set_task", f"{_ONE}/tasks", Verb.RECORD_CASE, "Set a task", _set_task, Setting, _SEE),
    do(
        "finish_task",
        f"{_ONE}/tasks/{{task_id:str}}/done",
        Verb.RECORD_CASE,
        "Record that a task was done",
        _finish,
        Finishing,
        _SEE,
    ),
    do(
        "attach_document",
        f"{_ONE}/documents",
        Verb.RECORD_CASE,
        "Attach a document to a case",
        _attach,
        Attaching,
        _SEE,
        body_most=2 * MOST_BYTES,
        text_most=2 * MOST_BYTES,
    ),
    read(
        "get_document",
        f"{_ONE}/documents/{{document_id:str}}",
        Verb.SEE_CASES,
        "A document of a case, its bytes in base64; null: lawfully erased",
        _document,
        DocumentView,
        purpose=_SEE,
        writes=HANDS_OUT,
    ),
    read(
        "get_breach_pack",
        f"{_ONE}/breach-pack",
        Verb.SEE_CASES,
        "The breach pack of a case: PDF in base64, and its SHA-256",
        _pack,
        Pack,
        purpose=_SEE,
        writes=HANDS_OUT,
    ),
    do(
        "contest_finding",
        f"{_ONE}/contests",
        Verb.RECORD_CASE,
        "Record that the wearer contests a finding",
        _contest,
        Contesting,
        _SEE,
    ),
    do(
        "answer_contest",
        f"{_ONE}/contests/{{contest_id:str}}/answer",
        Verb.DECIDE,
        "Record what was found of a contest",
        _answer,
        Answering,
        _SEE,
    ),
    do(
        "record_step",
        f"{_ONE}/steps",
        Verb.RECORD_CASE,
        "Record what happened outside of Tagwatch: a letter, a hearing, a recall carried out",
        _step,
        Happening,
        _SEE,
    ),
    do(
        "take_back_step",
        f"{_ONE}/steps/{{step_id:str}}/take-back",
        Verb.RECORD_CASE,
        "Record that a step was written down wrongly",
        _take_back,
        TakingBack,
        _SEE,
    ),
    do("close_case", f"{_ONE}/close", Verb.DECIDE, "Close a case", _close, Finishing, _SEE),
)
