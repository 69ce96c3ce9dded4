"""What a guard asks at the gate: does this pass hold, who is it, where to; is this hot work permitted today."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from components import shell
from components.desks.asking import number_in
from components.plain import plain
from components.site_panels import pass_table
from components.words import _
from db.clock import today
from db.dossiers import site_passes, site_safety
from db.dossiers.site_passes import Pass, Standing
from db.people import Actor
from db.refused import Refused
from db.session import reading

RECORD, TYPED = "record", "site_passes.q"
"""In the address: the pass whose code was scanned; what was typed."""


def show(actor: Actor) -> None:
    """Draw the box, the answer in large words, and the passes that hold today."""
    typed = st.text_input(
        _("扫码或输入证号、姓名"), key=TYPED, type="search", live="300ms", autocomplete="off",
        icon=":material/qr_code_scanner:", placeholder=_("扫一扫卡上的二维码，或输入证号后回车"), bind="query-params",
    )  # fmt: skip
    scanned = number_in(RECORD)
    with reading(actor) as session:
        found = site_passes.look_up(session, typed) if typed.strip() else []
        if not typed.strip() and scanned is not None:
            found = [each for each in [_scanned(session, scanned)] if each is not None]
        today_valid = site_passes.valid_on(session, today(), shell.estate_ids(actor))
    if typed.strip() or scanned is not None:
        if not found:
            st.error(_("查无此证：不是本项目发的，请不要放行，并告知客户服务中心。"), icon=":material/block:")
        for each in found:
            _answer(each)
    st.subheader(_("今天有效的出入证（{n}）", n=len(today_valid)), anchor=False)
    if today_valid:
        pass_table(today_valid, "site_passes.today")
    else:
        st.caption(_("今天没有有效的出入证。"))


def _scanned(session: Session, pass_id: int) -> Pass | None:
    """Find the pass whose code was scanned; one of another estate is unknown here."""
    try:
        row = site_passes.pass_by_id(session, pass_id)
    except Refused:
        return None
    return next(iter(site_passes.look_up(session, row.number)), None)


def _answer(found: Pass) -> None:
    """Say first whether it holds, large enough for a telephone in the dark; then who and where."""
    colour, sign, head = "red", "block", _("不能进入：{why}", why=found.standing.label)
    if found.standing is Standing.VALID:
        colour, sign, head = "green", "check_circle", _("有效，可以进入")
    elif found.standing is Standing.STOPPED:  # whoever puts it right has to come in
        colour, sign, head = "orange", "error", _("停工整改中：来整改的可以进，其他请先联系物业管家")
    _say(head, colour, sign, (
        f"**{plain(found.name)}**　{plain(found.trade)}　{plain(found.id_number)}",
        _("去 **{where}**　{contractor}", where=plain(found.where), contractor=plain(found.contractor)),
        _("有效期 {first} 至 {last}", first=found.valid_from, last=found.valid_to),
        _("证号 {number}", number=plain(found.number)),
    ))  # fmt: skip


def _say(head: str, colour: str, sign: str, said: Sequence[str]) -> None:
    """Draw an answer: yes or no first, in colour, sign and words."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"### :{colour}[:material/{sign}: {head}]")
        st.markdown("  \n".join(said))


def show_hot_work(actor: Actor) -> None:
    """Say of a scanned hot-work permit whether it holds today."""
    permit_id = number_in(RECORD)
    if permit_id is None:
        st.info(_("请扫动火证上的二维码。"), icon=":material/qr_code_scanner:")
        return
    with reading(actor) as session:
        row = site_safety.hot_work_by_id(session, permit_id)
        day, until = row.valid_on, f"{row.from_time}–{row.to_time}"
        people = _("动火人 {worker}，监护人 {watcher}", worker=row.worker, watcher=row.watcher)
        said = [f"{row.number}　{row.place}　{row.what}", people, row.extinguishers]
    holds = day == today()
    head = _("今天 {time} 有效", time=until) if holds else _("不是今天的动火证：{day}", day=day)
    colour, sign = ("green", "check_circle") if holds else ("red", "block")
    _say(plain(head), colour, sign, [*map(plain, said)])
