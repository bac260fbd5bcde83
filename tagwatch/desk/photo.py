"""The photo of a wearer that police are shown: made small, without what a camera wrote into it."""

import secrets
import struct
import zlib
from datetime import date
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId, derived_id
from tagwatch.core.ledger import PhotoRecorded
from tagwatch.core.timetable import london
from tagwatch.desk.clerk import Clerk, Done, need
from tagwatch.desk.wearer import in_scope

UPLOAD_MOST: Final = 8 << 20
KEPT_MOST: Final = 10 << 10
"""Bytes of the picture that is kept: a slow network carries it beside the page."""
BOX: Final = (240, 320)
"""Pixels it is made to fit into: twice what the page shows, for sharp screens."""
PIXELS_MOST: Final = 40_000_000
"""A picture of more is not unpacked: its few bytes could fill the memory."""
_TAKEN_IN: Final = ("JPEG", "PNG")
_QUALITIES: Final = (78, 65, 52, 40, 30, 20)
_BROKEN: Final = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError),
    *(struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)
"""What the library says of a file that is broken or meant to do harm."""
_GROUND: Final = (112, 112, 112)
"""Beneath what is transparent."""


class PhotoWrong(ValueError):
    """Such a photo is not taken in; `field` is the part of the form, the text says what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def portrait(content: bytes) -> bytes:
    """Return the picture in `content` as a small JPEG, upright and without any metadata.

    What it is follows from its bytes. Raises PhotoWrong for what is no JPEG or PNG, or too large.
    """
    if not content:
        raise PhotoWrong("photo", "Choose a file")
    if len(content) > UPLOAD_MOST:
        most = f"{UPLOAD_MOST >> 20} MB"
        raise PhotoWrong("photo", f"The file is larger than {most}. Save it smaller")
    try:
        small = _small(content)
    except PhotoWrong:
        raise
    except _BROKEN as error:
        said = "The file is no whole JPEG or PNG, whatever it is called"
        raise PhotoWrong("photo", said) from error
    return _packed(small)


def _small(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=_TAKEN_IN) as found:
        if found.width * found.height > PIXELS_MOST:
            raise PhotoWrong("photo", "The picture has too many pixels. Save it smaller")
        found.draft("RGB", BOX)
        return ImageOps.contain(_opaque(ImageOps.exif_transpose(found)), BOX)


def _opaque(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    whole = picture.convert("RGBA")
    ground = Image.new("RGBA", whole.size, _GROUND)
    ground.alpha_composite(whole)
    return ground.convert("RGB")


def _packed(picture: Image.Image) -> bytes:
    """Return it as a JPEG of at most KEPT_MOST bytes, as good as that allows."""
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    while True:
        for quality in _QUALITIES:
            out = BytesIO()
            plain.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
            if out.tell() <= KEPT_MOST:
                return out.getvalue()
        plain = plain.resize((max(1, plain.width * 3 // 4), max(1, plain.height * 3 // 4)))


def record_photo(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, content: bytes, taken_on: str = ""
) -> Done:
    """Record which photo of a wearer is shown from now on; `taken_on` is a day as 2026-11-30 or
    empty. `Done.made_id` names it.

    Raises PhotoWrong, NotFound outside the scope, NotRecorded.
    """
    need(reader, Verb.RECORD_APPEARANCE)
    in_scope(reader, wearer_id, "record_photo")
    day = _day(reader, taken_on.strip())
    small = portrait(content)
    return _record(clerk, reader, wearer_id, small, day)


def remove_photo(clerk: Clerk, reader: Reader, wearer_id: WearerId) -> Done:
    """Record that no photo of a wearer is shown any more. Its bytes stay in the journal until they
    are lawfully erased. Raises NotFound outside the scope, NotRecorded."""
    need(reader, Verb.RECORD_APPEARANCE)
    in_scope(reader, wearer_id, "remove_photo")
    return _record(clerk, reader, wearer_id, b"", "")


def _record(clerk: Clerk, reader: Reader, wearer_id: WearerId, content: bytes, day: str) -> Done:
    photo_id = derived_id("ph", secrets.token_hex(16))
    verb = "record_photo" if content else "remove_photo"
    reader.about_to_alter(verb, [wearer_id, photo_id], f"{len(content)} bytes")
    done = clerk.record(
        PhotoRecorded(
            wearer_id=wearer_id,
            photo_id=photo_id,
            content=content,
            taken_on=day,
            at=reader.now(),
            by=reader.actor.account_id,
        )
    )
    return Done(seq=done.seq, applied=done.applied, made_id=photo_id)


def _day(reader: Reader, typed: str) -> str:
    if not typed:
        return ""
    try:
        found = date.fromisoformat(typed)
    except ValueError as error:
        raise PhotoWrong("taken_on", "Write the day as 2026-11-30, or leave it empty") from error
    if not date(1950, 1, 1) <= found <= london(reader.now()).date():
        raise PhotoWrong("taken_on", "It must have been taken between 1950 and today")
    return found.isoformat()
