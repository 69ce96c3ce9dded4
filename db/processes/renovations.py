"""Renovation 装修: declared, agreed on conditions, looked at daily, accepted, deposit back (HB:82-86, 324-327).

In homes it is a declaration 申报 that the office registers and answers with the rules (民法典 945); in the park an
application. Nothing here fines or cuts supplies: what is wrong is talked out of, ordered to be put right, and reported.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import checklist_templates, checklists, escalations, settings
from db.cases import Case, case_by_id
from db.checklists import Knows
from db.clock import moment_of, today
from db.deadlines import handled
from db.dossiers import renovation_money as money
from db.dossiers import renovation_reviews as reviews
from db.dossiers import site_checks, site_links, site_passes, site_safety
from db.dossiers.renovation_money import DEPOSIT_HOME, DEPOSIT_PARK, PASS_DEPOSIT, REFUND_HOME, REFUND_PARK
from db.dossiers.renovation_reviews import DIRECTOR_COST, REVIEW_WAY
from db.dossiers.renovation_tables import ON_SITE, UNFINISHED, Formality, Renovation, ReviewKind, State
from db.dossiers.renovation_templates import TEMPLATES
from db.dossiers.site_checks import KEEPERS, CheckKind
from db.dossiers.site_safety import WATER_HOURS
from db.dossiers.steps import noted, spanning
from db.fields import Field, asked, optional
from db.ledger.money_tables import DepositKind
from db.people import LEADERS, OFFICE, RIGHTS, Right, Role
from db.process import Action, Process, Step
from db.refused import Refused
from db.registry import Estate, Occupancy, Relation
from db.registry_rules import holds_on
from db.settings import Setting
from db.words import Words, _

REVIEW_DAYS = Setting("renovations.review_days", _("装修：送审后几天内答复，报完工后几天内验收"), 3, least=1, most=60)
OPENS = Setting("renovations.opens", _("装修：每天几点开始施工"), 8, most=23)
NOON_FROM = Setting("renovations.noon_from", _("装修：午间几点起停止有噪声的施工"), 12, most=24)
NOON_TO = Setting("renovations.noon_to", _("装修：午间停到几点"), 14, most=24)
CLOSES = Setting("renovations.closes", _("装修：每天几点结束施工"), 18, most=24)
REST_DAYS, OFFICE_TIME, NO_MORE = "rest_days", "office_time", "no_more"
QUIET = Setting(
    "renovations.quiet", _("装修：另外哪些时间不得有噪声"), REST_DAYS,
    choices={REST_DAYS: _("周六、周日和法定节假日"), OFFICE_TIME: _("工作日办公时间"), NO_MORE: _("没有另外规定")},
)  # fmt: skip
SETTINGS = (DEPOSIT_HOME, DEPOSIT_PARK, PASS_DEPOSIT, REFUND_HOME, REFUND_PARK, DIRECTOR_COST, REVIEW_WAY, WATER_HOURS)
"""Decided here, used by what this process stands on."""

REVIEWERS = frozenset({Role.SUPERVISOR, Role.WORKS_SUPERVISOR, Role.DIRECTOR})
_EVENING = time(23, 59)
RUNNING = (State.AGREED, *ON_SITE)
NEW_END = Field("new_end", _("延期到"), "date")
REASON_NOTE = asked("note", _("原因"))


# ── for others ───────────────────────────────────────────────────────────────────────────────────────────────────────


def renovation_by_id(session: Session, case_id: int) -> Renovation:
    """Find a renovation in the actor's scope. Raises `Refused` as if it did not exist otherwise."""
    case = case_by_id(session, case_id)
    if not isinstance(case, Renovation):
        raise Refused(_("{number} 不是装修单。", number=case.number))
    return case


def open_at(session: Session, unit_id: int) -> Renovation | None:
    """Find the unit's renovation that is not finished: asked for, agreed, under way or not yet accepted."""
    return session.scalar(
        select(Renovation)
        .where(Renovation.unit_id == unit_id, Renovation.state.in_([each.value for each in UNFINISHED]))
        .order_by(Renovation.id.desc())
        .limit(1)
    )


