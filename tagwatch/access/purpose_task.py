"""What a stated purpose is for: one wearer, in one session, for a while and a number of views."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update

from tagwatch.access.purpose import REMEMBERED_FOR, VIEWS_MOST, Purpose
from tagwatch.core.ids import WearerId
from tagwatch.core.units import Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import task

MOST: Final = 50
"""Tasks that one session has at a time; the one that ends first makes room."""
_ROW: Final = task.c


class PurposeTask(msgspec.Struct, frozen=True, kw_only=True):
    """Why one session looks at one wearer."""

    wearer_id: WearerId
    about: str
    """The alert, case or request it is about; else the wearer, as `wearer:ID`."""
    purpose: Purpose
    words: str
    until: Instant
    views_left: int

    @property
    def said(self) -> str:
        """What the audit has beside the purpose."""
        return f"[{self.about}] {self.words}".strip()


def begin(
    accounts: Accounts,
    session_hash: bytes,
    wearer_id: WearerId,
    purpose: Purpose,
    at: Instant,
    about: str = "",
    words: str = "",
) -> PurposeTask:
    """Remember why this session looks at a wearer, in the place of what it said of him before."""
    made = PurposeTask(
        wearer_id=wearer_id,
        about=about or f"wearer:{wearer_id}",
        purpose=purpose,
        words=words,
        until=Instant(at + REMEMBERED_FOR),
        views_left=VIEWS_MOST,
    )
    mine = _ROW.session_hash == session_hash
    with accounts.change() as connection:
        connection.execute(delete(task).where((_ROW.until <= at) | mine & _is(wearer_id)))
        newest = select(_ROW.wearer_id).where(mine).order_by(_ROW.until.desc()).limit(MOST - 1)
        connection.execute(delete(task).where(mine, _ROW.wearer_id.not_in(newest)))
        values = {name: getattr(made, name) for name in made.__struct_fields__}
        connection.execute(insert(task).values(session_hash=session_hash, **values))
    return made


def viewed(
    accounts: Accounts, session_hash: bytes, wearer_id: WearerId, at: Instant
) -> PurposeTask | None:
    """Return why this session looks at a wearer and count a view; None if it has not said so, or
    said it too long ago, or looked too often since."""
    row = (_ROW.session_hash == session_hash) & _is(wearer_id)
    with accounts.change() as connection:
        counted = connection.execute(
            update(task)
            .where(row, _ROW.until > at, _ROW.views_left > 0)
            .values(views_left=_ROW.views_left - 1)
        )
        if not counted.rowcount:
            return None
        return _made(connection.execute(select(task).where(row)).one())


def standing_task(
    accounts: Accounts, session_hash: bytes, wearer_id: WearerId, at: Instant
) -> PurposeTask | None:
    """Return why this session has said that it looks at a wearer, without counting a view; None if
    it has not, or may not look on."""
    row = (_ROW.session_hash == session_hash) & _is(wearer_id)
    query = select(task).where(row, _ROW.until > at, _ROW.views_left > 0)
    with accounts.change() as connection:
        found = connection.execute(query).one_or_none()
    return None if found is None else _made(found)


def stands(accounts: Accounts, session_hash: bytes, wearer_id: WearerId, at: Instant) -> bool:
    """Say whether this session has said why it looks at a wearer, and may look on."""
    return standing_task(accounts, session_hash, wearer_id, at) is not None


def _made(row: Any) -> PurposeTask:
    return PurposeTask(
        wearer_id=WearerId(row.wearer_id),
        about=row.about,
        purpose=Purpose(row.purpose),
        words=row.words,
        until=Instant(row.until),
        views_left=row.views_left,
    )


def _is(wearer_id: WearerId) -> ColumnElement[bool]:
    return _ROW.wearer_id == wearer_id
