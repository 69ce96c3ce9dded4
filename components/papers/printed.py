"""What printing a paper takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from db.people import Actor


class Printed(NamedTuple):
    """A paper ready to hand out: the name of its file (with `.pdf`) and the PDF itself; or its picture."""

    name: str
    content: bytes
    media_type: str = "application/pdf"


Printer = Callable[[Actor, str, Mapping[str, str]], Printed]
"""(actor, key, query of the address) → the paper. Checks the actor's rights by opening its own `reading` or `writing`
(a reprint is counted), and raises `Refused` for what is not his or does not exist. Runs in a thread of its own,
outside of any screen: its words are Chinese."""
