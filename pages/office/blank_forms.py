"""Blank forms 空白表格: every paper of the office to be filled in by hand, printed before the network is down."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from components import shell
from components.kept_choice import kept_choice
from components.page_title import page_title
from components.papers.links import link
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db.papers.registry import said_process, sorted_kinds
from db.people import Actor
from db.session import reading
from db.users import estates_of

ESTATE = "estate"


def choose_estate(actor: Actor) -> int | None:
    """Return the estate whose name and wording the forms carry: the one looked at, else one to be picked."""
    looked_at = shell.estate_ids(actor)
    if len(looked_at) == 1:
        return next(iter(looked_at))
    with reading(actor) as session:
        names = {str(key): name for key, name in estates_of(session).items() if key in looked_at}
    return int(kept_choice(_("项目"), ESTATE, names, next(iter(names)), width=280)) if names else None


page_title(_("空白表格"))
st.caption(_("停电、断网时照样办事：把常用的表格先打印一些放在前台和岗亭，用手填写，事后按实际时间补录。"))
estate = choose_estate(current_actor())
if estate is not None:
    with st.container(border=True):
        for process, kinds in groupby(sorted_kinds(), key=lambda each: each.process):
            name, forms = st.columns([1, 6], vertical_alignment="top")
            name.markdown(f"**{plain(said_process(process))}**")
            with forms, st.container(horizontal=True, gap="small"):
                for kind in kinds:
                    link(str(kind.title), "blank", kind.key, estate=estate)
