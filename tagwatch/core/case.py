"""A case: episodes of one wearer looked at together, what is decided about them, and by whom.

No decision is made here or anywhere by the system: each is a person's, with words, and says which
circumstances were weighed, which other explanations were considered, and who disagreed. What was
known when it was made is named by versions and digests, so that it can be read again as it was.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.case_step import AHEAD, CaseStep, StepKind
from tagwatch.core.case_step import MOST as STEPS_MOST
from tagwatch.core.document import MOST as DOCUMENTS_MOST
from tagwatch.core.document import Document
from tagwatch.core.ids import AccountId, AlertId, CaseId, WearerId
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.units import Instant


class CaseState(StrEnum):
    """The life of a case."""

    OPEN = "open"
    DECIDED = "decided"
    """A decision stands and none waits for a second person."""
    CLOSED = "closed"


class DecisionKind(StrEnum):
    """What is decided about a case."""

    NO_ACTION = "no_action"
    REASONABLE_EXCUSE = "reasonable_excuse"
    AUTHORISED_ABSENCE = "authorised_absence"
    WARNING = "warning"
    VARIATION = "variation"
    BREACH = "breach"
    RECALL_REQUEST = "recall_request"
    ARREST_REQUEST = "arrest_request"


SERIOUS: Final = frozenset(
    {DecisionKind.BREACH, DecisionKind.RECALL_REQUEST, DecisionKind.ARREST_REQUEST}
)
"""May cost a person liberty: the reasons must be whole, and a second person signs."""


class Agreement(StrEnum):
    """What the second person says to a decision."""

    AGREES = "agrees"
    DISAGREES = "disagrees"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What was held of one alert when a decision was made, for good."""

    alert_id: AlertId
    kind: str
    """Of `alert.AlertKind`."""
    alert_version: int
    finding: Finding
    phase: Phase
    probability: float
    is_judged: bool = True
    """Whether fixes were judged; else the tag or the centre reported it, and the finding and the
    probability say nothing of a place."""
    card_version: int | None = None
    card_sha256: str = ""
    """Of the circumstances card as it was stored."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, by one person."""

    decision_id: str
    kind: DecisionKind
    at: Instant
    by: AccountId
    words: str
    weighed: tuple[str, ...] = ()
    """Circumstances that mattered, as they stood on the card."""
    alternatives: tuple[str, ...] = ()
    """Other explanations that were considered, and what was made of them."""
    dissent: str = ""
    """Who disagreed, and why; empty: nobody did, as far as the decider says."""
    held: tuple[Held, ...] = ()
    agreement: Agreement | None = None
    countersigned_by: AccountId | None = None
    countersigned_at: Instant | None = None
    countersigned_words: str = ""

    @property
    def waits(self) -> bool:
        """Whether a second person must still sign."""
        return self.kind in SERIOUS and self.agreement is None

    @property
    def stands(self) -> bool:
        """Whether it is to be carried out."""
        return self.kind not in SERIOUS or self.agreement is Agreement.AGREES

    @property
    def strongest(self) -> Finding | None:
        """The strongest finding it rested on; None: on no finding about a place."""
        found = {each.finding for each in self.held if each.is_judged}
        return next((finding for finding in _STRENGTH if finding in found), None)


_STRENGTH: Final = (
    Finding.CONFIRMED,
    Finding.POSSIBLE,
    Finding.UNDETERMINED,
    Finding.WITHDRAWN,
)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done by a time."""

    task_id: str
    words: str
    due_at: Instant
    set_by: AccountId
    done_at: Instant | None = None
    done_by: AccountId | None = None
    done_words: str = ""


class ContestOutcome(StrEnum):
    """What was found of what the wearer contests."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """The wearer contests a finding. His words are his; what an officer makes of them is apart."""

    contest_id: str
    alert_id: AlertId
    words: str
    """As he, or whoever speaks for him, said or wrote them."""
    how: str
    """How they reached us: by telephone, a letter, his solicitor."""
    at: Instant
    by: AccountId
    """Who wrote them down."""
    upheld: bool | None = None
    """None: nobody has answered yet."""
    answer: str = ""
    answered_at: Instant | None = None
    answered_by: AccountId | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of a case."""

    case_id: CaseId
    wearer_id: WearerId
    title: str
    opened_at: Instant
    opened_by: AccountId
    alerts: tuple[AlertId, ...]
    version: int = 1
    state: CaseState = CaseState.OPEN
    decisions: tuple[Decision, ...] = ()
    tasks: tuple[Task, ...] = ()
    closed_words: str = ""
    documents: tuple[Document, ...] = ()
    contests: tuple[Contest, ...] = ()
    steps: tuple[CaseStep, ...] = ()

    @property
    def next_due_at(self) -> Instant | None:
        """When its next open task is due; None: no task is open."""
        return min((task.due_at for task in self.tasks if task.done_at is None), default=None)


