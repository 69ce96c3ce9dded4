"""The list of arrears as a workbook: every row found, with what it was asked for, who made it, and its sums."""

from __future__ import annotations

from typing import Any

from db import sheets_out
from db.audit import record
from db.ledger import arrears
from db.ledger.arrears import BANDS, Asked, Row
from db.masking import mask_name
from db.people import Actor, Right, require
from db.session import reading, writing
from db.sheets_out import Heads, Sheet, made_by
from db.words import _

_LABELS: Heads = (
    (_("房屋"), 14), (_("楼栋"), 12), (_("客户"), 14), (_("收款单位"), 20), (_("欠费月数"), 9), (_("本金"), 12),
    (_("违约金"), 11), (_("合计"), 12), *((label, 11) for _days, label in BANDS), (_("最早的最迟缴纳日"), 12),
    (_("时效届满"), 12), (_("催缴进度"), 14), (_("催缴单号"), 18), (_("最近联系"), 12), (_("联系结果"), 14),
    (_("欠费原因"), 14), (_("答应缴费日"), 12), (_("物业管家"), 10), (_("投诉或争议"), 11),
)  # fmt: skip


def workbook(actor: Actor, asked: Asked, conditions: str = "") -> bytes:
    """Write the workbook of all rows found and log who took it; needs `EXPORT`. Names are masked for most."""
    require(actor, Right.EXPORT)
    masked = not actor.may(Right.EXPORT_PERSONAL)
    with reading(actor) as session:
        _page, sums = arrears.arrears(session, asked, limit=1)
        rows = [row for some in arrears.every(session, asked) for row in some]
    scope = _("范围：{filters}", filters=conditions or _("全部欠费"))
    totals = (str(_("合计")), *[None] * 4, sums.principal, sums.late_fee, sums.principal + sums.late_fee, *sums.bands)
    cells = (_cells(row, masked=masked) for row in rows)
    data, _rows = sheets_out.workbook(
        Sheet(str(_("欠费清单")), [scope, made_by(actor.name, len(rows))], _LABELS, cells, totals)
    )
    with writing(actor) as session:
        estate = next(iter(asked.estate_ids)) if len(asked.estate_ids) == 1 else None
        record(session, "exported", "bills", None, estate_id=estate, ground=(conditions or str(_("欠费清单")))[:200],
               after={"rows": len(rows), "masked": masked})  # fmt: skip
    return data


def _cells(row: Row, *, masked: bool) -> list[Any]:
    said = _("有") if row.complaint or row.disputed else _("无")
    return [
        row.unit, row.building, mask_name(row.customer) if masked else row.customer, row.payee, row.months,
        row.principal, row.late_fee, row.total, *row.bands, row.oldest, row.limitation_on,
        row.state.label if row.state else _("未催缴"), row.number, row.contacted_on,
        row.answer.label if row.answer else "", row.reason.label if row.reason else "", row.promised_on, row.steward,
        said,
    ]  # fmt: skip
