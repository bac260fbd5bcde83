"""The search finds what it is to find, in every way in which it may be written."""

import struct
import zipfile
from io import BytesIO

import pytest

from tagwatch.core.osgb import from_osgb36
from tagwatch.core.plane import LonLat
from tests.secret import plants, world


def test_the_grid_reference_is_that_of_the_place() -> None:
    found = from_osgb36(plants.EASTING_M, plants.NORTHING_M)
    assert metres_apart(found, world.PLACE) < 1.0


def metres_apart(one: LonLat, other: LonLat) -> float:
    """Good to a metre."""
    east = (one.lon_deg - other.lon_deg) * 69_500.0
    north = (one.lat_deg - other.lat_deg) * 111_250.0
    return (east**2 + north**2) ** 0.5


@pytest.mark.parametrize("word", plants.words())
def test_each_word_is_found(word: str) -> None:
    assert plants.found_in(f"<p>{word}</p>".encode())
    assert plants.found_in(f"{word},1".encode("utf-16-le"))


@pytest.mark.parametrize("form", ["<d", ">d", "<f", ">f"])
def test_numbers_are_found_as_binary_files_hold_them(form: str) -> None:
    held = b"\0\1\0" + struct.pack(form, world.PLACE.lat_deg) + b"\0"
    assert plants.found_in(held)


def test_what_is_packed_is_searched_and_what_is_only_like_it_is_not_found() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("a.json", '{"lat": 51.48724629}')
    assert plants.found_in(packed.getvalue())
    assert not plants.found_in(b"51.4852 a522466f 1522466 TQ 2241 7806 wren field")
    minutes = next(word for word in plants.words() if word.startswith("14."))
    assert not plants.found_in(f"2026-11-27T04:40:{minutes}873Z".encode())
    assert plants.found_in(f'{{"lat":51, "minutes":{minutes}873}}'.encode())
