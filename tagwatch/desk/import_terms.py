"""Terms of zones and curfews out of an import file, and the mistakes found on the way."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from tagwatch.core.geometry import Disc, Shape, from_geojson
from tagwatch.core.ids import OrderId, PersonId, WearerId, derived_id
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, NoContact, Order
from tagwatch.core.person import Activation, Channel
from tagwatch.core.review import first_review_problem
from tagwatch.core.supervision import supervision_problem
from tagwatch.core.timetable import CurfewRow, OneOff
from tagwatch.core.units import Instant, parse_iso
from tagwatch.core.zones_only import problem_of
from tagwatch.desk.import_file import CurfewItem, NoContactItem, OrderItem, WearerItem, ZoneItem
from tagwatch.desk.weekly_row import row_of
from tagwatch.desk.zone import Abroad, centre, refuse_abroad
from tagwatch.store.known import KnownRecords

_FOREVER: Final = Instant(2**62)
_T = TypeVar("_T")
_NO_MAIL: Final = "channel {} needs an e-mail address"
_NO_URL: Final = "channel webhook needs an address that begins with https://"


class Mistakes:
    """What is wrong with a file, each with its path; every check goes on after a mistake."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def wrong(self, path: str, what: str) -> None:
        """Note a mistake."""
        self.found.append(f"$.{path}: {what}")

    def moment(self, text: str | None, path: str) -> Instant | None:
        """Return the time in `text`, None if there is none or it is a mistake."""
        return None if text is None else self.tried(path, lambda: parse_iso(text))

    def told(self, text: str | None, path: str, now: Instant) -> Instant | None:
        """Return when somebody was told; a time after `now` is a mistake."""
        at = self.moment(text, path)
        if at is not None and at > now:
            self.wrong(path, "nobody was told in the future; correct the time")
        return at

    def day(self, text: str | None, path: str) -> None:
        """Note a date that no calendar has."""
        if text is not None:
            self.tried(path, lambda: date.fromisoformat(text))

    def ordered(self, start: Instant, end: Instant | None, path: str) -> None:
        """Note an end that is not after its start."""
        if end is not None and end <= start:
            self.wrong(path, "it ends before it starts")

    def rows(self, texts: Sequence[str], path: str) -> tuple[CurfewRow, ...]:
        """Return the weekly rows that can be read."""
        rows = [self.tried(f"{path}[{i}]", lambda t=t: row_of(t)) for i, t in enumerate(texts)]
        return tuple(row for row in rows if row is not None)

    def tried(self, path: str, make: Callable[[], _T]) -> _T | None:
        """Return what `make` does, None after noting the ValueError it raised."""
        try:
            return make()
        except ValueError as error:
            self.wrong(path, str(error))
            return None


def record_id(kind: str, ref: str) -> str:
    """Return the id of a reference: derived from it, or as it stands after `id:`."""
    return ref.removeprefix("id:") if ref.startswith("id:") else derived_id(kind, "import", ref)


def address_mistake(channel: Channel, address: str) -> str | None:
    """Return why nobody could be reached there by this channel, or None."""
    if channel in (Channel.EMAIL, Channel.GOVUK_NOTIFY):
        name, _, host = address.strip().rpartition("@")
        return None if name and host and " " not in address.strip() else _NO_MAIL.format(channel)
    if channel is Channel.WEBHOOK:
        try:
            found = urlsplit(address.strip())
        except ValueError:
            return _NO_URL
        return None if found.scheme in ("http", "https") and found.hostname else _NO_URL
    return None


def wearer_values(item: WearerItem) -> dict[str, Any]:
    """Return what a file says of a wearer, by name; a reason it does not give is left as it is."""
    values = msgspec.structs.asdict(item)
    return {k: v for k, v in values.items() if k != "ref" and (k != "restricted_why" or v)}


def order_terms(
    item: OrderItem,
    identity: OrderId,
    wearer_id: WearerId,
    path: str,
    mistakes: Mistakes,
    now: Instant,
) -> Order | None:
    """Return the order, None after noting that its beginning is none."""
    starts = mistakes.moment(item.starts_at, f"{path}.starts_at")
    ends = mistakes.moment(item.ends_at, f"{path}.ends_at")
    if problem := supervision_problem(item.legal_basis, item.supervision):
        mistakes.wrong(f"{path}.supervision", problem)
    if problem := problem_of(item.days_kept):
        mistakes.wrong(f"{path}.days_kept", problem)
    told_at = mistakes.told(item.told_at, f"{path}.told_at", now)
    valid_from = mistakes.moment(item.valid_from, f"{path}.valid_from")
    review_at = mistakes.moment(item.review_at, f"{path}.review_at")
    if starts is None:
        return None
    mistakes.ordered(starts, ends, f"{path}.ends_at")
    if problem := first_review_problem(starts, review_at):
        mistakes.wrong(f"{path}.review_at", problem)
    return Order(
        order_id=identity,
        wearer_id=wearer_id,
        reference=item.reference,
        legal_basis=item.legal_basis,
        programme=item.programme,
        starts_at=starts,
        ends_at=ends,
        wording=item.wording,
        supervision=item.supervision,
        days_kept=item.days_kept,
        review_at=review_at,
        valid_from=valid_from,
        told_at=told_at,
        varied=item.varied,
    )


