"""How projects stand at the end of every month: which crossed a line, and for how long one has been behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.reports.chapter import Cut
from portal.reports.figures import reading, results
from portal.rules import progress
from portal.rules.progress import Aggregation, Standing


@dataclass(frozen=True)
class Path:
    """A project's way through the year, one entry for each month so far.

    `standings` are those of its worst leading indicator; `reached` is the least share of the plan to date in percent,
    None where no leading indicator has one.
    """

    project: results.ProjectFacts
    leads: tuple[results.IndicatorFacts, ...]
    standings: tuple[Standing, ...]
    reached: tuple[Decimal | None, ...]

    @property
    def now(self) -> Standing:
        """How it stands at the end of the cut's month."""
        return self.standings[-1]

    @property
    def before(self) -> Standing:
        """How it stood a month ago; NO_VALUE in the first month."""
        return self.standings[-2] if len(self.standings) > 1 else Standing.NO_VALUE

    @property
    def behind(self) -> int:
        """For how many months in a row it has been a problem, up to now."""
        return behind(self.standings)


def behind(standings: Sequence[Standing]) -> int:
    """Return how many months in a row, up to the last, were a problem."""
    return next((n for n, was in enumerate(reversed(standings)) if was is not Standing.PROBLEM), len(standings))


@reading
def paths(cut: Cut) -> tuple[Path, ...]:
    """Return every project's way, in the order of the plans."""
    outcomes = results.headlines(cut)
    of_project: dict[int, list[results.IndicatorFacts]] = {}
    for facts in results.leading(cut):
        of_project.setdefault(facts.project_id, []).append(facts)
    made = []
    for project in results.projects(cut):
        leads = tuple(of_project.get(project.id, ()))
        months = range(cut.last_period)
        made.append(
            Path(
                project,
                leads,
                tuple(results.worst(outcomes[each.id][month].standing for each in leads) for month in months),
                tuple(
                    min((r for each in leads if (r := outcomes[each.id][month].reached) is not None), default=None)
                    for month in months
                ),
            )
        )
    return tuple(made)


def weakest(cut: Cut, path: Path) -> results.IndicatorFacts | None:
    """Return the leading indicator by which a project is furthest behind, None where it has none with a value."""
    outcomes = results.headlines(cut)
    known = [each for each in path.leads if outcomes[each.id][-1].reached is not None]
    return min(known, key=lambda each: (outcomes[each.id][-1].reached or Decimal(0), each.code), default=None)


def at_risk(cut: Cut) -> tuple[Path, ...]:
    """Return the projects below what is asked, those furthest behind first."""
    found = [path for path in paths(cut) if path.now is Standing.PROBLEM]
    return tuple(sorted(found, key=lambda each: (each.reached[-1] or Decimal(0), each.project.code)))


@dataclass(frozen=True)
class Outlook:
    """Where one indicator goes from here. None = cannot be said.

    `ahead` is expected at the year's end by `rules.progress.forecast`, `of_target` that in percent of the year's
    target. To reach the target still, `needed` a month must be done in the months that are left, against `pace` a
    month in the last three and `best` in the best month so far. `last_month` is the fiscal month at whose end work at
    the best month's pace must begin at the latest, 0 when it is too late already.
    """

    ahead: Decimal | None = None
    of_target: Decimal | None = None
    needed: Decimal | None = None
    pace: Decimal | None = None
    best: Decimal | None = None
    last_month: int | None = None


def outlook(cut: Cut, facts: results.IndicatorFacts) -> Outlook:
    """Return where a leading indicator goes from here, over all offices."""
    listed, month = results.headlines(cut)[facts.id], cut.last_period
    now = listed[-1]
    ahead = progress.forecast(now.value, now.plan, now.target, month, facts.month_rule).value
    of_target = progress.of_year_target(ahead, now.target)
    if facts.month_rule is not Aggregation.SUM or facts.unit_rule is not Aggregation.SUM or now.value is None:
        return Outlook(ahead, of_target)
    values = [each.value or Decimal(0) for each in listed]
    moved = [value - (values[n - 1] if n else Decimal(0)) for n, value in enumerate(values)]
    best = max(moved)
    pace = sum(moved[-3:], Decimal(0)) / len(moved[-3:])
    left, still = 12 - month, (now.target or Decimal(0)) - now.value
    if left <= 0 or still <= 0:
        return Outlook(ahead, of_target, pace=pace, best=best)
    months = -int(-still // best) if best > 0 else 13
    return Outlook(ahead, of_target, still / left, pace, best, 12 - months if months <= left else 0)
