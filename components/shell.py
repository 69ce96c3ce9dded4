"""What stands around every page: the menu, who may open what, the estate looked at, the person at the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from components import drafts, errors, signin
from components.plain import plain
from db import users
from db.dossiers.one_window import is_at_the_window
from db.dossiers.site_passes import LOOKERS
from db.paths import ROOT
from db.people import Actor, Right, roles_label
from db.process import Process, may_see
from db.processes import PROCESSES
from db.session import reading
from db.words import Words, _

ESTATE = f"{drafts.OWN}estate"
SIDEBAR_WIDTH = 212
"""Pixels: a seventh of the screens that stand on the desks (1366)."""
MARK = Path(__file__).with_name("mark.svg")

SECTIONS: dict[str, Words] = {
    "workbench": _("工作台"),
    "service": _("客户服务"),
    "moves": _("入住迁出"),
    "fees": _("收费"),
    "site": _("现场"),
    "office": _("档案"),
    "reports": _("报表"),
    "system": _("系统"),
}
"""The menu's sections in order; the words here are the names of the folders in `pages/`."""

WORK_ORDER = (
    "one_window", "move_ins", "renovations", "violations", "site_passes", "move_outs", "goods_passes", "cards",
    "parking_permits",
    "cashier", "bills", "readings", "notices", "dunning", "bank_collection", "deposits", "corrections", "closing",
    "settlement", "collection", "tariffs", "publications", "books",
)  # fmt: skip
"""Pages of a section that follow each other as the work does, whether a process's or not."""


def everybody(_actor: Actor) -> bool:
    """Open a page to all who are signed in."""
    return True


def nobody(_actor: Actor) -> bool:
    """Leave a page out of the menu."""
    return False


def holding(*rights: Right) -> Callable[[Actor], bool]:
    """Open a page to those who hold one of some rights."""
    return lambda actor: any(actor.may(each) for each in rights)


@dataclass(frozen=True)
class Entry:
    """One page: where it lies, what it is called, who may open it."""

    section: str
    key: str
    title: Words
    icon: str
    may: Callable[[Actor], bool]
    listed: Callable[[Actor], bool] = everybody
    """In whose menu it stands, of those who may; others come to it from another page."""

    @property
    def path(self) -> str:
        """The script, from `app.py`."""
        return f"pages/{self.section}/{self.key}.py"


SEES_MONEY = holding(Right.SEE_MONEY)
SERVES = holding(Right.DUN)
"""Who deals with customers about money: the office, cashiers, finance."""
ANSWERS = holding(Right.BILL, Right.KEEP_ACCOUNTS, Right.CHECK_BOOKS)
"""Who answers for money: cashiers, finance, leaders, headquarters."""

HOME = Entry("workbench", "home", _("首页"), ":material/home:", everybody)
"""Opened when no page is named."""
OWN_PAGES: tuple[Entry, ...] = (
    HOME,
    Entry("workbench", "my_work", _("我的待办"), ":material/checklist:", everybody),
    Entry("workbench", "search", _("查找"), ":material/search:", everybody),
    Entry("office", "customers", _("客户"), ":material/groups:", lambda actor: actor.sees_all),
    Entry("office", "units", _("房屋"), ":material/apartment:", lambda actor: actor.sees_all),
    Entry("office", "vehicles", _("车辆车位"), ":material/directions_car:", lambda actor: actor.sees_all),
    Entry("office", "contracts", _("合同与专营公司"), ":material/contract:", lambda actor: actor.sees_all),
    Entry("office", "areas", _("责任区"), ":material/person_pin_circle:", lambda actor: actor.sees_all),
    Entry("office", "estates", _("项目与设施"), ":material/domain:", lambda actor: actor.sees_all),
    Entry("office", "documents", _("档案资料"), ":material/folder_open:", lambda actor: actor.sees_all),
    Entry("office", "blank_forms", _("空白表格"), ":material/print:", everybody),
    Entry("office", "import_studio", _("导入"), ":material/upload_file:", holding(Right.IMPORT)),
    Entry("moves", "site_passes", _("施工出入证"), ":material/badge:", lambda actor: bool(actor.roles & LOOKERS)),
    Entry("moves", "hot_works", _("动火证查验"), ":material/local_fire_department:",
          lambda actor: bool(actor.roles & LOOKERS), listed=nobody),
    Entry("moves", "one_window", _("一站式服务"), ":material/room_service:", is_at_the_window),
    Entry("moves", "cards", _("门禁卡与钥匙"), ":material/key:", lambda actor: actor.sees_all),
    Entry("moves", "parking_permits", _("停车证"), ":material/local_parking:", lambda actor: actor.sees_all),
    Entry("fees", "cashier", _("前台收费"), ":material/point_of_sale:", SEES_MONEY, listed=SERVES),
    Entry("fees", "bills", _("账单"), ":material/receipt_long:", SEES_MONEY),
    Entry("fees", "readings", _("抄表"), ":material/speed:", holding(Right.READ_METERS)),
    Entry("fees", "notices", _("缴费通知"), ":material/mail:", SEES_MONEY, listed=SERVES),
    Entry(
        "fees", "bank_collection", _("委托收款"), ":material/account_balance:",
        holding(Right.TAKE_PAYMENT, Right.EDIT_TARIFFS),
    ),
    Entry("fees", "deposits", _("押金"), ":material/savings:", SEES_MONEY, listed=SERVES),
    Entry("fees", "corrections", _("减免退款红冲"), ":material/undo:", SEES_MONEY, listed=SERVES),
    Entry("fees", "closing", _("日结"), ":material/lock_clock:", lambda actor: SEES_MONEY(actor) and ANSWERS(actor)),
    Entry("fees", "settlement", _("过户结算"), ":material/real_estate_agent:", SEES_MONEY, listed=SERVES),
    Entry(
        "fees", "collection", _("收缴统计"), ":material/query_stats:", holding(Right.SEE_FIGURES), listed=ANSWERS
    ),
    Entry("fees", "tariffs", _("收费标准"), ":material/sell:", SEES_MONEY),
    Entry("fees", "publications", _("收支公示"), ":material/campaign:", SEES_MONEY),
    Entry("fees", "books", _("账务核对"), ":material/fact_check:", holding(Right.CHECK_BOOKS)),
    Entry("system", "users", _("用户"), ":material/manage_accounts:", holding(Right.MANAGE_USERS)),
    Entry("system", "settings", _("设置"), ":material/tune:", holding(Right.MANAGE_SETTINGS)),
    Entry("system", "papers", _("单据文字"), ":material/edit_document:", holding(Right.MANAGE_SETTINGS)),
    Entry(
        "system", "checklists", _("办理资料清单"), ":material/fact_check:", holding(Right.MANAGE_SETTINGS)
    ),
    Entry("system", "audit", _("操作日志"), ":material/history:", holding(Right.SEE_AUDIT)),
    Entry("system", "first_run", _("开始使用"), ":material/rocket_launch:", holding(Right.MANAGE_USERS), listed=nobody),
    Entry("system", "account", _("我的账号"), ":material/account_circle:", everybody, listed=nobody),
)
"""The pages that are not a process's; a process brings its own with its declaration."""


