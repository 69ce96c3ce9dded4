"""Papers' data for tests: an ordinary one each, changed by keyword."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from db.ledger.capitals import capitals

COMPANY = "廊坊阳光物业服务有限公司"
LONG = "廊坊经济技术开发区科技谷园区管理委员会物业服务有限责任公司第一分公司"


def words(pdf: bytes) -> str:
    """Read a paper's text, without any white space: typesetting decides about that."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages).replace("\u200b", "")


def pages(pdf: bytes) -> list[str]:
    return ["".join(page.extract_text().split()).replace("\u200b", "") for page in PdfReader(BytesIO(pdf)).pages]


def a_line(**but: Any) -> dict[str, Any]:
    return {
        "item": "物业服务费", "period_from": "2026-01-01", "period_to": "2026-01-31",
        "calculation": "96.56 m² × 2.80 元 × 1 月 = 270.37 元", "amount": "270.37",
    } | but  # fmt: skip


def a_receipt(count: int = 1, /, **but: Any) -> dict[str, Any]:
    found = but.pop("lines", [a_line() for _ in range(count)])
    extra = [*but.get("late_fees", ()), *but.get("waivers", ())]
    total = sum((Decimal(line["amount"]) for line in [*found, *extra]), Decimal(0))
    return {
        "book": "fees", "payee": COMPANY, "estate": "阳光花园小区", "number": "YG2026-000123",
        "issued_on": "2026-11-23", "payer": "吴学文", "unit": "3号楼 2单元 501",
        "lines": found, "total": total, "capitals": capitals(total),
        "methods": [{"method": "现金", "amount": total}], "cashier": "李梅",
    } | but  # fmt: skip


def an_overdue_bill(**but: Any) -> dict[str, Any]:
    return {
        "item": "物业服务费", "due_on": "2026-10-10", "unpaid": "270.37",
        "period_from": "2026-10-01", "period_to": "2026-10-31",
    } | but  # fmt: skip


CLAUSE = {"clause": "《物业服务合同》第十二条", "rate": "每日万分之五"}


def a_notice(**but: Any) -> dict[str, Any]:
    reading = {"previous": "346", "current": "358", "usage": "12 吨", "meter": "S-2501"}
    return {
        "number": "YG-TZ-1", "customer": "吴学文", "unit": "3号楼 2单元 501", "period": "2026年12月",
        "due_on": "2026-12-10",
        "lines": [a_line(), a_line(item="水费", amount="75.60", calculation="12 吨 × 6.30 元", reading=reading)],
        "total": "345.97", "to_pay": "345.97",
    } | but  # fmt: skip


def notices(*them: dict[str, Any], **but: Any) -> dict[str, Any]:
    return {
        "company": COMPANY, "estate": "阳光花园小区", "issued_on": "2026-11-23",
        "ways": ["收费处：1号楼一层，每日 08:00–22:00"], "notices": list(them or [a_notice()]),
    } | but  # fmt: skip


def a_letter(**but: Any) -> dict[str, Any]:
    return {
        "letter": "first", "number": "YG-CJ-1", "customer": "吴学文", "unit": "3号楼 2单元 501",
        "rows": [an_overdue_bill()], "principal": "270.37", "total": "270.37", "capitals": capitals(Decimal("270.37")),
        "pay_by": "2026-12-08",
    } | but  # fmt: skip


def letters(*them: dict[str, Any], **but: Any) -> dict[str, Any]:
    return {
        "company": COMPANY, "estate": "阳光花园小区", "issued_on": "2026-11-23", "ways": ["收费处：1号楼一层"],
        "letters": list(them or [a_letter()]), "phone": "0316-2222333",
    } | but  # fmt: skip


def a_worksheet(**but: Any) -> dict[str, Any]:
    row = {"day_from": "2026-10-11", "day_to": "2026-10-31", "days": 21, "unpaid": "270.37", "rate": "0.05%/日"}
    bill = {
        "item": "物业服务费", "due_on": "2026-10-10", "principal": "270.37", "rows": [row | {"amount": "2.838885"}],
        "total": "2.84", "waived": "1.00", "due": "1.84",
    }  # fmt: skip
    return {
        "company": COMPANY, "estate": "阳光花园小区", "unit": "3号楼 2单元 501",
        "customer": "吴学文", "as_of": "2026-10-31",
        "clause": CLAUSE["clause"], "rules": ["11日缴清计1天。"], "bills": [bill],
        "total": "1.84",
    } | but  # fmt: skip


