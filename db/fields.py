"""What a column is called and asked like: one list of fields serves form, list, detail, filter, export and checks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, cast

from sqlalchemy import Boolean, Column, Date, Enum, Integer, String, inspect
from sqlalchemy.orm import Mapper

from db.base import PROSE_LENGTH, Choice, Money, PhoneNumber, ProseText, SquareMetres, UtcDateTime
from db.words import Words, _

FURTHEST_YEARS = (1900, 2100)


@dataclass(frozen=True)
class Field:
    """One thing that is asked, shown, filtered or exported."""

    name: str
    label: Words
    kind: str
    """text · prose · choice · date · moment · money · area · number · flag · phone · reference · people"""
    help: Words | None = None
    required: bool = True
    length: int = 0
    """Longest text allowed, in characters; 0 where it does not apply."""
    choices: type[Choice] | None = None
    default: Any = None
    in_list: bool = False
    in_filter: bool = False
    personal: bool = False
    """About a person: masked in lists and exports."""
    target: str = ""
    """The table a reference points at: units, customers, users …"""


def ui(
    label: Words,
    *,
    help: Words | None = None,  # noqa: A002 - the word Streamlit and Field use
    in_list: bool = False,
    in_filter: bool = False,
    personal: bool = False,
) -> dict[str, Any]:
    """Say on a column what people call it and where it shows: `mapped_column(info=ui(_("面积")))`."""
    return {"ui": {"label": label, "help": help, "in_list": in_list, "in_filter": in_filter, "personal": personal}}


@dataclass(frozen=True)
class Asked:
    """A field as one form asks it: perhaps optional, perhaps under another label."""

    name: str
    required: bool = True
    label: Words | None = None


def optional(name: str, label: Words | None = None) -> Asked:
    """Ask for a field that may stay empty."""
    return Asked(name, required=False, label=label)


def asked(name: str, label: Words) -> Asked:
    """Ask for a field under the process's own word for it."""
    return Asked(name, label=label)


Asks = tuple["str | Asked | Field", ...]

NOTE = Field("note", _("备注"), "prose", required=False, length=PROSE_LENGTH)
"""What an event carries besides its values: every form takes it, some require it by asking for `note`."""

_KINDS: tuple[tuple[type, str], ...] = (
    (Money, "money"),
    (SquareMetres, "area"),
    (PhoneNumber, "phone"),
    (ProseText, "prose"),
    (UtcDateTime, "moment"),
    (Enum, "choice"),
    (Date, "date"),
    (Boolean, "flag"),
    (Integer, "number"),
    (String, "text"),
)


def _field_of(name: str, column: Column[Any]) -> Field:
    said = column.info["ui"]
    target = next((key.column.table.name for key in column.foreign_keys), "")
    kind = "reference" if target else next(word for kind, word in _KINDS if isinstance(column.type, kind))
    default = column.default.arg if column.default is not None and column.default.is_scalar else None  # type: ignore[attr-defined]
    return Field(
        name=name,
        label=said["label"],
        kind=kind,
        help=said["help"],
        required=not column.nullable and kind != "flag" and default != "",
        length=getattr(column.type, "length", 0) or getattr(getattr(column.type, "impl", None), "length", 0) or 0,
        choices=cast("type[Choice] | None", column.type.enum_class) if isinstance(column.type, Enum) else None,
        default=default,
        in_list=said["in_list"],
        in_filter=said["in_filter"],
        personal=said["personal"],
        target=target,
    )


@cache
def fields_of(model: type) -> dict[str, Field]:
    """List a table's speaking columns by attribute name, those of a joined parent first."""
    found: dict[str, Field] = {}
    for attribute in cast("Mapper[Any]", inspect(model)).column_attrs:
        column = attribute.columns[0]
        if isinstance(column, Column) and "ui" in column.info:
            found[attribute.key] = _field_of(attribute.key, column)
    return found


@cache
def asked_fields(model: type, asks: Asks) -> tuple[Field, ...]:
    """Resolve what a form asks against the model's columns; a whole `Field` in `asks` stands for itself.

    Asked means required, unless it says `optional(…)`; a remark may always be added. Raises `KeyError` for a name that the model does not have.
    """
    known = {**fields_of(model), NOTE.name: NOTE}
    resolved = []
    for ask in asks:
        if isinstance(ask, Field):
            resolved.append(ask)
            continue
        wish = Asked(ask) if isinstance(ask, str) else ask
        field = known[wish.name]
        required = wish.required and field.kind != "flag"
        resolved.append(replace(field, required=required, label=wish.label or field.label))
    if all(field.name != NOTE.name for field in resolved):
        resolved.append(NOTE)
    return tuple(resolved)


