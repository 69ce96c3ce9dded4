"""The cards of several worker passes in one file, to be printed and cut."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers.printed import Printed
from components.papers.printing import pdf
from db.papers import pass_cards
from db.papers.issuing import TEMPLATE
from db.people import Actor
from db.refused import Refused
from db.session import writing
from db.words import _


def site_passes(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print the cards of passes by their ids, with commas between, as they were issued."""
    typed = key.split(",")
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in typed):
        raise Refused(_("没有找到这张单据。"))
    with writing(actor) as session:
        papers = pass_cards.printed(session, [int(each) for each in typed])
        content = pdf(TEMPLATE, {"papers": papers})  # inside: what cannot be printed was not
    return Printed(f"{papers[0]['title']} {papers[0]['number']}.pdf", content)
