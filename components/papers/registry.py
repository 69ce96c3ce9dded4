"""Which papers the route `/papers/{kind}/{key}` hands out, and who prints each."""

from __future__ import annotations

from components.papers.closing_papers import daily_closing, month_closing
from components.papers.collection_paper import collection_table
from components.papers.demands import disclosure, dunning, late_fee
from components.papers.guides import formality_guide
from components.papers.office_papers import annulled, blank, issued, preview, work_order
from components.papers.pass_cards import site_passes
from components.papers.payment_notices import payment_notices
from components.papers.printed import Printer
from components.papers.publication_paper import publication
from components.papers.receipts import receipt
from components.papers.settlement_papers import refund, settlement

PAPERS: dict[str, Printer] = {
    "daily_closing": daily_closing,
    "month_closing": month_closing,
    "settlement": settlement,
    "refund": refund,
    "payment_notices": payment_notices,
    "dunning": dunning,
    "late_fee": late_fee,
    "disclosure": disclosure,
    "receipt": receipt,
    "publication": publication,
    "collection": collection_table,
    "issued": issued,
    "annulled": annulled,
    "blank": blank,
    "preview": preview,
    "work_order": work_order,
    "site_passes": site_passes,
    "guide": formality_guide,
}
"""Kind, as it stands in the address → its printer. A part adds its papers here, a line each."""
