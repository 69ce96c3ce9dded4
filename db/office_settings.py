"""Everything an office may decide for itself, gathered from where it is declared, as the settings page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from db import deadlines, document_categories, parking_permits, settings, signing_in
from db.accounts import publications
from db.dossiers import cards, inspections, one_window
from db.ledger import corrections, due, entry_fees, late_fees, payments
from db.papers import letterheads
from db.people import Right, require
from db.processes import MODULES, PROCESSES
from db.refused import Refused
from db.reports import objectives
from db.session import actor_of
from db.settings import Setting, change, settings_in, value_of
from db.words import Words, _


@dataclass(frozen=True)
class Decided:
    """One setting with what holds in an estate."""

    setting: Setting
    value: Any

    @property
    def is_changed(self) -> bool:
        """Claim: the estate has decided otherwise than the house."""
        return bool(self.value != self.setting.default)


@cache
def groups() -> list[tuple[Words, list[Setting]]]:
    """List all settings, by what they are about: the house, each process, the objectives."""
    found: list[tuple[Words, list[Setting]]] = [
        (_("通用"), [each for module in (settings, deadlines, signing_in) for each in settings_in(module)])
    ]
    found += [
        (PROCESSES[module.PROCESS.key].title, settings_in(module))
        for module in MODULES.values()
        if hasattr(module, "PROCESS")
    ]
    money = (due, late_fees, payments, corrections, entry_fees)
    found.append((_("收费"), [each for module in money for each in settings_in(module)]))
    found.append((_("验收与门禁卡"), [each for module in (inspections, cards) for each in settings_in(module)]))
    found.append((_("停车证"), settings_in(parking_permits)))
    found.append((_("一站式服务"), [one_window.INVOICE_DAYS, one_window.TRANSFER_DAYS]))
    found.append((_("质量目标"), settings_in(objectives)))
    found.append((_("收支公示"), settings_in(publications)))
    found.append((_("档案资料"), list(document_categories.KEEP_YEARS.values())))
    return [(title, list({each.key: each for each in some}.values())) for title, some in found if some]


def decided(session: Session, estate_id: int) -> list[tuple[Words, list[Decided]]]:
    """List what holds in an estate; one query. Raises `Refused` without `MANAGE_SETTINGS` or outside one's estates."""
    actor = actor_of(session)
    require(actor, Right.MANAGE_SETTINGS)
    if estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))
    return [(title, [Decided(each, value_of(session, each, estate_id)) for each in some]) for title, some in groups()]


def decide(session: Session, estate_id: int, values: Mapping[str, Any]) -> int:
    """Change those of `values` (key → value) that differ from what holds; returns how many; all or none.

    Whole numbers may come as typed text. Raises `Refused` with problems by key.
    """
    known = _by_key()
    problems: dict[str, object] = {}
    changed = 0
    for key, typed in values.items():
        setting = known[key]
        value = _number(typed) if isinstance(setting.default, int) else typed
        if value == value_of(session, setting, estate_id):
            continue
        try:
            change(session, setting, estate_id, value)
            changed += 1
        except Refused as refused:
            if not refused.problems:
                raise
            problems |= {key: _("{label}：{why}", label=setting.label, why=refused.problems[key])}
    if problems:
        raise Refused(_("有 {n} 项没有填对，都没有保存。", n=len(problems)), problems)
    return changed


def _number(typed: Any) -> Any:
    text = str(typed).strip()
    return int(text) if text.isdecimal() and len(text) <= 6 else typed


def label_of(key: str) -> str:
    """Name a setting by its key, for the operation log."""
    setting = _by_key().get(key)
    return str(setting.label) if setting else key


def said(key: str, value: Any) -> str:
    """Say a setting's value in words; what is no setting's comes back as text."""
    setting = _by_key().get(key)
    if setting is not None and setting.choices is not None and value in setting.choices:
        return str(setting.choices[value])
    return str(value)


@cache
def _by_key() -> dict[str, Setting]:
    found = [each for _title, some in groups() for each in some]
    return {each.key: each for each in (*found, *settings_in(letterheads))}
