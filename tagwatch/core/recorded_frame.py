"""What tags sent, as it is recorded."""

from tagwatch.core.event import Event
from tagwatch.core.ids import ActivationId, CredentialId, TagId


class FrameReceived(Event, frozen=True, kw_only=True):
    """The bytes a tag sent, credentials cut out, with all that decoding them needs."""

    protocol: str
    """Name of the module in tagwatch/ingest/protocol."""
    body: bytes
    query: str = ""
    """Query string of an HTTP request, secret cut out."""
    content_type: str = ""
    tag_id: TagId
    activation_id: ActivationId | None
    """None: no activation was in force at the fixes' time; kept, counted, evaluated by nobody."""
    wearer_id: str | None = None
    credential_id: CredentialId | None = None
    frame_sha256: bytes
    part: int = 0
    """A frame of several owners is journaled once for each: this share is its fixes
    [first, last)."""
    first: int = 0
    last: int | None = None


class FrameQuarantined(Event, frozen=True, kw_only=True):
    """Bytes of a known tag that do not parse, kept for the day a decoder is mended."""

    protocol: str
    body: bytes
    query: str = ""
    content_type: str = ""
    tag_id: TagId | None
    reason: str
