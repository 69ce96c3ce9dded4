"""What every answer of the server carries, and what it does not answer at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from components.signin import COOKIE
from db import signing_in

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Streamlit's parts carry their style sheets with them
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' blob:",
    "worker-src": "'self' blob:",
    "connect-src": "'self' data: blob:",
    "frame-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {where}" for what, where in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), payment=(), usb=()",
}
CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent")
"""What tells about the server or lets programs work it; an office needs none of it."""
UPLOADS = "/_stcore/upload_file/"


class Guarded:
    """The server, with its headers on every answer, some doors walled up, and uploads only from who is signed in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (await self._who_answers(scope))(scope, receive, send_guarded)

    async def _who_answers(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        if any(closed in path for closed in CLOSED):
            return PlainTextResponse("", status_code=404)
        if path.startswith(UPLOADS) and scope["method"] != "OPTIONS":
            token = Request(scope).cookies.get(COOKIE, "")
            if await run_in_threadpool(signing_in.by_token, token) is None:
                return PlainTextResponse("", status_code=403)
        return self.app
