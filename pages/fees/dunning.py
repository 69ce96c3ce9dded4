"""Dunning 催缴: who owes what, what is under way, what the three years end for, and the rule for posting rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import (
    actions,
    arrears_list,
    attachments,
    detail,
    dunning_desk,
    dunning_run,
    form,
    history,
    process_page,
    shell,
    table,
)
from components.form import Button, Filled, Form
from components.kept_choice import kept_segment
from components.papers.links import link
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db.documents import Owner
from db.fields import fields_of
from db.ledger import disclosures
from db.ledger.demands import Debt
from db.ledger.dunning_views import view, view_of_case
from db.people import LEADERS, Actor, Right
from db.process import open_case, perform
from db.processes.dunning import PROCESS
from db.records import record_of
from db.refused import Refused
from db.session import reading, writing
from db.words import _ as lazy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.ledger.arrears import Asked, Sums
    from db.process import Process
    from db.records import Record

PART, DEBT = "part", "debt"
PARTS = {"arrears": lazy("欠费"), "open": lazy("进行中"), "ending": lazy("即将过时效"), "rule": lazy("公示规则")}
CONTACT = "contact"


def draw_contact(record: Record, actor: Actor) -> form.Sent | None:
    """Ask what came of a contact: only the reason is carried on from the last one."""

    def save(session: Session, filled: Filled) -> str:
        return actions.number_of(
            perform(session, record.id, CONTACT, filled.values, version=filled.version, at=filled.at, note=filled.note,
                    token=filled.token)
        )  # fmt: skip

    return form.show(
        Form(
            f"dunning.{CONTACT}", PROCESS.form(CONTACT), (Button("save", _("登记联系"), save),), about=record.number,
            version=record.version, initial={"reason": record.values["reason"]},
            focus=actions.was_chosen(record, "talk"),
        ),
        actor,
    )  # fmt: skip


def may_contact(record: Record, _actor: Actor) -> bool:
    return record.offer(CONTACT) is not None


TALK = actions.Panel("talk", lazy("登记联系"), draw_contact, may_contact, frozenset({CONTACT}))
FIRST = (
    TALK, "first", "second", "third", "deliver", "decide", "ask_committee", "demand", "measure", "measure_ended",
)  # fmt: skip
RULE = tuple(fields_of(disclosures.DisclosureRule)[name] for name in ("citation", "clause"))


def back() -> None:
    if st.button(_("催缴"), key="dunning.back", type="tertiary", icon=":material/arrow_back:", shortcut="Alt+B"):
        st.query_params.pop(DEBT, None)
        process_page.go_to()


# ── one household ────────────────────────────────────────────────────────────────────────────────────────────────────


def show_case(actor: Actor, number: str) -> None:
    back()
    with reading(actor) as session:
        record = record_of(session, number)
        if record.process.key != PROCESS.key:
            raise Refused(lazy("{number} 不是催缴单，请从{other}打开。", number=number, other=record.process.title))
        seen = view_of_case(session, record.id)
    detail.head(record, actor)
    dunning_desk.mind(seen)
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        actions.show(record, actor, FIRST)
        dunning_desk.owed(seen, actor, "dunning.owed")
        history.show(record.events)
    with right:
        dunning_desk.papers(seen)
        dunning_desk.measures(seen)
        detail.facts(record)
        detail.related(record)
        owner = Owner(case_id=record.id)
        attachments.show(owner, record.documents, actor, "dunning", may_add=not record.hidden)


def show_debt(actor: Actor, key: str) -> None:
    debt = Debt.read(key)
    with reading(actor) as session:
        seen = view(session, debt)
    if seen.number:
        st.query_params.pop(DEBT, None)
        process_page.go_to(seen.number)
    back()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {plain(seen.unit)}　{plain(seen.customer)}", width="content", anchors=False)
        st.badge(_("未催缴"), color="gray")
        st.caption(plain(seen.payee), width="stretch")
    dunning_desk.mind(seen)
    dunning_desk.owed(seen, actor, "dunning.owed")
    if seen.bills and actor.may(Right.DUN):
        begin(actor, debt)


def begin(actor: Actor, debt: Debt) -> None:
    """Take the first contact or the first notice: either opens the matter."""
    values = {"unit_id": debt.unit_id, "customer_id": debt.customer_id, "payee_id": debt.payee_id}
    labels = {"contact": _("登记联系"), "first": _("发第一次催缴")}
    step = kept_segment(_("下一步"), "step", labels, "contact")

    def save(session: Session, filled: Filled) -> str:
        case = open_case(session, PROCESS.key, values, at=filled.at, token=f"{filled.token}.open")
        perform(session, case.id, step, filled.values, at=filled.at, note=filled.note, token=filled.token)
        return actions.number_of(case)

    with st.container(border=True):
        sent = form.show(
            Form(f"dunning.begin_{step}", PROCESS.form(step), (Button("save", labels[step], save),), about=debt.key),
            actor,
        )
    if sent is not None:
        form.tell(_("{number} 已登记", number=sent.result))
        for name in (DEBT, "step"):
            st.query_params.pop(name, None)
        process_page.go_to(sent.result)


def show_new(actor: Actor) -> None:
    back()
    st.subheader(_("新建{title}", title=PROCESS.title), anchor=False)
    with st.container(border=True, width=760):
        fields = tuple(each for each in PROCESS.form() if each.name != "payee_id")

        def save(session: Session, filled: Filled) -> str:
            return actions.number_of(
                open_case(session, PROCESS.key, filled.values, at=filled.at, note=filled.note, token=filled.token)
            )

        sent = process_page.opening_form(PROCESS, actor, (Button("save", _("登记"), save),), fields, files=False)
    if sent is not None:
        if not sent.cancelled:
            form.tell(_("{number} 已登记", number=sent.result))
        process_page.go_to(sent.result)


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_arrears(actor: Actor, *, ending: bool) -> None:
    asked: list[Asked] = []

    def beside(wanted: Asked, _sums: Sums) -> None:
        asked.append(wanted)
        if not ending:
            dunning_run.button(actor)

    if ending:
        st.caption(_("诉讼时效三年，从最近一次有凭证的催告、客户承诺或部分付款起算；届满前请送达书面催告并留存凭证。"))
    run = st.container()
    chosen = arrears_list.show(actor, ending=ending, beside=beside)
    with run:
        if not ending and asked:
            dunning_run.show(actor, asked[0])
    if chosen is not None:
        st.query_params[DEBT] = chosen.key
        st.rerun()


def show_open(process: Process, actor: Actor) -> None:
    if number := table.show(process, actor):
        process_page.go_to(number)


def show_rule(actor: Actor) -> None:
    st.caption(
        _("欠费房号默认不公示。本项目有明文依据、经管理处主任同意的，才能生成公示表；只列房号和欠费期间，不列姓名和金额。")
    )
    estates = shell.estate_ids(actor)
    if len(estates) != 1:
        st.info(_("请先在左边选一个项目。"), icon=":material/domain:")
        return
    (estate,) = estates
    with reading(actor) as session:
        rule = disclosures.standing(session, estate)
        rooms = disclosures.rooms(session, estate) if rule is not None and rule.granted_on is not None else []
    if rule is None:
        propose(actor, estate)
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(rule.citation)}**", width="stretch")
            if rule.granted_on is None:
                st.badge(_("待主任同意"), color="orange")
            else:
                st.badge(_("{day} 起生效", day=rule.granted_on), color="green")
        st.markdown(plain(rule.clause))
        if actor.roles & LEADERS and st.button(_("停用"), key="dunning.rule.end", icon=":material/block:"):
            with writing(actor) as session:
                disclosures.end(session, estate)
            st.rerun()
    if rule.granted_on is not None:
        st.markdown(_("可以公示 **{n}** 户：已发三次催缴、没有投诉和争议的。", n=len(rooms)))
        for each in rooms:
            st.markdown(f"- {plain(each.unit)}　:gray[{each.first} – {each.last}]")
        if rooms:
            link(_("打印公示表"), "disclosure", estate)


def propose(actor: Actor, estate: int) -> None:
    if not actor.roles & LEADERS:
        st.info(_("本项目没有公示规则，欠费房号不公示。"), icon=":material/visibility_off:")
        return

    def save(session: Session, filled: Filled) -> str:
        return str(disclosures.propose(session, estate, filled.values["citation"] or "", filled.values["clause"] or ""))

    with st.container(border=True, width=760):
        sent = form.show(
            Form("dunning.rule", RULE, (Button("save", _("提交主任审批"), save),), also=(),
                 about=str(estate)),
            actor,
        )  # fmt: skip
    if sent is not None:
        st.rerun()


def part_asked() -> str:
    """Say which part is asked for; the list of matters keeps its filters in the address in its own way."""
    own = {PART, DEBT, process_page.CASE, process_page.NEW}
    filtered = any(name not in own and not name.startswith("arrears.") for name in st.query_params)
    default = "open" if filtered and PART not in st.query_params else "arrears"
    names = {key: str(words) for key, words in PARTS.items()}
    return kept_segment(_("看哪一类"), PART, names, default)


def show_parts(actor: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("催缴"), anchor=False, width="stretch")
        if actor.roles & PROCESS.openers and st.button(
            _("新建"), key="dunning.new", icon=":material/add:", shortcut="Alt+N"
        ):
            process_page.go_to(new=True)
    part = part_asked()
    if part == "open":
        show_open(PROCESS, actor)
    elif part == "rule":
        show_rule(actor)
    else:
        show_arrears(actor, ending=part == "ending")


who = current_actor()
form.say_told()
if asked_number := st.query_params.get(process_page.CASE):
    show_case(who, asked_number)
elif process_page.NEW in st.query_params and who.roles & PROCESS.openers:
    show_new(who)
elif asked_debt := st.query_params.get(DEBT):
    show_debt(who, asked_debt)
else:
    show_parts(who)
