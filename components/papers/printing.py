"""Papers as PDF, set by typst: the template is ours, everything else reaches it as data."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from PIL import Image

from components.papers.drawings import drawings
from components.papers.fitting import fitted, texts_in
from components.papers.fonts import fonts, unprintable
from components.papers.shapes import SHAPES
from components.papers.truths import TRUTHS
from db.refused import Refused
from db.words import _

TEMPLATES = Path(__file__).parent / "templates"
SCREEN_PPI = 110
GAP, GREY = 14, 160
"""Pixels between two pages on the screen, and their grey."""


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """Print a paper. `template` is a key of `shapes.SHAPES`, `data` of its shape; any thread may call it.

    Raises `Refused` when a character is in no font or a dunning letter would not be true or lawful; `ValueError` for
    data of another shape and for sums that do not add up, which no paper may show.
    """
    printed: bytes = typst.compile(TEMPLATES / f"{template}.typ", format="pdf", **_inputs(template, data))
    return printed


def picture(template: str, data: Mapping[str, Any], most: int = 6) -> bytes:
    """Draw a paper's first pages below each other as one PNG, to be looked at before it is printed.

    Raises what `pdf` raises.
    """
    inputs = _inputs(template, data)
    drawn = typst.compile(TEMPLATES / f"{template}.typ", format="png", ppi=SCREEN_PPI, **inputs)
    pages = [Image.open(io.BytesIO(each)).convert("L") for each in (drawn if isinstance(drawn, list) else [drawn])]
    shown = pages[:most]
    sheet = Image.new("L", (max(each.width for each in shown), sum(each.height + GAP for each in shown) - GAP), GREY)
    top = 0
    for each in shown:
        sheet.paste(each, (0, top))
        top += each.height + GAP
    written = io.BytesIO()
    sheet.save(written, "PNG", compress_level=3)
    return written.getvalue()


def refuse_unprintable(data: Mapping[str, Any]) -> None:
    """Raise `Refused` for the first character, however deep in the data, that no font shows."""
    _refuse_what_no_font_shows(data)


def _inputs(template: str, data: Mapping[str, Any]) -> dict[str, Any]:
    fit = fitted(data, SHAPES[template])
    TRUTHS[template](fit)
    _refuse_what_no_font_shows(fit)
    inputs = {"template": template, "data": json.dumps(fit, ensure_ascii=False)}
    if template == "form":
        inputs["drawings"] = json.dumps(drawings(fit["papers"]))
    return {
        "root": TEMPLATES,
        "font_paths": fonts(),
        "ignore_system_fonts": True,  # `fonts()` has them, after the packaged ones
        "sys_inputs": inputs,
    }


def _refuse_what_no_font_shows(fit: Mapping[str, Any]) -> None:
    for text in texts_in(fit):
        for character in unprintable(text):
            raise Refused(
                _(
                    "“{text}”里的“{character}”（{code}）没有字体能打印。请换一种写法，或请管理员在服务器上装上有它的字体。",
                    text=_sendable(text[:40]), character=_sendable(character), code=f"U+{ord(character):04X}",
                )
            )  # fmt: skip


def _sendable(text: str) -> str:
    """Put a question mark for half a character, which no answer can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
