"""A payer's sheet as it is read: bills by age, months ahead, balance, deposits, last payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from db.base import Choice
from db.ledger.money_tables import DepositKind, Method, PaymentKind
from db.ledger.tables import NOTHING
from db.registry import Relation
from db.words import _


class Band(Choice):
    """How old a debt is, by the days since it was due."""

    NOT_DUE = "not_due", _("未到期"), "gray"
    DAYS_30 = "days_30", _("30 天内"), "blue"
    DAYS_90 = "days_90", _("31–90 天"), "orange"
    DAYS_365 = "days_365", _("91–365 天"), "orange"
    OLDER = "older", _("1 年以上"), "red"


def band_of(days_overdue: int) -> Band:
    """Say which band days after the due day fall into; 0 is not due yet."""
    if days_overdue <= 0:
        return Band.NOT_DUE
    ends = ((30, Band.DAYS_30), (90, Band.DAYS_90), (365, Band.DAYS_365))
    return next((band for most, band in ends if days_overdue <= most), Band.OLDER)


class Held(NamedTuple):
    """A unit that the payer holds, or still owes for."""

    id: int
    short: str
    owed: Decimal
    """With late fees to the day, whoever of its holders owes it."""
    is_held: bool
    """False once he has left it."""


class Person(NamedTuple):
    """Who holds the unit now."""

    id: int
    name: str
    relation: Relation


@dataclass(frozen=True)
class Payer:
    """Who pays: the unit found, who holds it, and what else is his."""

    unit_id: int
    unit: str
    estate_id: int
    customer_id: int | None
    name: str
    """抬头 as long as nobody writes another."""
    people: tuple[Person, ...]
    units: tuple[Held, ...]
    """The unit found first."""


@dataclass(frozen=True)
class Line:
    """A bill that is owed, or one that would be made for a month ahead (then without a number)."""

    bill_id: int | None
    unit_id: int
    unit: str
    item_id: int
    item: str
    payee_id: int
    source: str
    month: date
    period_from: date
    period_to: date
    due_on: date
    amount: Decimal
    unpaid: Decimal
    late_fee: Decimal
    days_overdue: int
    calculation: str
    owner: str = ""
    """Who owes it, where he holds the unit no more."""
    covered: Decimal = NOTHING
    """What the balance pays of it by itself."""

    @property
    def key(self) -> str:
        """Name the line, the same at every look."""
        if self.bill_id is not None:
            return f"b{self.bill_id}"
        return f"a{self.unit_id}/{self.item_id}/{self.source}/{self.month}/{self.amount}"

    @property
    def is_ahead(self) -> bool:
        """Say whether it is a month that would be billed by paying it."""
        return self.bill_id is None and not self.source.startswith(("once:", "case:"))

    @property
    def band(self) -> Band:
        """Say how old it is."""
        return band_of(self.days_overdue)

    def to_pay(self, *, late_fee: bool = True) -> Decimal:
        """Return what is to be paid for it, the balance taken off."""
        return self.unpaid - self.covered + (self.late_fee if late_fee else NOTHING)


class Kept(NamedTuple):
    """A deposit held."""

    kind: DepositKind
    payee: str
    unit: str
    held: Decimal


class LastPayment(NamedTuple):
    """A payment once made."""

    paid_on: date
    kind: PaymentKind
    amount: Decimal
    methods: tuple[Method, ...]
    receipt: str


@dataclass(frozen=True)
class Sheet:
    """What a payer owes on a day and has with the office."""

    payer: Payer
    on: date
    lines: tuple[Line, ...]
    """Oldest first; months ahead last."""
    payees: Mapping[int, str]
    """Of the estate; the payee of the management fee first."""
    balances: Mapping[tuple[int, int], Decimal]
    """(unit, payee) → yuan paid ahead."""
    deposits: tuple[Kept, ...]
    last: tuple[LastPayment, ...]
    paid_until: date | None
    """First day of the last month whose management fee is settled, and all before it that were billed."""
    items: tuple[tuple[int, str], ...] = ()
    """Fee items that can be paid ahead."""

    @property
    def balance(self) -> Decimal:
        """Return what is paid ahead, over units and payees."""
        return sum(self.balances.values(), NOTHING)

    def bands(self, payee_id: int | None = None) -> dict[Band, Decimal]:
        """Add up the unpaid principal of bills by age; every band is there."""
        found = dict.fromkeys(Band, NOTHING)
        for line in self.lines:
            if line.bill_id is not None and payee_id in (None, line.payee_id):
                found[line.band] += line.unpaid
        return found


class Waiting(NamedTuple):
    """A matter whose charge nobody has billed yet."""

    case_id: int
    number: str
    words: str
    charge: Decimal
