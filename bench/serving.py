"""Serves the app as `streamlit run app.py` does, but with one page more, an empty one, and its clock standing still.

Run by the bench: `python -m bench.serving PORT`. The app itself knows nothing of it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from streamlit.web import cli

from components import clockwork, shell
from db.words import _


@dataclass(frozen=True)
class Beside(shell.Entry):
    """A page that lies in the bench's folder; reached by its address, not in the menu."""

    @property
    def path(self) -> str:
        """The script, from `app.py`."""
        return f"bench/{self.key}.py"


EMPTY = Beside(
    "system", "empty_page", _("首页"), ":material/home:", lambda _actor: True, listed=lambda _actor: False,
)  # fmt: skip


def main(port: str) -> None:
    """Serve on `port` until stopped."""
    shell._ENTRIES.append(EMPTY)  # noqa: SLF001 - one page more, without a door for it in the app
    clockwork.EVERY = 24 * 3600.0  # its rounds would be measured with whatever page runs at that moment
    sys.argv = ["streamlit", "run", "app.py", "--server.address", "127.0.0.1", "--server.port", port]
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main(sys.argv[1])
