"""Whether a finance file agrees with itself and with the records: control totals, and what asks for a person's word."""

from __future__ import annotations

from dataclasses import dataclass

from models import ImportBatch
from portal.errors import RuleBroken
from portal.imports import companion
from portal.imports.source import AMOUNTS


def is_of_names(batch: ImportBatch) -> bool:
    """Return whether a file only says what budget codes are called."""
    return bool(batch.report.get("shape") == companion.SHAPE.slug)


@dataclass(frozen=True)
class Control:
    """One amount of a file: its own total (None = it prints none), matched, unmatched. Satang."""

    name: str
    total: int | None
    matched: int
    unmatched: int

    @property
    def difference(self) -> int | None:
        """The file's total less the sum of its lines; None where it prints none."""
        return None if self.total is None else self.total - self.matched - self.unmatched


def controls(batch: ImportBatch) -> list[Control]:
    """Return the control total of every amount that the file carries."""
    report = batch.report
    totals, matched, unmatched = report.get("totals") or {}, report.get("matched", {}), report.get("unmatched", {})
    return [
        Control(name, totals.get(name), matched.get(name, 0), unmatched.get(name, 0))
        for name in AMOUNTS
        if name in report.get("sums", {})
    ]


def holds(batch: ImportBatch) -> list[RuleBroken]:
    """Return why a staged file is not taken in without a person's word; nothing when all agrees."""
    found: list[RuleBroken] = []
    if is_of_names(batch):
        return found
    if not batch.report.get("totals"):
        found.append(RuleBroken("The file prints no total: nobody can tell whether it is whole."))
    for control in controls(batch):
        if control.difference:
            found.append(
                RuleBroken(
                    "The total of the file differs from its lines by {amount} baht ({name}).",
                    amount=baht(control.difference),
                    name=control.name,
                )
            )
    if batch.lines_refused:
        found.append(RuleBroken("{n} lines are not matched; they would be left out.", n=batch.lines_refused))
    left = batch.report.get("changes", {})
    if left.get("left_out"):
        amount = baht(left.get("left_out_sums", {}).get("after_transfers", 0))
        found.append(
            RuleBroken(
                "{n} lines of the records are not in the file; their {amount} baht would become nil.",
                n=left["left_out"],
                amount=amount,
            )
        )
    return found


def baht(satang: int) -> str:
    """Return satang as baht, as faults and previews write it."""
    return f"{'-' if satang < 0 else ''}{abs(satang) // 100:,}.{abs(satang) % 100:02d}"
