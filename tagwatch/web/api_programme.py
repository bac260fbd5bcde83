"""What the API can do with the programme in figures, and with the end of an order."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import OrderId
from tagwatch.desk.clerk import Done
from tagwatch.desk.order_end import OrderEnd, end_order
from tagwatch.query.programme import SheetView, programme
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.programme import period


class EndRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an order ended; `end.seen` is the digest of the order that was read."""

    end: OrderEnd


def _programme(call: Call) -> SheetView:
    first, last = call.query.get("from", ""), call.query.get("until", "")
    try:
        return programme(call.reader, *period(call.reader.now(), first, last))
    except ValueError as error:
        raise Wrong(str(error)) from error


def _end(call: Call) -> Done:
    body: EndRecord = call.body
    return end_order(call.clerk, call.reader, OrderId(call.path["order_id"]), body.end)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    read(
        "programme",
        "/programme",
        Verb.SEE_PROGRAMME,
        "What became of the orders of a period, as counts that tell of nobody",
        _programme,
        SheetView,
        asks=(
            ("from", "First day, as 2026-03-31; a year ago by default"),
            ("until", "Last day; today by default"),
        ),
        purpose=Purpose.EVALUATION,
    ),
    do(
        "end_order",
        "/orders/{order_id:str}/end",
        Verb.RECORD_ORDER,
        "Record how an order ended",
        _end,
        EndRecord,
    ),
)
