"""What the server does beside answering: brings the database up to date, then does each minute what the clock owes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from db import migrations
from db.clock import now
from db.faults import write_fault

EVERY, PATIENCE = 60.0, 20.0
"""Seconds between two rounds, and how long a stopping server waits for the one under way."""


def _go_round(stop: threading.Event) -> None:
    while not stop.wait(EVERY):
        try:
            from db.jobs import run_due  # noqa: PLC0415 - reads every process's declaration, which need not hold up the start

            run_due(now())
        except Exception as error:  # noqa: BLE001 - the next minute may go better
            write_fault(error, page="jobs")


@asynccontextmanager
async def running(_app: Any) -> AsyncIterator[None]:
    """Go round while the server runs, and end with it.

    The upgrade is here as well as in `manage.py run`, for who starts the server by `streamlit run app.py`.
    """
    await asyncio.to_thread(migrations.upgrade)
    stop = threading.Event()
    rounds = threading.Thread(target=_go_round, args=(stop,), name="clockwork", daemon=True)
    rounds.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(rounds.join, PATIENCE)
