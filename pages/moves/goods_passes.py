"""Goods passes 物品放行: a sofa in four entries and one press; at the gate a screen for a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import actions, form, goods_gate, goods_standing, process_page
from components.form import Button, Form
from components.papers.links import link
from components.papers.printing import pdf, refuse_unprintable
from components.signin import current_actor
from components.words import _
from db import documents
from db.approvals import Verdict
from db.documents import Owner
from db.dossiers.exits import at_the_gate
from db.dossiers.goods import lines_of, written
from db.papers import issuing
from db.process import perform
from db.processes.goods_passes import PAPER, PROCESS, State, decide, open_and_issue, open_pass
from db.session import reading
from db.words import _ as lazy

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from components.form import Filled, Sent
    from db.people import Actor
    from db.process import Process
    from db.records import Record

REASON = PROCESS.form("allow")[0]
"""Asked of the director as of a supervisor: shown, not folded away."""


def open_now(session: Session, filled: Filled) -> str:
    """Take it in, issue the pass and its paper, unless somebody's word is wanted first."""
    case = open_and_issue(session, filled.values, at=filled.at, note=filled.note, token=filled.token)
    documents.add_all(session, filled.files, Owner(case_id=case.id))
    if case.state == State.ISSUED:
        issuing.issue(session, PAPER, case.id, pdf, refuse=refuse_unprintable, token=filled.token)
    return actions.number_of(case)


def open_only(session: Session, filled: Filled) -> str:
    case = open_pass(session, filled.values, at=filled.at, note=filled.note, token=filled.token)
    documents.add_all(session, filled.files, Owner(case_id=case.id))
    return actions.number_of(case)


def opening(process: Process, actor: Actor) -> Sent | None:
    buttons = (
        Button("issue", _("登记并开具"), open_now, ":material/print:"),
        Button("save", _("只登记"), open_only),
    )
    return process_page.opening_form(process, actor, buttons)


# ── steps drawn here ─────────────────────────────────────────────────────────────────────────────────────────────────


def draw_issue(record: Record, actor: Actor) -> Sent | None:
    offer = record.offer("issue")

    def save(session: Session, filled: Filled) -> str:
        case = perform(session, record.id, "issue", filled.values, version=filled.version, at=filled.at,
                       note=filled.note, token=filled.token)  # fmt: skip
        issuing.issue(session, PAPER, case.id, pdf, refuse=refuse_unprintable, token=filled.token)
        return actions.number_of(case)

    return form.show(
        Form("goods_passes.issue", (), (Button("save", _("开具放行条"), save, ":material/print:"),),
             about=record.number, version=record.version, missing=offer.missing if offer else ()),
        actor,
    )  # fmt: skip


def draw_decision(record: Record, actor: Actor) -> Sent | None:
    def saved(verdict: Verdict) -> form.Button:
        def save(session: Session, filled: Filled) -> str:
            return actions.number_of(decide(session, record.id, verdict, filled.note))

        label = _("同意放行") if verdict is Verdict.GRANTED else _("不同意")
        return Button(verdict.value, label, save)

    st.warning(_("未结清：{what}", what=record.values["uncleared"]), icon=":material/gavel:")
    return form.show(
        Form("goods_passes.decide", (REASON,), (saved(Verdict.GRANTED), saved(Verdict.DENIED)), about=record.number,
             version=record.version, also=()),
        actor,
    )  # fmt: skip


def draw_correction(record: Record, actor: Actor) -> Sent | None:
    with reading(actor) as session:
        typed = written(lines_of(session, record.id))
    offer = record.offer("correct")

    def save(session: Session, filled: Filled) -> str:
        values = dict(filled.values)
        if (values.get("goods") or "").strip() == typed.strip():
            values["goods"] = None
        return actions.number_of(
            perform(session, record.id, "correct", values, version=filled.version, note=filled.note,
                    token=filled.token)
        )  # fmt: skip

    return form.show(
        Form("goods_passes.correct", PROCESS.form("correct"), (Button("save", _("更正"), save),), about=record.number,
             version=record.version, initial=record.values | {"goods": typed}, missing=offer.missing if offer else ()),
        actor,
    )  # fmt: skip


def draw_check(record: Record, actor: Actor) -> Sent | None:
    with reading(actor) as session:
        seen = at_the_gate(session, record.number)
    said = goods_gate.check(actor, seen)
    return form.Sent("check", said) if said else None


def offered(action: str) -> Callable[[Record, Actor], bool]:
    return lambda record, _actor: record.offer(action) is not None


AT_THE_GATE = frozenset({"check", "partly", "differ"})
VERDICTS = frozenset({"director_agrees", "director_declines"})
FIRST = (
    actions.Panel("issue_paper", lazy("开具放行条"), draw_issue, offered("issue"), frozenset({"issue"})),
    "tell_owner",
    actions.Panel("decide", lazy("主任决定"), draw_decision, offered("director_agrees"), VERDICTS),
    "allow",
    "let_go",
    actions.Panel("check_out", lazy("出门核对"), draw_check, offered("check"), AT_THE_GATE),
    actions.Panel("correction", lazy("更正"), draw_correction, offered("correct"), frozenset({"correct"})),
)


# ── beside and under ─────────────────────────────────────────────────────────────────────────────────────────────────


def show_paper_and_standing(record: Record, actor: Actor) -> None:
    if record.state in {State.ISSUED, State.CHECKED}:
        with reading(actor) as session:
            paper = issuing.in_force(session, PAPER, record.id)
            number = paper.id if paper else 0
        if number:
            link(_("打印放行条"), "issued", number, primary=True)
    if record.is_open:
        goods_standing.show(actor, record.values["unit_id"], record.values["customer_id"])


def show_goods(record: Record, actor: Actor) -> None:
    if record.offer("check"):  # named there already
        return
    with reading(actor) as session:
        lines = lines_of(session, record.id)
    st.subheader(_("物品 {n} 项", n=len(lines)), anchor=False)
    columns = {
        _("物品"): [each.name for each in lines],
        _("数量"): [each.amount(each.count) for each in lines],
        _("已出门"): [each.amount(each.out) if each.out else "" for each in lines],
        _("说明"): [each.note for each in lines],
    }
    st.dataframe(
        pd.DataFrame(columns), hide_index=True, height=min(len(lines), 12) * 35 + 34, row_height=35, placeholder="",
        key="goods_passes.goods",
    )  # fmt: skip


who = current_actor()
if who.sees_all:
    process_page.show(PROCESS, first=FIRST, opening=opening, beside=show_paper_and_standing, under=show_goods)
else:
    goods_gate.show(who)
