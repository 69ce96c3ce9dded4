"""Areas of responsibility 责任区: each building's steward, from when to when (R9)."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from components import form, registry_page, registry_table, shell
from components.form import Button, Filled, Form
from components.registry_table import Register
from components.signin import current_actor
from components.words import _
from db.areas import assign_area
from db.checking import is_empty
from db.clock import today
from db.fields import Field, fields_of
from db.options import options_of
from db.people import Actor, Right
from db.refused import Refused
from db.registry import StewardArea
from db.session import reading
from db.words import _ as lazy

AREAS = Register("areas", StewardArea, lazy("责任区"), asks=("starts_on", "ends_on"), ending=lazy("只看现在的"))
BUILDINGS = Field("buildings", lazy("楼栋"), "people")
STEWARD = fields_of(StewardArea)["user_id"]
FROM = Field("starts_on", lazy("从哪天起"), "date", default=today())


def assign(actor: Actor) -> None:
    """Give several buildings to one steward; whoever had them ends the day before."""
    with reading(actor) as session:
        offered = options_of(session, fields_of(StewardArea).values(), shell.estate_ids(actor))
    options = {"buildings": offered["building_id"], "user_id": offered["user_id"]}

    def store(session: Session, filled: Filled) -> str:
        given = filled.values
        missing = {name: _("请选择。") for name in ("buildings", "user_id", "starts_on") if is_empty(given[name])}
        if missing:
            raise Refused(_("请检查标出的 {n} 处。", n=len(missing)), missing)
        return str(len(assign_area(session, given["buildings"], given["user_id"], given["starts_on"])))

    sent = form.show(
        Form("areas.assign", (STEWARD, FROM, BUILDINGS), (Button("save", _("保存"), store),), options=options, also=(),
             cancel=True),
        actor,
    )  # fmt: skip
    if sent is not None:
        if not sent.cancelled:
            form.tell(_("已安排 {n} 栋楼", n=sent.result))
        registry_table.go_to(AREAS)


actor = current_actor()
if st.query_params.get("areas.id") == "new" and actor.may(Right.EDIT_REGISTRY):
    st.subheader(_("安排责任区"), anchor=False)
    st.caption(_("一栋楼同一时间只有一位物业管家；原来的管家到前一天为止，记录保留。"))
    with st.container(border=True, width=860):
        assign(actor)
else:
    registry_page.show([AREAS], _("责任区"))