class CaseError(ValueError):
    """An act that a case cannot take; `field` is the part of the form, the text says what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def with_alerts(case: Case, alerts: tuple[AlertId, ...]) -> Case:
    """Return the case with more alerts, each once; open again."""
    _not_closed(case)
    return _next(case, alerts=tuple(dict.fromkeys((*case.alerts, *alerts))), state=CaseState.OPEN)


def decided(case: Case, decision: Decision) -> Case:
    """Return the case with one more decision.

    Raises CaseError when it is closed, when a decision waits for a second person, or when the
    reasons of a serious one are not whole.
    """
    _not_closed(case)
    if any(each.waits for each in case.decisions):
        raise CaseError("decision", "A decision waits for a second person. Sign that one first")
    check(decision)
    after = _next(case, decisions=(*case.decisions, decision))
    return msgspec.structs.replace(after, state=_state(after))


def check(decision: Decision) -> None:
    """Raise CaseError unless the decision says what it must."""
    if not decision.words.strip():
        raise CaseError("decision-words", "Write why you decide so")
    if decision.kind not in SERIOUS:
        return
    if not decision.weighed:
        raise CaseError("weighed", "Choose the circumstances you weighed, at least one")
    if not decision.alternatives:
        raise CaseError("alternatives", "Say which other explanations you considered")
    if not decision.held:
        raise CaseError("decision", "A decision like this needs at least one alert in the case")


def countersigned(
    case: Case, decision_id: str, agreement: Agreement, words: str, at: Instant, by: AccountId
) -> Case:
    """Return the case after a second person signed a decision, or disagreed with it.

    Raises CaseError if no such decision waits, or for the person who made it.
    """
    waiting = next((each for each in case.decisions if each.decision_id == decision_id), None)
    if waiting is None or not waiting.waits:
        raise CaseError("sign", "No such decision waits for a second person. Load the page again")
    if waiting.by == by:
        raise CaseError("sign", "You made this decision: somebody else must sign it")
    if not words.strip():
        raise CaseError("sign-words", "Write why you agree or disagree")
    signed = msgspec.structs.replace(
        waiting,
        agreement=agreement,
        countersigned_by=by,
        countersigned_at=at,
        countersigned_words=words,
    )
    decisions = tuple(
        signed if each.decision_id == decision_id else each for each in case.decisions
    )
    after = _next(case, decisions=decisions)
    return msgspec.structs.replace(after, state=_state(after))


def with_task(case: Case, task: Task) -> Case:
    """Return the case with one more task. Raises CaseError when it is closed or says nothing."""
    _not_closed(case)
    if not task.words.strip():
        raise CaseError("task-words", "Write what is to be done")
    return _next(case, tasks=(*case.tasks, task))


def task_done(case: Case, task_id: str, words: str, at: Instant, by: AccountId) -> Case:
    """Return the case after a task was done. Raises CaseError if there is none to be done."""
    found = next((t for t in case.tasks if t.task_id == task_id and t.done_at is None), None)
    if found is None:
        raise CaseError("tasks", "There is no such task left to do. Load the page again")
    done = msgspec.structs.replace(found, done_at=at, done_by=by, done_words=words)
    return _next(case, tasks=tuple(done if t.task_id == task_id else t for t in case.tasks))


def with_document(case: Case, document: Document) -> Case:
    """Return the case with one more document.

    Raises CaseError when it is closed or full, when the same file is there already, or when what
    it belongs to is not in the case.
    """
    _not_closed(case)
    if not document.says.strip():
        raise CaseError("document-says", "Write what the document shows")
    if len(case.documents) >= DOCUMENTS_MOST:
        raise CaseError("document", f"A case holds at most {DOCUMENTS_MOST} documents")
    if any(each.sha256 == document.sha256 for each in case.documents):
        raise CaseError("document", "This very file is attached already")
    known = {each.decision_id for each in case.decisions}
    if document.about not in {"", *known, *(each.contest_id for each in case.contests)}:
        raise CaseError("document-about", "Choose what it belongs to. Load the page again")
    return _next(case, documents=(*case.documents, document))


def with_step(case: Case, step: CaseStep) -> Case:
    """Return the case with one more step.

    Raises CaseError when it is closed or full, or when the step says too little or what cannot be.
    """
    _not_closed(case)
    if len(case.steps) >= STEPS_MOST:
        raise CaseError("step", f"A case holds at most {STEPS_MOST} steps. Open another case")
    if not step.words.strip():
        raise CaseError("step-words", "Write what happened, and with whom")
    if step.happened_at > step.at and step.kind not in AHEAD:
        raise CaseError("step-at", "This lies ahead. Enter when it happened, or set a task for it")
    if (step.kind is StepKind.EXCUSE_GIVEN) != (step.proof is not None):
        raise CaseError("step-proof", "Say of an excuse what was shown for it, and of nothing else")
    return _next(case, steps=(*case.steps, step))


def step_taken_back(case: Case, step_id: str, words: str) -> Case:
    """Return the case with a step that does not hold. Raises CaseError if there is none."""
    _not_closed(case)
    held = next((each for each in case.steps if each.step_id == step_id), None)
    if held is None or held.taken_back:
        raise CaseError("steps", "There is no such step to take back. Load the page again")
    if not words.strip():
        raise CaseError("steps", "Write why it is taken back")
    after = msgspec.structs.replace(held, taken_back=words)
    return _next(case, steps=tuple(after if s.step_id == step_id else s for s in case.steps))


def contested(case: Case, contest: Contest) -> Case:
    """Return the case with a finding contested.

    Raises CaseError when it is closed, the alert is not in it, or nothing is said.
    """
    _not_closed(case)
    if contest.alert_id not in case.alerts:
        raise CaseError("contest-alert", "Choose the alert whose finding he contests")
    if not contest.words.strip():
        raise CaseError("contest-words", "Write what he says, in his own words")
    if not contest.how.strip():
        raise CaseError("contest-how", "Write how his words reached you")
    return _next(case, contests=(*case.contests, contest))


def answered(
    case: Case, contest_id: str, outcome: ContestOutcome, words: str, at: Instant, by: AccountId
) -> Case:
    """Return the case after an officer answered a contest. Raises CaseError if none waits."""
    found = next(
        (c for c in case.contests if c.contest_id == contest_id and c.upheld is None), None
    )
    if found is None:
        raise CaseError("contests", "No such contest waits for an answer. Load the page again")
    if not words.strip():
        raise CaseError("answer-words", "Write what was found, and why")
    after = msgspec.structs.replace(
        found, upheld=outcome is ContestOutcome.UPHELD, answer=words, answered_at=at, answered_by=by
    )
    contests = tuple(after if c.contest_id == contest_id else c for c in case.contests)
    return _next(case, contests=contests)


def closed(case: Case, words: str) -> Case:
    """Return the case closed.

    Raises CaseError while nothing is decided, a decision waits or a task is open.
    """
    _not_closed(case)
    if case.state is not CaseState.DECIDED:
        raise CaseError("close", "Decide first: a case is closed by what was decided")
    if any(task.done_at is None for task in case.tasks):
        raise CaseError("close", "A task is still open. Do it, or say why it is not to be done")
    if any(contest.upheld is None for contest in case.contests):
        raise CaseError("close", "He contests a finding, and nobody has answered. Answer first")
    if not words.strip():
        raise CaseError("close-words", "Write what became of it")
    return _next(case, state=CaseState.CLOSED, closed_words=words)


def _state(case: Case) -> CaseState:
    if any(each.waits for each in case.decisions):
        return CaseState.OPEN
    stands = any(each.stands for each in case.decisions)
    return CaseState.DECIDED if stands else CaseState.OPEN


def _next(case: Case, **changes: object) -> Case:
    return msgspec.structs.replace(case, version=case.version + 1, **changes)


def _not_closed(case: Case) -> None:
    if case.state is CaseState.CLOSED:
        raise CaseError("case", "This case is closed. Open a new one")
