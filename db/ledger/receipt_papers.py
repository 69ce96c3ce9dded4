"""What a receipt says, laid out for its paper: one line an item with its months, late fees, odd cents (F3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from db.ledger import receipts
from db.ledger.calculations import in_chinese
from db.ledger.money_tables import DepositKind, Method, PaymentKind, Target
from db.ledger.receipt_lists import Row, Shown, receipt_shown
from db.words import Words, _

_LONG = 90
"""Characters of calculations beyond which only the first stands on the paper."""
_NAMES: dict[str, Words] = {Target.BALANCE: _("预存"), Target.DEDUCTED: _("押金扣款")}


def printed(session: Session, receipt_id: int) -> tuple[str, dict[str, Any]]:
    """Count one printing of a receipt; returns its number and what the paper says. Needs `SEE_MONEY`.

    From the second printing on the paper says 补打 and how often. All words are Chinese whoever prints.
    """
    before = receipts.printed(session, receipt_id)
    shown = receipt_shown(session, receipt_id)
    return shown.row.number, paper(shown) | {"reprint": before}


def paper(shown: Shown) -> dict[str, Any]:
    """Lay a receipt out as `components.papers.shapes.Receipt`."""
    told, row = shown.snapshot, shown.row
    several = len({line["unit"] for line in told["lines"]}) > 1
    made: dict[str, Any] = {
        "book": row.book.value if row.book else "", "payee": told["payee"]["name"], "estate": told.get("estate", ""),
        "number": told["number"], "issued_on": row.issued_on, "payer": told["payer"], "unit": told["unit"],
        "lines": _lines(told, several=several), "total": told["amount"], "capitals": told["capitals"],
        "methods": [_method(each) for each in told["methods"]], "cashier": told["cashier"],
        "late_fees": _late_fees(told, several=several),
        "waivers": [
            {"item": in_chinese(_("抹零")), "amount": str(-Decimal(each["amount"]))}
            for each in told.get("waivers", ())
        ],
        "note": _note(told, row),
    }  # fmt: skip
    laid = [each for each in told["methods"] if each["tendered"]]
    if laid and (change := sum(Decimal(each["tendered"]) - Decimal(each["amount"]) for each in laid)):
        cash = sum((Decimal(each["amount"]) for each in laid), Decimal(0))
        made |= {"tendered": str(cash + change), "change": str(change)}
    if Decimal(told.get("balance", "0")):
        made["balance"] = told["balance"]
    return made | _what_became(shown)


def _method(each: Mapping[str, Any]) -> dict[str, Any]:
    name = in_chinese(Method(each["method"]).label)
    return {"method": name, "amount": each["amount"], "reference": each["reference"]}


def _note(told: Mapping[str, Any], row: Row) -> str:
    """Say the day on which the money came, where it is not the receipt's."""
    came = in_chinese(_("到账日期 {day}", day=told["paid_on"])) if told["paid_on"] != str(row.issued_on) else ""
    return " ".join(filter(None, (came, told["note"])))


def _what_became(shown: Shown) -> dict[str, Any]:
    """Say that it is void, reversed, or itself a reversal."""
    counter = shown.counter
    if shown.corrects:
        return {"reversal_of": {"day": shown.row.paid_on, "number": shown.corrects, "reason": shown.row.note}}
    if counter is None:
        return {}
    if counter.kind is PaymentKind.VOID:
        return {"void": {"day": counter.paid_on, "reason": counter.note, "by": counter.cashier}}
    return {"reversed_by": {"day": counter.paid_on, "number": counter.number, "reason": counter.note}}


@dataclass
class _Group:
    """Months of one item, one after the other, which stand in one line."""

    unit: str
    item: str
    first: date
    last: date
    amount: Decimal
    calculations: list[str] = field(default_factory=list)

    def follows(self, unit: str, item: str, first: date) -> bool:
        """Say whether a bill goes on where this line ends."""
        return (unit, item) == (self.unit, self.item) and first == self.last + timedelta(days=1)

    def said(self, *, several: bool) -> dict[str, Any]:
        """Write the line."""
        return {
            "item": self.item, "amount": str(self.amount), "period_from": self.first, "period_to": self.last,
            "calculation": _counted(self.calculations), "unit": self.unit if several else None,
        }  # fmt: skip


