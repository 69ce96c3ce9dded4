"""`python manage.py bench`: prints how long the office's work takes, in floors measured in the same run."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

from bench import estate as estates
from bench import home, importing, measuring, pages, searching
from bench.floor import Floor
from db import clock

GROUPS = ("home", "list", "find", "import", "page")


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    made = argparse.ArgumentParser("manage.py bench", description=__doc__)
    made.add_argument("--units", type=int, default=10_000)
    made.add_argument("--cases", type=int, default=1_000_000)
    made.add_argument("--rounds", type=int, default=measuring.ROUNDS)
    made.add_argument("--only", choices=GROUPS, action="append", help="measure only this group")
    return made


def main(arguments: list[str]) -> int:
    """Measure and print; fails only when ours and a floor answer differently."""
    options = parser().parse_args(arguments)
    estate = estates.prepare(options.units, options.cases)
    floor = Floor(estate.folder / "guanjia.db")
    wanted = options.only or GROUPS
    with clock.pretending(estate.moment):
        tasks = []
        if "home" in wanted:
            tasks += home.tasks(estate, floor)
        if "list" in wanted:
            tasks += searching.of_lists(estate, floor)
        if "find" in wanted:
            tasks += searching.of_finding(estate, floor)
        if "import" in wanted:
            tasks += importing.tasks(estate)
        measuring.measure(tasks, options.rounds)
    if "page" in wanted:
        with ExitStack() as opened:
            looks = pages.tasks(estate, opened)
            measuring.measure(looks, options.rounds)
        tasks += looks
    print(measuring.printed(tasks))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
