"""Every page's rerun against the rerun of an empty one, on a server of its own, signed in like anybody."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote

from bench.estate import PASSWORD, USERNAME, Estate
from bench.measuring import Mark, Task
from bench.people import VOCABULARY
from bench.ws_client import Client, Look
from components import shell
from db import signing_in
from db.paths import ROOT
from db.processes import PROCESSES

MARK = Mark(3)
EMPTY = "empty_page"
LEFT_OUT = frozenset({"first_run"})
"""Opens only on an empty house."""
START, PATIENCE, REST = 60.0, 10.0, 0.1
"""Seconds."""


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def served(estate: Estate) -> Iterator[str]:
    """Serve the estate while the block runs; gives `host:port`."""
    port = _free_port()
    settings = {"GUANJIA_DATA": str(estate.folder), "DATABASE_URL": estate.url, "TZ": "Asia/Shanghai"}
    command = [sys.executable, "-m", "bench.serving", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=sys.stderr) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE):  # noqa: S310 - our own server
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not come up: {url}")


def cookie_for(address: str) -> str:
    """Sign in with name and password, and fetch the cookies for the ticket, as a browser does."""
    ticket = signing_in.sign_in(USERNAME, PASSWORD, "127.0.0.1").ticket
    with urllib.request.urlopen(f"http://{address}/auth/complete?ticket={ticket}", timeout=PATIENCE) as answer:
        return "; ".join(each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie"))


def asked() -> list[tuple[str, str]]:
    """List what is opened: every page, and each process's list also with all its matters and with words typed."""
    opened = [(entry.key, "") for entry in shell.entries() if entry.key not in LEFT_OUT]
    words = quote(VOCABULARY["typed"]["words"][0])
    for key in PROCESSES:
        if (key, "") in opened:
            opened += [(key, "state=all"), (key, f"state=all&q={words}")]
    return opened


def rested_ms(look: Callable[[], Look]) -> float:
    """Time three looks on the wire, each after a pause such as people make: the server ends a run after answering."""
    told = []
    for _look in range(3):
        time.sleep(REST)
        told.append(look().ms)
    return statistics.median(told)


def tasks(estate: Estate, opened: ExitStack) -> list[Task]:
    """Open one tab for each page, and one for the empty page; their reruns are compared."""
    address = opened.enter_context(served(estate))
    cookie = cookie_for(address)

    def tab(page: str, query: str = "") -> Client:
        client = opened.enter_context(Client(address, page, query, cookie))
        for _warm in range(2):
            look = client.look()
            if not look.signed_in:
                raise AssertionError(f"{page}: the cookie opened no door")
            if look.faults:
                raise AssertionError(f"{page}: {look.faults}")
        return client

    empty = tab(EMPTY)
    found = []
    for page, query in asked():
        try:
            client = tab(page, query)
        except AssertionError as fault:
            print(f"  left out: {fault}")
            continue
        found.append(
            _task(
                f"{page}?{query}" if query else page,
                empty,
                client,
                MARK if page in PROCESSES and "q=" not in query else None,
            )
        )
    return found


def _task(name: str, empty: Client, client: Client, mark: Mark | None) -> Task:

    def good(_floor: Any, look: Look) -> None:
        assert look.signed_in, name
        assert not look.faults, (name, look.faults)

    return Task("page", name, empty.look, client.look, mark, good, timer=rested_ms)
