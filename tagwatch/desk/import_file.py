"""The import file: wearers, tags, orders, zones … as JSON. docs/import.md describes it.

Reading it finds every mistake at once, each with its path in the file; what the records mean
together is `import_plan`'s to check.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, TypeVar, cast, get_args, get_origin

import msgspec

from tagwatch.core.geometry import LonLat
from tagwatch.core.order import LegalBasis, Programme, Thresholds, ZoneKnowledge
from tagwatch.core.person import Channel, Duty, Restriction, TagMode
from tagwatch.core.supervision import Supervision

FORMAT: Final = 1
MOST_BYTES: Final = 64 << 20
_SHOWN: Final = 200

Word = Annotated[str, msgspec.Meta(min_length=1, pattern=r"\S")]
"""Text that is not blank."""
Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
"""Your own reference of a record, or `id:` and the id by which Tagwatch knows it."""
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Metres = Annotated[float, msgspec.Meta(ge=0.0, le=100_000.0)]


class _Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what stands in the file."""


class WearerItem(_Item, frozen=True, kw_only=True):
    """A wearer; `officer` is the sign-in name of the responsible officer."""

    ref: Ref
    name: Word
    programme: Programme
    borough: Word
    agency: Word
    date_of_birth: Day | None = None
    crn: str | None = None
    nomis_id: str | None = None
    pnc_ref: str | None = None
    officer: str | None = None
    restriction: Restriction = Restriction.ORDINARY
    restricted_why: str = ""
    phone: str | None = None
    notes: str = ""


class PersonItem(_Item, frozen=True, kw_only=True):
    """A protected person; `liaison` is the reference of a contact."""

    ref: Ref
    name: Word
    relation: str = ""
    wearers: tuple[Ref, ...] = ()
    liaison: Ref | None = None


class ContactItem(_Item, frozen=True, kw_only=True):
    """Somebody who can be told; `account` is a sign-in name."""

    ref: Ref
    label: Word
    duty: Duty
    channel: Channel
    rank: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    address: str = ""
    account: str | None = None
    wearers: tuple[Ref, ...] = ()
    boroughs: tuple[str, ...] = ()
    active: bool = True


class TagItem(_Item, frozen=True, kw_only=True):
    """A tag, known by its serial."""

    serial: Ref
    model: str = "unknown"
    mode: TagMode = TagMode()


class ActivationItem(_Item, frozen=True, kw_only=True):
    """A tag (by serial) on a wearer for a period."""

    tag: Ref
    wearer: Ref
    started_at: str
    ended_at: str | None = None


class OrderItem(_Item, frozen=True, kw_only=True):
    """An order about one wearer."""

    ref: Ref
    wearer: Ref
    reference: Word
    legal_basis: LegalBasis
    programme: Programme
    starts_at: str
    ends_at: str | None = None
    wording: str = ""
    supervision: Supervision = Supervision()
    days_kept: int | None = None
    review_at: str | None = None
    valid_from: str | None = None
    told_at: str | None = None
    varied: str = ""


class DiscItem(_Item, frozen=True, kw_only=True):
    """A disc: centre `[longitude, latitude]` and radius."""

    centre: LonLat
    radius_m: Metres


class ZoneItem(_Item, frozen=True, kw_only=True):
    """An exclusion zone of an order: a disc, or GeoJSON."""

    ref: Ref
    order: Ref
    label: Word
    disc: DiscItem | None = None
    geojson: dict[str, Any] | None = None
    buffer_m: Metres = 0.0
    schedule: tuple[str, ...] = ()
    knowledge: ZoneKnowledge = ZoneKnowledge.TOLD
    protects: tuple[Ref, ...] = ()
    valid_from: str | None = None
    valid_until: str | None = None
    told_at: str | None = None
    thresholds: Thresholds | None = None


class NoContactItem(_Item, frozen=True, kw_only=True):
    """Another wearer whom the wearer of an order must not meet."""

    ref: Ref
    order: Ref
    label: Word
    other: Ref
    distance_m: Annotated[float, msgspec.Meta(ge=20.0, le=5_000.0)] = 100.0
    schedule: tuple[str, ...] = ()
    protects: tuple[Ref, ...] = ()
    valid_from: str | None = None
    valid_until: str | None = None
    told_at: str | None = None
    thresholds: Thresholds | None = None


class NightItem(_Item, frozen=True, kw_only=True):
    """A single window."""

    start: str
    end: str


