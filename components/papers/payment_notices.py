"""Payment notices on paper: all that were made in one go, or one of them (F11)."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers.printed import Printed
from components.papers.printing import pdf
from db.ledger.notices import PAYMENT, in_building, papers_of
from db.ledger.tables import Notice
from db.people import Actor
from db.refused import Refused
from db.session import reading
from db.words import _

ONE = "one"
"""In the address: only the notice of that number, not all that were made with it."""
BUILDING = "building"
"""In the address: only those of that building."""


def payment_notices(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    """Print the notices of a batch (`?building=3` of it), a page each, or with `?one=1` the one of that number."""
    claims = [Notice.kind == PAYMENT, Notice.number == key if query.get(ONE) else Notice.batch == key]
    building = query.get(BUILDING, "")
    if building.isascii() and building.isdigit() and len(building) < 10:
        claims.append(in_building(int(building)))
    with reading(actor) as session:
        papers = papers_of(session, claims)
    if len(papers) != 1:  # what is made in one go has one head
        raise Refused(_("没有可打印的通知单，请先生成。"))
    return Printed(str(_("缴费通知单-{key}.pdf", key=key)), pdf("payment_notice", papers[0]))
