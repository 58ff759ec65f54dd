"""`python -m portal.bench`: run the measurements and print a line each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from portal.bench import api, asked, books, calendar, deadline, fuzz, kills, lists, money, plans, trust, visits

BENCHES = {
    "calendar": calendar.run,
    "lists": lists.run,
    "books": books.run,
    "asked": asked.run,
    "money": money.run,
    "deadline": deadline.run,
    "api": api.run,
    "visits": visits.run,
    "plans": plans.run,
    "fuzz": fuzz.run,
    "kills": kills.run,
    "trust": trust.run,
}


def main(arguments: list[str]) -> int:
    """Run the benches that were named, or all; return 0, or 1 when one falls short of what it must reach."""
    parser = argparse.ArgumentParser(prog="python -m portal.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], help="which ones; all when none is named")
    parser.add_argument("--visits", type=int, default=1_000_000, help="how many visits the store holds (1,000,000)")
    parser.add_argument("--rounds", type=int, default=60, help="how often each page is asked for (60)")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where the store is kept (var/bench)")
    parser.add_argument("--database", default="", help="a store that is there already, file or postgresql:// address")
    parser.add_argument("--people", type=int, default=deadline.PEOPLE, help="deadline day: how many people (400)")
    parser.add_argument("--seconds", type=float, default=60, help="deadline day: how long, in seconds (60)")
    parser.add_argument("--directus", type=Path, help="api: a folder in which Directus is installed, to stand beside")
    parser.add_argument("--role", default="", help="fuzz: as one role; as each of the six when none is named")
    parser.add_argument("--minutes", type=float, default=10, help="fuzz: how long as each role (10)")
    parser.add_argument("--kills", type=int, default=50, help="kills: in how many compilations (50)")
    parser.add_argument("--pages", type=int, default=books.PAGES, help="books: pages of the made-up book (1,200)")
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument(
        "--no-plain", dest="plain", action="store_false", help="books, deadline day: nothing plain beside"
    )
    given = parser.parse_args(arguments)
    reached = [BENCHES[name](given) for name in given.names or BENCHES]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
