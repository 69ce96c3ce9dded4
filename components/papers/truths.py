"""What must be so before a paper is printed: its sums add up, and a demand is true and lawful."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from components.papers.fitting import worth
from db.ledger.capitals import capitals
from db.refused import Refused
from db.words import _

Fitted = Mapping[str, Any]
FORBIDDEN: Final = [
    re.compile(means)
    for means in tomllib.loads(Path(__file__).with_name("forbidden.toml").read_text("utf-8"))["means"]
]


def _sum(amounts: Iterable[str | None]) -> Decimal:
    return sum((worth(each) for each in amounts if each), Decimal(0))


def _equal(what: str, stated: str | None, counted: Decimal) -> None:
    if _sum([stated]) != counted:
        raise ValueError(f"{what} says {stated}, its parts make {counted}")


def _in_capitals(paper: Fitted, amount: str) -> None:
    if paper["capitals"] is not None and paper["capitals"] != capitals(worth(amount)):
        raise ValueError(f"capitals say {paper['capitals']}, the amount is {amount}")


def receipt(paper: Fitted) -> None:
    """Lines, late fees and waivers make the total, and so do the methods; the capitals say the same."""
    lines = [*paper["lines"], *(paper["late_fees"] or ()), *(paper["waivers"] or ())]
    _equal("receipt.total", paper["total"], _sum(line["amount"] for line in lines))
    _equal("receipt.total", paper["total"], _sum(method["amount"] for method in paper["methods"]))
    _in_capitals(paper, paper["total"])


def _late_fee_has_its_clause(paper: Fitted, rows: Iterable[Fitted]) -> None:
    fees = [row["late_fee"] for row in rows if row["late_fee"]]
    if (fees or paper["late_fee_total"]) and not paper["late_fee"]:
        raise Refused(_("合同没有约定违约金的，单据上不能列违约金。请先在收费标准里填写合同条款。"))
    if fees:
        _equal("late_fee_total", paper["late_fee_total"], _sum(fees))


def _overdue_is_overdue(rows: Iterable[Fitted], issued_on: str) -> None:
    for row in rows:
        if row["due_on"] >= issued_on:
            raise Refused(
                _("{item}要到 {day} 才到期，还没有逾期，不能列入催缴。", item=row["item"], day=row["due_on"])
            )


def payment_notices(paper: Fitted) -> None:
    """What is to be paid is this period's bills, what is overdue and its late fee, less the balance (never below 0)."""
    for notice in paper["notices"]:
        overdue = notice["overdue"] or ()
        _overdue_is_overdue(overdue, paper["issued_on"])
        _late_fee_has_its_clause(notice, overdue)
        _equal("notice.total", notice["total"], _sum(line["amount"] for line in notice["lines"]))
        owed = _sum([notice["total"], notice["late_fee_total"], *(row["unpaid"] for row in overdue)])
        _equal("notice.to_pay", notice["to_pay"], max(Decimal(0), owed - _sum([notice["balance"]])))


def dunning_letters(paper: Fitted) -> None:
    """Only overdue bills, a day to pay that lies ahead, no late fee without clause, no unlawful pressure."""
    for letter in paper["letters"]:
        _overdue_is_overdue(letter["rows"], paper["issued_on"])
        _late_fee_has_its_clause(letter, letter["rows"])
        if letter["pay_by"] <= paper["issued_on"]:
            raise Refused(_("限交日期 {day} 要在发出日期之后，给客户留出合理的时间。", day=letter["pay_by"]))
        _equal("letter.principal", letter["principal"], _sum(row["unpaid"] for row in letter["rows"]))
        _equal("letter.total", letter["total"], _sum([letter["principal"], letter["late_fee_total"]]))
        _in_capitals(letter, letter["total"])
        _lawful([*(letter["remarks"] or ()), *paper["ways"]])


def _lawful(texts: Iterable[str]) -> None:
    for text in texts:
        for means in FORBIDDEN:
            if said := means.search("".join(text.split())):
                raise Refused(
                    _("催缴单据不能写“{said}”：法律不允许这样催缴费用。请改为依法通过诉讼或仲裁等途径。", said=said[0])
                )


def late_fee_worksheet(paper: Fitted) -> None:
    """Days are counted with both ends; what is due of each bill makes the total."""
    for bill in paper["bills"]:
        for row in bill["rows"]:
            days = (date.fromisoformat(row["day_to"]) - date.fromisoformat(row["day_from"])).days + 1
            if days != row["days"]:
                raise ValueError(f"{row['day_from']} to {row['day_to']} are {days} days, not {row['days']}")
        if bill["due"] is not None:
            _equal("bill.due", bill["due"], _sum([bill["total"]]) - _sum([bill["waived"], bill["paid"]]))
    _equal("worksheet.total", paper["total"], _sum(bill["due"] or bill["total"] for bill in paper["bills"]))


def daily_closing(paper: Fitted) -> None:
    """Rows and columns add up, and what is over or short is the difference."""
    for row in [*paper["rows"], paper["totals"]]:
        if len(row["amounts"]) != len(paper["methods"]):
            raise ValueError(f"{row['item']}: {len(row['amounts'])} amounts for {len(paper['methods'])} methods")
        _equal(row["item"], row["total"], _sum(row["amounts"]))
    for place, method in enumerate(paper["methods"]):
        _equal(method, paper["totals"]["amounts"][place], _sum(row["amounts"][place] for row in paper["rows"]))
    for each in paper["counted"]:
        _equal(each["method"], each["difference"], _sum([each["counted"]]) - _sum([each["booked"]]))


def table_sheets(paper: Fitted) -> None:
    """No row has more cells than there are columns."""
    for sheet in paper["sheets"]:
        _rows_fit(sheet["tables"])


def _rows_fit(tables: Iterable[Fitted]) -> None:
    for table in tables:
        for row in table["rows"]:
            if len(row["cells"]) > (1 if row["section"] else len(table["columns"])):
                raise ValueError(f"{len(row['cells'])} cells for {len(table['columns'])} columns")


def voucher(paper: Fitted) -> None:
    """The capitals say the total."""
    _rows_fit(paper["tables"] or ())
    if paper["total"] is not None:
        _in_capitals(paper, paper["total"])


def office_papers(paper: Fitted) -> None:
    """All are of one size, the capitals say the total, rows fit their tables."""
    if len({each["size"] for each in paper["papers"]}) != 1:
        raise ValueError("papers of several sizes, or none")
    for each in paper["papers"]:
        _rows_fit(each["tables"] or ())
        if each["total"] is not None:
            _in_capitals(each, each["total"])


TRUTHS: dict[str, Callable[[Fitted], None]] = {
    "receipt_a5": receipt,
    "receipt_roll80": receipt,
    "receipt_241": receipt,
    "payment_notice": payment_notices,
    "dunning": dunning_letters,
    "late_fee_worksheet": late_fee_worksheet,
    "daily_closing": daily_closing,
    "table_sheet": table_sheets,
    "voucher": voucher,
    "form": office_papers,
}
"""Template → what must be so."""
