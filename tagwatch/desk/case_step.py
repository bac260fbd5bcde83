"""An officer writes down what happened in a case outside of Tagwatch, or takes that back."""

from tagwatch.access.role import Verb
from tagwatch.core import case as cases
from tagwatch.core.case_step import CaseStep, Proof, StepKind
from tagwatch.core.ids import derived_id
from tagwatch.core.ledger import CaseStepRecorded, CaseStepTakenBack
from tagwatch.core.units import Instant
from tagwatch.desk.case import LINE_MOST, WORDS_MOST, OnCase, act_of, held_for, record_act
from tagwatch.desk.clerk import Done


def record_step(
    on: OnCase, kind: StepKind, happened_at: Instant, words: str, proof: Proof | None
) -> Done:
    """Record that something happened; `proof` of an excuse only.

    Raises CaseError for what is missing or cannot be, Conflict if somebody changed the case
    meanwhile, NotFound outside the scope, NotRecorded.
    """
    held = held_for(on, Verb.RECORD_CASE, "record_step")
    step = CaseStep(
        step_id=derived_id("st", on.case_id, on.seen),
        kind=kind,
        happened_at=happened_at,
        words=words.strip()[:WORDS_MOST],
        proof=proof,
        at=on.reader.now(),
        by=on.reader.actor.account_id,
    )
    event = CaseStepRecorded(**act_of(on, held), step=step)
    return record_act(on, held, lambda: cases.with_step(held, step), event)


def take_back_step(on: OnCase, step_id: str, words: str) -> Done:
    """Record that a step was written down wrongly. Raises what `record_step` raises."""
    held = held_for(on, Verb.RECORD_CASE, "take_back_step")
    text = words.strip()[:LINE_MOST]
    event = CaseStepTakenBack(**act_of(on, held), step_id=step_id, words=text)
    return record_act(on, held, lambda: cases.step_taken_back(held, step_id, text), event)
