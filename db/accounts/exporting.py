"""The four sheets as an Excel workbook, by rights and with an entry in the operation log (F8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from db.accounts.heads import EXPENSES, INCOMES, Item
from db.accounts.sheets import Balance, FigureLine, Sheet, Sheets
from db.accounts.views import View, view
from db.audit import record
from db.clock import local, now
from db.exporting import Exported
from db.people import Actor, Right, require
from db.session import reading, writing
from db.words import Words, _

Table = list[tuple[bool, list[Any]]]
"""Rows: whether it stands out (heads, sums), and its cells."""


def export(actor: Actor, publication_id: int) -> Exported:
    """Make the workbook of a publication: four sheets as frozen, else as they stand; logs who took it.

    Raises `Refused` without `EXPORT` or outside the actor's estates.
    """
    require(actor, Right.EXPORT)
    with reading(actor) as session:
        shown = view(session, publication_id)
    data = workbook(shown, actor.name)
    with writing(actor) as session:
        record(session, "exported", "publications", publication_id, estate_id=shown.about.estate_id,
               after={"format": "xlsx", "sha256": shown.sha256})  # fmt: skip
    return Exported(data, len(shown.sheets.figures), f"{file_stem(shown)}.xlsx")


def file_stem(shown: View) -> str:
    """Name its files."""
    return str(_("收支公示-{estate}-{title}", estate=shown.about.estate, title=shown.about.title))


def workbook(shown: View, maker: str) -> bytes:
    """Lay the four sheets out as a workbook; amounts are numbers."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        looks = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "bold": book.add_format({"bold": True, "bg_color": "#E8EEF7", "text_wrap": True, "valign": "vcenter"}),
            "bold_money": book.add_format({"bold": True, "bg_color": "#E8EEF7", "num_format": "#,##0.00"}),
            "text": book.add_format({"text_wrap": True, "valign": "vcenter"}),
            "money": book.add_format({"num_format": "#,##0.00", "valign": "vcenter"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd", "valign": "vcenter", "align": "left"}),
        }
        made = _("{estate}  {title}  制表人：{maker}  制表时间：{at}", estate=shown.about.estate,
                 title=shown.about.title, maker=maker, at=f"{local(now()):%Y-%m-%d %H:%M}")  # fmt: skip
        for name, (widths, table) in tables(shown.sheets).items():
            _write(book.add_worksheet(str(name.label)), looks, (name.label, made, shown.sha256), widths, table)
    return out.getvalue()


def _write(
    sheet: Any, looks: dict[str, Any], head: tuple[Words, Words, str], widths: Sequence[int], table: Table
) -> None:
    sheet.write_string(0, 0, str(head[0]), looks["title"])
    sheet.write_string(1, 0, str(head[1]))
    if head[2]:
        sheet.write_string(2, 0, str(_("公示快照 SHA-256：{digest}", digest=head[2])))
    for line, (strong, cells) in enumerate(table, start=4):
        for place, cell in enumerate(cells):
            if isinstance(cell, Decimal):
                sheet.write_number(line, place, float(cell), looks["bold_money" if strong else "money"])
            elif isinstance(cell, date):
                sheet.write_datetime(line, place, cell, looks["date"])
            elif cell is not None:
                sheet.write_string(line, place, str(cell), looks["bold" if strong else "text"])
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def tables(sheets: Sheets) -> dict[Sheet, tuple[list[int], Table]]:
    """Lay out each sheet as widths and rows, the same for workbook and paper."""
    return {
        Sheet.SERVICE: ([24, 44, 20, 22, 18, 30], _service(sheets)),
        Sheet.FIGURES: ([60, 16, 16, 16, 16, 12], _figures(sheets)),
        Sheet.COMMON: ([13, 26, 16, 42, 34, 16, 16], _account(sheets.common)),
        Sheet.FUND: ([13, 26, 16, 42, 34, 16, 16], _account(sheets.fund)),
    }


def _service(sheets: Sheets) -> Table:
    rows: Table = [(True, [_("服务事项"), _("内容与标准"), _("负责人"), _("物业处"), _("电话")])]
    rows += [
        (False, [each.item, each.standard, each.responsible, each.point, each.phone]) for each in sheets.services
    ]
    rows.append((True, [_("收费项目"), _("标准名称"), _("单价"), _("由谁缴纳"), _("执行起"), _("依据")]))
    rows += [
        (False, [each.item, each.name, each.price, each.payer, each.since, each.filing]) for each in sheets.prices
    ]
    return rows


def share_of(line: FigureLine) -> str:
    """Say how much of the year's budget is used, as a percentage; nothing without a budget."""
    if not line.year_budget:
        return ""
    return f"{(line.year / line.year_budget * 100).quantize(Decimal('0.1'))}%"


def _line(label: object, line: FigureLine) -> list[Any]:
    return [label, line.period, line.period_budget, line.year, line.year_budget, share_of(line)]


def _figures(sheets: Sheets) -> Table:
    lines = {line.head: line for line in sheets.figures}
    income, expense = sheets.income, sheets.expense
    rest = FigureLine(
        income.head, income.period - expense.period, income.period_budget - expense.period_budget,
        income.year - expense.year, income.year_budget - expense.year_budget,
    )  # fmt: skip
    rows: Table = [(True, [_("科目（元）"), _("本期"), _("本期预算"), _("本年累计"), _("全年预算"), _("执行率")])]
    rows += [(False, _line(head.label, lines[head])) for head in INCOMES]
    rows.append((True, _line(_("收入合计"), income)))
    rows += [(False, _line(head.label, lines[head])) for head in EXPENSES]
    rows.append((True, _line(_("支出合计"), expense)))
    rows.append((True, _line(_("收支结余"), rest)[:5]))
    rows += [
        (False, [_("数据来源：计划财务部《{title}》（{day} 录入）", title=each.title, day=each.entered_on)])
        for each in sheets.sources
    ]
    rows += [(False, [_("情况说明：{line}", line=line)]) for line in sheets.remark.splitlines() if line.strip()]
    return rows


def _account(account: Balance) -> Table:
    blank = [None] * 4
    rows: Table = [
        (True, [_("日期"), _("项目"), _("金额（元）"), _("摘要"), _("业主决定"), _("凭证号"), _("余额（元）")]),
        (True, [_("期初余额"), None, *blank, account.opening]),
    ]
    rows += [
        (False, [row.day, Item(row.item).label, row.amount, row.purpose, row.decision, row.voucher, row.balance])
        for row in account.rows
    ]
    rows.append((True, [_("本期收入"), None, account.received]))
    rows.append((True, [_("本期支出"), None, account.spent]))
    rows.append((True, [_("期末余额"), None, *blank, account.closing]))
    return rows
