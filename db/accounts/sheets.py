"""The four sheets of a publication: service information, income and expenditure, common income, maintenance fund (F8).

They are read as they stand, frozen as JSON when they are handed in for approval, and compared with what stands later.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.accounts import figures, funds
from db.accounts.ground import ZERO, months_of, period_of, seen_estate
from db.accounts.heads import EXPENSES, INCOMES, SHORT, Basis, Book, Head
from db.accounts.tables import ServiceLine, Span
from db.audit import plain
from db.base import Choice
from db.clock import day_of
from db.ledger.tables import Basis as Counting
from db.ledger.tables import FeeItem, FeeKind, Tariff
from db.registry import ServicePoint
from db.reports.periods import Period, year_of
from db.words import Words, _


class Sheet(Choice):
    """The four sheets, in the order they hang."""

    SERVICE = "service", _("服务信息")
    FIGURES = "figures", _("收支情况")
    COMMON = "common", _("公共收益")
    FUND = "fund", _("专项维修资金")


@dataclass(frozen=True)
class Service:
    """What is done, how well, who answers for it, where to ring."""

    item: str
    standard: str
    responsible: str
    point: str
    phone: str


@dataclass(frozen=True)
class Price:
    """A tariff in force on the period's last day."""

    item: str
    name: str
    price: str
    payer: str
    since: date
    filing: str


@dataclass(frozen=True)
class FigureLine:
    """A head of income or expense, in yuan."""

    head: Head
    period: Decimal
    period_budget: Decimal
    year: Decimal
    """From 1 January to the period's last day."""
    year_budget: Decimal
    """Of the whole year."""


COLUMNS = {
    "period": _("本期"), "period_budget": _("本期预算"), "year": _("本年累计"), "year_budget": _("全年预算"),
}  # fmt: skip
"""The columns of a line of figures."""


@dataclass(frozen=True)
class From:
    """Where figures of the period come from."""

    title: str
    entered_on: date


@dataclass(frozen=True)
class Row:
    """A movement of an account as it is made public."""

    day: date
    item: str
    amount: Decimal
    purpose: str
    decision: str
    voucher: str
    balance: Decimal


@dataclass(frozen=True)
class Balance:
    """An account of the owners over the period."""

    opening: Decimal
    received: Decimal
    spent: Decimal
    closing: Decimal
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Sheets:
    """All that a publication says."""

    estate: str
    span: Span
    first: date
    last: date
    edition: int
    services: tuple[Service, ...]
    prices: tuple[Price, ...]
    figures: tuple[FigureLine, ...]
    sources: tuple[From, ...]
    common: Balance
    fund: Balance
    remark: str

    @property
    def period(self) -> Period:
        """Return the days it is about."""
        return Period(self.first, self.last)

    def sum_of(self, heads: tuple[Head, ...]) -> FigureLine:
        """Add up some heads; the line stands under the first of them."""
        some = [line for line in self.figures if line.head in heads]
        sums = {name: sum((getattr(line, name) for line in some), ZERO) for name in COLUMNS}
        return FigureLine(heads[0], **sums)

    @property
    def income(self) -> FigureLine:
        """Return the sum of all income."""
        return self.sum_of(INCOMES)

    @property
    def expense(self) -> FigureLine:
        """Return the sum of the nine heads."""
        return self.sum_of(EXPENSES)


def sheets_of(session: Session, estate_id: int, span: Span, day: date, *, remark: str = "", edition: int = 1) -> Sheets:
    """Read the four sheets of the span that holds `day` as they stand; needs `SEE_MONEY`."""
    estate, period = seen_estate(session, estate_id), period_of(span, day)
    return Sheets(
        estate=estate.name, span=span, first=period.first, last=period.last, edition=edition,
        services=_services(session, estate_id),
        prices=_prices(session, estate_id, period.last),
        figures=_figures(session, estate_id, period),
        sources=tuple(
            From(each.title, day_of(each.at))
            for each in figures.sources(session, estate_id, months_of(period), Basis.ACTUAL)
        ),
        common=_balance(session, estate_id, Book.COMMON, period),
        fund=_balance(session, estate_id, Book.FUND, period),
        remark=remark,
    )  # fmt: skip


