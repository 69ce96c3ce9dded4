"""Finance's figures of a year in a grid of heads and months, and by workbook; each with its source."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pandas as pd
import streamlit as st

from components import errors, form
from components.export import when_asked
from components.plain import plain
from components.table import COLOURS
from components.words import _
from db import uploads
from db.accounts import figures, workbook
from db.accounts.figures import Figures
from db.accounts.ground import yuan_typed
from db.accounts.heads import EXPENSES, INCOMES, SHORT, Basis, Head
from db.accounts.workbook import Plan, RowVerdict, Verdict
from db.clock import local, today
from db.histories import said_moment
from db.people import Actor
from db.refused import Conflict, Refused
from db.session import reading, writing

KEY = "publications.figures"
_HEADS = (*INCOMES, *EXPENSES)
_FIRST_YEAR = 2000
_ROW = 33  # pixels


def show(actor: Actor, estate_id: int) -> None:
    """Draw the grid of a year, what is said of its source, and what was entered lately."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        year = st.selectbox(
            _("年度"), [today().year + 1, *range(today().year, today().year - 6, -1)], index=1, key=f"{KEY}.year",
            width=110,
        )  # fmt: skip
        chosen = st.segmented_control(
            _("录入"), [each.value for each in Basis], default=Basis.ACTUAL.value, key=f"{KEY}.basis", required=True,
            format_func=lambda each: str(Basis(each).label),
        )  # fmt: skip
    basis = Basis(chosen or Basis.ACTUAL)
    months = [date(year, month, 1) for month in range(1, 13)]
    with reading(actor) as session:
        known = figures.standing(session, estate_id, basis, months)
    _grid(actor, estate_id, basis, months, known)
    _by_workbook(actor, estate_id, year)
    _trail(actor, estate_id, months)


# ── the grid ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


def _grid(actor: Actor, estate_id: int, basis: Basis, months: list[date], known: Figures) -> None:
    """Draw the grid as texts: an amount is typed, and blank is not nothing."""
    round_ = st.session_state.setdefault(f"{KEY}#round", 0)
    about = f"{estate_id}.{basis}.{months[0].year}"
    seen: Figures = st.session_state.setdefault(f"{KEY}#seen.{about}.{round_}", known)
    frame = pd.DataFrame(
        {f"{month:%m}": [_text(seen.get((month, head))) for head in _HEADS] for month in months},
        index=[str(SHORT[head]) for head in _HEADS], dtype=object,
    )  # fmt: skip
    locked = [f"{month:%m}" for month in months if basis is Basis.ACTUAL and month > today()]
    with st.form(f"{KEY}#form", enter_to_submit=False, border=False):
        edited = st.data_editor(
            frame, key=f"{KEY}.grid.{about}.{round_}", row_height=_ROW, height=_ROW * (len(_HEADS) + 1) + 4,
            disabled=["_index", *locked], placeholder="", alt=_("收支数字"), column_config={
                "_index": st.column_config.TextColumn(_("科目"), width=128, pinned=True),
                **{
                    f"{month:%m}": st.column_config.TextColumn(_("{n}月", n=month.month), width=76, alignment="right")
                    for month in months
                },
            },
        )  # fmt: skip
        left, right = st.columns(2)
        title = left.text_input(
            _("数据来源（凭证号、报表编号） *"), key=f"{KEY}.title.{round_}", autocomplete="off",
            placeholder=_("例如 计划财务部月报 2026-10 或 记-2026-10-012"),
        )  # fmt: skip
        reason = right.text_input(
            _("更正原因"), key=f"{KEY}.reason.{round_}", autocomplete="off",
            placeholder=_("改动已录的数字时必填；原数保留"),
        )
        pressed = st.form_submit_button(_("保存数字"), type="primary", key=f"{KEY}.save", icon=":material/save:")
    if pressed:
        try:
            changed = _changed(months, seen, edited)
        except Refused as refused:
            errors.show_refused(refused)
            return
        _save(actor, (estate_id, basis), changed, seen, (title, reason))


