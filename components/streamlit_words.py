"""Streamlit's own page and scripts as they are served: in Chinese, under the office's name, with no foreign script."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from components.words import _
from db.words import CHINESE, LOCALES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LANGUAGE = "guanjia_language"
"""The cookie that says in which language this browser reads; set when somebody signs in."""
STATIC = Path(streamlit.__file__).parent / "static"
TABLE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Served:
    """A file as one language sees it."""

    body: bytes
    kind: str

    @property
    def tag(self) -> str:
        """What a browser that has it already shows for it."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    def answer(self, known: str | None) -> Response:
        """Answer a request; kept by the browser, but asked for each time, since the language may have changed."""
        headers = {"Cache-Control": "no-cache", "ETag": self.tag, "Vary": "Cookie"}
        if known == self.tag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.kind, headers=headers)


def scripts_with_words() -> dict[Path, dict[str, str]]:
    """Find Streamlit's scripts that say something: file → words with what surrounds them → what to say instead."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    found = {}
    for name, words in table.items():
        for file in (STATIC / "static" / "js").glob(f"{name}.*.js"):
            text = file.read_text(encoding="utf-8")
            if said := {old: new for old, new in words.items() if old in text}:
                found[file] = said
    return found


def _scripts() -> dict[str, dict[str, Served]]:
    """Make each such script once for each language: address → language → file."""
    made = {}
    for file, words in scripts_with_words().items():
        text = file.read_text(encoding="utf-8")
        chinese = text
        for old, new in words.items():
            chinese = chinese.replace(old, new)
        made[f"/static/js/{file.name}"] = {
            locale: Served((chinese if locale == CHINESE else text).encode(), "text/javascript") for locale in LOCALES
        }
    return made


def _page(language: str) -> bytes:
    """Make the page that carries every screen, without Streamlit's name, notes to robots and its one inline script."""
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    text = text.replace('<html lang="en">', f'<html lang="{language}">')
    text = text.replace("<title>Streamlit</title>", f"<title>{_('管家台')}</title>")
    text = text.replace('href="./favicon.png"', 'href="/favicon.svg"')
    text = re.sub(r"<script>.*?</script>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'<link rel="service-desc"[^>]*>\s*', "", text)
    text = text.replace("</head>", '<script src="/focus.js" defer></script></head>')
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    spoken = _("请在浏览器里启用 JavaScript 后再打开。")
    return re.sub(r"<noscript>.*?</noscript>", f"<noscript>{spoken}</noscript>", text, flags=re.DOTALL).encode()


class Translated:
    """The server, with Streamlit's page and scripts in the reader's language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.scripts = _scripts()
        self.pages = {CHINESE: Served(_page("zh-CN"), "text/html"), "en": Served(_page("en"), "text/html")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        asked = Request(scope)
        locale = asked.cookies.get(LANGUAGE, CHINESE)
        known = asked.headers.get("if-none-match")
        if versions := self.scripts.get(scope["path"]):
            await versions.get(locale, versions[CHINESE]).answer(known)(scope, receive, send)
            return
        page = self.pages.get(locale, self.pages[CHINESE])
        replaced = False

        async def send_translated(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_streamlits_page(message, scope["path"]):
                replaced = True
                await page.answer(known)(scope, receive, send)
            elif not replaced:
                await send(message)

        await self.app(_asking_afresh(scope), receive, send_translated)


OWN_PAGES = ("/component/", "/_stcore/")
"""Where HTML comes from that is not the page carrying every screen."""


def _is_streamlits_page(message: Message, path: str) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] == 200 and kind.startswith("text/html") and not path.startswith(OWN_PAGES)


def _asking_afresh(scope: Scope) -> Scope:
    """Take a browser's "I have it already" for the page away: what it has is ours, not Streamlit's."""
    if scope["path"] not in {"/", "/index.html"}:
        return scope
    headers = MutableHeaders(raw=list(scope["headers"]))
    del headers["if-none-match"], headers["if-modified-since"]
    return {**scope, "headers": headers.raw}
