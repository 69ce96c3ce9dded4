"""A renovation's deposits 装修押金: due, taken, deducted with consent, paid back after a waiting time (D2, D4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import settings
from db.base import LINE_LENGTH, PROSE_LENGTH
from db.clock import today
from db.dossiers.renovation_tables import Formality, Renovation
from db.dossiers.steps import noted
from db.fields import Field
from db.ledger import corrections, deposits
from db.ledger.money_tables import (
    Allocation,
    Correction,
    CorrectionKind,
    CorrectionState,
    Deposit,
    DepositKind,
    Method,
    Payment,
    PaymentKind,
    Receipt,
    Target,
)
from db.ledger.postings import Tender
from db.ledger.tables import NOTHING
from db.process import Step
from db.refused import Refused
from db.registry import Unit
from db.settings import Setting
from db.words import Words, _

DEPOSIT_HOME = Setting(
    "renovations.deposit_home", _("装修：住宅每户装修押金(元)"), 2000,
    _("管理规约或装修协议约定了才能收；0 表示不收"), most=999_999,
)  # fmt: skip
DEPOSIT_PARK = Setting(
    "renovations.deposit_park", _("装修：园区装修押金每平方米多少元"), 20, _("按建筑面积；0 表示不收"), most=10_000
)
PASS_DEPOSIT = Setting("renovations.pass_deposit", _("装修：出入证押金每张(元)"), 0, _("0 表示不收"), most=1000)
REFUND_HOME = Setting("renovations.refund_days_home", _("装修：住宅验收合格后多少天退押金"), 30, most=365)
REFUND_PARK = Setting("renovations.refund_days_park", _("装修：园区验收合格后多少天退押金"), 0, most=365)


@dataclass(frozen=True)
class Due:
    """The deposit that a renovation leaves, in yuan, and how it was counted."""

    amount: Decimal
    calculation: Words


def _by_home(session: Session, case: Renovation) -> Due:
    amount = Decimal(settings.value_of(session, DEPOSIT_HOME, case.estate_id))
    return Due(amount, _("每户 {amount} 元", amount=f"{amount:.2f}"))


def _by_area(session: Session, case: Renovation) -> Due:
    price = Decimal(settings.value_of(session, DEPOSIT_PARK, case.estate_id))
    unit = session.get_one(Unit, case.unit_id)
    if not price:
        return Due(NOTHING, _("不收"))
    if unit.area is None:
        raise Refused(_("{unit} 没有建筑面积，算不出装修押金，请先补录面积。", unit=unit.short))
    return Due(
        (unit.area * price).quantize(Decimal("0.01")),
        _("{area} m² × {price} 元", area=f"{unit.area:.2f}", price=f"{price:.2f}"),
    )


_DUE: dict[Formality, Callable[[Session, Renovation], Due]] = {
    Formality.OWNER: _by_home, Formality.TENANT: _by_home, Formality.PARK: _by_area,
}  # fmt: skip
_WAIT: dict[Formality, Setting] = {
    Formality.OWNER: REFUND_HOME, Formality.TENANT: REFUND_HOME, Formality.PARK: REFUND_PARK,
}  # fmt: skip


def due(session: Session, case: Renovation) -> Due:
    """Count the deposit by the renovation's formality. Raises `Refused` where it goes by an area nobody knows."""
    return _DUE[case.template](session, case)


def deposits_of(session: Session, case_id: int, kind: DepositKind | None = None) -> list[Deposit]:
    """List the deposits taken for a renovation, in the order taken."""
    statement = select(Deposit).where(Deposit.case_id == case_id).order_by(Deposit.id)
    return list(session.scalars(statement if kind is None else statement.where(Deposit.kind == kind)))


def _taken(session: Session, ids: Sequence[int]) -> Decimal:
    """Sum what came in; a payment taken back again does not count."""
    amount = session.scalar(
        select(func.coalesce(func.sum(Allocation.amount), 0))
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(
            Allocation.deposit_id.in_(ids), Allocation.target == Target.DEPOSIT,
            Payment.kind.in_([PaymentKind.PAYMENT, PaymentKind.VOID, PaymentKind.REVERSAL]),
        )
    )  # fmt: skip
    return Decimal(amount or 0)


def deposit_is_paid(session: Session, case: Renovation) -> Words | None:
    """Say that the renovation's deposit is there; deposits are their own ledger, so fees owed do not enter."""
    try:
        wanted = due(session, case).amount
    except Refused as refused:
        return Words(refused.message)
    there = deposits_of(session, case.id, DepositKind.RENOVATION)
    taken = _taken(session, [each.id for each in there])
    if case.started_on is None:  # what was given back before the works began is to be paid anew
        taken = sum((each.held for each in there), NOTHING)
    if taken >= wanted:
        return None
    return _("装修押金应收 {due} 元，已收 {taken} 元。", due=f"{wanted:,.2f}", taken=f"{taken:,.2f}")


