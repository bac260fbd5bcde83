"""What becomes of the archive: sealed, written anew, brought back, voided. See docs/archive.md."""

from typing import Any, Final

import numpy as np
from sqlalchemy import bindparam, or_, select

from tagwatch.core import ledger
from tagwatch.core.fix import FixBlock, Mark, joined
from tagwatch.core.ids import ActivationId, AlertId, WearerId
from tagwatch.core.trail import duplicates
from tagwatch.core.units import Instant
from tagwatch.pipeline.decide import anew
from tagwatch.pipeline.encounter import encounter_anew
from tagwatch.pipeline.step import Step
from tagwatch.store import holds, schema, trail
from tagwatch.store.archive import parts
from tagwatch.store.archive.parts import NEVER, Seam
from tagwatch.store.staging import Purpose, StageRequest
from tagwatch.store.state import LineState

_BLOCK: Final = schema.trail_block.c
_LATE_ROWS: Final = (
    select(schema.trail_block)
    .where(
        _BLOCK.wearer_id == bindparam("wearer"),
        _BLOCK.last_at >= bindparam("start"),
        _BLOCK.first_at < bindparam("settled"),
        or_(_BLOCK.last_at >= bindparam("settled"), _BLOCK.seq > bindparam("settled_upto")),
    )
    .order_by(_BLOCK.seq)
)
_END: Final = Instant(2**62)


def archive(step: Step, state: LineState) -> None:
    """Take in what batch did to the archive, and derive what waited for fixes of it."""
    event = step.event
    if step.frame is not None or event is None:
        return
    match event:
        case ledger.Tick():
            state.trails.staging.drop_due(event.at, step.writes)
        case ledger.TrailSealed():
            _sealed(step, event, state)
        case ledger.TrailRewritten():
            if step.seq > state.trails.voided_upto:
                parts.put_rewritten(step.writes, event)
            if event.let_go_before is not None:
                holds.let_go(step.writes, event.let_go_before)
        case ledger.TrailStaged():
            book = state.trails.staging
            done = book.take(event, step.seq, step.received_at, step.writes)
            if done is not None:
                _staged(step, done, state)
        case ledger.ArchiveVoided():
            parts.drop_all(step.writes)
            seam = state.trails.seam._replace(horizon=NEVER, upto=0, sweeping=False)
            state.trails.move_seam(seam, step.writes)
        case ledger.KeyDestroyed():
            parts.note_erasure(step.writes, event, step.seq, step.received_at)
        case _:
            holds.put(step.writes, event, step.seq)


def _sealed(step: Step, event: ledger.TrailSealed, state: LineState) -> None:
    """Move the seam; a seal that stands before it says nothing new, and its files do not count."""
    seam = state.trails.seam
    settled = max(event.horizon, seam.settled), max(event.upto, seam.settled_upto)
    if step.seq <= state.trails.voided_upto:
        state.trails.move_seam(
            seam._replace(settled=settled[0], settled_upto=settled[1]), step.writes
        )
        return
    if event.horizon < seam.horizon or event.upto < seam.upto:
        return
    moved = Seam(event.horizon, event.upto, *settled, sweeping=True, sealed_at=event.at)
    state.trails.move_seam(moved, step.writes)
    parts.put_sealed(step.writes, event)


def _staged(step: Step, request: StageRequest, state: LineState) -> None:
    """Derive what waited for these fixes."""
    match request.purpose:
        case Purpose.FINDINGS:
            _mark_repeated(step, request.wearer, request.start, state)
            late_at = request.since if request.late else None
            anew(step, request.wearer, request.since, request.cause, state, late_at)
        case Purpose.ENCOUNTER:
            encounter_anew(step, request, state)
        case Purpose.CARD:
            state.cards.plan(AlertId(request.about), step.received_at, step.writes)


def _mark_repeated(step: Step, wearer: WearerId, start: Instant, state: LineState) -> None:
    """Mark late fixes that only repeat archived ones: when they came that could not be seen."""
    seam = state.trails.seam
    asked = {"wearer": wearer, "start": start, "settled": seam.settled}
    asked |= {"settled_upto": seam.settled_upto}
    found = state.connection.execute(_LATE_ROWS, asked).mappings()
    rows: dict[int, dict[str, Any]] = {row["seq"]: dict(row) for row in found}
    for row in step.writes.put_rows(schema.trail_block):
        if row["wearer_id"] == wearer and row["first_at"] < seam.settled:
            rows[row["seq"]] = dict(row)
    staged: dict[str, list[FixBlock]] = {}
    for activation, block in state.trails.staging.staged(wearer, start, _END):
        staged.setdefault(activation, []).append(block)
    for seq in sorted(rows):
        row = rows[seq]
        known = staged.setdefault(ActivationId(row["activation_id"]), [])
        block = trail.unpack(row["rows"])
        fresh = block["marks"] & np.uint32(int(Mark.DUPLICATE)) == 0
        earlier = [each[each["seq"] < seq] for each in known]
        repeated = fresh & duplicates(block, joined([block[:0], *earlier]))
        if repeated.any():
            block = block.copy()
            block["marks"][repeated] |= np.uint32(int(Mark.DUPLICATE))
            step.writes.put(schema.trail_block, row | {"rows": trail.pack(block)})
            step.writes.count("fixes_duplicate", int(np.count_nonzero(repeated)))
        known.append(block)
