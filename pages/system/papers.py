"""Wording of papers 单据文字: what an estate's papers say, looked at before it is kept, with a way back; their head."""

from __future__ import annotations

import streamlit as st

from components import errors, form, shell
from components.form import Button, Filled, Form
from components.kept_choice import kept_choice, kept_segment
from components.live import dialog
from components.page_title import page_title
from components.papers.printing import picture, refuse_unprintable
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db import settings
from db.fields import Field
from db.histories import said_moment
from db.papers import contents, letterheads, wordings
from db.papers.issuing import TEMPLATE
from db.papers.kinds import PaperKind
from db.papers.registry import KINDS, said_process, sorted_kinds
from db.papers.wordings import Version, Wording
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing
from db.users import estates_of
from db.words import _ as lazy

PART, ESTATE, PAPER = "part", "estate", "paper"
PARTS = {"words": lazy("单据文字"), "head": lazy("单据抬头")}
FIELDS = {
    "title": (lazy("标题"), 1), "opening": (lazy("正文"), 5), "clauses": (lazy("条款（一行一条，编号自动加）"), 12),
    "closing": (lazy("结尾"), 3),
}  # fmt: skip
HEAD = (
    Field(letterheads.COMPANY.key, lazy("公司名称"), "text", lazy("留空时用收款单位的名称"), required=False, length=60),
    Field(letterheads.PHONE.key, lazy("联系电话"), "text", required=False, length=40),
    Field(letterheads.ADDRESS.key, lazy("系统网址"), "text",
          lazy("手机扫单据上的二维码打开的网址，例如 http://192.168.1.10:8501；留空时二维码只含单号"),
          required=False, length=120),
)  # fmt: skip


def choose_estate(actor: Actor) -> int:
    """Return the estate whose papers are shown: the one looked at, else one to be picked."""
    with reading(actor) as session:
        names = estates_of(session)
    looked_at = shell.estate_ids(actor)
    if len(looked_at) == 1:
        return next(iter(looked_at))
    words = {str(key): name for key, name in names.items()}
    return int(kept_choice(_("项目"), ESTATE, words, next(iter(words)), width=260))


# ── the wording ──────────────────────────────────────────────────────────────────────────────────────────────────────


def key_of(estate: int, kind: PaperKind, name: str) -> str:
    return f"papers.{estate}.{kind.key}.{name}"


def typed(estate: int, kind: PaperKind) -> Wording:
    """Read what stands in the boxes."""
    title, opening, clauses, closing = (st.session_state[key_of(estate, kind, name)] or "" for name in FIELDS)
    return wordings.as_typed(title, opening, clauses, closing)


def forget(estate: int, kind: PaperKind) -> None:
    for name in (*FIELDS, "version#"):
        st.session_state.pop(key_of(estate, kind, name), None)


def begin(estate: int, kind: PaperKind, wording: Wording) -> None:
    """Put under the keys what holds, unless somebody is already at it."""
    state = st.session_state
    state.setdefault(key_of(estate, kind, "version#"), wording.version)
    begun = {
        "title": wording.title or kind.title.text, "opening": wording.opening, "clauses": "\n".join(wording.clauses),
        "closing": wording.closing,
    }  # fmt: skip
    for name, text in begun.items():
        state.setdefault(key_of(estate, kind, name), text)


def boxes(estate: int, kind: PaperKind) -> str | None:
    """Draw what may be changed; returns which button was pressed."""
    with st.form(f"papers.{estate}.{kind.key}#form", enter_to_submit=False, border=False):
        for name, (label, lines) in FIELDS.items():
            key = key_of(estate, kind, name)
            if lines == 1:
                st.text_input(str(label), key=key, max_chars=wordings.MOST[name], autocomplete="off")
            else:
                st.text_area(str(label), key=key, max_chars=wordings.MOST[name], height=26 * lines + 24)
        with st.container(horizontal=True):
            buttons = {
                "save": st.form_submit_button(
                    _("保存"), key=key_of(estate, kind, "save"), type="primary", icon=":material/save:",
                    shortcut="Ctrl+Enter",
                ),
                "look": st.form_submit_button(
                    _("预览"), key=key_of(estate, kind, "look"), icon=":material/visibility:"
                ),
                "drop": st.form_submit_button(_("放弃修改"), key=key_of(estate, kind, "drop"), type="tertiary"),
            }  # fmt: skip
    return next((name for name, pressed in buttons.items() if pressed), None)


def show_blanks(kind: PaperKind) -> None:
    said = "　".join(f"`{{{name}}}` {plain(label)}" for name, label in wordings.blanks_of(kind).items())
    with st.expander(_("可以用的空格：开具时自动填入"), icon=":material/short_text:"):
        st.markdown(said)
        st.caption(_("没有内容可填的空格印成横线，留给手写。"))


def draw_page(estate: int, kind: PaperKind, wording: Wording) -> None:
    """Draw the form as it would be printed, without anybody's data."""
    with reading(current_actor()) as session:
        paper = contents.blank(session, kind, estate, wording=wording)
    with st.container(border=True):
        st.image(picture(TEMPLATE, {"papers": [paper]}), width="stretch")


