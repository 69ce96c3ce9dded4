"""办事指南 at the door: one formality's guide, for an estate or a unit at the window."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers.printed import Printed
from components.papers.printing import pdf
from db.dossiers.one_window import Asked, guide
from db.papers.guide_papers import guide_paper
from db.papers.issuing import TEMPLATE
from db.people import Actor
from db.refused import Refused
from db.session import reading
from db.words import _


def _number(query: Mapping[str, str], name: str) -> int | None:
    told = query.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def formality_guide(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    """Print a formality's guide by its key: `?estate=`, and as the case may be `unit`, `customer`, `kind`."""
    estate = _number(query, "estate")
    if estate is None:
        raise Refused(_("请选择项目。"))
    asked = Asked(estate, _number(query, "unit"), _number(query, "customer"))
    with reading(actor) as session:
        found = guide(session, key, asked, query.get("kind", ""))
        paper = guide_paper(session, found, asked)
    return Printed(f"{paper['title']} {paper['facts'][0]['text']}.pdf", pdf(TEMPLATE, {"papers": [paper]}))
