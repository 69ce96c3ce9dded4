"""Who sits at this screen: signing in, changing over, signing out.

streamlit-authenticator draws the form; who may enter is decided by `db.signing_in`. Its own cookie could be read by
scripts and not be revoked, so ours takes its place: a session row, known to the tab by its number in the server's
memory, and to the browser by an HttpOnly cookie, which it fetches with a one-time ticket by loading an invisible image
(`components/doors.py`). So the page is never left: the address stays, and so does what was typed.
"""

from __future__ import annotations

import html
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st

from components import drafts, errors
from components.plain import plain
from components.streamlit_words import LANGUAGE
from components.words import _, speak
from db import signing_in, users
from db.clock import now
from db.people import Actor
from db.refused import Refused
from db.signing_in import SignedIn, Standing
from db.words import CHINESE, LOCALES

COOKIE = "guanjia_session"
SESSION = f"{drafts.OWN}session"
"""This tab's session, by its number."""
_TICKET, _GONE, _WAS = f"{drafts.OWN}ticket", f"{drafts.OWN}gone", f"{drafts.OWN}was"
_LANGUAGE, _CHANGING = f"{drafts.OWN}language", f"{drafts.OWN}changing"
HANDOVER_TIME = timedelta(seconds=20)
LOGO = Path(__file__).with_name("logo.svg")

_later = ThreadPoolExecutor(1, "seen")
"""Notes who was seen, so that no page waits for somebody's long import to end its writing."""


# ── who is it? ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _look() -> Standing | None:
    number = st.session_state.get(SESSION)
    if number is not None:
        return signing_in.by_session(number)
    token = st.context.cookies.get(COOKIE)
    return signing_in.by_token(token) if isinstance(token, str) else None  # AppTest's cookies are a mock


def who_is_there() -> Actor | None:
    """Ask the session table who sits here: the first line of every run. Notes the language and that he is at work."""
    standing = _look()
    if standing is None:
        _notice_absence()
        return None
    st.session_state[SESSION] = standing.session_id
    st.session_state[errors.ACTOR] = standing.actor
    speak(standing.locale)
    if standing.is_stale:
        _later.submit(signing_in.touch, standing.session_id)
    return standing.actor


def who_looks_on() -> Actor | None:
    """Ask the same for a part that renews itself: looking on is not work."""
    standing = _look()
    return standing.actor if standing else None


def current_actor() -> Actor:
    """Return who sits here, as asked at the start of this run; for pages, which run only when somebody does."""
    actor: Actor | None = st.session_state.get(errors.ACTOR)
    if actor is None:
        raise Refused(_("请先登录。"))
    return actor


def current_session() -> int:
    """Return the number of this tab's session."""
    number: int = st.session_state[SESSION]
    return number


def _notice_absence() -> None:
    """His session ended while he was away: keep what he had typed until he signs in again."""
    language = st.context.cookies.get(LANGUAGE)
    speak(language if language in LOCALES else CHINESE)
    former: Actor | None = st.session_state.pop(errors.ACTOR, None)
    st.session_state.pop(SESSION, None)
    if former is not None:
        drafts.leave(former.user_id, st.session_state.get(errors.PAGE, ""))
        st.session_state[_WAS] = former.user_id


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def address() -> str:
    """Say from where the visitor comes, to count wrong passwords by."""
    told = st.context.ip_address
    return told if isinstance(told, str) else "localhost"  # nothing on this computer itself, a mock in AppTest


def ask(key: str) -> None:
    """Draw the form; after a right password the page starts anew, signed in."""
    from components.signin_form import Form  # noqa: PLC0415 - the library is slow to load; only visitors need it

    words = {"Form name": _("登录"), "Username": _("用户名"), "Password": _("密码"), "Login": _("登录")}
    form = Form(lambda username, password: enter(signing_in.sign_in(username, password, address())))
    try:
        form.login(fields=words, key=key)
    except Refused as refused:
        errors.show_refused(refused)
    if form.was_right:
        _go_on()


def enter(signed_in: SignedIn) -> None:
    """Take over this tab: another person's pages leave nothing behind, one's own drafts come back."""
    former: Actor | None = st.session_state.pop(errors.ACTOR, None)
    was = former.user_id if former else st.session_state.pop(_WAS, None)
    if former is not None:
        drafts.leave(former.user_id, st.session_state.get(errors.PAGE, ""))
        signing_in.sign_out(current_session())
    if was not in (None, signed_in.user_id):
        drafts.clear()
        st.session_state[_CHANGING] = True
    st.session_state[SESSION] = signed_in.session_id
    st.session_state[_TICKET] = (signed_in.ticket, now())
    st.session_state[_WAS] = was
    st.session_state.pop(_GONE, None)


def _go_on() -> None:
    """Start the page anew for who has just signed in: where he left off, else here; the first page for a stranger."""
    was, number = st.session_state.pop(_WAS, None), st.session_state[SESSION]
    standing = signing_in.by_session(number)
    left = drafts.come_back(standing.actor.user_id) if standing else None
    if left is not None and left.page:
        st.switch_page(left.page, query_params=dict(left.params))
    if was is not None and standing is not None and was != standing.actor.user_id:
        go_home()
    st.rerun()


