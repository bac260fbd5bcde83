"""Wearers and activations as CSV: the header says which, and each mistake names its row.

docs/import.md lists the columns. A cell is trimmed, an empty one says nothing.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tagwatch.core.ids import WearerId
from tagwatch.core.timetable import Edge, from_london
from tagwatch.core.units import instant, iso
from tagwatch.desk.import_file import ImportFile, ImportRefused, read_records
from tagwatch.desk.import_place import Places
from tagwatch.desk.import_terms import record_id
from tagwatch.store.known import KnownRecords

ROWS_MOST: Final = 5_000
COLUMNS_MOST: Final = 60
CELL_MOST: Final = 4_000

WEARER: Final = ("ref", "name", "programme", "borough", "agency")
WEARER_MORE: Final = (
    "date_of_birth",
    "crn",
    "nomis_id",
    "pnc_ref",
    "officer",
    "restriction",
    "phone",
    "notes",
)
FITTED: Final = ("tag", "tag_model", "started_at", "ended_at")
"""Beside a wearer: the tag that is on him."""
ACTIVATION: Final = ("tag", "wearer", "started_at")
MOJ: Final = ("device_serial_number", "person_id", "device_activation_date")
"""Of the Ministry of Justice's activations."""
_MOJ_MORE: Final = ("device_deactivation_date", "device_activation_id", "device_id")
_STILL_ACTIVE: Final = "2999-12-12"
_FIRST_ROW: Final = 2
"""The header is row 1, as spreadsheets count."""


class CsvRead(NamedTuple):
    """What a CSV file says."""

    kind: str
    """wearers or activations."""
    file: ImportFile
    places: Places
    silent: frozenset[str]
    """Fields of a wearer for which there is no column: they stay as they are."""
    warnings: list[str]


def is_csv(text: str) -> bool:
    """Say whether the first line of a file is one of the headers."""
    named = set(_header(text))
    return any(set(needed) <= named for needed in (WEARER, ACTIVATION, MOJ)) or "ref" in named


def read_csv(text: str, known: KnownRecords) -> CsvRead:
    """Return the wearers or activations of a file. Raises ImportRefused with every mistake.

    A tag that is not known is recorded with the activation, which is a warning.
    """
    named = _header(text)
    rows = _rows(text, len(named))
    if set(MOJ) <= set(named):
        table = _Table(named, rows, (*MOJ, *_MOJ_MORE), MOJ)
        return _Activations(table, known, _moj_cells).read()
    if set(ACTIVATION) <= set(named) and "name" not in named:
        table = _Table(named, rows, ("wearer", *FITTED), ACTIVATION)
        return _Activations(table, known, dict).read()
    table = _Table(named, rows, (*WEARER, *WEARER_MORE, *FITTED), WEARER)
    return _wearers(table, known)


# --- the table -----------------------------------------------------------------------------------


def _reader(text: str) -> Any:
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _header(text: str) -> list[str]:
    try:
        first: list[str] = next(_reader(text), list[str]())
    except csv.Error:
        return []
    named = [cell.strip().lower().replace(" ", "_") for cell in first]
    while named and not named[-1]:
        named.pop()
    return named


def _rows(text: str, width: int) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with its number. Raises ImportRefused."""
    found: list[tuple[int, list[str]]] = []
    wrong: list[str] = []
    reader = _reader(text)
    try:
        next(reader)
        for number, cells in enumerate(reader, start=_FIRST_ROW):
            trimmed = [cell.strip() for cell in cells]
            if not any(trimmed):
                continue
            if len(found) == ROWS_MOST:
                raise ImportRefused([f"more than {ROWS_MOST} rows: part the file"])
            if len(trimmed) != width and any(trimmed[width:]):
                wrong.append(
                    f"row {number}: {len(trimmed)} cells under a header of {width}; a comma "
                    "within a cell needs quotation marks around the cell"
                )
            if any(len(cell) > CELL_MOST for cell in trimmed):
                wrong.append(f"row {number}: a cell of more than {CELL_MOST} characters")
            found.append((number, trimmed))
    except csv.Error as error:
        raise ImportRefused(
            [f"row {reader.line_num}: this is no CSV from here on ({error}); export it again"]
        ) from error
    if wrong:
        raise ImportRefused(wrong)
    if not found:
        raise ImportRefused(["file: there is a header and no row under it"])
    return found


class _Table:
    """Rows under checked column names. Raises ImportRefused for a header that does not do."""

    def __init__(
        self,
        named: list[str],
        rows: list[tuple[int, list[str]]],
        known: Sequence[str],
        needed: Sequence[str],
    ) -> None:
        self.named, self._rows = named, rows
        wrong = [f"row 1: no column {name!r}; it is needed" for name in needed if name not in named]
        for place, name in enumerate(named):
            if name not in known:
                columns = ", ".join(known)
                wrong.append(f"row 1: column {name!r} is not known; known are {columns}")
            if name in named[:place]:
                wrong.append(f"row 1: column {name!r} stands twice")
        if len(named) > COLUMNS_MOST:
            wrong = [f"row 1: {len(named)} columns are more than {COLUMNS_MOST}"]
        if wrong:
            raise ImportRefused(wrong)

    def records(self) -> list[tuple[int, dict[str, str]]]:
        """Return each row's number and its cells that are not empty, by column."""
        return [
            (number, {name: cell for name, cell in zip(self.named, cells, strict=False) if cell})
            for number, cells in self._rows
        ]


# --- wearers -------------------------------------------------------------------------------------


