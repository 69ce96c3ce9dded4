"""One window 一站式服务 (S11; HB:47, 102, 303): for each formality what it needs, costs and takes, and where it stands.

What is needed comes from the checklist templates of the processes themselves, what it costs from those who count it:
nothing is said here a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import checklists
from db.cases import Case, is_open
from db.checklist_templates import lines_of
from db.checklists import ItemKind, Template, Wanted
from db.clock import today
from db.dossiers import move_in_templates, move_out_templates, renovation_templates, window_costs, window_templates
from db.dossiers.window_costs import Asked, Cost
from db.people import OFFICE, Actor, in_scope
from db.process import missing_for, process_of
from db.processes import MODULES, PROCESSES, move_ins, move_outs, renovations
from db.refused import Refused
from db.registry import Customer, Estate, Occupancy, Relation, Unit
from db.registry_rules import holds_on
from db.session import actor_of
from db.settings import Setting, value_of
from db.words import Words, _

INVOICE_DAYS = Setting("one_window.invoice_days", _("一站式：开发票几天内办结"), 3, _("0 为当场办结"), least=0, most=60)
TRANSFER_DAYS = Setting(
    "one_window.transfer_days", _("一站式：过户结算几天内办结"), 0, _("0 为当场办结"), least=0, most=60
)
_LIVES_AS_TENANT = frozenset({Relation.TENANT, Relation.OCCUPANT})
_TENANTS = "tenant"
"""How the keys of templates for who lives in another's home end."""


@dataclass(frozen=True)
class Formality:
    """One thing that customers come to the window for."""

    key: str
    title: Words
    icon: str
    page: str
    """Where it is taken in."""
    templates: tuple[Template, ...]
    costs: Callable[[Session, Asked, Template], list[Cost]]
    who: Words
    result: Words
    """What the customer takes along in the end."""
    process: str = ""
    """Whose matters it opens, if a process's."""
    days: Setting | None = None
    """Within how many days it is done; at once without."""


FORMALITIES: tuple[Formality, ...] = (
    Formality(
        "move_in", _("入住"), ":material/move_to_inbox:", "move_ins", tuple(move_in_templates.TEMPLATES.values()),
        window_costs.moving_in, _("客服管理员受理，物业管家陪同验收，收费员收费"),
        _("钥匙、门禁卡，签署文件的副本"), "move_ins", move_ins.DAYS,
    ),
    Formality(
        "renovation", _("装修"), ":material/format_paint:", "renovations",
        tuple(renovation_templates.TEMPLATES.values()), window_costs.renovating,
        _("客服管理员受理，工程主管审核，收费员收押金"), _("开工证、施工人员出入证"), "renovations",
        renovations.REVIEW_DAYS,
    ),
    Formality(
        "parking", _("停车证"), ":material/local_parking:", "parking_permits", (window_templates.PARKING,),
        window_costs.parking, _("客服管理员"), _("停车证、车位租用协议"),
    ),
    Formality(
        "cards", _("门禁卡、钥匙"), ":material/key:", "cards", (window_templates.CARDS,), window_costs.access,
        _("客服管理员"), _("门禁卡、钥匙"),
    ),
    Formality(
        "payment", _("缴费"), ":material/payments:", "cashier", (window_templates.PAYMENT,), window_costs.paying,
        _("收费员"), _("收据"),
    ),
    Formality(
        "goods", _("物品放行"), ":material/local_shipping:", "goods_passes", (window_templates.GOODS,),
        window_costs.free, _("客服管理员；未结清而租约另有约定的，管理处主任决定"), _("物品放行条"), "goods_passes",
    ),
    Formality(
        "move_out", _("迁出"), ":material/logout:", "move_outs",
        tuple(move_out_templates.TEMPLATES.values()), window_costs.leaving,
        _("客服管理员受理，物业管家验收，收费员和财务结算"),
        _("迁出确认书、结算单、退款"), "move_outs", move_outs.DAYS,
    ),
    Formality(
        "transfer", _("过户"), ":material/real_estate_agent:", "settlement", (window_templates.TRANSFER,),
        window_costs.leaving, _("客服管理员受理，收费员结算"), _("过户结算单"), days=TRANSFER_DAYS,
    ),
    Formality(
        "invoice", _("开发票"), ":material/request_quote:", "cashier", (window_templates.INVOICE,), window_costs.free,
        _("收费员登记，财务开具"), _("发票"), days=INVOICE_DAYS,
    ),
)  # fmt: skip
BY_KEY: Mapping[str, Formality] = {each.key: each for each in FORMALITIES}


