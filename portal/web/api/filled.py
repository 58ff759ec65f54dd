"""Reports on one form as programs read and fill them in: an object of answers, typed by the form's own description."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask import g, request

from models import Answer, FiscalYear, Form, FormVersion, Obligation, Period, Submission, Unit, db
from portal import clock, formats, sheets, submissions
from portal.errors import NotFound, PortalError, RuleBroken
from portal.forms import kinds, versions
from portal.forms.questions import Question
from portal.forms.spec import FormSpec
from portal.forms.values import NOT_APPLICABLE, Cell, Entry
from portal.rules.terms import FormState
from portal.sheets import Sheet
from portal.web.api import door, resources, values
from portal.web.api.writing import TOLD, Refused
from portal.web.language import gettext

PAGE, MOST = 50, 200
AT_ONCE = 1_000  # reports of one bulk request


def schema_of(code: str) -> dict[str, Any]:
    """Return the JSON Schema of a form's answers: the newest published version, or `version=`."""
    form = _form(code)
    version = versions.published(form)
    if number := request.args.get("version"):
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
        version = FormVersion.get_or_none(
            FormVersion.form == form.id, FormVersion.number == wanted, FormVersion.state != FormState.DRAFT
        )
    if version is None:
        raise NotFound("This form has no published version yet; its owner publishes one.")
    return versions.json_schema(version)


