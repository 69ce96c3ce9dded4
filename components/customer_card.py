"""A unit's or a customer's card: who, how reached, what is open, what happened, what they have (R3, R4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from components import charges, form, shell
from components.form import Button, Filled, Form
from components.plain import one_line, plain
from components.words import _
from db import customers, privacy
from db.checking import is_empty
from db.customer_cards import Card, CaseLine, Holding, Person, UnitLine
from db.fields import Field
from db.histories import said_moment
from db.people import Actor, Right
from db.privacy import Ground
from db.registry import CustomerKind, UnitUse
from db.session import reading, writing
from db.words import _ as lazy

CASES_BESIDE = 6
REVEALED = "customers.revealed"
"""In the session state: what was revealed on the card that is open, so that one click shows it until it is left."""

Act = Callable[[str], None]
"""Opens a panel of the card by its name: `phones-12`."""


def read(actor: Actor, *, unit_id: int | None, customer_id: int | None) -> Card:
    """Read the card; a look at phones that are in sight is logged before they show."""
    with reading(actor) as session:
        card = customers.card(session, unit_id=unit_id, customer_id=customer_id)
    if card.look_owed:
        with writing(actor) as session:
            customers.look(session, card.look_owed)
        with reading(actor) as session:
            card = customers.card(session, unit_id=unit_id, customer_id=customer_id)
    return card


# ── the head ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def unit_head(unit: UnitLine) -> None:
    """Draw a unit's first line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(unit.short), anchor=False, width="content")
        st.badge(str(unit.state.label), color=unit.state.colour)  # type: ignore[arg-type]
        about = [
            unit.estate, unit.building,
            _("{n} 层", n=unit.floor) if unit.floor is not None else "",
            f"{unit.area} m²" if unit.area is not None else "",
            "" if unit.use is UnitUse.RESIDENTIAL else str(unit.use.label), unit.layout,
            _("物业管家 {name}", name=unit.steward) if unit.steward else "",
        ]  # fmt: skip
        st.caption(plain(" · ".join(filter(None, about))), width="stretch")


