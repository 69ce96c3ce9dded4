"""Repairs 报修, with one form for a returned slip 回单录入: accepted, arrived, finished and signed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import actions, form, process_page
from components.plain import plain
from components.shell import estate_ids
from db import documents
from db.channels import repair_channels
from db.fields import asked_fields
from db.processes.repairs import DISPATCHERS, PROCESS, SLIP, ChargeKind, Repair, enter_slip
from db.session import reading
from db.words import _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from components.form import Filled, Sent
    from db.people import Actor
    from db.process import Process
    from db.records import Record


def draw_slip(record: Record, actor: Actor) -> Sent | None:
    paid = record.values["charge_kind"] is ChargeKind.PAID
    fields = tuple(each for each in asked_fields(Repair, SLIP) if paid or each.name != "charge")

    def save(session: Session, filled: Filled) -> str:
        case = enter_slip(session, record.id, filled.values, version=filled.version, token=filled.token)
        documents.add_all(session, filled.files, documents.Owner(case_id=case.id), label="slip")
        return actions.number_of(case)

    return form.show(
        form.Form(
            key="repairs.slip", fields=fields, buttons=(form.Button("save", str(_("录入回单")), save),),
            about=record.number, version=record.version, also=(), files=True,
            focus=actions.was_chosen(record, "slip"),
        ),
        actor,
    )  # fmt: skip


def can_be_entered(record: Record, actor: Actor) -> bool:
    """Say whether the desk can enter the slip; a technician presses on his telephone instead."""
    return record.offer("arrive") is not None and bool(actor.roles & DISPATCHERS)


SLIP_PANEL = actions.Panel("slip", _("回单录入"), draw_slip, can_be_entered)



def open_repair(process: Process, actor: Actor) -> Sent | None:
    """Draw the opening form, with what to tell a caller who asks where to report the next one."""
    with reading(actor) as session:
        channels = repair_channels(session, estate_ids(actor))
    if channels:
        with st.expander(str(_("报修渠道(可念给客户)")), icon=":material/call:"):
            for channel in channels:
                st.markdown(plain(channel))
    return process_page.opening_form(process, actor)


process_page.show(PROCESS, first=("dispatch", SLIP_PANEL, "accept"), opening=open_repair)
