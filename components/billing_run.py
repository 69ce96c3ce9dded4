"""The billing run 出账: tried out first, then published with the progress in sight; the runs before."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import bill_list, errors, export, shell
from components.kept_choice import kept_choice
from components.registry_table import HEAD, ROW_HEIGHT
from components.words import _
from db import users
from db.clock import local, now, today
from db.ledger.bill_books import preview_book
from db.ledger.bill_lists import runs
from db.ledger.billing import publish, run_items
from db.ledger.billing_preview import Line, Preview, preview, runs_months
from db.ledger.due import MONTHS_AHEAD
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading, writing
from db.settings import value_of

_PAGE = 50
_HEIGHT = 10
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Question = tuple[int, int, date, tuple[int, ...]]
"""Who asks, for which estate, which month, which fee items."""


def show(actor: Actor) -> None:
    """Draw the question, what a run would make, and what runs made."""
    state = st.session_state
    question = _asked(actor)
    if question is None:
        return
    if state.get("billing#question") != question:
        for name in ("billing#preview", "billing#done"):
            state.pop(name, None)
        state["billing#question"] = question
    pressed = st.button(
        _("试算"), key="billing.try", type="secondary" if "billing#preview" in state else "primary",
        icon=":material/calculate:", disabled=not question[3],
        help=None if question[3] else _("请先选择收费项目"),
    )  # fmt: skip
    if pressed:
        _try(actor, question)
    if "billing#done" in state:
        _done(*state["billing#done"])
    if "billing#preview" in state:
        _preview(actor, state["billing#preview"])
    _history(actor)


def _asked(actor: Actor) -> Question | None:
    """Ask which estate, month and items; they stand in the address."""
    with reading(actor) as session:
        names = {key: name for key, name in users.estates_of(session).items() if key in shell.estate_ids(actor)}
    if not names:
        st.info(_("您还没有负责的项目，请联系系统管理员。"), icon=":material/domain_disabled:")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        estate_id = next(iter(names))
        if len(names) > 1:
            offered = {str(key): name for key, name in names.items()}
            estate_id = int(kept_choice(_("项目"), "billing.estate", offered, str(estate_id)))
        with reading(actor) as session:
            most: int = value_of(session, MONTHS_AHEAD, estate_id)
            items = {each.id: each.name for each in run_items(session, estate_id)}
        months = {f"{each:%Y-%m}": each for each in runs_months(today(), most)}
        month = months[
            kept_choice(_("账期"), "billing.month", {name: name for name in months}, f"{today():%Y-%m}", width=130)
        ]
        chosen = st.multiselect(
            _("收费项目"), list(items), default=list(items), format_func=items.__getitem__,
            key=f"billing.items.{estate_id}", width="stretch", placeholder=_("请选择"),
        )  # fmt: skip
    if not items:
        st.info(_("本项目还没有按月计收的收费标准，请财务先在“收费标准”中建立。"), icon=":material/sell:")
        return None
    return actor.user_id, estate_id, month, tuple(chosen)


def _try(actor: Actor, question: Question) -> None:
    """Count without writing, and keep what was counted; plain figures and words, no rows of the database."""
    state = st.session_state
    state.pop("billing#done", None)
    _user, estate_id, month, items = question
    with st.spinner(_("正在试算…")):
        try:
            with reading(actor) as session:
                state["billing#preview"] = preview(session, estate_id, month, items)
        except Refused as refused:
            state.pop("billing#preview", None)
            errors.show_refused(refused)
            return
    state["billing#token"] = secrets.token_urlsafe(24)
    st.rerun()


# ── what it would make ───────────────────────────────────────────────────────────────────────────────────────────────


def _preview(actor: Actor, found: Preview) -> None:
    with st.container(horizontal=True, gap="small"):
        _card(_("将出账单"), f"{found.bills:,}", f"{found.amount:,.2f} {_('元')}")
        _card(_("上期账单"), f"{found.last_bills:,}", f"{found.last_amount:,.2f} {_('元')}")
        _card(_("本期已出"), f"{found.billed:,}", f"{found.billed_amount:,.2f} {_('元')}")
        _card(_("与上期不同"), f"{len(found.differences):,}", _("含新增与停收"))
        _card(_("不出账"), f"{len(found.without):,}", _("见下方原因"))
    _publish(actor, found)
    left, right = st.columns(2, gap="medium")
    with left:
        _lines(_("收费项目"), found.items, "items")
    with right:
        _lines(_("楼栋"), found.buildings, "buildings")
    _differences(found)
    _without(found)
    if actor.may(Right.EXPORT):
        st.download_button(
            _("下载试算表"), data=export.when_asked(lambda who: preview_book(who, found)), mime=_EXCEL,
            file_name=f"{_('出账试算')}-{found.month:%Y-%m}-{local(now()):%H%M}.xlsx", key="billing.export",
            on_click="ignore", icon=":material/download:",
        )  # fmt: skip


def _card(label: str, figure: str, said: str) -> None:
    with st.container(border=True, gap="xxsmall", width="stretch"):
        st.markdown(f":gray[{label}]")
        st.markdown(f"## {figure}", anchors=False)
        st.caption(said)


def _lines(title: str, lines: Sequence[Line], key: str) -> None:
    config = st.column_config
    rows = [{"name": each.name, "bills": each.bills, "amount": float(each.amount)} for each in lines]
    if not rows:
        return
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, row_height=ROW_HEIGHT, placeholder="", key=f"billing.{key}",
        height=min(len(rows), 6) * ROW_HEIGHT + HEAD, alt=title,
        column_config={
            "name": title, "bills": config.NumberColumn(_("张数"), format="%,d", width=90),
            "amount": config.NumberColumn(_("金额(元)"), format="%,.2f", width=130),
        },
    )  # fmt: skip


def _differences(found: Preview) -> None:
    """Draw the units that pay another amount than last month, by reason."""
    st.markdown(f"**{_('与上期不同')}**")
    if not found.differences:
        st.caption(_("与上期逐户相同。"))
        return
    reasons = {each.value: each for each, _n in found.changes()}
    said = {each.value: f"{each.label} {n:,}" for each, n in found.changes()}
    chosen = _reasons("billing.reason", said)
    rows = [each for each in found.differences if not chosen or each.reason is reasons[chosen]]
    config = st.column_config
    _table(
        "differences", rows, _("与上期不同的账单"),
        lambda each: {
            "unit": each.unit, "item": each.item, "before": float(each.before), "now": float(each.now),
            "by": float(each.now - each.before), "reason": str(each.reason.label), "said": each.said,
        },
        {
            "unit": config.Column(_("房屋"), width=100, pinned=True), "item": config.Column(_("收费项目"), width=120),
            "before": config.NumberColumn(_("上期(元)"), format="%,.2f", width=100),
            "now": config.NumberColumn(_("本期(元)"), format="%,.2f", width=100),
            "by": config.NumberColumn(_("差额(元)"), format="%+,.2f", width=100),
            "reason": config.Column(_("原因"), width=120), "said": config.Column(_("计算"), width=420),
        },
    )  # fmt: skip


def _without(found: Preview) -> None:
    """Draw who gets no bill, by why."""
    st.markdown(f"**{_('不出账的房屋和车位')}**")
    if not found.without:
        st.caption(_("每一户都有账单。"))
        return
    whys = {each.value: each for each, _n in found.reasons()}
    chosen = _reasons("billing.why", {each.value: f"{each.label} {n:,}" for each, n in found.reasons()})
    rows = [each for each in found.without if not chosen or each.why is whys[chosen]]
    config = st.column_config
    _table(
        "without", rows, _("不出账的房屋和车位"),
        lambda each: {"unit": each.unit, "item": each.item, "why": str(each.why.label)},
        {
            "unit": config.Column(_("房屋/车位"), width=140), "item": config.Column(_("收费项目"), width=160),
            "why": config.Column(_("不出账的原因")),
        },
    )  # fmt: skip


def _reasons(key: str, said: dict[str, str]) -> str | None:
    if st.session_state.get(key) not in said:
        st.session_state[key] = None
    chosen: str | None = st.pills(
        _("原因"), list(said), format_func=said.__getitem__, key=key, label_visibility="collapsed"
    )
    return chosen


def _table(key: str, rows: Sequence[Any], alt: str, row_of: Callable[[Any], dict[str, Any]], looks: Any) -> None:
    """Draw rows fifty at a time."""
    pages = -(-len(rows) // _PAGE)
    place = min(st.session_state.get(f"billing.{key}.page") or 1, pages)
    shown = rows[(place - 1) * _PAGE : place * _PAGE]
    st.dataframe(
        pd.DataFrame([row_of(each) for each in shown]), hide_index=True, row_height=ROW_HEIGHT, placeholder="", alt=alt,
        height=min(len(shown), _HEIGHT) * ROW_HEIGHT + HEAD, column_config=looks, key=f"billing.{key}",
    )  # fmt: skip
    if pages > 1:
        st.pagination(pages, key=f"billing.{key}.page")


# ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _publish(actor: Actor, found: Preview) -> None:
    state = st.session_state
    if not found.bills:
        st.info(_("没有要出的账单：{month} 的账已经出齐，或都不出账。", month=f"{found.month:%Y-%m}"))
        return
    words = _("发布 {n} 张账单", n=f"{found.bills:,}")
    if not state.get("billing#sure"):
        if st.button(words, key="billing.publish", type="primary", icon=":material/publish:"):
            state["billing#sure"] = True
            st.rerun()
        return
    with st.container(border=True):
        st.warning(
            _("发布后账单立即计入应收，客户的预存会自动抵缴；有错的账单只能逐张说明原因作废或重开。"),
            icon=":material/warning:",
        )  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            sure = st.button(_("确定发布"), key="billing.publish.sure", type="primary", icon=":material/publish:")
            if st.button(_("取消"), key="billing.publish.cancel", type="tertiary"):
                state.pop("billing#sure", None)
                st.rerun()
        if sure:
            _run(actor, found)


def _run(actor: Actor, found: Preview) -> None:
    """Publish, the progress in sight; what was made is said once the page is drawn again."""
    state = st.session_state
    bar = st.progress(0.0, _("正在出账…"))

    def on(done: int, of: int) -> None:
        bar.progress(min(done / max(of, 1), 1.0), _("正在出账… {done}/{of}", done=f"{done:,}", of=f"{of:,}"))

    state.pop("billing#sure", None)
    try:
        with writing(actor) as session:
            made = publish(
                session, found.estate_id, found.month, found.fee_item_ids, token=state.get("billing#token"), progress=on
            )
    except Refused as refused:
        errors.show_refused(refused)
        return
    finally:
        bar.empty()
    state["billing#done"] = (made.run_id, made.bills, f"{made.amount:,.2f}", f"{found.month:%Y-%m}")
    state.pop("billing#preview", None)
    st.rerun()


def _done(run_id: int | None, bills: int, amount: str, month: str) -> None:
    if run_id is None:
        st.info(_("{month} 没有新的账单：都已经出过了。", month=month), icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.success(
            _("{month} 已出账 {n} 张，共 {amount} 元。", month=month, n=f"{bills:,}", amount=amount),
            icon=":material/check_circle:",
        )  # fmt: skip
        if st.button(_("查看这些账单"), key="billing.look", icon=":material/receipt_long:"):
            look_at(run_id)


def look_at(run_id: int) -> None:
    """Leave for the bills of a run."""
    st.query_params.from_dict({bill_list.RUN: str(run_id)})
    st.rerun()


def _history(actor: Actor) -> None:
    with reading(actor) as session:
        past = runs(session, shell.estate_ids(actor))
    if not past:
        return
    st.markdown(f"**{_('出账记录')}**")
    several = len(shell.estate_ids(actor)) > 1
    rows = [
        {
            "n": str(each.id), **({"estate": each.estate} if several else {}), "month": f"{each.month:%Y-%m}",
            "items": each.items, "bills": each.bills, "amount": float(each.amount), "by": each.by,
            "at": local(each.at).replace(tzinfo=None),
        }
        for each in past
    ]  # fmt: skip
    config = st.column_config
    st.dataframe(
        pd.DataFrame(rows, dtype=object), hide_index=True, row_height=ROW_HEIGHT, placeholder="",
        height=min(len(rows), 6) * ROW_HEIGHT + HEAD, key=f"billing.runs.{past[0].id}", alt=_("出账记录"),
        column_config={
            "n": config.ButtonColumn(
                _("次"), type="tertiary", alignment="left", key="billing.run", width=60, help=_("看这次出的账单")
            ),
            "estate": config.Column(_("项目"), width=130), "month": config.Column(_("账期"), width=80),
            "items": config.Column(_("收费项目"), width=240),
            "bills": config.NumberColumn(_("张数"), format="%,d", width=80),
            "amount": config.NumberColumn(_("金额(元)"), format="%,.2f", width=120),
            "by": config.Column(_("出账人"), width=90),
            "at": config.DatetimeColumn(_("时间"), format="YYYY-MM-DD HH:mm", width=140),
        },
    )  # fmt: skip
    click = st.session_state.get("billing.run")
    if click and click["row"] < len(past):
        look_at(past[click["row"]].id)


__all__ = ["show"]