def nothing_is_held(session: Session, case: Renovation) -> Words | None:
    """Gate: no deposit of this renovation is held any more."""
    held = sum((each.held for each in deposits_of(session, case.id)), NOTHING)
    return _("还有押金 {held} 元没有退。", held=f"{held:,.2f}") if held else None


def something_is_held(session: Session, case: Renovation) -> Words | None:
    """Gate: there is a deposit to deduct from or to pay back."""
    return None if any(each.held for each in deposits_of(session, case.id)) else _("本单没有在押的押金。")


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

PAYEE = Field("payee_id", _("收款单位"), "reference", target="payees")
AMOUNT = Field("amount", _("金额(元)"), "money")
METHOD = Field("method", _("方式"), "choice", choices=Method, default=Method.CASH)
REFERENCE = Field("reference", _("流水号、凭证号"), "text", _("转账、微信、支付宝填写"), required=False,
                  length=LINE_LENGTH)  # fmt: skip
TAKING = (PAYEE, AMOUNT, METHOD, REFERENCE)


def taking(kind: DepositKind) -> Callable[[Step], None]:
    """Make what follows when a cashier takes a deposit of a kind: its receipt, and a line in the matter's story."""

    def then(step: Step) -> None:
        session, case, values = step.session, step.case, step.values
        amount: Decimal = values["amount"]
        if kind is DepositKind.RENOVATION:
            _refuse_more_than_due(session, case, amount)
        words = due(session, case).calculation if kind is DepositKind.RENOVATION else Words(str(kind.label))
        taken = deposits.take_deposit(
            session, case.unit_id, values["payee_id"], kind,
            [Tender(values["method"], amount, values.get("reference") or "")],
            customer_id=case.customer_id, calculation=words.text.format(**words.blanks), case_id=case.id,
            paid_on=min(step.day, today()), note=case.number,
        )  # fmt: skip
        said = _("{amount} 元，收据 {number}", amount=f"{amount:,.2f}", number=taken.receipt.number)
        noted(step, said)

    return then


def _refuse_more_than_due(session: Session, case: Renovation, amount: Decimal) -> None:
    """Refuse a deposit beyond what was agreed: taken twice, or where none is taken at all."""
    wanted = due(session, case).amount
    held = sum((each.held for each in deposits_of(session, case.id, DepositKind.RENOVATION)), NOTHING)
    if held + amount > wanted:
        wrong = _("装修押金应收 {due} 元，已收 {taken} 元，不能多收。", due=f"{wanted:,.2f}", taken=f"{held:,.2f}")
        raise Refused(wrong, {AMOUNT.name: wrong})


def passes_take_a_deposit(session: Session, case: Renovation) -> Words | None:
    """Gate: the office takes a deposit for passes."""
    return None if settings.value_of(session, PASS_DEPOSIT, case.estate_id) else _("本项目不收出入证押金。")


# ── deducted, out ────────────────────────────────────────────────────────────────────────────────────────────────────

REASON = Field("reason", _("扣款原因"), "prose", _("损坏了什么、修复费用怎样算"), length=PROSE_LENGTH)
CONSENT = Field("consent", _("客户书面同意的凭据"), "text", _("例如 扣款确认单 3 号"), length=LINE_LENGTH)
DEDUCTING = (AMOUNT, REASON, CONSENT)
PAPER = Field("paper", _("收回的票据"), "text", _("押金收据号，或“遗失声明”"), length=LINE_LENGTH)
ACCOUNT = Field("account", _("付款人账户"), "text", _("开户行、户名、账号；退现金可不填"), required=False,
                length=LINE_LENGTH)  # fmt: skip
PAYING_BACK = (PAPER, ACCOUNT)


def deducted(step: Step) -> None:
    """Take damage off what is held, from the oldest deposit on; only with a reason and the customer's consent."""
    left: Decimal = step.values["amount"]
    held = [each for each in deposits_of(step.session, step.case.id, DepositKind.RENOVATION) if each.held]
    most = sum((each.held for each in held), NOTHING)
    if left > most:
        wrong = _("现存装修押金只有 {most} 元。", most=f"{most:,.2f}")
        raise Refused(wrong, {AMOUNT.name: wrong})
    amount, reason, consent = left, step.values["reason"], step.values["consent"]
    for each in held:
        part = min(left, each.held)
        if part:
            deposits.deduct(step.session, each.id, part, reason, consent=consent)
            left -= part
    said = _("{amount} 元：{reason}（{consent}）", amount=f"{amount:,.2f}", reason=reason, consent=consent)
    noted(step, said)


