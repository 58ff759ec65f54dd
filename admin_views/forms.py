"""Screens: report forms, their versions, and the units that owe a form that is not for all offices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup
from peewee import JOIN, fn

from admin_views import cells
from admin_views.base import CENTRAL, Button, Screen
from admin_views.columns import name_of
from admin_views.panels import Panel
from models import Form, FormAssignment, FormVersion, MeasureUnit, Person, Submission
from portal.forms import versions
from portal.forms.questions import Question
from portal.rules import access
from portal.rules.access import Role
from portal.rules.terms import FormState
from portal.web import shelf
from portal.web.language import gettext, language, lazy
from portal.web.shell import moment

DESIGNERS = frozenset(role for role in Role if access.may_write(role, "FormVersion"))


def _may_design(form: Form, person: Person) -> bool:
    return person.role in DESIGNERS and (person.role != Role.DIVISION or form.owner_id == person.unit_id)


# ---------------------------------------------------------------- forms


def _draft(row: Form | FormVersion, *, by: Person, at: dt.datetime) -> None:
    versions.draft(row if isinstance(row, Form) else row.form, by=by, at=at)


def to_versions(form: Form, person: Person) -> tuple[str, str] | None:
    """Lead whoever may draw forms to the page with all versions of this one."""
    return (gettext("Versions"), f"/admin/versions/?form={form.id}") if person.role in DESIGNERS else None


def to_designer(form: Form, person: Person) -> tuple[str, str] | None:
    """Lead to the drawing of a form: its draft where there is one, else its newest version."""
    newest = versions.newest(form) if person.role in DESIGNERS else None
    return None if newest is None else (gettext("Design"), f"/admin/designer/?version={newest.id}")


def to_import(form: Form, person: Person) -> tuple[str, str] | None:
    """Lead to the page on which a file becomes a form."""
    return (gettext("Import a form"), "/admin/designer/import/") if person.role in DESIGNERS else None


def its_versions(form: Form, person: Person) -> Panel:
    """The versions of a form, newest first, with the number of reports made with each."""
    listed = (
        FormVersion.select(
            FormVersion.id, FormVersion.number, FormVersion.state, FormVersion.published_at, Person.name,
            FormVersion.note, fn.COUNT(Submission.id),
        )
        .join(Submission, JOIN.LEFT_OUTER)
        .switch(FormVersion)
        .join(Person, JOIN.LEFT_OUTER, on=(FormVersion.published_by == Person.id))
        .where(FormVersion.form == form.id)
        .group_by(FormVersion.id, Person.name)
        .order_by(FormVersion.number.desc())
    )  # fmt: skip
    rows = [
        (
            Markup('<a href="/admin/formversion/details/?id={}">{}</a>').format(ident, number),
            Markup(cells.state_drawn(state)), moment(published_at), name or "", f"{count:,}", note,
        )
        for ident, number, state, published_at, name, note, count in listed.tuples()
    ]  # fmt: skip
    titles = [name_of(n) for n in ("number", "state", "published_at", "published_by")]
    return Panel(gettext("Versions"), (*titles, f">{gettext('Reports')}", name_of("note")), rows)


class FormScreen(Screen):
    """Report forms, each owned by a central unit."""

    table = Form
    small = True
    icon = "form"
    column_list = ("name", "code", "owner", "project", "kind", "for_all_offices", "is_active")
    column_filters = ("owner", "project", "kind", "for_all_offices", "is_active")
    column_default_sort = ("position", False)
    form_columns = (
        "code", "name", "name_en", "owner", "project", "kind", "for_all_offices", "is_active", "position",
    )  # fmt: skip
    panels = (its_versions,)
    ways = (to_designer, to_versions, to_import)
    buttons = (Button("draft", lazy("New version"), _draft, DESIGNERS, fits=_may_design, icon="copy"),)


# ---------------------------------------------------------------- versions


def _is_draft(version: FormVersion, person: Person) -> bool:
    return version.state == FormState.DRAFT and _may_design(version.form, person)


def _is_in_use(version: FormVersion, person: Person) -> bool:
    return version.state == FormState.PUBLISHED and _may_design(version.form, person)


def draw(version: FormVersion, person: Person) -> tuple[str, str] | None:
    """Lead to the drawing of a version."""
    return (gettext("Design"), f"/admin/designer/?version={version.id}") if person.role in DESIGNERS else None


def as_file(version: FormVersion, person: Person) -> tuple[str, str] | None:
    """Lead to the version as a JSON file."""
    return (gettext("JSON file"), f"/admin/versions/json/?version={version.id}") if person.role in DESIGNERS else None


def as_schema(version: FormVersion, person: Person) -> tuple[str, str] | None:
    """Lead to the JSON Schema of the version's answers."""
    found = gettext("JSON Schema"), f"/admin/versions/schema/?version={version.id}"
    return found if person.role in DESIGNERS else None


