"""Cases as the projections keep them: the current version, and who made each and why."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.case import Case, CaseState, DecisionKind, Task
from tagwatch.core.ids import AccountId, CaseId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Case)


class OpenTasks(NamedTuple):
    """What is left to do in one case."""

    wearer_id: WearerId
    tasks: tuple[Task, ...]


class CaseBook:
    """The open tasks of every case, for the line: deadlines need nothing else of cases."""

    def __init__(self, connection: Connection) -> None:
        """Load them through `connection`."""
        self._open: dict[CaseId, OpenTasks] = {}
        column = schema.case_record.c
        bodies = connection.scalars(
            select(column.body).where(column.state != CaseState.CLOSED.value)
        )
        for body in bodies:
            self.note(_DECODER.decode(body))

    def note(self, case: Case) -> None:
        """Take note of the current version of a case."""
        left = tuple(task for task in case.tasks if task.done_at is None)
        if left:
            self._open[case.case_id] = OpenTasks(case.wearer_id, left)
        else:
            self._open.pop(case.case_id, None)

    def cases(self) -> list[CaseId]:
        """Return the cases in which something is left to do."""
        return list(self._open)

    def left(self, case_id: CaseId) -> OpenTasks | None:
        """Return what is left to do in a case, None if nothing is."""
        return self._open.get(case_id)

    def due_at(self, case_id: CaseId) -> Instant | None:
        """Return by when something must be done in a case, None if nothing must."""
        found = self._open.get(case_id)
        return None if found is None else min(task.due_at for task in found.tasks)


def put_case(
    writes: Writes, case: Case, seq: int, at: Instant, by: AccountId, kind: str, words: str
) -> None:
    """Make `case` the current version, made by the journal record `seq`."""
    writes.put(
        schema.case_record,
        {
            "case_id": case.case_id,
            "wearer_id": case.wearer_id,
            "state": case.state.value,
            "version": case.version,
            "opened_at": case.opened_at,
            "due_at": case.next_due_at,
            "body": msgspec.json.encode(case).decode(),
        },
    )
    _put_recalls(writes, case)
    writes.put(
        schema.case_version,
        {
            "case_id": case.case_id,
            "version": case.version,
            "seq": seq,
            "at": at,
            "by": by,
            "kind": kind,
            "words": words,
        },
    )


def _put_recalls(writes: Writes, case: Case) -> None:
    for decision in case.decisions:
        if decision.kind is DecisionKind.RECALL_REQUEST:
            finding = decision.strongest
            row = {"decision_id": decision.decision_id, "case_id": case.case_id}
            row |= {"wearer_id": case.wearer_id, "stands": int(decision.stands)}
            writes.put(
                schema.recall_request,
                row | {"finding": None if finding is None else finding.value},
            )


def case_of(connection: Connection, case_id: CaseId, writes: Writes | None = None) -> Case | None:
    """Return a case as it is now, with what `writes` holds of it."""
    if writes is not None:
        for row in writes.put_rows(schema.case_record):
            if row["case_id"] == case_id:
                return _DECODER.decode(row["body"])
    column = schema.case_record.c
    body = connection.scalar(select(column.body).where(column.case_id == case_id))
    return None if body is None else _DECODER.decode(body)


def maker_of(connection: Connection, case_id: CaseId, version: int) -> int | None:
    """Return the journal record that made a version of a case."""
    column = schema.case_version.c
    return connection.scalar(
        select(column.seq).where(column.case_id == case_id, column.version == version)
    )
