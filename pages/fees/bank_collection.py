"""Bank collection 委托收款: batches sent and returned, who has authorised it, how the bank wants its files."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import streamlit as st

from components import form, registry_page, shell
from components.form import Button, Filled, Form
from components.plain import plain
from components.registry_table import Register
from components.signin import current_actor
from components.table import COLOURS
from components.words import _
from db.fields import Field
from db.histories import said_moment
from db.ledger import bank_collection, payees
from db.ledger.bank_files import NAMES
from db.ledger.bank_tables import BankLine, BankMandate, Encoding, FileKind, LineState
from db.people import Actor, Right
from db.session import reading, writing
from db.words import _ as lazy

WHAT, BATCH = "part", "batch"
PARTS = {"batches": lazy("送盘与回盘"), "mandates": lazy("委托协议"), "layout": lazy("银行文件格式")}
MANDATES = Register("mandates", BankMandate, lazy("委托协议"))


def choose_part() -> str:
    told = st.query_params.get(WHAT, "batches")
    st.session_state[WHAT] = told if told in PARTS else "batches"
    chosen = st.segmented_control(
        _("看哪一类"), list(PARTS), format_func=lambda key: str(PARTS[key]), key=WHAT, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen is not None and chosen != told:
        st.query_params.from_dict({WHAT: chosen})
        st.rerun()
    return str(chosen)


def choose_payee(actor: Actor) -> int | None:
    with reading(actor) as session:
        names = payees.names(session, shell.estate_ids(actor))
    if not names:
        st.info(_("还没有收款单位，请先在“收费标准”中建立。"), icon=":material/info:")
        return None
    if len(names) == 1:
        return next(iter(names))
    return st.selectbox(
        _("收款单位"), list(names), format_func=lambda key: plain(names[key]), key="bank_collection.payee", width=360
    )


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_batches(actor: Actor) -> None:
    number = st.query_params.get(BATCH, "")
    if number.isdecimal() and len(number) < 10:
        one_batch(actor, int(number))
        return
    payee_id = choose_payee(actor)
    if payee_id is None:
        return
    to_send(actor, payee_id)
    with reading(actor) as session:
        found = bank_collection.batches(session, shell.estate_ids(actor))
    if not found:
        st.caption(_("还没有送过盘。"))
        return
    frame = pd.DataFrame({
        "number": [f":material/chevron_right: {batch.number}" for batch, _states in found],
        "made": [said_moment(batch.made_at) for batch, _states in found],
        "lines": [batch.lines for batch, _states in found],
        "amount": [float(batch.amount) for batch, _states in found],
        **{state.value: [states.get(state, 0) for _batch, states in found] for state in LineState},
    })  # fmt: skip
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, key="bank_collection.batches", alt=_("送盘批次"), column_config={
            "number": config.ButtonColumn(_("批次"), type="tertiary", alignment="left", key="bank_collection.open"),
            "made": config.TextColumn(_("送盘时间")), "lines": config.NumberColumn(_("笔数")),
            "amount": config.NumberColumn(_("金额(元)"), format="%,.2f"),
            **{state.value: config.NumberColumn(str(state.label)) for state in LineState},
        },
    )  # fmt: skip
    if click := st.session_state.get("bank_collection.open"):
        st.query_params[BATCH] = str(found[click["row"]][0].id)
        st.rerun()


def to_send(actor: Actor, payee_id: int) -> None:
    with reading(actor) as session:
        found = bank_collection.proposals(session, payee_id)
        mandated = bank_collection.mandates(session, payee_id)
    if not mandated:
        st.info(_("还没有客户签委托协议。请在“委托协议”里先登记账户。"), icon=":material/info:")
        return
    amount = sum((each.amount for each in found), Decimal(0))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _("可送盘 **{n}** 户，共 **{amount}** 元", n=len(found), amount=f"{amount:,.2f}")
            if found else _("现在没有可送盘的账单（没有欠费，或都已送银行还没有回盘）。"),
            width="stretch",
        )  # fmt: skip
        if found and actor.may(Right.TAKE_PAYMENT) and st.button(
            _("生成送盘批次"), type="primary", icon=":material/upload:", key="bank_collection.make"
        ):  # fmt: skip
            with writing(actor) as session:
                batch_id = bank_collection.make_batch(session, payee_id).id
            st.query_params[BATCH] = str(batch_id)
            st.rerun()


def one_batch(actor: Actor, batch_id: int) -> None:
    if st.button(_("返回列表"), key="bank_collection.back", type="tertiary", icon=":material/arrow_back:"):
        del st.query_params[BATCH]
        st.rerun()
    with reading(actor) as session:
        lines = bank_collection.lines_of(session, batch_id)
    waiting = sum(line.state is LineState.SENT for line, _unit in lines)
    st.subheader(
        _("共 {n} 笔 {amount} 元，未回盘 {waiting} 笔", n=len(lines), waiting=waiting,
          amount=f"{sum((line.amount for line, _unit in lines), Decimal(0)):,.2f}"),
        anchor=False,
    )  # fmt: skip
    if actor.may(Right.TAKE_PAYMENT):
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            take_away(actor, batch_id)
        with right, st.container(border=True, height="stretch"):
            bring_back(actor, batch_id)
    show_lines(lines)


def take_away(actor: Actor, batch_id: int) -> None:
    st.markdown(f"**{_('送银行')}**")
    st.caption(_("文件里有客户账号，下载会记入操作日志，用完请删除。"))

    def data() -> bytes:
        with writing(actor) as session:
            return bank_collection.file_of(session, batch_id)[1]

    with reading(actor) as session:
        name = bank_collection.name_of(session, batch_id)
    st.download_button(
        _("下载送盘文件"), data, name, "application/octet-stream", key="bank_collection.file", on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip


def bring_back(actor: Actor, batch_id: int) -> None:
    st.markdown(f"**{_('银行回盘')}**")
    given = st.file_uploader(
        _("回盘文件"), key=f"bank_collection.result.{batch_id}", label_visibility="collapsed", type=["csv", "txt"]
    )
    if given is not None and st.button(_("核对入账"), type="primary", key="bank_collection.take"):
        with writing(actor) as session:
            done = bank_collection.take_result(session, batch_id, given.getvalue())
        st.success(
            _("入账 {paid} 笔 {amount} 元，失败 {failed} 笔，以前已处理 {known} 笔。", paid=done.paid,
              amount=f"{done.amount:,.2f}", failed=done.failed, known=done.known),
            icon=":material/check_circle:",
        )  # fmt: skip
        if done.problems:
            st.warning("\n".join(f"- {plain(str(each))}" for each in done.problems), icon=":material/warning:")


def show_lines(lines: list[tuple[BankLine, str]]) -> None:
    words = {state: str(state.label) for state in LineState}
    frame = pd.DataFrame({
        "sequence": [line.sequence for line, _unit in lines],
        "unit": [unit for _line, unit in lines],
        "holder": [line.holder for line, _unit in lines],
        "amount": [float(line.amount) for line, _unit in lines],
        "state": [[words[line.state]] for line, _unit in lines],
        "reason": [line.reason for line, _unit in lines],
    })  # fmt: skip
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, alt=_("批次明细"), column_config={
            "sequence": config.NumberColumn(_("序号"), width=60), "unit": config.TextColumn(_("房屋")),
            "holder": config.TextColumn(_("账户户名")), "amount": config.NumberColumn(_("金额(元)"), format="%,.2f"),
            "state": config.MultiselectColumn(
                _("状态"), options=list(words.values()), color=[COLOURS[state.colour] for state in LineState]
            ),
            "reason": config.TextColumn(_("失败原因")),
        },
    )  # fmt: skip


# ── the bank's files ─────────────────────────────────────────────────────────────────────────────────────────────────

LAYOUT = (
    Field("kind", lazy("文件类型"), "choice", choices=FileKind),
    Field("encoding", lazy("编码"), "choice", choices=Encoding),
    Field("columns", lazy("送盘文件的列"), "text", length=400),
    Field("result_columns", lazy("回盘文件的列"), "text", length=400),
    Field("success", lazy("扣款成功的标志"), "text", lazy("回盘“结果”列里表示成功的内容"), length=20),
)


def show_layout(actor: Actor) -> None:
    payee_id = choose_payee(actor)
    if payee_id is None:
        return
    with reading(actor) as session:
        layout = bank_collection.layout_of(session, payee_id)
        held = {each.name: getattr(layout, each.name) for each in LAYOUT}
    st.caption(
        _("按银行的要求写列的顺序；定长文本在冒号后写宽度（字节数）。可用的列：{names}",
          names=_("、").join(str(each) for each in NAMES.values()))
    )  # fmt: skip
    if not actor.may(Right.EDIT_TARIFFS):
        for each in LAYOUT:
            value = held[each.name]
            said = f"**{plain(str(getattr(value, 'label', value)))}**"
            st.markdown(_("{label}：{said}", label=each.label, said=said))
        return

    def store(session: object, filled: Filled) -> str:
        bank_collection.set_layout(session, payee_id, filled.values)  # type: ignore[arg-type]
        return _("已保存")

    sent = form.show(
        Form("bank_collection.layout", LAYOUT, (Button("save", _("保存"), store),), about=str(payee_id), initial=held,
             columns=(1,), also=()),
        actor,
    )  # fmt: skip
    if sent is not None:
        form.tell(sent.result)
        st.rerun()


actor = current_actor()
if st.query_params.get("mandates.id"):
    registry_page.show([MANDATES], _("委托收款"))
else:
    form.say_told()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("委托收款"), anchor=False, width="stretch")
    part = choose_part()
    if part == "mandates":
        registry_page.show([MANDATES], _("委托协议"))
    else:
        {"batches": show_batches, "layout": show_layout}[part](actor)