def _services(session: Session, estate_id: int) -> tuple[Service, ...]:
    rows = session.execute(
        select(ServiceLine, ServicePoint.name, ServicePoint.phone)
        .outerjoin(ServicePoint, ServicePoint.id == ServiceLine.service_point_id)
        .where(ServiceLine.estate_id == estate_id, ServiceLine.ended_at.is_(None))
        .order_by(ServiceLine.position, ServiceLine.id)
    )
    return tuple(
        Service(line.item, line.standard, line.responsible, point or "", phone or "") for line, point, phone in rows
    )


def _prices(session: Session, estate_id: int, day: date) -> tuple[Price, ...]:
    """List the estate's tariffs in force; one unit's or one contract's own is nobody else's business."""
    rows = session.execute(
        select(Tariff, FeeItem.name, FeeItem.kind)
        .join(FeeItem, FeeItem.id == Tariff.fee_item_id)
        .where(
            Tariff.estate_id == estate_id, Tariff.unit_id.is_(None), Tariff.contract_id.is_(None),
            Tariff.valid_from <= day, or_(Tariff.valid_to.is_(None), Tariff.valid_to >= day),
        )
        .order_by(FeeItem.position, FeeItem.id, Tariff.valid_from, Tariff.id)
    )  # fmt: skip
    prices = (
        Price(item, row.name, _price(row, kind), row.payer.label.text, row.valid_from, row.filing_number)
        for row, item, kind in rows
    )
    return tuple(dict.fromkeys(prices))  # the same for several buildings reads the same


_PER = {
    Counting.BY_AREA: _("元/m²·月"),
    Counting.RENT: _("元/m²·月"),
    Counting.FIXED: _("元/月"),
    Counting.ONCE: _("元/次"),
}
_MEASURED = {
    FeeKind.WATER: _("元/吨"), FeeKind.POWER: _("元/度"), FeeKind.GAS: _("元/m³"),
    FeeKind.AIR_CONDITIONING: _("元/小时"),
}  # fmt: skip


def _price(row: Tariff, kind: FeeKind) -> str:
    """Write a price with what it is for; the paper is Chinese whoever makes it."""
    per = _PER.get(row.basis) or _MEASURED.get(kind, _("元/计量单位"))
    return f"{row.price} {per.text}{_('（阶梯）').text if row.steps else ''}"


def _figures(session: Session, estate_id: int, period: Period) -> tuple[FigureLine, ...]:
    """Add up every head, also those without a figure: a head that nobody mentions looks hidden."""
    year = months_of(year_of(period.last))
    so_far = [month for month in year if month <= period.last]
    within = set(months_of(period))
    actual = figures.standing(session, estate_id, Basis.ACTUAL, so_far)
    budget = figures.standing(session, estate_id, Basis.BUDGET, year)

    def total(found: figures.Figures, head: Head, months: set[date]) -> Decimal:
        return sum((amount for (month, each), amount in found.items() if each is head and month in months), ZERO)

    return tuple(
        FigureLine(
            head, total(actual, head, within), total(budget, head, within), total(actual, head, set(so_far)),
            total(budget, head, set(year)),
        )
        for head in (*INCOMES, *EXPENSES)
    )  # fmt: skip


def _balance(session: Session, estate_id: int, book: Book, period: Period) -> Balance:
    found = funds.account(session, estate_id, book, period.first, period.last)
    rows = tuple(
        Row(row.day, row.item.value, row.amount, _said(row), row.decision, row.voucher, row.balance)
        for row in found.movements
    )
    return Balance(found.opening, found.received, found.spent, found.closing, rows)


def _said(movement: funds.Movement) -> str:
    if not movement.reason:
        return movement.purpose
    return _("{purpose}（更正：{reason}）").text.format(purpose=movement.purpose, reason=movement.reason)


