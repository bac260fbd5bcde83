"""Typed identifiers, and the one way deterministic ids are made."""

from hashlib import sha256
from typing import NewType

WearerId = NewType("WearerId", str)
TagId = NewType("TagId", str)
ActivationId = NewType("ActivationId", str)
OrderId = NewType("OrderId", str)
ConditionId = NewType("ConditionId", str)
CaseId = NewType("CaseId", str)
ExemptionId = NewType("ExemptionId", str)
PersonId = NewType("PersonId", str)
"""A protected person."""
ContactId = NewType("ContactId", str)
ShiftId = NewType("ShiftId", str)
OverrideId = NewType("OverrideId", str)
ProposalId = NewType("ProposalId", str)
SettingsProposalId = NewType("SettingsProposalId", str)
ZoneDraftId = NewType("ZoneDraftId", str)
LeaveId = NewType("LeaveId", str)
EnquiryId = NewType("EnquiryId", str)
RequestId = NewType("RequestId", str)
NamedRequestId = NewType("NamedRequestId", str)
JointRequestId = NewType("JointRequestId", str)
"""A data request."""
LinkId = NewType("LinkId", str)
"""A police officer's link to the response page of one alert."""
AccountId = NewType("AccountId", str)
GlassId = NewType("GlassId", str)
ShareId = NewType("ShareId", str)
UnsealingId = NewType("UnsealingId", str)
"""An opening of a stretch of a sealed trail."""
EpisodeId = NewType("EpisodeId", str)
AlertId = NewType("AlertId", str)
NotificationId = NewType("NotificationId", str)
CredentialId = NewType("CredentialId", str)
FixId = NewType("FixId", str)


def derived_id(prefix: str, *parts: object) -> str:
    """Return an id that the same parts always give, so that doing a thing twice is harmless.

    `prefix` says what it names (`ep`, `al`, `no` …); 80 bits of SHA-256 follow it.
    """
    digest = sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{prefix}_{digest[:20]}"
