"""A company's name plates 客户名牌: in the lobby and on its floor, applied for, made once, charged (I5; HB:322-323)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.audit import record
from db.base import NAME_LENGTH, Base, Choice, Line, Name, Yuan
from db.cases import Case, case_by_id
from db.checking import clean_text, cleaned
from db.clock import today
from db.dossiers.once_fees import OnceFee, likely_fee, once_fees
from db.fields import Field, ui
from db.ledger.calculations import in_chinese
from db.ledger.once import bill_by_rule
from db.people import Right, in_scope, require
from db.refused import Refused
from db.registering import locked, note_change, saved_by
from db.registry import Customer, Unit
from db.session import actor_of
from db.words import Words, _

MOST_LETTERS = NAME_LENGTH


class PlateKind(Choice):
    """Where a plate hangs."""

    LOBBY = "lobby", _("大堂名牌")
    FLOOR = "floor", _("楼层水牌")


class PlateState(Choice):
    """How far a plate has come."""

    APPLIED = "applied", _("已申请"), "orange"
    ORDERED = "ordered", _("制作中"), "blue"
    UP = "up", _("已安装"), "green"
    DOWN = "down", _("已拆除"), "gray"


class Plate(Base):
    """One plate of one company; it has one of each kind at a time."""

    __tablename__ = "plates"
    __table_args__ = (
        Index("uq_plates_customer_id_kind", "customer_id", "kind", unique=True,
              sqlite_where=text("taken_down_on IS NULL"), postgresql_where=text("taken_down_on IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[PlateKind] = mapped_column(info=ui(_("名牌种类")))
    text: Mapped[Name] = mapped_column(info=ui(_("中文名称")))
    text_en: Mapped[Name] = mapped_column(default="", info=ui(_("英文名称")))
    applied_on: Mapped[date] = mapped_column(Date, info=ui(_("申请日期")))
    ordered_on: Mapped[date | None] = mapped_column(Date, info=ui(_("订制日期")))
    price: Mapped[Yuan | None] = mapped_column(info=ui(_("制作费(元)")))
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"), index=True)
    put_up_on: Mapped[date | None] = mapped_column(Date, info=ui(_("安装日期")))
    taken_down_on: Mapped[date | None] = mapped_column(Date, info=ui(_("拆除日期")))
    note: Mapped[Line] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    @property
    def state(self) -> PlateState:
        """How far it has come."""
        if self.taken_down_on is not None:
            return PlateState.DOWN
        if self.put_up_on is not None:
            return PlateState.UP
        return PlateState.ORDERED if self.ordered_on is not None else PlateState.APPLIED


KINDS = Field("kinds", _("名牌种类"), "people")
TEXT = Field("text", _("名牌上的名称"), "text", _("与营业执照一致，或客户确认的简称"), length=MOST_LETTERS)
TEXT_EN = Field("text_en", _("英文名称"), "text", _("不用英文可不填"), required=False, length=MOST_LETTERS, default="")
PRICE = Field("price", _("每块制作费(元)"), "money")


def apply(
    session: Session, case_id: int, kinds: Collection[PlateKind | str], text: str, text_en: str = "", *,
    on: date | None = None, token: str | None = None,
) -> list[Plate]:  # fmt: skip
    """Take a company's application for its plates, of each kind one; refused while it has one that is not down.

    Needs `HAND_OVER`; a second press of the same `token` returns the first's.
    """
    require(actor_of(session), Right.HAND_OVER)
    case = _open_case(session, case_id)
    if saved_by(session, token) is not None:
        return plates_of(session, case)
    good, problems = cleaned((TEXT, TEXT_EN), {"text": text, "text_en": text_en})
    wrong: dict[str, object] = dict(problems)
    wanted = [each for each in PlateKind if each in kinds]
    if not wanted:
        wrong["kinds"] = _("请选择要做的名牌。")
    if (day := on or today()) > today():
        wrong["on"] = _("申请日期不能晚于今天。")
    if wrong:
        raise Refused(_("请检查标出的 {n} 处。", n=len(wrong)), wrong)
    if case.customer_id is None or case.unit_id is None:
        raise Refused(_("{number} 没有登记客户和房屋，请先补上。", number=case.number))
    for kind in wanted:
        _refuse_second(session, case.customer_id, kind)
    made = [
        Plate(estate_id=case.estate_id, case_id=case.id, unit_id=case.unit_id, customer_id=case.customer_id,
              kind=kind, applied_on=day, **good)
        for kind in wanted
    ]  # fmt: skip
    try:
        with session.begin_nested():
            session.add_all(made)
            session.flush()
    except IntegrityError:  # somebody was a moment faster
        for kind in wanted:
            _refuse_second(session, case.customer_id, kind)
        raise
    record(session, "created", "plates", made[0].id, estate_id=case.estate_id, case_id=case.id, token=token,
           after={"kinds": [each.value for each in wanted], **good})  # fmt: skip
    return made


def _refuse_second(session: Session, customer_id: int, kind: PlateKind) -> None:
    same = session.scalar(
        select(Plate).where(Plate.customer_id == customer_id, Plate.kind == kind, Plate.taken_down_on.is_(None))
    )
    if same is not None:
        wrong = _("{kind}每个客户只做一次，“{text}”{state}；要重做请先登记拆除。",
                  kind=kind.label, text=same.text, state=same.state.label)  # fmt: skip
        raise Refused(wrong, {"kinds": wrong})


def order(
    session: Session, plate_ids: Collection[int], price: Decimal | str | None, fee_item_id: int | None, *,
    on: date | None = None, token: str | None = None,
) -> list[Plate]:  # fmt: skip
    """Order plates at so much each (yuan), charged to the company once, however often it is pressed (HB:322-323).

    A price of nothing charges nothing. Needs `HAND_OVER`.
    """
    require(actor_of(session), Right.HAND_OVER)
    good, problems = cleaned((PRICE,), {"price": price})
    wrong: dict[str, object] = dict(problems)
    if not plate_ids:
        wrong["plates"] = _("请选择要订制的名牌。")
    if (day := on or today()) > today():
        wrong["on"] = _("订制日期不能晚于今天。")
    if not problems and good["price"] and fee_item_id is None:
        wrong["fee_item_id"] = _("请选择收费项目。")
    if wrong:
        raise Refused(_("请检查标出的 {n} 处。", n=len(wrong)), wrong)
    rows = [locked(session, Plate, each) for each in sorted(set(plate_ids))]
    if token is not None and saved_by(session, token) is not None:
        return rows
    with session.begin_nested():
        for row in rows:
            _order_one(session, row, good["price"], fee_item_id, day)
        told = {"plates": [each.id for each in rows], "price": good["price"], "on": day}
        record(session, "ordered", "plates", rows[0].id, estate_id=rows[0].estate_id, case_id=rows[0].case_id,
               after=told, token=token)  # fmt: skip
    return rows


def _order_one(session: Session, row: Plate, price: Decimal, fee_item_id: int | None, day: date) -> None:
    if row.state is not PlateState.APPLIED:
        raise Refused(_("“{text}”的{kind}{state}，不再订制和收费。",
                        text=row.text, kind=row.kind.label, state=row.state.label))  # fmt: skip
    if day < row.applied_on:
        wrong = _("订制日期不能早于申请日期 {day}。", day=row.applied_on)
        raise Refused(wrong, {"on": wrong})
    if price and fee_item_id is not None:
        said = in_chinese(_("{kind}“{text}”制作费 {price} 元", kind=row.kind.label.text, text=row.text, price=price))
        row.bill_id = bill_by_rule(
            session, row.unit_id, fee_item_id, price, source=f"once:plate:{row.id}", calculation=said,
            customer_id=row.customer_id,
        ).id  # fmt: skip
    row.ordered_on, row.price = day, price
    note_change(session, row, {"ordered_on": None}, {"ordered_on": day, "price": price})


def put_up(session: Session, plate_id: int, on: date, *, version: int | None = None) -> Plate:
    """Record the day on which a plate was put up."""
    row = _to_change(session, plate_id, version)
    if row.state is not PlateState.ORDERED:
        raise Refused(_("“{text}”的{kind}{state}，不能登记安装。", text=row.text, kind=row.kind.label,
                        state=row.state.label))  # fmt: skip
    _refuse_day(on, row.ordered_on, _("安装日期不能早于订制日期 {day}。", day=row.ordered_on))
    row.put_up_on = on
    note_change(session, row, {"put_up_on": None}, {"put_up_on": on})
    return row


def take_down(session: Session, plate_id: int, on: date, *, note: str = "", version: int | None = None) -> Plate:
    """Record the day on which a plate came down, or that its application or order was withdrawn."""
    row = _to_change(session, plate_id, version)
    if row.state is PlateState.DOWN:
        raise Refused(_("“{text}”的{kind}已在 {day} 拆除。", text=row.text, kind=row.kind.label, day=row.taken_down_on))
    since = row.put_up_on or row.ordered_on or row.applied_on
    _refuse_day(on, since, _("拆除日期不能早于 {day}。", day=since))
    row.taken_down_on, row.note = on, " ".join(clean_text(note).split())[:200] or row.note
    note_change(session, row, {"taken_down_on": None}, {"taken_down_on": on, "note": row.note})
    return row


def _to_change(session: Session, plate_id: int, version: int | None) -> Plate:
    require(actor_of(session), Right.HAND_OVER)
    row: Plate = locked(session, Plate, plate_id, version)
    return row


def _refuse_day(on: date, since: date | None, sentence: Words) -> None:
    if on > today():
        raise Refused(_("日期不能晚于今天。"), {"on": _("不能晚于今天。")})
    if since is not None and on < since:
        raise Refused(sentence, {"on": sentence})


def _open_case(session: Session, case_id: int) -> Case:
    case = case_by_id(session, case_id)
    if case.closed_at is not None:
        raise Refused(_("{number} 已办结，不能再申请名牌。", number=case.number))
    return case


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def plates_of(session: Session, case: Case) -> list[Plate]:
    """List the plates that a matter is about: applied for in it, or its customer's that are not down."""
    own: Any = Plate.case_id == case.id
    if case.customer_id is not None:
        own = own | ((Plate.customer_id == case.customer_id) & Plate.taken_down_on.is_(None))
    statement = in_scope(select(Plate).where(own), actor_of(session), Plate)
    return list(session.scalars(statement.order_by(Plate.id)))


