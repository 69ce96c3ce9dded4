"""Readings typed down a grid, sixty meters a screen; what needs a second look stays in it with its reason."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from components import form
from components.plain import plain
from components.words import _
from db.ledger.meters import Round, Standing, figure, value_typed
from db.ledger.readings import Recorded, Row, record_readings
from db.people import Actor
from db.session import writing

KEY = "readings.grid"
PAGE = 60
_ROW, _HEAD, _IN_SIGHT = 33, 34, 11
_TYPED = ("value", "rolled", "sure", "note")


@dataclass(frozen=True)
class Held:
    """What was typed for a meter and did not go in."""

    value: str
    rolled: bool
    sure: bool
    note: str
    reason: str


def show(actor: Actor, asked: Round, found: Sequence[Standing], about: str, page: int) -> None:
    """Draw a page of the grid of these meters; `about` names the list, so that what is typed stays with it."""
    state = st.session_state
    if state.get(f"{KEY}#about") != about:
        state[f"{KEY}#about"], state[f"{KEY}#held"] = about, {}
        _anew()
    # What was drawn counts: a value that a colleague enters meanwhile must not look like one that was seen here.
    rows: list[Standing] = state[f"{KEY}#seen"].setdefault(page, list(found[page * PAGE : (page + 1) * PAGE]))
    before = _frame(rows, state[f"{KEY}#held"])
    with st.form(f"{KEY}#form", enter_to_submit=False, border=False):
        edited = _editor(before, f"{KEY}.rows.{about}.{page}.{state[f'{KEY}#round']}")
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.form_submit_button(
                _("保存示数"), type="primary", key=f"{KEY}.save", icon=":material/save:", shortcut="Ctrl+Enter"
            )
            st.caption(_("点“本期示数”一格直接输入，回车到下一户；全部填完再保存，也可以随时保存。"))
    _say_held(rows, state[f"{KEY}#held"])
    if pressed:
        _save(actor, asked, rows, before, edited)


def forget() -> None:
    """Let the grid be drawn anew: something else than it changed a reading."""
    st.session_state[f"{KEY}#about"] = ""


def _anew() -> None:
    """Draw the grid from what stands now."""
    st.session_state[f"{KEY}#round"] = secrets.token_hex(4)
    st.session_state[f"{KEY}#token"] = secrets.token_urlsafe(24)
    st.session_state[f"{KEY}#seen"] = {}


def choose_page(total: int) -> int:
    """Ask which sixty are shown, where there are more."""
    pages = -(-total // PAGE)
    if pages < 2:
        return 0
    names = [_("第 {first}–{last} 块", first=n * PAGE + 1, last=min(total, (n + 1) * PAGE)) for n in range(pages)]
    chosen = st.segmented_control(
        _("第几页"), range(pages), format_func=names.__getitem__, key=f"{KEY}.page", default=0, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return min(chosen or 0, pages - 1)


def _frame(rows: Sequence[Standing], held: Mapping[int, Held]) -> pd.DataFrame:
    return pd.DataFrame([_line(each, held.get(each.meter_id)) for each in rows], dtype=object)


def _line(each: Standing, kept: Held | None) -> dict[str, Any]:
    now = each.current
    return {
        "unit": each.unit, "number": each.number, "times": each.multiplier, "previous": figure(each.previous),
        "last": figure(each.last) if each.last is not None else "",
        "mean": figure(each.mean) if each.mean is not None else "",
        "value": kept.value if kept else figure(now.value) if now else "",
        "rolled": kept.rolled if kept else bool(now and now.rolled_over),
        "used": figure(now.quantity) if now and not kept else "",
        "sure": bool(kept and kept.sure),
        "hint": kept.reason if kept else hint(each),
        "note": kept.note if kept else now.note if now else "",
    }  # fmt: skip


def hint(each: Standing) -> str:
    """Say what is to be known about a meter in this month."""
    said = [_("账单已出")] if each.billed else []
    if each.current is not None and each.current.kind == "estimated":
        said.append(_("估抄"))
    if each.part:
        said.append(_("换表，旧表另有 {used}", used=figure(each.part)))
    if each.warning is not None:
        said.append(str(each.warning))
    return _("；").join(said)


def _say_held(rows: Sequence[Standing], held: Mapping[int, Held]) -> None:
    """Say in full why rows stayed out; a column is too narrow for some sentences."""
    for each in rows:
        if each.meter_id in held:
            st.markdown(f":orange[:material/warning:] **{plain(each.shown)}** {plain(held[each.meter_id].reason)}")


def _editor(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    config = st.column_config
    looks: dict[str, Any] = {
        "unit": config.TextColumn(_("房屋"), width=78, pinned=True),
        "number": config.TextColumn(_("表号"), width=102),
        "times": config.NumberColumn(_("倍率"), width=46) if (frame["times"] != 1).any() else None,
        "previous": config.TextColumn(_("上期示数"), width=84, alignment="right"),
        "last": config.TextColumn(_("上期用量"), width=78, alignment="right"),
        "mean": config.TextColumn(_("六期平均"), width=78, alignment="right", help=_("近六期用量的平均")),
        "value": config.TextColumn(_("本期示数"), width=108, alignment="right", help=_("表上现在的数，最多两位小数")),
        "rolled": config.CheckboxColumn(_("过零"), width=72, help=_("表走满归零，本期示数反而小于上期")),
        "used": config.TextColumn(_("本期用量"), width=78, alignment="right"),
        "sure": config.CheckboxColumn(_("核对"), width=72, help=_("用量异常，核对过确实如此的，打勾再保存")),
        "hint": config.TextColumn(_("提示"), width=250),
        "note": config.TextColumn(_("备注"), width=120, max_chars=200),
    }
    edited: pd.DataFrame = st.data_editor(
        frame, key=key, hide_index=True, row_height=_ROW, height=min(len(frame), _IN_SIGHT) * _ROW + _HEAD,
        column_config=looks, disabled=[name for name in frame.columns if name not in _TYPED], placeholder="",
        alt=_("抄表清单"),
    )  # fmt: skip
    return edited


def rows_typed(
    rows: Sequence[Standing], before: pd.DataFrame, edited: pd.DataFrame
) -> tuple[list[Row], dict[int, Held]]:  # fmt: skip
    """Read what was typed: rows to enter, and what is no number. What stands as it was drawn is left alone.

    A meter that was held back is tried again whenever it is saved; a reading that is there is corrected.
    """
    typed: list[Row] = []
    unread: dict[int, Held] = {}
    for line, each in enumerate(rows):
        was, now = before.iloc[line], edited.iloc[line]
        text, rolled, sure, note = (_told(now[name]) for name in _TYPED)
        current = each.current
        if not text or (current is not None and (text, bool(rolled)) == (figure(current.value), current.rolled_over)):
            continue
        value = value_typed(text)
        if value is None:
            reason = _("“{typed}”不是数字，请填例如 135.00。", typed=text)
            unread[each.meter_id] = Held(str(text), bool(rolled), bool(sure), str(note), reason)
            continue
        changed = _told(was["note"]) != note
        typed.append(Row(
            each.meter_id, value, rolled_over=bool(rolled), confirmed=bool(sure),
            corrects=current.id if current else None, note=str(note) if changed or current is None else "",
        ))  # fmt: skip
    return typed, unread


def _told(cell: Any) -> Any:
    return "" if cell is None or cell != cell else cell  # noqa: PLR0124 - a cell left empty


def _save(
    actor: Actor, asked: Round, rows: Sequence[Standing], before: pd.DataFrame, edited: pd.DataFrame
) -> None:  # fmt: skip
    typed, unread = rows_typed(rows, before, edited)
    if not typed and not unread:
        form.tell(_("没有新的示数。"))
        st.rerun()
    done = Recorded()
    if typed:
        with writing(actor) as session:
            done = record_readings(
                session, asked.month, typed, st.session_state[f"{KEY}#token"], keep_good=True
            )  # fmt: skip
    shown = {each.meter_id: each for each in typed}
    here = {each.meter_id for each in rows}
    held = {key: each for key, each in st.session_state[f"{KEY}#held"].items() if key not in here} | unread
    for each in done.held_back:
        row = shown[each.meter_id]
        held[each.meter_id] = Held(
            figure(row.value) if row.value == row.value.quantize(Decimal("0.01")) else str(row.value),
            row.rolled_over, row.confirmed, row.note, each.problem or each.warning,
        )  # fmt: skip
    st.session_state[f"{KEY}#held"] = held
    _anew()
    form.tell(said(done, sum(key in here for key in held)))
    st.rerun()


def said(done: Recorded, held: int) -> str:
    """Say what one press did."""
    parts = []
    if done.recorded:
        parts.append(_("已保存 {n} 个示数", n=done.recorded))
    if done.corrected:
        parts.append(_("更正 {n} 个", n=done.corrected))
    if held:
        parts.append(_("{n} 行需要核对，原因写在“提示”一列", n=held))
    return _("，").join(parts) or _("没有新的示数。")


