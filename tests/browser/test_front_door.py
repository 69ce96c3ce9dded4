"""The front door in a real browser: in, out, another person, and nothing for strangers."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from components import shell
from components.headers import HEADERS
from components.signin import COOKIE
from db import passwords, session, signing_in, users
from db.people import SYSTEM, Role, User, actor_for
from db.registry import Estate
from tests import engines
from tests.browser.conftest import Serve, Server
from tests.builders import an_estate

GOOD = "correct horse"
PEOPLE = {
    "admin": ("郑主任", [Role.ADMINISTRATOR]),
    "wangfang": ("王芳", [Role.DESK]),
    "limin": ("李敏", [Role.DESK, Role.STEWARD]),
}

pytestmark = pytest.mark.requirement("X2")


@contextmanager
def office_of(server: Server) -> Iterator[None]:
    """Work on the running app's own database from the test."""
    session.bind(engines.sqlite_url(server.folder / "guanjia.db"))
    try:
        yield
    finally:
        engines.leave()


def a_user(username: str, name: str, roles: list[Role], *, must_change_password: bool = False) -> int:
    with session.writing(SYSTEM) as s:
        estates = s.scalars(select(Estate.id)).all()
        return users.add_user(
            s, username=username, name=name, roles=roles, estates=estates, password_hash=passwords.hashed(GOOD),
            must_change_password=must_change_password,
        ).id  # fmt: skip


@pytest.fixture(scope="module")
def house(serve: Serve) -> Server:
    """Serve a house with one estate and a few people."""
    server = serve()
    with pytest.MonkeyPatch.context() as patch, office_of(server):
        patch.setattr(passwords, "ROUNDS", 4)
        with session.writing(SYSTEM) as s:
            an_estate(s, "廊坊科技谷")
        for username, (name, roles) in PEOPLE.items():
            a_user(username, name, roles)
    return server


def settled(page: Page) -> Page:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    return page


def visit(page: Page, server: Server, path: str = "/") -> Page:
    page.goto(server.url + path)
    return settled(page)


def fill_in(page: Page, username: str, password: str = GOOD) -> None:
    page.get_by_label("用户名", exact=True).fill(username)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_label("密码", exact=True).press("Enter")


def sign_in(page: Page, username: str) -> None:
    with page.expect_response(lambda answer: "/auth/complete" in answer.url) as answer:
        fill_in(page, username)
    assert answer.value.status == 200
    person = PEOPLE[username][0]
    expect(page.get_by_test_id("stPopover").get_by_role("button", name=person)).to_be_attached()
    settled(page)


def open_person(page: Page) -> None:
    page.get_by_test_id("stPopover").get_by_role("button").click()


