"""Inquiries 咨询: most are answered on the spot, in one press."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import actions, process_page
from components.form import Button
from db.fields import asked_fields, optional
from db.process import Process, open_case
from db.processes.inquiries import PROCESS, Inquiry, settle
from db.refused import Refused
from db.words import _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from components.form import Filled, Sent
    from db.people import Actor


def answer_now(session: Session, filled: Filled) -> str:
    return actions.number_of(settle(session, filled.values, at=filled.at, token=filled.token))


def answer_later(session: Session, filled: Filled) -> str:
    if filled.values["answer"]:
        wrong = _("已经写了答复，请按“当场答复”；要以后再答复，请先清空答复。")
        raise Refused(wrong, {"answer": _("以后再答复时请留空。")})
    case = open_case(session, PROCESS.key, filled.values, at=filled.at, note=filled.note, token=filled.token)
    return actions.number_of(case)


def opening(process: Process, actor: Actor) -> Sent | None:
    first = asked_fields(Inquiry, ("category", optional("words", _("问题")), optional("answer"), "satisfied"))[:4]
    taken = {each.name for each in first}
    fields = (*first, *(each for each in process.form() if each.name not in taken))
    buttons = (
        Button("settle", str(_("当场答复")), answer_now, ":material/done_all:"),
        Button("later", str(_("以后答复")), answer_later),
    )
    return process_page.opening_form(process, actor, buttons, fields, files=False)


process_page.show(PROCESS, first=("answer", "tell", "pass_up"), opening=opening)
