"""A receipt on the paper that lies in the printer: A5, an 80 mm roll, or 241 mm in three parts (F3, X6)."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers.printed import Printed
from components.papers.printing import pdf
from db.ledger import receipt_papers
from db.people import Actor
from db.refused import Refused
from db.session import writing
from db.words import Words, _

SIZES: dict[str, Words] = {"a5": _("A5"), "roll80": _("80 mm 小票"), "241": _("241 mm 三联")}
"""By what the address says under `size`; templates are called the same."""
SIZE = "a5"


def receipt(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    """Print a receipt by its id, `?size=a5|roll80|241`; each printing is counted, from the second on it says 补打."""
    size = query.get("size", SIZE)
    if size not in SIZES or not (key.isascii() and key.isdigit() and len(key) < 10):
        raise Refused(_("没有找到这张收据。"))
    with writing(actor) as session:
        number, paper = receipt_papers.printed(session, int(key))
        content = pdf(f"receipt_{size}", paper)
    return Printed(f"{number}.pdf", content)
