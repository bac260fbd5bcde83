"""One signing key after the other: each step is signed by both keys, so that whoever trusts one of
them may trust the other.

Signed by the old key alone, a step would let anybody claim to have come before a key that is known.
"""

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tagwatch.store.bundle.manifest import public_key

_SIGNS = b"tagwatch signing key succession 1\0"


class Succession(msgspec.Struct, frozen=True, kw_only=True):
    """`new` signs in the place of `old` from `at`, microseconds since 1970; keys and signatures are
    in hexadecimal."""

    old: str
    new: str
    at: int
    by_old: str
    by_new: str


class PublishedKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation hands out of its signing keys: a file in JSON."""

    public: str
    """The one that signs now."""
    successions: tuple[Succession, ...] = ()
    """The oldest first."""


def succeeded(old: bytes, new: bytes, at: int) -> Succession:
    """Return the step from one secret key to another, signed by both."""
    one, other = public_key(old), public_key(new)
    said = _said(one, other, at)
    return Succession(
        old=one,
        new=other,
        at=at,
        by_old=Ed25519PrivateKey.from_private_bytes(old).sign(said).hex(),
        by_new=Ed25519PrivateKey.from_private_bytes(new).sign(said).hex(),
    )


def holds(step: Succession) -> bool:
    """Say whether both keys signed a step."""
    try:
        said = _said(step.old, step.new, step.at)
        for key, signature in ((step.old, step.by_old), (step.new, step.by_new)):
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
                bytes.fromhex(signature), said
            )
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return True


def way(steps: Sequence[Succession], trusted: str, signer: str) -> tuple[Succession, ...] | None:
    """Return the steps from the trusted key to the one that signed, either way in time; None if
    there is no way. Steps that do not hold are passed over."""
    good = [step for step in steps if holds(step)]
    found: dict[str, tuple[Succession, ...]] = {trusted: ()}
    left = deque([trusted])
    while left and signer not in found:
        key = left.popleft()
        for step in good:
            for one, other in ((step.old, step.new), (step.new, step.old)):
                if one == key and other not in found:
                    found[other] = (*found[key], step)
                    left.append(other)
    return found.get(signer)


def broken(steps: Sequence[Succession]) -> Iterator[str]:
    """Yield in words which steps are not signed by both keys."""
    for number, step in enumerate(steps, start=1):
        if not holds(step):
            yield f"succession {number}, {step.old} by {step.new}: not signed by both keys"


def _said(old: str, new: str, at: int) -> bytes:
    return b"".join((_SIGNS, bytes.fromhex(old), bytes.fromhex(new), at.to_bytes(8, "big")))
