"""How things are stored: the declarative base, column types, choices with words and colours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Enum, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from db.words import Words

NAME_LENGTH = 60
LINE_LENGTH = 200
PROSE_LENGTH = 4000
CODE_LENGTH = 40


class Choice(StrEnum):
    """One of a short list: the value stored, the words shown, the colour that goes with them.

    Declare members as `WAITING = "waiting", _("待受理"), "orange"`; the colour is a Streamlit badge colour.
    """

    label: Words
    colour: str

    def __new__(cls, value: str, label: Words | None = None, colour: str = "gray") -> Self:
        """Keep label and colour beside the stored value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or Words(value)
        member.colour = colour
        return member


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused as a programming mistake."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; SQLite's text columns get it without the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive moment {value!r}"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware moment."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Read SQLite's text in one step: a list has a thousand moments."""
        return _moment_in if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _moment_in(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class Hundredths(TypeDecorator[Decimal]):
    """A decimal with at most two places, stored as a whole number of hundredths; more places are refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn yuan into fen (or m² into hundredths) exactly."""
        if value is None:
            return None
        scaled = Decimal(value) * 100
        if scaled != scaled.to_integral_value():
            message = f"{value} has more than two decimal places"
            raise ValueError(message)
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Turn hundredths back into a decimal with two places."""
        return None if value is None else Decimal(value).scaleb(-2)


class Money(Hundredths):
    """An amount in yuan (元); stored in fen."""

    cache_ok = True


class SquareMetres(Hundredths):
    """An area in m²; stored in hundredths."""

    cache_ok = True


class PhoneNumber(TypeDecorator[str]):
    """Digits of a telephone number, with `-` before an extension."""

    impl = String(24)
    cache_ok = True


class ProseText(TypeDecorator[str]):
    """Several lines of free text, at most `PROSE_LENGTH` characters."""

    impl = String(PROSE_LENGTH)
    cache_ok = True


Name = Annotated[str, "name"]
Line = Annotated[str, "line"]
Prose = Annotated[str, "prose"]
Phone = Annotated[str, "phone"]
Yuan = Annotated[Decimal, "yuan"]
Area = Annotated[Decimal, "area"]
Code = Annotated[str, "code"]


def byte_ordered(length: int) -> String:
    """Text compared byte by byte on both engines, so that an index answers `>= prefix AND < next`.

    PostgreSQL would otherwise compare by the server's language, where such a range means something else.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _values(choices: type[Choice]) -> list[str]:
    return [member.value for member in choices]


class Base(DeclarativeBase):
    """Parent of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        Name: String(NAME_LENGTH),
        Line: String(LINE_LENGTH),
        Prose: ProseText(),
        Phone: PhoneNumber(),
        Yuan: Money(),
        Area: SquareMetres(),
        Code: String(CODE_LENGTH),
        datetime: UtcDateTime(),
        Choice: Enum(Choice, native_enum=False, length=CODE_LENGTH, values_callable=_values),
    }


__all__ = [
    "Area", "Base", "Choice", "Code", "Date", "Hundredths", "Line", "Money", "Name", "Phone", "PhoneNumber", "Prose",
    "ProseText", "SquareMetres", "UtcDateTime", "Yuan", "byte_ordered",
]  # fmt: skip

Values = dict[str, Any]
