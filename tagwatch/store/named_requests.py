"""Requests about somebody who is named, as the projections keep them: the current version."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import NamedRequestId
from tagwatch.core.named_request import NamedRequest
from tagwatch.store.schema_request import named_request
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(NamedRequest)


def put_named(writes: Writes, request: NamedRequest) -> None:
    """Make `request` the current version."""
    writes.put(
        named_request,
        {
            "named_id": request.named_id,
            "state": request.state.value,
            "agency": request.asked.requester.agency,
            "wearer_id": request.wearer_id,
            "request_id": request.asked.request_id,
            "asked_at": request.asked.asked_at,
            "version": request.version,
            "body": msgspec.json.encode(request).decode(),
        },
    )


def named_of(
    connection: Connection, named_id: NamedRequestId, writes: Writes | None = None
) -> NamedRequest | None:
    """Return a request as it is now, with what `writes` holds of it."""
    if writes is not None:
        for row in writes.put_rows(named_request):
            if row["named_id"] == named_id:
                return _DECODER.decode(row["body"])
    row = named_request.c
    body = connection.scalar(select(row.body).where(row.named_id == named_id))
    return None if body is None else _DECODER.decode(body)