def a_closing(**but: Any) -> dict[str, Any]:
    return {
        "payee": COMPANY, "estate": "阳光花园小区", "day_from": "2026-11-23", "day_to": "2026-11-23", "cashier": "李梅",
        "methods": ["现金", "微信"],
        "rows": [
            {"item": "物业服务费", "amounts": ["270.37", "100"], "total": "370.37"},
            {"item": "水费", "amounts": ["75.60", "0"], "total": "75.60"},
        ],
        "totals": {"item": "合计", "amounts": ["345.97", "100"], "total": "445.97"},
        "counted": [{"method": "现金", "booked": "345.97", "counted": "340.97", "difference": "-5"}],
        "receipts": [{"book": "收款收据", "first": "YG2026-000101", "last": "YG2026-000131", "count": 31}],
        "void": [{"number": "YG2026-000107", "amount": "270.37", "reason": "重复收款"}],
        "deposits": [{"kind": "装修押金", "taken": "2000", "returned": "0"}],
    } | but  # fmt: skip


def a_sheet(rows: int = 3, **but: Any) -> dict[str, Any]:
    columns = [
        {"title": "项目", "width": 3}, {"title": "本期", "align": "right", "group": "支出（元）"},
        {"title": "预算", "align": "right", "group": "支出（元）"},
    ]  # fmt: skip
    found = [{"cells": [f"第{n}项", Decimal("1234.5"), Decimal(2000)], "indent": 1} for n in range(rows)]
    found += [{"cells": ["合计", Decimal("1234.5") * rows, Decimal(2000) * rows], "bold": True}]
    return {
        "title": "物业服务费收支公示", "company": COMPANY, "tables": [{"columns": columns, "rows": found}],
        "facts": [{"label": "期间", "text": "2026年第三季度"}], "footnotes": ["资料来源：计划财务部"],
        "signatures": ["编写", "审核", "批准"], "seal": "物业服务企业（盖章）",
    } | but  # fmt: skip


FACTS = {"客户": "吴学文", "种类": "装修押金", "账户": "****1234"}


def a_voucher(**but: Any) -> dict[str, Any]:
    return {
        "company": COMPANY, "title": "押金退款单", "number": "YG-TK-1", "issued_on": "2026-11-23",
        "facts": [{"label": label, "text": text} for label, text in FACTS.items()],
        "total_label": "应退合计", "total": "1819.50", "capitals": capitals(Decimal("1819.50")),
        "clauses": ["凭原押金收据办理。"], "signatures": ["客户签字", "经办"], "seal": "收款单位（盖章）",
    } | but  # fmt: skip


def an_office_paper(**but: Any) -> dict[str, Any]:
    return {
        "kind": "move_in_notice", "size": "a4", "company": COMPANY, "estate": "阳光花园小区", "title": "入伙通知书",
        "number": "RH-20261123-001", "issued_on": "2026-11-23", "phone": "0316-2222333",
        "qr": "http://192.168.1.10:8501/move_ins?case=RZ-20261123-001",
        "facts": [{"label": "客户", "text": "吴学文"}, {"label": "房屋", "text": "3-2-501"},
                  {"label": "说明", "text": "", "wide": True, "room": 3}],
        "opening": "吴学文：\n您的房屋已具备交付条件。", "clauses": ["带身份证原件。", "带购房合同。"],
        "closing": "特此通知。",
        "tables": [{"columns": [{"title": "项目", "width": 3}, {"title": "金额", "align": "right"}],
                    "rows": [{"cells": ["物业服务费", "270.37"]}]}],
        "with_total": True, "total": "270.37", "capitals": capitals(Decimal("270.37")),
        "signatures": ["客户签字", "经办人"], "seal": COMPANY,
    } | but  # fmt: skip


ORDINARY = {
    "receipt_a5": a_receipt(),
    "receipt_roll80": a_receipt(),
    "receipt_241": a_receipt(),
    "payment_notice": notices(),
    "dunning": letters(),
    "late_fee_worksheet": a_worksheet(),
    "daily_closing": a_closing(),
    "table_sheet": {"sheets": [a_sheet()]},
    "voucher": a_voucher(),
    "form": {"papers": [an_office_paper()]},
}
"""Template → an ordinary paper of it."""
