"""What happens to one message at the door, without sockets: the same code for real tags, for the
simulated history, for replay and for tests.

Authenticate, cut the credential out, see that it parses, find whose it is and how old; then the
records to append, and the answer that may be given once they are durable.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

import msgspec

from tagwatch.core import ledger
from tagwatch.core.ids import AccountId, TagId
from tagwatch.core.person import Activation, Scheme
from tagwatch.core.recorded_service import PartState
from tagwatch.core.units import SECOND, Instant
from tagwatch.ingest.limits import DoorLimits, Places, Quarantine, Rate, Seen, Turns
from tagwatch.ingest.protocol import FAMILIES
from tagwatch.ingest.protocol.message import Claim, DecodeError, Family, Message, Part
from tagwatch.ingest.register import Denied, Register, Sender
from tagwatch.ingest.shares import Share, shares_of
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.record import Draft, Lane, Owner, OwnerKind, day_of

MAX_BODY_BYTES: Final = 4 << 20
DOOR: Final = AccountId("system:door")
"""Who renews a credential at its first use."""


class Request(NamedTuple):
    """A request of a tag, whole."""

    method: str
    path: str
    query: str = ""
    content_type: str = ""
    authorization: str = ""
    batch_key: str = ""
    """The Idempotency-Key header."""
    body: bytes = b""
    peer: str = ""
    """The sender's address: only to notice one credential in two places."""


class Answer(NamedTuple):
    """What the tag is told."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    retry_after_s: int = 0


class Admission(NamedTuple):
    """Records to append, and the answer that is true once they are durable."""

    drafts: list[Draft]
    answer: Answer
    remember: tuple[str, str, bytes] | None = None
    """Tag, idempotency key and digest, to be remembered once durable."""
    events: tuple[ledger.Event, ...] = ()
    """Register events among the drafts."""


class Appender(Protocol):
    """Whatever makes drafts durable: the journal's writer."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Return the seqs of `drafts` once they are durable. Raises JournalError."""
        ...


class Route(NamedTuple):
    """How requests to one path are read."""

    protocol: str
    family: Family
    scheme: Scheme
    accepted: bytes
    content_type: str


_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"


def _route(protocol: str, scheme: Scheme, accepted: bytes, content_type: str) -> Route:
    return Route(protocol, FAMILIES[protocol], scheme, accepted, content_type)


_OSMAND: Final = _route("osmand", Scheme.TRACCAR_CLIENT, b"", _TEXT)
_OWNTRACKS: Final = _route("owntracks", Scheme.OWNTRACKS, b"[]", _JSON)
ROUTES: Final[dict[str, Route]] = {
    "/": _OSMAND,
    "/osmand": _OSMAND,
    "/owntracks": _OWNTRACKS,
    "/pub": _OWNTRACKS,
    "/traccar": _route("traccar_forward", Scheme.TRACCAR_FORWARD, b"", _TEXT),
    "/v1/fixes": _route("tagwatch", Scheme.TAGWATCH, b'{"accepted":true}', _JSON),
}
_DENIALS: Final = {
    Denied.UNKNOWN: (401, "This sender is not known here. Enrol the tag again."),
    Denied.REVOKED: (403, "This credential was revoked. Enrol the tag again."),
    Denied.EXPIRED: (403, "This code was not used in time. Ask for a new one."),
    Denied.NO_SUCH_TAG: (403, "No tag has this serial. Record the tag, then send again."),
}
NOT_NOW: Final = Answer(503, b"Not stored: the disk does not take it. Send again.\n", _TEXT, 10)


def said(status: int, sentence: str, retry_after_s: int = 0) -> Answer:
    """Return an answer of one plain sentence."""
    return Answer(status, f"{sentence}\n".encode(errors="replace"), _TEXT, retry_after_s)


