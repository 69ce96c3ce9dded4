"""What was typed, made storable, or a sentence saying what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from db.base import Choice
from db.fields import Field
from db.ledger.pricing import PRICE_SCALE, shown_price
from db.words import Words, _

FURTHEST_YEARS = (1900, 2100)
MOST = Decimal(100_000_000)
"""Of any number, area or amount in yuan."""


def clean_text(value: object) -> str:
    """Make typed text storable: no control characters, one kind of line end, no blanks around it."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Cn", "Co"})
    return unicodedata.normalize("NFC", kept).strip()


def decimal_typed(value: object) -> Decimal | None:
    """Read a number as people type it, `¥12,800.50元`; `None` for what is none."""
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
                return text, _("最多 {most} 个字，现在是 {now} 个字，请删减。", most=field.length, now=len(text))
            if field.kind == "phone" and text:
                return phone_digits(text)
            return text, None
        case "choice":
            try:
                return (field.choices or Choice)(value), None
            except ValueError:
                return value, _("请从列表中选择。")
        case "money" | "area" | "number":
            number = decimal_typed(value)
            if number is None:
                return value, _("请填写数字，例如 128.50。") if field.kind != "number" else _("请填写整数。")
            if not 0 <= number <= MOST:
                return value, _("请填写 0 到 100000000 之间的数。")
            if number != (whole := number.quantize(Decimal("0.01") if field.kind != "number" else Decimal(1))):
                return value, _("最多两位小数。") if field.kind != "number" else _("请填写整数。")
            return int(whole) if field.kind == "number" else whole, None
        case "price":
            number = decimal_typed(value)
            if number is None or not 0 <= number <= MOST:
                return value, _("请填写不小于 0 的单价，例如 2.80 或 0.5469。")
            if (scaled := number * PRICE_SCALE) != scaled.to_integral_value():
                return value, _("单价最多四位小数。")
            return shown_price(int(scaled)), None
        case "date" | "moment":
            wanted = datetime if field.kind == "moment" else date
            if not isinstance(value, wanted) or (field.kind == "date" and isinstance(value, datetime)):
                return value, _("请填写日期，例如 2026-11-23。")
            if not FURTHEST_YEARS[0] <= value.year <= FURTHEST_YEARS[1]:
                return value, _("日期超出范围，请检查年份。")
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
        return typed, _("电话只能是数字，例如 13800000000 或 0316-2912915。")
    if not SHORTEST_PHONE <= len(digits) <= LONGEST_PHONE or (digits[0] == "1" and len(digits) > MOBILE_LENGTH):
        return typed, _("电话是 {n} 位，手机应为 11 位，座机请带区号。", n=len(digits))
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
