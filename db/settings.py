"""What an office may decide for itself: declared where it is used, kept by estate, changed with audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.audit import record
from db.base import Base, Code
from db.people import Right, require
from db.refused import Refused
from db.session import actor_of
from db.words import Words, _


@dataclass(frozen=True)
class Setting:
    """One decision left to the office, with the value it has until somebody changes it."""

    key: str
    label: Words
    default: Any
    help: Words | None = None
    choices: Mapping[str, Words] | None = None
    """Stored value → words, where it is one of a few."""
    least: int = 0
    most: int = 10_000


class SettingValue(Base):
    """A setting that an estate has changed."""

    __tablename__ = "settings"

    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    key: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


LATE_ENTRY_HOURS = Setting(
    "house.late_entry_hours",
    _("多少小时后录入算补录"),
    24,
    _("发生时间与录入时间相差超过此数，记为补录，由主管审核"),
    least=1,
    most=720,
)
CONTRACT_WARNING_DAYS = Setting("house.contract_warning_days", _("合同到期提前多少天提醒"), 60, least=1, most=365)
ESCALATE_MINUTES = Setting(
    "house.escalate_minutes",
    _("办理时限前多少分钟预警"),
    120,
    _("将到时限的事项列入上级的超时预警"),
    least=0,
    most=10_000,
)


_KNOWN = "settings"
"""Where a session keeps what it has read: one step asks for several, each of them most often never changed."""


def value_of(session: Session, setting: Setting, estate_id: int) -> Any:
    """Return what the estate has decided, else the default."""
    known: dict[int, dict[str, Any]] = session.info.setdefault(_KNOWN, {})
    if estate_id not in known:
        rows = session.execute(
            select(SettingValue.key, SettingValue.value).where(SettingValue.estate_id == estate_id)
        )
        known[estate_id] = {key: value for key, value in rows}  # noqa: C416 - rows are not pairs to mypy
    return known[estate_id].get(setting.key, setting.default)


def change(session: Session, setting: Setting, estate_id: int, value: Any) -> None:
    """Change a setting for one estate; needs `MANAGE_SETTINGS`, is in the audit. Raises `Refused` for a bad value."""
    actor = actor_of(session)
    require(actor, Right.MANAGE_SETTINGS)
    if estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))
    if setting.choices is not None and value not in setting.choices:
        raise Refused(_("请从列表中选择。"), {setting.key: _("请从列表中选择。")})
    counted = isinstance(setting.default, int) and not isinstance(setting.default, bool)
    if counted and (not isinstance(value, int) or not setting.least <= value <= setting.most):
        wrong = _("请填写 {least} 到 {most} 之间的整数。", least=setting.least, most=setting.most)
        raise Refused(wrong, {setting.key: wrong})
    before = value_of(session, setting, estate_id)
    row = session.get(SettingValue, (estate_id, setting.key))
    if row is None:
        session.add(SettingValue(estate_id=estate_id, key=setting.key, value=value))
    else:
        row.value = value
    session.info.pop(_KNOWN, None)
    record(session, "changed", "settings", None, estate_id=estate_id, ground=setting.key,
           before={setting.key: before}, after={setting.key: value})  # fmt: skip


def settings_in(module: ModuleType) -> list[Setting]:
    """List the settings a module declares, in the order written."""
    return [each for each in vars(module).values() if isinstance(each, Setting)]
