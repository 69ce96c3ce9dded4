"""The papers' door: a stranger gets nothing, who is signed in gets the PDF in his browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from components import doors
from components.papers import address, registry
from components.papers.printed import Printed
from components.papers.printing import pdf
from components.signin import COOKIE
from db import faults, signing_in
from db.refused import Refused
from db.words import _
from tests.builders import an_office
from tests.papers.made import a_receipt, words

APP = Starlette(routes=doors.ROUTES)


def ask(path: str, token: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Ask the server's doors as a browser with this cookie would."""
    bare, _mark, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": bare, "raw_path": bare.encode(), "query_string": query.encode(),
        "headers": [(b"cookie", f"{COOKIE}={token}".encode())], "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    sent = []

    async def run() -> None:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await APP(scope, receive, send)

    asyncio.run(run())
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def token(sqlite_engine) -> str:
    office = an_office()
    session = signing_in.start_session(office.desk.user_id)
    return signing_in.exchange_ticket(session.ticket)


@pytest.fixture
def printed(monkeypatch) -> list[object]:
    asked: list[object] = []

    def print_receipt(actor, key: str, query: Mapping[str, str]) -> Printed:
        asked.append((actor.user_id, key, dict(query)))
        if key == "broken":
            raise ValueError("the sums differ")
        if key != "YG2026-7":
            raise Refused(_("没有找到这张收据。"))
        return Printed("收据 7.pdf", pdf("receipt_a5", a_receipt(number=key)))

    monkeypatch.setitem(registry.PAPERS, "receipts", print_receipt)
    return asked


def test_a_stranger_gets_no_paper(token, printed):
    for cookie in ("", "nonsense"):
        status, headers, body = ask(address("receipts", "7"), cookie)
        assert (status, body.decode(), headers["cache-control"]) == (401, "请先登录。", "no-store")
    assert printed == []


def test_the_paper_is_shown_in_the_browser_and_kept_nowhere(token, printed):
    status, headers, body = ask(address("receipts", "YG2026-7", size="a5", copies=None), token)
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "application/pdf", "no-store")
    assert headers["content-disposition"] == f"inline; filename*=UTF-8''{quote('收据 7.pdf')}"
    assert "YG2026-7" in words(body)
    assert [(key, query) for _who, key, query in printed] == [("YG2026-7", {"size": "a5"})]


def test_what_is_refused_does_not_exist_and_says_why(token, printed):
    status, _headers, body = ask("/papers/receipts/8", token)
    assert (status, body.decode()) == (404, "没有找到这张收据。")


def test_unknown_papers_do_not_exist(token, printed):
    status, _headers, body = ask("/papers/secrets/7", token)
    assert (status, body.decode()) == (404, "没有这种单据。")


def test_asking_only_for_the_headers_prints_nothing(token, printed):
    assert ask("/papers/receipts/7", token, "HEAD")[0] == 405
    assert printed == []


def test_the_former_address_of_a_work_order_leads_to_the_paper(token):
    status, headers, _body = ask("/orders/BX-20261123-001", token)
    assert (status, headers["location"]) == (308, "/papers/work_order/BX-20261123-001")
    assert ask("/papers/work_order/BX-20261123-001", token)[0] == 404


def test_a_fault_is_written_down_and_told_in_the_offices_words(token, printed):
    status, _headers, body = ask("/papers/receipts/broken", token)
    line = json.loads(faults.log_file().read_text("utf-8").splitlines()[-1])
    assert (status, line["error"], line["page"]) == (500, "ValueError", "/papers/receipts/broken")
    assert body.decode() == f"这张单据没有打印出来，程序出了问题，已记录。编号 {line['reference']}，请告诉管理员。"
