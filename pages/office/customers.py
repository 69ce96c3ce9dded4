"""Customers 客户: the list, and the card of a unit or customer with everything about it (R2, R3)."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from sqlalchemy.orm import Session

from components import attachments, customer_card, form, registry_page, registry_table, shell
from components.cashier import card as fees_card
from components.form import Button, Filled, Form
from components.registry_table import Register
from components.signin import current_actor
from components.words import _
from db import identity, occupancies, phones
from db.checking import is_empty
from db.clock import today
from db.customer_cards import Card, Person
from db.documents import Owner
from db.fields import Field, fields_of
from db.ledger import settlement
from db.options import options_of
from db.people import Actor, Right
from db.refused import Refused
from db.registering import save
from db.registry import Customer, CustomerPhone, Occupancy, Relation, Unit
from db.registry_lists import record_values
from db.session import reading, writing
from db.words import _ as lazy

PANEL = "do"
"""In the address: which panel of the card is open, `phones-12`."""
KNOWN, NEWCOMER = "known", "new"


def open_card(customer_id: int) -> None:
    st.switch_page(shell.path_of("customers"), query_params={"customer": str(customer_id)})


CUSTOMERS = Register("customers", Customer, lazy("客户"), opens=open_card)
UNITS = Register(
    "units", Unit, lazy("房屋"),
    asks=("building_id", "entrance", "room", "floor", "area", "use", "state", "layout", "handed_over_on"),
)  # fmt: skip
_OF_CUSTOMER, _OF_HOLDING = fields_of(Customer), fields_of(Occupancy)
PHONE = fields_of(CustomerPhone)["number"]
DETAILS = tuple(each for name, each in _OF_CUSTOMER.items() if name not in {"estate_id", "id_number"})
ID_NUMBER = replace(_OF_CUSTOMER["id_number"], help=lazy("不改请留空"))
UNIT, PERSON = _OF_HOLDING["unit_id"], _OF_HOLDING["customer_id"]
HOLDING = (
    _OF_HOLDING["relation"],
    replace(_OF_HOLDING["starts_on"], label=lazy("从哪天起")),
    _OF_HOLDING["co_owner"],
)
ESTATE = replace(_OF_CUSTOMER["estate_id"], required=False, help=lazy("选了房屋可以不填"))


def number_in(name: str) -> int | None:
    told = st.query_params.get(name, "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def open_panel(name: str = "") -> None:
    if name:
        st.query_params[PANEL] = name
    elif PANEL in st.query_params:
        del st.query_params[PANEL]
    st.rerun()


def done(words: str) -> None:
    form.see_newest("customers.")
    form.tell(words)
    open_panel()


# ── the forms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def take_in(actor: Actor, unit_id: int | None) -> form.Sent | None:
    """Enter a new customer, with his phone and the unit he comes to hold."""
    estates = sorted(shell.estate_ids(actor))
    holds = (*((replace(UNIT, required=False),) if unit_id is None else ()), *HOLDING)
    estate = (ESTATE,) if unit_id is None and len(estates) > 1 else ()
    name = _OF_CUSTOMER["name"]
    details = [each for each in DETAILS if each is not name]
    fields = (
        *estate, name, replace(PHONE, name="phone", required=False), *holds, replace(ID_NUMBER, help=None), *details,
    )  # fmt: skip
    with reading(actor) as session:
        options = options_of(session, fields, estates)

    def store(session: Session, filled: Filled) -> str:
        given = dict(filled.values)
        values = {each.name: given[each.name] for each in (*estate, *DETAILS, ID_NUMBER)}
        if not estate and unit_id is None:
            values["estate_id"] = estates[0]
        customer_id = occupancies.take_in(
            session, values, phone=given["phone"] or "", unit_id=unit_id or given.get("unit_id"),
            relation=given["relation"] or Relation.OWNER, starts_on=given["starts_on"], co_owner=given["co_owner"],
            token=filled.token,
        )  # fmt: skip
        return str(customer_id)

    return form.show(
        Form("customers.take_in", fields, (Button("save", _("保存"), store),), about=str(unit_id or ""),
             options=options, also=(), cancel=True),
        actor,
    )  # fmt: skip


def move_in(actor: Actor, *, unit_id: int | None = None, customer_id: int | None = None) -> form.Sent | None:
    """Enter that a known customer comes to hold a unit."""
    fields = (*((PERSON,) if customer_id is None else ()), *((UNIT,) if unit_id is None else ()), *HOLDING)

    def store(session: Session, filled: Filled) -> str:
        given = filled.values
        missing = {each.name: lazy("请选择{label}。", label=each.label) for each in fields
                   if each.kind == "reference" and given[each.name] is None}  # fmt: skip
        if missing:
            raise Refused(_("请检查标出的 {n} 处。", n=len(missing)), missing)
        occupancies.move_in(
            session, unit_id or given["unit_id"], customer_id or given["customer_id"],
            given["relation"] or Relation.OWNER, given["starts_on"], co_owner=given["co_owner"], token=filled.token,
        )  # fmt: skip
        return "done"

    return form.show(
        Form("customers.move_in", fields, (Button("save", _("登记入住"), store),),
             about=f"{unit_id or ''}/{customer_id or ''}", also=(), cancel=True),
        actor,
    )  # fmt: skip


def change_owner(actor: Actor, unit_id: int) -> form.Sent | None:
    """Hand the unit over to a new owner, known already; the former one ends the day before."""
    buyer = replace(PERSON, label=lazy("新业主"))
    second = replace(PERSON, name="second_id", label=lazy("共有人"), required=False)
    on = Field("on", lazy("过户日期"), "date", default=today())

    def store(session: Session, filled: Filled) -> str:
        given = filled.values
        if is_empty(given["on"]):
            raise Refused(_("请填写过户日期。"), {"on": _("请填写过户日期。")})
        buyers = [each for each in (given["customer_id"], given["second_id"]) if each is not None]
        settlement.change_owner(session, unit_id, buyers, given["on"], token=filled.token)
        return "done"

    st.caption(_("原业主的登记到过户前一天为止；租户不受影响。新业主还没有档案的，先在“登记入住”里新建客户。"))
    if actor.may(Right.SEE_MONEY):
        st.page_link(
            shell.path_of("settlement"), label=_("先看费用结算"), icon=":material/real_estate_agent:",
            query_params={"unit": str(unit_id)},
        )  # fmt: skip
    return form.show(
        Form("customers.change_owner", (buyer, second, on), (Button("save", _("过户"), store),), about=str(unit_id),
             also=(), cancel=True),
        actor,
    )  # fmt: skip


def leave(actor: Actor, card: Card, occupancy_id: int) -> form.Sent | None:
    """Enter the last day of somebody at the unit."""
    holding = next((each for each in card.holdings if each.id == occupancy_id), None)
    if holding is None:
        return form.Sent(cancelled=True)
    on = Field("ends_on", lazy("最后一天"), "date", default=today())

    def store(session: Session, filled: Filled) -> str:
        if is_empty(filled.values["ends_on"]):
            raise Refused(_("请填写最后一天。"), {"ends_on": _("请填写最后一天。")})
        occupancies.move_out(session, occupancy_id, filled.values["ends_on"], filled.version)
        return "done"

    st.markdown(
        _("{name} 不再是 {unit} 的{relation}。", name=holding.name, unit=holding.unit, relation=holding.relation.label)
    )
    return form.show(
        Form("customers.leave", (on,), (Button("save", _("登记迁出"), store),), about=str(occupancy_id),
             version=holding.version, also=(), cancel=True),
        actor,
    )  # fmt: skip


def details(actor: Actor, customer_id: int) -> form.Sent | None:
    """Change a customer's own details; what is odd about an identity number is said afterwards."""
    with reading(actor) as session:
        values, version = record_values(session, Customer, customer_id)
    fields = (*DETAILS, ID_NUMBER)

    def store(session: Session, filled: Filled) -> str:
        given = {each.name: filled.values[each.name] for each in fields}
        if is_empty(given["id_number"]):
            del given["id_number"]
        save(session, Customer, given, customer_id, filled.version, token=filled.token)
        return " ".join(str(each) for each in identity.doubts(session, customer_id)) or "done"

    return form.show(
        Form("customers.details", fields, (Button("save", _("保存"), store),), about=str(customer_id), version=version,
             initial=values, also=(), cancel=True),
        actor,
    )  # fmt: skip


