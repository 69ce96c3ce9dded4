"""A field as something to type into: one table leads from what a field is to its widget.

Widgets keep plain values under their keys (texts, numbers, dates, stored values of choices); `value_of` turns these
into what `db` is asked to store. No widget has a default of its own: a form puts what it starts from under the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from components.words import _
from db.base import Choice
from db.checking import FURTHEST_YEARS, is_empty
from db.fields import Field
from db.options import Options
from db.typed_moments import moment_typed, shown_moment

SEARCHED = frozenset({"units", "customers"})
"""What is too many for a list: found by the picker, which cannot stand inside a form."""
_MOST_SEGMENTS, _MOST_LETTERS, _LETTERS_IN_COLUMN = 5, 20, 10
_YES, _NO = "yes", "no"


def is_searched(field: Field) -> bool:
    """Say whether a field is filled by the picker."""
    return field.kind == "reference" and field.target in SEARCHED


def is_wide(field: Field) -> bool:
    """Say whether a field takes a row of its own."""
    if field.kind == "choice":
        words = _words(field)
        return _fits_segments(words) and sum(map(len, words.values())) > _LETTERS_IN_COLUMN
    return field.kind in {"prose", "people"}


def label_of(field: Field) -> str:
    """Call a field by its label, with a star where it must be filled in."""
    return f"{field.label} *" if field.required else str(field.label)


def draw(field: Field, key: str, options: Options | None = None) -> None:
    """Draw a field's widget; what is in it stands in the session state under `key`."""
    _WIDGETS[field.kind](field, key, options or {})


def _help(field: Field) -> str | None:
    return str(field.help) if field.help else None


def _text(field: Field, key: str, _options: Options) -> None:
    st.text_input(label_of(field), key=key, placeholder=_help(field), autocomplete="off")


def _prose(field: Field, key: str, _options: Options) -> None:
    st.text_area(label_of(field), key=key, placeholder=_help(field), height="content")


def _number(field: Field, key: str, _options: Options) -> None:
    # Never a stepper: a turn of the mouse wheel would change the amount.
    st.text_input(label_of(field), key=key, placeholder=_help(field), autocomplete="off")


def _phone(field: Field, key: str, _options: Options) -> None:
    hint = _help(field) or _("手机，或带区号的座机")
    st.text_input(label_of(field), key=key, placeholder=hint, autocomplete="off")


def _moment(field: Field, key: str, _options: Options) -> None:
    example = _("明天 9:00 / 11-25 14:00") if field.ahead else _("14:20 / 昨天 9:30")
    st.text_input(label_of(field), key=key, placeholder=example, help=_help(field), autocomplete="off")


def _date(field: Field, key: str, _options: Options) -> None:
    first, last = date(FURTHEST_YEARS[0], 1, 1), date(FURTHEST_YEARS[1], 12, 31)
    st.date_input(
        label_of(field), value=None, key=key, help=_help(field), format="YYYY-MM-DD", min_value=first, max_value=last
    )


def _choice(field: Field, key: str, _options: Options) -> None:
    words = _words(field)
    if _fits_segments(words):
        st.segmented_control(label_of(field), list(words), format_func=words.__getitem__, key=key, help=_help(field))
    else:
        _select(field, key, words)


def _words(field: Field) -> dict[str, str]:
    return {each.value: str(each.label) for each in field.choices or Choice}


def _fits_segments(words: Mapping[str, str]) -> bool:
    return len(words) <= _MOST_SEGMENTS and sum(map(len, words.values())) <= _MOST_LETTERS


def _flag(field: Field, key: str, _options: Options) -> None:
    # Not a tick: a bare True in the session state looks like a pressed button, and is not kept over a time-out.
    words = {_NO: _("否"), _YES: _("是")}
    st.segmented_control(label_of(field), list(words), format_func=words.__getitem__, key=key, help=_help(field))


def _reference(field: Field, key: str, options: Options) -> None:
    if is_searched(field):
        from components import picker  # noqa: PLC0415 - the picker draws with this module's words

        picker.pick(field.target, label_of(field), key=key, help=_help(field))
        return
    _select(field, key, options)


def _select(field: Field, key: str, words: Mapping[Any, str]) -> None:
    if st.session_state.get(key) not in words:
        st.session_state[key] = None
    st.selectbox(
        label_of(field), list(words), index=None, format_func=words.__getitem__, key=key, help=_help(field),
        placeholder=_("请选择") if words else _("暂无可选"), filter_mode="contains", disabled=not words,
    )  # fmt: skip


def _people(field: Field, key: str, options: Options) -> None:
    st.session_state[key] = [each for each in st.session_state.get(key) or [] if each in options]
    st.multiselect(
        label_of(field), list(options), format_func=options.__getitem__, key=key, help=_help(field),
        placeholder=_("请选择") if options else _("暂无可选"), filter_mode="contains", select_all=False,
    )  # fmt: skip


_WIDGETS: dict[str, Callable[[Field, str, Options], None]] = {
    "text": _text,
    "prose": _prose,
    "choice": _choice,
    "date": _date,
    "moment": _moment,
    "money": _number,
    "area": _number,
    "price": _number,
    "number": _number,
    "flag": _flag,
    "phone": _phone,
    "reference": _reference,
    "people": _people,
}
KINDS = frozenset(_WIDGETS)
"""What kinds of fields can be typed into."""


# ── between widgets and db ───────────────────────────────────────────────────────────────────────────────────────────


def typed_of(field: Field, value: Any) -> Any:
    """Say what a field's widget holds when the field has `value`; also for none."""
    match field.kind:
        case "flag":
            return _YES if value else _NO
        case "people":
            return list(value or ())
        case "date" | "reference":
            return value
        case "choice":
            return None if value is None else (field.choices or Choice)(value).value
        case "moment":
            return shown_moment(value) if isinstance(value, datetime) else ""
        case _:
            return "" if value is None else _typed_text(value)


def _typed_text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def value_of(field: Field, typed: Any) -> tuple[Any, str | None]:
    """Read what a widget holds: the value for `db`, or what is wrong with it."""
    if field.kind not in {"people", "flag"} and is_empty(typed):
        return None, None
    if field.kind == "moment":
        moment = moment_typed(typed, ahead=field.ahead)
        wrong = _("看不懂这个时间，请写成 14:20 或 11-22 14:20。")
        return (moment, None) if moment else (typed, wrong)
    if field.kind == "people":
        return tuple(typed or ()), None
    if field.kind == "flag":
        return typed == _YES, None
    return typed, None