@dataclass(frozen=True)
class Guide:
    """What is to be said of a formality: to a customer at the window, or on the paper he takes along."""

    formality: Formality
    template: Template
    bring: tuple[Wanted, ...]
    sign: tuple[Wanted, ...]
    ours: tuple[Wanted, ...]
    """What the office does itself on the way."""
    costs: tuple[Cost, ...]
    time: Words


def is_at_the_window(actor: Actor) -> bool:
    """Claim: the actor receives customers."""
    return bool(actor.roles & OFFICE)


def templates_of(session: Session, key: str, asked: Asked) -> list[Template]:
    """List the kinds of a formality that an estate offers, the one that fits the customer first."""
    kind = session.get_one(Estate, _estate(session, asked)).kind
    fitting = [each for each in BY_KEY[key].templates if kind in each.estates]
    tenant = _relation(session, asked) in _LIVES_AS_TENANT
    return sorted(fitting, key=lambda each: each.key.endswith(_TENANTS) != tenant)


def guide(session: Session, key: str, asked: Asked, template_key: str = "") -> Guide:
    """Say what a formality needs, costs and takes; `template_key` chooses among its kinds.

    Raises `Refused` for whoever does not receive customers, and for an estate or unit that is not his.
    """
    if not is_at_the_window(actor_of(session)):
        raise Refused(_("一站式服务由客户服务中心办理。"))
    if key not in BY_KEY:
        raise Refused(_("没有这项手续。"))
    formality = BY_KEY[key]
    kinds = templates_of(session, key, asked)
    if not kinds:
        raise Refused(_("本项目不办理{title}。", title=formality.title))
    template = next((each for each in kinds if each.key == template_key), kinds[0])
    lines = list(lines_of(session, asked.estate_id, template))
    by_kind = {kind: tuple(each for each in lines if each.kind is kind) for kind in ItemKind}
    return Guide(
        formality, template, by_kind[ItemKind.PAPER], by_kind[ItemKind.SIGNED], by_kind[ItemKind.KNOWN],
        tuple(formality.costs(session, asked, template)), _time(session, formality, asked.estate_id),
    )  # fmt: skip


def _time(session: Session, formality: Formality, estate_id: int) -> Words:
    days = value_of(session, formality.days, estate_id) if formality.days is not None else 0
    return _("资料齐全后 {n} 天内", n=days) if days else _("资料齐全，当场办结")


def _estate(session: Session, asked: Asked) -> int:
    """Check that estate and unit are the actor's, and belong together."""
    unit = session.get(Unit, asked.unit_id) if asked.unit_id is not None else None
    here = asked.estate_id in actor_of(session).estates
    if not here or (asked.unit_id is not None and (unit is None or unit.estate_id != asked.estate_id)):
        raise Refused(_("没有找到这套房屋，或不在您负责的项目内。"))
    return asked.estate_id


def _relation(session: Session, asked: Asked) -> Relation | None:
    if asked.unit_id is None or asked.customer_id is None:
        return None
    found = session.scalars(
        select(Occupancy.relation).where(
            Occupancy.unit_id == asked.unit_id, Occupancy.customer_id == asked.customer_id,
            holds_on(Occupancy, today()),
        )
    ).all()  # fmt: skip
    return min(found, key=list(Relation).index) if found else None