def clean_text(value: object) -> str:
    """Make typed text storable: no control characters, one kind of line end, no blanks around it."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Cn", "Co"})
    return unicodedata.normalize("NFC", kept).strip()


def _decimal(value: object) -> Decimal | None:
    typed = unicodedata.normalize("NFKC", str(value)).replace(",", "").replace("¥", "").removesuffix("元").strip()
    try:
        number = Decimal(typed)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _cleaned(field: Field, value: Any) -> tuple[Any, Words | None]:  # noqa: C901, PLR0911, PLR0912 - one branch a kind
    match field.kind:
        case "text" | "prose" | "phone":
            text = clean_text(value)
            if field.kind != "prose":
                text = " ".join(text.split())
            if field.length and len(text) > field.length:
                return text, _("最多 {most} 个字,现在是 {now} 个字,请删减。", most=field.length, now=len(text))
            if field.kind == "phone" and text:
                return phone_digits(text)
            return text, None
        case "choice":
            try:
                return (field.choices or Choice)(value), None
            except ValueError:
                return value, _("请从列表中选择。")
        case "money" | "area" | "number":
            number = _decimal(value)
            if number is None:
                return value, _("请填写数字,例如 128.50。") if field.kind != "number" else _("请填写整数。")
            if number != (whole := number.quantize(Decimal("0.01") if field.kind != "number" else Decimal(1))):
                return value, _("最多两位小数。") if field.kind != "number" else _("请填写整数。")
            if not 0 <= number <= Decimal(100_000_000):
                return value, _("请填写 0 到 100000000 之间的数。")
            return int(whole) if field.kind == "number" else whole, None
        case "date" | "moment":
            wanted = datetime if field.kind == "moment" else date
            if not isinstance(value, wanted) or (field.kind == "date" and isinstance(value, datetime)):
                return value, _("请填写日期,例如 2026-11-23。")
            if not FURTHEST_YEARS[0] <= value.year <= FURTHEST_YEARS[1]:
                return value, _("日期超出范围,请检查年份。")
            return value, None
        case "flag":
            return bool(value), None
        case "people":
            return tuple(int(each) for each in value), None
        case _:
            return (value, None) if isinstance(value, int) else (value, _("请从查找结果中选择。"))


SHORTEST_PHONE, LONGEST_PHONE, MOBILE_LENGTH = 3, 12, 11


def phone_digits(typed: str) -> tuple[str, Words | None]:
    """Reduce a phone number to digits (and `-` before an extension), or say what is wrong with it.

    Mobiles have 11 digits, landlines 7 to 12 with area code, short numbers (110, 12345) 3 to 5.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    main, _dash, extension = text.partition("转")
    digits = "".join(c for c in main if c not in " -—()+. ")
    if digits.startswith("86") and len(digits) > MOBILE_LENGTH:
        digits = digits[2:]
    if not digits.isascii() or not digits.isdigit():
        return typed, _("电话只能是数字,例如 13800000000 或 0316-2912915。")
    if not SHORTEST_PHONE <= len(digits) <= LONGEST_PHONE or (digits[0] == "1" and len(digits) > MOBILE_LENGTH):
        return typed, _("电话是 {n} 位,手机应为 11 位,座机请带区号。", n=len(digits))
    extension = "".join(c for c in extension if c.isdigit())
    return (f"{digits}-{extension}" if extension else digits), None


def is_empty(value: object) -> bool:
    """Say whether nothing was filled in."""
    if isinstance(value, str):
        return not clean_text(value)
    return value is None or (isinstance(value, list | tuple) and not value)


def cleaned(fields: Iterable[Field], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Words]]:
    """Check what was typed: returns the storable values and, by field name, what is wrong.

    A field that was left out of `values` counts as left empty; an empty optional one becomes `None`, or `""` where
    the column has no NULL.
    """
    good: dict[str, Any] = {}
    problems: dict[str, Words] = {}
    for field in fields:
        value = values.get(field.name, field.default)
        if is_empty(value):
            if field.required:
                problems[field.name] = _("请填写{label}。", label=field.label)
            good[field.name] = False if field.kind == "flag" else ("" if field.default == "" else None)
            continue
        good[field.name], problem = _cleaned(field, value)
        if problem:
            problems[field.name] = problem
    return good, problems


def errors_in(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Words]:
    """Say what is wrong with `values`, by field name; nothing wrong is an empty dict."""
    return cleaned(fields, values)[1]
