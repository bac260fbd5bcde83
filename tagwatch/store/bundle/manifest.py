"""The signed list of a bundle's files: each by a commitment that tells nothing of its content.

A commitment is SHA-256 over a fixed word, 32 random bytes (the opening) and the content. The same
manifest, byte for byte, goes with the expert's bundle, which has every file, and with the redacted
one, which lacks the closed ones: so that nothing else differs between the two can be seen by anyone
who has both, and whoever has the redacted one alone sees which files are withheld and nothing more.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tagwatch.store.bundle.zipped import Member, Unzipped, unzipped, zipped

FORMAT: Final = "tagwatch evidence bundle 1"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
OPENINGS: Final = "openings.json"
SALT_BYTES: Final = 32
_COMMITS: Final = b"tagwatch bundle file 1\0"
_SIGNS: Final = b"tagwatch bundle manifest 1\0"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the bundle."""

    path: str
    closed: bool
    """Left out of the redacted bundle: it tells where a secret zone lies."""
    commitment: str


class BundleHead(msgspec.Struct, frozen=True, kw_only=True):
    """The head of the journal that every record in the bundle is proved to."""

    seq: int
    digest: str
    published_at: int | None
    """When it went to outside addresses, as the installation says; None: not yet."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is, and every file of it. Times are microseconds since 1970 in UTC."""

    format: str
    bundle_id: str
    made_at: int
    made_by: str
    tagwatch: str
    installation: str
    wearer_id: str
    window: tuple[int, int]
    trail: tuple[int, int]
    """Frames with fixes in it are in the bundle: the window, and what decides at its edges."""
    head: BundleHead
    replaces: str
    """The bundle that this one stands for from now on; empty: none."""
    signer: str
    """The public key, in hexadecimal."""
    files: tuple[Listed, ...]

    @property
    def has_closed(self) -> bool:
        """Whether an expert's bundle and a redacted one differ."""
        return any(each.closed for each in self.files)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle as it was read, and every place at which it is not what was signed."""

    manifest: Manifest | None
    members: dict[str, bytes]
    withheld: tuple[str, ...]
    """Closed files that are not in it: it is the redacted one."""
    wrong: tuple[str, ...]


def commitment(salt: bytes, content: bytes) -> str:
    """Return the commitment of a file."""
    return sha256(b"".join((_COMMITS, salt, content))).hexdigest()


def signed(
    manifest: Manifest, members: Sequence[Member], salts: Mapping[str, bytes], key: bytes
) -> bytes:
    """Return the file of a bundle whose manifest lists `members`; `key` is Ed25519's 32 bytes."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    signature = Ed25519PrivateKey.from_private_bytes(key).sign(_SIGNS + text)
    return _file(text, signature, members, salts)


def redacted(data: bytes) -> bytes:
    """Return the bundle without its closed files: needs no key, and is as well signed.

    Raises ValueError if `data` is no whole bundle.
    """
    found = opened(data)
    manifest = found.manifest
    if manifest is None or found.wrong:
        raise ValueError(f"this is no whole bundle: {'; '.join(found.wrong)}")
    shown = [each.path for each in manifest.files if not each.closed]
    salts = _openings(found.members[OPENINGS])
    return _file(
        found.members[MANIFEST],
        found.members[SIGNATURE],
        [Member(path, found.members[path]) for path in shown],
        {path: salts[path] for path in shown},
    )


def public_key(key: bytes) -> str:
    """Return the public key of a signing key, in hexadecimal."""
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex()


def opened(data: bytes) -> Opened:
    """Return what a bundle holds, and every place at which it is not what was signed."""
    zip_file = unzipped(data)
    members = {member.path: member.content for member in zip_file.members}
    wrong = list(zip_file.wrong)
    if len(members) < len(zip_file.members):
        wrong.append("zip: a file is there twice")
    manifest = _manifest(members, wrong)
    if manifest is None:
        return Opened(manifest=None, members=members, withheld=(), wrong=tuple(wrong))
    wrong += _differences(manifest, members)
    wrong += _order(zip_file)
    withheld = tuple(e.path for e in manifest.files if e.closed and e.path not in members)
    return Opened(manifest=manifest, members=members, withheld=withheld, wrong=tuple(wrong))


def _file(
    text: bytes, signature: bytes, members: Sequence[Member], salts: Mapping[str, bytes]
) -> bytes:
    openings = {path: salt.hex() for path, salt in sorted(salts.items())}
    head = (
        Member(MANIFEST, text),
        Member(SIGNATURE, signature),
        Member(OPENINGS, msgspec.json.format(msgspec.json.encode(openings), indent=1)),
    )
    return zipped([*head, *sorted(members)])


def _manifest(members: Mapping[str, bytes], wrong: list[str]) -> Manifest | None:
    text, signature = members.get(MANIFEST), members.get(SIGNATURE)
    if text is None or signature is None:
        wrong.append(f"{MANIFEST if text is None else SIGNATURE}: missing")
        return None
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest.signer))
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        wrong.append(f"{MANIFEST}: cannot be read: {error}")
        return None
    try:
        key.verify(signature, _SIGNS + text)
    except InvalidSignature:
        wrong.append(f"{MANIFEST} or {SIGNATURE}: the signature is not that of this manifest")
    if manifest.format != FORMAT:
        wrong.append(f"{MANIFEST}: the format {manifest.format!r} is not known here")
    return manifest


def _differences(manifest: Manifest, members: Mapping[str, bytes]) -> list[str]:
    wrong: list[str] = []
    try:
        salts = _openings(members.get(OPENINGS, b""))
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        return [f"{OPENINGS}: missing or cannot be read: {error}"]
    closed = {each.path for each in manifest.files if each.closed}
    some = bool(closed & members.keys())
    for each in manifest.files:
        content, salt = members.get(each.path), salts.get(each.path)
        if content is None:
            if not each.closed or some:
                wrong.append(f"{each.path}: missing")
            if salt is not None:
                wrong.append(f"{OPENINGS}: opens {each.path}, which is not there")
        elif salt is None:
            wrong.append(f"{OPENINGS}: does not open {each.path}")
        elif commitment(salt, content) != each.commitment:
            wrong.append(f"{each.path}: not what was signed (it, or its opening, was changed)")
    known = {MANIFEST, SIGNATURE, OPENINGS, *(each.path for each in manifest.files)}
    wrong += [f"{path}: was not signed" for path in members if path not in known]
    extra = sorted(salts.keys() - known)
    return [*wrong, *(f"{OPENINGS}: opens {path!r}, which was not signed" for path in extra)]


def _order(found: Unzipped) -> list[str]:
    """Say whether files stand in another order, or the openings are written in another way."""
    paths = [member.path for member in found.members]
    if paths[:3] != [MANIFEST, SIGNATURE, OPENINGS] or paths[3:] != sorted(paths[3:]):
        return ["zip: the files stand in another order than they were written"]
    text = found.members[2].content
    try:
        said = msgspec.json.format(msgspec.json.encode(msgspec.json.decode(text)), indent=1)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []  # named already
    return [] if said == text else [f"{OPENINGS}: is not written as it was"]


def _openings(text: bytes) -> dict[str, bytes]:
    found = msgspec.json.decode(text, type=dict[str, str])
    salts = {path: bytes.fromhex(salt) for path, salt in found.items()}
    for path, salt in found.items():
        if len(salts[path]) != SALT_BYTES or salts[path].hex() != salt:
            raise ValueError(f"the opening of {path} is not {SALT_BYTES} bytes in hexadecimal")
    return salts
