"""Free words as they may be shown where nobody protected may be named or found."""

import re
from collections.abc import Iterable
from typing import Final

PERSON: Final = "[a protected person]"
PLACE: Final = "[place withheld]"
_SHORTEST: Final = 3
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?\s?[0-9][A-Z]{2}\b", re.IGNORECASE)
_DEGREES: Final = re.compile(r"-?\d{1,3}\.\d{3,}\s*[, ]\s*-?\d{1,3}\.\d{3,}")
_STREET: Final = re.compile(
    r"\b\d+[a-z]?,?\s+(?:[A-Z][\w’'-]*\s+){1,4}?"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Close|Gardens|Court|Place|Terrace|Square|Drive|Way|"
    r"Crescent|Hill|Grove|Mews|Row|Walk|Park)\b"
)


def without_persons(text: str, names: Iterable[str]) -> str:
    """Return `text` with these persons' names, and what looks like an address, put out of it.

    A whole name goes however it is written; a part of three letters or more goes where it stands
    with its capital letter, so that a person called May does not take “may carry a knife” with
    her. A street without a number cannot be told from other words.
    """
    for name in sorted({one.strip() for one in names if one.strip()}, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", PERSON, text, flags=re.IGNORECASE)
        for part in name.split():
            if len(part) >= _SHORTEST:
                forms = "|".join(re.escape(form) for form in {part, part.upper(), part.title()})
                text = re.sub(rf"\b(?:{forms})\b", PERSON, text)
    for place in (_POSTCODE, _DEGREES, _STREET):
        text = place.sub(PLACE, text)
    return text
