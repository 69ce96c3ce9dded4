"""An office made for a browser's story: an estate, its staff, and each of them at a screen of his own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from io import BytesIO

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect  # noqa: A004
from pypdf import PdfReader
from sqlalchemy import URL

from db import migrations, passwords, session, users
from db.people import SYSTEM, Role
from db.registry import Estate, EstateKind
from db.session import writing
from tests import engines
from tests.browser.conftest import Server

GOOD = "correct horse"
Staff = Mapping[str, tuple[str, Role]]
"""User name → name and role."""


def add_staff(url: URL | str, staff: Staff, estate_name: str, kind: EstateKind = EstateKind.HOMES) -> None:
    """Fill a server's database with an estate and the people of a story; the test stays bound to it."""
    migrations.upgrade(session.bind(url))
    with pytest.MonkeyPatch.context() as patch, writing(SYSTEM) as s:
        patch.setattr(passwords, "ROUNDS", 4)
        estate = Estate(name=estate_name, kind=kind)
        s.add(estate)
        s.flush()
        for username, (name, role) in staff.items():
            users.add_user(
                s, username=username, name=name, roles=[role], estates=[estate.id],
                password_hash=passwords.hashed(GOOD), must_change_password=False,
            )  # fmt: skip


@contextmanager
def staffed(server: Server, url: URL | str, staff: Staff, estate_name: str, kind: EstateKind = EstateKind.HOMES
            ) -> Iterator[Server]:  # fmt: skip
    """Serve an office of some people with an empty estate; the test may work on the same database."""
    add_staff(url, staff, estate_name, kind)
    try:
        yield server
    finally:
        engines.leave()


class Desk:
    """Somebody signed in, and the few things that are done on every page."""

    def __init__(self, page: Page, office: Server, username: str, name: str) -> None:
        self.page, self.office = page, office
        page.goto(f"{office.url}/account")  # home has figures to draw that nobody waits for here
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码", exact=True).fill(GOOD)
        with page.expect_response(lambda answer: "/auth/complete" in answer.url):
            page.get_by_role("button", name="登录").click()
        expect(page.get_by_test_id("stPopover").get_by_role("button", name=name)).to_be_visible()
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.office.url}/{path}")
        self.settle()
        return self.page

    def press(self, name: str, **told: bool) -> None:
        self.settle()
        self.page.get_by_test_id("stMain").get_by_role("button", name=name, **told).click()
        self.settle()

    def pick(self, name: str) -> None:
        self.settle()
        self.page.get_by_role("radio", name=name, exact=True).click()
        self.settle()

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_role("combobox", name=label).click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def open_first(self, words: str, url: str) -> None:
        """Press the button in the first row of the list, which says `words`; a list just drawn may miss a press."""
        self.settle()
        grid = self.page.get_by_test_id("stDataFrame").first
        expect(grid.locator("canvas td").filter(has_text=words).first).to_be_attached()
        for patience in (2_000, 4_000, 15_000):
            grid.locator(".dvn-scroller").click(position={"x": 24, "y": 34 + 17})
            try:
                self.page.wait_for_url(url, timeout=patience)
            except TimeoutError:
                continue
            break
        assert fnmatch(self.page.url, url)
        self.settle()

    def sees(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def reads(self, link: Locator) -> str:
        """Fetch the paper a button leads to as the browser would; returns its words without any space."""
        answer = self.page.context.request.get(f"{self.office.url}{link.get_attribute('href')}")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("inline")
        words = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)
        return "".join(words.replace("\u200b", "").split())  # where long words may break, papers have marks
