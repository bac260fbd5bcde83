"""Text in XML: escaped, and without the characters XML 1.0 has no way to write."""

import re
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape

LONGEST: Final = 40
"""Characters of a number; one so near to nought that it has more is cut at 20 decimals."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def said(value: Any) -> str:
    """Return a value as the text of an element or attribute; numbers without an exponent, which
    a decimal of XML Schema must not have."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return plain(value)
    return escape(_NOT_XML.sub("\ufffd", str(value)), {'"': "&quot;"})


def plain(value: float) -> str:
    """Return a number as shortly as it reads back the same, without an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text if len(text) < LONGEST else f"{value:.20f}"