def _counted(calculations: list[str]) -> str:
    if len(calculations) > 1 and len(set(calculations)) == 1:
        return in_chinese(_("每月 {calculation}，共 {n} 个月", calculation=calculations[0], n=len(calculations)))
    joined = in_chinese(_("；")).join(calculations)
    if len(calculations) == 1 or len(joined) <= _LONG:
        return joined
    return in_chinese(_("{calculation} 等 {n} 个月", calculation=calculations[0], n=len(calculations)))


def _lines(told: Mapping[str, Any], *, several: bool) -> list[dict[str, Any]]:
    waived = {
        (each["unit"], each["item"], each["month"]): Decimal(each["amount"])
        for each in told.get("waivers", ())
        if each["target"] == Target.PRINCIPAL
    }
    groups: list[_Group] = []
    others: list[dict[str, Any]] = []
    for line in told["lines"]:
        if line["target"] == Target.PRINCIPAL:
            off = waived.pop((line["unit"], line["item"], line["month"]), Decimal(0))
            _add(groups, line, Decimal(line["amount"]) + off)
        elif line["target"] != Target.LATE_FEE:
            others.append(_other(line, several=several))
    for (unit, item, month), off in waived.items():  # a bill so small that all of it was rounded off
        first = date.fromisoformat(month)
        groups.append(_Group(unit, item, first, first, off))
    return [*(each.said(several=several) for each in groups), *others]


def _add(groups: list[_Group], line: Mapping[str, Any], amount: Decimal) -> None:
    first, last = date.fromisoformat(line["from"]), date.fromisoformat(line["to"])
    calculation = line["calculation"]
    if abs(amount) != Decimal(line["whole"]):
        calculation = in_chinese(_("{calculation}（本次 {amount} 元）", calculation=calculation, amount=amount))
    for group in groups:
        if group.follows(line["unit"], line["item"], first):
            group.last, group.amount = last, group.amount + amount
            group.calculations.append(calculation)
            return
    groups.append(_Group(line["unit"], line["item"], first, last, amount, [calculation]))


def _other(line: Mapping[str, Any], *, several: bool) -> dict[str, Any]:
    """Write what is no fee: paid ahead, a deposit, what was taken from one."""
    kept = line.get("deposit")
    label = DepositKind(kept).label if kept and line["target"] == Target.DEPOSIT else _NAMES[line["target"]]
    return {
        "item": in_chinese(label), "amount": line["amount"], "calculation": line.get("calculation", ""),
        "unit": line["unit"] if several else None,
    }  # fmt: skip


def _late_fees(told: Mapping[str, Any], *, several: bool) -> list[dict[str, Any]]:
    """Add the late fees up by item, with what of them was rounded off; say for which months and how many days."""
    late: Iterable[Mapping[str, Any]] = (
        each for each in (*told["lines"], *told.get("waivers", ())) if each["target"] == Target.LATE_FEE
    )
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in late:
        groups.setdefault((line["unit"], line["item"]), []).append(line)
    return [
        {
            "item": in_chinese(_("{item} 违约金(滞纳金)", item=item)), "unit": unit if several else None,
            "amount": str(sum((Decimal(each["amount"]) for each in some), Decimal(0))), "calculation": _late_for(some),
            "period_from": min((each["from"] for each in some if "from" in each), default=None),
            "period_to": max((each["to"] for each in some if "to" in each), default=None),
        }
        for (unit, item), some in groups.items()
    ]  # fmt: skip


def _late_for(lines: Iterable[Mapping[str, Any]]) -> str:
    """Say how many days late: one number, or from the fewest to the most."""
    days = sorted({each["days"] for each in lines if each.get("days")})
    if not days:
        return ""
    said = str(days[0]) if len(days) == 1 else f"{days[0]}–{days[-1]}"
    return in_chinese(_("逾期 {days} 天", days=said))


__all__ = ["paper", "printed"]