def zone_terms(
    item: ZoneItem, path: str, protects: tuple[PersonId, ...], mistakes: Mistakes
) -> ExclusionZone | None:
    """Return the terms of an exclusion zone, None after noting what is wrong."""
    shape = _shape(item, path, mistakes)
    schedule = mistakes.rows(item.schedule, f"{path}.schedule")
    if shape is None:
        return None
    return ExclusionZone(
        label=item.label,
        shape=shape,
        buffer_m=item.buffer_m,
        schedule=schedule,
        knowledge=item.knowledge,
        protects=protects,
    )


def curfew_terms(item: CurfewItem, path: str, mistakes: Mistakes) -> Curfew | None:
    """Return the terms of a curfew, None after noting what is wrong."""
    before = len(mistakes.found)
    night = shape = None
    if item.release_night is not None:
        start = mistakes.moment(item.release_night.start, f"{path}.release_night.start")
        end = mistakes.moment(item.release_night.end, f"{path}.release_night.end")
        if start is not None and end is not None:
            mistakes.ordered(start, end, f"{path}.release_night")
            night = OneOff(start=start, end=end) if start < end else None
    if (document := item.geojson) is not None:
        shape = mistakes.tried(f"{path}.geojson", lambda: from_geojson(document))
        _near_home(shape, f"{path}.geojson", mistakes)
    _near_home(Disc(centre=item.address, radius_m=1.0), f"{path}.address", mistakes)
    rows = mistakes.rows(item.rows, f"{path}.rows")
    if len(mistakes.found) > before:
        return None
    return Curfew(
        label=item.label,
        address=item.address,
        rows=rows,
        radius_m=item.radius_m,
        shape=shape,
        grace_s=item.grace_s,
        release_night=night,
    )


def no_contact_terms(
    item: NoContactItem,
    path: str,
    other: WearerId,
    protects: tuple[PersonId, ...],
    mistakes: Mistakes,
) -> NoContact:
    """Return the terms of a condition of no contact, noting what is wrong."""
    return NoContact(
        label=item.label,
        other=other,
        distance_m=item.distance_m,
        schedule=mistakes.rows(item.schedule, f"{path}.schedule"),
        protects=protects,
    )


class WornBeside:
    """Activations, recorded or in the file: no tag and no wearer has two at a time."""

    def __init__(self, known: KnownRecords) -> None:
        self._records = known
        self._named: dict[str, list[Activation]] = {}
        """By tag and by wearer, what the file says."""

    def wrong(self, one: Activation) -> str | None:
        """Return why a tag or a wearer would have two activations at a time with this one, None if
        neither has; it is among the activations of the file from now on."""
        recorded = self._records.worn_beside(one.tag_id, one.wearer_id)
        named = (*self._named.get(one.tag_id, ()), *self._named.get(one.wearer_id, ()))
        others = {each.activation_id: each for each in (*recorded, *named)}
        for name in (one.tag_id, one.wearer_id):
            self._named.setdefault(name, []).append(one)
        for other in others.values():
            if other.activation_id == one.activation_id:
                continue
            ends, other_ends = one.ended_at or _FOREVER, other.ended_at or _FOREVER
            if one.started_at < other_ends and other.started_at < ends:
                which = "tag" if other.tag_id == one.tag_id else "wearer"
                return f"this {which} has another activation in that time; end it first"
        return None


def keeps_kind(
    wanted: ConditionVersion,
    versions: Sequence[ConditionVersion] | None,
    path: str,
    mistakes: Mistakes,
) -> None:
    """Note a condition that becomes one of another kind, or names himself or another than before.

    `versions`: those recorded, the newest last.
    """
    new = wanted.terms
    if isinstance(new, NoContact) and new.other == wanted.wearer_id:
        mistakes.wrong(f"{path}.other", "nobody can be kept from himself")
    if not versions:
        return
    old = versions[-1].terms
    if type(new) is not type(old):
        mistakes.wrong(path, "a condition keeps its kind; give a new ref")
    elif isinstance(new, NoContact) and isinstance(old, NoContact) and new.other != old.other:
        mistakes.wrong(f"{path}.other", "it stays with whom it names; give a new ref")


def _shape(item: ZoneItem, path: str, mistakes: Mistakes) -> Shape | None:
    disc, document = item.disc, item.geojson
    if disc is not None and document is None:
        path = f"{path}.disc"
        shape = mistakes.tried(path, lambda: Disc(centre=disc.centre, radius_m=disc.radius_m))
    elif document is not None and disc is None:
        path = f"{path}.geojson"
        shape = mistakes.tried(path, lambda: from_geojson(document))
    else:
        mistakes.wrong(path, "give either disc or geojson")
        return None
    _near_home(shape, path, mistakes)
    return shape


def _near_home(shape: Shape | None, path: str, mistakes: Mistakes) -> None:
    """Note a place abroad."""
    if shape is None:
        return
    try:
        refuse_abroad(centre(shape))
    except Abroad as error:
        mistakes.wrong(path, str(error))