def listed(code: str) -> dict[str, Any]:
    """Return reports on a form with their answers, by `unit`, `period` and `state`; `after` is the mark `next`."""
    form, args = _form(code), request.args
    known = {"unit", "period", "state", "after", "limit"}
    for name in args:
        if name not in known:
            words = "There is no property “{name}”. There are: {known}."
            raise RuleBroken(words, field=name[:60], name=name[:60], known=", ".join(sorted(known)))
    limit = values.whole(args.get("limit", str(PAGE)), "limit", MOST)
    after = values.whole(args.get("after", "0"), "after", 2**31 - 1, least=0)
    query = (
        door.narrowed(Submission.select(Submission, FormVersion, Period, Unit))
        .join_from(Submission, FormVersion)
        .join_from(Submission, Period)
        .join_from(Submission, Unit)
        .where(
            FormVersion.form == form.id,
            Submission.id > after,
        )
        .order_by(Submission.id)
        .limit(limit + 1)
    )
    if unit := args.get("unit"):
        query = query.where(Unit.code == values.read_text(Unit.code, unit))
    if period := args.get("period"):
        query = query.where(Submission.period == _period(form, period).id)
    if state := args.get("state"):
        query = query.where(Submission.state == values.read_text(Submission.state, state))
    rows = list(query)
    held: dict[int, list[Answer]] = {row.id: [] for row in rows[:limit]}
    for answer in Answer.select().where(Answer.submission.in_(list(held))):
        held[answer.submission_id].append(answer)
    items = [_item(row, row.form_version, row.unit, row.period, held[row.id]) for row in rows[:limit]]
    return {"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None}


def sheet_at(code: str, period: str, unit: str) -> Sheet:
    """Return one office's report on a form for a period, begun or not. Raises NotFound where nothing is owed."""
    form = _form(code)
    owed = (
        door.narrowed(Obligation.select(Obligation.id))
        .join_from(Obligation, Unit)
        .where(Obligation.form == form.id, Obligation.period == _period(form, period).id, Unit.code == unit)
        .first()
    )
    if owed is None:
        raise NotFound("Nothing is owed there, or it belongs to another office.")
    return sheets.sheet_of(owed.id, at=clock.now())


def shown(sheet: Sheet) -> dict[str, Any]:
    """Return a report as an object, with what was worked out and what is still wrong with it."""
    owed, row = sheet.obligation, sheet.submission
    out: dict[str, Any] = {
        "id": row.id if row else None, "unit": owed.unit.code, "period": owed.period.be_month,
        "form_version": sheet.version.number, "state": str(row.state) if row else None,
        "version": row.version if row else 0, "due_on": owed.due_on.isoformat(), "obligation_id": owed.id,
        "answers": answers_of(sheet.spec, {cell: held.entry for cell, held in sheet.answers.items()}),
        "reasons": [
            {"key": cell.key, "row": cell.row, "reason": held.reason}
            for cell, held in sheet.answers.items() if held.reason
        ],
        "computed": answers_of(sheet.spec, sheet.worked_out),
        "problems": [
            {
                "key": each.cell.key, "row": each.cell.row, "rule": each.rule, "severity": str(each.severity),
                "detail": each.error.words(gettext),
            }
            for each in sheet.problems
        ],
        "lock": sheet.lock.refusal().words(gettext) if sheet.lock else None,
    }  # fmt: skip
    return out


def etag(sheet: Sheet) -> str:
    """Return the mark of a report as it stands; "0" before it is begun."""
    return f'"{sheet.submission.version if sheet.submission else 0}"'


def fill_in(sheet: Sheet, given: Mapping[str, Any]) -> Sheet:
    """Save answers, all or none. A key left out is left alone, null says that a question does not apply.

    `given` holds `answers` and, to let a warning stand, `reasons` by key. A table is given as all of its rows.
    Raises Refused with what is wrong by key, in the words of the page.
    """
    door.check_may_write()
    if set(given) - {"answers", "reasons"} or not isinstance(given.get("answers", {}), dict):
        raise RuleBroken("The body is {example}.", field="answers", example='{"answers": {…}, "reasons": {…}}')
    reasons = given.get("reasons", {})
    if not isinstance(reasons, dict) or not all(isinstance(one, str) for one in reasons.values()):
        raise RuleBroken(
            "“{text}” is not {words}.", field="reasons", text=str(reasons)[:60], words="an object of texts"
        )
    typed = _typed(sheet, given.get("answers", {}))
    now = clock.now()
    with db.atomic():
        begun = submissions.begin(sheet.obligation, by=g.person, at=now)
        done = submissions.save_cells(
            begun, typed, by=g.person, at=now, reasons={Cell(key): text for key, text in reasons.items()}
        )
        if done.refused:
            wrong = [({"key": cell.key, "row": cell.row}, each) for cell, each in done.refused.items()]
            raise Refused(wrong)
    return sheets.sheet_of(sheet.obligation.id, at=now)


def bring(code: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Save answers into many reports on one form, each named by `period` and `unit`, all or none.

    Returns how many reports were begun, changed and found the same. Raises Refused with what is wrong by the place of
    the item.
    """
    door.check_may_write()
    items = given.get("items")
    if set(given) != {"items"} or not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise RuleBroken("The body is {example}.", field="items", example='{"items": [{…}, …]}')
    if len(items) > AT_ONCE:
        raise RuleBroken("At most {most} records at once.", field="items", most=AT_ONCE)
    wrong: list[tuple[Any, PortalError]] = []
    counts, seen = {"added": 0, "changed": 0, "same": 0}, set()
    with db.atomic():
        for place, item in enumerate(items):
            key = (item.get("period"), item.get("unit"))
            try:
                if not all(isinstance(part, str) for part in key):
                    raise RuleBroken("The key of the record is missing: {names}.", field="unit", names="period, unit")
                if key in seen:
                    raise RuleBroken("The same key stands twice: {names}.", field="unit", names="period, unit")
                seen.add(key)
                before = sheet_at(code, str(key[0]), str(key[1]))
                version = before.submission.version if before.submission else 0
                after = fill_in(before, {name: value for name, value in item.items() if name not in ("period", "unit")})
            except Refused as refusal:
                wrong += [(place, each) for _key, each in refusal.wrong]
            except PortalError as refusal:
                wrong.append((place, refusal))
            else:
                now = after.submission.version if after.submission else 0
                counts["added" if not version else "changed" if now != version else "same"] += 1
        if wrong:
            raise Refused(wrong[:TOLD], len({place for place, _ in wrong}))
    return counts


def answers_of(spec: FormSpec, entries: Mapping[Cell, Entry]) -> dict[str, Any]:
    """Return entries as the form's JSON Schema describes them."""
    out: dict[str, Any] = {}
    for key, question in spec.questions.items():
        if question.kind == "table":
            rows = spec.rows(question, entries)
            if rows:
                out[key] = [_row(question, row, entries) for row in rows]
        elif Cell(key) in entries:
            out[key] = _plain(question, entries[Cell(key)])
    return out


# ---------------------------------------------------------------- below: how


def _form(code: str) -> Form:
    resources.open_one("forms", g.person)
    found: Form | None = door.narrowed(Form.select()).where(Form.code == code).first()
    if found is None:
        raise NotFound("There is no such form.")
    return found


def _period(form: Form, text: str) -> Period:
    """Return the period that an address names: `2566-05`, `2566-Q3` or `2566`, Buddhist as everywhere in the portal."""
    found = None
    if month := re.fullmatch(r"(2[45]\d\d)-(0[1-9]|1[0-2])", text, re.ASCII):
        first = dt.date(int(month[1]) - 543, int(month[2]), 1)
        found = Period.get_or_none(Period.kind == "month", Period.starts_on == first)
    elif other := re.fullmatch(r"(2[45]\d\d)(?:-Q([1-4]))?", text, re.ASCII):
        found = (
            Period.select()
            .join(FiscalYear)
            .where(
                FiscalYear.year == int(other[1]), Period.kind == ("quarter" if other[2] else "year"),
                Period.number == int(other[2] or 1),
            )
            .first()
        )  # fmt: skip
    if found is None or found.kind != form.kind:
        raise NotFound("There is no such period for this form.")
    return found


def _item(row: Submission, version: FormVersion, unit: Unit, period: Period, held: Iterable[Answer]) -> dict[str, Any]:
    spec = sheets.spec_of(version)
    entries: dict[Cell, Entry] = {}
    for answer in held:
        question = spec.asked.get(answer.key)
        if question is not None:
            applies = str(answer.mark) == "value"
            entries[Cell(answer.key, answer.row)] = kinds.from_store(question, applies, answer.number, answer.text)
    return {
        "id": row.id, "unit": unit.code, "period": period.be_month, "form_version": version.number,
        "state": str(row.state), "version": row.version, "submitted_at": values.moment(row.submitted_at),
        "answers": answers_of(spec, entries),
    }  # fmt: skip


def _row(table: Question, row: int, entries: Mapping[Cell, Entry]) -> dict[str, Any]:
    cells = ((column, Cell(f"{table.key}.{column.key}", row)) for column in table.columns)
    return {column.key: _plain(column, entries[cell]) for column, cell in cells if cell in entries}


def _plain(question: Question, entry: Entry) -> Any:
    if entry is NOT_APPLICABLE:
        return None
    found = kinds.of(question).plain(entry)
    if isinstance(found, Decimal):
        return int(found) if found == int(found) else float(found)
    return list(found) if isinstance(found, tuple) else found


def _typed(sheet: Sheet, answers: Mapping[str, Any]) -> dict[Cell, Any]:
    out: dict[Cell, Any] = {}
    for key, value in answers.items():
        question = sheet.spec.questions.get(key)
        if question is None:
            words = "There is no question “{key}” in this form."
            raise RuleBroken(words, field=key[:60], key=key[:60])
        if question.kind == "table":
            out |= _table(sheet, question, value)
        else:
            out[Cell(key)] = _text(question, value)
    return out


def _table(sheet: Sheet, table: Question, value: Any) -> dict[Cell, Any]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise RuleBroken("“{text}” is not {words}.", field=table.key, text=str(value)[:60], words="a list of rows")
    known = {column.key: column for column in table.columns}
    out: dict[Cell, Any] = {
        cell: None for cell in sheet.answers if cell.key.partition(".")[0] == table.key and cell.row > len(value)
    }
    for place, row in enumerate(value, start=1):
        for name, given in row.items():
            if name not in known:
                words = "There is no question “{key}” in this form."
                raise RuleBroken(words, field=f"{table.key}.{name}"[:60], key=f"{table.key}.{name}"[:60])
            out[Cell(f"{table.key}.{name}", place)] = _text(known[name], given)
    return out


def _text(question: Question, value: Any) -> Any:
    """Return a JSON value as one would type it into the cell: one reader reads what people and programs send."""
    if value is None:
        return NOT_APPLICABLE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return format(Decimal(str(value)), "f")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return kinds.of(question).write(question, tuple(value))
    if not isinstance(value, str):
        raise RuleBroken("“{text}” is no answer to this question.", field=question.key, text=str(value)[:60])
    if question.kind == "date" and re.fullmatch(r"[12]\d{3}-\d\d-\d\d", value, re.ASCII):
        try:
            return formats.day_input(dt.date.fromisoformat(value))
        except ValueError:
            return value
    return value
