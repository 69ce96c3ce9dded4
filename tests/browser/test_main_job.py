"""The office's main job in a real browser: a roster comes in, a complaint goes through, home shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect

import manage
from db import passwords
from db.people import Role
from tests import engines
from tests.browser.conftest import Serve, Server
from tests.browser.desk import GOOD, add_staff

ESTATE = "测试花园"
STAFF = {
    "wangfang": ("王芳", Role.DESK),
    "zhaoqiang": ("赵强", Role.STEWARD),
    "zhouying": ("周颖", Role.SUPERVISOR),
}


def a_roster(folder: Path) -> Path:
    """Make a workbook as other systems hand it out: a sheet each, help texts beside the data, phones as numbers."""
    file = folder / "花名册.xlsx"
    with xlsxwriter.Workbook(file) as book:
        for name, rows in {
            "楼栋单元": [["楼栋号", "单元编号", "总层数", "是否有电梯"], [1, 1, 33, "有"], [1, 2, 33, "有"]],
            "业主信息": [
                ["业主编号", "业主名称", "性别", "年龄", "手机号", "身份证号"],
                [1, "吴学文", "男", 28, 18999999999, "632126199109162011"],
                [2, "张三", "男", 18, 18999999991, "632126199109162011"],
            ],
            "房屋信息": [
                ["房屋编号", "楼栋编号", "单元编号", "房屋楼层", "房屋户型", "建筑面积", "业主编号"],
                [1011, 1, 1, 1, 1010, 94.56, 1],
                [1012, 1, 1, 1, 1010, 94.56, 2],
                [1013, 1, 1, 1, 1010, 94.56, 9],
            ],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            sheet.write(6, 9, "说明")
            sheet.write(7, 9, rows[0][0])
            sheet.write(7, 10, "必须为唯一值，不能重复")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> Iterator[Server]:
    """Serve an office whose roster was taken in from the shell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "ROUNDS", 4)
        environment = {}
        if request.param == "postgresql":
            server_url = request.getfixturevalue("postgres_server")
            template = request.getfixturevalue("postgres_template")
            with engines.postgres_copy(server_url, template, f"journey_{os.getpid()}") as url:
                environment["DATABASE_URL"] = url
                yield from _served(serve, tmp_path, environment)
        else:
            yield from _served(serve, tmp_path, environment)


def _served(serve: Serve, folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    server = serve(**environment)
    add_staff(environment.get("DATABASE_URL") or engines.sqlite_url(server.folder / "guanjia.db"), STAFF, ESTATE)
    engines.leave()
    taken_in = subprocess.run(
        [sys.executable, "manage.py", "import", str(a_roster(folder)), "--estate", ESTATE, "--user", "zhouying"],
        cwd=manage.ROOT, env=os.environ | {"GUANJIA_DATA": str(server.folder)} | environment, capture_output=True,
        text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert taken_in.returncode == 0, taken_in.stdout + taken_in.stderr
    assert "“房屋信息”第 4 行 G 列 业主编号：客户表和系统里都没有编号为 9 的客户。" in taken_in.stdout
    yield server


def sign_in(page: Page, server: Server, username: str) -> None:
    page.goto(server.url)
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码", exact=True).fill(GOOD)
    with page.expect_response(lambda answer: "/auth/complete" in answer.url):
        page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name=STAFF[username][0])).to_be_visible()


@pytest.mark.requirement("R5")
@pytest.mark.requirement("X3")
@pytest.mark.requirement("C1")
@pytest.mark.requirement("C7")
@pytest.mark.requirement("Q2")
@pytest.mark.requirement("X8")
def test_a_roster_comes_in_a_complaint_goes_through_and_home_shows_it(
    office: Server, new_page: Callable[..., Page]
) -> None:
    desk = new_page()
    sign_in(desk, office, "wangfang")
    for typed in ("吴学文", "1-1-1011", "9999"):
        desk.goto(f"{office.url}/complaints?new=1")
        desk.get_by_placeholder("输入房号、姓名、电话或车牌查找").fill(typed)
        expect(desk.get_by_text("吴学文 1-1-1011").first).to_be_visible()
    desk.get_by_label("内容").fill("楼上夜里装修，电钻声大")
    desk.get_by_label("投诉类别").click()
    desk.get_by_role("option", name="噪声扰民").click()
    desk.get_by_role("button", name="登记").click()
    expect(desk.get_by_text("待受理").first).to_be_visible()
    number = desk.url.rsplit("case=", 1)[1]
    assert number.startswith("TS-")
    desk.get_by_role("button", name="受理 Shortcut").click()
    expect(desk.get_by_text("处理中").first).to_be_visible()
    desk.get_by_role("radio", name="处理完毕").click()
    desk.get_by_role("radio", name="属实", exact=True).click()
    desk.get_by_label("处理结果").fill("施工方书面承诺八点后停工")
    desk.get_by_role("radio", name="电话").click()
    desk.get_by_role("button", name="处理完毕 Shortcut").click()
    expect(desk.get_by_text("待回访").first).to_be_visible()

    steward = new_page()
    sign_in(steward, office, "zhaoqiang")
    steward.goto(f"{office.url}/complaints?case={number}")
    steward.get_by_role("link", name="HF-").click()
    steward.get_by_role("radio", name="已解决", exact=True).click()
    steward.get_by_role("radio", name="满意", exact=True).click()
    steward.get_by_role("button", name="已联系上 Shortcut").click()
    expect(steward.get_by_text("已回访").first).to_be_visible()

    supervisor = new_page()
    sign_in(supervisor, office, "zhouying")
    supervisor.goto(f"{office.url}/complaints?case={number}")
    expect(supervisor.get_by_text("已办结").first).to_be_visible()
    supervisor.goto(office.url)
    handled = supervisor.locator("a[href*='handled_from='][href$='counting=1']")
    visited = supervisor.locator("a[href*='handled_from='][href*='visited=1']").first
    expect(visited).to_have_text("1")
    expect(handled.first).to_have_text("/ 1")
    visited.click()  # every number opens the rows behind it
    expect(supervisor.get_by_text("共 1 条")).to_be_visible()