def _wearers(table: _Table, known: KnownRecords) -> CsvRead:
    places, wrong = Places(), list[str]()
    wearers: list[dict[str, Any]] = []
    fitted = _Fitted(known, places, wrong)
    for number, cells in table.records():
        where = f"row {number}"
        item: dict[str, Any] = {k: v for k, v in cells.items() if k not in FITTED}
        for name in ("programme", "restriction"):
            if name in item:
                item[name] = item[name].lower().replace(" ", "_")
        if "date_of_birth" in item:
            item["date_of_birth"] = _day(item["date_of_birth"], f"{where}, date_of_birth", wrong)
        places.put("wearers", len(wearers), where)
        wearers.append(item)
        if any(name in cells for name in FITTED):
            fitted.add({**cells, "wearer": cells.get("ref", "")}, where)
    absent = frozenset(WEARER_MORE) - set(table.named)
    document = {"wearers": wearers, **fitted.document()}
    file = _read(document, places, wrong)
    return CsvRead("wearers", file, places, absent, fitted.warnings)


# --- activations ---------------------------------------------------------------------------------


class _Activations:
    """Activations of a table, in our own columns or the Ministry's."""

    def __init__(
        self,
        table: _Table,
        known: KnownRecords,
        cells_of: Callable[[dict[str, str]], dict[str, str]],
    ) -> None:
        self._table, self._records, self._cells_of = table, known, cells_of

    def read(self) -> CsvRead:
        """Return them. Raises ImportRefused."""
        ours = self._cells_of is dict
        places, wrong = Places({} if ours else _MOJ_COLUMNS), list[str]()
        fitted = _Fitted(self._records, places, wrong)
        for number, given in self._table.records():
            cells = self._cells_of(given)
            fitted.add({**cells, "wearer": self._wearer(cells.get("wearer", ""))}, f"row {number}")
        file = _read(fitted.document(), places, wrong)
        return CsvRead("activations", file, places, frozenset(), fitted.warnings)

    def _wearer(self, given: str) -> str:
        """Return the reference of a wearer: as given if he is known by it, else by a number."""
        if WearerId(record_id("wr", given)) in self._records.wearers:
            return given
        found = self._records.numbered([given]) if given else []
        return f"id:{found[0].wearer_id}" if len(found) == 1 else given


class _Fitted:
    """Activations as a document, and the tags they bring into the inventory."""

    def __init__(self, known: KnownRecords, places: Places, wrong: list[str]) -> None:
        self._records = known
        self._places, self._wrong = places, wrong
        self._activations: list[dict[str, Any]] = []
        self._tags: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []

    def add(self, cells: Mapping[str, str], where: str) -> None:
        """Take in the activation of one row."""
        item: dict[str, Any] = {k: v for k, v in cells.items() if k in ("tag", "wearer") and v}
        for name, edge in (("started_at", Edge.FROM), ("ended_at", Edge.UNTIL)):
            if name in cells:
                item[name] = _time(cells[name], edge, f"{where}, {name}", self._wrong)
        self._places.put("activations", len(self._activations), where)
        self._activations.append(item)
        serial = cells.get("tag", "")
        if serial and self._records.tag_of(serial) is None and serial not in self._tags:
            self._places.put("tags", len(self._tags), where)
            model = cells.get("tag_model", "")
            self._tags[serial] = {"serial": serial, **({"model": model} if model else {})}
            what = f"as model {model!r}" if model else "without a model"
            self.warnings.append(
                f"{where}: tag {serial!r} is not in the inventory and is entered {what}"
            )

    def document(self) -> dict[str, Any]:
        """Return them as the import file says them."""
        return {"activations": self._activations, "tags": list(self._tags.values())}


_MOJ_COLUMNS: Final = {
    "tag": "device_serial_number",
    "wearer": "person_id",
    "started_at": "device_activation_date",
    "ended_at": "device_deactivation_date",
}


def _moj_cells(cells: dict[str, str]) -> dict[str, str]:
    """Return a row of the Ministry's activations in our columns; its times are UTC."""
    found = {ours: cells[theirs] for ours, theirs in _MOJ_COLUMNS.items() if theirs in cells}
    if found.get("ended_at", "").startswith(_STILL_ACTIVE):
        del found["ended_at"]
    for name in ("started_at", "ended_at"):
        if name in found and not found[name].endswith("Z"):
            found[name] += "Z"
    return found


# --- cells ---------------------------------------------------------------------------------------


def _read(document: dict[str, Any], places: Places, wrong: list[str]) -> ImportFile:
    try:
        file = read_records(document)
    except ImportRefused as error:
        raise ImportRefused([*wrong, *places.named(error.errors)]) from error
    if wrong:
        raise ImportRefused(wrong)
    return file


def _day(text: str, where: str, wrong: list[str]) -> str | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    wrong.append(f"{where}: {text!r} is no date; write it like 1990-02-28 or 28/02/1990")
    return None


def _time(text: str, edge: Edge, where: str, wrong: list[str]) -> str:
    """Return a time as ISO text in UTC: with a zone as it stands, else London's."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.strptime(text, "%d/%m/%Y %H:%M")  # noqa: DTZ007  # London's, below
        except ValueError:
            wrong.append(
                f"{where}: {text!r} is no time; write it like 2026-11-02T14:30:00Z, or in London "
                "time like 2026-11-02 14:30"
            )
            return iso(instant(datetime(2000, 1, 1, tzinfo=UTC)))
    try:
        return iso(from_london(found, edge) if found.tzinfo is None else instant(found))
    except (ValueError, OverflowError):
        wrong.append(f"{where}: {text!r} lies outside every calendar; correct the year")
        return iso(instant(datetime(2000, 1, 1, tzinfo=UTC)))
