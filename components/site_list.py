"""Renovation sites that wait for a look, or are past their planned end: a part of My work."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import filters
from components.plain import plain
from components.words import _
from db.dossiers.site_checks import Site
from db.processes.renovations import PROCESS


def show(sites: Sequence[Site]) -> None:
    """Draw the sites, the longest unseen first; each leads to its matter."""
    st.caption(_("施工中的房屋每天巡查一次；过了计划完工日的请办延期或报完工。"))
    with st.container(gap="xsmall"):
        for each in sites:
            _site(each)


def _site(site: Site) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        path, params = filters.link_to(PROCESS.key, site.number)
        st.page_link(path, label=f"**{site.number}**", icon=PROCESS.icon, query_params=params)
        st.markdown(_badges(site), width="content")
        st.markdown(f"**{plain(site.where)}**　{plain(site.contractor)}", width="stretch")
        if site.days_unseen:
            st.page_link(
                path, label=_("登记巡查"), icon=":material/arrow_forward:", icon_position="right", query_params=params
            )


def _badges(site: Site) -> str:
    badges = [(site.state.colour, str(site.state.label))]
    if site.days_unseen > 1:
        badges.append(("red", _("已 {n} 天没有巡查", n=site.days_unseen)))
    elif site.days_unseen:
        badges.append(("orange", _("今天还没有巡查")))
    if site.overdue:
        badges.append(("red", _("超工期 {n} 天", n=site.overdue)))
    return " ".join(f":{colour}-badge[{plain(words)}]" for colour, words in badges)
