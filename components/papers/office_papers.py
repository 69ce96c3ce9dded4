"""The office's own papers at the door: those issued, as they were; those void, with their mark; blank ones; orders."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers.printed import Printed
from components.papers.printing import pdf, picture
from db import orders
from db.papers import contents, handing_out, issuing
from db.papers.issuing import TEMPLATE
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing
from db.words import _


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        raise Refused(_("没有找到这张单据。"))
    return int(key)


def issued(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Hand out an issued paper by its id: always the bytes that were kept."""
    return Printed(*handing_out.opened(actor, _number(key)))


def annulled(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print a void paper as it was, with the mark across it."""
    paper = handing_out.annulled(actor, _number(key))
    return Printed(f"{paper['title']} {paper['number']}.pdf", pdf(TEMPLATE, {"papers": [paper]}))


def blank(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    """Print an empty form of a kind, for one of the actor's estates (`?estate=`), to be filled in by hand."""
    kind = issuing.kind_of(key)
    asked = query.get("estate", "")
    only = str(next(iter(actor.estates))) if len(actor.estates) == 1 else ""
    estate = _number(asked or only)
    if estate not in actor.estates:
        raise Refused(_("您不负责这个项目。"))
    with reading(actor) as session:
        paper = contents.blank(session, kind, estate)
    return Printed(f"{paper['title']}.pdf", pdf(TEMPLATE, {"papers": [paper]}))


def preview(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Draw what would be issued, `kind.id`, as a picture with 预览 across it; it takes no number and is not kept."""
    kind, _dot, subject = key.rpartition(".")
    with reading(actor) as session:
        paper = issuing.preview(session, kind, _number(subject))
    return Printed(f"{paper['title']}.png", picture(TEMPLATE, {"papers": [paper]}), "image/png")


def work_order(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print the work orders of one repair's number, or of several with commas between; each printing is in the log."""
    with writing(actor) as session:
        papers = orders.work_orders(session, key.split(","))
        content = pdf(TEMPLATE, {"papers": papers})  # inside: what cannot be printed was not
    return Printed(f"{papers[0]['title']} {papers[0]['number']}.pdf", content)