def _save(actor: Actor, where: tuple[int, Basis], changed: Figures, seen: Figures, said: tuple[str, str]) -> None:
    try:
        with writing(actor) as session:
            done = figures.enter(
                session, *where, changed, said[0], reason=said[1],
                seen={place: seen[place] for place in changed if place in seen},
                token=st.session_state.setdefault(f"{KEY}#token", secrets.token_urlsafe(24)),
            )  # fmt: skip
    except Conflict as conflict:
        begin_anew()
        errors.show_refused(conflict)
        return
    except Refused as refused:
        errors.show_refused(refused)
        return
    begin_anew()
    form.tell(_("已录入 {new} 个、更正 {corrected} 个数字", new=done.new, corrected=done.corrected))
    st.rerun()


def begin_anew() -> None:
    """Draw the grid from what stands now, the next time."""
    st.session_state[f"{KEY}#round"] = st.session_state.get(f"{KEY}#round", 0) + 1
    st.session_state.pop(f"{KEY}#token", None)


def _changed(months: list[date], seen: Mapping[tuple[date, Head], Decimal], edited: pd.DataFrame) -> Figures:
    """Read what was typed where it differs from what was drawn; raises `Refused` naming each cell."""
    changed: Figures = {}
    problems: dict[str, object] = {}
    for line, head in enumerate(_HEADS):
        for month in months:
            typed = edited.iloc[line][f"{month:%m}"]
            text = "" if typed is None or typed != typed else str(typed)  # noqa: PLR0124 - a cell left empty
            if text == _text(seen.get((month, head))):
                continue
            where = str(figures.said_place((month, head)))
            amount, wrong = yuan_typed(text)
            if wrong is not None:
                problems[where] = _("{where}：{wrong}", where=where, wrong=wrong)
            elif amount is None:
                problems[where] = _("{where}已经录过，不能清空；确实为零请填 0 并写原因。", where=where)
            else:
                changed[month, head] = amount
    if problems:
        raise Refused(_("请检查 {n} 个格子。", n=len(problems)), problems)
    return changed


# ── by workbook ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_workbook(actor: Actor, estate_id: int, year: int) -> None:
    with st.expander(_("用工作簿导入"), icon=":material/upload_file:", key=f"{KEY}.import"):
        st.download_button(
            _("下载 {year} 年模板", year=year), _template(estate_id, year),
            _("收支数字-{year}.xlsx", year=year), key=f"{KEY}.template", icon=":material/download:", on_click="ignore",
            help=_("模板里带有已录的数字；改了再传回来就是更正。"),
        )  # fmt: skip
        turn = st.session_state.setdefault(f"{KEY}#turn", 0)
        uploaded = st.file_uploader(_("填好的工作簿（xlsx）"), type=["xlsx"], key=f"{KEY}.file.{turn}")
        if uploaded is None:
            return
        data = uploaded.getvalue()
        with errors.shown():
            with reading(actor) as session:
                planned = workbook.plan(session, estate_id, uploaded.name, data)
            _verdicts(planned)
            _take_in(actor, planned, data)


def _template(estate_id: int, year: int) -> Callable[[], bytes]:
    def make(actor: Actor) -> bytes:
        months = [date(year, month, 1) for month in range(1, 13)]
        with reading(actor) as session:
            filled = {basis: figures.standing(session, estate_id, basis, months) for basis in Basis}
        return workbook.template(year, filled)

    return when_asked(make)


