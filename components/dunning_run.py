"""Notices for all households of a list in one run: what it would do, a press, its progress, what is to be printed."""

from __future__ import annotations

import streamlit as st

from components.papers.links import link
from components.plain import plain
from components.words import _
from db.ledger import dunning_runs
from db.ledger.arrears import Asked
from db.ledger.dunning_runs import MOST, Done, Plan, label_of
from db.ledger.tables import Channel
from db.people import Actor, Right
from db.session import reading

KEY = "dunning.run"


def button(actor: Actor) -> None:
    """Draw the button that unfolds the run."""
    if actor.may(Right.DUN) and st.button(
        _("成批催缴"), key=f"{KEY}.open", icon=":material/forward_to_inbox:", help=_("给查到的全部住户各发下一次通知")
    ):
        st.session_state[f"{KEY}#open"] = not st.session_state.get(f"{KEY}#open")


def show(actor: Actor, asked: Asked) -> None:
    """Draw the run while it is unfolded, and what the last one did until it is put away."""
    _say_done()
    if not st.session_state.get(f"{KEY}#open") or not actor.may(Right.DUN):
        return
    with reading(actor) as session:
        plan = dunning_runs.plan(session, asked)
    with st.container(border=True):
        st.markdown(f"**{plain(_('成批催缴'))}**　{_said(plan)}")
        if not plan.debts:
            return
        if len(plan.debts) > MOST:
            st.caption(_("一次最多 {most} 户，请先按楼栋筛选。", most=MOST))
            return
        st.caption(_("有投诉或争议的住户只有主管、主任才能催；不能催的会逐户列出原因。"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            channel = st.selectbox(
                _("送达方式"), list(Channel), format_func=lambda each: str(each.label), key=f"{KEY}.channel",
                index=list(Channel).index(Channel.LETTER_BOX), width=180,
            )  # fmt: skip
            pressed = st.button(
                _("催缴 {n} 户", n=len(plan.debts)), key=f"{KEY}.go", type="primary", icon=":material/send:"
            )
            if st.button(_("取消"), key=f"{KEY}.cancel", type="tertiary"):
                st.session_state[f"{KEY}#open"] = False
                st.rerun()
        if pressed:
            _run(actor, plan, channel)


def _said(plan: Plan) -> str:
    said = [_("{label} {n} 户", label=label_of(step), n=n) for step, n in plan.steps.items()]
    if plan.left_out:
        said.append(_("{n} 户还在限期内或已报主任，不催", n=plan.left_out))
    if plan.nobody:
        said.append(_("{n} 户没有缴费人，不催", n=plan.nobody))
    return plain(_("；").join(said) or _("没有住户要催缴。"))


def _run(actor: Actor, plan: Plan, channel: Channel | None) -> None:
    bar = st.progress(0.0, text=_("正在催缴…"))

    def say(done: int, of: int) -> None:
        bar.progress(done / of, text=_("已处理 {done} / {of} 户", done=done, of=of))

    done = dunning_runs.run(actor, plan.debts, channel or Channel.LETTER_BOX, say=say)
    st.session_state[f"{KEY}#open"] = False
    st.session_state[f"{KEY}#done"] = (done.batches, done.sent, done.refused)
    st.rerun()


def _say_done() -> None:
    kept = st.session_state.get(f"{KEY}#done")
    if kept is None:
        return
    done = Done(*kept)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            colour, icon = ("green", "check_circle") if not done.refused else ("orange", "rule")
            words = _("已催缴 {done} 户，未办 {n} 户", done=done.sent, n=len(done.refused))
            st.markdown(f":{colour}[:material/{icon}:] {words}", width="stretch")
            for batch in done.batches:
                link(_("打印全部通知"), "dunning", batch, primary=True)
            if st.button(_("知道了"), key=f"{KEY}.seen"):
                del st.session_state[f"{KEY}#done"]
                st.rerun()
        if done.refused:
            st.markdown("\n".join(f"- {plain(unit)} — {plain(why)}" for unit, why in done.refused))
