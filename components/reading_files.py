"""Readings by workbook: the list to take along, back with a verdict on every row, the bad ones to put right."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from components import errors, form
from components.export import when_asked
from components.table import COLOURS
from components.words import _
from db.ledger import reading_sheets
from db.ledger.meters import Round
from db.ledger.reading_sheets import SheetRow, Standing
from db.people import Actor
from db.session import reading, writing

KEY = "readings.file"
_MOST_SHOWN = 500
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(actor: Actor, asked: Round, name: str) -> None:
    """Draw the list to download for this round, and the way back in; `name` is the building's and the item's."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(_("**一、下载清单**，在“本期示数”一列填数"))
        st.download_button(
            _("下载 {name} 抄表清单", name=name), _template(asked),
            _("抄表-{name}-{month}.xlsx", name=name, month=f"{asked.month:%Y-%m}"), mime=_EXCEL,
            key=f"{KEY}.template", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.caption(_("可以打印出来抄，也可以在表里填好传回来。自己的表格也行，要有“表号”和“本期示数”两列。"))
    with right:
        st.markdown(_("**二、传回填好的工作簿**，好的行进系统，有问题的行可下载改正"))
        turn = st.session_state.setdefault(f"{KEY}#turn", 0)
        uploaded = st.file_uploader(
            _("填好的工作簿"), type=["xlsx", "xls", "csv"], key=f"{KEY}.upload.{turn}", label_visibility="collapsed"
        )
    if uploaded is not None:
        with errors.shown():
            with reading(actor) as session:
                found = reading_sheets.judged_sheet(session, uploaded.name, uploaded.getvalue(), asked.month)
            _verdicts(found)
            _take_in(actor, asked, uploaded.name, uploaded.getvalue(), found)


def _template(asked: Round) -> Callable[[], bytes]:
    def make(actor: Actor) -> bytes:
        with reading(actor) as session:
            return reading_sheets.template(session, asked)

    return when_asked(make)


def _verdicts(found: Sequence[SheetRow]) -> None:
    counts = Counter(each.standing for each in found)
    st.markdown(" ".join(f":{each.colour}-badge[{each.label} {counts[each]}]" for each in Standing if counts[each]))
    order = [Standing.BAD, Standing.ODD, Standing.NEW, Standing.UNCHANGED]
    rows = sorted((each for each in found if each.standing in order), key=lambda each: order.index(each.standing))
    if not rows:
        return
    config = st.column_config
    frame = pd.DataFrame([
        {
            "line": each.line, "meter": each.shown, "standing": [str(each.standing.label)],
            "value": f"{each.row.value:f}" if each.row else "", "reason": each.reason,
        }
        for each in rows[:_MOST_SHOWN]
    ])  # fmt: skip
    looks = {
        "line": config.NumberColumn(_("行"), width=60), "meter": config.TextColumn(_("表计"), width=220),
        "standing": config.MultiselectColumn(
            _("结论"), options=[str(each.label) for each in Standing], color=[COLOURS[each.colour] for each in Standing]
        ),
        "value": config.TextColumn(_("本期示数"), alignment="right", width=100),
        "reason": config.TextColumn(_("说明"), width="large"),
    }  # fmt: skip
    st.dataframe(frame, hide_index=True, column_config=looks, placeholder="", alt=_("导入结果"), key=f"{KEY}.rows")


def _take_in(actor: Actor, asked: Round, name: str, data: bytes, found: Sequence[SheetRow]) -> None:
    good = sum(each.standing is Standing.NEW for each in found)
    bad = any(each.standing in {Standing.BAD, Standing.ODD} for each in found)
    with st.container(horizontal=True):
        if good and st.button(_("导入 {n} 行", n=good), type="primary", key=f"{KEY}.take", icon=":material/upload:"):
            token = st.session_state.setdefault(f"{KEY}#token", secrets.token_urlsafe(24))
            with writing(actor) as session:
                reading_sheets.take_sheet(session, name, data, asked.month, token)
            del st.session_state[f"{KEY}#token"]
            if not bad:
                st.session_state[f"{KEY}#turn"] += 1
            form.tell(_("已导入 {n} 个示数", n=good))
            st.rerun()
        if bad:
            st.download_button(
                _("下载有问题的行"), reading_sheets.bad_rows(found), _("抄表-待改正.xlsx"), mime=_EXCEL,
                key=f"{KEY}.bad", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
    if not good and not bad:
        st.info(_("没有需要写入的内容：文件里的示数与已抄的一致。"), icon=":material/check:")
