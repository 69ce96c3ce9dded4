"""Complaints 投诉, with one form for the handbook's four steps (HB:22-25): one or several, each with its time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components import actions, form, process_page
from db.fields import NOTE, Field
from db.processes.complaints import PROCESS, STEPS, enter_steps
from db.refused import Refused
from db.words import _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from components.form import Filled, Sent
    from db.people import Actor
    from db.records import Record


def fields_of_steps() -> tuple[Field, ...]:
    asked = []
    for step in STEPS:
        asked.append(replace(NOTE, name=step, label=PROCESS.action(step).label))
        asked.append(Field(f"{step}_at", _("时间"), "moment", required=False))
    return tuple(asked)


def draw_steps(record: Record, actor: Actor) -> Sent | None:
    def save(session: Session, filled: Filled) -> str:
        entries = []
        for step in STEPS:
            note, at = filled.values[step], filled.values[f"{step}_at"]
            if at and not note:
                raise Refused(_("填了时间的步骤也要写内容。"), {step: _("请填写内容。")})
            if note:
                entries.append((step, at, note))
        return actions.number_of(enter_steps(session, record.id, entries, version=filled.version, token=filled.token))

    return form.show(
        form.Form(
            key="complaints.steps", fields=fields_of_steps(), buttons=(form.Button("save", str(_("保存")), save),),
            about=record.number, version=record.version, columns=(3, 1.2), abreast=True, also=(),
            focus=actions.was_chosen(record, "steps"),
        ),
        actor,
    )  # fmt: skip


def can_be_entered(record: Record, _actor: Actor) -> bool:
    return all(record.offer(step) for step in STEPS)


STEPS_PANEL = actions.Panel("steps", _("登记四步"), draw_steps, can_be_entered, frozenset(STEPS))

process_page.show(PROCESS, first=("accept", STEPS_PANEL, "handle", "pass_on"))
