"""Access cards and keys 门禁卡与钥匙: handed out against a signature, charged beyond the free ones, given back (A2).

A card is switched off because it is lost, or because its holder has left; never for what somebody owes (门禁 is no
means of dunning).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.audit import record
from db.base import LINE_LENGTH, NAME_LENGTH
from db.cases import Case, case_by_id
from db.checking import clean_text, cleaned
from db.dossiers.card_returns import give_back, mark_disabled, moment_told, report_lost, sign_for
from db.dossiers.card_tables import (
    ELECTRONIC,
    NUMBERED,
    HolderIs,
    Holding,
    HoldingKind,
    Standing,
    is_left_behind,
    is_out,
    waits_for_disabling,
)
from db.dossiers.once_fees import OnceFee, likely_fee, once_fees
from db.fields import Field
from db.ledger.calculations import in_chinese
from db.ledger.once import bill_by_rule
from db.people import Right, User, in_scope, require
from db.refused import Refused
from db.registering import locked, note_change, saved_by
from db.registry import Customer, Unit
from db.session import actor_of
from db.settings import Setting, value_of
from db.words import Words, _

FREE = Setting(
    "cards.free", _("门禁卡、梯控卡、遥控器：每户每种免费几张"), 2, _("超出的和补办的按一次性收费标准收工本费"), most=50
)
MOST = 99

KIND = Field("kind", _("种类"), "choice", choices=HoldingKind, default=HoldingKind.ACCESS_CARD)
NUMBER = Field("number", _("卡号、编号"), "text", _("多张用空格隔开"), required=False, length=400, default="")
COUNT = Field("count", _("数量"), "number", _("没有编号的填几把、几个"), default=1)
HOLDER = Field("holder", _("持有人"), "text", _("不填为客户本人"), required=False, length=NAME_LENGTH, default="")
RELATION = Field("relation", _("与客户关系"), "choice", required=False, choices=HolderIs, default=HolderIs.SELF)
SIGNED_BY = Field("signed_by", _("签收人"), "text", required=False, length=NAME_LENGTH, default="")
NOTE = Field("note", _("备注"), "text", required=False, length=LINE_LENGTH, default="")
FIELDS = (KIND, NUMBER, COUNT, HOLDER, RELATION, SIGNED_BY, NOTE)
"""What is asked of what is handed out, besides unit, customer and fee."""


def numbers_typed(typed: str) -> list[str]:
    """Read several numbers typed or scanned in one field."""
    parts = re.split(r"[\s,;\u3001\uff0c\uff1b]+", clean_text(typed or ""))
    return list(dict.fromkeys(part for part in parts if part))


# ── handing out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hand_out(
    session: Session,
    unit_id: int,
    kind: HoldingKind | str,
    number: str = "",
    *,
    count: Any = 1,
    customer_id: int | None = None,
    holder: str = "",
    relation: HolderIs | str = HolderIs.SELF,
    signed_by: str = "",
    case_id: int | None = None,
    fee_item_id: int | None = None,
    replaces: int | None = None,
    note: str = "",
    at: datetime | None = None,
    token: str | None = None,
) -> Holding:
    """Hand a card or keys to somebody; needs `HAND_OVER`. A number already out is refused, saying who has it.

    `fee_item_id` charges its one-off price, once; beyond the free ones (`FREE`), and for a replacement, it is either
    charged or `note` says why not. `replaces` is the lost one. A second press of the same `token` returns the first.
    """
    require(actor_of(session), Right.HAND_OVER)
    if (done := saved_by(session, token)) is not None:
        return session.get_one(Holding, done)
    unit = _unit(session, unit_id)
    good = _checked(
        {"kind": kind, "number": number, "count": count, "holder": holder, "relation": relation,
         "signed_by": signed_by, "note": note}
    )  # fmt: skip
    customer = _customer(session, unit, customer_id)
    _open_case(session, case_id, unit)
    old = None if replaces is None else _lost_one(session, replaces, good["kind"])
    _refuse_taken(session, unit.estate_id, good["kind"], good["number"])
    fee = _fee(session, unit, customer_id, good, fee_item_id, replaced=old is not None)
    if not good["holder"] and customer is not None:
        good["holder"] = customer.name[:NAME_LENGTH]
    row = Holding(
        estate_id=unit.estate_id, unit_id=unit.id, customer_id=customer_id, case_id=case_id, issued_at=moment_told(at),
        issued_by=actor_of(session).user_id, **good,
    )  # fmt: skip
    with session.begin_nested():  # so that a refused charge leaves nothing behind for whoever goes on
        _store(session, row)
        told = {"what": row.shown, "unit": unit.short, "holder": row.holder, "signed_by": row.signed_by}
        record(session, "created", "holdings", row.id, estate_id=row.estate_id, case_id=case_id, after=told,
               token=token)  # fmt: skip
        if old is not None:
            old.replaced_by = row.id
            note_change(session, old, {"replaced_by": None}, {"replaced_by": row.id})
        if fee is not None and fee.price:
            _charge(session, row, fee)
    return row


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    good, problems = cleaned(FIELDS, values)
    wrong: dict[str, object] = dict(problems)
    numbers = numbers_typed(good["number"])
    if len(numbers) > 1:
        wrong["number"] = _("一次登记一张，多张请在登记页用空格隔开。")
    good["number"] = numbers[0][:40] if numbers else ""
    if "count" not in wrong and not 1 <= good["count"] <= MOST:
        wrong["count"] = _("请填写 {least} 到 {most} 之间的整数。", least=1, most=MOST)
    elif "count" not in wrong and good["number"] and good["count"] != 1:
        wrong["count"] = _("有编号的一次一张，数量填 1。")
    if "kind" not in wrong and good["kind"] in NUMBERED and not good["number"]:
        wrong["number"] = _("请填写{kind}的卡号。", kind=good["kind"].label)
    if wrong:
        raise Refused(_("请检查标出的 {n} 处。", n=len(wrong)), wrong)
    good["relation"] = good["relation"] or HolderIs.SELF
    return good


def _unit(session: Session, unit_id: int | None) -> Unit:
    unit = None if unit_id is None else session.scalar(
        in_scope(select(Unit).where(Unit.id == unit_id), actor_of(session), Unit)
    )  # fmt: skip
    if unit is None:
        raise Refused(_("请先选择房屋。"), {"unit_id": _("请选择房屋。")})
    return unit


def _customer(session: Session, unit: Unit, customer_id: int | None) -> Customer | None:
    if customer_id is None:
        return None
    customer = session.get(Customer, customer_id)
    if customer is None or customer.estate_id != unit.estate_id:
        raise Refused(_("请选择这个项目的客户。"), {"customer_id": _("请选择这个项目的客户。")})
    return customer


def _open_case(session: Session, case_id: int | None, unit: Unit) -> None:
    """Refuse what is handed out in the name of a matter that is over, or of another unit."""
    if case_id is None:
        return
    case = case_by_id(session, case_id)
    if case.closed_at is not None:
        raise Refused(_("{number} 已办结。请在“门禁卡与钥匙”页登记。", number=case.number))
    if case.unit_id != unit.id:
        raise Refused(_("{number} 不是 {unit} 的手续，请核对房屋。", number=case.number, unit=unit.short))


def _lost_one(session: Session, holding_id: int, kind: HoldingKind) -> Holding:
    old: Holding = locked(session, Holding, holding_id)
    if old.standing is not Standing.LOST:
        raise Refused(_("{what} 没有挂失，不能补办；请先挂失。", what=old.shown))
    if old.replaced_by is not None:
        raise Refused(_("{what} 已经补办过。", what=old.shown))
    if old.kind is not kind:
        raise Refused(_("补办的种类与挂失的 {what} 不同。", what=old.shown), {"kind": _("请选择同一种类。")})
    return old


def _refuse_taken(session: Session, estate_id: int, kind: HoldingKind, number: str) -> None:
    if not number:
        return
    same = session.execute(
        select(Holding, Unit.short)
        .join(Unit, Unit.id == Holding.unit_id)
        .where(
            Holding.estate_id == estate_id, Holding.kind == kind, Holding.number == number,
            Holding.returned_at.is_(None),
        )
    ).one_or_none()  # fmt: skip
    if same is None:
        return
    taken, unit = same
    who = taken.holder or unit
    if taken.lost_at is not None:
        wrong = _("{what} 已由 {unit} {who} 挂失，不能再发；找回的请先登记交回。", what=taken.shown, unit=unit, who=who)
    else:
        wrong = _("{what} 在 {unit} {who} 手上，请先登记交回，或核对卡号。", what=taken.shown, unit=unit, who=who)
    raise Refused(wrong, {"number": wrong})


def _store(session: Session, row: Holding) -> None:
    """Write a row; whoever was a moment slower with the same number hears who has it."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        _refuse_taken(session, row.estate_id, row.kind, row.number)
        raise


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────────


