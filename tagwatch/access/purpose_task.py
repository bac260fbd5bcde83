"""What a stated purpose is for: one wearer, in one session, for a while and a number of views."""

from typing import Final

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
        found = connection.execute(select(task).where(row)).one()
    return PurposeTask(
        wearer_id=wearer_id,
        about=found.about,
        purpose=Purpose(found.purpose),
        words=found.words,
        until=Instant(found.until),
        views_left=found.views_left,
    )


def stands(accounts: Accounts, session_hash: bytes, wearer_id: WearerId, at: Instant) -> bool:
    """Say whether this session has said why it looks at a wearer, and may look on."""
    row = (_ROW.session_hash == session_hash) & _is(wearer_id)
    query = select(_ROW.views_left).where(row, _ROW.until > at, _ROW.views_left > 0)
    with accounts.change() as connection:
        return connection.scalar(query) is not None


def _is(wearer_id: WearerId) -> ColumnElement[bool]:
    return _ROW.wearer_id == wearer_id
