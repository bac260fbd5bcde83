"""Who may speak to us, for which tag, and whose tag it was when: held in memory by the receiver.

Filled from the projections and the journal after them, then kept current from every event the
receiver appends, so a credential revoked now is refused at the next message.
"""

from bisect import bisect_right, insort
from enum import Enum
from typing import Final, NamedTuple

import msgspec

from tagwatch.core import ledger
from tagwatch.core.ids import ActivationId, CredentialId, OrderId, TagId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Activation, Credential, Scheme, Tag
from tagwatch.core.recorded_service import PartState
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.core.zones_only import ZonesOnly, days_of, zones_only
from tagwatch.ingest.credential import digest_of
from tagwatch.ingest.protocol.message import Claim

KINDS: Final = frozenset(
    number
    for number, event in ledger.KINDS.items()
    if event
    in (
        ledger.TagRecorded,
        ledger.ActivationStarted,
        ledger.ActivationEnded,
        ledger.CredentialIssued,
        ledger.CredentialRevoked,
        ledger.SettingsPublished,
        ledger.HeartbeatMissed,
        ledger.OrderRecorded,
        ledger.ForgettingBegun,
    )
)
"""Kinds of journal records that change a register."""


DOOR_PARTS: Final = ("messages of tag ", "credential ")
"""How the names of the parts begin whose state the door tells."""


