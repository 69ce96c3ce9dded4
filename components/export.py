"""Taking a list away as a file: all rows found, made when the button is pressed, by whoever then sits there."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import signin
from components.words import _
from db import signing_in
from db.clock import local, now
from db.exporting import CSV, EXCEL, MOST, export, too_many
from db.lists import Wanted
from db.people import Actor, Right
from db.process import Process
from db.refused import Refused
from db.words import choose_locale, current_locale

_KINDS = {
    EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv",
}


def show(process: Process, actor: Actor, wanted: Wanted, total: int) -> None:
    """Draw the button that offers both kinds of file; nothing for who may not export."""
    if not actor.may(Right.EXPORT):
        return
    key = f"{process.key}.list.export"
    with st.popover(_("导出"), icon=":material/download:", key=key):
        if not total:
            st.caption(_("没有可导出的内容。"))
            return
        st.markdown(_("导出查到的全部 **{n}** 行", n=f"{total:,}"))
        if not actor.may(Right.EXPORT_PERSONAL):
            st.caption(_("电话等个人信息会遮盖。"))
        for kind, label in ((EXCEL, _("Excel 工作簿")), (CSV, _("CSV 文件"))):
            if total > MOST[kind]:
                st.caption(str(too_many(total, kind)))
                continue
            name = f"{process.title}-{local(now()):%Y%m%d-%H%M}.{kind}"
            st.download_button(
                label, data=_made(process.key, wanted, kind), file_name=name, mime=_KINDS[kind], key=f"{key}.{kind}",
                on_click="ignore", icon=":material/table_view:" if kind == EXCEL else ":material/csv:", width="stretch",
            )  # fmt: skip
        st.caption(_("每次导出都记入操作日志。"))


def _made(process: str, wanted: Wanted, kind: str) -> Callable[[], bytes]:
    """Return what makes the file of a list when it is asked for."""
    return when_asked(lambda actor: export(actor, process, wanted, kind).data)


def when_asked(make: Callable[[Actor], bytes]) -> Callable[[], bytes]:
    """Return what makes a file when its button is pressed, by whoever then sits there.

    It runs in a thread of its own, long after the page was drawn: the language is taken along, and who sits there is
    asked afresh, for the button outlives a sign-out.
    """
    number, locale = signin.current_session(), current_locale()

    def made() -> bytes:
        choose_locale(locale)
        standing = signing_in.by_session(number)
        if standing is None:
            raise Refused(_("请先登录。"))
        return make(standing.actor)

    return made
