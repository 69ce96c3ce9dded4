"""`python manage.py bench`: prints how long the office's work takes, in floors measured in the same run."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

from bench import billing, home, importing, late_fees, measuring, pages, report, searching
from bench import estate as estates
from bench.floor import Floor
from db import clock

IN_PROCESS = {
    "home": home.tasks, "list": searching.of_lists, "find": searching.of_finding, "import": importing.tasks,
    "billing": billing.tasks, "late_fee": late_fees.tasks,
}  # fmt: skip
GROUPS = (*IN_PROCESS, "page")
"""Measured one after the other: work as different as these would keep emptying each other's caches."""


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    made = argparse.ArgumentParser("manage.py bench", description=__doc__)
    made.add_argument("--units", type=int, default=10_000, help="units of the estate (10,000)")
    made.add_argument("--cases", type=int, default=1_000_000, help="matters of its three years (1,000,000)")
    made.add_argument("--rounds", type=int, default=measuring.ROUNDS, help="rounds that medians are taken of (5)")
    made.add_argument("--only", choices=GROUPS, action="append", help="measure only this; may be given again")
    made.add_argument("--postgres", metavar="URL", help="ours from this PostgreSQL database, empty or the bench's own")
    made.add_argument("--write", action="store_true", help="write docs/speed.md")
    return made


def measured(options: argparse.Namespace) -> list[measuring.Task]:
    """Prepare the estate and measure what was asked for; `AssertionError` when ours and a floor answer differently."""
    estate = estates.prepare(options.units, options.cases)
    floor = Floor(estate.folder / "guanjia.db")
    timer = measuring.took_ms
    if options.postgres:
        estate = estates.prepare_elsewhere(estate, options.units, options.cases, options.postgres)
        timer = measuring.took_ms_by_the_wall
    wanted = options.only or GROUPS
    done: list[measuring.Task] = []
    with clock.pretending(estate.moment):
        for group, tasks_of in IN_PROCESS.items():
            if group in wanted:
                tasks = tasks_of(estate, floor)
                for task in tasks:
                    task.timer = timer
                done += measuring.measure(tasks, options.rounds)
    if "page" in wanted:
        with ExitStack() as opened:
            done += measuring.measure(pages.tasks(estate, opened), options.rounds)
    return done


def main(arguments: list[str]) -> int:
    """Measure and print; fails only when the estate breaks a law, or ours and a floor answer differently."""
    options = parser().parse_args(arguments)
    try:
        tasks = measured(options)
    except AssertionError as problem:
        print(f"not the same: {problem}", file=sys.stderr)
        return 1
    print(measuring.printed(tasks))
    if options.write:
        report.write(tasks, options.units, options.cases, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
