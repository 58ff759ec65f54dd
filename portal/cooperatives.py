"""The registry of institutions: one's whole story, its class year by year, who looks like whom, who was not visited."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from models import (
    Attachment,
    AuditorRemark,
    Cooperative,
    CooperativeYear,
    FiscalYear,
    Person,
    Visit,
    VisitActivity,
    VisitPlan,
    VisitPlanLine,
    VisitWork,
)
from portal.database import tuples
from portal.rules import fiscal
from portal.rules.inputs import parse_text
from portal.rules.terms import VisitState

ALIKE = 0.9  # how much two names of one province have in common before a person is asked
TOLD = 400  # visits of one institution's story


@dataclass(frozen=True)
class YearOfPlan:
    """A year's plan of an institution beside what was done: state, visits planned and done, classes, problems."""

    year: int
    plan: VisitPlan
    planned: int
    done: int


@dataclass(frozen=True)
class Class:
    """Strength class and grade of one year; `moved` is how the class moved: up, down or same, empty when unknown."""

    year: int
    strength: int | None
    grade: str
    moved: str


@dataclass(frozen=True)
class Told:
    """One visit of the story with all that was done, and the files it holds."""

    visit: Visit
    works: tuple[str, ...]
    files: tuple[Attachment, ...]


@dataclass(frozen=True)
class Story:
    """An institution's whole story: classes, plans, visits, what was agreed, the auditor's remarks, status days."""

    institution: Cooperative
    classes: tuple[Class, ...]
    plans: tuple[YearOfPlan, ...]
    visits: tuple[Told, ...]
    remarks: tuple[AuditorRemark, ...]
    status: tuple[tuple[str, dt.date], ...]
    visit_count: int

    @property
    def open_actions(self) -> tuple[Visit, ...]:
        """Return the visits whose agreed action is open, the one due first in front."""
        held = [one.visit for one in self.visits if one.visit.action_state == "open"]
        return tuple(sorted(held, key=lambda v: (v.action_due_on or dt.date.max, v.id)))


def story(institution: Cooperative, *, seen: Iterable[Visit] | None = None) -> Story:
    """Return an institution's story, newest first. `seen` are its visits a person may see (None = all)."""
    if seen is None:
        seen = Visit.select().where(Visit.cooperative == institution.id)
    held = sorted(seen, key=lambda v: (v.visited_on, v.id), reverse=True)
    shown = held[:TOLD]
    ids = [visit.id for visit in shown]
    names: dict[int, str] = dict(tuples(VisitActivity.select(VisitActivity.id, VisitActivity.name)))
    further: dict[int, list[str]] = {}
    for visit_id, activity in tuples(
        VisitWork.select(VisitWork.visit, VisitWork.activity).where(VisitWork.visit.in_(ids)).order_by(VisitWork.id)
    ):
        further.setdefault(visit_id, []).append(names[activity])
    files: dict[int, list[Attachment]] = {}
    for one in Attachment.select().where(Attachment.visit.in_(ids)).order_by(Attachment.id):
        files.setdefault(one.visit_id, []).append(one)
    officers = {p.id: p for p in Person.select().where(Person.id.in_({v.officer_id for v in shown}))}
    for visit in shown:
        visit.officer = officers[visit.officer_id]
    told = tuple(
        Told(v, (names[v.activity_id], *further.get(v.id, ())), tuple(files.get(v.id, ()))) for v in shown
    )  # fmt: skip
    remarks = AuditorRemark.select().where(AuditorRemark.cooperative == institution.id)
    return Story(
        institution,
        classes_of(institution.id),
        tuple(_plans(institution.id, held)),
        told,
        tuple(remarks.order_by(AuditorRemark.found_on.desc(), AuditorRemark.id.desc())),
        _status(institution),
        len(held),
    )


def classes_of(cooperative_id: int) -> tuple[Class, ...]:
    """Return an institution's class and grade, oldest first, each with how it moved since the year before it."""
    rows = tuples(
        CooperativeYear.select(FiscalYear.year, CooperativeYear.strength_class, CooperativeYear.grade)
        .join(FiscalYear)
        .where(CooperativeYear.cooperative == cooperative_id)
        .order_by(FiscalYear.year)
    )
    out: list[Class] = []
    for year, strength, grade in rows:
        before = out[-1].strength if out else None
        out.append(Class(year, strength, str(grade), moved(before, strength)))
    return tuple(out)


def moved(before: int | None, after: int | None) -> str:
    """Return how a class moved: 1 is the best, so that a smaller number is up. Empty when either is unknown."""
    if before is None or after is None:
        return ""
    return "same" if before == after else "up" if after < before else "down"


def _plans(cooperative_id: int, held: list[Visit]) -> Iterable[YearOfPlan]:
    done: dict[int, int] = {}
    for visit in held:
        if visit.state != VisitState.RETURNED:
            year = fiscal.year_of(visit.visited_on)
            done[year] = done.get(year, 0) + 1
    plans = (
        VisitPlan.select(VisitPlan, FiscalYear)
        .join(FiscalYear)
        .where(VisitPlan.cooperative == cooperative_id)
        .order_by(FiscalYear.year.desc())
    )
    planned: dict[int, int] = {}
    for plan, visits in tuples(
        VisitPlanLine.select(VisitPlanLine.plan, VisitPlanLine.visits)
        .join(VisitPlan)
        .where(VisitPlan.cooperative == cooperative_id)
    ):
        planned[plan] = planned.get(plan, 0) + visits
    for plan in plans:
        year = plan.fiscal_year.year
        yield YearOfPlan(year, plan, planned.get(plan.id, 0), done.get(year, 0))


def _status(institution: Cooperative) -> tuple[tuple[str, dt.date], ...]:
    days = (
        ("operating", institution.registered_on),
        ("stopped", institution.stopped_on),
        ("dissolving", institution.dissolving_on),
        ("dissolved", institution.dissolved_on),
    )
    return tuple((state, day) for state, day in days if day is not None)


# ---------------------------------------------------------------- duplicates


def twins(name: str, province_id: int, *, but: int = 0) -> list[Cooperative]:
    """Return institutions of a province whose name is all but the same: probably the same one, entered twice."""
    wanted = plain_name(name)
    if not wanted:
        return []
    others = Cooperative.select().where(Cooperative.province == province_id, Cooperative.id != but)
    return [one for one in others if are_alike(wanted, plain_name(one.name))]


def plain_name(name: str) -> str:
    """Return what tells an institution's name apart: without spaces, punctuation and the words every name has."""
    bare = re.sub(r"[\s.,()\"'“”‘’/-]+", "", parse_text(name))
    return re.sub(r"^(สหกรณ์|กลุ่มเกษตรกร|กลุ่มอาชีพ)|จำกัด$", "", bare)


def are_alike(one: str, other: str) -> bool:
    """Return whether two plain names are all but the same. A different number in them makes them different."""
    if re.findall(r"\d+|[๐-๙]+", one) != re.findall(r"\d+|[๐-๙]+", other):
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
