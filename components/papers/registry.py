"""Which papers the route `/papers/{kind}/{key}` hands out, and who prints each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from db.people import Actor


class Printed(NamedTuple):
    """A paper ready to hand out: the name of its file (with `.pdf`) and the PDF itself."""

    name: str
    content: bytes


Printer = Callable[[Actor, str, Mapping[str, str]], Printed]
"""(actor, key, query of the address) → the paper. Checks the actor's rights by opening its own `reading` or `writing`
(a reprint is counted), and raises `Refused` for what is not his or does not exist. Runs in a thread of its own,
outside of any screen: its words are Chinese."""


def _publication(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.publication_paper import publication  # noqa: PLC0415 - it needs `Printed`

    return publication(actor, key, query)


def _receipt(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.receipts import receipt  # noqa: PLC0415 - it needs `Printed`

    return receipt(actor, key, query)


def _collection(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.collection_paper import collection_table  # noqa: PLC0415 - it needs `Printed`

    return collection_table(actor, key, query)


def _dunning(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.demands import dunning  # noqa: PLC0415 - it needs `Printed`

    return dunning(actor, key, query)


def _late_fee(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.demands import late_fee  # noqa: PLC0415 - it needs `Printed`

    return late_fee(actor, key, query)


def _disclosure(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.demands import disclosure  # noqa: PLC0415 - it needs `Printed`

    return disclosure(actor, key, query)


def _payment_notices(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.payment_notices import payment_notices  # noqa: PLC0415 - it needs `Printed`

    return payment_notices(actor, key, query)


def _daily_closing(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.closing_papers import daily_closing  # noqa: PLC0415 - it needs `Printed`

    return daily_closing(actor, key, query)


def _month_closing(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.closing_papers import month_closing  # noqa: PLC0415 - it needs `Printed`

    return month_closing(actor, key, query)


def _settlement(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.settlement_papers import settlement  # noqa: PLC0415 - it needs `Printed`

    return settlement(actor, key, query)


def _refund(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    from components.papers.settlement_papers import refund  # noqa: PLC0415 - it needs `Printed`

    return refund(actor, key, query)


PAPERS: dict[str, Printer] = {
    "daily_closing": _daily_closing,
    "month_closing": _month_closing,
    "settlement": _settlement,
    "refund": _refund,
    "payment_notices": _payment_notices,
    "dunning": _dunning,
    "late_fee": _late_fee,
    "disclosure": _disclosure,
    "receipt": _receipt,
    "publication": _publication,
    "collection": _collection,
}
"""Kind, as it stands in the address → its printer. A part adds its papers here, a line each."""
