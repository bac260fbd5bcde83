"""Where in a file a record stands, as whoever keeps the file finds it: a row, a feature."""

import re
from collections.abc import Iterable, Mapping

_PATH = re.compile(r"\$\.(\w+)\[(\d+)\](?:\.(\w+))?[^:]*: (.*)", re.DOTALL)


class Places:
    """The place of each record by the list it is in and its number there."""

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        """Begin with none; `columns` are the names that fields have in the file, if others."""
        self._columns = columns or {}
        self._places: dict[tuple[str, int], str] = {}

    def put(self, section: str, number: int, place: str) -> None:
        """Note where a record stands."""
        self._places[section, number] = place

    def named(self, errors: Iterable[str]) -> list[str]:
        """Return mistakes with these places instead of paths, each once."""
        return list(dict.fromkeys(self._named(error) for error in errors))

    def _named(self, error: str) -> str:
        found = _PATH.fullmatch(error)
        place = None if found is None else self._places.get((found[1], int(found[2])))
        if found is None or place is None:
            return error
        name = found[3]
        column = f", {self._columns.get(name, name)}" if name else ""
        return f"{place}{column}: {found[4]}"
