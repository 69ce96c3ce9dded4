"""The forms of a tariff: a new one or a correction, its end, and the new price that follows, with what that changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.form import Button, Filled, Form, Sent
from components.plain import plain
from components.words import _
from db.clock import today
from db.fields import Field, fields_of
from db.ledger.price_words import price_said, unit_of_price
from db.ledger.pricing import next_month
from db.ledger.tables import COLLECTED, Basis, Tariff
from db.ledger.tariff_changes import Effect, preview_follow
from db.ledger.tariff_lists import Whole
from db.ledger.tariff_rules import USUAL_PPM
from db.ledger.tariffs import end_tariff, follow_tariff, ppm_typed, save_tariff, steps_said, steps_typed
from db.options import options_of
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing
from db.words import Words
from db.words import _ as lazy

_KNOWN = fields_of(Tariff)
STEPS = Field("steps", lazy("阶梯"), "prose", lazy("每行一档：用量至多少 单价，例如 15 6.30；最后一行只写单价"),
              required=False, length=400)  # fmt: skip
LATE = Field("late_ppm", lazy("违约金每日(%)"), "text", lazy("0.05 即每日万分之五；没写合同条款的不计"), required=False,
             default="0.05")  # fmt: skip

ALL, SORT, UNIT, CONTRACT, SPACE = "all", "sort", "unit", "contract", "space"
WHOM: dict[str, tuple[Words, tuple[str, ...]]] = {
    SORT: (lazy("某类房屋"), ("use", "building_id")),
    ALL: (lazy("全部房屋"), ()),
    UNIT: (lazy("单套房屋"), ("unit_id",)),
    CONTRACT: (lazy("按合同"), ("contract_id",)),
    SPACE: (lazy("车位"), ("parking_kind", "parking_tenure")),
}
"""Who a tariff is for → the fields that say so."""
_WHOM_FIELDS = tuple(name for _label, names in WHOM.values() for name in names)


def _fields(whom: str) -> tuple[Field, ...]:
    """List the fields of a tariff for so many, part by part."""
    named = tuple(
        replace(_KNOWN[name], required=True, help=None) if name in {"unit_id", "contract_id"} else _KNOWN[name]
        for name in WHOM[whom][1]
    )
    what, who = ([_KNOWN[name] for name in names] for names in (("fee_item_id", "name"), ("payer", "vacant_percent")))
    money = [_KNOWN["basis"], _KNOWN["price"], _KNOWN["rounding"], _KNOWN["part_month"], STEPS]
    when = [_KNOWN[name] for name in ("valid_from", "valid_to", "cycle", "anchor")]
    why = [_KNOWN["filing_number"], _KNOWN["late_clause"], LATE]
    return (*what, *named, *who, *money, *when, *why)


def _headings(whom: str) -> dict[str, str]:
    """Say what stands above which field; a unit is looked for above the form."""
    first = next((name for name in WHOM[whom][1] if name != "unit_id"), "payer")
    return {
        "fee_item_id": _("收什么"), first: _("向谁收"), "basis": _("多少钱"), "valid_from": _("什么时候"),
        "filing_number": _("依据与违约金"),
    }  # fmt: skip


def whom_of(values: Mapping[str, Any]) -> str:
    """Say for whom a tariff is, by its fields."""
    for whom in (CONTRACT, UNIT, SPACE, SORT):
        if any(values[name] is not None for name in WHOM[whom][1]):
            return whom
    return ALL


def edit(actor: Actor, whole: Whole | None = None) -> Sent | None:
    """Draw the form of a new tariff, or of one that has made no bill yet; the result is its id."""
    key = "tariffs.change" if whole else "tariffs.create"
    whom = _choose_whom(key, whole)
    fields = _fields(whom)
    with reading(actor) as session:
        options = options_of(session, fields, [whole.estate_id] if whole else shell.estate_ids(actor))
    initial = _initial(whole)

    def store(session: Session, filled: Filled) -> str:
        given = filled.values
        values = {name: given.get(name) for name in (*_WHOM_FIELDS, *(each.name for each in fields)) if name != "steps"}
        values["late_ppm"] = ppm_typed(given["late_ppm"])
        if whole is not None:
            values["estate_id"] = whole.estate_id
        steps = steps_typed(given["steps"]) or []
        return str(
            save_tariff(session, values, whole.line.id if whole else None, filled.version, steps=steps,
                        token=filled.token)
        )  # fmt: skip

    return form.show(
        Form(key, fields, (Button("save", _("保存"), store),), about=str(whole.line.id if whole else ""),
             version=whole.version if whole else None, initial=initial, options=options, also=(), cancel=True,
             headings=_headings(whom)),
        actor,
    )  # fmt: skip


def _choose_whom(key: str, whole: Whole | None) -> str:
    labels = {name: str(label) for name, (label, _names) in WHOM.items()}
    chosen = st.segmented_control(
        _("适用范围"), list(labels), format_func=labels.__getitem__, key=f"{key}.whom", required=True,
        default=whom_of(whole.values) if whole else SORT,
        help=_("越具体的越优先：合同、单套房屋、楼栋加用途、用途、楼栋、全部房屋"),
    )  # fmt: skip
    return chosen or SORT


def _initial(whole: Whole | None) -> dict[str, Any]:
    if whole is None:
        return {"valid_from": next_month(today()), "late_ppm": _percent(USUAL_PPM)}
    values = dict(whole.values)
    return values | {"steps": steps_said(values["steps"]), "late_ppm": _percent(values["late_ppm"])}


def _percent(ppm: int) -> str:
    return f"{(Decimal(ppm) / 10_000).normalize():f}"


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def end(actor: Actor, whole: Whole) -> Sent | None:
    """Draw the form by which a tariff gets its last day."""
    last = replace(_KNOWN["valid_to"], label=lazy("最后一天"), required=True)

    def store(session: Session, filled: Filled) -> str:
        if filled.values["valid_to"] is None:
            raise Refused(_("请填写最后一天。"), {"valid_to": _("请填写最后一天。")})
        end_tariff(session, whole.line.id, filled.values["valid_to"], filled.version, token=filled.token)
        return str(whole.line.id)

    st.caption(_("过了这一天不再按它出账；已经出的账单不变。要换价格请用“调价”，中间不会空缺。"))
    return form.show(
        Form("tariffs.end", (last,), (Button("save", _("终止"), store),), about=str(whole.line.id),
             version=whole.version, initial={"valid_to": whole.values["valid_to"]}, also=(), cancel=True),
        actor,
    )  # fmt: skip


# ── a new price ──────────────────────────────────────────────────────────────────────────────────────────────────────

_ASKED = "tariffs.follow#asked"
"""In the session state: what was typed, waiting for a yes to what it changes."""


def follow(actor: Actor, whole: Whole) -> Sent | None:
    """Draw the new price: first what is typed, then what it changes, then the yes."""
    asked = st.session_state.get(_ASKED)
    if asked is not None and asked["tariff_id"] == whole.line.id:
        return _confirm(actor, whole, asked)
    unit = unit_of_price(whole.line.basis, whole.line.kind)
    price = replace(_KNOWN["price"], label=lazy("新单价({unit})", unit=unit))
    first = replace(_KNOWN["valid_from"], label=lazy("从哪天起"))
    ground = replace(
        _KNOWN["filing_number"], required=True, label=lazy("调价依据"),
        help=lazy("价格文件文号") if whole.line.kind in COLLECTED else lazy("备案文号、业主大会决定或合同条款"),
    )  # fmt: skip
    fields = (first, price, ground, *((STEPS,) if whole.line.basis is Basis.METERED else ()))
    typed = st.session_state.pop(f"{_ASKED}#again", None)
    begins = next_month(max(today(), whole.line.valid_from))
    initial = typed or {"valid_from": begins, "steps": steps_said(whole.values["steps"])}

    def preview(session: Session, filled: Filled) -> str:
        given = _given(filled.values)
        effect = preview_follow(session, whole.line.id, given.pop("valid_from"), **given)
        shown = {**filled.values, "valid_from": filled.values["valid_from"].isoformat(), "version": filled.version}
        return json.dumps({**shown, "tariff_id": whole.line.id, "token": filled.token, "effect": _kept(effect)})

    sent = form.show(
        Form("tariffs.follow", fields, (Button("preview", _("下一步：看影响"), preview),), about=str(whole.line.id),
             version=whole.version, initial=initial, also=(), cancel=True),
        actor,
    )  # fmt: skip
    if sent is not None and not sent.cancelled:
        st.session_state[_ASKED] = json.loads(sent.result)
        st.rerun()
    return sent


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was typed for a new price."""
    missing = {
        name: _("请填写{label}。", label=label)
        for name, label in (("valid_from", _("从哪天起")), ("price", _("新单价")))
        if values.get(name) is None
    }
    if missing:
        raise Refused(_("请检查标出的 {n} 处。", n=len(missing)), missing)
    return {
        "valid_from": values["valid_from"], "price": values["price"], "filing_number": values["filing_number"] or "",
        "steps": steps_typed(values.get("steps")),
    }  # fmt: skip


