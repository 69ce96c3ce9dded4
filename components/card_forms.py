"""Forms of access cards and keys: handing out, lost, given back; on the register's page and in a dossier alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.form import Button, Filled, Form
from components.form_layout import AT
from components.words import _
from db.dossiers import cards, once_fees
from db.dossiers.card_returns import WHY
from db.dossiers.card_tables import NUMBERED, HolderIs, HoldingKind
from db.dossiers.cards import COUNT, HOLDER, NOTE, NUMBER, RELATION, SIGNED_BY
from db.fields import Field
from db.people import Actor
from db.refused import Refused
from db.registry import Customer, CustomerKind, Unit
from db.session import reading
from db.words import _ as lazy

FEE = Field("fee_item_id", lazy("收费"), "reference", lazy("免费的不选"), required=False, target="fee_items")
BACK_COUNT = Field("count", lazy("交回数量"), "number")
LOST_COUNT = Field("count", lazy("遗失数量"), "number")


@dataclass(frozen=True)
class Whom:
    """To whom something is handed: unit, customer, and the matter that it belongs to."""

    unit_id: int
    customer_id: int | None
    case_id: int | None = None


@dataclass(frozen=True)
class _Offer:
    """What a form of handing out starts from."""

    options: dict[int, str]
    fee: int | None
    holder: str
    company: bool


def hand_out(
    whom: Whom, actor: Actor, key: str, *, replaces: int | None = None, kind: HoldingKind | None = None
) -> str | None:
    """Draw the form of handing something out; returns what was handed out, in words, once it is saved.

    `replaces` hands out the substitute of a lost one, of its `kind`.
    """
    chosen = kind or _kind(key)
    with reading(actor) as session:
        offer = _offer(session, whom, chosen, replaced=replaces is not None)

    def save(session: Session, filled: Filled) -> str:
        return _save(session, whom, chosen, filled, replaces)

    number = replace(NUMBER, required=chosen in NUMBERED)
    fields = [number, *(() if chosen in NUMBERED else (COUNT,)), HOLDER, RELATION, SIGNED_BY]
    if offer.options:
        fields.append(FEE)
    label = _("补办并发放") if replaces is not None else _("发放")
    sent = form.show(
        Form(key, (*fields, NOTE), (Button("save", label, save, ":material/key:"),), also=(AT,),
             about=f"{whom.unit_id}/{whom.customer_id}/{replaces or ''}/{chosen.value}/{offer.fee or ''}",
             options={"fee_item_id": offer.options},
             initial={"holder": offer.holder, "signed_by": "" if offer.company else offer.holder,
                      "relation": HolderIs.STAFF if offer.company else HolderIs.SELF, "fee_item_id": offer.fee}),
        actor,
    )  # fmt: skip
    return sent.result if sent is not None else None


def _kind(key: str) -> HoldingKind:
    labels = {each.value: str(each.label) for each in HoldingKind}
    chosen = st.segmented_control(
        _("种类"), list(labels), format_func=labels.__getitem__, key=f"{key}.kind", required=True,
        default=HoldingKind.ACCESS_CARD.value, label_visibility="collapsed",
    )  # fmt: skip
    return HoldingKind(chosen or HoldingKind.ACCESS_CARD)


def _offer(session: Session, whom: Whom, kind: HoldingKind, *, replaced: bool) -> _Offer:
    unit = session.get(Unit, whom.unit_id)
    if unit is None:
        raise Refused(_("没有找到这套房屋。"))
    fees = once_fees.once_fees(session, unit)
    owed = cards.proposed_fee(session, whom.unit_id, whom.customer_id, kind, replaced=replaced)
    customer = session.get(Customer, whom.customer_id) if whom.customer_id is not None else None
    company = customer is not None and customer.kind is CustomerKind.COMPANY
    options = {each.fee_item_id: _("{item} {price} 元", item=each.name, price=each.price) for each in fees.values()}
    holder = "" if customer is None or company else customer.name
    return _Offer(options, owed.fee_item_id if owed is not None else None, holder, company)


def _save(session: Session, whom: Whom, kind: HoldingKind, filled: Filled, replaces: int | None) -> str:
    """Hand out each number typed, or so many without one; all or none."""
    told = filled.values
    numbers = cards.numbers_typed(str(told["number"] or "")) or [""]
    if replaces is not None and len(numbers) > 1:
        raise Refused(_("补办一次一张。"), {"number": _("补办一次一张。")})
    made = [
        cards.hand_out(
            session, whom.unit_id, kind, number, count=told.get("count") or 1, customer_id=whom.customer_id,
            holder=told["holder"] or "", relation=told["relation"] or HolderIs.SELF, signed_by=told["signed_by"] or "",
            case_id=whom.case_id, fee_item_id=told.get("fee_item_id"), replaces=replaces, note=told["note"] or "",
            at=filled.at, token=f"{filled.token}.{place}",
        )
        for place, number in enumerate(numbers)
    ]  # fmt: skip
    return _("、").join(each.shown for each in made)


def lost(holding_id: int, count: int, version: int, actor: Actor, key: str) -> bool:
    """Draw the form of a loss; returns whether it was saved."""

    def save(session: Session, filled: Filled) -> str:
        lost_count = filled.values.get("count")
        row = cards.report_lost(session, holding_id, filled.values["why"] or "", at=filled.at, version=filled.version,
                                count=_whole(lost_count, count), token=filled.token)  # fmt: skip
        return str(row.id)

    fields = (LOST_COUNT, WHY) if count > 1 else (WHY,)
    sent = form.show(
        Form(key, fields, (Button("save", _("挂失"), save, ":material/report:"),), about=str(holding_id),
             version=version, initial={"count": count}, also=(AT,)),
        actor,
    )  # fmt: skip
    return sent is not None


def back(holding_id: int, count: int, version: int, actor: Actor, key: str) -> bool:
    """Draw the form of giving back; returns whether it was saved."""

    def save(session: Session, filled: Filled) -> str:
        row = cards.give_back(session, holding_id, count=_whole(filled.values.get("count"), count), at=filled.at,
                              note=filled.values["note"] or "", version=filled.version, token=filled.token)  # fmt: skip
        return str(row.id)

    fields = (BACK_COUNT, NOTE) if count > 1 else (NOTE,)
    sent = form.show(
        Form(key, fields, (Button("save", _("交回"), save, ":material/assignment_returned:"),), about=str(holding_id),
             version=version, initial={"count": count}, also=(AT,)),
        actor,
    )  # fmt: skip
    return sent is not None


def _whole(typed: object, all_of_them: int) -> int:
    text = str(typed or all_of_them).strip()
    if not text.isdecimal() or len(text) > 4:
        raise Refused(_("请填写整数。"), {"count": _("请填写整数。")})
    return int(text)


__all__ = ["Whom", "back", "hand_out", "lost"]
