"""What of the planted place could be found in an answer, in every way in which it may be written.

Words as they are, without spaces and in capitals; degrees in four and more decimals, and as words
of minutes; eastings and northings; numbers as binary files hold them. What is packed (ZIP, DOCX,
PDF, Parquet) is unpacked before it is searched.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from math import floor, log, pi, radians, tan

import pyarrow.parquet as pq
import pypdfium2

from tests.secret import world

EASTING_M, NORTHING_M = 522_466, 177_950
"""The place on the national grid, to the metre; `test_plants.py` holds them against the product."""
_EARTH_M = 6_378_137.0
_LON, _LAT = world.PLACE.lon_deg, world.PLACE.lat_deg


def words() -> tuple[str, ...]:
    """Return what could be written of it: label, address, telephone, degrees, metres, size."""
    label = ("Wrenfield", "Quillstone", "ZQ9 7XW", "ZQ97XW")
    degrees = [f"{v:.{n}f}" for v in (_LON, _LAT) for n in (4, 5, 6, 7)]
    cut = [repr(v)[: repr(v).index(".") + 1 + n] for v in (_LON, _LAT) for n in (4, 5)]
    minutes = [f"{abs(v) % 1 * 60:.3f}" for v in (_LON, _LAT)]
    microdegrees = [f"{abs(v) * 1e6:.0f}" for v in (_LON, _LAT)]
    web_metres = [
        f"{radians(_LON) * _EARTH_M:.0f}",
        f"{log(tan(pi / 4 + radians(_LAT) / 2)) * _EARTH_M:.0f}",
    ]
    grid = [str(EASTING_M), str(NORTHING_M), grid_reference(" "), grid_reference("")]
    found = [*label, *degrees, *cut, *minutes, *microdegrees, *web_metres, *grid]
    return tuple(dict.fromkeys([*found, f"{world.RADIUS_M}", "317 m", world.SAFE_TELEPHONE]))


def grid_reference(between: str) -> str:
    """Return the place as a reference of eight figures in the square TQ."""
    east, north = floor(EASTING_M % 100_000 / 10), floor(NORTHING_M % 100_000 / 10)
    return between.join(("TQ", f"{east:04d}", f"{north:04d}"))


def numbers() -> tuple[bytes, ...]:
    """Return the degrees as binary files hold them."""
    return tuple(
        struct.pack(form, value)
        for value in (_LON, _LAT, world.RADIUS_M)
        for form in ("<d", ">d", "<f", ">f")
    )


def found_in(content: bytes) -> list[str]:
    """Return what of the plants stands in an answer."""
    found: set[str] = set()
    for part in unpacked(content):
        texts = [part.decode("utf-8", "replace")]
        if b"\0" in part:
            texts += [part.decode("utf-16-le", "replace"), part.decode("utf-16-be", "replace")]
            found |= {f"binary {number.hex()}" for number in NUMBERS if number in part}
        for text in texts:
            found |= {one.group() for one in PLANTED.finditer(text)}
    return sorted(found)


def _pattern() -> re.Pattern[str]:
    """Return what finds any of the words; a whole number not inside of a longer one, and no number
    that is the seconds of a time of day."""
    alone = "|".join(re.escape(word) for word in words() if word.isdigit())
    others = [word for word in words() if not word.isdigit()]
    named = "|".join(re.escape(word) for word in others if not word[:1].isdigit())
    measured = "|".join(re.escape(word) for word in others if word[:1].isdigit())
    return re.compile(
        rf"{named}|(?<![0-9]:)(?:{measured})|(?<![0-9a-f.])(?:{alone})(?![0-9a-f])", re.IGNORECASE
    )


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield the content, and what is packed in it."""
    yield content
    if content.startswith(b"PK\3\4"):
        with zipfile.ZipFile(BytesIO(content)) as inner:
            for name in inner.namelist():
                yield name.encode()
                yield from unpacked(inner.read(name))
    elif content.startswith(b"%PDF"):
        yield from _of_pdf(content)
    elif content.startswith(b"PAR1"):
        table = pq.read_table(BytesIO(content))
        yield str(table.schema).encode() + repr(table.to_pylist()).encode()


def _of_pdf(content: bytes) -> Iterator[bytes]:
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    yield "\n".join(pages).encode()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.S):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            continue


NUMBERS = numbers()
PLANTED = _pattern()
