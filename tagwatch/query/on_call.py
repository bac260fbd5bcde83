"""Who is on call: now and in the days ahead, by duty and area, with the gaps."""

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert_clock import acknowledge_within_s
from tagwatch.core.ids import ContactId
from tagwatch.core.outcome import Severity
from tagwatch.core.person import THEMSELVES, Channel, Contact, Duty
from tagwatch.core.rota import Override, Rota, Shift, next_change
from tagwatch.core.settings import DEFAULT_SETTINGS, AlertSettings, HolidaySettings, Settings
from tagwatch.core.timetable import Interval, london
from tagwatch.core.units import DAY, Instant
from tagwatch.notify.rota import Patch, on_call, patches
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.rota import load_rota

AHEAD: Final = 14 * DAY
_ESCALATIONS: Final = 6


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as colleagues see him: no address."""

    contact_id: ContactId
    label: str
    rank: int
    channel: Channel


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """From-to with the same people on call."""

    start: Instant
    end: Instant
    people: tuple[Person, ...]
    gap: bool = False
    """Nobody is on shift: `people` are all of the duty, who are told then."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One duty in one area."""

    duty: Duty
    borough: str
    rostered: bool
    """Whether any of its contacts has shifts; otherwise all are always on call."""
    now: Turn
    turns: tuple[Turn, ...]
    gaps: tuple[Interval, ...]


class ShiftRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shift that is not withdrawn, and whose it is."""

    shift: Shift
    label: str
    duty: Duty


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """An override that is not over or withdrawn."""

    override: Override
    label: str
    instead_of: str


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """How an unanswered alert of one severity climbs from rank to rank."""

    severity: Severity
    within_s: tuple[int, ...]
    """Seconds to acknowledge at each of the first steps."""


class OnCallView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of the page."""

    at: Instant
    until: Instant
    areas: tuple[Area, ...]
    unfilled: tuple[Duty, ...]
    """Duties that no active contact stands for."""
    shifts: tuple[ShiftRow, ...]
    overrides: tuple[OverrideRow, ...]
    holidays: HolidaySettings
    deadlines: tuple[Deadline, ...]
    settings_version: int


class RotaForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the forms of the rota start from."""

    contacts: tuple[Contact, ...]


def on_call_view(reader: Reader) -> OnCallView:
    """Return who is on call from now on. On the audit."""
    at = reader.now()
    with reader.connection() as connection:
        contacts = _contacts(connection)
        book = load_rota(connection)
        settings = settings_in_force(connection, at)
    rota = book.rota(settings.holidays)
    until = Instant(at + AHEAD)
    areas = tuple(_area(patch, rota, at, until) for patch in patches(contacts))
    names = {contact.contact_id: contact for contact in contacts}
    reader.consulted("on_call", [])
    return OnCallView(
        at=at,
        until=until,
        areas=areas,
        unfilled=tuple(
            duty
            for duty in Duty
            if duty not in THEMSELVES and not any(a.duty is duty for a in areas)
        ),
        shifts=tuple(
            ShiftRow(shift=s, label=names[s.contact_id].label, duty=names[s.contact_id].duty)
            for s in sorted(rota.shifts, key=lambda s: (names[s.contact_id].label, s.shift_id))
        ),
        overrides=tuple(
            OverrideRow(
                override=o,
                label=names[o.contact_id].label,
                instead_of=names[o.instead_of].label if o.instead_of else "",
            )
            for o in sorted(rota.overrides, key=lambda o: (o.start, o.override_id))
            if o.end > at
        ),
        holidays=settings.holidays,
        deadlines=tuple(deadline_of(severity, settings.alert) for severity in Severity),
        settings_version=settings.version,
    )


def rota_form(reader: Reader) -> RotaForm:
    """Return the contacts that can have shifts. On the audit."""
    with reader.connection() as connection:
        found = _contacts(connection)
    reader.consulted("on_call", [])
    usable = tuple(c for c in found if c.active and c.duty not in THEMSELVES)
    return RotaForm(contacts=tuple(sorted(usable, key=lambda c: (c.duty.value, c.rank, c.label))))


def shift_of(reader: Reader, shift_id: str) -> Shift:
    """Return the newest version of a shift. Raises NotFound; on the audit."""
    with reader.connection() as connection:
        found = {str(key): shift for key, shift in load_rota(connection).shifts.items()}
    if shift_id not in found:
        reader.refuse("shift", [shift_id], "unknown")
    reader.consulted("shift", [shift_id])
    return found[shift_id]


def override_of(reader: Reader, override_id: str) -> Override:
    """Return the newest version of an override. Raises NotFound; on the audit."""
    with reader.connection() as connection:
        found = {str(key): each for key, each in load_rota(connection).overrides.items()}
    if override_id not in found:
        reader.refuse("override", [override_id], "unknown")
    reader.consulted("override", [override_id])
    return found[override_id]


def deadline_of(severity: Severity, settings: AlertSettings) -> Deadline:
    """Return how long each of the first steps waits."""
    steps = range(_ESCALATIONS)
    within = tuple(acknowledge_within_s(severity, step, settings) for step in steps)
    return Deadline(severity=severity, within_s=within)


def settings_in_force(connection: Connection, at: Instant) -> Settings:
    """Return the settings in force at `at`."""
    column = schema.settings.c
    query = (
        select(column.body)
        .where(column.effective_from <= at)
        .order_by(column.effective_from.desc(), column.version.desc())
        .limit(1)
    )
    body = connection.scalar(query)
    return DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)


def holidays_ahead(view: OnCallView) -> tuple[str, ...]:
    """Return the bank holidays within the page's days, as ISO dates."""
    first, last = london(view.at).date(), london(view.until).date()
    return tuple(str(day) for day in view.holidays.days if first <= day <= last)


def _contacts(connection: Connection) -> list[Contact]:
    bodies = connection.scalars(select(schema.contact.c.body).order_by(schema.contact.c.contact_id))
    return [msgspec.json.decode(body, type=Contact) for body in bodies]


def _area(patch: Patch, rota: Rota, at: Instant, until: Instant) -> Area:
    names = [contact.contact_id for contact in patch.contacts]
    turns: list[Turn] = []
    start = at
    while start < until:
        end = next_change(rota, names, start, until)
        turn = _turn(patch, rota, start, end)
        last = turns[-1] if turns else None
        if last is not None and (last.people, last.gap) == (turn.people, turn.gap):
            turns[-1] = msgspec.structs.replace(last, end=end)
        else:
            turns.append(turn)
        start = end
    return Area(
        duty=patch.duty,
        borough=patch.borough,
        rostered=any(rota.shifts_of(name) for name in names),
        now=turns[0],
        turns=tuple(turns),
        gaps=tuple((turn.start, turn.end) for turn in turns if turn.gap),
    )


def _turn(patch: Patch, rota: Rota, start: Instant, end: Instant) -> Turn:
    contacts, gap_since = on_call(patch.contacts, start, rota)
    return Turn(start=start, end=end, people=_people(contacts), gap=gap_since is not None)


def _people(contacts: Iterable[Contact]) -> tuple[Person, ...]:
    return tuple(
        Person(contact_id=c.contact_id, label=c.label, rank=c.rank, channel=c.channel)
        for c in contacts
    )
