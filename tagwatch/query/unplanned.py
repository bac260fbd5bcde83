"""From whom persons are protected, and nobody has written a risk management plan."""

from sqlalchemy import ColumnElement, func, literal, select

from tagwatch.core.ids import WearerId
from tagwatch.store import schema


def without_plan(ids: list[WearerId] | None = None) -> ColumnElement[bool]:
    """Return the condition on `schema.wearer`: persons are protected from him, and no plan is.

    `ids` limits the look to these wearers.
    """
    column = schema.wearer.c.wearer_id
    person = schema.protected_person
    each = func.json_each(person.c.wearers).table_valued("value")
    protecting = select(each.c.value).select_from(person.join(each, literal(1) == literal(1)))
    if ids is not None:
        protecting = protecting.where(each.c.value.in_(ids))
    planned = select(schema.risk_plan.c.wearer_id)
    return column.in_(protecting) & column.not_in(planned)
