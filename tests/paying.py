"""A cashier's process that stops dead in the middle of a payment: `python -m tests.paying URL WISH STATEMENT`.

It says "here" and waits before the first statement that begins so, to be killed; or says "paid" when it is done.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from decimal import Decimal

from sqlalchemy import event

from db import session
from db.ledger import desk
from db.ledger.desk import Wish
from db.ledger.money_tables import Method
from db.ledger.postings import Tender
from db.people import Actor, Role


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(url: str, told: str, stop_at: str) -> None:
    engine = session.bind(url)
    wish = json.loads(told)

    def stop(*_told: object) -> None:
        say("here")
        time.sleep(60)

    if stop_at == "COMMIT":
        event.listen(engine, "commit", stop)
    else:

        @event.listens_for(engine, "before_cursor_execute")
        def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            if statement.startswith(stop_at):
                stop()

    cashier = Actor(wish["cashier"], "收费员", frozenset({Role.CASHIER}), frozenset({wish["estate"]}))
    with session.writing(cashier) as s:
        desk.take(
            s,
            Wish(
                wish["unit"], [Tender(Method.CASH, Decimal(wish["amount"]))], wish["bills"],
                {wish["unit"]: wish["items"]}, date.fromisoformat(wish["until"]), token="killed",
            ),
        )  # fmt: skip
    say("paid")


if __name__ == "__main__":
    main(*sys.argv[1:])
