"""Moving out 迁出: applied for, confirmed, handed back, settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import checklist, handover, inspection, process_page
from components.desks import move_out_desk
from db import checklists
from db.cases import case_by_id
from db.dossiers.inspections import InspectionKind
from db.processes.move_outs import KNOWS, PROCESS
from db.session import reading

if TYPE_CHECKING:
    from db.people import Actor
    from db.records import Record


def draw_dossier(record: Record, actor: Actor) -> None:
    with reading(actor) as session:
        seen = checklists.seen(session, case_by_id(session, record.id), KNOWS)
    asked = {each.key for each in seen}
    settled = record.values["settled_on"] is not None
    checklist.show(record, actor, seen)
    if settled:
        move_out_desk.settlement(record, actor)
    move_out_desk.ends(record, actor)
    if "inspection" in asked:
        inspection.show(record, actor, InspectionKind.OUT)
    handover.show(record, actor, leaving=True, plates="plates" in asked)
    if not settled:
        move_out_desk.settlement(record, actor)


process_page.show(PROCESS, first=move_out_desk.FIRST, under=draw_dossier, elsewhere=move_out_desk.ELSEWHERE)
