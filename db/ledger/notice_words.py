"""What a payment notice says, frozen as it is made: Chinese whoever makes it, for it goes to the customer (F11).

A snapshot is `{"head": …, "notice": …, "bills": […]}`; head and notice are of the shapes that papers are printed from,
with amounts and days as text, so that a copy never changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.ledger.calculations import in_chinese
from db.ledger.late_fees import MILLION
from db.ledger.meters import figure
from db.ledger.pricing import next_month
from db.ledger.tables import Bill, FeeItem, FeeKind, Payee, Reading
from db.registry import Estate, ServicePoint
from db.words import Words, _

NOTHING = Decimal(0)
MEASURES: dict[str, Words] = {FeeKind.WATER: _("吨"), FeeKind.POWER: _("度"), FeeKind.GAS: _("立方米")}
MOST_NAMED = 4
"""Fee items named beside an account."""
MOST_CALCULATION = 120
"""Characters of a calculation that fit a line of the paper."""


_USED = in_chinese(_(" 用量 {quantity}", quantity=""))
"""Before the quantity in a metered bill's calculation."""


@dataclass
class Part:
    """One bill as it goes on a notice."""

    bill: Bill
    item: str
    kind: FeeKind
    clause: str
    late: Decimal
    """What of its late fee is owed on the day of the notice."""
    readings: Sequence[tuple[Reading, str, int]] = ()
    """With each meter's number and multiplier."""


@dataclass
class Household:
    """What one customer has to be told about one unit."""

    unit_id: int
    unit: str
    area: Decimal | None
    customer_id: int | None
    customer: str
    current: list[Part] = field(default_factory=list)
    overdue: list[Part] = field(default_factory=list)
    balances: Mapping[int, Decimal] = field(default_factory=dict)
    """Paid ahead, by payee."""

    @property
    def usable(self) -> Decimal:
        """What of the balances pays these bills: a payee's money pays only that payee's."""
        owed: dict[int, Decimal] = defaultdict(Decimal)
        for part in (*self.current, *self.overdue):
            owed[part.bill.payee_id] += part.bill.unpaid
        return sum((min(self.balances.get(payee_id, NOTHING), amount) for payee_id, amount in owed.items()), NOTHING)

    @property
    def to_pay(self) -> Decimal:
        """This period's bills, what is overdue with its late fee, less what is paid ahead."""
        parts = (*self.current, *self.overdue)
        return sum((part.bill.unpaid for part in parts), NOTHING) + self.late_fees - self.usable

    @property
    def late_fees(self) -> Decimal:
        """The late fees owed on the day of the notice."""
        return sum((part.late for part in self.overdue), NOTHING)


# ── the head: what all notices of a run share ────────────────────────────────────────────────────────────────────────


def head_of(session: Session, estate_id: int, issued_on: date, *, late_fees: bool) -> dict[str, Any]:
    """Say who sends the notices, how one can pay, whom one can ask; about late fees only where there are some."""
    rows = session.execute(
        select(Payee, FeeItem.name)
        .join(FeeItem, FeeItem.payee_id == Payee.id)
        .where(Payee.estate_id == estate_id, FeeItem.active)
        .order_by(FeeItem.position, FeeItem.id)
    ).all()
    items: dict[int, list[str]] = defaultdict(list)
    payees = {payee.id: payee for payee, _item in rows}
    for payee, item in rows:
        items[payee.id].append(item)
    points = session.scalars(
        select(ServicePoint).where(ServicePoint.estate_id == estate_id).order_by(ServicePoint.id)
    ).all()
    estate = session.get_one(Estate, estate_id).name
    first = next(iter(payees.values()), None)
    head = {
        "company": first.name if first else estate,
        "estate": estate,
        "issued_on": issued_on.isoformat(),
        "ways": _ways([(payee, items[payee.id]) for payee in payees.values()], points),
    }
    if late_fees:
        head["remarks"] = [in_chinese(_("违约金计到通知单开出当日，实际按缴清之日计算。"))]
    phone = next((each.phone for each in points if each.phone), None) or (first.phone if first else "")
    return head | ({"phone": phone} if phone else {})


def _ways(payees: Sequence[tuple[Payee, list[str]]], points: Sequence[ServicePoint]) -> list[str]:
    """List the ways to pay, a sentence each (HB:128)."""
    desk = in_chinese(_("服务中心前台：现金、刷卡、微信、支付宝"))
    if points and (points[0].address or points[0].hours):
        desk += in_chinese(_("（{where}）", where=" ".join(filter(None, (points[0].address, points[0].hours)))))
    ways = [desk]
    for payee, items in payees:
        if payee.account:
            told = {"payee": payee.name, "bank": payee.bank, "account": payee.account}
            way = in_chinese(_("银行转账：{payee}，{bank}，账号 {account}，请注明房号", **told))
            ways.append(way + (_for_what(items) if len(payees) > 1 else ""))
    ways.append(in_chinese(_("委托收款：已在指定银行开设委托收款账号的，由银行按月划拨，请在账户内留足余额")))
    return ways


