"""The base of the stored classes, and the column types that many of them share."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column

_TEN_THOUSANDTHS: Final = 10_000


class UtcDateTime(TypeDecorator[datetime]):
    """A moment; aware in Python, UTC in the database, which may not know of time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's name
        """The moment in UTC; a naive one is a defect."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's name
        """The moment, aware."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class FrameNumber(TypeDecorator[Decimal]):
    """A frame or a step with up to four digits after the point, stored exactly as ten-thousandths.

    SQLite knows no decimals; as whole numbers they compare and sort alike in every database.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's name
        """`value` in ten-thousandths; more than four digits after the point are a defect."""
        if value is None:
            return None
        scaled = value * _TEN_THOUSANDTHS
        if scaled != int(scaled):
            raise ValueError(f"{value} has more than four digits after the point")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  SQLAlchemy's name
        """The number; whole ones come without digits after the point."""
        if value is None:
            return None
        whole, rest = divmod(value, _TEN_THOUSANDTHS)
        return Decimal(value).scaleb(-4).normalize() if rest else Decimal(whole)


class Base(DeclarativeBase):
    """Every stored class."""

    REPR: ClassVar[tuple[str, ...]] = ("id",)
    """What `repr` tells, as far as it is loaded: telling never reads the database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's name and type
        datetime: UtcDateTime(),
        Decimal: FrameNumber(),
        dict[str, Any]: JSON(),
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=False,
            length=16,
            values_callable=lambda states: [state.value for state in states],
        ),
    }

    def __repr__(self) -> str:
        known = self.__dict__
        told = ", ".join(f"{name}={known[name]!r}" for name in self.REPR if name in known)
        return f"{type(self).__name__}({told})"


Key = Annotated[int, mapped_column(primary_key=True)]
Name = Annotated[str, mapped_column(String(255))]
LongText = Annotated[str, mapped_column(Text)]
Megabytes = Annotated[int, mapped_column()]
Token = Annotated[str, mapped_column(String(40))]


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)