def no_works_open(session: Session, case: Case) -> Words | None:
    """Gate for moving in and out: no renovation of the matter's unit is unfinished (D4, I6; HB:86)."""
    works = open_at(session, case.unit_id) if case.unit_id is not None else None
    if works is None:
        return None
    return _("装修单 {number} 还是“{state}”，请先验收合格或撤回。", number=works.number, state=State(works.state).label)


def works_at(session: Session, unit_id: int) -> bool:
    """Claim: works go on in the unit now, so that it stands as 装修中."""
    works = open_at(session, unit_id)
    return works is not None and works.state in {*ON_SITE, State.COMPLETED}


def hours_of(session: Session, estate_id: int) -> Words:
    """Say when works are allowed, by the office's settings (噪声污染防治法 66)."""
    opens, noon, again, closes = (
        settings.value_of(session, each, estate_id) for each in (OPENS, NOON_FROM, NOON_TO, CLOSES)
    )
    quiet = settings.value_of(session, QUIET, estate_id)
    hours = (
        _("每日 {opens}:00–{noon}:00、{again}:00–{closes}:00", opens=opens, noon=noon, again=again, closes=closes)
        if noon < again
        else _("每日 {opens}:00–{closes}:00", opens=opens, closes=closes)
    )
    if quiet == NO_MORE:
        return hours
    return _("{hours}；{quiet}不得进行产生噪声的施工", hours=hours, quiet=QUIET.choices[quiet] if QUIET.choices else "")


# ── what the house knows itself ──────────────────────────────────────────────────────────────────────────────────────


def _authority_agreed(session: Session, case: Renovation) -> Words | None:  # noqa: ARG001 - a gate
    if (case.touches_structure or case.touches_gas) and not case.authority_document:
        return _("涉及结构或燃气，请登记主管部门（燃气企业）的批准文件。")
    return None


def _fire_agreed(session: Session, case: Renovation) -> Words | None:  # noqa: ARG001 - a gate
    if case.touches_fire and not case.authority_document:
        return _("涉及消防设施，请登记消防设计方案或批准文件。")
    return None


def _neighbours_told(session: Session, case: Renovation) -> Words | None:  # noqa: ARG001 - a gate
    return None if case.neighbours_told_on else _("还没有登记告知邻居。")


KNOWS: Knows = {
    "authority": _authority_agreed,
    "fire_authority": _fire_agreed,
    "deposit": money.deposit_is_paid,
    "neighbours": _neighbours_told,
    "water_test": site_safety.water_is_tight,
    "violations": site_links.violations_are_settled,
}


def _nobody_else_works(session: Session, case: Renovation) -> Words | None:
    other = site_links.other_works(session, case)
    return _("这套房屋的装修单 {number} 还在施工，请先验收。", number=other) if other else None


# ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _opened(step: Step) -> None:
    case: Renovation = step.case
    case.template = case.template or _proposed(step)
    estate = step.session.get_one(Estate, case.estate_id)
    template = TEMPLATES[case.template]
    if estate.kind not in template.estates:
        wrong = _("“{formality}”不用于{kind}，请另选。", formality=case.template.label, kind=estate.kind.label)
        raise Refused(wrong, {"template": wrong})
    spanning(case.planned_from, case.planned_to, "planned_to", what=_("计划工期"))
    case.topic = case.template.value
    step.session.add(case)
    step.session.flush()
    checklists.lay_out(step.session, case, checklist_templates.lines_of(step.session, case.estate_id, template))


def _proposed(step: Step) -> Formality:
    """Propose the formality: a tenant's where he is one and the estate has such a list, else the estate's first."""
    estate = step.session.get_one(Estate, step.case.estate_id)
    fitting = [each for each, template in TEMPLATES.items() if estate.kind in template.estates]
    tenant = step.session.scalar(
        select(Occupancy.id).where(
            Occupancy.unit_id == step.case.unit_id, Occupancy.customer_id == step.case.customer_id,
            Occupancy.relation != Relation.OWNER, holds_on(Occupancy, step.day),
        ).limit(1)
    )  # fmt: skip
    return Formality.TENANT if tenant is not None and Formality.TENANT in fitting else fitting[0]


def _corrected(step: Step) -> None:
    spanning(step.case.planned_from, step.case.planned_to, "planned_to", what=_("计划工期"))


