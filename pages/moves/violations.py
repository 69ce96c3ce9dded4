"""Violations of the rules of renovation 装修违章整改; one found at a site begins with what was seen there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import actions, form, process_page
from components.form import Button, Form
from components.words import _
from db import documents
from db.documents import Owner
from db.process import open_case
from db.processes.violations import PROCESS, proposed
from db.session import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from components.form import Filled, Sent
    from db.people import Actor
    from db.process import Process


def open_violation(process: Process, actor: Actor) -> Sent | None:
    """Draw the opening form; from a look at a site with its unit, its words and its matter in it."""
    site, look = st.query_params.get("site", ""), st.query_params.get("look", "")
    with reading(actor) as session:
        initial = proposed(session, site, int(look) if look.isdecimal() and len(look) < 10 else 0) if site else {}

    def save(session: Session, filled: Filled) -> str:
        case = open_case(session, process.key, filled.values, at=filled.at, note=filled.note, token=filled.token)
        documents.add_all(session, filled.files, Owner(case_id=case.id))
        return actions.number_of(case)

    sent = form.show(
        Form(
            key=f"{process.key}.open", fields=process.form(), buttons=(Button("save", _("登记"), save),),
            about=site + look, initial=initial, files=True, cancel=True, focus=True,
        ),
        actor,
    )  # fmt: skip
    if sent is not None:
        for name in ("site", "look"):
            st.query_params.pop(name, None)
    return sent


FIRST = ("order", "correct", "pass_recheck", "fail_recheck", "answer", "put_right")
process_page.show(PROCESS, first=FIRST, opening=open_violation)
