"""The operation log 操作日志 as it is read: who did what to what, before and after in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import office_settings
from db.audit import Audit
from db.base import Base
from db.cases import Case
from db.clock import moment_of
from db.fields import Field, fields_of
from db.histories import Change, Names, ids_in, names_of, said
from db.masking import mask, mask_phone
from db.people import SYSTEM_ID, Right, Role, User, require
from db.privacy import Ground
from db.processes import PROCESSES
from db.registry_history import ACTS as REGISTRY_ACTS
from db.session import actor_of
from db.words import Words, _

PAGE = 50
ACTS: dict[str, Words] = REGISTRY_ACTS | {
    "signed_in": _("登录"), "signed_out": _("退出"), "sign_in_failed": _("登录失败"), "sessions_ended": _("强制下线"),
    "enabled": _("启用"), "disabled": _("停用"), "password_reset": _("重设密码"), "password_changed": _("修改密码"),
    "password_refused": _("修改密码未成"), "attached": _("添加附件"), "downloaded": _("下载附件"),
    "removed": _("移除"), "destroyed": _("销毁"), "undone": _("撤销导入"), "handed_in": _("提交审批"),
    "approved": _("批准"), "denied": _("退回"), "posted": _("登记张贴"), "printed": _("打印"),
    "issued": _("开具"), "handed_over": _("交给客户"), "signed": _("登记签收"), "voided": _("作废"),
    "taken_down": _("登记撤下"),
}  # fmt: skip
TABLES: dict[str, Words] = {
    "estates": _("项目"), "service_points": _("物业处"), "buildings": _("楼栋"), "units": _("房屋"),
    "facilities": _("公共设施"), "customers": _("客户"), "customer_phones": _("客户电话"), "occupancies": _("入住关系"),
    "parking_spaces": _("车位"), "vehicles": _("车辆"), "firms": _("专营公司"), "contracts": _("合同"),
    "steward_areas": _("责任区"), "users": _("用户"), "staff_sessions": _("登录"), "settings": _("设置"),
    "documents": _("附件"), "issued_papers": _("单据"), "paper_wordings": _("单据文字"),
    "parking_permits": _("停车证"),
    "document_removals": _("档案销毁"), "template_lines": _("办理资料清单"),
    "imports": _("导入"), "cases": _("事项"), "publications": _("收支公示"),
    "service_lines": _("服务信息"),
    "payees": _("收款单位"), "fee_items": _("收费项目"), "tariffs": _("收费标准"),
}  # fmt: skip
_OTHER_FIELDS: dict[str, Words] = {
    "rows": _("行数"), "format": _("格式"), "masked": _("个人信息已遮盖"), "what": _("内容"), "address": _("地址"),
    "sessions": _("登录数"), "roles": _("角色"), "estates": _("项目"), "phones": _("电话"), "name": _("名称"),
    "file_name": _("文件"), "records": _("条数"), "locale": _("语言"), "size": _("大小"), "active": _("在用"),
    "username": _("用户名"), "places": _("张贴地点"), "from_on": _("张贴日期"), "until_on": _("公示到"),
    "down_on": _("撤下日期"), "category": _("类别"), "held_until": _("延长保存至"), "lines": _("清单内容"),
    "number": _("编号"), "reason": _("原因"), "signed_by": _("签字人"), "signed_on": _("签字日期"),
}  # fmt: skip
_WHAT = {"phone": _("电话"), "id_number": _("证件号码")}
_NOT_TOLD = frozenset({"sha256", "version"})


@dataclass(frozen=True)
class Entry:
    """One entry, in words."""

    id: int
    at: datetime
    who: str
    act: str
    table: str
    about: str
    """Which record; empty where it has no name of its own."""
    ground: str
    number: str
    """The matter it was done for."""
    process: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Asked:
    """What of the log is wanted."""

    first: date | None = None
    last: date | None = None
    actor_id: int | None = None
    act: str = ""
    table: str = ""


def entries(session: Session, asked: Asked, *, before: int | None = None, limit: int = PAGE) -> list[Entry]:
    """List entries of the actor's estates and of the house, newest first; a fixed number of queries.

    `before` is the id of the last entry of the page before. Raises `Refused` without `SEE_AUDIT`.
    """
    actor = actor_of(session)
    require(actor, Right.SEE_AUDIT)
    statement = (
        select(Audit, User.name, Case.__table__.c.number, Case.__table__.c.process)
        .join(User, User.id == Audit.actor_id)
        .outerjoin(Case.__table__, Case.__table__.c.id == Audit.case_id)
        .where(or_(Audit.estate_id.is_(None), Audit.estate_id.in_(actor.estates)))
        .order_by(Audit.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Audit.id < before)
    if asked.first:
        statement = statement.where(Audit.at >= moment_of(asked.first))
    if asked.last:
        statement = statement.where(Audit.at < moment_of(asked.last + timedelta(days=1)))
    for column, value in ((Audit.actor_id, asked.actor_id), (Audit.act, asked.act), (Audit.table_name, asked.table)):
        if value:
            statement = statement.where(column == value)
    return _in_words(session, session.execute(statement).all())


def people_in_log(session: Session) -> dict[int, str]:
    """List who may stand in the log, by name."""
    require(actor_of(session), Right.SEE_AUDIT)
    rows = session.execute(select(User.id, User.name).where(User.id != SYSTEM_ID).order_by(User.name))
    return {row.id: row.name for row in rows}


def _in_words(session: Session, rows: Sequence[Any]) -> list[Entry]:
    models = _models()
    wanted: dict[str, set[int]] = {"estates": set()}
    for audit, *_rest in rows:
        model = models.get(audit.table_name)
        for table, ids in ids_in(fields_of(model).values() if model else (), _sides(audit)).items():
            wanted.setdefault(table, set()).update(ids)
        if audit.record_id is not None:
            wanted.setdefault(audit.table_name, set()).add(audit.record_id)
        for side in _sides(audit):
            if isinstance(side.get("estates"), list):
                wanted["estates"].update(side["estates"])
    names = names_of(session, wanted)
    return [
        Entry(
            audit.id, audit.at, str(_("系统")) if audit.actor_id == SYSTEM_ID else who,
            str(ACTS.get(audit.act, _("其他操作"))), _table(audit.table_name),
            _about(audit, names), _ground(audit), number or "", process or "",
            tuple(_changes(audit, models, names)),
        )
        for audit, who, number, process in rows
    ]  # fmt: skip


def _models() -> dict[str, type]:
    return {str(mapper.class_.__tablename__): mapper.class_ for mapper in Base.registry.mappers}


def _table(name: str) -> str:
    if name in PROCESSES:
        return str(PROCESSES[name].title)
    return str(TABLES.get(name, _("其他")))


def _about(audit: Audit, names: Names) -> str:
    if audit.table_name == "settings":
        return office_settings.label_of(audit.ground)
    return names.of(audit.table_name, audit.record_id)


def _ground(audit: Audit) -> str:
    if audit.table_name == "settings":
        return ""
    grounds = {each.value: str(each.label) for each in Ground}
    return grounds.get(audit.ground, audit.ground)


def _sides(audit: Audit) -> tuple[dict[str, Any], dict[str, Any]]:
    return audit.before or {}, audit.after or {}


def _changes(audit: Audit, models: Mapping[str, type], names: Names) -> list[Change]:
    model = models.get(audit.table_name)
    fields = fields_of(model) if model else {}
    before, after = _sides(audit)
    made = []
    for name in dict.fromkeys((*before, *after)):
        if name in _NOT_TOLD:
            continue
        label = str(_label(audit, name, fields))
        was, now = (_value(name, side.get(name), fields.get(name), names) for side in (before, after))
        if was != now:
            made.append(Change(label, was, now))
    return made


def _label(audit: Audit, name: str, fields: Mapping[str, Field]) -> object:
    if audit.table_name == "settings":
        return _("值")
    if name in fields:
        return fields[name].label
    return _OTHER_FIELDS.get(name, _("其他"))


def _value(name: str, value: Any, field: Field | None, names: Names) -> str:
    """Say a value: a field's as on its record, anything else as its kind is said."""
    if field is not None:
        return said(field, mask(field, value), names)
    if value is None or isinstance(value, bool):
        return "" if value is None else str(_("是") if value else _("否"))
    if isinstance(value, dict):
        return _joined(f"{_table(str(key))} {n}" for key, n in value.items())
    if isinstance(value, list):
        one = {"roles": lambda each: str(Role(each).label), "phones": mask_phone}.get(name, str)
        return _joined(names.of("estates", each) if name == "estates" else one(each) for each in value)
    return str(_WHAT[value]) if name == "what" and value in _WHAT else office_settings.said(name, value)


def _joined(parts: Iterable[str]) -> str:
    return str(_("、")).join(parts)