def customer_head(person: Person, card: Card) -> None:
    """Draw a customer's first line, with the units he holds now."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(person.name), anchor=False, width="content")
        if person.kind is CustomerKind.COMPANY:
            st.badge(str(person.kind.label), color="blue")
        for unit in card.units:
            _way(plain(unit.short), "unit", unit.id, ":material/apartment:")


def _way(label: str, what: str, key: int, icon: str | None = None) -> None:
    """Draw the way to another card. A link to the page one is on would look pressed."""
    if st.button(label, key=f"customers.way.{what}.{key}", type="tertiary", icon=icon):
        st.query_params.from_dict({what: str(key)})
        st.rerun()


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def people(card: Card, actor: Actor, open_panel: Act) -> None:
    """Draw who holds the unit now, one frame each."""
    present = {each.customer_id: each for each in card.holdings if each.is_current}
    if not card.people:
        st.info(_("现在没有登记的客户。可以“登记入住”。"), icon=":material/person_off:")
    for each in card.people:
        _person(each, present.get(each.id), actor, open_panel)


def _person(person: Person, holding: Holding | None, actor: Actor, open_panel: Act) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _way(f"**{plain(person.name)}**", "customer", person.id, ":material/person:")
            if holding is not None:
                st.badge(str(holding.relation.label), color="blue")
                if holding.co_owner:
                    st.badge(_("共有人"), color="gray")
                st.caption(_term(holding.starts_on, holding.ends_on), width="stretch")
            if actor.may(Right.EDIT_REGISTRY):
                _acts(person, holding, open_panel)
        contact(person, actor)
        for icon, text in _remarks(person):
            st.markdown(f"{icon} {plain(text)}")


def _acts(person: Person, holding: Holding | None, open_panel: Act) -> None:
    acts = {"phones": _("电话"), "details": _("改资料"), "disclose": _("提供给第三方")}
    if holding is not None:
        acts["leave"] = _("迁出")
    key = f"customers.acts.{person.id}"
    chosen = st.menu_button(
        _("办理"), list(acts), format_func=acts.__getitem__, key=key, type="tertiary", icon=":material/edit:"
    )
    if chosen:
        about = holding.id if chosen == "leave" and holding is not None else person.id
        open_panel(f"{chosen}-{about}")


def _term(starts_on: date | None, ends_on: date | None) -> str:
    if starts_on is None and ends_on is None:
        return ""
    if ends_on is None:
        return _("{day} 起", day=starts_on)
    return _("至 {day}", day=ends_on) if starts_on is None else _("{first} 至 {last}", first=starts_on, last=ends_on)


def _remarks(person: Person) -> list[tuple[str, str]]:
    lines = [
        (":material/person:", _("联系人 {name}", name=person.contact_name) if person.contact_name else ""),
        (":material/groups:", _("{n} 人", n=person.occupants) if person.occupants else ""),
        (":material/schedule:", person.reach),
        (":material/info:", person.needs),
        (":material/notifications_off:", _("不需要问候") if person.no_greetings else ""),
    ]
    return [(icon, text) for icon, text in lines if text]


def contact(person: Person, actor: Actor) -> None:
    """Draw phones and identity number as this person may see them; what is hidden comes by a click with its ground."""
    revealed = st.session_state.get(REVEALED, {})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        numbers = revealed.get(("phone", person.id)) or [each.shown for each in person.phones]
        for number in numbers:
            st.markdown(f":material/call: **{plain(number)}**", width="content")
        if not person.phones:
            st.caption(_("没有电话"), width="content")
        hidden = not all(each.is_open for each in person.phones) and ("phone", person.id) not in revealed
        if hidden and actor.may(Right.REVEAL_PHONE):
            _reveal(_("看号码"), "phone", person.id, actor)
        if person.id_number:
            number = revealed.get(("id", person.id)) or person.id_number
            st.markdown(f":material/badge: {plain(number)}", width="content")
            if actor.may(Right.REVEAL_ID) and ("id", person.id) not in revealed:
                _reveal(_("看证件号"), "id", person.id, actor)


def _reveal(label: str, what: str, customer_id: int, actor: Actor) -> None:
    ground = st.menu_button(
        label, list(Ground), format_func=lambda each: str(each.label), key=f"customers.reveal.{what}.{customer_id}",
        type="tertiary", help=_("选择用途后显示，并记入操作日志"),
    )  # fmt: skip
    if ground:
        with writing(actor) as session:
            shown = (
                privacy.reveal_phone(session, customer_id, ground)
                if what == "phone"
                else privacy.reveal_id(session, customer_id, ground)
            )
        st.session_state[REVEALED] = {**st.session_state.get(REVEALED, {}), (what, customer_id): shown}
        st.rerun()


def holdings(card: Card, *, of_unit: bool) -> None:
    """Draw who held the unit before, or which units the customer held."""
    past = [each for each in card.holdings if not each.is_current]
    if not past:
        return
    title = _("以往和将来的客户（{n}）", n=len(past)) if of_unit else _("以往和将来的房屋（{n}）", n=len(past))
    with st.expander(title, icon=":material/history:"):
        for each in past:
            name = each.name if of_unit else each.unit
            target = ("customer", each.customer_id) if of_unit else ("unit", each.unit_id)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _way(plain(name), *target)
                st.caption(plain(f"{each.relation.label} {_term(each.starts_on, each.ends_on)}"))


# ── matters and papers ───────────────────────────────────────────────────────────────────────────────────────────────


def case_line(case: CaseLine) -> None:
    """Draw a matter as a line that leads to it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(shell.path_of(case.process), label=case.number, query_params={"case": case.number})
        st.badge(case.state, color=case.colour)  # type: ignore[arg-type]
        if case.is_overdue:
            st.badge(_("超时"), color="red")
        st.caption(f"{plain(case.title)} · {one_line(case.words, 30)}", width="stretch")


