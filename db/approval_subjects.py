"""Everything that is approved: how the list of approvals says it, where its link leads, what a verdict changes."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import document_removals
from db.accounts import publications
from db.approvals import Said, Subject
from db.cases import Case, Event
from db.clock import local
from db.dossiers import fire_files, renovation_reviews
from db.ledger import corrections, disclosures
from db.ledger.money_tables import CorrectionKind
from db.process import action_label, process_of
from db.processes import goods_passes
from db.processes.return_visits import ReturnVisit
from db.session import actor_of
from db.words import _


def _late_entries(session: Session, ids: Collection[int]) -> dict[int, Said]:
    """Say of steps entered late when they happened and when they were typed."""
    rows = session.execute(
        select(Event, Case.number, Case.process)
        .join(Case.__table__, Case.id == Event.case_id)
        .where(Event.id.in_(ids), Case.about_user_id.is_distinct_from(actor_of(session).user_id))
    )
    return {
        event.id: Said(number, _late_entry(process, event), event.note, process, {"case": number})
        for event, number, process in rows
    }


def _late_entry(process: str, event: Event) -> str:
    happened, typed = local(event.occurred_at), local(event.recorded_at)
    return str(
        _("“{step}”发生于 {happened}，{typed} 录入", step=action_label(process_of(process), event.action),
          happened=f"{happened:%m-%d %H:%M}", typed=f"{typed:%m-%d %H:%M}")
    )  # fmt: skip


def _dissatisfied(session: Session, ids: Collection[int]) -> dict[int, Said]:
    """Say what a customer thought who was not satisfied."""
    me = actor_of(session).user_id
    visits = session.scalars(
        select(ReturnVisit).where(ReturnVisit.id.in_(ids), ReturnVisit.about_user_id.is_distinct_from(me))
    )
    found = {}
    for visit in visits:
        said = visit.satisfaction.label if visit.satisfaction else ""
        what = str(_("客户回访：{said}", said=said))
        found[visit.id] = Said(visit.number, what, visit.opinion, visit.process, {"case": visit.number})
    return found


SUBJECTS: dict[str, Subject] = {
    "event": Subject(_("补录审核"), _late_entries),
    "return_visit": Subject(_("不满意回访"), _dissatisfied),
    publications.SUBJECT: publications.APPROVAL,
    disclosures.SUBJECT: disclosures.APPROVAL,
    renovation_reviews.SUBJECT: renovation_reviews.APPROVAL,
    goods_passes.SUBJECT: goods_passes.APPROVAL,
    fire_files.SUBJECT: fire_files.APPROVAL,
    document_removals.SUBJECT: document_removals.APPROVAL,
    **{kind.value: Subject(kind.label, corrections.describe, corrections.decided) for kind in CorrectionKind},
}
"""By the name that `approvals.ask` is given; whoever asks for approval keeps a `Subject` and has a line here."""
