"""Printing the work order 维修单: what the technician takes along and the customer signs (HB:138, M2, M4)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from db.audit import record
from db.cases import case_by_number, hidden_from
from db.papers import contents, issuing
from db.papers.contents import Paper
from db.papers.desk_papers import WORK_ORDER
from db.processes.repairs import Repair
from db.refused import Refused
from db.session import actor_of
from db.words import _

MOST = 50
"""So many at once."""


def work_order(session: Session, number: str) -> Paper:
    """Prepare the order of a repair for printing; each printing is in the log, since it carries a telephone.

    Needs a writing session. Raises `Refused` for another process or a repair out of the actor's scope.
    """
    case = case_by_number(session, number)
    if not isinstance(case, Repair):
        raise Refused(_("{number} 不是报修单，没有维修单可打印。", number=case.number))
    if hidden_from(case, actor_of(session).user_id):
        raise Refused(_("本单涉及您本人，请由他人经办。"))
    if missing := issuing.missing_for(session, WORK_ORDER, case):
        raise Refused(" ".join(missing))
    paper = contents.content(session, WORK_ORDER, case, number=case.number)
    record(session, "printed", "cases", case.id, estate_id=case.estate_id, ground=case.number, case_id=case.id)
    return paper


def work_orders(session: Session, numbers: Iterable[str]) -> list[Paper]:
    """Prepare several, in the order asked, each once; all or none."""
    wanted = list(dict.fromkeys(filter(None, (each.strip() for each in numbers))))
    if not wanted:
        raise Refused(_("请先选择要打印的报修单。"))
    if len(wanted) > MOST:
        raise Refused(_("一次最多打印 {most} 张。", most=MOST))
    return [work_order(session, each) for each in wanted]
