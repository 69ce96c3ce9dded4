"""Papers for the office's printer: plain pages that the browser prints, and the money's papers as PDF.

`printing.pdf(template, data)` prints, `shapes` says what each template wants, `registry.PAPERS` is what the route hands
out, `link` draws the button that opens one.
"""

from __future__ import annotations

from components.papers.links import ADDRESS, address, link

__all__ = ["ADDRESS", "address", "link"]