def _for_what(items: Sequence[str]) -> str:
    named = _listed(items[:MOST_NAMED])
    if len(items) > MOST_NAMED:
        return in_chinese(_("（{items}等）", items=named))
    return in_chinese(_("（{items}）", items=named))


def _listed(texts: Iterable[str]) -> str:
    return in_chinese(_("、")).join(dict.fromkeys(texts))


# ── one notice ───────────────────────────────────────────────────────────────────────────────────────────────────────


def composed(household: Household, number: str, head: Mapping[str, Any]) -> dict[str, Any]:
    """Make the snapshot of one notice; `household.current` is not empty."""
    current, overdue = household.current, household.overdue
    due_on = max(part.bill.due_on for part in current)
    notice: dict[str, Any] = {
        "number": number,
        "customer": household.customer or in_chinese(_("客户")),
        "unit": household.unit,
        "period": _period(current),
        "due_on": due_on.isoformat(),
        "lines": [_line(group) for group in _groups(current)],
        "total": str(sum((part.bill.unpaid for part in current), NOTHING)),
        "to_pay": str(household.to_pay),
    }
    if household.area:
        notice["area"] = in_chinese(_("建筑面积 {area} m²", area=household.area))
    if overdue:
        notice["overdue"] = [_overdue(part) for part in overdue]
    if household.late_fees:
        notice["late_fee_total"] = str(household.late_fees)
    if household.usable:
        notice["balance"] = str(household.usable)
    if clause := _clause(current, overdue):
        notice["late_fee"] = clause
    return {"head": dict(head), "notice": notice, "bills": [part.bill.id for part in (*current, *overdue)]}


