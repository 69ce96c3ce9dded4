"""The doors besides the pages: the sign-in cookie, the state of the house, documents."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from components import papers
from components.papers.registry import PAPERS
from components.signin import COOKIE
from components.streamlit_words import LANGUAGE
from db import documents, faults, signing_in, users
from db.refused import Refused
from db.words import _

_POINT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""An image of one transparent point."""
MARK, FOCUS = Path(__file__).with_name("mark.svg"), Path(__file__).with_name("focus.js")
ONE_YEAR = 365 * 24 * 3600
_NOT_KEPT = {"Cache-Control": "no-store"}


def _point() -> Response:
    return Response(_POINT, media_type="image/gif", headers=_NOT_KEPT)


def _from_elsewhere(request: Request) -> bool:
    """Say whether another site made the browser ask."""
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


async def complete(request: Request) -> Response:
    """Exchange the ticket for the cookie. Whatever comes of it, the answer looks the same."""
    response = _point()
    if _from_elsewhere(request):
        return response
    token = await run_in_threadpool(signing_in.exchange_ticket, request.query_params.get("ticket", ""))
    if token:
        await _speak(response, token)
        response.set_cookie(
            COOKIE, token, max_age=int(signing_in.LONGEST.total_seconds()), path="/", httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
    return response


async def _speak(response: Response, token: str) -> None:
    """Tell the browser which language its reader has chosen, for what Streamlit itself says."""
    standing = await run_in_threadpool(signing_in.by_token, token)
    if standing is not None:
        response.set_cookie(LANGUAGE, standing.locale, max_age=ONE_YEAR, path="/", httponly=True, samesite="lax")


async def language(request: Request) -> Response:
    """Tell the browser its reader's language anew, after he has changed it."""
    response = _point()
    await _speak(response, request.cookies.get(COOKIE, ""))
    return response


async def icon(_request: Request) -> Response:
    """Hand out the sign that stands on the browser's tab."""
    return FileResponse(MARK, media_type="image/svg+xml")


async def focus(_request: Request) -> Response:
    """Hand out the script that puts the cursor into a form just opened."""
    return FileResponse(FOCUS, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def out(request: Request) -> Response:
    """Take back a cookie that stands for nothing any more; one that still does stays."""
    response = _point()
    token = request.cookies.get(COOKIE, "")
    if token and not _from_elsewhere(request) and await run_in_threadpool(signing_in.by_token, token) is None:
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


async def health(_request: Request) -> Response:
    """Say whether the house can work: the server runs and its database answers."""
    try:
        await run_in_threadpool(users.nobody_yet)
    except Exception:  # noqa: BLE001 - whatever it is, the answer is the same
        well = False
    else:
        well = True
    return JSONResponse({"ok": well}, status_code=200 if well else 503, headers=_NOT_KEPT)


def _disposition(name: str, *, inline: bool) -> Mapping[str, str]:
    kind = "inline" if inline else "attachment"
    return {"Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name, safe='')}", **_NOT_KEPT}


async def document(request: Request) -> Response:
    """Hand out a document, or its thumbnail with `?small`, to who may see it; to all others it does not exist."""
    actor = await run_in_threadpool(signing_in.actor_by_token, request.cookies.get(COOKIE, ""))
    if actor is None or actor.must_change_password:
        return PlainTextResponse(str(_("请先登录。")), status_code=401, headers=_NOT_KEPT)
    wanted, small = request.path_params["document_id"], "small" in request.query_params
    try:
        opened = await run_in_threadpool(documents.open_for, actor, wanted, small=small)
    except Refused as refused:
        return PlainTextResponse(refused.message, status_code=404, headers=_NOT_KEPT)
    return FileResponse(
        opened.path, media_type=opened.media_type, headers=dict(_disposition(opened.name, inline=opened.inline))
    )


async def order(request: Request) -> Response:
    """Lead who kept the former address of a work order to the paper."""
    return RedirectResponse(papers.address("work_order", request.path_params["number"]), status_code=308)


async def paper(request: Request) -> Response:
    """Hand out a paper as PDF, shown in the browser, to who may see what it is about; to all others it does not exist.

    Only when it is fetched in earnest: a print may be counted, so a mere question after the headers prints nothing.
    """
    if request.method == "HEAD":
        return PlainTextResponse("", status_code=405, headers=_NOT_KEPT)
    actor = await run_in_threadpool(signing_in.actor_by_token, request.cookies.get(COOKIE, ""))
    if actor is None or actor.must_change_password:
        return PlainTextResponse(str(_("请先登录。")), status_code=401, headers=_NOT_KEPT)
    kind, key = request.path_params["kind"], request.path_params["key"]
    if kind not in PAPERS:
        return PlainTextResponse(str(_("没有这种单据。")), status_code=404, headers=_NOT_KEPT)
    try:
        printed = await run_in_threadpool(PAPERS[kind], actor, key, dict(request.query_params))
    except Refused as refused:
        return PlainTextResponse(refused.message, status_code=404, headers=_NOT_KEPT)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is written down and told in the office's words
        reference = await run_in_threadpool(faults.write_fault, error, page=request.url.path, actor=actor.user_id)
        told = _("这张单据没有打印出来，程序出了问题，已记录。编号 {reference}，请告诉管理员。", reference=reference)
        return PlainTextResponse(str(told), status_code=500, headers=_NOT_KEPT)
    headers = dict(_disposition(printed.name, inline=True))
    return Response(printed.content, media_type=printed.media_type, headers=headers)


ROUTES = [
    Route("/auth/complete", complete),
    Route("/auth/out", out),
    Route("/auth/language", language),
    Route("/favicon.svg", icon),
    Route("/focus.js", focus),
    Route("/healthz", health),
    Route("/documents/{document_id}", document),
    Route("/orders/{number}", order),
    Route(papers.ADDRESS + "{kind}/{key}", paper),
]
