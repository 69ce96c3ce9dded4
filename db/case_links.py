"""How matters hang together: the visit to its complaint, the defect's repair to the inspection it was found at."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.cases import Case, CaseLink
from db.people import in_scope
from db.session import actor_of
from db.words import Words, _

RELATIONS: dict[tuple[str, bool], Words] = {
    ("return_visit", True): _("回访的事项"),
    ("return_visit", False): _("回访"),
    ("repeat", True): _("以前反映过"),
    ("repeat", False): _("后来又反映"),
    ("group", True): _("同一事件"),
    ("group", False): _("同一事件"),
    ("merged", True): _("并入"),
    ("merged", False): _("并入本单"),
    ("from", True): _("来自"),
    ("from", False): _("由此产生"),
    ("defect", True): _("验收时发现"),
    ("defect", False): _("验收缺陷报修"),
    ("violation", True): _("违章所在装修"),
    ("violation", False): _("违章整改"),
    ("goods", True): _("所属迁出"),
    ("goods", False): _("物品放行"),
    ("dossier", True): _("所属手续"),
    ("dossier", False): _("相关手续"),
}
"""What a link is called from either end: (its kind, whether this matter is the newer one)."""


def links_of(session: Session, case: Case) -> list[tuple[str, bool, Case]]:
    """List linked cases in the actor's scope: kind, whether this case is the newer one, the other case."""
    actor = actor_of(session)
    found: list[tuple[str, bool, Case]] = []
    for newer, here, there in (
        (True, CaseLink.case_id, CaseLink.other_id),
        (False, CaseLink.other_id, CaseLink.case_id),
    ):
        rows = select(CaseLink.kind, Case).join(Case, Case.id == there).where(here == case.id).order_by(CaseLink.id)
        found += [(kind, newer, other) for kind, other in session.execute(in_scope(rows, actor, Case))]
    return found