def _period(parts: Sequence[Part]) -> str:
    """Name the months; what is metered was used before, so the others say which they are."""
    months = [part.bill.month for part in parts if not part.readings] or [part.bill.month for part in parts]
    first, last = min(months), max(months)
    if first == last:
        return in_chinese(_("{year}年{month}月", year=first.year, month=first.month))
    told = {"year": first.year, "month": first.month, "to_year": last.year, "to_month": last.month}
    if first.year == last.year:
        return in_chinese(_("{year}年{month}至{to_month}月", **told))
    return in_chinese(_("{year}年{month}月至{to_year}年{to_month}月", **told))


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Put the months that are paid in one go on one line: same item and tariff, one after the other, not metered."""
    groups: list[list[Part]] = []
    for part in parts:
        before = groups[-1][-1] if groups else None
        if before is not None and _goes_on(before, part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _goes_on(before: Part, part: Part) -> bool:
    same = (before.bill.fee_item_id, before.bill.tariff_id, before.bill.source) == (
        part.bill.fee_item_id, part.bill.tariff_id, part.bill.source
    )  # fmt: skip
    return same and not part.readings and part.bill.period_from == before.bill.period_to + timedelta(days=1)


def _line(group: Sequence[Part]) -> dict[str, Any]:
    first = group[0]
    line: dict[str, Any] = {
        "item": first.item,
        "amount": str(sum((part.bill.unpaid for part in group), NOTHING)),
        "period_from": first.bill.period_from.isoformat(),
        "period_to": group[-1].bill.period_to.isoformat(),
        "calculation": _calculation(group),
    }
    if first.readings:
        line["reading"] = _reading(first)
    return line


def _calculation(group: Sequence[Part]) -> str:
    counted = list(dict.fromkeys(map(_counted, group)))
    text = in_chinese(_("；")).join(counted)
    if len(counted) == 1 and len(group) > 1:
        text = in_chinese(_("{counted}，共 {n} 个月", counted=counted[0], n=len(group)))
    elif len(text) > MOST_CALCULATION:
        text = in_chinese(_("{n} 个月合计 {amount} 元", n=len(group), amount=sum(part.bill.amount for part in group)))
    settled = sum((part.bill.amount - part.bill.unpaid for part in group), NOTHING)
    return text + (in_chinese(_("；已缴或减免 {amount} 元", amount=settled)) if settled else "")


def _counted(part: Part) -> str:
    """Leave out what stands in columns of its own."""
    if len(part.readings) != 1:
        return part.bill.calculation
    _readings, _used, rest = part.bill.calculation.rpartition(_USED)
    return rest


def _reading(part: Part) -> dict[str, Any]:
    """Say what a metered bill was counted from; two meters where one was replaced."""
    meters = part.readings
    measure = in_chinese(MEASURES[part.kind]) if part.kind in MEASURES else ""
    said: dict[str, Any] = {
        "previous": " / ".join(figure(reading.previous) for reading, _number, _times in meters),
        "current": " / ".join(figure(reading.value) for reading, _number, _times in meters),
        "usage": f"{figure(sum((reading.quantity for reading, _n, _t in meters), NOTHING))} {measure}".strip(),
    }
    if numbers := [number for _reading, number, _times in meters if number]:
        said["meter"] = " / ".join(numbers)
    if any(times != 1 for _reading, _number, times in meters):
        said["multiplier"] = " / ".join(str(times) for _reading, _number, times in meters)
    return said


def _overdue(part: Part) -> dict[str, Any]:
    bill = part.bill
    line = {
        "item": part.item, "due_on": bill.due_on.isoformat(), "unpaid": str(bill.unpaid),
        "period_from": bill.period_from.isoformat(), "period_to": bill.period_to.isoformat(),
        "amount": str(bill.amount),
    }  # fmt: skip
    return line | ({"late_fee": str(part.late)} if part.late else {})


def _clause(current: Sequence[Part], overdue: Sequence[Part]) -> dict[str, Any] | None:
    """Name the clause and the rate of the late fee; nothing where no tariff had one."""
    bound = [part for part in (*current, *overdue) if part.bill.late_day is not None and part.clause]
    if not bound:
        return None
    rates = {part.bill.late_ppm: part for part in bound}
    said = [
        _rate(ppm) if len(rates) == 1 else in_chinese(_("{rate}（{item}）", rate=_rate(ppm), item=part.item))
        for ppm, part in sorted(rates.items(), reverse=True)
    ]
    told: dict[str, Any] = {"clause": _listed(part.clause for part in bound), "rate": _listed(said)}
    days = [part.bill.late_day for part in current if part.bill.late_day is not None]
    return told | ({"counted_from": date.fromordinal(min(days)).isoformat()} if days else {})


def _rate(ppm: int) -> str:
    """Write millionths a day as the office says it: 500 is 每日万分之五."""
    if ppm % 100 == 0 and 0 < ppm < 1000:
        return in_chinese(_("每日万分之{n}", n=in_chinese(_("一二三四五六七八九"))[ppm // 100 - 1]))
    return in_chinese(_("每日 {percent}%", percent=(Decimal(ppm) * 100 / MILLION).normalize()))


# ── as a message ─────────────────────────────────────────────────────────────────────────────────────────────────────


def message(snapshot: Mapping[str, Any]) -> str:
    """Write a notice as a message for WeChat or SMS."""
    head, notice = snapshot["head"], snapshot["notice"]
    told = {name: notice[name] for name in ("customer", "unit", "period", "to_pay")}
    due_on = date.fromisoformat(notice["due_on"])
    lines = [
        in_chinese(_("【{company}】缴费通知 {number}", company=head["company"], number=notice["number"])),
        in_chinese(_("{customer}，您好！您的房屋 {unit} {period}应缴费用共 {to_pay} 元：", **told)),
        *(in_chinese(_("· {item} {amount} 元", item=each["item"], amount=each["amount"])) for each in notice["lines"]),
    ]
    if notice.get("overdue"):
        unpaid = sum((Decimal(each["unpaid"]) for each in notice["overdue"]), NOTHING)
        lines.append(in_chinese(_("· 以前逾期未缴 {amount} 元", amount=unpaid)))
    if "late_fee_total" in notice:
        lines.append(in_chinese(_("· 违约金(滞纳金){amount} 元", amount=notice["late_fee_total"])))
    if "balance" in notice:
        lines.append(in_chinese(_("· 预存抵扣 −{amount} 元", amount=notice["balance"])))
    day = {"year": due_on.year, "month": due_on.month, "day": due_on.day}
    lines.append(in_chinese(_("请于 {year}年{month}月{day}日前（含当日）缴纳。", **day)))
    lines += head["ways"]
    if "phone" in head:
        lines.append(in_chinese(_("如有疑问请致电 {phone}；已缴费的请忽略。", phone=head["phone"])))
    return "\n".join(lines)


def window_of(month: date) -> tuple[date, date]:
    """Say which days' dues belong to the notices of a month: all up to its last day."""
    return month.replace(day=1), next_month(month) - timedelta(days=1)
