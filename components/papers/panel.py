"""A matter's papers 单据: what was issued, what may be issued, signed for, made void; looked at before it is issued."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import streamlit as st
from sqlalchemy.orm import Session

from components import errors, form
from components.form import Button, Filled, Form
from components.live import dialog
from components.papers.links import address, link
from components.papers.printing import pdf, refuse_unprintable
from components.plain import plain
from components.words import _
from db.clock import local, today
from db.fields import Field
from db.papers import issuing
from db.papers.issuing import Issued, Offer
from db.papers.registry import kinds_of
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing
from db.words import _ as lazy

SIGNATURE = (Field("signed_by", lazy("签字人"), "text", length=60), Field("signed_on", lazy("签字日期"), "date"))
REASON = (Field("reason", lazy("作废原因"), "text", length=200),)
Save = Callable[[Session, Filled], str]


def show(process: str, subject_id: int, actor: Actor, *, number: str = "") -> None:
    """Draw the papers of a matter or of a register's row; nothing where its process has none.

    `process` is the process's key, or the name under which a register declares its papers; `number` the matter's own.
    """
    kinds = kinds_of(process)
    if not kinds:
        return
    with reading(actor) as session:
        offers = issuing.offers(session, process, subject_id)
        papers = [paper for subject in {each.subject: None for each in kinds}
                  for paper in issuing.papers_of(session, subject, subject_id)]  # fmt: skip
    st.subheader(_("单据"), anchor=False)
    with st.container(border=True, gap="small"):
        for offer in offers:
            mine = [paper for paper in papers if paper.kind == offer.kind.key]
            with st.container(gap=None):
                if offer.kind.direct:
                    _direct(offer, number)
                else:
                    _one(offer, mine, subject_id, actor)


def for_many(process: str, numbers: Sequence[str]) -> None:
    """Draw the links that print the papers of many matters at once, where a process has such."""
    for kind in kinds_of(process):
        if kind.direct and numbers:
            link(_("打印{title}（{n} 张）", title=kind.title, n=len(numbers)), kind.key, ",".join(numbers))


def _direct(offer: Offer, number: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(offer.kind.title), width="stretch")
        where = address(offer.kind.key, number)
        st.link_button(_("打印"), where, icon=":material/print:", disabled=bool(offer.missing))
    _say_missing(offer)


def _say_missing(offer: Offer) -> None:
    for sentence in offer.missing:
        st.markdown(f":gray[:small[:material/lock: {plain(sentence)}]]")


# ── one kind of paper ────────────────────────────────────────────────────────────────────────────────────────────────


def _one(offer: Offer, papers: Sequence[Issued], subject_id: int, actor: Actor) -> None:
    kind, key = offer.kind, f"papers.{offer.kind.process}.{offer.kind.key}"
    standing = [each for each in papers if each.void_at is None]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(kind.title), width="stretch")
        if standing:
            _badge(offer, standing)
        elif not offer.may:
            st.badge(_("未开具"), color="gray")
        if (kind.many or not standing) and st.button(
            _("预览"), key=f"{key}.look", type="tertiary", help=_("先看一眼再开具；不占编号")
        ):
            dialog(_("预览《{title}》", title=kind.title), width="large")(_look)(kind.key, subject_id)
        if offer.may and (kind.many or not standing):
            label = _("再开一张") if standing else _("开具")
            if st.button(label, key=f"{key}.issue", disabled=bool(offer.missing)):
                _issue(offer, standing, subject_id, actor)
    if offer.may and not standing:
        _say_missing(offer)
    for each in papers:
        _line(each, offer, subject_id, actor)


def _badge(offer: Offer, standing: Sequence[Issued]) -> None:
    if not offer.kind.returns:
        st.badge(_("已开具"), color="blue")
    elif offer.kind.many:
        done = sum(each.signed_on is not None for each in standing)
        colour = "green" if done == len(standing) else "orange"
        st.badge(_("已签收 {done}/{n}", done=done, n=len(standing)), color=colour)  # type: ignore[arg-type, unused-ignore]
    elif standing[0].signed_on is None:
        st.badge(_("待签收"), color="orange")
    else:
        st.badge(_("已签收"), color="green")


def _issue(offer: Offer, standing: Sequence[Issued], subject_id: int, actor: Actor) -> None:
    former = None if offer.kind.many else (standing[0].id if standing else 0)
    # The same press twice makes one paper; the next one, after this was seen, another.
    token = f"paper.{offer.kind.key}.{subject_id}.{_press(offer.kind.key, subject_id)}"
    try:
        with writing(actor) as session:
            paper = issuing.issue(
                session, offer.kind.key, subject_id, pdf, refuse=refuse_unprintable, token=token, former=former
            )
            number = paper.number
    except Refused as refused:
        errors.show_refused(refused)
        return
    del st.session_state[_press_key(offer.kind.key, subject_id)]
    form.tell(_("《{title}》已开具，编号 {number}", title=offer.kind.title, number=number))
    st.rerun()


def _press_key(kind: str, subject_id: int) -> str:
    return f"papers.{kind}.{subject_id}#press"


def _press(kind: str, subject_id: int) -> str:
    made: str = st.session_state.setdefault(_press_key(kind, subject_id), secrets.token_urlsafe(16))
    return made


def _line(paper: Issued, offer: Offer, subject_id: int, actor: Actor) -> None:
    """Draw one issued paper: its number opens it."""
    key = f"papers.{offer.kind.process}.{offer.kind.key}.{paper.id}"
    if paper.void_at is not None:
        number = f"[{plain(paper.number)}]({address('annulled', paper.id)})"
        said = _("{number} 作废：{reason}", number=number, reason=plain(paper.void_reason))
        st.markdown(f":gray[:small[:material/block: {said}]]")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        number = f"[{plain(paper.number)}]({address('issued', paper.id)})"
        about = plain(f"{local(paper.at):%m-%d} {paper.by}")
        st.markdown(f":small[:material/description: {number} :gray[{about}]]", width="stretch")
        if offer.may:
            if paper.returns and paper.signed_on is None:
                with st.popover(_("登记签收"), type="tertiary", key=f"{key}.sign#open"):
                    _ask_signature(paper, actor, key)
            with st.popover(_("更多"), type="tertiary", key=f"{key}.more#open"):
                _more(paper, offer, subject_id, actor, key)
    if paper.signed_on is not None:
        said = _("{name} {day} 签字", name=plain(paper.signed_by), day=f"{paper.signed_on:%Y-%m-%d}")
        scan = f"　[{_('扫描件')}](/documents/{paper.signed_document_id})" if paper.signed_document_id else ""
        st.markdown(f":small[:green[:material/draw: {said}]{scan}]")


def _ask_signature(paper: Issued, actor: Actor, key: str) -> None:
    made = Form(
        f"{key}.signature", SIGNATURE, (Button("save", _("登记签收"), _sign(paper.id)),), about=str(paper.id),
        initial={"signed_on": today()}, also=(), files=True,
    )  # fmt: skip
    if form.show(made, actor):
        form.see_newest(f"{key.split('.')[1]}.")
        form.tell(_("{number} 已登记签收", number=paper.number))
        st.rerun()


def _more(paper: Issued, offer: Offer, subject_id: int, actor: Actor, key: str) -> None:
    """Offer another in its place, and the way to make it void."""
    if not offer.kind.many and st.button(
        _("重新开具"), key=f"{key}.again", disabled=bool(offer.missing), help=" ".join(offer.missing) or None
    ):
        _issue(offer, [paper], subject_id, actor)
    consequence = _("作废后不能恢复；{number} 保留在记录里，可以重新开具。", number=paper.number)
    made = Form(
        f"{key}.voiding", REASON, (Button("save", _("作废"), _make_void(paper.id)),), about=str(paper.id), also=(),
        confirm=consequence, columns=(1,),
    )  # fmt: skip
    if form.show(made, actor):
        form.see_newest(f"{key.split('.')[1]}.")
        form.tell(_("{number} 已作废", number=paper.number))
        st.rerun()


def _sign(paper_id: int) -> Save:
    def save(session: Session, filled: Filled) -> str:
        if len(filled.files) > 1:
            raise Refused(_("签收的扫描件请合成一个文件。"), {"files": _("请只选一个文件。")})
        scan = filled.files[0] if filled.files else None
        issuing.record_signature(session, paper_id, filled.values["signed_by"], filled.values["signed_on"], scan)
        return ""

    return save


def _make_void(paper_id: int) -> Save:
    def save(session: Session, filled: Filled) -> str:
        issuing.void(session, paper_id, filled.values["reason"] or "")
        return ""

    return save


# ── looking at it first ──────────────────────────────────────────────────────────────────────────────────────────────


def _look(_actor: Actor, kind: str, subject_id: int) -> None:
    st.markdown(f"![{_('预览')}]({address('preview', f'{kind}.{subject_id}')})")
