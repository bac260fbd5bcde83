"""A photo is made small and bare of metadata; what is no picture is not taken in."""

from io import BytesIO
from random import Random

import pytest
from PIL import Image

from tagwatch.desk.photo import BOX, KEPT_MOST, PIXELS_MOST, UPLOAD_MOST, PhotoWrong, portrait


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that packs badly."""
    lanes = len(Image.new(mode, (1, 1)).getbands())
    small = Image.frombytes(mode, (64, 64), Random(3).randbytes(64 * 64 * lanes))
    return small.resize((width, height))


def saved(picture: Image.Image, kind: str = "JPEG", **more: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def read(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as found:
        found.load()
        return found


@pytest.mark.parametrize(
    ("width", "height", "kind", "mode"),
    [(3000, 4000, "JPEG", "RGB"), (900, 1200, "PNG", "RGBA"), (200, 90, "PNG", "L")],
)
def test_it_is_small_in_pixels_and_bytes(width: int, height: int, kind: str, mode: str) -> None:
    small = portrait(saved(noise(width, height, mode), kind))
    found = read(small)
    assert (found.format, found.mode) == ("JPEG", "RGB")
    assert found.width <= BOX[0]
    assert found.height <= BOX[1]
    assert len(small) <= KEPT_MOST


def test_what_the_camera_wrote_is_gone_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x010F] = "Demo Camera of 14 Planted Road"
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0)}
    lying = Image.new("RGB", (400, 300), (200, 0, 0))
    lying.paste((0, 0, 200), (0, 0, 100, 300))
    small = portrait(saved(lying, exif=exif, comment=b"secret words"))
    found = read(small)
    assert found.size == (240, 320)
    top, bottom = found.getpixel((120, 20)), found.getpixel((120, 300))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[2] > 150, bottom[0] > 150) == (True, True)
    assert not found.getexif()
    assert set(found.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    for trace in (b"Planted", b"Exif", b"secret"):
        assert trace not in small


def test_through_is_grey_not_black() -> None:
    clear = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    pixel = read(portrait(saved(clear, "PNG"))).getpixel((100, 100))
    assert isinstance(pixel, tuple)
    assert all(abs(part - 112) < 5 for part in pixel)


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 %%EOF", b"GIF89a" + bytes(50), b"\xff\xd8\xff\xe0"]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoWrong) as refusal:
        portrait(content)
    assert refusal.value.field == "photo"


def test_too_much_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(PhotoWrong, match="larger than 8 MB"):
        portrait(b"\xff\xd8\xff" + bytes(UPLOAD_MOST))
    side = int(PIXELS_MOST**0.5) + 50
    bomb = saved(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 20_000
    with pytest.raises(PhotoWrong, match="too many pixels"):
        portrait(bomb)


def test_broken_bytes_are_refused_or_a_picture() -> None:
    random, whole = Random(11), saved(noise(120, 160))
    for turn in range(60):
        broken = bytearray(whole[: random.randrange(20, len(whole))] if turn % 2 else whole)
        for _ in range(8):
            broken[random.randrange(len(broken))] = random.randrange(256)
        try:
            small = portrait(bytes(broken))
        except PhotoWrong:
            continue
        assert read(small).format == "JPEG"