def telephones(actor: Actor, person: Person) -> form.Sent | None:
    """Add a phone, take one off, put one first."""
    for place, each in enumerate(person.phones):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/call: {each.shown}", width=180)
            if place and st.button(_("设为首选"), key=f"customers.phones.first.{each.id}", type="tertiary"):
                with writing(actor) as session:
                    phones.put_phone_first(session, person.id, each.id)
                done(_("电话已保存"))
            if st.button(
                _("删去"), key=f"customers.phones.remove.{each.id}", type="tertiary", icon=":material/delete:"
            ):
                with writing(actor) as session:
                    phones.remove_phone(session, person.id, each.id)
                done(_("电话已删去"))

    def store(session: Session, filled: Filled) -> str:
        phones.add_phone(session, person.id, filled.values["number"] or "", first=bool(filled.values["first"]))
        return "done"

    first = Field("first", lazy("设为首选"), "flag", required=False, default=True)
    return form.show(
        Form("customers.phones", (PHONE, first), (Button("save", _("添加电话"), store),), about=str(person.id), also=(),
             cancel=True),
        actor,
    )  # fmt: skip


# ── the card ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def draw_panel(actor: Actor, card: Card, unit_id: int | None, customer_id: int | None) -> None:
    """Draw the panel that the address names, above the card."""
    name, _dash, about = st.query_params.get(PANEL, "").partition("-")
    key = int(about) if about.isdecimal() else 0
    person = next((each for each in card.people if each.id == key), None)
    with st.container(border=True):
        st.subheader(TITLES.get(name, ""), anchor=False)
        if name == "move_in":
            sent = entering(actor, unit_id, customer_id)
        elif name == "change_owner" and unit_id is not None:
            sent = change_owner(actor, unit_id)
        elif name == "leave":
            sent = leave(actor, card, key)
        elif person is not None and name in OF_PERSON:
            sent = OF_PERSON[name](actor, person)
        else:
            sent = form.Sent(cancelled=True)
    if sent is not None and sent.cancelled:
        open_panel()
    if sent is not None:
        done(_("已保存") if sent.result in {"", "done"} or sent.result.isdecimal() else sent.result)


