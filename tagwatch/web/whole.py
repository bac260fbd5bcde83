"""Whole numbers as addresses and forms give them: never longer than they may be."""

from typing import Final

from tagwatch.web.api_record import Call, Wrong

PAGE_DIGITS: Final = 5


def whole(text: str, otherwise: int = 0, digits: int = 6) -> int:
    """Return the whole number that `text` writes in at most so many digits; else `otherwise`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else otherwise


def page_of(call: Call) -> int:
    """Return which page of a list a program asks for, the first if it names none. Raises Wrong."""
    if (page := whole(call.query.get("page", "1"), -1, PAGE_DIGITS)) < 0:
        raise Wrong("page must be a whole number from 1")
    return page