def proposed(session: Session, case: Case) -> str:
    """Propose what stands on the plate: the customer's name."""
    customer = session.get(Customer, case.customer_id) if case.customer_id is not None else None
    return customer.name if customer is not None else ""


def fees(session: Session, case: Case) -> tuple[dict[int, OnceFee], OnceFee | None]:
    """Offer the one-off fees, and the one that is probably meant."""
    unit = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    offered = once_fees(session, unit) if unit is not None else {}
    return offered, likely_fee(offered, _("名牌").text, _("水牌").text)


def plates_applied(session: Session, case: Case) -> Words | None:
    """Gate: the customer has applied for his plates (客户名牌申请表, HB:322)."""
    theirs = any(each.taken_down_on is None for each in plates_of(session, case))
    return None if theirs else _("还没有登记《客户名牌申请表》（大堂名牌、楼层水牌）。")


def plates_down(session: Session, case: Case) -> Words | None:
    """Gate: no plate of the matter's customer hangs any more, or is still being made."""
    return _said_left([each for each in plates_of(session, case) if each.taken_down_on is None])


def none_left(session: Session, case: Case) -> Words | None:
    """Gate for giving a matter up: no plate applied for in it hangs, is being made or still asked for."""
    own = [each for each in plates_of(session, case) if each.case_id == case.id]
    return _said_left([each for each in own if each.taken_down_on is None])


def _said_left(left: Collection[Plate]) -> Words | None:
    if not left:
        return None
    named = str(_("、")).join(
        str(_("{kind}“{text}”（{state}）", kind=each.kind.label, text=each.text, state=each.state.label))
        for each in left
    )
    return _("还有没拆除或没撤销的名牌：{plates}。", plates=named)


__all__ = [
    "KINDS", "PRICE", "TEXT", "TEXT_EN", "Plate", "PlateKind", "PlateState", "apply", "fees", "none_left", "order",
    "plates_applied",
    "plates_down", "plates_of", "proposed", "put_up", "take_down",
]  # fmt: skip
