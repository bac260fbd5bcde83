"""What persons do with cases, as the journal keeps it. See `ledger`.

Each act but the first carries `seen`, the version it was made on: taken in only on that very one,
so that of two officers at once the second overwrites nothing.
"""

from tagwatch.core.case import Agreement, Case, Contest, ContestOutcome, Decision, Task
from tagwatch.core.case_step import CaseStep
from tagwatch.core.document import Document
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, AlertId, CaseId, WearerId
from tagwatch.core.units import Instant


class CaseOpened(Event, frozen=True, kw_only=True):
    """A person looks at alerts of one wearer together."""

    case: Case


class CaseAct(Event, frozen=True, kw_only=True):
    """Base of what is done with a case."""

    case_id: CaseId
    wearer_id: WearerId
    seen: int
    at: Instant
    by: AccountId


class CaseExtended(CaseAct, frozen=True, kw_only=True):
    """More alerts belong to it."""

    alerts: tuple[AlertId, ...]


class DecisionMade(CaseAct, frozen=True, kw_only=True):
    """A person decided."""

    decision: Decision


class DecisionSigned(CaseAct, frozen=True, kw_only=True):
    """A second person agreed to a decision, or did not."""

    decision_id: str
    agreement: Agreement
    words: str


class TaskSet(CaseAct, frozen=True, kw_only=True):
    """Something is to be done."""

    task: Task


class TaskDone(CaseAct, frozen=True, kw_only=True):
    """It was done, or will not be: the words say which."""

    task_id: str
    words: str


class CaseClosed(CaseAct, frozen=True, kw_only=True):
    """Nothing is left to do."""

    words: str


class DocumentKept(Event, frozen=True, kw_only=True):
    """The bytes of a document. They are here and nowhere else, under a key of their own: they can
    be erased, and what was decided stays readable."""

    wearer_id: WearerId
    case_id: CaseId
    document_id: str
    content: bytes


class DocumentAttached(CaseAct, frozen=True, kw_only=True):
    """A document, kept already, proves something in a case."""

    document: Document


class FindingContested(CaseAct, frozen=True, kw_only=True):
    """The wearer contests a finding."""

    contest: Contest


class ContestAnswered(CaseAct, frozen=True, kw_only=True):
    """An officer looked into it."""

    contest_id: str
    outcome: ContestOutcome
    words: str


class CaseStepRecorded(CaseAct, frozen=True, kw_only=True):
    """Something happened outside of Tagwatch: a letter, a hearing, a recall carried out."""

    step: CaseStep


class CaseStepTakenBack(CaseAct, frozen=True, kw_only=True):
    """It was written down wrongly."""

    step_id: str
    words: str
