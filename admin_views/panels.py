"""The parts of a record's page that show what belongs to it: answers, remarks, lines, steps, changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from peewee import JOIN

from admin_views import cells, columns
from models import (
    Answer,
    Attachment,
    AuditEntry,
    BudgetLine,
    Comment,
    Disbursement,
    FormVersion,
    Indicator,
    MeasureUnit,
    Person,
    Revision,
    Run,
    RunStep,
    SignIn,
    Submission,
    Table,
    Visit,
    VisitActivity,
    VisitOfficer,
    VisitPlan,
    VisitPlanLine,
)
from portal import formats, history, submissions, visits
from portal.rules.terms import Mark
from portal.web.language import gettext
from portal.web.shell import moment
from portal.web.words import word

SHOWN = 200
UNTOLD = ("id", "version", "name_sort")  # columns whose change is no news


@dataclass(frozen=True)
class Panel:
    """A part of a record's page: a title, headings and rows of cells. A heading that starts with > is set right."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]


def answers(submission: Submission, person: Person) -> Panel:
    """The figures of a report, in the order of its questions, with what was not reported as well."""
    given = {
        a.key: a
        for a in Answer.select(Answer, Indicator, MeasureUnit)
        .join_from(Answer, Indicator, JOIN.LEFT_OUTER)
        .join_from(Indicator, MeasureUnit, JOIN.LEFT_OUTER)
        .where(Answer.submission == submission.id, Answer.row == 0)
    }
    measures: dict[str, str] = dict(MeasureUnit.select(MeasureUnit.code, MeasureUnit.name).tuples())
    rows = []
    for key, question in submissions.questions(submission.form_version).items():
        answer = given.get(key)
        code = question.get("unit", "")
        measure = answer.indicator.measure_unit.name if answer and answer.indicator_id else measures.get(code, code)
        rows.append((question.get("label", key), _said(answer), measure or "", answer.reason if answer else ""))
    return Panel(
        gettext("Answers"),
        (gettext("Question"), f">{gettext('Answer')}", gettext("Unit of measure"), gettext("Reason")),
        rows,
    )


def _said(answer: Answer | None) -> Any:
    if answer is None:
        return Markup('<span class="dim">{}</span>').format(gettext("not reported"))
    if answer.mark == Mark.NOT_APPLICABLE:
        return gettext("does not apply")
    return formats.quantity(answer.number) if answer.number is not None else answer.text


def comments(submission: Submission, person: Person) -> Panel:
    """The remarks on a report, newest first."""
    said = (
        Comment.select(Comment, Person)
        .join(Person)
        .where(Comment.submission == submission.id)
        .order_by(Comment.id.desc())
        .limit(SHOWN)
    )
    rows = [(moment(c.at), c.person.name, c.text) for c in said]
    return Panel(gettext("Remarks"), (gettext("When"), gettext("Person"), gettext("Remark")), rows)


def attachments(submission: Submission, person: Person) -> Panel:
    """The files kept with a report."""
    kept = Attachment.select().where(Attachment.submission == submission.id).order_by(Attachment.id).limit(SHOWN)
    rows = [(a.name, a.media_type, f"{a.size / 1024:,.0f} kB", moment(a.added_at)) for a in kept]
    headings = (gettext("File"), gettext("Kind"), f">{gettext('Size')}", gettext("When"))
    return Panel(gettext("Files"), headings, rows)


def questions(version: FormVersion, person: Person) -> Panel:
    """The questions of a form version."""
    known = submissions.questions(version)
    rows = [
        (key, q.get("label", ""), word(str(q.get("kind", ""))), gettext("Yes") if q.get("required") else "")
        for key, q in known.items()
    ]
    headings = (gettext("Key"), gettext("Question"), gettext("Kind"), gettext("Must be answered"))
    return Panel(gettext("Questions"), headings, rows)


def plan_lines(plan: VisitPlan, person: Person) -> Panel:
    """The planned visits: kinds of work down, fiscal months across."""
    lines = (
        VisitPlanLine.select(VisitActivity.name, VisitPlanLine.month, VisitPlanLine.visits)
        .join(VisitActivity)
        .where(VisitPlanLine.plan == plan.id)
        .order_by(VisitActivity.position, VisitActivity.id)
    )
    planned: dict[str, dict[int, int]] = {}
    for name, month, count in lines.tuples():
        planned.setdefault(name, {})[month] = count
    rows = [(name, *(months.get(m, "") for m in range(1, 13))) for name, months in planned.items()]
    return Panel(gettext("Planned visits"), (gettext("Activity"), *(f">{m}" for m in formats.FISCAL_MONTHS)), rows)


def visit_works(visit: Visit, person: Person) -> Panel:
    """What was done at a visit, the main work first, and the month of the plan each answers."""
    names: dict[int, str] = dict(VisitActivity.select(VisitActivity.id, VisitActivity.name).tuples())
    rows = [
        (names[one.activity], formats.month_short(one.against) if one.against else gettext("outside the plan"))
        for one in visits.works_of(visit)
    ]
    return Panel(gettext("Activities done"), (gettext("Activity"), gettext("Planned for")), rows)