def beside(card: Card) -> None:
    """Draw what must not be overlooked while speaking with them: open matters, a contract about to end."""
    pending = [each for each in card.cases if each.is_open]
    st.subheader(_("未办结（{n}）", n=len(pending)) if pending else _("未办结"), anchor=False)
    if not pending:
        st.caption(_("没有未办结的事项。"))
    for each in pending[:CASES_BESIDE]:
        case_line(each)
    if len(pending) > CASES_BESIDE:
        st.caption(_("其余 {n} 件见“事项”。", n=len(pending) - CASES_BESIDE))
    for contract in card.contracts:
        if contract.is_ending:
            st.warning(
                _("{kind} {number} 还有 {n} 天到期（{day}）", kind=contract.kind.label, number=plain(contract.number),
                  n=contract.days_left, day=contract.ends_on),
                icon=":material/event_busy:",
            )  # fmt: skip


def cases(card: Card) -> None:
    """Draw all matters, open ones first."""
    if not card.cases:
        st.caption(_("没有登记过事项。"))
    for each in card.cases:
        case_line(each)


def story(card: Card) -> None:
    """Draw what happened, newest first."""
    if not card.moments:
        st.caption(_("还没有经过。"))
    for each in card.moments:
        when, about = plain(said_moment(each.at)), plain(f"{each.number} {each.who}")
        note = f"  \n{plain(each.note)}" if each.note else ""
        st.markdown(f":gray[{when}] **{plain(each.what)}** :gray[{about}]{note}")


def belongings(card: Card) -> None:
    """Draw vehicles and parking spaces."""
    left, right = st.columns(2)
    with left:
        st.subheader(_("车辆"), anchor=False)
        for vehicle in card.vehicles:
            st.markdown(f"**{plain(vehicle.plate)}** :gray[{plain(vehicle.about)} {plain(vehicle.owner)}]")
        if not card.vehicles:
            st.caption(_("没有登记车辆。"))
    with right:
        st.subheader(_("车位"), anchor=False)
        for space in card.parking:
            st.markdown(f"**{plain(space.code)}** :gray[{space.kind.label} {space.tenure.label} {plain(space.holder)}]")
        if not card.parking:
            st.caption(_("没有登记车位。"))


def paying(card: Card, actor: Actor) -> None:
    """Draw what is paid for the unit, or for each unit that the customer holds."""
    if not card.units:
        st.caption(_("现在没有房屋，没有要交的费用。"))
    for unit in card.units:
        if len(card.units) > 1:
            st.subheader(plain(unit.short), anchor=False)
        charges.show(actor, unit.id)


def papers(card: Card) -> None:
    """Draw contracts, and what was given to third parties."""
    st.subheader(_("合同"), anchor=False)
    for each in card.contracts:
        st.markdown(
            f"**{plain(each.number)}** {each.kind.label} :gray[{_term(each.starts_on, each.ends_on)}]"
            + (" :red[" + _("已到期") + "]" if each.days_left < 0 else "")
        )
    if not card.contracts:
        st.caption(_("没有合同。"))
    st.subheader(_("对外提供记录"), anchor=False)
    for given in card.disclosures:
        st.markdown(
            f"{plain(said_moment(given.at))} **{plain(given.to_whom)}** :gray[{plain(given.ground)} {plain(given.who)}]"
        )
    if not card.disclosures:
        st.caption(_("没有向第三方提供过这位客户的信息。"))


# ── a third party ────────────────────────────────────────────────────────────────────────────────────────────────────

_TO_WHOM = Field("to_whom", lazy("提供给谁"), "text", length=60)
_GROUND = Field("ground", lazy("依据"), "text", lazy("例如 客户本人 11-20 电话同意；法院调取函"), length=200)


def disclose(actor: Actor, customer_id: int) -> form.Sent | None:
    """Draw the form by which data are given to a third party: to whom, on which ground."""

    def store(session: object, filled: Filled) -> str:
        customers.record_disclosure(
            session,  # type: ignore[arg-type]
            customer_id,
            *("" if is_empty(filled.values[name]) else filled.values[name] for name in ("to_whom", "ground")),
        )
        return str(customer_id)

    st.caption(_("法律要求：把客户信息给外单位、业委会、邻居或机关之前，先登记对象和依据。"))
    return form.show(
        Form("customers.disclose", (_TO_WHOM, _GROUND), (Button("save", _("登记"), store),), about=str(customer_id),
             also=(), cancel=True),
        actor,
    )  # fmt: skip