def is_signed_out(page: Page) -> None:
    expect(page.get_by_label("密码", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stPopover")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)


def request(server: Server, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


# ── strangers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_visit_of_all_opens_no_page_to_a_stranger(serve: Serve, new_page: Callable[..., Page]) -> None:
    """Streamlit would run a script in pages/ by itself until st.navigation was called once in the process."""
    server = serve()
    with office_of(server):
        a_user("admin", "郑主任", [Role.ADMINISTRATOR])
    page = visit(new_page(), server, "/users?no=1")
    is_signed_out(page)
    assert page.url == f"{server.url}/users?no=1"
    assert page.title() == "管家台"
    expect(page.get_by_text("新增员工")).to_have_count(0)


def test_no_address_opens_anything_to_a_stranger(house: Server, page: Page) -> None:
    for entry in shell.entries():
        visit(page, house, f"/{entry.key}")
        is_signed_out(page)
        expect(page.get_by_test_id("stHeading").or_(page.get_by_test_id("stDataFrame"))).to_have_count(1)  # 登录
        assert page.url == f"{house.url}/{'' if entry is shell.HOME else entry.key}"


def test_the_other_doors_are_shut_too(house: Server) -> None:
    assert request(house, "GET", "/healthz").status == 200
    assert request(house, "GET", "/documents/00").status == 401
    assert request(house, "GET", "/_stcore/metrics").status == 404
    assert request(house, "GET", "/_stcore/agent/openapi.json").status == 404
    assert request(house, "POST", "/_stcore/agent/interact").status == 404
    assert request(house, "PUT", "/_stcore/upload_file/a/b").status == 403
    assert request(house, "GET", "/auth/complete?ticket=x").getheader("set-cookie") is None
    for path in ("/", "/users", "/healthz", "/static/none.js", "/documents/00"):
        answer = request(house, "GET", path)
        assert {name: answer.getheader(name) for name in HEADERS} == HEADERS


def test_another_site_cannot_sign_anybody_in(house: Server) -> None:
    with office_of(house), session.reading(SYSTEM) as s:
        user_id = s.scalars(select(User.id).where(User.username == "limin")).one()
        ticket = signing_in.start_session(user_id).ticket
    answer = request(house, "GET", f"/auth/complete?ticket={ticket}", Sec_Fetch_Site="cross-site")
    assert answer.getheader("set-cookie") is None
    answer = request(house, "GET", f"/auth/complete?ticket={ticket}", Sec_Fetch_Site="same-origin")
    assert f"{COOKIE}=" in (answer.getheader("set-cookie") or "")
    assert answer.getheader("cache-control") == "no-store"


# ── in and out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_signing_in_keeps_the_address_and_outlives_a_reload(house: Server, page: Page) -> None:
    visit(page, house, "/account?no=TS-20261123-001")
    sign_in(page, "wangfang")
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    assert page.url == f"{house.url}/account?no=TS-20261123-001"
    cookie = next(each for each in page.context.cookies() if each["name"] == COOKIE)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert COOKIE not in page.evaluate("document.cookie")
    page.reload()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    assert page.url == f"{house.url}/account?no=TS-20261123-001"


def test_signing_out_holds_after_a_reload_and_in_every_tab(house: Server, page: Page) -> None:
    visit(page, house)
    sign_in(page, "wangfang")
    other = visit(page.context.new_page(), house, "/account")
    expect(other.get_by_role("heading", name="我的账号")).to_be_visible()
    open_person(page)
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_text("您已退出登录。")).to_be_visible()
    is_signed_out(page)
    page.reload()
    is_signed_out(settled(page))
    other.get_by_text("English").click()
    is_signed_out(other)
    expect(other.get_by_text("登录已结束")).to_be_visible()
    assert [each["name"] for each in page.context.cookies() if each["name"] == COOKIE] == []


def test_a_disabled_user_is_out_at_his_next_step(house: Server, page: Page) -> None:
    with office_of(house):
        user_id = a_user("leaving", "离职者", [Role.DESK])
        with session.reading(SYSTEM) as s:
            administrator = actor_for(s, s.scalars(select(User).where(User.username == "admin")).one())
    visit(page, house, "/account")
    fill_in(page, "leaving")
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    with office_of(house):
        users.set_active(administrator, user_id, active=False)
    page.get_by_text("English").click()
    is_signed_out(page)


def test_what_was_typed_outlives_a_session_that_ended_meanwhile(house: Server, page: Page) -> None:
    with office_of(house):
        user_id = a_user("slow", "慢写者", [Role.DESK])
        with session.reading(SYSTEM) as s:
            administrator = actor_for(s, s.scalars(select(User).where(User.username == "admin")).one())
    visit(page, house, "/complaints?new=1")
    fill_in(page, "slow")
    page.get_by_role("textbox", name="内容").fill("三楼漏水")
    with office_of(house):
        users.end_sessions(administrator, user_id)
    page.get_by_role("button", name="登记").click()
    is_signed_out(page)
    fill_in(page, "slow")
    expect(page.get_by_role("textbox", name="内容")).to_have_value("三楼漏水")
    assert page.url == f"{house.url}/complaints?new=1"


def test_five_wrong_passwords_lock_a_name(house: Server, page: Page) -> None:
    visit(page, house)
    for _each in range(5):
        fill_in(page, "nobody", "wrong password")
        expect(page.get_by_text("用户名或密码不正确。")).to_be_visible()
        settled(page)
    fill_in(page, "nobody", "wrong password")
    expect(page.get_by_text("密码错误次数过多")).to_be_visible()


def test_a_given_password_is_changed_before_anything_else(house: Server, page: Page) -> None:
    with office_of(house):
        a_user("fresh", "新人", [Role.DESK], must_change_password=True)
    visit(page, house, "/account")
    fill_in(page, "fresh")
    expect(page.get_by_text("新人，请先设置自己的密码")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    page.get_by_label("当前密码", exact=True).fill(GOOD)
    page.get_by_label("新密码", exact=True).fill("another horse")
    page.get_by_label("再输一次新密码", exact=True).fill("another horse")
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()


# ── one screen, several people ───────────────────────────────────────────────────────────────────────────────────────


def test_people_change_over_at_one_screen(house: Server, page: Page) -> None:
    visit(page, house, "/account")
    sign_in(page, "wangfang")
    page.get_by_label("当前密码", exact=True).fill("half typed")

    def change_over(username: str) -> None:
        open_person(page)
        page.get_by_role("button", name="换人").click()
        expect(page.get_by_role("dialog", name="换人")).to_be_visible()
        settled(page)
        sign_in(page, username)
        expect(page.locator("section[role=dialog]")).to_have_count(0)

    change_over("limin")
    expect(page.get_by_role("heading", name="首页")).to_be_visible()
    assert page.url == f"{house.url}/"
    page.get_by_test_id("stPopover").get_by_role("button").click()
    page.get_by_role("button", name="我的账号").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    assert page.get_by_label("当前密码", exact=True).input_value() == ""
    page.keyboard.press("Escape")
    change_over("wangfang")
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("stPopover").get_by_role("button", name="王芳")).to_be_visible()


def fill_in_a_colleague(page: Page, dialog: Locator, username: str) -> None:
    page.get_by_role("button", name="新增员工").click(timeout=8_000)
    dialog.get_by_role("textbox", name="姓名").fill("陈会计", timeout=8_000)
    dialog.get_by_role("textbox", name="用户名").fill(username, timeout=8_000)
    dialog.get_by_role("combobox", name="角色").click(timeout=8_000)
    page.get_by_role("option", name="收费员").click(timeout=8_000)
    page.keyboard.press("Tab")  # closes the list
    dialog.get_by_role("button", name="建立账号").click(timeout=8_000)


def test_an_administrator_makes_a_user_who_signs_in(house: Server, new_page: Callable[..., Page]) -> None:
    page = visit(new_page(), house, "/users")
    sign_in(page, "admin")
    dialog, code = page.locator("section[role=dialog]"), page.locator("section[role=dialog]").get_by_test_id("stCode")
    for attempt in range(4):  # on a very busy machine the page may still be drawn anew, which closes the dialog
        try:
            fill_in_a_colleague(page, dialog, f"chenkj{attempt}")
            expect(code).to_be_visible(timeout=10_000)
            break
        except (AssertionError, PlaywrightError):
            visit(page, house, "/users")
    username, password = code.inner_text().split()
    dialog.get_by_role("button", name="已记下").click()
    expect(dialog).to_have_count(0)
    other = visit(new_page(), house)
    fill_in(other, username, password)
    expect(other.get_by_text("陈会计，请先设置自己的密码")).to_be_visible()


def test_an_open_dialog_does_nothing_for_who_is_signed_out(house: Server, page: Page) -> None:
    with office_of(house):
        user_id = a_user("second", "副管理员", [Role.ADMINISTRATOR])
        with session.reading(SYSTEM) as s:
            administrator = actor_for(s, s.scalars(select(User).where(User.username == "admin")).one())
    visit(page, house, "/users")
    fill_in(page, "second")
    page.get_by_role("button", name="新增员工").click()
    dialog = page.locator("section[role=dialog]")
    dialog.get_by_role("textbox", name="姓名").fill("不该有")
    with office_of(house):
        assert users.end_sessions(administrator, user_id) == 1
    dialog.get_by_role("button", name="建立账号").click()
    is_signed_out(page)
    expect(page.get_by_text("登录已结束")).to_be_visible()


# ── how it speaks, how it fits ───────────────────────────────────────────────────────────────────────────────────────


def test_streamlit_itself_speaks_chinese(house: Server, page: Page) -> None:
    visit(page, house, "/no_such_page")
    expect(page.locator("section[role=dialog]")).to_contain_text("没有这个页面")
    visit(page, house)
    page.get_by_label("用户名", exact=True).fill("x")
    expect(page.get_by_test_id("InputInstructions")).to_have_text("按回车提交")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_the_door_fits_a_telephone(house: Server, new_page: Callable[..., Page]) -> None:
    page = visit(new_page(width=390, height=844), house, "/account")
    sign_in(page, "limin")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.reload()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()


def test_the_first_administrator_makes_himself(serve: Serve, new_page: Callable[..., Page]) -> None:
    server = serve()
    page = visit(new_page(), server)
    page.get_by_role("textbox", name="您的姓名").fill("王主任")
    page.get_by_role("textbox", name="用户名").fill("wangzr")
    page.get_by_label("密码", exact=True).fill(GOOD)
    page.get_by_label("再输一次密码", exact=True).fill(GOOD)
    page.get_by_role("textbox", name="项目名称").fill("廊坊科技谷")
    with page.expect_response(lambda answer: "/auth/complete" in answer.url):
        page.get_by_role("button", name="开始使用").click()
    expect(page.get_by_role("button", name="装入演示数据")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="装入演示数据")).to_be_visible()
    is_signed_out(visit(new_page(), server))
