"""Return visits 回访: three outcomes above a short form, beside what was done about the matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import detail, process_page
from db.processes.return_visits import PROCESS
from db.records import record_of
from db.session import reading

if TYPE_CHECKING:
    from db.people import Actor
    from db.records import Record


def what_was_done(record: Record, actor: Actor) -> None:
    """Show how the matter was handled, so that the visitor knows what to ask about."""
    for origin in record.related[:1]:
        with reading(actor) as session:
            detail.handling(record_of(session, origin.number))


process_page.show(PROCESS, first=("reached", "not_reached", "refused"), beside=what_was_done)
