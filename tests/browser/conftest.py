"""The real app on a port of its own, and a browser that is only allowed to talk to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import manage

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30_000
"""Milliseconds a page may take, on a computer that has other things to do."""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `--without browser` leaves it out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Server:
    """A running app: where it answers, where its data lies, what it logged."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    log: Path


Serve = Callable[..., Server]


@contextmanager
def _serving(folder: Path, **environment: str) -> Iterator[Server]:
    port = manage.free_port()
    log = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            manage.serve_command("127.0.0.1", port, python=sys.executable),
            cwd=manage.ROOT,
            env=kept | manage.office_clock() | {"GUANJIA_DATA": str(folder)} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", folder, process, log)
    try:
        if not manage.wait_until_healthy(server.url, process, seconds=60):
            pytest.fail(f"the app did not answer; its log:\n{log.read_text('utf-8', 'replace')[-4000:]}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start servers, each over an empty folder: `serve(DATABASE_URL=…)`; all end with the run."""
    with ExitStack() as running:

        def start(*, demo: bool = False, **environment: str) -> Server:
            assert not demo
            return running.enter_context(_serving(tmp_path_factory.mktemp("served"), **environment))

        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the Chromium of this computer. One a module: while it runs, its event loop belongs to the thread."""
    found = manage.find_chromium()
    if found is None:
        pytest.fail("no Chromium, Chrome or Edge found; set CHROMIUM, or leave these tests out: --without browser")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


def strangers(addresses: list[str]) -> list[str]:
    """Pick the addresses that leave this computer."""
    return [
        address
        for address in addresses
        if urlsplit(address).scheme in {"http", "https", "ws", "wss"} and urlsplit(address).hostname not in LOOPBACK
    ]


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages, each a person of his own: `new_page(viewport=…)`; fails if any asked a host outside this computer."""
    asked: list[str] = []
    with ExitStack() as contexts:

        def open_page(*, width: int = 1366, height: int = 768, **options: object) -> Page:
            context = browser.new_context(
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                viewport={"width": width, "height": height},
                **options,
            )
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE)
            context.on("request", lambda request: asked.append(request.url))
            page = context.new_page()
            page.on("websocket", lambda socket: asked.append(socket.url))
            return page

        yield open_page
    assert strangers(asked) == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Open one page at 1366×768, Chinese, Shanghai time."""
    return new_page()
