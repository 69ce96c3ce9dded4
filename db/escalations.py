"""Steps that many processes share: warned by the clock, reported upward, urged, voided, withdrawn."""

from __future__ import annotations

from db.base import Choice
from db.people import LEADERS, OFFICE, WORKS, Role
from db.process import Action, Step
from db.words import Words, _


def put_on_the_superiors_list(step: Step) -> None:
    """Put the matter before the superior, from now on."""
    step.case.escalated_at = step.at


def _urged(step: Step) -> None:
    step.case.urges += 1


def _out_of_figures(step: Step) -> None:
    step.case.counts = False


def warned(*sources: Choice) -> Action:
    """Make 超时预警: the clock's own step when a matter is grave or about to be late; nobody presses it."""
    return Action("warn", _("超时预警"), sources, None, frozenset(), then=put_on_the_superiors_list)


def reported_up(*sources: Choice) -> Action:
    """Make 上报领导: put on the superior's list by hand, with the reason (HB:32, 37)."""
    return Action(
        "report_up", _("上报领导"), sources, None, OFFICE | WORKS, asks=("note",), then=put_on_the_superiors_list
    )


def urged(label: Words, *sources: Choice) -> Action:
    """Make 催办 or 催单: each urging is kept and marked on the list of the one responsible (requirement M8)."""
    return Action("urge", label, sources, None, OFFICE | {Role.WORKS_SUPERVISOR}, then=_urged)


def voided(target: Choice, *sources: Choice) -> Action:
    """Make 作废: a double or wrong entry; kept, but out of every figure."""
    return Action(
        "void", _("作废"), sources, target, LEADERS | {Role.WORKS_SUPERVISOR}, asks=("note",), then=_out_of_figures,
        confirm=_("作废后本单不再计入任何统计，且不能恢复。"),
    )  # fmt: skip


def withdrawn(label: Words, target: Choice, *sources: Choice) -> Action:
    """Make 撤诉 or 取消: the customer takes it back before it is handled."""
    return Action(
        "withdraw", label, sources, target, OFFICE, asks=("note",), then=_out_of_figures,
        confirm=_("撤销后本单办结，不计入统计。"),
    )  # fmt: skip
