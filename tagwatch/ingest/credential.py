"""Secrets of tags and gateways: made once, shown once, kept as SHA-256 alone."""

import secrets
from hashlib import sha256
from typing import Final, NamedTuple

from tagwatch.core.ids import CredentialId, TagId
from tagwatch.core.person import Credential, Scheme
from tagwatch.core.units import Instant

SECRET_BYTES: Final = 16
"""128 bits at random: for Traccar Client the id is the only secret there is."""
MAX_SECRET: Final = 200


class Issued(NamedTuple):
    """A new credential, and the secret that is shown once and kept nowhere."""

    credential: Credential
    secret: str


def issue(
    scheme: Scheme,
    tag_id: TagId | None,
    issued_at: Instant,
    expires_unused_at: Instant | None = None,
) -> Issued:
    """Return a new credential for a tag, or for a gateway (`tag_id` None).

    With `expires_unused_at` it dies if no message used it by then: for a code shown on a screen.
    """
    secret = secrets.token_hex(SECRET_BYTES)
    credential = Credential(
        credential_id=CredentialId(f"cr_{secrets.token_hex(8)}"),
        scheme=scheme,
        secret_sha256=digest_of(secret),
        tag_id=tag_id,
        issued_at=issued_at,
        expires_unused_at=expires_unused_at,
    )
    return Issued(credential, secret)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return sha256(secret[:MAX_SECRET].encode(errors="replace")).digest()
