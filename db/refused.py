"""The one exception that crosses from the business to the screen: a request politely refused."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):  # noqa: N818 - the office's word; it is an answer, not a failure
    """A request that the rules do not allow, with a sentence fit for a clerk.

    `message` says what is wrong and what to do next; `problems` maps field names to what is wrong with each.
    """

    def __init__(self, message: object, problems: Mapping[str, object] | None = None) -> None:
        """Render the texts at once, in the language of the one who asked."""
        self.message = str(message)
        self.problems = {name: str(text) for name, text in (problems or {}).items()}
        super().__init__(self.message)


class Conflict(Refused):
    """Somebody else changed the record since it was drawn on this screen; the message says who and what."""