def proposed_fee(
    session: Session, unit_id: int, customer_id: int | None, kind: HoldingKind, *, replaced: bool = False
) -> OnceFee | None:
    """Say what one more of a kind costs this household; None while it is free, or where the office charges nothing."""
    if kind not in ELECTRONIC:
        return None
    unit = _unit(session, unit_id)
    fee = likely_fee(once_fees(session, unit), kind.label.text)
    if fee is None or replaced:
        return fee
    free = int(value_of(session, FREE, unit.estate_id))
    theirs = select(func.count()).where(
        Holding.unit_id == unit_id, Holding.kind == kind, Holding.returned_at.is_(None), Holding.replaced_by.is_(None),
        Holding.customer_id.is_not_distinct_from(customer_id),
    )  # fmt: skip
    return fee if (session.scalar(theirs) or 0) >= free else None


def _charge(session: Session, row: Holding, fee: OnceFee) -> None:
    what = f"{row.kind.label.text} {row.number}".strip()
    said = in_chinese(_("{what} {price} 元 × {n}", what=what, price=f"{fee.price:f}", n=row.count))
    bill = bill_by_rule(
        session, row.unit_id, fee.fee_item_id, fee.price * row.count, source=f"once:card:{row.id}", calculation=said,
        customer_id=row.customer_id,
    )  # fmt: skip
    row.bill_id = bill.id
    session.flush()


