"""What every answer tells the browser about trust and keeping."""

from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

_SOURCES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
CONTENT_SECURITY_POLICY: Final = "; ".join(
    f"{kind} {allowed}" for kind, allowed in _SOURCES.items()
)
"""No inline script or style, nothing from elsewhere."""

ALWAYS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
FOR_GOOD: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
NEVER: Final = "no-store"


async def add_headers(message: Message, scope: Scope) -> None:
    """Add the headers to the start of an answer."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in ALWAYS.items():
        headers[name] = value
    path = scope["path"]
    if path.startswith(("/static/", "/assets/")):
        versioned = scope["query_string"].startswith(b"v=")
        headers["cache-control"] = FOR_GOOD if versioned else ASK_AGAIN
    elif "cache-control" not in headers:
        headers["cache-control"] = NEVER
    if scope["scheme"] == "https":
        headers["strict-transport-security"] = "max-age=31536000"