def questions(version: FormVersion, person: Person) -> Panel:
    """The questions of a version in reading order, columns under their table, with what each depends on."""
    measures: dict[str, str] = dict(MeasureUnit.select(MeasureUnit.code, MeasureUnit.name).tuples())
    names = {offer.kind: str(offer.name) for offer in shelf.SHELF}
    spec, told = versions.spec_of(version), language()
    rows: list[tuple[Any, ...]] = []
    for section in spec.sections:
        rows.append((Markup("<b>{}</b>").format(section.heading(told)), "", "", "", "", section.shown_when))
        for key, question in _all(section.questions):
            rows.append((
                question.title(told), key, names.get(question.kind, question.kind),
                measures.get(question.unit, question.unit), gettext("Yes") if question.required else "",
                question.formula or question.shown_when,
            ))  # fmt: skip
    headings = (
        gettext("Question"), gettext("Key"), gettext("Kind"), gettext("Unit of measure"), gettext("Must be answered"),
        gettext("Formula or condition"),
    )  # fmt: skip
    return Panel(gettext("Questions"), headings, rows)


def _all(listed: tuple[Question, ...]) -> Iterator[tuple[str, Question]]:
    for question in listed:
        yield question.key, question
        for column in question.columns:
            yield f"{question.key}.{column.key}", column


def rules(version: FormVersion, person: Person) -> Panel:
    """What must be true of the answers, and what is said where it is not."""
    spec, english = versions.spec_of(version), language() == "en"
    rows = [
        (
            (rule.message_en if english else "") or rule.message,
            gettext("Passes with a reason") if rule.severity == "warn" else gettext("Stops the report"),
            rule.expression,
            rule.at,
        )
        for rule in spec.rules
    ]
    return Panel(gettext("Rules"), (gettext("What is said"), "", gettext("Must be true"), gettext("Key")), rows)


class FormVersionScreen(Screen):
    """The questions of a form at one time; a published version never changes."""

    table = FormVersion
    small = True
    icon = "copy"
    adds = changes = False
    column_list = ("form", "number", "state", "published_at", "published_by")
    column_filters = ("form", "form.owner", "state", "published_at")
    column_default_sort = ("id", True)
    not_typed = ("form", "number", "spec", "state", "published_at", "published_by", "note", "field_map")
    not_shown = ("spec", "field_map")
    panels = (questions, rules)
    ways = (draw, as_file, as_schema)
    buttons = (
        Button("publish", lazy("Publish"), versions.publish, DESIGNERS, fits=_is_draft,
               sure=lazy("Publish it? From then on it never changes, and new reports are made with it.")),
        Button("draft", lazy("New version"), _draft, DESIGNERS, fits=_is_in_use, icon="copy"),
        Button("retire", lazy("Take out of use"), versions.retire, DESIGNERS, fits=_is_in_use, icon="x",
               sure=lazy("Take it out of use? No new report is made with it.")),
        Button("discard", lazy("Throw the draft away"), versions.discard, DESIGNERS, fits=_is_draft, icon="bin",
               sure=lazy("Throw this draft away? It stays in the history of the form.")),
    )  # fmt: skip


class FormAssignmentScreen(Screen):
    """Which units owe a form that is not for all offices."""

    table = FormAssignment
    open_to = CENTRAL
    icon = "people"
    column_list = ("form", "unit", "unit.region")
    column_filters = ("form", "unit", "unit.region")
    column_default_sort = ("form", False)
    changes = False
    removes = True
    form_columns = ("form", "unit")
