"""Bills and a tried-out run as workbooks: all rows found, sums as numbers, by rights and with an entry in the log."""

from __future__ import annotations

from db.audit import record
from db.ledger.bill_lists import Wanted, every, sums_of
from db.ledger.billing_preview import Preview
from db.people import Actor, Right, require
from db.refused import Refused
from db.session import reading, writing
from db.sheets_out import Heads, Sheet, made_by, workbook
from db.words import _

MOST = 100_000
"""So many rows at most: no desk PC opens more."""

_BILLS: Heads = (
    (_("房屋"), 12), (_("楼栋"), 10), (_("应缴客户"), 14), (_("收费项目"), 14), (_("账期"), 9), (_("起"), 11),
    (_("止"), 11), (_("应收(元)"), 11), (_("减免(元)"), 10), (_("实收(元)"), 11), (_("未收(元)"), 11),
    (_("违约金(元)"), 11), (_("最迟缴纳日"), 12), (_("状态"), 9), (_("计算"), 48),
)  # fmt: skip
_DIFFERENCES: Heads = (
    (_("房屋"), 12), (_("收费项目"), 14), (_("上期(元)"), 11), (_("本期(元)"), 11), (_("差额(元)"), 11),
    (_("原因"), 14), (_("计算"), 48),
)  # fmt: skip
_WITHOUT: Heads = ((_("房屋/车位"), 14), (_("收费项目"), 14), (_("不出账的原因"), 22))
_SUMS: Heads = ((_("收费项目/楼栋"), 18), (_("张数"), 9), (_("金额(元)"), 14))


def bills_book(actor: Actor, wanted: Wanted) -> bytes:
    """Make the workbook of all bills found and log who took it; needs `EXPORT` and `SEE_MONEY`."""
    require(actor, Right.EXPORT)
    with reading(actor) as session:
        sums = sums_of(session, wanted)
        if sums.bills > MOST:
            raise Refused(_("共 {n} 行，一次最多导出 {most} 行，请缩小范围后分几次导出。", n=sums.bills, most=MOST))
        rows = (
            (each.unit, each.building, each.customer, each.item, f"{each.month:%Y-%m}", each.period_from,
             each.period_to, each.amount, each.waived, each.paid, each.unpaid, each.late_fee, each.due_on,
             str(each.standing.label), each.calculation)
            for each in every(session, wanted)
        )  # fmt: skip
        last = (str(_("合计")), "", "", "", "", None, None, sums.amount, sums.waived, sums.paid, sums.unpaid)
        data, _rows = workbook(Sheet(str(_("账单")), [made_by(actor.name, sums.bills)], _BILLS, rows, last))
    _log(actor, wanted.estate_ids, sums.bills, "bills")
    return data


def preview_book(actor: Actor, found: Preview) -> bytes:
    """Make the workbook of a tried-out run: sums, differences, and who gets no bill; needs `BILL` and `EXPORT`."""
    require(actor, Right.BILL)
    require(actor, Right.EXPORT)
    sums = [(each.name, each.bills, each.amount) for each in (*found.items, *found.buildings)]
    differences = (
        (each.unit, each.item, each.before, each.now, each.now - each.before, str(each.reason.label), each.said)
        for each in found.differences
    )
    without = ((each.unit, each.item, str(each.why.label)) for each in found.without)
    made, total = made_by(actor.name, len(found.differences) + len(found.without)), (str(_("合计")), found.bills)
    data, _rows = workbook(
        Sheet(str(_("试算合计")), [made], _SUMS, sums, (*total, found.amount)),
        Sheet(str(_("与上期不同")), [made], _DIFFERENCES, differences),
        Sheet(str(_("不出账")), [made], _WITHOUT, without),
    )
    _log(actor, frozenset({found.estate_id}), len(found.differences) + len(found.without), "billing_runs")
    return data


def _log(actor: Actor, estate_ids: frozenset[int], rows: int, table: str) -> None:
    estate = next(iter(estate_ids)) if len(estate_ids) == 1 else None
    with writing(actor) as session:
        record(session, "exported", table, None, estate_id=estate, after={"rows": rows, "format": "xlsx"})


__all__ = ["MOST", "bills_book", "preview_book"]
