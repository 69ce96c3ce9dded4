"""The papers of a renovation 装修单据: from the application to the refund; passes, hot work, violations (D1-D4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Choice
from db.dossiers import renovation_money as money
from db.dossiers import site_checks, site_links, site_passes, site_safety
from db.dossiers.renovation_tables import ON_SITE, Formality, HotWork, Renovation, State
from db.dossiers.site_checks import KEEPERS, POINTS, CheckKind, Seen
from db.dossiers.site_passes import SitePass
from db.fields import fields_of
from db.ledger.calculations import in_chinese
from db.ledger.tables import NOTHING
from db.masking import mask_id
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.people import User
from db.processes import renovations, violations
from db.processes.violations import Given, Kind, Violation
from db.refused import Refused
from db.registry import Customer, Unit
from db.words import Words, _

RENOVATIONS, VIOLATIONS = renovations.PROCESS.key, violations.PROCESS.key
PASSES, HOT_WORKS = "site_passes", "hot_works"
_TOUCHES = ("touches_structure", "touches_wet_floor", "touches_water", "touches_electric", "touches_gas",
            "touches_fire", "touches_facade")  # fmt: skip


# ── what a renovation says on paper ──────────────────────────────────────────────────────────────────────────────────


def _unit(session: Session, case: Renovation) -> str:
    return session.get_one(Unit, case.unit_id).short


def _area(session: Session, case: Renovation) -> Decimal | None:
    return session.get_one(Unit, case.unit_id).area


def _customer(session: Session, case: Renovation) -> str:
    return session.get_one(Customer, case.customer_id).name if case.customer_id is not None else ""


def _of(name: str) -> Said:
    """Take a column under the label its field has."""
    return Said(name, fields_of(Renovation)[name].label, lambda _session, case: getattr(case, name))


def _term(_session: Session, case: Renovation) -> Words:
    return _("{first} 至 {last}", first=f"{case.planned_from:%Y-%m-%d}", last=f"{case.planned_to:%Y-%m-%d}")


def _touches(_session: Session, case: Renovation) -> str:
    labels = (in_chinese(fields_of(Renovation)[each].label) for each in _TOUCHES if getattr(case, each))
    return in_chinese(_("、")).join(labels)


def _hours(session: Session, case: Renovation) -> Words:
    return renovations.hours_of(session, case.estate_id)


def _deposit(session: Session, case: Renovation) -> Decimal | None:
    try:
        return money.due(session, case).amount
    except Refused:
        return None


def _refund_days(session: Session, case: Renovation) -> str:
    return str(money.waiting_days(session, case))


_NUMBER = Said("case", _("装修单号"), lambda _session, case: case.number)
_UNIT = Said("unit", _("房屋"), _unit)
_CUSTOMER = Said("customer", _("客户"), _customer)
_TERM = Said("term", _("工期"), _term)
_HOURS = Said("hours", _("施工时间"), _hours, wide=True)
_WORKS = Said("works", _("装修内容"), lambda _session, case: case.words, wide=True, room=3)
_TOUCHED = Said("touches", _("涉及部位"), _touches, wide=True)
_BUILDER = (_of("contractor"), _of("responsible"), _of("responsible_phone"))
_HEAD = (_NUMBER, _UNIT, _CUSTOMER, _TERM)


def _began(_session: Session, case: Renovation) -> Words | None:
    """Gate: works have been allowed to begin."""
    if case.state in {State.ACCEPTED, State.DONE}:
        return _("装修已验收，不再开具。")
    return None if case.state in {*ON_SITE, State.COMPLETED} else _("开工后才能开具。")


def _over(_session: Session, case: Renovation) -> Words | None:
    """Gate: works are accepted."""
    return None if case.state in {State.ACCEPTED, State.DONE} else _("验收合格后才能开具。")


def _declared(_session: Session, case: Renovation) -> Words | None:
    """Gate: the declaration stands."""
    return None if case.state not in renovations.PROCESS.ends else _("本单已经办结。")


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _workers(session: Session, case: Renovation) -> Sequence[Sequence[object]]:
    return [
        (str(place), each.name, each.id_number, each.trade)
        for place, each in enumerate(site_passes.passes_of(session, case.id), start=1)
    ]


def _looks(session: Session, case: Renovation) -> Sequence[Sequence[object]]:
    bad = _("不合格：{points}")
    comma = in_chinese(_("、"))
    return [
        (each.day, in_chinese(Words(bad.text, {"points": comma.join(each.bad)})) if each.bad else in_chinese(_("合格")),
         each.findings, each.by)
        for each in reversed(site_checks.looks_at(session, case.id, CheckKind.DAILY))
    ]  # fmt: skip


def _points(session: Session, case: Renovation) -> Sequence[Sequence[object]]:
    last = next(iter(site_checks.looks_at(session, case.id, CheckKind.ACCEPTANCE)), None)
    return [(words, seen.label, "") for words, seen in last.points] if last else []


def _points_printed() -> Sequence[Sequence[object]]:
    boxes = "　".join(f"□ {in_chinese(each.label)}" for each in Seen)
    return [(in_chinese(words), boxes, "") for words in POINTS[CheckKind.ACCEPTANCE].values()]


def _settling(session: Session, case: Renovation) -> Sequence[Sequence[object]]:
    sheet = money.worksheet(session, case)
    receipts = in_chinese(_("、")).join(sheet.receipts)
    lines: list[Sequence[object]] = [(in_chinese(_("已收押金")), sheet.taken, receipts)]
    lines += [(in_chinese(_("扣除")), -each.amount, each.reason) for each in sheet.deductions]
    if sheet.paid_back:
        lines.append((in_chinese(_("已退")), -sheet.paid_back, ""))
    return [*lines, (in_chinese(_("应退")), sheet.held, "")]


def _held(session: Session, case: Renovation) -> Decimal | None:
    return money.worksheet(session, case).held or NOTHING


def _water(session: Session, case: Renovation) -> str:
    last = next(iter(site_safety.tests_of(session, case.id)), None)
    if last is None or last.result is None:
        return in_chinese(_("不涉及")) if not case.touches_wet_floor else ""
    return in_chinese(
        _("{place}：{result}（{neighbour}）", place=last.place, result=in_chinese(last.result.label),
          neighbour=last.neighbour)
    )  # fmt: skip


# ── passes, hot works ────────────────────────────────────────────────────────────────────────────────────────────────


def _site(of: Callable[[Session, Renovation], object]) -> Callable[[Session, SitePass | HotWork], object]:
    """Read something of the renovation that a pass or permit belongs to."""

    def read(session: Session, row: SitePass | HotWork) -> object:
        case = session.scalars(select(Renovation).where(Renovation.id == row.case_id)).one()
        return of(session, case)

    return read


def _own(key: str, label: Words, name: str = "", *, wide: bool = False) -> Said:
    return Said(key, label, lambda _session, row: getattr(row, name or key), wide=wide)


def _issuer(session: Session, row: SitePass | HotWork) -> str:
    return session.get_one(User, row.issued_by).name


def _holds(_session: Session, row: SitePass) -> Words | None:
    return _("这张出入证已经收回或挂失。") if row.returned_on is not None else None


# ── violations ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _violation(name: str, *, wide: bool = False, boxes: type[Choice] | None = None, room: int = 1) -> Said:
    label = fields_of(Violation)[name].label
    return Said(name, label, lambda _session, case: getattr(case, name), wide=wide, boxes=boxes, room=room)


def _builder_of(session: Session, case: Violation) -> str:
    works = site_links.renovation_of(session, case.id)
    return works.contractor if works is not None else ""


def _works_of(session: Session, case: Violation) -> str:
    works = site_links.renovation_of(session, case.id)
    return works.number if works is not None else ""


def _term_set(_session: Session, case: Violation) -> Words | None:
    """Gate: the notice says until when."""
    return None if case.correct_by is not None else _("请先登记整改期限和整改要求（下达整改通知）。")


_RENOVATION_KINDS = (
    PaperKind(
        key="renovation_application", title=_("装修申请表"), process=RENOVATIONS, prefix="ZXSQ", returns=True,
        needs=(_declared,),
        facts=(
            *_HEAD, Said("formality", _("手续"), lambda _session, case: case.template, boxes=Formality),
            Said("area", _("建筑面积(m²)"), _area), _of("contractor"), _of("licence"), _of("responsible"),
            _of("responsible_phone"), _WORKS, _TOUCHED, _of("cost"),
        ),
        tables=(
            Listed(
                (Head(_("序号"), align="center"), Head(_("姓名"), 1), Head(_("证件号码"), 2), Head(_("工种"), 1)),
                _workers, _("施工人员"), blank=4,
            ),
        ),
        signatures=(_("申请人（客户）"), _("施工单位（盖章）"), _("受理人")),
    ),
    PaperKind(
        key="renovation_agreement", title=_("装饰装修管理服务协议"), process=RENOVATIONS, prefix="ZXXY", returns=True,
        needs=(_declared,),
        facts=(
            *_HEAD, _of("contractor"), _of("responsible"), _of("responsible_phone"),
            Said("deposit", _("装修押金(元)"), _deposit), _HOURS, _WORKS,
            Said("refund_days", _("退还天数"), _refund_days, hidden=True),
        ),
        signatures=(_("甲方（盖章）"), _("乙方（客户）"), _("丙方（盖章）")),
    ),
    PaperKind(
        key="renovation_notice", title=_("装饰装修禁止行为和注意事项告知书"), process=RENOVATIONS, prefix="ZXGZ",
        returns=True, needs=(_declared,), facts=(*_HEAD, _of("contractor"), _of("responsible"), _HOURS),
        signatures=(_("告知人"), _("客户"), _("施工负责人")),
    ),
    PaperKind(
        key="renovation_handbook", title=_("《装修服务手册》签收单"), process=RENOVATIONS, prefix="ZXSC", returns=True,
        needs=(_declared,), facts=(*_HEAD,), size="a5", signatures=(_("签收人"), _("发放人")), seal=False,
    ),
    PaperKind(
        key="renovation_permit", title=_("装修开工证"), process=RENOVATIONS, prefix="KGZ", needs=(_began,),
        issuers=KEEPERS,
        facts=(*_HEAD, _of("started_on"), *_BUILDER, _HOURS, _WORKS), signatures=(_("签发人"),),
    ),
    PaperKind(
        key="renovation_checks", title=_("装修巡查记录"), process=RENOVATIONS, prefix="ZXXC", issuers=KEEPERS,
        seal=False,
        facts=(*_HEAD, *_BUILDER),
        tables=(
            Listed(
                (Head(_("日期")), Head(_("结果"), 3), Head(_("发现的问题"), 3), Head(_("巡查人"))), _looks, blank=16,
            ),
        ),
        signatures=(_("物业管家"), _("施工负责人")),
    ),
    PaperKind(
        key="renovation_acceptance", title=_("装修竣工验收单"), process=RENOVATIONS, prefix="ZXYS", needs=(_over,),
        issuers=KEEPERS, returns=True,
        facts=(*_HEAD, _of("finished_on"), _of("accepted_on"), _of("contractor"), Said("water", _("闭水试验"), _water,
               wide=True), _WORKS),
        tables=(
            Listed(
                (Head(_("验收项目"), 2), Head(_("结果"), 2), Head(_("说明"), 2)), _points, printed=_points_printed,
            ),
        ),
        signatures=(_("客户"), _("施工负责人"), _("工程人员"), _("客服管理员")),
    ),
    PaperKind(
        key="renovation_refund", title=_("装修押金退还结算单"), process=RENOVATIONS, prefix="ZXTY", needs=(_over,),
        issuers=KEEPERS, returns=True, total=_held,
        facts=(*_HEAD, _of("accepted_on"), Said("refundable", _("可退日期"), money.refundable_on)),
        tables=(
            Listed((Head(_("事项"), 1), Head(_("金额(元)"), 1, "right"), Head(_("收据号、原因和凭据"), 3)), _settling),
        ),
        signatures=(_("客户"), _("经办人"), _("财务"), _("管理处主任")),
    ),
)  # fmt: skip

_SITE_KINDS = (
    PaperKind(
        key="site_pass", title=_("施工人员出入证"), process=PASSES, prefix="CRZ", size="card", issuers=KEEPERS,
        needs=(_holds,), subject="site_passes", find=site_passes.pass_by_id,
        facts=(
            _own("number", _("证号"), wide=True), _own("name", _("姓名")), _own("trade", _("工种")),
            Said("id_number", _("证件号码"), lambda _session, row: mask_id(row.id_number), wide=True),
            Said("unit", _("施工房屋"), _site(_unit)),
            Said("contractor", _("施工单位"), _site(lambda _session, case: case.contractor)),
            Said("valid", _("有效期"), lambda _session, row: _(
                "{first} 至 {last}", first=f"{row.valid_from:%Y-%m-%d}", last=f"{row.valid_to:%Y-%m-%d}"), wide=True),
        ),
    ),
    PaperKind(
        key="hot_work", title=_("动火作业证"), process=HOT_WORKS, prefix="DHP", size="a5", issuers=KEEPERS,
        subject="hot_works", find=site_safety.hot_work_by_id,
        facts=(
            _own("number", _("证号")), Said("unit", _("房屋"), _site(_unit)),
            _own("valid_on", _("动火日期")),
            Said("time", _("动火时间"), lambda _session, row: f"{row.from_time}–{row.to_time}"),
            _own("place", _("动火部位")), _own("what", _("动火内容")), _own("worker", _("动火人")),
            _own("certificate", _("特种作业证号")), _own("watcher", _("监护人")),
            _own("extinguishers", _("灭火器材")),
            Said("contractor", _("施工单位"), _site(lambda _session, case: case.contractor)),
            Said("issuer", _("签发人"), _issuer),
        ),
        signatures=(_("动火人"), _("监护人"), _("签发人"), _("收工检查人")),
    ),
)  # fmt: skip

_VIOLATION_KINDS = (
    PaperKind(
        key="violation_notice", title=_("违章整改通知书"), process=VIOLATIONS, prefix="WZTZ", issuers=KEEPERS,
        returns=True, needs=(_term_set,),
        facts=(
            Said("case", _("整改单号"), lambda _session, case: case.number), Said("unit", _("房屋"), _unit),
            Said("customer", _("客户"), _customer), Said("works", _("装修单号"), _works_of),
            Said("contractor", _("施工单位"), _builder_of), _violation("kind", boxes=Kind),
            Said("facts", _("违章事实"), lambda _session, case: case.words, wide=True, room=3),
            _violation("measures", wide=True, room=3), _violation("correct_by"), _violation("given", boxes=Given),
        ),
        signatures=(_("签发人"), _("客户或施工负责人签收"), _("复查人")),
    ),
)  # fmt: skip

KINDS: tuple[PaperKind, ...] = (*_RENOVATION_KINDS, *_SITE_KINDS, *_VIOLATION_KINDS)

__all__ = ["HOT_WORKS", "KINDS", "PASSES"]
