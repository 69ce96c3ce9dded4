"""The pieces of the import studio: what was understood, the verdict on every row, what was done."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from components.plain import plain
from components.words import _
from db.importing import (
    FIELDS,
    LABELS,
    TABLE_LABELS,
    Kind,
    Plan,
    Result,
    RowPlan,
    SheetMapping,
    Verdict,
    WorkbookMapping,
    in_words,
    located,
)

MOST_SHOWN = 500
"""Rows of one verdict shown on the screen; the workbook of bad rows has them all."""


def correct(mapping: WorkbookMapping, key: str) -> WorkbookMapping:
    """Show what each sheet was taken for, and let the reader say otherwise; returns the mapping as it now is."""
    tabs = st.tabs([plain(sheet.sheet) for sheet in mapping.sheets])
    for number, (tab, sheet) in enumerate(zip(tabs, mapping.sheets, strict=True)):
        with tab:
            mapping = _correct_sheet(mapping, sheet, f"{key}.{number}")
    return mapping


def _correct_sheet(mapping: WorkbookMapping, sheet: SheetMapping, key: str) -> WorkbookMapping:
    kind = st.selectbox(
        _("这张表列的是"),
        list(Kind),
        list(Kind).index(sheet.kind),
        format_func=lambda each: str(each.label),
        key=f"{key}.kind",
        width=320,
    )
    if kind is not sheet.kind:
        mapping = mapping.corrected(sheet.sheet, kind=kind)
    sheet = mapping.of(sheet.sheet)
    for note in sheet.notes:
        st.caption(plain(note))
    if not FIELDS[sheet.kind]:
        st.caption(plain(sheet.left_out or ""))
        return mapping
    chosen: dict[int, str | None] = {}
    columns = st.columns(4)
    for place, column in enumerate(column for column in sheet.columns if column.heading):
        options = ["", *FIELDS[sheet.kind]]
        picked = columns[place % 4].selectbox(
            plain(column.heading),
            options,
            options.index(column.field or ""),
            format_func=lambda name: str(LABELS[name]) if name else _("(不导入)"),
            key=f"{key}.{sheet.kind}.{column.index}",
        )
        if picked != (column.field or ""):
            chosen[column.index] = picked or None
    if chosen:
        mapping = mapping.corrected(sheet.sheet, fields=chosen)
    if left_out := mapping.of(sheet.sheet).left_out:
        st.warning(plain(left_out), icon=":material/info:")
    return mapping


def verdicts(planned: Plan, key: str) -> None:
    """Show how many rows have each verdict, and the rows of one of them with what is said about them."""
    counts = planned.counts
    first = next((each for each in (Verdict.ERROR, Verdict.CHANGES, Verdict.NEW) if counts[each]), Verdict.UNCHANGED)
    shown = st.segmented_control(
        _("查看"),
        list(Verdict),
        default=first,
        format_func=lambda each: f"{each.label} {counts[each]:,}",
        key=f"{key}.shown",
        label_visibility="collapsed",
        required=True,
    )
    rows = [row for row in planned.rows if row.verdict is shown]
    if not rows:
        st.caption(_("没有这样的行。"))
        return
    st.dataframe(
        pd.DataFrame(_lines(rows[:MOST_SHOWN], planned)),
        hide_index=True,
        key=f"{key}.rows",
        column_config={_("说明"): st.column_config.TextColumn(width="large")},
    )
    if len(rows) > MOST_SHOWN:
        st.caption(_("共 {all} 行，这里列出前 {shown} 行。", all=f"{len(rows):,}", shown=MOST_SHOWN))


def _lines(rows: Iterable[RowPlan], planned: Plan) -> list[dict[str, object]]:
    return [
        {
            _("表"): row.sheet,
            _("行"): row.row,
            _("对象"): row.key,
            _("结论"): str(row.verdict.label),
            _("说明"): _said(row, planned.mapping.of(row.sheet)),
        }
        for row in rows
    ]


def _said(row: RowPlan, mapping: SheetMapping) -> str:
    notes = [located(row, note, mapping) for note in row.notes]
    changes = [
        _("{field}：{before} → {after}", field=_label(name), before=_value(row.before.get(name)), after=_value(value))
        for name, value in row.after.items()
        if row.before
    ]
    return _("；").join([*notes, *changes])


def _label(name: str) -> str:
    return str(LABELS.get(name, name))


def _value(value: object) -> str:
    return in_words(value) or _("(空)")


def outcome(result: Result) -> None:
    """Say what an import did, as counted in the database."""
    bad = result.count(Verdict.ERROR)
    if result.import_id is None:
        st.info(_("没有需要写入的内容：文件里的 {n} 行与现有档案一致。", n=result.count(Verdict.UNCHANGED)))
    else:
        said = [
            _(
                "{table} 新建 {created}、更新 {changed}",
                table=TABLE_LABELS[table],
                created=counted.get("created", 0),
                changed=counted.get("changed", 0),
            )
            for table, counted in result.records.items()
        ]
        st.success(_("已导入：{said}。", said=_("；").join(said)), icon=":material/check_circle:")
    if bad:
        st.warning(_("有 {n} 行有错误，没有导入。请下载错误行，改好后只上传那份文件。", n=bad))