def refund_asked(step: Step) -> None:
    """Ask for everything held to be paid back; finance, and above the limit the director, decide."""
    case, values = step.case, step.values
    reason = _("{number} 装修押金退还", number=case.number)
    sums = []
    for each in deposits_of(step.session, case.id):
        if each.held:
            corrections.ask_deposit_refund(
                step.session, each.id, each.held, step.note or reason.text.format(**reason.blanks),
                paper=values["paper"], account=values.get("account") or "",
            )  # fmt: skip
            sums.append(each.held)
    said = _("申请退还 {amount} 元", amount=f"{sum(sums, NOTHING):,.2f}")
    noted(step, said)


def waiting_is_over(session: Session, case: Renovation) -> Words | None:
    """Gate: the time that has to pass after acceptance has passed."""
    until = refundable_on(session, case)
    if until is None or until <= today():
        return None
    return _("验收合格后要满约定天数，{day} 起可退。", day=until)


def waiting_days(session: Session, case: Renovation) -> int:
    """Say how many days have to pass after acceptance, by the renovation's formality."""
    return int(settings.value_of(session, _WAIT[case.template], case.estate_id))


def refundable_on(session: Session, case: Renovation) -> date | None:
    """Say from when the deposit may be paid back; None while the works are not accepted."""
    return None if case.accepted_on is None else case.accepted_on + timedelta(days=waiting_days(session, case))


def no_refund_under_way(session: Session, case: Renovation) -> Words | None:
    """Gate: what was asked for already is neither asked for nor deducted from again."""
    under_way = session.scalar(
        select(Correction.id)
        .join(Deposit, Deposit.id == Correction.deposit_id)
        .where(Deposit.case_id == case.id, Correction.state.in_(corrections.UNDER_WAY))
        .limit(1)
    )
    return _("退还申请正在办理，请在“减免退款红冲”里看进度。") if under_way else None


@dataclass(frozen=True)
class Deduction:
    """One amount kept back or set off against fees, with its reason and the paper of consent."""

    day: date
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class Refund:
    """One refund asked for."""

    id: int
    amount: Decimal
    state: CorrectionState


@dataclass(frozen=True)
class Worksheet:
    """What became of a renovation's deposits, in yuan: taken − deducted − paid back = held."""

    due: Decimal | None
    """None where it cannot be counted."""
    calculation: str
    taken: Decimal
    deductions: tuple[Deduction, ...]
    paid_back: Decimal
    held: Decimal
    receipts: tuple[str, ...]
    refunds: tuple[Refund, ...]
    refundable_on: date | None

    @property
    def deducted(self) -> Decimal:
        """The sum of what was kept back."""
        return sum((each.amount for each in self.deductions), NOTHING)


def worksheet(session: Session, case: Renovation) -> Worksheet:
    """Count what became of a renovation's deposits; in a fixed number of queries."""
    held = deposits_of(session, case.id)
    ids = [each.id for each in held]
    moves = session.execute(
        select(Payment.paid_on, Payment.kind, Payment.note, Allocation.amount)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.deposit_id.in_(ids), Allocation.target == Target.DEPOSIT)
        .order_by(Allocation.id)
    ).all()
    numbers = session.scalars(
        select(Receipt.number)
        .join(Allocation, Allocation.payment_id == Receipt.payment_id)
        .where(Allocation.deposit_id.in_(ids), Allocation.target == Target.DEPOSIT, Allocation.amount > 0)
        .order_by(Receipt.id)
    )
    kept = {PaymentKind.DEDUCTION, PaymentKind.OFFSET}
    asked = session.scalars(
        select(Correction)
        .where(Correction.deposit_id.in_(ids), Correction.kind == CorrectionKind.DEPOSIT_REFUND)
        .order_by(Correction.id)
    )
    try:
        wanted = due(session, case)
    except Refused:
        wanted = None
    return Worksheet(
        due=wanted.amount if wanted else None, calculation=str(wanted.calculation) if wanted else "",
        taken=_taken(session, ids),
        deductions=tuple(Deduction(day, -amount, note) for day, kind, note, amount in moves if kind in kept),
        paid_back=-sum((amount for _day, kind, _note, amount in moves if kind is PaymentKind.REFUND), NOTHING),
        held=sum((each.held for each in held), NOTHING), receipts=tuple(numbers),
        refunds=tuple(Refund(each.id, each.amount, each.state) for each in asked),
        refundable_on=refundable_on(session, case),
    )  # fmt: skip