def _of_process(process: Process) -> Entry:
    return Entry(process.section, process.key, process.title, process.icon, lambda actor: may_see(actor, process))


def every_entry() -> list[Entry]:
    """List every page, in the order of the menu: as the work goes, else a section's own pages, then its processes."""
    every = [*OWN_PAGES, *map(_of_process, PROCESSES.values())]
    places = {key: place for place, key in enumerate(WORK_ORDER)}
    sections = list(SECTIONS)
    return sorted(every, key=lambda entry: (sections.index(entry.section), places.get(entry.key, len(places))))


def entries() -> list[Entry]:
    """List the pages whose script is there."""
    return [entry for entry in every_entry() if (ROOT / entry.path).is_file()]


_ENTRIES = entries()


def navigate(actor: Actor | None) -> tuple[Entry, st.Page]:
    """Register every page, whoever looks, and show in the menu those he may open; returns the one asked for.

    A page that is not registered would be answered with Streamlit's own "Page not found", over the sign-in form.
    """
    drawn: dict[str, list[st.Page]] = {}
    by_path: dict[str, Entry] = {}
    for entry in _ENTRIES:
        shown = actor is not None and entry.listed(actor) and entry.may(actor)
        page = st.Page(
            entry.path, title=str(entry.title), icon=entry.icon, url_path=entry.key, default=entry is HOME,
            visibility="visible" if shown else "hidden",
        )  # fmt: skip
        drawn.setdefault(str(SECTIONS[entry.section]), []).append(page)
        by_path[page.url_path] = entry
    chosen = st.navigation(drawn, position="sidebar" if actor else "hidden", expanded=True)
    return by_path[chosen.url_path], chosen


def entry_of(key: str) -> Entry:
    """Return a page by its key; `KeyError` is a programming mistake."""
    return {entry.key: entry for entry in _ENTRIES}[key]


def path_of(key: str) -> str:
    """Return the script of a page by its key, for `st.switch_page`; `KeyError` is a programming mistake."""
    return entry_of(key).path


def run(entry: Entry, page: st.Page, actor: Actor) -> None:
    """Run a page for who may open it, and show what goes wrong in it."""
    st.session_state[errors.PAGE] = entry.path
    if not entry.may(actor):
        st.error(
            str(_("您没有打开“{title}”的权限，如有需要请联系系统管理员。", title=entry.title)), icon=":material/lock:"
        )
        return
    with errors.shown():
        page.run()


# ── beside the page ──────────────────────────────────────────────────────────────────────────────────────────────────


def beside(actor: Actor) -> None:
    """Draw what stands under the menu: which estate is looked at, who is signed in."""
    with st.sidebar:
        if len(actor.estates) > 1:
            _choose_estate(actor)
        with st.popover(plain(actor.name), icon=":material/person:", width="stretch", key="shell.person"):
            st.markdown(f"**{plain(actor.name)}**")
            st.caption(roles_label(actor.roles))
            if st.button(str(_("换人")), key="shell.change_over", icon=":material/switch_account:", width="stretch"):
                signin.change_over()
            if st.button(str(_("我的账号")), key="shell.account", icon=":material/key:", width="stretch"):
                st.switch_page(path_of("account"))
            if st.button(str(_("退出")), key="shell.sign_out", icon=":material/logout:", width="stretch"):
                signin.sign_out()
        signin.hand_over()


def _choose_estate(actor: Actor) -> None:
    with reading(actor) as session:
        names = users.estates_of(session)
    chosen = st.selectbox(
        str(_("项目")), [0, *names], format_func=lambda number: names.get(number, str(_("全部项目"))),
        key="shell.estate", label_visibility="collapsed", index=0,
    )  # fmt: skip
    st.session_state[ESTATE] = chosen


def estate_ids(actor: Actor) -> frozenset[int]:
    """Return the estates whose lists and figures the person wants to see: the one chosen in the menu, else all his."""
    chosen = st.session_state.get(ESTATE)
    return frozenset({chosen}) if chosen in actor.estates else actor.estates
