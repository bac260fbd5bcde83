"""The stages that take frames in bulk: decode, mark, screen."""

from functools import cache
from types import ModuleType
from typing import Final

import msgspec
import numpy as np

from tagwatch.core import ledger
from tagwatch.core.fix import UNDECIDABLE, Decoded, FixBlock, Mark, empty_block, joined
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.screen import screened, survives
from tagwatch.core.settings import Settings
from tagwatch.core.trail import decidable
from tagwatch.core.units import Instant
from tagwatch.ingest import protocol
from tagwatch.ingest.protocol import DecodeError
from tagwatch.pipeline.step import Frame, Span, Step, Usable
from tagwatch.store import schema, trail
from tagwatch.store.journal.record import Lane
from tagwatch.store.kept_frames import KeptMessage
from tagwatch.store.marks import Rising, newest, rising
from tagwatch.store.marks import mark as marked
from tagwatch.store.state import LineState

_UNDECIDABLE: Final = int(UNDECIDABLE)
_NAMES: Final = (
    (Mark.BAD_TIME, "fixes_bad_time"),
    (Mark.BAD_POSITION, "fixes_bad_position"),
    (Mark.DUPLICATE, "fixes_duplicate"),
    (Mark.LATE, "fixes_late"),
    (Mark.OUT_OF_ORDER, "fixes_out_of_order"),
    (Mark.MOCK, "fixes_mock"),
    (Mark.NOT_VALID, "fixes_not_valid"),
    (Mark.CLOCK_AHEAD, "fixes_clock_ahead"),
    (Mark.NO_OWNER, "fixes_no_owner"),
)
_COUNTED: Final = tuple((int(bit), name) for bit, name in _NAMES)
"""As plain numbers: to ask an enumeration nine times of every frame takes longer than to count."""


def decode(span: Span, state: LineState) -> None:
    """Turn records into events, and frames into fixes and tag events.

    A frame that the decoder cannot read is set aside with its reason; a mended decoder reads it
    from the journal. A record whose key was destroyed says nothing any more, save what
    was kept of it.
    """
    frames: list[tuple[Step, FrameReceived]] = []
    for record in span.records:
        step = Step(seq=record.seq, received_at=record.received_at, writes=span.writes)
        span.steps.append(step)
        if record.payload is None:
            kept = state.trails.kept(record.seq)
            if kept is None:
                span.writes.count("erased")
            else:
                step.frame = _kept(kept, state, step)
            continue
        event = ledger.decode(record.kind, record.payload)
        step.event = event
        if isinstance(event, FrameReceived):
            frames.append((step, event))
    said = protocol.decode_all([(event, step.seq, step.received_at) for step, event in frames])
    for (step, event), one in zip(frames, said, strict=True):
        step.frame = _frame(event, one, state, step)


def mark(span: Span, state: LineState) -> None:
    """Mark what is repeated, late, out of order or ahead, in the order of arrival."""
    earlier: dict[ActivationId, list[FixBlock]] = {}
    latest: dict[WearerId, Step] = {}
    heard = [(s, s.frame) for s in span.steps if s.frame is not None and len(s.frame.block)]
    if not heard:
        return
    shapes = rising([frame.block for _, frame in heard])
    for (step, frame), shape in zip(heard, shapes, strict=True):
        block = frame.block
        if frame.wearer is None or frame.activation is None:
            frame.block = block.copy()
            frame.block["marks"] |= np.uint32(int(Mark.NO_OWNER))
        else:
            _mark_owned(step, frame, shape, frame.wearer, frame.activation, earlier, state)
            if span.lane is Lane.BACKFILL:
                _wait_for(frame, latest.get(frame.wearer))
                latest[frame.wearer] = step
        step.writes.count("fixes", len(block))
        if shape is not None and frame.block is block:
            frame.usable = Usable(shape.first, shape.last, len(block) - 1, in_order=True)
        else:
            frame.usable = _usable(frame.block, _count_marks(step, frame))