def _within_days(step: Step) -> None:
    """Give the office's own next step its time; while papers are the customer's to bring nothing is late."""
    days = settings.value_of(step.session, REVIEW_DAYS, step.case.estate_id)
    step.case.due_at = moment_of(step.day + timedelta(days=days), _EVENING)


def _submitted(step: Step) -> None:
    _within_days(step)
    reviews.asked_for(step, ReviewKind.WORKS)


def _agreed(step: Step) -> None:
    reviews.close(step.session, step.case.id, ReviewKind.WORKS)
    step.case.answered_at = step.case.answered_at or step.at
    step.case.due_at = None


def _sent_back(step: Step) -> None:
    reviews.close(step.session, step.case.id, ReviewKind.WORKS)
    step.case.due_at = None


def _recalled(step: Step) -> None:
    reviews.close(step.session, step.case.id, ReviewKind.WORKS, withdrawn=True)
    step.case.due_at = None


def _started(step: Step) -> None:
    case: Renovation = step.case
    if case.planned_to < step.day:
        raise Refused(_("计划完工日 {day} 已过，请先更正工期。", day=case.planned_to))
    case.started_on = step.day
    case.due_at = moment_of(case.planned_to, _EVENING)
    site_links.fit_out(step.session, case)


def _rescheduled(step: Step) -> None:
    spanning(step.case.planned_from, step.case.planned_to, "planned_to", what=_("计划工期"))
    if step.case.planned_to < today():
        wrong = _("计划完工日不能早于今天。")
        raise Refused(wrong, {"planned_to": wrong})


def _extension_asked(step: Step) -> None:
    until: date = step.values["new_end"]
    if until <= step.case.planned_to or until < today():
        wrong = _("延期要晚于原计划完工日 {day}，且不早于今天。", day=step.case.planned_to)
        raise Refused(wrong, {"new_end": wrong})
    spanning(step.case.planned_from, until, "new_end", what=_("延期后的工期"))
    reviews.asked_for(step, ReviewKind.EXTENSION, until)
    noted(step, _("申请延期到 {day}", day=until))


def _extended(step: Step) -> None:
    case: Renovation = step.case
    review = reviews.close(step.session, case.id, ReviewKind.EXTENSION)
    assert review.until is not None  # noqa: S101 - an extension names its day
    site_passes.run_until(step.session, case.id, case.planned_to, review.until)
    case.planned_to = review.until
    case.due_at = moment_of(review.until, _EVENING)
    noted(step, _("延期到 {day}，出入证随之延长", day=review.until))


def _not_extended(step: Step) -> None:
    reviews.close(step.session, step.case.id, ReviewKind.EXTENSION)


def _checked(step: Step) -> None:
    site_checks.written(step, CheckKind.DAILY)


def _completed(step: Step) -> None:
    if reviews.current(step.session, step.case.id, ReviewKind.EXTENSION):  # nobody needs more time any more
        reviews.close(step.session, step.case.id, ReviewKind.EXTENSION, withdrawn=True)
    step.case.finished_on = step.day
    _within_days(step)


def _accepted(step: Step) -> None:
    case: Renovation = step.case
    if bad := site_checks.bad_points(CheckKind.ACCEPTANCE, step.values):
        raise Refused(_("还有 {n} 项不合格，请用“验收不合格”登记并约复验。", n=len(bad)))
    site_checks.written(step, CheckKind.ACCEPTANCE)
    handled(step)
    case.accepted_on, case.reinspect_on = step.day, None
    site_passes.end_with_the_works(step.session, case.id, step.day)
    site_links.fitted_out(step.session, case)


def _not_accepted(step: Step) -> None:
    if not site_checks.bad_points(CheckKind.ACCEPTANCE, step.values):
        raise Refused(_("各项都合格，请用“验收合格”。"))
    if step.case.reinspect_on < step.day:
        wrong = _("复验日期不能早于今天。")
        raise Refused(wrong, {"reinspect_on": wrong})
    site_checks.written(step, CheckKind.ACCEPTANCE)
    step.case.due_at = moment_of(step.case.reinspect_on, _EVENING)


