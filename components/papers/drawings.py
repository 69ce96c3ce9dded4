"""What papers carry besides text: the company's sign and the QR code, both as SVG."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import segno
from PIL import Image

from db.documents import path_of

LOGO_SIDE = 600
"""Pixels: more than a printer shows on 14 mm."""


def drawings(papers: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Draw what some papers need: `qr` by what it says, `logo` by its SHA-256."""
    papers = list(papers)
    codes = {each["qr"] for each in papers if each["qr"]}
    logos = {each["logo"] for each in papers if each["logo"]}
    drawn = {sha256: _logo(sha256) for sha256 in logos}
    return {
        "qr": {said: _qr(said) for said in codes},
        "logo": {sha256: svg for sha256, svg in drawn.items() if svg},
    }


@lru_cache(maxsize=256)
def _qr(said: str) -> str:
    written = io.BytesIO()
    segno.make(said, error="m", micro=False).save(written, kind="svg", xmldecl=False, border=2)
    return written.getvalue().decode()


@lru_cache(maxsize=16)
def _logo(sha256: str) -> str:
    """Wrap the picture kept under its SHA-256; one that is gone leaves its place empty."""
    file = path_of(sha256)
    if not file.is_file():
        return ""
    with Image.open(file, formats=("JPEG",)) as picture:
        picture.thumbnail((LOGO_SIDE, LOGO_SIDE))
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=90)
        width, height = picture.size
    inner = base64.b64encode(written.getvalue()).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{inner}"/></svg>'
    )