def visit_officers(visit: Visit, person: Person) -> Panel:
    """The other officers who went along."""
    along = Person.select(Person.name).join(VisitOfficer).where(VisitOfficer.visit == visit.id).order_by(Person.name)
    return Panel(gettext("Other officers"), (gettext("Person"),), list(along.tuples()))


def visit_files(visit: Visit, person: Person) -> Panel:
    """The photos and files of a visit."""
    kept = Attachment.select().where(Attachment.visit == visit.id).order_by(Attachment.id).limit(SHOWN)
    rows = [
        (Markup('<a href="/admin/visits/file/?id={}">{}</a>').format(a.id, a.name), a.media_type,
         f"{a.size / 1024:,.0f} kB", moment(a.added_at))
        for a in kept
    ]  # fmt: skip
    headings = (gettext("File"), gettext("Kind"), f">{gettext('Size')}", gettext("When"))
    return Panel(gettext("Photos and files"), headings, rows)


def disbursements(line: BudgetLine, person: Person) -> Panel:
    """What was paid, ordered and reserved from a budget line, month by month."""
    paid = Disbursement.select().where(Disbursement.line == line.id).order_by(Disbursement.month)
    rows = [
        (formats.month_short(d.month), formats.baht(d.disbursed), formats.baht(d.ordered), formats.baht(d.reserved))
        for d in paid
    ]
    headings = [gettext("Month"), *(f">{columns.name_of(n)}" for n in ("disbursed", "ordered", "reserved"))]
    return Panel(gettext("Disbursements"), headings, rows)


def steps(run: Run, person: Person) -> Panel:
    """The chapters of a run."""
    done = RunStep.select().where(RunStep.run == run.id).order_by(RunStep.position).limit(SHOWN)
    rows = [(s.position, s.title, Markup(cells.state_drawn(s.state)), s.pages or "") for s in done]
    headings = (gettext("Number"), gettext("Chapter"), gettext("State"), f">{gettext('Pages')}")
    return Panel(gettext("Chapters"), headings, rows)


def open_sign_ins(owner: Person, person: Person) -> Panel:
    """The browsers a person is signed in with."""
    held = (
        SignIn.select().where(SignIn.person == owner.id, SignIn.ended_at.is_null()).order_by(SignIn.id.desc()).limit(20)
    )
    rows = [(moment(s.started_at), moment(s.seen_at), s.agent[:80]) for s in held]
    return Panel(gettext("Signed in"), (gettext("Since"), gettext("Last seen"), gettext("Browser")), rows)


def changes(entry: AuditEntry, person: Person) -> Panel:
    """What one act changed: table, record, columns before and after."""
    kept = Revision.select().where(Revision.entry == entry.id).order_by(Revision.id).limit(SHOWN)
    rows = []
    for one in kept:
        about = f"{word(one.table_name)} {one.row_id}"
        rows.append((about, _differences(one)))
    return Panel(gettext("What changed"), (gettext("Record"), gettext("Changes")), rows)


def differences(revision: Revision, person: Person) -> Panel:
    """A record before and after one change, column by column."""
    before, after = revision.before or {}, revision.after or {}
    rows = [
        (columns.name_of(name), _brief(before.get(name)), _brief(after.get(name)))
        for name in (after or before)
        if name not in UNTOLD and (before.get(name) != after.get(name) or not before or not after)
    ]
    return Panel(gettext("What changed"), (gettext("Column"), gettext("Before"), gettext("After")), rows)


def history_of(row: Table) -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    """Return who changed a record when, newest first: verb, person, moment, columns with before and after."""
    out = []
    for one in history.of(type(row), row.id)[:20]:
        before, after = one.before or {}, one.after or {}
        changed = [
            (columns.name_of(name), _brief(before.get(name)), _brief(after.get(name)))
            for name in (after if one.before is not None else ())
            if before.get(name) != after.get(name) and name not in UNTOLD
        ]
        who = one.entry.person.name if one.entry.person_id else gettext("The portal")
        out.append((one.entry.verb, who, moment(one.entry.at), changed))
    return out


def _differences(revision: Revision) -> Markup:
    before, after = revision.before, revision.after
    if before is None:
        return escape(gettext("added"))
    if after is None:
        return escape(gettext("removed"))
    parts = [
        Markup('{}: <span class="old">{}</span> → <b>{}</b>').format(
            columns.name_of(n), _brief(before.get(n)), _brief(after.get(n))
        )
        for n in after
        if before.get(n) != after.get(n) and n not in UNTOLD
    ]
    return Markup("<br>").join(parts)


def _brief(value: Any) -> str:
    text = "-" if value is None or value == "" else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