def save(actor: Actor, estate: int, kind: PaperKind) -> None:
    seen = st.session_state[key_of(estate, kind, "version#")]
    wording = typed(estate, kind)
    if wording.title == kind.title.text and not wordings.of_the_house(kind.key).title:
        wording = Wording("", wording.opening, wording.clauses, wording.closing)
    with writing(actor) as session:
        wordings.change(session, estate, kind, wording, refuse=refuse_unprintable, version=seen)
    forget(estate, kind)
    form.tell(_("《{title}》的文字已保存，以后开具的用新文字", title=kind.title))
    st.rerun()


def show_history(actor: Actor, estate: int, kind: PaperKind, versions: list[Version]) -> None:
    """Draw the versions there were, each with the way back to it."""
    st.subheader(_("修改记录"), anchor=False)
    if not versions:
        st.caption(_("还没有改过，现在是系统自带的文字。"))
        return
    st.caption(_("改动只影响以后开具的；已开具的单据保持原样。"))
    rows = [*versions, Version(0, house=True, by="", at=None)]
    for each in rows:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            said = _("第 {n} 版", n=each.version) if each.version else _("系统自带的文字")
            about = plain(f"{said_moment(each.at)} {each.by}") if each.at else ""
            back = _("（恢复为自带文字）") if each.house and each.version else ""
            st.markdown(f"{said}{back}　:gray[:small[{about}]]", width="stretch")
            key = key_of(estate, kind, f"v{each.version}")
            if st.button(_("查看"), key=f"{key}.look", type="tertiary"):
                dialog(said, width="large")(draw_version)(estate, kind, each.version)
            if each is rows[0]:
                st.badge(_("现用"), color="green")
            elif st.button(_("恢复"), key=f"{key}.back", icon=":material/restore:"):
                with writing(actor) as session:
                    wordings.go_back(session, estate, kind, each.version, version=rows[0].version)
                forget(estate, kind)
                form.tell(_("《{title}》已恢复", title=kind.title))
                st.rerun()


def draw_version(actor: Actor, estate: int, kind: PaperKind, version: int) -> None:
    with reading(actor) as session:
        wording = wordings.former(session, estate, kind, version)
    draw_page(estate, kind, wording)


def choose_paper() -> PaperKind:
    kinds = sorted_kinds()
    names = {each.key: f"{said_process(each.process)} · {each.title}" for each in kinds}
    return KINDS[kept_choice(_("单据"), PAPER, names, kinds[0].key, width=380)]


def show_wording(actor: Actor, estate: int, kind: PaperKind) -> None:
    with reading(actor) as session:
        wording = wordings.wording_of(session, estate, kind)
        versions = wordings.versions(session, estate, kind)
    begin(estate, kind, wording)
    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        pressed = boxes(estate, kind)
        if pressed == "drop":
            forget(estate, kind)
            st.rerun()
        if pressed == "save":
            try:
                save(actor, estate, kind)
            except Refused as refused:
                errors.show_refused(refused)
        show_blanks(kind)
        show_history(actor, estate, kind, versions)
    with right, errors.shown():
        draw_page(estate, kind, typed(estate, kind))


# ── the head ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_head(actor: Actor, estate: int) -> None:
    with reading(actor) as session:
        own = {each.name: settings.value_of(session, SETTINGS[each.name], estate) for each in HEAD}
        logo = settings.value_of(session, letterheads.LOGO, estate)
    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        keep_head(actor, estate, own)
        if logo:
            st.markdown(f"{_('现在的标志')}  \n![{_('标志')}](/documents/{logo}?small=1)")
            if st.button(_("不用标志"), key="papers.head.no_logo", icon=":material/hide_image:"):
                with writing(actor) as session:
                    letterheads.change_logo(session, estate, None)
                st.rerun()
    with right, errors.shown():
        draw_page(estate, sorted_kinds()[0], Wording("", "", (), ""))


SETTINGS = {each.key: each for each in (letterheads.COMPANY, letterheads.PHONE, letterheads.ADDRESS)}


def keep_head(actor: Actor, estate: int, own: dict[str, str]) -> None:
    def store(session: object, filled: Filled) -> str:
        if len(filled.files) > 1:
            raise Refused(_("标志只要一张图片。"), {"files": _("请只选一张图片。")})
        letterheads.change(session, estate, {name: str(value or "") for name, value in filled.values.items()})
        for file in filled.files:
            letterheads.change_logo(session, estate, file)
        return ""

    made = Form("papers.head", HEAD, (Button("save", _("保存"), store),), about=str(estate), initial=own, also=(),
                files=True, columns=(1,))  # fmt: skip
    st.caption(_("标志在下面选一张白底的 PNG 或 JPG，印在单据左上角。"))
    if form.show(made, actor):
        form.tell(_("单据抬头已保存"))
        st.rerun()


actor = current_actor()
page_title(_("单据文字"))
form.say_told()
part = kept_segment(_("看哪一类"), PART, {key: str(words) for key, words in PARTS.items()}, "words")
with st.container(horizontal=True, gap="small"):
    estate_id = choose_estate(actor)
    chosen = choose_paper() if part == "words" else None
if chosen is None:
    show_head(actor, estate_id)
else:
    show_wording(actor, estate_id, chosen)
