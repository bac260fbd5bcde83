"""The police response page: what an officer in the street needs of one alert, nobody else in it.

No protected person's name is in what is returned, whoever asks: the free words of plan, order,
description and label pass `without_persons`.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.role import Verb
from tagwatch.core.alert import Alert, AlertEvent
from tagwatch.core.heading import Heading, heading
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Duty, Wearer
from tagwatch.core.plane import LonLat
from tagwatch.core.power import POWERS, Power
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.units import DAY, MINUTE, SECOND, Instant
from tagwatch.core.withheld import without_persons
from tagwatch.query.alert import ConditionSeen, Happening, condition_of, episode_of, log_of
from tagwatch.query.photo import PhotoSeen, photo_of
from tagwatch.query.reader import Reader
from tagwatch.query.told import told_of
from tagwatch.query.trail import TrailFix, fixes_between
from tagwatch.query.wearer import persons_of
from tagwatch.store import schema
from tagwatch.store.plans import description

LOOKS_BACK: Final = 1 * DAY
FEW: Final = 5
"""How many fixes the drawing shows."""


class PolicePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says."""

    at: Instant
    alert: Alert
    wearer: Wearer
    last: tuple[TrailFix, ...]
    """The newest fixes with a radius of a day's, oldest first, at most FEW."""
    heading: Heading | None
    zone: dict[str, Any] | None
    """GeoJSON of the place, if this reader may see it."""
    zone_label: str
    is_zone_secret: bool
    order: Order | None
    """With the wording fit to be shown."""
    power: Power | None
    other_orders: tuple[Order, ...]
    description: str
    photo: PhotoSeen | None
    warnings: tuple[str, ...]
    contingency: tuple[str, ...]
    protected_side_rung: tuple[Instant, ...]
    """When somebody of the protected person's side answered."""
    liaison_told: tuple[Instant, ...]
    """When a message to whoever speaks with her was delivered."""
    reports: tuple[Happening, ...]


def police_page(reader: Reader, alert_id: AlertId) -> PolicePage:
    """Return the page of an alert within scope. Raises NotFound; puts either on the audit."""
    if not reader.actor.may(Verb.SEE_POLICE_PAGE):
        reader.refuse("police_page", [alert_id], "lacks the verb")
    with reader.connection() as connection:
        found, wearer = _alert(reader, connection, alert_id)
        names = [one.name for one in persons_of(connection, wearer.wearer_id)]
        fixes = _last(connection, wearer.wearer_id, reader.now())
        condition = condition_of(reader, connection, wearer, episode_of(connection, found))
        orders = _orders(connection, wearer.wearer_id, reader.now(), names)
        order = _his(condition, orders)
        plan = _plan(connection, wearer.wearer_id)
        log = log_of(connection, alert_id)
        page = PolicePage(
            at=reader.now(),
            alert=found,
            wearer=wearer,
            last=tuple(fixes[-FEW:]),
            heading=_heading(fixes),
            zone=None if condition is None else condition.shape,
            zone_label=_label(condition, names),
            is_zone_secret=condition is not None and condition.is_secret,
            order=order,
            power=None if order is None else POWERS[order.legal_basis],
            other_orders=tuple(one for one in orders if one != order),
            description=without_persons(description(connection, wearer.wearer_id), names),
            photo=photo_of(connection, wearer.wearer_id),
            warnings=_clean(() if plan is None else plan.warnings, names),
            contingency=_clean(() if plan is None else plan.contingency, names),
            protected_side_rung=tuple(one.at for one in log if _rung(one)),
            liaison_told=_liaison(connection, alert_id),
            reports=tuple(
                msgspec.structs.replace(one, words=without_persons(one.words, names))
                for one in log
                if one.kind == AlertEvent.POLICE_REPORTED
            ),
        )
    reader.consulted("police_page", [alert_id, wearer.wearer_id], f"{len(page.last)} fixes")
    return page


def _alert(reader: Reader, connection: Connection, alert_id: AlertId) -> tuple[Alert, Wearer]:
    row = schema.alert.c
    body = connection.scalar(select(row.body).where(row.alert_id == alert_id))
    found = None if body is None else msgspec.json.decode(body, type=Alert)
    if found is None or found.wearer_id is None or not reader.scope.reaches_alert(alert_id):
        reader.refuse("police_page", [alert_id], "unknown, of no wearer, or another's link")
    return found, reader.wearer(connection, found.wearer_id, "police_page")


def _last(connection: Connection, wearer_id: WearerId, now: Instant) -> list[TrailFix]:
    fixes = fixes_between(
        connection, wearer_id, Instant(now - LOOKS_BACK), Instant(now + 5 * MINUTE)
    )
    return [fix for fix in fixes if fix.decides and fix.accuracy_m_95 is not None]


def _heading(fixes: list[TrailFix]) -> Heading | None:
    if len(fixes) < 2:
        return None
    before, after = fixes[-2:]
    return heading(
        LonLat(lon_deg=before.lon_deg, lat_deg=before.lat_deg),
        before.accuracy_m_95 or 0.0,
        LonLat(lon_deg=after.lon_deg, lat_deg=after.lat_deg),
        after.accuracy_m_95 or 0.0,
        (after.fixed_at - before.fixed_at) / SECOND,
    )


def _orders(
    connection: Connection, wearer_id: WearerId, now: Instant, names: list[str]
) -> tuple[Order, ...]:
    row = schema.order.c
    bodies = connection.scalars(
        select(row.body).where(row.wearer_id == wearer_id).order_by(row.order_id).limit(20)
    )
    found = [msgspec.json.decode(body, type=Order) for body in bodies]
    return tuple(
        msgspec.structs.replace(one, wording=without_persons(one.wording, names))
        for one in found
        if one.starts_at <= now and (one.ends_at is None or now < one.ends_at)
    )


def _his(condition: ConditionSeen | None, orders: tuple[Order, ...]) -> Order | None:
    """Return the order the alert is under: the condition's; else the only one there is."""
    if condition is not None:
        wanted = condition.version.order_id
        return next((one for one in orders if one.order_id == wanted), None)
    return orders[0] if len(orders) == 1 else None


def _label(condition: ConditionSeen | None, names: list[str]) -> str:
    if condition is None or condition.is_secret:
        return ""
    return without_persons(condition.version.terms.label, names)


def _plan(connection: Connection, wearer_id: WearerId) -> RiskPlan | None:
    row = schema.risk_plan.c
    body = connection.scalar(select(row.body).where(row.wearer_id == wearer_id))
    return None if body is None else msgspec.json.decode(body, type=RiskPlan)


def appearance(reader: Reader, wearer_id: WearerId) -> str:
    """Return what a wearer within scope looks like, '' if nobody wrote it down. Raises NotFound."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "appearance")
        found = description(connection, wearer_id)
    reader.consulted("appearance", [wearer_id])
    return found


def _clean(lines: tuple[str, ...], names: list[str]) -> tuple[str, ...]:
    return tuple(without_persons(line, names) for line in lines)


def _rung(one: Happening) -> bool:
    answered = f"{Party.PROTECTED_SIDE}: {CallOutcome.ANSWERED}"
    return one.kind == AlertEvent.CALLED and one.words.startswith(answered)


def _liaison(connection: Connection, alert_id: AlertId) -> tuple[Instant, ...]:
    return tuple(
        next(one.at for one in (*told.attempts, *told.receipts) if one.result == "delivered")
        for told in told_of(connection, alert_id)
        if told.duty == Duty.LIAISON
        and any(one.result == "delivered" for one in (*told.attempts, *told.receipts))
    )