class CurfewItem(_Item, frozen=True, kw_only=True):
    """A curfew of an order: the address `[longitude, latitude]` and weekly rows."""

    ref: Ref
    order: Ref
    label: Word
    address: LonLat
    rows: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    radius_m: Metres = 100.0
    geojson: dict[str, Any] | None = None
    grace_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 300
    release_night: NightItem | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    told_at: str | None = None
    thresholds: Thresholds | None = None


class ImportFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says, each record well-formed by itself."""

    contacts: tuple[ContactItem, ...] = ()
    wearers: tuple[WearerItem, ...] = ()
    protected_persons: tuple[PersonItem, ...] = ()
    tags: tuple[TagItem, ...] = ()
    activations: tuple[ActivationItem, ...] = ()
    orders: tuple[OrderItem, ...] = ()
    exclusion_zones: tuple[ZoneItem, ...] = ()
    curfews: tuple[CurfewItem, ...] = ()
    no_contacts: tuple[NoContactItem, ...] = ()


class ImportRefused(Exception):
    """The file cannot be imported; nothing of it was. `errors` has every reason with its path."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = list(errors)
        lines = self.errors[:_SHOWN]
        if len(self.errors) > _SHOWN:
            lines.append(f"… and {len(self.errors) - _SHOWN} more")
        count = f"{len(self.errors)} mistake{'s' if len(self.errors) != 1 else ''}"
        super().__init__(f"nothing was imported, {count}:\n  " + "\n  ".join(lines))


def read_import(data: bytes) -> ImportFile:
    """Return what the file says. Raises ImportRefused with every mistake of form."""
    if len(data) > MOST_BYTES:
        raise ImportRefused([f"the file has {len(data)} bytes, the limit is {MOST_BYTES}: part it"])
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImportRefused([f"this is not JSON: {error}"]) from error
    if not isinstance(document, dict):
        raise ImportRefused(["$: write an object with tagwatch_import, wearers, orders …"])
    whole = cast("dict[str, Any]", document)
    wrong = [f"$.tagwatch_import: write {FORMAT}, the version of the format"]
    return read_records(whole, [] if whole.pop("tagwatch_import", None) == FORMAT else wrong)


def read_records(whole: dict[str, Any], before: Sequence[str] = ()) -> ImportFile:
    """Return the records of a document. Raises ImportRefused with every mistake of form, after
    those found `before`."""
    errors = list(before)
    read = _struct(whole, ImportFile, "$", errors)
    if errors or read is None:
        raise ImportRefused(errors)
    return read


_S = TypeVar("_S", bound=msgspec.Struct)


def _struct(value: Any, kind: type[_S], path: str, errors: list[str]) -> _S | None:
    """Return `value` as a struct, or None after noting each of its mistakes."""
    if not isinstance(value, dict):
        errors.append(f"{path}: write an object {{…}}, not {_name(value)}")
        return None
    given = cast("dict[str, Any]", value)
    before = len(errors)
    fields = _fields(kind)
    for name in given.keys() - fields.keys():
        near = get_close_matches(name, fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(fields)}"
        errors.append(f"{path}.{name}: unknown; {hint}")
    made: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            made[name] = _value(given[name], field.type, f"{path}.{name}", errors)
        elif field.required:
            errors.append(f"{path}.{name}: missing")
    return kind(**made) if len(errors) == before else None


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.name: field for field in msgspec.structs.fields(kind)}


def _value(value: Any, kind: Any, path: str, errors: list[str]) -> Any:
    items = _items_of(kind)
    if items is not None and isinstance(value, list):
        listed = cast("list[Any]", value)
        return tuple(_struct(v, items, f"{path}[{i}]", errors) for i, v in enumerate(listed))
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        if isinstance(kind, type) and issubclass(kind, Enum):
            what = f"{value!r} is none of {', '.join(str(member.value) for member in kind)}"
        errors.append(f"{path}{where.rstrip('`')}: {what[:1].lower()}{what[1:]}")
        return None


def _items_of(kind: Any) -> type[msgspec.Struct] | None:
    """Return the struct of a `tuple[Struct, ...]`."""
    if get_origin(kind) is not tuple:
        return None
    inner = get_args(kind)[0]
    return inner if isinstance(inner, type) and issubclass(inner, _Item) else None


def _name(value: Any) -> str:
    names: Mapping[type, str] = {list: "a list", str: "text", type(None): "null", bool: "a boolean"}
    return names.get(cast("type[Any]", type(value)), "a number")