class Door:
    """Judges messages against a register. Keeps bounded memory of rates and repeats."""

    def __init__(self, register: Register, limits: DoorLimits = DoorLimits()) -> None:
        self.register = register
        self.counters: Counter[str] = Counter()
        """Numbers since the start, by name, for Health."""
        self._rate = Rate(limits.requests_per_minute)
        self._batches = Seen(limits.batch_keys)
        self._quarantine = Quarantine(limits)
        self._places = Places(limits.places_alarm)

    def receive(self, request: Request, received_at: Instant, appender: Appender) -> Answer:
        """Take one message in, synchronously; acknowledged only after `appender` has it."""
        outcome = self.admit(request, received_at)
        if isinstance(outcome, Answer):
            return outcome
        try:
            appender.append(outcome.drafts)
        except JournalError:
            self.counters["refused_disk"] += 1
            return NOT_NOW
        return self.stored(outcome)

    def admit(self, request: Request, received_at: Instant) -> Answer | Admission:
        """Return a refusal, or what to append before its answer may be given."""
        self.counters["requests"] += 1
        route = ROUTES.get(request.path)
        if route is None:
            return said(404, "Nothing is received at this address; see the page Connect a phone.")
        if request.method not in ("GET", "POST"):
            return said(405, "Send with GET or POST.")
        if len(request.body) > MAX_BODY_BYTES:
            return said(413, f"The message is over {MAX_BODY_BYTES} bytes. Send less at once.")
        message = Message(request.body, request.query, request.content_type)
        try:
            claim = route.family.claim(message, request.authorization)
        except DecodeError as error:
            self.counters["unparsable_unknown"] += 1
            return said(400, f"Not understood: {error}.")
        if claim is None:
            self.counters["denied"] += 1
            return said(401, "The message does not say who sends it. Enrol the tag.")
        sender = self.register.authenticate(route.scheme, claim, received_at)
        if isinstance(sender, Denied):
            self.counters["denied"] += 1
            return said(*_DENIALS[sender])
        wait_s = self._rate.take(sender.tag_id, received_at)
        if wait_s:
            self.counters["too_many"] += 1
            return said(429, "This tag sends too often. Nothing was stored.", wait_s)
        return self._take_in(route, request, _Letter(message, claim, sender, received_at))

    def stored(self, admission: Admission) -> Answer:
        """Take note that the drafts are durable, and return the answer that may now be given."""
        if admission.remember is not None:
            tag_id, key, digest = admission.remember
            self._batches.put((tag_id, key), digest)
        for event in admission.events:
            self.register.apply(event)
        self.counters["frames"] += len(admission.drafts)
        return admission.answer

    def _take_in(self, route: Route, request: Request, letter: "_Letter") -> Answer | Admission:
        message, claim, sender, received_at = letter
        try:
            kept = route.family.cut(message, claim)
        except DecodeError as error:
            return self._quarantined(route, message, letter, error)
        try:
            shares, fixes = self._shares(route.family, kept, letter)
        except DecodeError as error:
            return self._quarantined(route, kept, letter, error)
        digest = sha256(kept.query.encode() + b"\0" + kept.body).digest()
        key = request.batch_key[:200] or route.family.batch_key(kept)
        if key and self._batches.get((sender.tag_id, key)) == digest:
            self.counters["repeated_batches"] += 1
            return Answer(200, route.accepted, route.content_type)
        self.counters["fixes"] += fixes
        events = self._beside(request, sender, received_at)
        drafts = [draft_of(event, received_at) for event in events]
        drafts += self._frames(route, kept, shares, letter, digest)
        return Admission(
            drafts,
            Answer(200, route.accepted, route.content_type),
            (sender.tag_id, key, digest) if key else None,
            tuple(events),
        )

    def _shares(self, family: Family, kept: Message, letter: "_Letter") -> tuple[list[Share], int]:
        """Return whose the message is, and how many fixes it holds. Raises DecodeError."""
        tag_id, received_at = letter.sender.tag_id, letter.received_at
        span = family.span(kept, received_at)
        if span is not None:
            worn = self.register.worn_at(tag_id, span.oldest)
            if worn is not None and worn is self.register.worn_at(tag_id, span.newest):
                whole = Part((), ())
                return [Share(worn, whole, 0, span.fixes, span.newest, span.oldest)], span.fixes
        decoded = family.parse(kept, 0, received_at)
        return shares_of(decoded, self.register, tag_id, received_at), len(decoded.fixes)

    def _frames(
        self, route: Route, kept: Message, shares: list[Share], letter: "_Letter", digest: bytes
    ) -> list[Draft]:
        sender, received_at = letter.sender, letter.received_at
        late_us = self.register.settings_at(received_at).alert.backfill_after_s * SECOND
        drafts: list[Draft] = []
        for number, share in enumerate(shares):
            part = kept if len(shares) == 1 else route.family.keep(kept, share.part)
            worn = share.activation
            event = ledger.FrameReceived(
                protocol=route.protocol,
                body=part.body,
                query=part.query,
                content_type=part.content_type,
                tag_id=sender.tag_id,
                activation_id=worn.activation_id if worn else None,
                wearer_id=worn.wearer_id if worn else None,
                credential_id=sender.credential.credential_id,
                frame_sha256=digest,
                part=number,
                first=share.first,
                last=share.last if len(shares) > 1 else None,
            )
            late = received_at - share.newest > late_us
            lane = Lane.BACKFILL if late else Lane.FRESH
            draft = draft_of(event, received_at, lane=lane)
            if worn is not None and self._is_zones_only(worn, share.oldest, share.newest):
                draft = draft._replace(period=day_of(received_at))
            drafts.append(draft)
        return drafts

    def _is_zones_only(self, worn: Activation, oldest: Instant, newest: Instant) -> bool:
        """Say whether all of a message is of a time in which only contacts with zones are kept;
        one that began before, or ends after, is kept whole."""
        asked = self.register.zones_only_at
        return asked(worn.wearer_id, newest) and asked(worn.wearer_id, oldest)

    def _beside(self, request: Request, sender: Sender, at: Instant) -> list[ledger.Event]:
        """Return what is journaled beside a frame: a code's first use, one id in two places,
        what is over again."""
        credential = sender.credential
        events: list[ledger.Event] = []
        if credential.expires_unused_at is not None:
            used = msgspec.structs.replace(credential, expires_unused_at=None)
            events.append(ledger.CredentialIssued(credential=used, by=DOOR))
        self._quarantine.parsed(sender.tag_id)
        if self.register.ailing and _messages(sender.tag_id) in self.register.ailing:
            events.append(_well(_messages(sender.tag_id), "they parse again", at))
        if credential.tag_id is None or not request.peer:
            return events
        turns = self._places.note(credential.credential_id, request.peer, at)
        part = f"credential {credential.credential_id}"
        if turns is Turns.ALARM:
            self.counters["one_id_in_two_places"] += 1
            words = f"of tag {sender.tag_id} is used from two addresses in turn"
            if part not in self.register.ailing:
                events.append(_ailing(part, words, at))
        elif turns is Turns.OVER and part in self.register.ailing:
            events.append(_well(part, "is used from one place at a time again", at))
        return events

    def _quarantined(
        self, route: Route, kept: Message, letter: "_Letter", error: DecodeError
    ) -> Answer | Admission:
        """Keep what does not parse for the day a decoder is mended, within the tag's measure."""
        self.counters["quarantined"] += 1
        answer = said(400, f"Not understood: {error}.")
        sender, received_at = letter.sender, letter.received_at
        digest = sha256(kept.query.encode(errors="replace") + b"\0" + kept.body).digest()
        keep = self._quarantine.weigh(sender.tag_id, digest, received_at)
        drafts: list[Draft] = []
        if keep.journal:
            secret, mark = letter.claim.secret, "***"
            event = ledger.FrameQuarantined(
                protocol=route.protocol,
                body=kept.body.replace(secret.encode(errors="replace"), mark.encode()),
                query=kept.query.replace(secret, mark),
                content_type=kept.content_type,
                tag_id=sender.tag_id,
                reason=str(error),
            )
            worn = self.register.worn_at(sender.tag_id, received_at)
            owner = Owner(OwnerKind.ACTIVATION, worn.activation_id) if worn else None
            draft = draft_of(event, received_at, owner=owner)
            if worn is not None and self._is_zones_only(worn, received_at, received_at):
                draft = draft._replace(period=day_of(received_at))
            drafts.append(draft)
        events: tuple[ledger.Event, ...] = ()
        if keep.alarm:
            words = f"{keep.alarm}: {error}"
            events = (_ailing(_messages(sender.tag_id), words, received_at),)
            drafts += [draft_of(event, received_at) for event in events]
        return Admission(drafts, answer, events=events) if drafts else answer


class _Letter(NamedTuple):
    """A message of a sender who is believed."""

    message: Message
    claim: Claim
    sender: Sender
    received_at: Instant


def _messages(tag_id: TagId) -> str:
    return f"messages of tag {tag_id}"


def _ailing(part: str, words: str, at: Instant) -> ledger.Event:
    return ledger.HeartbeatMissed(part=part, at=at, state=PartState.AILING, words=words)


def _well(part: str, words: str, at: Instant) -> ledger.Event:
    return ledger.HeartbeatMissed(part=part, at=at, state=PartState.HEALTHY, words=words)