def _kept(effect: Effect) -> dict[str, Any]:
    sums = {name: None if value is None else str(value) for name, value in
            (("before", effect.before), ("after", effect.after), ("difference", effect.difference))}  # fmt: skip
    return {"units": effect.units, "billed_ahead": effect.billed_ahead, **sums}


def _confirm(actor: Actor, whole: Whole, asked: dict[str, Any]) -> Sent | None:
    """Say what the new price changes, and ask."""
    effect, first = asked["effect"], date.fromisoformat(asked["valid_from"])
    line = whole.line
    old = price_said(line.price, line.basis, line.kind, line.steps)
    new = asked["price"] if not asked.get("steps") else _("阶梯")
    st.markdown(
        _("**{name}** 从 {day} 起由 {old} 改为 **{new}**", name=plain(line.name), day=first, old=plain(old),
          new=plain(f"{new} {unit_of_price(line.basis, line.kind)}"))
    )  # fmt: skip
    units, before, after, difference = st.columns(4)
    units.metric(_("涉及"), _("{n} 个车位", n=effect["units"]) if whom_of(whole.values) == SPACE
                 else _("{n} 户", n=effect["units"]))  # fmt: skip
    if effect["difference"] is None:
        before.metric(_("每月合计"), _("按用量"))
    else:
        before.metric(_("现在每月(元)"), _money(effect["before"]))
        after.metric(_("以后每月(元)"), _money(effect["after"]))
        difference.metric(_("每月相差(元)"), _money(effect["difference"], signed=True))
    if effect["billed_ahead"]:
        st.caption(_("已有 {n} 张账单按原价出到这一天以后，金额不变。", n=effect["billed_ahead"]))
    st.caption(_("原标准到前一天为止，其余约定照旧。依据：{ground}", ground=plain(asked["filing_number"])))
    with st.container(horizontal=True):
        yes = st.button(_("确定调价"), key="tariffs.follow.yes", type="primary", shortcut="Ctrl+Enter")
        back = st.button(_("返回修改"), key="tariffs.follow.back", type="tertiary")
    if back:
        st.session_state[f"{_ASKED}#again"] = {**asked, "valid_from": first}
        del st.session_state[_ASKED]
        st.rerun()
    if not yes:
        return None
    return _change_price(actor, whole, asked, first)


def _change_price(actor: Actor, whole: Whole, asked: dict[str, Any], first: date) -> Sent | None:
    try:
        with writing(actor) as session:
            new_id = follow_tariff(
                session, whole.line.id, first, asked["version"], price=asked["price"],
                filing_number=asked["filing_number"], steps=steps_typed(asked.get("steps")), token=asked["token"],
            )  # fmt: skip
    except Refused as refused:
        st.error(plain(" ".join([refused.message, *refused.problems.values()])), icon=":material/block:")
        return None
    del st.session_state[_ASKED]
    return Sent("save", str(new_id))


def _money(amount: str, *, signed: bool = False) -> str:
    return f"{Decimal(amount):+,.2f}" if signed else f"{Decimal(amount):,.2f}"


def forget() -> None:
    """Leave a new price half asked."""
    for name in (_ASKED, f"{_ASKED}#again"):
        st.session_state.pop(name, None)
    for key in ("tariffs.follow", "tariffs.end", "tariffs.change"):
        form.reset(key)
