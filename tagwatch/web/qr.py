"""The picture of a code app's key, and the key to be typed."""

import io

import segno


def picture_of(address: str) -> str:
    """Return an otpauth address as a QR code in SVG."""
    drawn = io.BytesIO()
    segno.make(address, micro=False).save(
        drawn, kind="svg", scale=5, xmldecl=False, svgns=True, title="Key of the second factor"
    )
    return drawn.getvalue().decode()


def key_in(address: str) -> str:
    """Return the key in an otpauth address."""
    return address.split("secret=", 1)[1].split("&", 1)[0]