def _verdicts(planned: Plan) -> None:
    st.markdown(" ".join(
        f":{each.colour}-badge[{each.label} {planned.count(each)}]" for each in Verdict if planned.count(each)
    ))  # fmt: skip
    if planned.before is not None:
        by, at = planned.before
        st.info(
            _("同一个文件 {by} 已在 {at} 导入过，不会再写入。", by=plain(by), at=f"{local(at):%Y-%m-%d %H:%M}"),
            icon=":material/history:",
        )  # fmt: skip
    rows = [row for row in planned.rows if row.verdict is not Verdict.UNCHANGED]
    if not rows:
        st.caption(_("全部与现有数字相同，没有需要写入的内容。"))
        return
    frame = pd.DataFrame({
        "sheet": [row.sheet for row in rows],
        "row": [row.row for row in rows],
        "label": [row.label for row in rows],
        "verdict": [[str(row.verdict.label)] for row in rows],
        "notes": ["  ".join(_said(row)) for row in rows],
    })  # fmt: skip
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, height=min(len(frame), 12) * 35 + 36, placeholder="", key=f"{KEY}.verdicts",
        alt=_("逐行结论"), column_config={
            "sheet": config.TextColumn(_("表"), width=60), "row": config.NumberColumn(_("行"), width=50),
            "label": config.TextColumn(_("科目"), width=180),
            "verdict": config.MultiselectColumn(
                _("结论"), options=[str(each.label) for each in Verdict],
                color=[COLOURS[each.colour] for each in Verdict], width=80,
            ),
            "notes": config.TextColumn(_("说明"), width="large"),
        },
    )  # fmt: skip


def _said(row: RowVerdict) -> list[str]:
    new = [_("新增 {n} 个数字", n=row.new)] if row.new and row.verdict is not Verdict.ERROR else []
    return [*new, *(str(note) for note in row.notes)]


def _take_in(actor: Actor, planned: Plan, data: bytes) -> None:
    if not planned.changes_anything:
        return
    reason = ""
    if planned.count(Verdict.CHANGES):
        reason = st.text_input(_("更正原因 *"), key=f"{KEY}.import.reason", placeholder=_("为什么改动已录的数字"))
    wrong = planned.count(Verdict.ERROR)
    if wrong:
        st.warning(_("有 {n} 行有错，改正后重新上传；现在什么都不会写入。", n=wrong), icon=":material/warning:")
    if st.button(
        _("导入"), key=f"{KEY}.import.run", type="primary", icon=":material/upload:", disabled=bool(wrong)
    ):
        token = st.session_state.setdefault(f"{KEY}#import.{planned.sha256}", secrets.token_urlsafe(24))
        file = uploads.checked(data, planned.name)
        try:
            with writing(actor) as session:
                done = workbook.take_in(session, planned, file, reason=reason, token=token)
        except Refused as refused:
            errors.show_refused(refused)
            return
        st.session_state[f"{KEY}#turn"] += 1
        begin_anew()
        form.tell(_("已录入 {new} 个、更正 {corrected} 个数字", new=done.new, corrected=done.corrected))
        st.rerun()


# ── what was entered ─────────────────────────────────────────────────────────────────────────────────────────────────


def _trail(actor: Actor, estate_id: int, months: list[date]) -> None:
    """Draw sources and corrections of the year: who entered what from where, and why it was changed."""
    with reading(actor) as session:
        sources = figures.sources(session, estate_id, months)
        corrections = figures.behind(session, estate_id, months, corrections=True)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('数据来源')}**")
        if not sources:
            st.caption(_("这一年还没有录入。"))
        for each in sources:
            small = _("{n} 个数字 · {by} {at}", n=each.rows, by=each.by, at=said_moment(each.at))
            st.markdown(f"{plain(each.title)} :gray-badge[{each.kind.label}] :gray[:small[{plain(small)}]]")
    with right:
        st.markdown(f"**{_('更正记录')}**")
        if not corrections:
            st.caption(_("没有更正过。"))
        for row in corrections:
            place = figures.said_place((row.month, row.head))
            small = _("{title} · {by} {at}", title=row.title, by=row.by, at=said_moment(row.at))
            st.markdown(
                f"{place} **{row.amount:+,.2f}** {plain(row.reason)} :gray-badge[{row.basis.label}]  \n"
                f":gray[:small[{plain(small)}]]"
            )
