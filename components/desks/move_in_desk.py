"""入住: what is drawn with the steps of a move-in: fees in one press, the people's file, fire document, moving time."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st
from sqlalchemy.orm import Session

from components import actions, form, shell
from components.cashier.saved import choose_paper, paper_chosen
from components.desks import free_times
from components.desks.asking import REFERENCE, yuan
from components.form import Button, Filled, Form
from components.papers.links import address
from components.plain import plain
from components.words import _
from db import documents
from db.base import NAME_LENGTH
from db.cases import case_by_id
from db.checking import cleaned
from db.checklists import Seen
from db.clock import today
from db.documents import Owner
from db.dossiers import entry_money, household_files
from db.dossiers.entry_money import COLLECT, EntryLine
from db.dossiers.fire_files import FILE_FIRE
from db.dossiers.move_in_templates import BOOK, TEMPLATES
from db.fields import Field
from db.ledger.capitals import capitals
from db.ledger.money_tables import Method
from db.ledger.postings import Tender
from db.people import Actor
from db.process import perform
from db.processes.move_ins import PROCESS
from db.records import Record
from db.refused import Refused
from db.session import reading
from db.words import _ as lazy

METHOD = Field("method", lazy("方式"), "choice", choices=Method, default=Method.TRANSFER)
SECOND = Field("second", lazy("第二种方式"), "choice", lazy("分两种方式付款时选择"), required=False, choices=Method)
SECOND_AMOUNT = Field("second_amount", lazy("第二种金额(元)"), "money", required=False)
PAYER = Field("payer_name", lazy("收据抬头"), "text", lazy("不填用客户姓名"), required=False, length=NAME_LENGTH)
COLLECTING = (METHOD, REFERENCE, SECOND, SECOND_AMOUNT, PAYER)
_TAKEN = "move_ins#taken"
"""Receipts of the last press, for printing: case number → (id, number)."""


# ── entry fees ───────────────────────────────────────────────────────────────────────────────────────────────────────


def entry_fees(record: Record, actor: Actor, seen: Sequence[Seen]) -> None:
    """Draw what is paid on entry, where the matter's checklist asks for it; the cashier collects it here."""
    if not any(each.key == "fees" for each in seen):
        return
    with st.container(border=True, gap="small"):
        try:
            with reading(actor) as session:
                lines = entry_money.lines_of(session, case_by_id(session, record.id))
        except Refused as refused:
            st.subheader(_("入驻费用"), anchor=False)
            st.warning(plain(refused.message), icon=":material/warning:")
            return
        owed = sum((each.owed for each in lines), Decimal(0))
        _head(owed)
        for each in lines:
            _line(each)
        _sum(lines)
        _receipts(record)
        if owed and record.offer(COLLECT) is not None:
            _collect(record, actor, owed)
        elif owed and record.is_open:
            st.caption(_("由收费员在本页一次收齐，自动开具押金收据和收款收据。"))


def _head(owed: Decimal) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("入驻费用"), anchor=False, width="stretch")
        if owed:
            st.badge(_("待收 {sum} 元", sum=yuan(owed)), color="orange")
        else:
            st.badge(_("已收齐"), color="green", icon=":material/check:")


def _line(line: EntryLine) -> None:
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            word = f":green-badge[{_('已收')}]" if line.done else f":orange-badge[{_('未收')}]"
            st.markdown(f"{line.fee.kind.label} {word}", width="stretch")
            st.markdown(f"**{yuan(line.fee.amount)}**", width="content")
        st.markdown(f":gray[:small[{plain(line.fee.calculation)}　{plain(line.fee.payee)}]]")


def _sum(lines: Sequence[EntryLine]) -> None:
    total = sum((each.fee.amount for each in lines), Decimal(0))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{_('合计')}** :gray[:small[{capitals(total)}]]", width="stretch")
        st.markdown(f"**{yuan(total)}**", width="content")


def _collect(record: Record, actor: Actor, owed: Decimal) -> None:
    def save(session: Session, filled: Filled) -> str:
        taken = entry_money.collect(
            session, record.id, tenders_of(filled, owed), shown=owed, payer_name=str(filled.values["payer_name"] or ""),
            version=filled.version, token=filled.token,
        )  # fmt: skip
        return ",".join(f"{each.receipt.id}:{each.receipt.number}" for each in taken)

    sent = form.show(
        Form(
            f"{PROCESS.key}.{COLLECT}", COLLECTING, (Button("save", _("收 {sum} 元", sum=yuan(owed)), save),),
            about=record.number, version=record.version, also=(),
        ),
        actor,
    )  # fmt: skip
    if sent is not None:
        st.session_state[_TAKEN] = (record.number, sent.result)
        form.see_newest(f"{PROCESS.key}.")
        form.tell(_("已收 {sum} 元", sum=yuan(owed)))
        st.rerun()


def tenders_of(filled: Filled, owed: Decimal) -> list[Tender]:
    """Read how it is paid: one method for all, or a second one for a part."""
    good, problems = cleaned(COLLECTING, filled.values)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), dict(problems))
    second, part = good["second"], good["second_amount"] or Decimal(0)
    if (second is None) != (not part):
        wrong = _("两种方式付款时，请同时填写第二种方式和金额。")
        raise Refused(wrong, {"second_amount": wrong})
    if part >= owed:
        wrong = _("第二种金额要小于应收的 {sum} 元。", sum=yuan(owed))
        raise Refused(wrong, {"second_amount": wrong})
    first = Tender(good["method"], owed - part, good["reference"] or "")
    return [first, Tender(second, part)] if second is not None else [first]


