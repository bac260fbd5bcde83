"""What the API can do for a shift: report, hand-over, drill, wallboard, and how rules fared."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.outcome import Severity
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk import shift
from tagwatch.desk.clerk import Done
from tagwatch.query.precision import Precisions, precisions
from tagwatch.query.shift import ShiftReport, shift_report
from tagwatch.query.wallboard import Wallboard, wallboard
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Nothing, Wrong

HOURS_MOST: Final = 168
_SEE: Final = Purpose.ALERT_RESPONSE


class Telling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the next shift must know."""

    words: str


class Drill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is practised, as urgent as what."""

    severity: Severity
    words: str


def _report(call: Call) -> ShiftReport:
    hours = call.query.get("hours", "12")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours[:4]) <= HOURS_MOST):
        raise Wrong(f"hours must be a whole number from 1 to {HOURS_MOST}")
    end = call.reader.now()
    return shift_report(call.reader, Instant(end - int(hours) * HOUR), end)


def _wallboard(call: Call) -> Wallboard:
    return wallboard(call.reader)


def _precisions(call: Call) -> Precisions:
    return precisions(call.reader)


def _hand_over(call: Call) -> Done:
    body: Telling = call.body
    return shift.hand_over(call.clerk, call.reader, body.words)


def _take_over(call: Call) -> Done:
    seq = call.path["seq"]
    if not (seq.isascii() and seq.isdigit() and len(seq) < 19):
        raise Wrong("seq must be the number of a hand-over")
    return shift.take_over(call.clerk, call.reader, int(seq))


def _drill(call: Call) -> Done:
    body: Drill = call.body
    return shift.call_drill(call.clerk, call.reader, body.severity, body.words)


SHIFT: Final[tuple[Endpoint, ...]] = (
    read(
        "get_shift_report",
        "/shift",
        Verb.RUN_SHIFT,
        "What happened in the last hours, and what is handed over",
        _report,
        ShiftReport,
        asks=(("hours", "1 to 168, default 12"),),
        purpose=_SEE,
    ),
    do("hand_over", "/shift", Verb.RUN_SHIFT, "Hand a shift over", _hand_over, Telling, _SEE),
    do(
        "take_over",
        "/shift/{seq:str}/take-over",
        Verb.RUN_SHIFT,
        "Carry on from a hand-over",
        _take_over,
        Nothing,
        _SEE,
    ),
    do(
        "call_drill",
        "/drills",
        Verb.RUN_SHIFT,
        "Raise an alert that says it is a drill",
        _drill,
        Drill,
        _SEE,
    ),
    read(
        "get_wallboard",
        "/wallboard",
        Verb.SEE_ALERTS,
        "Clocks and counts of the open alerts, naming nobody",
        _wallboard,
        Wallboard,
        purpose=_SEE,
    ),
    read(
        "get_precision",
        "/precision",
        Verb.RUN_SHIFT,
        "How often rules and tag models were right, by the results of closed alerts",
        _precisions,
        Precisions,
        purpose=_SEE,
    ),
)