# ── who stands there ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Visitor:
    """A unit at the window, and who holds it."""

    estate_id: int
    estate: str
    unit_id: int
    unit: str
    state: str
    people: Mapping[int, str]
    """Customer → name and what he is to the unit, the owner first."""
    names: Mapping[int, str]


def visitor(session: Session, unit_id: int) -> Visitor:
    """Say which unit it is about and who holds it."""
    unit = session.get(Unit, unit_id)
    if unit is None or unit.estate_id not in actor_of(session).estates or not is_at_the_window(actor_of(session)):
        raise Refused(_("没有找到这套房屋，或不在您负责的项目内。"))
    rows = session.execute(
        select(Customer.id, Customer.name, Occupancy.relation)
        .join(Customer, Customer.id == Occupancy.customer_id)
        .where(Occupancy.unit_id == unit_id, holds_on(Occupancy, today()))
        .order_by(Occupancy.relation != Relation.OWNER, Occupancy.id)
    ).all()
    names = {key: name for key, name, _each in rows}
    people = {key: str(_("{name}（{relation}）", name=name, relation=each.label)) for key, name, each in rows}
    estate = session.get_one(Estate, unit.estate_id)
    return Visitor(unit.estate_id, estate.name, unit.id, unit.short, str(unit.state.label), people, names)


# ── where it stands ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class UnderWay:
    """A formality that a unit has begun: its state, how much is there, what is missing."""

    number: str
    process: str
    title: str
    icon: str
    state: str
    colour: str
    words: str
    customer: str
    done: int
    wanted: int
    """Lines of its checklist that are there, of those required; 0 of 0 without one."""
    missing: tuple[str, ...]
    next_step: str
    mine: bool
    """Whether the actor may do that step."""


def under_way(session: Session, unit_id: int) -> list[UnderWay]:
    """List the formalities of a unit that are not finished, with what each still waits for."""
    actor, keys = actor_of(session), [each.process for each in FORMALITIES if each.process]
    statement = (
        select(Case)
        .where(Case.unit_id == unit_id, Case.process.in_(keys), is_open(),
               Case.about_user_id.is_distinct_from(actor.user_id))
        .order_by(Case.opened_at, Case.id)
    )  # fmt: skip
    return [_standing(session, case) for case in session.scalars(in_scope(statement, actor, Case)).all()]


def _standing(session: Session, case: Any) -> UnderWay:
    process = process_of(case.process)
    state = process.states(case.state)
    seen = _checklist(session, case)
    done = sum(each.done for each in seen)
    left = [each.missing or each.label for each in seen if not each.done]
    step = next((each for each in process.actions_from(case.state) if each.main), None)
    missing = missing_for(session, case, step) if step is not None else []
    customer = session.get(Customer, case.customer_id) if case.customer_id else None
    return UnderWay(
        case.number, process.key, str(process.title), process.icon, str(state.label), state.colour, case.words,
        customer.name if customer else "", done, len(seen), tuple(left or missing),
        str(step.label) if step is not None else "", step is not None and bool(step.roles & actor_of(session).roles),
    )  # fmt: skip


def _checklist(session: Session, case: Any) -> Sequence[checklists.Seen]:
    """Read the required lines of a matter's checklist, if its process has one."""
    knows = getattr(MODULES[case.process], "KNOWS", None)
    if knows is None:
        return ()
    return [each for each in checklists.seen(session, case, knows) if each.required]


def may_take_in(actor: Actor, formality: Formality) -> bool:
    """Claim: the actor may begin this formality himself."""
    process = PROCESSES.get(formality.process)
    return bool(actor.roles & process.openers) if process is not None else is_at_the_window(actor)


__all__ = [
    "BY_KEY", "FORMALITIES", "INVOICE_DAYS", "TRANSFER_DAYS", "Asked", "Formality", "Guide", "UnderWay", "Visitor",
    "guide", "is_at_the_window", "may_take_in", "templates_of", "under_way", "visitor",
]  # fmt: skip