def months_without_figures(session: Session, estate_id: int, period: Period) -> list[date]:
    """List the months of a period for which finance has given nothing yet."""
    found = {month for month, _head in figures.standing(session, estate_id, Basis.ACTUAL, months_of(period))}
    return [month for month in months_of(period) if month not in found]


# ── frozen ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _kept(value: Any) -> Any:
    """Turn all parts into what JSON can keep: amounts and days as text."""
    if isinstance(value, dict):
        return {name: _kept(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(each) for each in value]
    return f"{value:.2f}" if isinstance(value, Decimal) else plain(value)


def frozen(sheets: Sheets) -> str:
    """Write the sheets as JSON, always in the same way, so that the same sheets have the same SHA-256."""
    return json.dumps(_kept(asdict(sheets)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(body: str) -> str:
    """Return the SHA-256 of a frozen text."""
    return hashlib.sha256(body.encode()).hexdigest()


def thawed(body: str) -> Sheets:
    """Read frozen sheets again."""
    kept = json.loads(body)
    return Sheets(
        estate=kept["estate"], span=Span(kept["span"]), first=date.fromisoformat(kept["first"]),
        last=date.fromisoformat(kept["last"]), edition=kept["edition"],
        services=tuple(Service(**each) for each in kept["services"]),
        prices=tuple(Price(**each | {"since": date.fromisoformat(each["since"])}) for each in kept["prices"]),
        figures=tuple(_figure(each) for each in kept["figures"]),
        sources=tuple(From(each["title"], date.fromisoformat(each["entered_on"])) for each in kept["sources"]),
        common=_account(kept["common"]), fund=_account(kept["fund"]), remark=kept["remark"],
    )  # fmt: skip


def _figure(kept: dict[str, str]) -> FigureLine:
    amounts = {name: Decimal(text) for name, text in kept.items() if name != "head"}
    return FigureLine(Head(kept["head"]), **amounts)


def _account(kept: dict[str, Any]) -> Balance:
    rows = tuple(
        Row(
            date.fromisoformat(each["day"]), each["item"], Decimal(each["amount"]), each["purpose"], each["decision"],
            each["voucher"], Decimal(each["balance"]),
        )
        for each in kept["rows"]
    )  # fmt: skip
    sums = {name: Decimal(kept[name]) for name in ("opening", "received", "spent", "closing")}
    return Balance(**sums, rows=rows)


# ── compared ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Difference:
    """What reads otherwise now than what was frozen; amounts in yuan, texts of lines that came or went."""

    sheet: Sheet
    label: Words
    frozen: Decimal | str
    now: Decimal | str


_SUMS = {"opening": _("期初"), "received": _("本期收入"), "spent": _("本期支出"), "closing": _("期末")}


def differences(then: Sheets, now: Sheets) -> list[Difference]:
    """List what differs between what was frozen and what stands now, sheet by sheet."""
    found = _lines_changed(then, now)
    stands = {line.head: line for line in now.figures}
    for line in then.figures:
        for name, column in COLUMNS.items():
            before, after = getattr(line, name), getattr(stands[line.head], name)
            if before != after:
                label = _("{head} {column}", head=SHORT[line.head], column=column)
                found.append(Difference(Sheet.FIGURES, label, before, after))
    for sheet, old, new in ((Sheet.COMMON, then.common, now.common), (Sheet.FUND, then.fund, now.fund)):
        found += [
            Difference(sheet, label, getattr(old, name), getattr(new, name))
            for name, label in _SUMS.items()
            if getattr(old, name) != getattr(new, name)
        ]
    return found


def _lines_changed(then: Sheets, now: Sheets) -> list[Difference]:
    old = {each.item: f"{each.standard} {each.responsible} {each.point} {each.phone}" for each in then.services}
    new = {each.item: f"{each.standard} {each.responsible} {each.point} {each.phone}" for each in now.services}
    old |= {each.name: f"{each.price} {each.payer} {each.filing}" for each in then.prices}
    new |= {each.name: f"{each.price} {each.payer} {each.filing}" for each in now.prices}
    return [
        Difference(Sheet.SERVICE, Words(name), " ".join(old.get(name, "").split()), " ".join(new.get(name, "").split()))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
