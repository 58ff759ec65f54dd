"""Chapter: what changed since last month: projects that crossed a line, the largest movers, figures revised."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.chapters import amendments
from portal.reports.figures import portfolio
from portal.rules.progress import Standing

STATES = (Standing.PROBLEM, Standing.WATCH, Standing.ON_TRACK, Standing.NO_VALUE)
MOST_MOVERS = 5  # each way
MOST_CROSSINGS = 8  # each way
MOST_LETTERS = 52  # of a name beside the chart


@dataclass(frozen=True)
class Crossing:
    """A project whose state is another than last month."""

    code: str
    name: str
    owner: str
    before: Standing
    now: Standing


@dataclass(frozen=True)
class Mover:
    """A project's least share of its plan to date, in percent, last month and now."""

    code: str
    name: str
    before: Decimal
    now: Decimal

    @property
    def change(self) -> Decimal:
        """Points gained (+) or lost (−)."""
        return self.now - self.before


@dataclass(frozen=True)
class ChangesPage:
    """`matrix` counts projects by state last month (rows) and now (columns), both in the order of STATES."""

    month: str
    month_before: str
    lead: str
    matrix: tuple[tuple[int, ...], ...]
    better: tuple[Crossing, ...]
    worse: tuple[Crossing, ...]
    more_crossings: int
    movers: tuple[Mover, ...]
    amended: amendments.AmendmentsPage

    @property
    def rows(self) -> tuple[tuple[str, Decimal, Decimal, str], ...]:
        """The movers as the chart wants them."""
        return tuple((_short(each.name), each.before, each.now, f"changes.{each.code}") for each in self.movers)


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1].rstrip() + "…"


def gather(cut: Cut) -> ChangesPage:
    """Gather what changed since the month before the cut's."""
    listed = portfolio.paths(cut)
    moved = [
        path for path in listed if path.before is not path.now and Standing.NO_VALUE not in (path.before, path.now)
    ]
    better = [_crossing(path) for path in moved if STATES.index(path.now) > STATES.index(path.before)]
    worse = [_crossing(path) for path in moved if STATES.index(path.now) < STATES.index(path.before)]
    amended = amendments.gather(cut)
    month = cut.last_period
    return ChangesPage(
        month=formats.month_long(cut.fiscal_year, month),
        month_before=formats.month_long(cut.fiscal_year, month - 1) if month > 1 else "",
        lead=_lead(better, worse, amended),
        matrix=tuple(tuple(sum(p.before is old and p.now is new for p in listed) for new in STATES) for old in STATES),
        better=tuple(better[:MOST_CROSSINGS]),
        worse=tuple(worse[:MOST_CROSSINGS]),
        more_crossings=max(0, len(better) - MOST_CROSSINGS) + max(0, len(worse) - MOST_CROSSINGS),
        movers=_movers(listed),
        amended=amended,
    )


def _crossing(path: portfolio.Path) -> Crossing:
    return Crossing(path.project.code, path.project.name, path.project.owner, path.before, path.now)


def _movers(listed: tuple[portfolio.Path, ...]) -> tuple[Mover, ...]:
    """Return those that moved most up, then those that moved most down; what did not move is left out."""
    found = []
    for path in listed:
        if len(path.reached) > 1 and path.reached[-1] is not None and path.reached[-2] is not None:
            found.append(Mover(path.project.code, path.project.name, path.reached[-2], path.reached[-1]))
    found.sort(key=lambda each: (-each.change, each.code))
    up = [each for each in found[:MOST_MOVERS] if each.change > 0]
    down = [each for each in found[::-1][:MOST_MOVERS] if each.change < 0]
    return (*up, *reversed(down))


def _lead(better: list[Crossing], worse: list[Crossing], amended: amendments.AmendmentsPage) -> str:
    if better or worse:
        said = f"สถานะดีขึ้น **{len(better)} โครงการ** แย่ลง **{len(worse)} โครงการ**"
    else:
        said = "ไม่มีโครงการใดเปลี่ยนสถานะจากเดือนก่อน"
    if not amended.base:
        return f"{said} ไม่มีฉบับก่อนหน้าให้เทียบการแก้ไขข้อมูลย้อนหลัง"
    count = len(amended.cells) + amended.more_cells
    if not count:
        return f"{said} **ไม่มีการแก้ไขข้อมูลย้อนหลัง**"
    return f"{said} แก้ไขตัวเลขของเดือนก่อน **{count} รายการ**"


CHAPTER = Chapter("changes", "สิ่งที่เปลี่ยนไปจากเดือนก่อน", gather, applies=lambda cut: cut.last_period > 1)
