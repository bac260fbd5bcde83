"""What all tables of the projections are made with."""

from typing import Final

from sqlalchemy import BigInteger, Column, MetaData

metadata: Final = MetaData()


def instant(name: str, **options: object) -> Column[int]:
    """Return a column of microseconds UTC."""
    return Column(name, BigInteger, **options)  # type: ignore[arg-type]  # Column's options are untyped