def screen(span: Span, state: LineState) -> None:
    """Say of each fix whether it can decide anything: most certainly cannot.

    Where other settings come into force among the fixes, nothing is screened.
    """
    placed: list[tuple[int, Frame]] = []
    frames = [step.frame for step in span.steps if step.frame is not None and len(step.frame.block)]
    owned = [frame for frame in frames if frame.wearer is not None and frame.activation is not None]
    if not owned or span.lane is Lane.BACKFILL:
        return
    times = np.concatenate([frame.block["fixed_at"] for frame in owned])
    first, last = int(times.min()), int(times.max())
    settings = state.settings_at(Instant(first))
    if settings is not state.settings_at(Instant(last)):
        return
    for frame in owned:
        placed.append((_position(frame, settings, state, Instant(first)), frame))
    placed.sort(key=lambda item: item[0])
    blocks = [frame.block for _, frame in placed]
    sizes = [len(block) for block in blocks]
    wearers = np.repeat(np.array([at for at, _ in placed], dtype=np.int64), sizes)
    together, known = joined(blocks), state.screened.known
    alone = screened(together, wearers, known, settings)
    bounds = np.cumsum(np.array([0, *sizes], dtype=np.int64))
    starts, ends = bounds[:-1], bounds[1:]
    answers = _passing().without_passers(
        together, bounds, wearers, alone, known, settings, state.prepared
    )
    kept = survives(answers)
    survived = np.add.reduceat(kept, starts, dtype=np.int64).tolist()
    for (_, frame), start, end, some in zip(
        placed, starts.tolist(), ends.tolist(), survived, strict=True
    ):
        frame.answers, frame.alone = answers[start:end], alone[start:end]
        frame.screened = not some
    state.screened.seen += len(answers)
    state.screened.survived += sum(survived)


@cache
def _passing() -> ModuleType:
    """Return the module of passers-by, loaded when first asked for: it brings the compiler."""
    from tagwatch.core import passing  # noqa: PLC0415  # see above

    return passing


def _position(frame: Frame, settings: Settings, state: LineState, first: Instant) -> int:
    wearer = frame.wearer or WearerId("")
    return state.screened.position(
        wearer,
        state.tracks,
        state.of(wearer).findings,
        frame.tag_model,
        settings,
        first,
    )


def _frame(
    event: FrameReceived, said: Decoded | DecodeError, state: LineState, step: Step
) -> Frame:
    writes = step.writes
    writes.count("frames")
    if isinstance(said, DecodeError):
        row = {"seq": step.seq, "received_at": step.received_at, "kind": ledger.kind_of(event)}
        writes.put(schema.set_aside, row | {"tag_id": event.tag_id, "reason": str(said)})
        writes.count("frames_undecoded")
        said = Decoded(empty_block())
    worn = event.activation_id
    if worn is None:
        return Frame(said.fixes, said.events, None, None)
    # Whose frame it is the activation says, never the device.
    activation = state.register.activations.get(worn)
    wearer = None if activation is None else activation.wearer_id
    return Frame(said.fixes, said.events, worn, wearer, state.tag_model(worn))


def _kept(kept: KeptMessage, state: LineState, step: Step) -> Frame:
    """Return what stays of a message whose key was destroyed, as at the time when it came."""
    step.writes.count("frames")
    frame = kept.frame
    return Frame(
        trail.unpack(frame.fixes),
        frame.events,
        kept.activation,
        kept.wearer,
        state.tag_model(kept.activation),
    )


def _mark_owned(
    step: Step,
    frame: Frame,
    shape: Rising | None,
    wearer: WearerId,
    activation: ActivationId,
    earlier: dict[ActivationId, list[FixBlock]],
    state: LineState,
) -> None:
    before = earlier.setdefault(activation, [])

    def known(start: Instant, end: Instant) -> FixBlock:
        stored = state.known_fixes(wearer, activation, start, end)
        return joined([stored, trail.within(before, start, end)])

    memory = state.of(wearer)
    settings = state.settings_at(step.received_at).alert
    block = frame.block
    frame.block = marked(block, shape, memory.newest_at, known, settings)
    before.append(frame.block)
    if shape is not None and frame.block is block:
        reached: Instant | None = Instant(shape.last)
    else:
        reached = newest(frame.block, memory.newest_at)
    if reached != memory.newest_at:
        state.keep(wearer, msgspec.structs.replace(memory, newest_at=reached))


def _wait_for(frame: Frame, before: Step | None) -> None:
    """Let an earlier frame of the same wearer wait: one derivation mends both."""
    if before is not None and before.frame is not None:
        before.frame.waits = True
    frame.waits = False


def _usable(block: FixBlock, together: int) -> Usable | None:
    """Return what is usable of a frame whose marks, taken together, are `together`."""
    times = block["fixed_at"]
    if not together & _UNDECIDABLE:
        newest_row = len(times) - 1 if times[-1] == times.max() else int(times.argmax())
        return Usable(int(times.min()), int(times[newest_row]), newest_row)
    rows = np.flatnonzero(decidable(block))
    if not len(rows):
        return None
    newest_row = int(rows[times[rows].argmax()])
    return Usable(int(times[rows].min()), int(times[newest_row]), newest_row)


def _count_marks(step: Step, frame: Frame) -> int:
    """Count the marks of a frame's fixes; return all of them together."""
    writes, marks = step.writes, frame.block["marks"]
    together = int(np.bitwise_or.reduce(marks))
    if together:
        for bit, name in _COUNTED:
            if together & bit:
                writes.count(name, int(np.count_nonzero(marks & np.uint32(bit))))
    return together