def _out_of_figures(step: Step) -> None:
    step.case.counts = False
    if reviews.current(step.session, step.case.id, ReviewKind.WORKS):
        reviews.close(step.session, step.case.id, ReviewKind.WORKS, withdrawn=True)


ASKED = (
    "unit_id", optional("customer_id"), optional("template"), asked("words", _("装修内容")), "planned_from",
    "planned_to", optional("contractor"), optional("licence"), optional("responsible"), optional("responsible_phone"),
    "touches_structure", "touches_wet_floor", "touches_water", "touches_electric", "touches_gas", "touches_fire",
    "touches_facade", optional("cost"), optional("contact_name"), optional("contact_phone"),
)  # fmt: skip
CORRECTED = tuple(each for each in ASKED if each != "unit_id" and getattr(each, "name", "") != "template")
_ACCEPTANCE = site_checks.asked(CheckKind.ACCEPTANCE)

PROCESS = Process(
    key="renovations",
    prefix="ZS",
    section="moves",
    title=_("装修"),
    icon=":material/format_paint:",
    model=Renovation,
    start=State.APPLIED,
    ends=(State.DONE, State.REFUSED, State.WITHDRAWN, State.VOID),
    asks=ASKED,
    openers=OFFICE | {Role.WORKS_SUPERVISOR},
    opened=_opened,
    actions=(
        Action(checklists.TICK, _("登记资料"), UNFINISHED, None, KEEPERS),
        Action("correct", _("更正申报内容"), (State.APPLIED,), None, KEEPERS,
               asks=CORRECTED, then=_corrected),
        Action("authority", _("登记批准文件"), (State.APPLIED, State.AGREED), None, KEEPERS,
               asks=("authority", "authority_document")),
        Action("neighbours", _("登记告知邻居"), (State.APPLIED, State.REVIEWING, *RUNNING), None, KEEPERS,
               asks=("neighbours_told_on", "neighbours_told_how")),
        Action("submit", _("送审"), (State.APPLIED,), State.REVIEWING, KEEPERS, then=_submitted, main=True,
               needs=(checklists.standing_before("submit", KNOWS),)),
        Action("agree", _("审核通过"), (State.REVIEWING,), State.AGREED, REVIEWERS, then=_agreed,
               needs=(reviews.granted(ReviewKind.WORKS),)),
        Action("send_back", _("审核退回"), (State.REVIEWING,), State.APPLIED, REVIEWERS, then=_sent_back,
               needs=(reviews.denied(ReviewKind.WORKS),)),
        Action("recall", _("撤回送审"), (State.REVIEWING,), State.APPLIED, KEEPERS, asks=(REASON_NOTE,),
               then=_recalled),
        Action("refuse", _("不予办理"), (State.APPLIED,), State.REFUSED, LEADERS,
               asks=("refusal_ground", asked("note", _("告知客户的说明"))), needs=(money.nothing_is_held,),
               confirm=_("只有法律规定或书面约定的依据才能不予办理；办结后客户可以补齐再申请。")),
        Action("pay_deposit", _("收装修押金"), (State.APPLIED, State.REVIEWING, *RUNNING), None,
               RIGHTS[Right.TAKE_PAYMENT], asks=money.TAKING, then=money.taking(DepositKind.RENOVATION)),
        Action("pay_pass_deposit", _("收出入证押金"), RUNNING, None, RIGHTS[Right.TAKE_PAYMENT], asks=money.TAKING,
               needs=(money.passes_take_a_deposit,), then=money.taking(DepositKind.PASS)),
        Action("reschedule", _("更正工期"), (State.AGREED,), None, KEEPERS, asks=("planned_from", "planned_to"),
               then=_rescheduled),
        Action("start", _("开工"), (State.AGREED,), State.WORKING, KEEPERS, then=_started, main=True,
               needs=(checklists.standing_before("start", KNOWS), money.no_refund_under_way, _nobody_else_works)),
        Action("check", _("登记巡查"), ON_SITE, None, KEEPERS, asks=site_checks.asked(CheckKind.DAILY), then=_checked),
        Action("issue_passes", _("办出入证"), RUNNING, None, KEEPERS,
               asks=(site_passes.WORKERS, site_passes.VALID_FROM, site_passes.VALID_TO), then=site_passes.issued),
        Action("return_passes", _("收回出入证"), (*RUNNING, State.COMPLETED, State.ACCEPTED), None, KEEPERS,
               asks=(site_passes.NUMBERS, site_passes.LOST), then=site_passes.taken_back),
        Action("hot_work", _("办动火证"), (State.WORKING,), None, KEEPERS, asks=site_safety.HOT_WORK,
               then=site_safety.permitted),
        Action("start_water_test", _("开始闭水试验"), (*ON_SITE, State.COMPLETED), None, KEEPERS,
               asks=(site_safety.WET_PLACE, site_safety.STARTED), needs=(site_safety.no_test_runs,),
               then=site_safety.test_started),
        Action("end_water_test", _("登记闭水结果"), (*ON_SITE, State.COMPLETED), None, KEEPERS,
               asks=(site_safety.RESULT, site_safety.LOOKED, site_safety.ENDED, site_safety.REMARK),
               needs=(site_safety.a_test_runs,), then=site_safety.test_ended),
        Action("link_complaint", _("关联投诉"), (*ON_SITE, State.COMPLETED, State.ACCEPTED), None, KEEPERS,
               asks=(site_links.COMPLAINT,), then=site_links.complaint_linked),
        Action("extend", _("申请延期"), ON_SITE, None, KEEPERS, asks=(NEW_END, REASON_NOTE),
               needs=(reviews.none_under_way,), then=_extension_asked),
        Action("extended", _("同意延期"), ON_SITE, None, REVIEWERS, then=_extended,
               needs=(reviews.granted(ReviewKind.EXTENSION),)),
        Action("not_extended", _("不同意延期"), ON_SITE, None, REVIEWERS, then=_not_extended,
               needs=(reviews.denied(ReviewKind.EXTENSION),)),
        Action("stop", _("劝停整改"), (State.WORKING,), State.STOPPED, KEEPERS, asks=(REASON_NOTE,)),
        Action("resume", _("恢复施工"), (State.STOPPED,), State.WORKING, KEEPERS, asks=("note",),
               needs=(site_links.violations_are_settled,)),
        Action("complete", _("报完工"), (State.WORKING,), State.COMPLETED, KEEPERS, then=_completed),
        Action("accept", _("验收合格"), (State.COMPLETED,), State.ACCEPTED, KEEPERS, asks=_ACCEPTANCE, then=_accepted,
               needs=(checklists.standing_before("accept", KNOWS),), main=True),
        Action("fail_acceptance", _("验收不合格"), (State.COMPLETED,), None, KEEPERS,
               asks=(*_ACCEPTANCE, "reinspect_on"), then=_not_accepted),
        Action("deduct", _("押金扣款"), (State.ACCEPTED,), None, RIGHTS[Right.BILL], asks=money.DEDUCTING,
               needs=(money.something_is_held, money.no_refund_under_way), then=money.deducted,
               confirm=_("扣款后不能撤销，请确认金额和客户书面同意的凭据。")),
        Action("ask_refund", _("申请退押金"), (State.AGREED, State.ACCEPTED), None, RIGHTS[Right.DUN],
               asks=money.PAYING_BACK, then=money.refund_asked,
               needs=(money.something_is_held, money.no_refund_under_way, money.waiting_is_over)),
        Action("close", _("办结"), (State.ACCEPTED,), State.DONE, KEEPERS | RIGHTS[Right.BILL], main=True,
               needs=(money.nothing_is_held,)),
        escalations.reported_up(*UNFINISHED),
        escalations.warned(State.REVIEWING, *ON_SITE, State.COMPLETED),
        replace(
            escalations.withdrawn(_("撤回申请"), State.WITHDRAWN, State.APPLIED, State.REVIEWING, State.AGREED),
            needs=(money.nothing_is_held,), then=_out_of_figures,
        ),
        replace(escalations.voided(State.VOID, State.APPLIED, State.REVIEWING, State.AGREED),
                needs=(money.nothing_is_held,), then=_out_of_figures),
    ),
)  # fmt: skip


__all__ = [
    "KNOWS", "PROCESS", "TEMPLATES", "Renovation", "State", "hours_of",
    "no_works_open", "open_at",
    "renovation_by_id", "works_at",
]  # fmt: skip
