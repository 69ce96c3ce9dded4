"""Scans in the demonstration's register of documents: drawings, a firm's licence, contracts; drawn by rule."""

from __future__ import annotations

import io
from datetime import timedelta

from PIL import Image, ImageDraw
from sqlalchemy import select

from db import documents
from db.clock import moment_of
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.scene import Scene
from db.document_categories import Category
from db.documents import Owner
from db.registry import Contract, ContractKind, FirmKind
from db.uploads import Checked, DocumentKind

_SHEET, _PAGE = (1190, 842), (595, 842)
"""Pixels of a drawing and of a page."""


def filed(scene: Scene) -> Course:
    """File what a management office took over from the developer, and what it keeps of its contracts."""
    session = yield moment_of(scene.first) + timedelta(hours=9)
    words, keeper = told("dossiers")["documents"], scene.staff.supervisor
    homes, park = scene.grounds["homes"], scene.grounds["park"]
    tower = next(each for each in park.units if each.building_id == park.buildings["F"])
    contracts = {
        ground.name: session.scalars(
            select(Contract.id)
            .where(Contract.estate_id == ground.estate_id, Contract.kind == kind)
            .order_by(Contract.id)
            .limit(1)
        ).one()
        for ground, kind in ((homes, ContractKind.PROPERTY_SERVICE), (park, ContractKind.LEASE))
    }
    kept = (
        ("structure", _drawing(4), Owner(unit_id=homes.units[0].id), Category.DRAWING),
        ("pipes", _drawing(7), Owner(unit_id=tower.id), Category.DRAWING),
        ("licence", _page(9), Owner(firm_id=homes.firms[FirmKind.LIFT]), Category.LICENCE),
        ("contract", _page(26), Owner(contract_id=contracts["homes"]), Category.CONTRACT),
        ("lease", _page(22), Owner(contract_id=contracts["park"]), Category.CONTRACT),
    )
    with acting(session, keeper):
        for key, content, owner, category in kept:
            documents.add(session, Checked(content, f"{words[key]}.png", DocumentKind.PHOTO), owner, category=category)


def _drawing(rooms: int) -> bytes:
    """Draw a floor: outer walls, so many rooms along a corridor, a frame and a title block."""
    sheet = Image.new("L", _SHEET, 255)
    pen = ImageDraw.Draw(sheet)
    width, height = _SHEET
    pen.rectangle((30, 30, width - 30, height - 30), outline=0, width=2)
    pen.rectangle((width - 330, height - 130, width - 30, height - 30), outline=0, width=2)
    for row in (1, 2, 3):
        pen.line((width - 330, height - 130 + 25 * row, width - 30, height - 130 + 25 * row), fill=90)
    left, top, right, bottom = 110, 110, width - 110, height - 190
    pen.rectangle((left, top, right, bottom), outline=0, width=6)
    middle, each = (top + bottom) // 2, (right - left) // rooms
    for wall in (middle - 45, middle + 45):
        pen.line((left, wall, right, wall), fill=0, width=4)
    for n in range(rooms):
        x = left + each * n
        for y in (top, middle + 45):
            if n:
                pen.line((x, y, x, y + middle - 45 - top), fill=0, width=4)
        pen.arc((x + 18, middle - 75, x + 78, middle - 15), 180, 270, fill=90, width=2)
        pen.line((x, bottom + 20, x + each, bottom + 20), fill=120)
    return _png(sheet)


def _page(lines: int) -> bytes:
    """Draw a written page with a round seal at its foot, as a scan looks from afar."""
    page = Image.new("RGB", _PAGE, (250, 249, 246))
    pen = ImageDraw.Draw(page)
    pen.rectangle((190, 70, 405, 90), fill=(60, 60, 60))
    for n in range(lines):
        pen.rectangle((70, 130 + 22 * n, 525 if n % 5 != 4 else 330, 137 + 22 * n), fill=(150, 150, 150))
    pen.ellipse((380, 690, 500, 810), outline=(196, 40, 40), width=4)
    return _png(page)


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
