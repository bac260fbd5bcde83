"""The head of an answer to a tag, as HTTP/1.1 writes it."""

from typing import Final

from tagwatch.ingest.door import Answer

_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
_HEADS: Final[dict[tuple[int, int, str, int, bool], bytes]] = {}


def head_of(answer: Answer, close: bool) -> bytes:
    """Return the head of an answer; those in use stay few, so they are kept."""
    key = (answer.status, len(answer.body), answer.content_type, answer.retry_after_s, close)
    head = _HEADS.get(key)
    if head is None:
        lines = [
            f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
        ]
        if answer.status == 401:
            lines.append('WWW-Authenticate: Basic realm="Tagwatch"')
        if answer.status == 405:
            lines.append("Allow: GET, POST")
        if answer.retry_after_s:
            lines.append(f"Retry-After: {answer.retry_after_s}")
        lines.append("Connection: close" if close else "Connection: keep-alive")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        if len(_HEADS) < 1000:
            _HEADS[key] = head
    return head
