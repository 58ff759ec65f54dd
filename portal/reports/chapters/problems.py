"""Chapter: what stood in the way over the year, how often, and what is recommended, by whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal

from portal import formats
from portal.reports.chapter import Chapter, Cut
from portal.reports.figures import portfolio, results, voices
from portal.rules.progress import Standing

MOST_CAUSES = 14
MOST_RECOMMENDED = 12
LETTERS = 62
UNNAMED = "ไม่ระบุ (โครงการต่ำกว่าเกณฑ์ที่ไม่มีรายงานสาเหตุ)"
OTHERS = "สาเหตุอื่น"


@dataclass(frozen=True)
class Cause:
    """One cause: how often it was told, by how many offices, in which months."""

    words: str
    times: int
    offices: int
    first: int
    last: int


@dataclass(frozen=True)
class Recommendation:
    """What offices propose most often against one cause, and the division whose projects it touches most."""

    cause: str
    remedy: str
    times: int
    owner: str
    project: str
    code: str
    standing: Standing


@dataclass(frozen=True)
class ProblemsPage:
    """`unnamed` counts project months below what is asked in which nobody told a cause; `total` everything counted."""

    lead: str
    causes: tuple[Cause, ...]
    rest: int
    rest_kinds: int
    unnamed: int
    total: int
    recommendations: tuple[Recommendation, ...]
    next_year: int

    @property
    def bars(self) -> tuple[tuple[str, int], ...]:
        """What the chart shows: the causes by how often, then the rest and what nobody named as bars of their own."""
        shown = [(_short(each.words), each.times) for each in self.causes]
        if self.rest:
            shown.append((f"{OTHERS} {self.rest_kinds} ข้อ", self.rest))
        if self.unnamed:
            shown.append((UNNAMED, self.unnamed))
        return tuple(shown)


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else text[: LETTERS - 1].rstrip() + "…"


def gather(cut: Cut) -> ProblemsPage:
    """Gather the year's problems."""
    listed = {project.id: project for project in results.projects(cut)}
    said = [voice for voice in voices.voices(cut) if cut.division_code is None or voice.project in listed]
    times: Counter[str] = Counter(voice.problem for voice in said)
    offices: dict[str, set[int]] = defaultdict(set)
    months: dict[str, set[int]] = defaultdict(set)
    for voice in said:
        offices[voice.problem].add(voice.office)
        months[voice.problem].add(voice.month)
    ranked = sorted(times, key=lambda words: (-times[words], words))
    shown, rest = ranked[:MOST_CAUSES], ranked[MOST_CAUSES:]
    unnamed = _unnamed(cut, said)
    causes = tuple(
        Cause(words, times[words], len(offices[words]), min(months[words]), max(months[words])) for words in shown
    )
    total = sum(times.values()) + unnamed
    return ProblemsPage(
        lead=_lead(causes, total),
        causes=causes,
        rest=sum(times[words] for words in rest),
        rest_kinds=len(rest),
        unnamed=unnamed,
        total=total,
        recommendations=_recommended(cut, said, shown, listed),
        next_year=cut.fiscal_year + 1,
    )


def _unnamed(cut: Cut, said: list[voices.Voice]) -> int:
    """Count the months in which a project was below what is asked and no office told why."""
    told = {(voice.project, voice.month) for voice in said}
    return sum(
        standing is Standing.PROBLEM and (path.project.id, month) not in told
        for path in portfolio.paths(cut)
        for month, standing in enumerate(path.standings, 1)
    )


def _recommended(
    cut: Cut, said: list[voices.Voice], shown: list[str], listed: dict[int, results.ProjectFacts]
) -> tuple[Recommendation, ...]:
    now = {path.project.id: path.now for path in portfolio.paths(cut)}
    made = []
    for words in shown[:MOST_RECOMMENDED]:
        mine = [voice for voice in said if voice.problem == words]
        remedies = Counter(voice.remedy for voice in mine if voice.remedy)
        where = Counter(voice.project for voice in mine if voice.project in listed)
        if not remedies:
            continue
        remedy, times = min(remedies.items(), key=lambda each: (-each[1], each[0]))
        project = min(where.items(), key=lambda each: (-each[1], each[0] or 0))[0] if where else None
        facts = listed.get(project) if project is not None else None
        made.append(
            Recommendation(
                words, remedy, times, facts.owner if facts else "", facts.name if facts else "",
                facts.code if facts else "", now.get(project or 0, Standing.NO_VALUE),
            )
        )  # fmt: skip
    return tuple(made)


def _lead(causes: tuple[Cause, ...], total: int) -> str:
    if not causes:
        return "ไม่มีหน่วยงานใดรายงานปัญหาในรอบปี"
    passed, vital = 0, 0
    for each in causes:
        if passed * 100 < total * 80:
            vital += 1
        passed += each.times
    first = causes[0]
    part = formats.percent(Decimal(first.times) * 100 / total)
    return (
        f"หน่วยงานรายงานปัญหารวม **{formats.num(sum(each.times for each in causes))} ครั้ง** ใน {len(causes)} สาเหตุหลัก "
        f"ที่มากที่สุดคือ{first.words} **{formats.num(first.times)} ครั้ง** (ร้อยละ {part}) จาก **{first.offices} หน่วย**"
    )


CHAPTER = Chapter("problems", "ปัญหา อุปสรรค และข้อเสนอแนะ", gather)