def _receipts(record: Record) -> None:
    """Offer the receipts of the press just made."""
    number, taken = st.session_state.get(_TAKEN) or ("", "")
    if number != record.number or not taken:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for each in taken.split(","):
            receipt_id, _colon, said = each.partition(":")
            where = address("receipt", receipt_id, size=paper_chosen())
            st.link_button(_("打印 {number}", number=plain(said)), where, icon=":material/print:")
        choose_paper(f"{PROCESS.key}.paper")


def invited(actor: Actor, record: Record, seen: Sequence[Seen]) -> None:
    """Tell an owner's clerk what may be prepaid; it holds nothing back."""
    if any(each.key == "fees" for each in seen) or not record.is_open:
        return
    with st.container(border=True, gap="small"):
        st.markdown(f"**{_('物业费')}**")
        st.caption(_("可以请客户预交，不预交不影响验房、领钥匙和入住。"))
        unit_id = record.values["unit_id"]
        if actor.roles & PROCESS.openers and st.button(
            _("打开前台收费"), key=f"{PROCESS.key}.cashier", icon=":material/point_of_sale:", type="tertiary"
        ):
            st.switch_page(shell.path_of("cashier"), query_params={"unit": str(unit_id)})


# ── panels among the steps ───────────────────────────────────────────────────────────────────────────────────────────


def _draw_file(record: Record, actor: Actor) -> form.Sent | None:
    with reading(actor) as session:
        customer = household_files.customer_of(session, record.id)
        initial = {name: getattr(customer, name) for name in ("contact_name", "occupants", "reach", "needs")}

    def save(session: Session, filled: Filled) -> str:
        household_files.fill(session, record.id, filled.values, version=filled.version, token=filled.token)
        return record.number

    name = household_files.FILE
    return form.show(
        Form(
            f"{PROCESS.key}.{name}", household_files.fields(), (Button("save", _("保存档案"), save),),
            about=record.number, version=record.version, initial=initial, also=(),
            focus=actions.was_chosen(record, name),
        ),
        actor,
    )  # fmt: skip


def _may_fill(record: Record, _actor: Actor) -> bool:
    return record.offer(household_files.FILE) is not None


FILE_PANEL = actions.Panel(
    household_files.FILE, lazy("填客户档案"), _draw_file, _may_fill, frozenset({household_files.FILE})
)


def _draw_fire(record: Record, actor: Actor) -> form.Sent | None:
    def save(session: Session, filled: Filled) -> str:
        case = perform(
            session, record.id, FILE_FIRE, filled.values, version=filled.version, at=filled.at, note=filled.note,
            token=filled.token,
        )  # fmt: skip
        documents.add_all(session, filled.files, Owner(case_id=record.id), label="fire")
        return actions.number_of(case)

    st.caption(_("验收合格意见书、备案凭证、开业检查三者有其一即可；“不需办理”请在备注写明理由，由管理处主任审批。"))
    return form.show(
        Form(
            f"{PROCESS.key}.{FILE_FIRE}", PROCESS.form(FILE_FIRE), (Button("save", _("登记消防文件"), save),),
            about=record.number, version=record.version, initial=record.values, files=True,
            focus=actions.was_chosen(record, FILE_FIRE),
        ),
        actor,
    )  # fmt: skip


def _may_file(record: Record, _actor: Actor) -> bool:
    asked = any(each.key == "fire" for each in TEMPLATES[record.values["template"]].lines)
    return asked and record.offer(FILE_FIRE) is not None


FIRE_PANEL = actions.Panel(FILE_FIRE, lazy("登记消防文件"), _draw_fire, _may_file, frozenset({FILE_FIRE}))


def _draw_book(record: Record, actor: Actor) -> form.Sent | None:
    offer = record.offer(BOOK)
    missing = offer.missing if offer is not None else ()
    if not missing:
        free_times.propose(record, actor, f"{PROCESS.key}.{BOOK}", today())

    def save(session: Session, filled: Filled) -> str:
        case = perform(
            session, record.id, BOOK, filled.values, version=filled.version, at=filled.at, note=filled.note,
            token=filled.token,
        )  # fmt: skip
        return actions.number_of(case)

    return form.show(
        Form(
            f"{PROCESS.key}.{BOOK}", PROCESS.form(BOOK), (Button("save", _("约定这个时间"), save),),
            about=record.number, version=record.version, initial=record.values, missing=missing,
            focus=actions.was_chosen(record, BOOK),
        ),
        actor,
    )  # fmt: skip


def _may_book(record: Record, _actor: Actor) -> bool:
    return record.offer(BOOK) is not None


BOOK_PANEL = actions.Panel(BOOK, lazy("约搬迁时间"), _draw_book, _may_book, frozenset({BOOK}))

__all__ = ["BOOK_PANEL", "FILE_PANEL", "FIRE_PANEL", "entry_fees", "invited", "tenders_of"]
