"""What a new tenant of the park pays on entry: deposits, first rent, first management fee (I1; HB:308-311)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Choice
from db.clock import today
from db.ledger.calculations import in_chinese
from db.ledger.charges import place_of, unit_asked, whole_month
from db.ledger.choosing import Tariffs
from db.ledger.tables import FeeItem, FeeKind, Payee
from db.refused import Refused
from db.registry import Contract, Unit
from db.settings import Setting, value_of
from db.words import _

RENT_DEPOSIT_MONTHS = Setting("ledger.rent_deposit_months", _("入驻：房租押金为几个月房租"), 3, least=0, most=24)
FEE_DEPOSIT_MONTHS = Setting(
    "ledger.fee_deposit_months", _("入驻：物业管理费保证金为几个月管理费"), 3, least=0, most=24
)
FIRST_RENT_MONTHS = Setting("ledger.first_rent_months", _("入驻：首期房租为几个月"), 1, least=0, most=12)
FIRST_FEE_MONTHS = Setting("ledger.first_fee_months", _("入驻：首期物业管理费为几个月"), 1, least=0, most=12)


class EntryKind(Choice):
    """What is paid on moving in (HB:308-311)."""

    RENT_DEPOSIT = "rent_deposit", _("房租押金")
    FEE_DEPOSIT = "fee_deposit", _("物业管理费保证金")
    RENT = "rent", _("首期房租")
    FEE = "fee", _("首期物业管理费")


@dataclass(frozen=True)
class EntryFee:
    """One line of what a new tenant pays, in yuan."""

    kind: EntryKind
    months: int
    monthly: Decimal
    amount: Decimal
    calculation: str
    fee_item_id: int
    payee_id: int
    payee: str


_ENTRY = (
    (EntryKind.RENT_DEPOSIT, FeeKind.RENT, RENT_DEPOSIT_MONTHS),
    (EntryKind.FEE_DEPOSIT, FeeKind.MANAGEMENT, FEE_DEPOSIT_MONTHS),
    (EntryKind.RENT, FeeKind.RENT, FIRST_RENT_MONTHS),
    (EntryKind.FEE, FeeKind.MANAGEMENT, FIRST_FEE_MONTHS),
)


def entry_fees(
    session: Session, unit_id: int, contract_id: int | None = None, on: date | None = None
) -> list[EntryFee]:
    """Count what a new tenant pays on entry (HB:308-311): deposits and first months, by the lease's tariffs.

    Counted for the first day of the contract where one is named, else `on` (default: today); a unit still vacant is
    charged in full. Raises `Refused` where there is no rent, no fee or no area to count by.
    """
    unit = unit_asked(session, unit_id)
    day = on or today()
    if contract_id is not None:
        contract = session.get(Contract, contract_id)
        if contract is None or contract.unit_id != unit.id:
            raise Refused(_("这份合同不是 {unit} 的，请重新选择。", unit=unit.short))
        day = contract.starts_on
    monthly = {kind: _monthly(session, unit, kind, day) for kind in (FeeKind.RENT, FeeKind.MANAGEMENT)}
    lines = []
    for entry, kind, setting in _ENTRY:
        months = int(value_of(session, setting, unit.estate_id))
        item, payee, one, calculation = monthly[kind]
        if months > 1:
            words = _("{month}；{n} 个月合计 {sum} 元", month=calculation, n=months, sum=f"{one * months:.2f}")
            calculation = in_chinese(words)
        if months:
            lines.append(EntryFee(entry, months, one, one * months, calculation, item.id, item.payee_id, payee))
    return lines


def _monthly(session: Session, unit: Unit, kind: FeeKind, day: date) -> tuple[FeeItem, str, Decimal, str]:
    """Count one month of rent, or of the management fee."""
    tariffs, place = Tariffs.load(session, unit.estate_id, day, day), place_of(unit)
    items = session.execute(
        select(FeeItem, Payee.name)
        .join(Payee, Payee.id == FeeItem.payee_id)
        .where(FeeItem.estate_id == unit.estate_id, FeeItem.kind == kind)
        .order_by(FeeItem.position, FeeItem.id)
    )
    for item, payee in items:
        rate = tariffs.on(place, item.id, day)
        if rate is None:
            continue
        amount, calculation = whole_month(rate, day, place.area, empty=False)
        if amount is None:
            raise Refused(_("{unit} 没有建筑面积，算不出{kind}，请先补录面积。", unit=unit.short, kind=kind.label))
        return item, payee, amount, calculation
    raise Refused(
        _("{unit} 在 {day} 没有适用的{kind}标准，请财务先录入收费标准。", unit=unit.short, day=day, kind=kind.label)
    )
