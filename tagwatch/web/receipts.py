"""Where carriers call back to say what became of a message. A bearer token lets them in."""

import asyncio
import hmac
from typing import Any, Final

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.audit import Act, AuditLine, Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.written import COLLECTS
from tagwatch.desk.clerk import NotRecorded
from tagwatch.desk.receipt import record_receipt
from tagwatch.notify.channel import govuk_notify, sms
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation
from tagwatch.web.route import OPEN, WRITES

BODY_MOST: Final = 16_384


@post(
    "/receipts/{carrier:str}",
    opt={OPEN: True, WRITES: COLLECTS, "token_only": True},
    include_in_schema=False,
    status_code=200,
)
async def receipts(request: Asked, carrier: FromPath[str]) -> Response[Any]:
    """Take a receipt in. 401 without the token, 404 for an unknown carrier, 422 for no receipt."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MOST:
            return _answer(413, "too large")
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return await asyncio.to_thread(_taken, request, carrier, given, body)


def _taken(request: Asked, carrier: str, given: str, body: bytes) -> Response[Any]:
    config = foundation(request).config
    tokens = {"govuk-notify": config.notify.receipt_token, "sms": config.sms.receipt_token}
    token = tokens.get(carrier, "")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        _refused(request, carrier)
        return _answer(401 if token else 404, "not let in")
    try:
        said: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return _answer(422, "this is not JSON")
    if carrier == "sms":
        reference = sms.field_of(said, config.sms.reference_field)
        receipt = sms.receipt_of(sms.field_of(said, config.sms.status_field), config.sms)
    else:
        reference = sms.field_of(said, "reference")
        receipt = govuk_notify.receipt_of(sms.field_of(said, "status"))
    try:
        taken = record_receipt(foundation(request).clerk, reference, receipt, now())
    except NotRecorded:
        return _answer(503, "not recorded: call again")
    return _answer(200, "recorded" if taken else "nothing final, or not ours")


def _answer(status: int, words: str) -> Response[Any]:
    return Response({"status": status, "detail": words}, status_code=status)


def _refused(request: Asked, carrier: str) -> None:
    audit_of(request).record(
        AuditLine(
            at=now(),
            by="",
            act=Act.COLLECTION,
            outcome=Outcome.REFUSED,
            question="receipt",
            detail=f"wrong token for {carrier[:40]}",
            address=address_of(request),
        )
    )


ROUTES = (receipts,)