TITLES = {
    "move_in": _("登记入住"), "change_owner": _("过户"), "leave": _("迁出"), "details": _("改资料"),
    "phones": _("电话"), "disclose": _("提供给第三方"),
}  # fmt: skip
OF_PERSON = {
    "details": lambda actor, person: details(actor, person.id),
    "phones": telephones,
    "disclose": lambda actor, person: customer_card.disclose(actor, person.id),
}


def entering(actor: Actor, unit_id: int | None, customer_id: int | None) -> form.Sent | None:
    if customer_id is not None:
        return move_in(actor, customer_id=customer_id)
    who = st.segmented_control(
        _("客户"), [KNOWN, NEWCOMER], format_func={KNOWN: _("已有客户"), NEWCOMER: _("新客户")}.__getitem__,
        key="customers.who", default=NEWCOMER, required=True, label_visibility="collapsed",
    )  # fmt: skip
    return move_in(actor, unit_id=unit_id) if who == KNOWN else take_in(actor, unit_id)


def buttons(actor: Actor, unit_id: int | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(_("返回列表"), key="customers.back", type="tertiary", icon=":material/arrow_back:"):
            st.switch_page(shell.path_of("units" if unit_id is not None else "customers"))
        st.space("stretch")
        if not actor.may(Right.EDIT_REGISTRY):
            return
        if st.button(TITLES["move_in"], key="customers.move_in#open", icon=":material/person_add:"):
            open_panel("move_in")
        if unit_id is not None and st.button(TITLES["change_owner"], key="customers.owner#open", icon=":material/key:"):
            open_panel("change_owner")


def show_card(actor: Actor, unit_id: int | None, customer_id: int | None) -> None:
    about = (unit_id, customer_id)
    if st.session_state.get("customers.card") != about:
        st.session_state["customers.card"] = about
        st.session_state.pop(customer_card.REVEALED, None)
    buttons(actor, unit_id)
    card = customer_card.read(actor, unit_id=unit_id, customer_id=customer_id)
    if unit_id is not None:
        customer_card.unit_head(card.units[0])
    else:
        customer_card.customer_head(card.people[0], card)
    if PANEL in st.query_params and actor.may(Right.EDIT_REGISTRY):
        draw_panel(actor, card, unit_id, customer_id)
    papers_and_contracts = card.documents + len(card.contracts)
    names = [
        _("概况"), _("事项（{n}）", n=len(card.cases)), _("经过"), _("车辆车位"),
        _("资料合同（{n}）", n=papers_and_contracts), _("档案"),
    ]  # fmt: skip
    if actor.may(Right.SEE_MONEY):
        names.append(_("收费"))
    overview, cases, story, belongings, papers, record, *paying = st.tabs(names, key="customers.tab", on_change="rerun")
    with overview:
        left, right = st.columns([1.5, 1], gap="medium")
        with left:
            customer_card.people(card, actor, open_panel)
            customer_card.holdings(card, of_unit=unit_id is not None)
        with right:
            fees_card.show(actor, card, of_customer=customer_id is not None)
            customer_card.beside(card)
    with cases:
        customer_card.cases(card)
    with story:
        customer_card.story(card)
    with belongings:
        customer_card.belongings(card)
    with papers:
        draw_papers(actor, card, unit_id)
    if record.open:
        with record:
            draw_record(actor, unit_id, customer_id)
    for tab in paying:
        if tab.open:
            with tab:
                customer_card.paying(card, actor)


def draw_papers(actor: Actor, card: Card, unit_id: int | None) -> None:
    """Draw the documents kept with the unit and its people, contracts, and what was given to others."""
    left, right = st.columns(2, gap="medium")
    with left:
        owner = Owner(unit_id=unit_id) if unit_id is not None else Owner(customer_id=card.people[0].id)
        attachments.show_of(owner, actor, "customers.papers", may_add=actor.may(Right.EDIT_REGISTRY))
        if unit_id is not None:
            st.caption(_("客户本人的证件等资料在客户自己的卡里。"))
    with right:
        customer_card.papers(card)


def draw_record(actor: Actor, unit_id: int | None, customer_id: int | None) -> None:
    """Draw the unit's own data to change, and what was changed before."""
    left, right = st.columns([2, 1], gap="medium")
    with left:
        if unit_id is not None:
            registry_page.change_form(UNITS, actor, unit_id)
        elif actor.may(Right.EDIT_REGISTRY):
            st.caption(_("改资料、电话在“概况”里“办理”。"))
            registry_page.take_back(CUSTOMERS, actor, customer_id or 0)
    with right:
        if unit_id is not None:
            registry_page.show_history(UNITS, actor, unit_id)
        else:
            registry_page.show_history(CUSTOMERS, actor, customer_id or 0)


def show_new(actor: Actor) -> None:
    if st.button(_("返回列表"), key="customers.back", type="tertiary", icon=":material/arrow_back:"):
        registry_table.go_to(CUSTOMERS)
    st.subheader(_("新建客户"), anchor=False)
    with st.container(border=True, width=900):
        sent = take_in(actor, None)
    if sent is not None and sent.cancelled:
        registry_table.go_to(CUSTOMERS)
    if sent is not None:
        form.tell(_("客户已新建"))
        open_card(int(sent.result))


actor = current_actor()
form.say_told()
unit, customer = number_in("unit"), number_in("customer")
if customer is not None or unit is not None:
    show_card(actor, None if customer is not None else unit, customer)
elif st.query_params.get("customers.id") == "new" and actor.may(Right.EDIT_REGISTRY):
    show_new(actor)
else:
    registry_page.head(CUSTOMERS, actor, _("客户"))
    registry_table.show_list(CUSTOMERS, actor)
