"""A paper's data, fitted to its shape: amounts and days as they are printed, nothing missing, nothing unknown."""

from __future__ import annotations

import re
import types
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def fitted(data: Mapping[str, Any], shape: type, where: str = "") -> dict[str, Any]:
    """Fit data to a shape of `components.papers.shapes`: what may be left out is there as `None`, as typst wants it.

    Raises `ValueError` naming the place of what is missing, unknown or no amount, day or list.
    """
    hints, optional = _hints(shape)
    if unknown := sorted(set(data) - set(hints)):
        raise ValueError(f"{where or shape.__name__}: unknown {unknown}")
    result: dict[str, Any] = {}
    for name, hint in hints.items():
        value = data.get(name)
        if value is None and name not in optional:
            raise ValueError(f"{where or shape.__name__}: {name} is missing")
        result[name] = None if value is None else _fit(value, hint, f"{where}.{name}".removeprefix("."))
    return result


@cache
def _hints(shape: type) -> tuple[dict[str, Any], frozenset[str]]:
    hints = get_type_hints(shape, include_extras=True)
    optional = frozenset(name for name, hint in hints.items() if get_origin(hint) is NotRequired)
    return {name: get_args(hint)[0] if name in optional else hint for name, hint in hints.items()}, optional


def _fit(value: Any, hint: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _fit(value, next(each for each in get_args(hint) if each is not type(None)), where)
    if origin is Annotated:
        return _CONVERTED[get_args(hint)[1]](value, where)
    if origin is list:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{where}: a list is wanted, not {value!r}")
        return [_fit(each, get_args(hint)[0], f"{where}[{place}]") for place, each in enumerate(value)]
    if is_typeddict(hint):
        return fitted(value, hint, where)
    if origin is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{where}: {value!r} is none of {get_args(hint)}")
    elif isinstance(value, bool) is not (hint is bool) or not isinstance(value, hint | int if hint is float else hint):
        raise ValueError(f"{where}: {hint.__name__} is wanted, not {value!r}")
    return value


def said_amount(amount: Decimal) -> str:
    """Write an amount as papers do: 1,680.32; two decimals at least, never rounded."""
    decimals = max(2, -int(amount.as_tuple().exponent))
    return f"{amount + 0:,.{decimals}f}"  # adding 0 takes the sign of a zero away


def worth(text: str) -> Decimal:
    """Read an amount on a paper back."""
    return Decimal(text.replace(",", ""))


def _amount(value: object, where: str) -> str:
    try:
        amount = worth(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or isinstance(value, bool | float):
        raise ValueError(f"{where}: {value!r} is no exact amount")
    return said_amount(amount)


def _day(value: object, where: str) -> str:
    text = value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else str(value)
    if not _DAY.fullmatch(text):
        raise ValueError(f"{where}: {value!r} is no day")
    return text


def _text(value: object, _where: str) -> str:
    """Keep what can be seen: an end of line stays one, marks without a look (of control, of direction) go."""
    lines = str(value).replace("\t", " ").splitlines()
    return "\n".join("".join(c for c in line if unicodedata.category(c) not in {"Cc", "Cf"}) for line in lines)


def _cell(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return _amount(value, where)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return _text(value, where)


_CONVERTED = {"amount": _amount, "day": _day, "text": _text, "cell": _cell}


def texts_in(fitted_data: Any) -> Iterator[str]:
    """List all texts, however deep."""
    if isinstance(fitted_data, str):
        yield fitted_data
    elif isinstance(fitted_data, Mapping):
        for value in fitted_data.values():
            yield from texts_in(value)
    elif isinstance(fitted_data, list):
        for value in fitted_data:
            yield from texts_in(value)
