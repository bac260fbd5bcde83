"""Cases as the projections keep them: the current version, and who made each and why."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.case import Case
from tagwatch.core.ids import AccountId, CaseId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Case)


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
            "body": msgspec.json.encode(case).decode(),
        },
    )
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
