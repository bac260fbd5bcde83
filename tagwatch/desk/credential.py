"""A tag, phone or gateway is let in, by a secret shown once; or shut out."""

import secrets
from hashlib import sha256
from typing import Final

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import CredentialId, TagId
from tagwatch.core.person import Credential, Scheme
from tagwatch.core.recorded_register import CredentialIssued, CredentialRevoked
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored
from tagwatch.desk.tag_state import tag_in_reach
from tagwatch.store import schema

UNUSED: Final = 1 * HOUR
"""A code that was shown and never used is void after this."""


def issue_credential(clerk: Clerk, reader: Reader, scheme: Scheme, tag_id: TagId | None) -> Done:
    """Let a tag (None: a gateway) speak to us. `secret` is shown once, `made_id` names it.

    The secret has 128 random bits: for Traccar Client it is the device id itself. Raises Conflict
    for a tag that is not in the inventory.
    """
    need(reader, Verb.ISSUE_CREDENTIAL)
    if tag_id is not None and not tag_in_reach(reader, tag_id):
        raise Conflict("This tag is not in the inventory. Enter it first.")
    secret = secrets.token_hex(16)
    issued_at = reader.now()
    credential = Credential(
        credential_id=CredentialId(f"cr_{secrets.token_hex(6)}"),
        scheme=scheme,
        secret_sha256=sha256(secret.encode()).digest(),
        tag_id=tag_id,
        issued_at=issued_at,
        expires_unused_at=Instant(issued_at + UNUSED) if tag_id is not None else None,
    )
    reader.about_to_alter("issue_credential", [credential.credential_id, tag_id or "gateway"])
    done = clerk.record(CredentialIssued(credential=credential, by=reader.actor.account_id))
    return msgspec.structs.replace(done, secret=secret, made_id=credential.credential_id)


def revoke_credential(
    clerk: Clerk, reader: Reader, credential_id: CredentialId, reason: str
) -> Done:
    """Shut a tag or gateway out. Raises NotFound if there is no such credential."""
    need(reader, Verb.ISSUE_CREDENTIAL)
    if stored(reader, schema.credential, credential_id, Credential) is None:
        reader.refuse("revoke_credential", [credential_id], "unknown")
    reader.about_to_alter("revoke_credential", [credential_id])
    event = CredentialRevoked(
        credential_id=credential_id, reason=reason[:500], by=reader.actor.account_id
    )
    return clerk.record(event)
