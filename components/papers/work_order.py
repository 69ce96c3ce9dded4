"""The work order as a plain page that the browser prints, every word of a customer's escaped."""

from __future__ import annotations

from html import escape

from components.words import _
from db.orders import Order

_STYLE = """
@page { size: A5; margin: 12mm }
body { font-family: 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif; font-size: 11pt;
       color: #111; max-width: 148mm; margin: 4mm auto }
h1 { font-size: 15pt; text-align: center; margin: 0 }
p { display: flex; justify-content: space-between; margin: 2mm 0; font-size: 10pt }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #444; padding: 1.6mm 2mm; vertical-align: top; overflow-wrap: anywhere }
th { width: 24mm; text-align: left; font-weight: 500; background: #f3f4f6 }
.blank td { height: 7mm }
"""


def work_order(order: Order) -> str:
    """Lay out a work order as an A5 page."""
    rows = "".join(f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in order.known)
    ratings = "　".join(f"□ {escape(rating)}" for rating in order.ratings)
    rows += f"<tr><th>{escape(_('客户评价'))}</th><td>{ratings}</td></tr>"
    rows += "".join(f"<tr class='blank'><th>{escape(blank)}</th><td></td></tr>" for blank in order.blanks)
    title = escape(_("维修单"))
    return (
        f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{title} {escape(order.number)}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        f"<p><span>{escape(order.estate)}</span><span>{escape(order.number)}</span></p><table>{rows}</table></html>"
    )
