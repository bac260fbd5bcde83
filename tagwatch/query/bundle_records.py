"""Decisions and the audit's excerpt in a bundle: who decided what, who looked, who was given."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.audit import audit_line, open_reader, streams
from tagwatch.config import Config
from tagwatch.core.case import Case
from tagwatch.core.units import Instant, iso
from tagwatch.query.bundle import Asked
from tagwatch.query.bundle_facts import BundleFacts, cases_touching, cut, is_secret
from tagwatch.store import schema
from tagwatch.verifier.content import CLOSED

MOST_LINES: Final = 2_000
MOST_READ: Final = 100_000
"""Lines of each stream looked through, the newest."""
_CHUNK: Final = 5_000


def record_files(
    connection: Connection, config: Config, facts: BundleFacts, asked: Asked
) -> dict[str, bytes]:
    """Return `decisions.json` and `audit.json`; with a secret place the whole is closed, and what
    is open tells of that place nothing, nor when anybody looked."""
    cases = cases_touching(connection, facts.wearer.wearer_id, facts.window)
    lines = list(_lines(config, facts, asked.at))
    if not facts.has_secret:
        return {
            "decisions.json": _json(cut([_case(one) for one in cases], facts.cut)),
            "audit.json": _json(cut(lines, facts.cut)),
        }
    secret = {v.condition_id for v in facts.judged.conditions if is_secret(v)}
    open_cases = [_case(one) for one in cases if not _about(connection, one, secret)]
    counts = Counter(str(line["act"]) for line in lines)
    return {
        CLOSED + "decisions.json": _json([_case(one) for one in cases]),
        CLOSED + "audit.json": _json(lines),
        "decisions.json": _json(cut(open_cases, facts.cut)),
        "audit.json": _json([{"act": act, "lines": many} for act, many in sorted(counts.items())]),
    }


def _about(connection: Connection, case: Case, secret: set[Any]) -> bool:
    """Say whether a case holds an alert about a secret place, or one of which that is not known."""
    alert, episode = schema.alert.c, schema.episode.c
    rows = connection.execute(
        select(alert.alert_id, episode.condition_id)
        .select_from(schema.alert)
        .outerjoin(schema.episode, episode.episode_id == alert.episode_id)
        .where(alert.alert_id.in_(case.alerts))
    )
    return any(row.condition_id is None or row.condition_id in secret for row in rows)


def _case(case: Case) -> dict[str, Any]:
    whole = msgspec.to_builtins(case)
    kept = (
        "case_id",
        "title",
        "opened_at",
        "opened_by",
        "alerts",
        "decisions",
        "contests",
        "state",
    )
    return {name: whole[name] for name in kept}


def _lines(config: Config, facts: BundleFacts, until: Instant) -> Iterator[dict[str, Any]]:
    """Yield what the audit says of the wearer since the window began, without addresses."""
    found = 0
    for stream in streams(config):
        reader = open_reader(config, stream)
        try:
            last = _last(reader)
            at = max(0, last - MOST_READ)
            while at < last and found < MOST_LINES:
                records = reader.read(at, last, most=_CHUNK)
                at = reader.position.seq if records else last
                for record in records:
                    line = audit_line(record)
                    if line is None or facts.wearer.wearer_id not in line.ids:
                        continue
                    if facts.window[0] <= line.at <= until and found < MOST_LINES:
                        found += 1
                        yield {
                            "at": iso(line.at),
                            "by": line.by,
                            "role": line.role,
                            "act": line.act.name.lower(),
                            "outcome": line.outcome.name.lower(),
                            "question": line.question,
                            "purpose": line.purpose,
                        }
        finally:
            reader.close()


def _last(reader: Any) -> int:
    """Return the number of a stream's newest line, found by doubling and halving."""
    low, high = 0, 1_000
    while reader.get(high) is not None:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if reader.get(middle) is not None else (low, middle)
    return low


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)