def go_home() -> None:
    """Open the first page."""
    from components.shell import HOME  # noqa: PLC0415 - the shell is built on this module

    st.switch_page(HOME.path)


def sign_out() -> None:
    """Sign out this tab and with it every other of the same session."""
    signing_in.sign_out(current_session())
    st.session_state.pop(errors.ACTOR, None)
    st.session_state.pop(SESSION, None)
    drafts.clear()
    st.session_state[_GONE] = True
    go_home()


# ── what the visitor sees ────────────────────────────────────────────────────────────────────────────────────────────


def show_sign_in() -> None:
    """Draw the sign-in page, and nothing else."""
    with st.container(horizontal_alignment="center"), st.container(width=380):
        st.space("large")
        st.image(str(LOGO), width=150)
        if st.session_state.get(_GONE):
            st.info(_("您已退出登录。"), icon=":material/logout:")
        elif st.session_state.get(_WAS) is not None:
            st.info(
                _("登录已结束：长时间没有操作，或在别处退出。请重新登录，刚才填写的内容会保留。"),
                icon=":material/schedule:",
            )
        ask("signin")
        st.caption(_("忘记密码请联系系统管理员重设。"))
        if st.session_state.get(_GONE):
            _load("/auth/out")


def change_over() -> None:
    """Let another person sign in at the same screen; what the first has typed waits for him."""
    from components.live import dialog  # noqa: PLC0415 - it is built on this module

    dialog(_("换人"), icon=":material/switch_account:")(_draw_change_over)()


def _draw_change_over(actor: Actor) -> None:
    st.caption(_("{name}将退出登录，此页已填写的内容留到本人再登录时恢复。", name=plain(actor.name)))
    ask("change_over")


def is_changing_over() -> bool:
    """Draw an empty screen once between two persons, and say so.

    A browser keeps what stands in a field as long as the field is drawn: the next person would find, and send, what
    the one before had typed.
    """
    if not st.session_state.get(_CHANGING):
        return False

    @st.fragment(run_every="0.4s")
    def empty_screen() -> None:
        st.caption(_("正在换人……"))
        if not st.session_state.get(_CHANGING):
            st.rerun()

    empty_screen()
    st.session_state[_CHANGING] = False
    return True


def change_given_password(actor: Actor) -> None:
    """Draw the page on which a given password is exchanged for one's own, before anything else is to be seen."""
    with st.container(horizontal_alignment="center"), st.container(width=420):
        st.space("medium")
        st.subheader(_("{name}，请先设置自己的密码", name=plain(actor.name)), anchor=False)
        st.caption(_("管理员给您的密码只用于首次登录。新密码 10 到 64 个字符，可以用一句话。"))
        if ask_new_password(actor, "given"):
            st.rerun()
        if st.button(_("退出"), key="given.sign_out", icon=":material/logout:"):
            sign_out()


def ask_new_password(actor: Actor, key: str) -> bool:
    """Draw the form for changing one's own password; says whether it was changed just now."""
    with st.form(f"{key}.form", enter_to_submit=False):
        current = st.text_input(_("当前密码"), type="password", key=f"{key}.current{drafts.SECRET}")
        new = st.text_input(
            _("新密码"), type="password", key=f"{key}.new{drafts.SECRET}",
            help=_("10 到 64 个字符，不限组合，可以用一句话；不能是常见密码，也不能与用户名相同"),
        )  # fmt: skip
        again = st.text_input(_("再输一次新密码"), type="password", key=f"{key}.again{drafts.SECRET}")
        pressed = st.form_submit_button(_("修改密码"), type="primary", key=f"{key}.submit")
    if not pressed:
        return False
    try:
        users.change_password(actor, current_session(), current, new, again)
    except Refused as refused:
        errors.show_refused(refused)
        return False
    return True


def language_changed() -> None:
    """Let the browser know in which language its reader reads, for what Streamlit itself says after the next reload."""
    st.session_state[_LANGUAGE] = now()


def hand_over() -> None:
    """Let the browser fetch its cookie: an invisible image at the end of the page, for a few seconds after signing in.

    It is drawn in several runs since the first may be replaced before it reaches the browser.
    """
    changed: datetime | None = st.session_state.get(_LANGUAGE)
    if changed is not None and now() - changed < HANDOVER_TIME:
        _load(f"/auth/language?{changed.timestamp()}")
    ticket: tuple[str, datetime] | None = st.session_state.get(_TICKET)
    if ticket is None:
        return
    if now() - ticket[1] > HANDOVER_TIME:
        del st.session_state[_TICKET]
        return
    _load(f"/auth/complete?ticket={ticket[0]}")


def _load(address: str) -> None:
    st.html(f'<img src="{html.escape(address)}" alt="" width="1" height="1">', width="content")
