"""The Authorization header: Bearer tokens and Basic pairs."""

from base64 import b64decode
from binascii import Error as Base64Error

from tagwatch.ingest.protocol.message import Claim, Message

MAX_HEADER = 1024


def bearer_claim(_message: Message, authorization: str) -> Claim | None:
    """Return the claim of a Bearer token, or of a Basic pair (user is the credential's id)."""
    scheme, _, rest = authorization.partition(" ")
    rest = rest.strip()
    if not rest or len(rest) > MAX_HEADER:
        return None
    if scheme.lower() == "bearer":
        return Claim(secret=rest)
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, secret = b64decode(rest, validate=True).decode().partition(":")
    except (Base64Error, ValueError):
        return None
    return Claim(secret=secret, credential_id=user) if colon else None


def cut_nothing(message: Message, _claim: Claim) -> Message:
    """For families whose credential is in a header, which is not journaled."""
    return message