class Denied(Enum):
    """Why a claim is not believed."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NO_SUCH_TAG = "no such tag"


class Sender(NamedTuple):
    """A claim that is believed."""

    credential: Credential
    tag_id: TagId


class Register:
    """Tags, activations, credentials and settings by what the door looks them up by."""

    def __init__(self) -> None:
        self._tags_by_serial: dict[str, TagId] = {}
        self._serials: dict[TagId, str] = {}
        self._credentials: dict[bytes, Credential] = {}
        self._digests: dict[CredentialId, bytes] = {}
        self._revoked: set[str] = set()
        self._activations: dict[ActivationId, Activation] = {}
        self._worn: dict[TagId, list[tuple[Instant, ActivationId]]] = {}
        self._settings: list[tuple[Instant, Settings]] = []
        self._orders: dict[WearerId, dict[OrderId, list[Order]]] = {}
        self._zones_only: dict[WearerId, tuple[ZonesOnly, ...]] = {}
        self.ailing: set[str] = set()
        """Parts that the door itself has called ailing and not yet well again."""

    def add_tag(self, tag: Tag) -> None:
        """Record a tag, or what is now known of it."""
        former = self._serials.get(tag.tag_id)
        if former is not None and former != tag.serial:
            self._tags_by_serial.pop(former, None)
        self._serials[tag.tag_id] = tag.serial
        self._tags_by_serial[tag.serial] = tag.tag_id

    def add_activation(self, activation: Activation) -> None:
        """Record an activation, or its correction."""
        former = self._activations.get(activation.activation_id)
        if former is not None:
            place = (former.started_at, former.activation_id)
            self._worn[former.tag_id].remove(place)
        self._activations[activation.activation_id] = activation
        worn = self._worn.setdefault(activation.tag_id, [])
        insort(worn, (activation.started_at, activation.activation_id))

    def end_activation(self, activation_id: ActivationId, ended_at: Instant) -> None:
        """Record that a tag was taken off; an unknown activation is left unknown."""
        activation = self._activations.get(activation_id)
        if activation is not None:
            self._activations[activation_id] = msgspec.structs.replace(
                activation, ended_at=ended_at
            )

    def forget_activation(self, activation_id: ActivationId) -> None:
        """Know an activation no more: its wearer is being forgotten, and what the tag says from
        now on is nobody's, under no key of his."""
        activation = self._activations.pop(activation_id, None)
        if activation is not None:
            self._worn[activation.tag_id].remove((activation.started_at, activation_id))

    def add_credential(self, credential: Credential) -> None:
        """Record a credential, or its renewal."""
        former = self._digests.get(credential.credential_id)
        if former is not None:
            self._credentials.pop(former, None)
        self._digests[credential.credential_id] = credential.secret_sha256
        self._credentials[credential.secret_sha256] = credential

    def revoke(self, credential_id: str) -> None:
        """Record that a credential is no longer good."""
        self._revoked.add(credential_id)

    def add_settings(self, settings: Settings, effective_from: Instant) -> None:
        """Record published settings."""
        self._settings.append((effective_from, settings))
        self._settings.sort(key=lambda entry: (entry[0], entry[1].version))

    def add_order(self, order: Order) -> None:
        """Record the next version of an order, where any of its wearer's is for zones only."""
        versions = self._orders.setdefault(order.wearer_id, {}).setdefault(order.order_id, [])
        versions.append(order)
        spans = zones_only(self._orders[order.wearer_id].values())
        if spans:
            self._zones_only[order.wearer_id] = spans
        else:
            self._zones_only.pop(order.wearer_id, None)

    def zones_only_at(self, wearer: WearerId, at: Instant) -> bool:
        """Say whether a wearer is monitored for zones only at `at`."""
        spans = self._zones_only.get(wearer)
        return spans is not None and days_of(spans, at) is not None

    def apply(self, event: ledger.Event) -> None:
        """Take in a journaled event; those that are not of the register change nothing."""
        match event:
            case ledger.TagRecorded():
                self.add_tag(event.tag)
            case ledger.ActivationStarted():
                self.add_activation(event.activation)
            case ledger.ActivationEnded():
                self.end_activation(event.activation_id, event.ended_at)
            case ledger.CredentialIssued():
                self.add_credential(event.credential)
            case ledger.CredentialRevoked():
                self.revoke(event.credential_id)
            case ledger.OrderRecorded():
                self.add_order(event.order)
            case ledger.SettingsPublished():
                self.add_settings(event.settings, event.effective_from)
            case ledger.ForgettingBegun():
                for activation_id in event.trace.activations:
                    self.forget_activation(activation_id)
            case ledger.HeartbeatMissed() if event.part.startswith(DOOR_PARTS):
                self._note_part(event)
            case _:
                pass

    def _note_part(self, event: ledger.HeartbeatMissed) -> None:
        if event.state is PartState.AILING:
            self.ailing.add(event.part)
        else:
            self.ailing.discard(event.part)

    def authenticate(self, scheme: Scheme, claim: Claim, at: Instant) -> Sender | Denied:
        """Return who sends, or why he is not believed."""
        credential = self._credentials.get(digest_of(claim.secret))
        if credential is None or credential.scheme is not scheme:
            return Denied.UNKNOWN
        if claim.credential_id is not None and claim.credential_id != credential.credential_id:
            return Denied.UNKNOWN
        if credential.credential_id in self._revoked:
            return Denied.REVOKED
        if credential.expires_unused_at is not None and at >= credential.expires_unused_at:
            return Denied.EXPIRED
        if credential.tag_id is not None:
            return Sender(credential, credential.tag_id)
        tag_id = self._tags_by_serial.get(claim.serial or "")
        return Denied.NO_SUCH_TAG if tag_id is None else Sender(credential, tag_id)

    def worn_at(self, tag_id: TagId, at: Instant) -> Activation | None:
        """Return the activation of a tag in force at `at`; the later start where two overlap."""
        worn = self._worn.get(tag_id)
        if worn is None:
            return None
        for place in range(bisect_right(worn, at, key=lambda entry: entry[0]) - 1, -1, -1):
            activation = self._activations[worn[place][1]]
            if activation.ended_at is None or at < activation.ended_at:
                return activation
        return None

    def settings_at(self, at: Instant) -> Settings:
        """Return the settings in force at `at`."""
        for effective_from, settings in reversed(self._settings):
            if effective_from <= at:
                return settings
        return DEFAULT_SETTINGS