def _fee(
    session: Session, unit: Unit, customer_id: int | None, good: dict[str, Any], fee_item_id: int | None, *,
    replaced: bool,
) -> OnceFee | None:  # fmt: skip
    if fee_item_id is not None:
        fee = once_fees(session, unit).get(fee_item_id)
        if fee is None:
            wrong = _("这个收费项目今天没有一次性收费标准，请另选。")
            raise Refused(wrong, {"fee_item_id": wrong})
        return fee
    owed = proposed_fee(session, unit.id, customer_id, good["kind"], replaced=replaced)
    if owed is not None and not good["note"]:
        wrong = _("{kind}已超过免费张数或属补办，工本费 {price} 元：请选择收费，或在备注写明免收原因。",
                  kind=good["kind"].label, price=f"{owed.price:f}")  # fmt: skip
        raise Refused(wrong, {"fee_item_id": wrong})
    return None


# ── who has what ─────────────────────────────────────────────────────────────────────────────────────────────────────


def held(session: Session, unit_id: int, customer_id: int | None = None) -> list[Holding]:
    """List what is out for a unit, of one customer where named (and what names none), the oldest first."""
    statement = select(Holding).where(Holding.unit_id == unit_id, is_out())
    if customer_id is not None:
        statement = statement.where((Holding.customer_id == customer_id) | Holding.customer_id.is_(None))
    return list(session.scalars(in_scope(statement, actor_of(session), Holding).order_by(Holding.id)))


def handed_in(session: Session, case_id: int) -> list[tuple[Holding, str]]:
    """List what a matter handed out, with who handed it out; the caller has checked that the actor may see it."""
    rows = session.execute(
        select(Holding, User.name).join(User, User.id == Holding.issued_by).where(Holding.case_id == case_id)
        .order_by(Holding.id)
    )  # fmt: skip
    return [(row, by) for row, by in rows]


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def something_handed(session: Session, case: Case) -> Words | None:
    """Gate: keys or cards were handed out in this matter, and signed for."""
    rows = [row for row, _by in handed_in(session, case.id)]
    if not rows:
        return _("还没有发放钥匙或门禁卡，请先登记发放并由客户签收。")
    unsigned = [each.shown for each in rows if not each.signed_by]
    return _("{what} 还没有签收。", what=str(_("、")).join(unsigned)) if unsigned else None


def all_given_back(session: Session, case: Case) -> Words | None:
    """Gate for giving a matter up: nothing that it handed out is still out."""
    out = [row.shown for row, _by in handed_in(session, case.id) if row.standing is Standing.OUT]
    if not out:
        return None
    return _("本单发放的还没交回：{what}。请收回，丢失的登记挂失。", what=str(_("、")).join(out))


def all_returned(session: Session, case: Case) -> Words | None:
    """Gate: nothing handed to the matter's customer for its unit is still out; names what is."""
    if case.unit_id is None:
        return None
    out = held(session, case.unit_id, case.customer_id)
    if not out:
        return None
    named = [str(_("{what}（{who}）", what=each.shown, who=each.holder)) if each.holder else each.shown for each in out]
    return _("还有没交回的：{what}。请收回，丢失的登记挂失。", what=str(_("、")).join(named))


__all__ = [
    "ELECTRONIC", "FIELDS", "FREE", "NUMBERED", "HolderIs", "Holding", "HoldingKind", "Standing", "all_given_back",
    "all_returned",
    "give_back", "hand_out", "handed_in", "held", "is_left_behind", "mark_disabled", "numbers_typed", "proposed_fee",
    "report_lost", "sign_for", "something_handed", "waits_for_disabling",
]  # fmt: skip
