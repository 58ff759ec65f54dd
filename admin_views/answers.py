"""The parts of a report's page that show its answers, and what was changed in it while it was open again."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from admin_views.panels import Panel
from models import Person, Submission
from portal import clock, reviews, sheets
from portal.forms import kinds
from portal.forms.values import Cell
from portal.web.language import gettext, language
from portal.web.shell import day, moment


def answers(submission: Submission, person: Person) -> Panel:
    """The figures of a report, in the order of its questions, with what was not reported as well."""
    sheet = sheets.of_submission(submission, at=clock.now())
    measures = sheets.measures()
    rows: list[tuple[Any, ...]] = []
    for key, question in sheet.spec.asked.items():
        if key.partition(".")[0] not in sheet.shown:
            continue
        table = sheet.spec.table_of(key)
        cells = [Cell(key)] if table is None else [Cell(key, row) for row in sheet.spec.rows(table, sheet.answers)]
        for cell in cells:
            entry = sheet.entries.get(cell, sheet.worked_out.get(cell))
            held = sheet.answers.get(cell)
            unit = measures.get(question.unit)
            shown: Any = kinds.show(question, entry, language()) if entry is not None else _none()
            rows.append(
                (sheet.spec.name(cell, language()), shown, unit.name if unit else "", held.reason if held else "")
            )
    return Panel(
        gettext("Answers"),
        (gettext("Question"), f">{gettext('Answer')}", gettext("Unit of measure"), gettext("Reason")),
        rows,
    )


def edits(submission: Submission, person: Person) -> Panel:
    """What was changed while the report was open again, from the revisions."""
    spec = sheets.spec_of(submission.form_version)
    rows = [
        (
            f"{day(held.opened_at.date())} – {day(held.until_on)}", spec.name(edit.cell, language()),
            edit.before or "-", edit.after or "-", edit.by or gettext("The portal"), moment(edit.at),
        )
        for held, listed in reviews.made_inside(submission)
        for edit in listed
    ]  # fmt: skip
    headings = (
        gettext("Open again"), gettext("Question"), f">{gettext('Before it')}", f">{gettext('After it')}",
        gettext("Person"), gettext("When"),
    )  # fmt: skip
    return Panel(gettext("Changed while it was open again"), headings, rows)


def _none() -> Markup:
    return Markup('<span class="dim">{}</span>').format(gettext("not reported"))
