"""Moving in 入住/入驻: taken in at the desk, its checklist, fees, inspection, keys, and the move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import actions, checklist, form, handover, inspection, process_page, shell
from components.desks import move_in_desk
from components.form import Button, Form
from components.kept_choice import kept_segment
from components.words import _
from db import checklists, documents
from db.cases import case_by_id
from db.dossiers import entry_money, fire_files, household_files
from db.dossiers.inspections import INSPECT, InspectionKind
from db.fields import Field
from db.process import open_case
from db.processes.move_ins import KNOWS, PROCESS, offered
from db.session import reading
from db.words import _ as lazy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from components.form import Filled, Sent
    from db.people import Actor
    from db.process import Process
    from db.records import Record

CUSTOMER, KNOWN, NEW = "customer", "known", "new"
"""In the address: whether the customer is known already."""
ELSEWHERE = frozenset({entry_money.COLLECT, INSPECT, fire_files.FILE_FIRE, fire_files.AGREE, fire_files.REFUSE})
"""Done on panels of their own, or by the director on his list of approvals."""
ASKED = ("unit_id", "customer_id", "template", "starts_on", "agent_name", "agent_phone", "parking_space_id", "words")


def open_move_in(process: Process, actor: Actor) -> Sent | None:
    """Ask where and who; a customer whom nobody has met yet is written down at once."""
    who = kept_segment(_("客户"), CUSTOMER, {KNOWN: _("已有客户"), NEW: _("新客户")}, KNOWN)
    with reading(actor) as session:
        formalities = {
            each.value: str(each.label)
            for estate_id in sorted(shell.estate_ids(actor)) for each in offered(session, estate_id)
        }  # fmt: skip
        options = process_page.options_for(session, process, "", process.form())
    asked = {each.name: each for each in process.form()}
    choice = Field("template", lazy("手续"), "reference", lazy("不选则按房屋和客户判断"), required=False)
    asked["template"] = choice
    names = [each for each in ASKED if who == KNOWN or each != "customer_id"]
    if len(formalities) < 2:
        names.remove("template")
    if not options.get("parking_space_id"):
        names.remove("parking_space_id")
    fields = [asked[each] for each in names]
    if who == NEW:
        fields[1:1] = household_files.NEW

    def save(session: Session, filled: Filled) -> str:
        told = {"at": filled.at, "note": filled.note, "token": filled.token}
        if who == NEW:
            case = household_files.open_with_new_customer(session, process.key, filled.values, filled.values, **told)
        else:
            case = open_case(session, process.key, filled.values, **told)
        documents.add_all(session, filled.files, documents.Owner(case_id=case.id))
        return actions.number_of(case)

    sent = form.show(
        Form(
            f"{process.key}.open", tuple(fields), (Button("save", _("登记"), save),), about=who,
            options=options | {"template": formalities}, cancel=True, focus=True,
        ),
        actor,
    )  # fmt: skip
    if sent is not None:
        st.query_params.pop(CUSTOMER, None)
    return sent


def draw_dossier(record: Record, actor: Actor) -> None:
    with reading(actor) as session:
        seen = checklists.seen(session, case_by_id(session, record.id), KNOWS)
    collects = record.offer(entry_money.COLLECT) is not None
    if collects:  # the cashier's own part first
        move_in_desk.entry_fees(record, actor, seen)
    checklist.show(record, actor, seen)
    if not collects:
        move_in_desk.entry_fees(record, actor, seen)
    if any(each.key == "inspection" for each in seen):
        inspection.show(record, actor, InspectionKind.IN)
    handover.show(record, actor, plates=any(each.key == "plates" for each in seen))


def draw_beside(record: Record, actor: Actor) -> None:
    with reading(actor) as session:
        seen = checklists.seen(session, case_by_id(session, record.id), KNOWS)
    move_in_desk.invited(actor, record, seen)


process_page.show(
    PROCESS,
    first=(
        "hand_over",
        "complete",
        move_in_desk.BOOK_PANEL,
        "appoint",
        move_in_desk.FILE_PANEL,
        move_in_desk.FIRE_PANEL,
    ),
    opening=open_move_in,
    beside=draw_beside,
    under=draw_dossier,
    elsewhere=ELSEWHERE,
)
