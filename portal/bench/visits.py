"""Plan against actual of the whole country for one month, beside so many visits: each cut, on the store in use."""

from __future__ import annotations

import argparse
import statistics
import time

from models import db
from portal import coverage
from portal.bench import stores
from portal.coverage import By, Cut

MONTH = Cut(2566, 8, 8)
MOST_MS = 500.0


def run(given: argparse.Namespace) -> bool:
    """Measure and print; return whether every cut of a month stays below half a second at the median."""
    stores.large(given.visits, given.folder, given.database)
    rounds = max(3, min(given.rounds, 9))
    print(f"\nplan against actual, one month, whole country, beside {given.visits:,} visits, {rounds} times each")
    print(f"{'rows':16}{'rows':>8}{'p50 ms':>10}{'worst ms':>10}")
    slowest = 0.0
    with db.connection_context():
        coverage.lines(By.UNIT, MONTH)  # warms the pages that every cut reads
        for by in By:
            seconds = []
            for _ in range(rounds):
                began = time.perf_counter()
                rows = len(coverage.lines(by, MONTH))
                seconds.append(time.perf_counter() - began)
            median = statistics.median(seconds) * 1000
            slowest = max(slowest, median)
            print(f"{by:16}{rows:>8,}{median:>10.0f}{max(seconds) * 1000:>10.0f}")
        began = time.perf_counter()
        found = len(coverage.gaps(MONTH))
        print(f"{'not visited':16}{found:>8,}{(time.perf_counter() - began) * 1000:>10.0f}")
    print(f"slowest cut {slowest:.0f} ms, at most {MOST_MS:.0f}")
    return slowest <= MOST_MS
