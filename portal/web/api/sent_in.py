"""Sent files by program: a finance file, a list of the registry or a plan's workbook, looked at, taken in, undone.

A worker reads, takes in and puts back; the answer of each verb is the batch, whose `preview` tells how it comes along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request

from models import BudgetCategory, FiscalYear, ImportBatch, Project, Table, Unit
from portal import budget
from portal.errors import PortalError, RuleBroken
from portal.imports import batches, codes, control, plan, registry, underway
from portal.imports.codes import Unknown
from portal.imports.source import Given
from portal.rules.inputs import parse_date
from portal.rules.terms import BatchState, MapKind
from portal.web import sent_files
from portal.web.api import acts, answers, door, reading, replies, resources, values
from portal.web.api.acts import Act, Part, by
from portal.web.kept import kept_files
from portal.web.language import gettext

sent_in = Blueprint("api_sent_in", __name__, url_prefix="/api/v1")
sent_in.before_request(door.enter)
sent_in.after_request(door.leave)

FINANCE = "gfmis"
WAYS = {way.source: way for way in (registry.WAY, plan.WAY)}
KINDS = (FINANCE, *sorted(WAYS))
ASKED = ("kind", "year", "as_of", "unit", "whole")
NO_PROJECT = "none"


@sent_in.post("/import-batches")
def sent() -> Response:
    """Keep a file sent as the part `file` and have it read; a file that is on its way already is the same batch."""

    def do() -> Response:
        door.check_may_step()
        door.check_not_narrowed()
        resource, form = resources.open_one("import-batches", g.person), request.form
        for part in form:
            if part not in ASKED:
                words = "There is no property “{name}”. There are: {known}."
                raise RuleBroken(words, field=part[:60], name=part[:60], known=", ".join(("file", *ASKED)))
        kind = form.get("kind", "")
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise RuleBroken("“{text}” is not one of: {known}.", field="kind", text=kind[:60], known=known)
        year = values.whole(form["year"], "year", 2700, least=2400) if form.get("year") else None
        with sent_files.sent_file() as (path, name):
            if kind == FINANCE:
                day = form.get("as_of", "")
                given = Given(year, parse_date(day) if day else None, form.get("unit", "")[:200])
                is_whole = form.get("whole", "true") == "true"
                batch = batches.receive(path, name, given, is_whole=is_whole, files=kept_files(), **by())
            else:
                batch = WAYS[kind].receive(path, name, files=kept_files(), year=_year(kind, year), **by())
        acts.ring(batch)
        return answers.record(resource, batch, 202)

    return replies.once(do)


@sent_in.get("/import-batches/<int:ident>/preview")
def preview(ident: int) -> Response:
    """Return what a file would do, what is wrong with it, what asks for a person's word, and how its work comes on."""
    batch = reading.at(resources.open_one("import-batches", g.person), ident)
    assert isinstance(batch, ImportBatch)
    run, report, is_finance = underway.run_of(batch), batch.report, batch.source not in WAYS
    is_staged = is_finance and batch.state is BatchState.STAGED
    told: dict[str, Any] = {
        "state": str(batch.state),
        "run": None if run is None else {"id": run.id, "state": str(run.state), "error": run.error},
        "faults": [_fault(each) for each in report.get("faults", [])],
        "fault_count": report.get("fault_count", 0),
        "holds": [each.words(gettext) for each in control.holds(batch)] if is_staged else [],
        "controls": [vars(each) for each in control.controls(batch)] if is_finance and "matched" in report else [],
        "unknown": [vars(each) | {"kind": str(each.kind)} for each in codes.unknown(batch)] if is_staged else [],
        "report": {name: value for name, value in report.items() if name not in ("faults", "fault_count")},
    }
    return answers.json(told)


# ---------------------------------------------------------------- verbs


def _of_each(finance: Callable[..., Any], ways: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return a verb that is one for finance files and another for those that go in whole or not at all."""

    def take(batch: ImportBatch, given: acts.Given) -> Table:
        if batch.source in WAYS:
            if given.get("word"):
                raise RuleBroken("Only finance files are taken in with a word.", field="word")
            ways(batch)
        else:
            finance(batch, given)
        return underway.of_run(str(batch.id))

    return take


def _again(batch: ImportBatch, given: acts.Given) -> Table:
    if batch.source in WAYS:
        WAYS[batch.source].check_may(g.person)
    else:
        budget.check_may_take(g.person)
    underway.again(batch, **by())
    return underway.of_run(str(batch.id))


def _map(batch: ImportBatch, given: acts.Given) -> None:
    if batch.source in WAYS:
        raise RuleBroken("Only finance files have codes to be told.", field="codes")
    batches.check_staged(batch)
    open_ones = {(str(one.kind), one.value): one for one in codes.unknown(batch)}
    told: dict[tuple[MapKind, str], Any] = {}
    for item in given["codes"]:
        if not isinstance(item, dict) or set(item) != {"kind", "value", "means"}:
            example = '{"codes": [{"kind": "unit", "value": "…", "means": "P40"}]}'
            raise RuleBroken("The body is {example}.", field="codes", example=example)
        one = open_ones.get((str(item["kind"]), str(item["value"])))
        if one is None or not values.is_text(item["means"]):
            raise RuleBroken("“{text}” is not a code that waits to be told.", field="codes", text=str(item)[:60])
        told[one.kind, one.value] = _meant(batch, one, item["means"])
    if not told:
        raise RuleBroken("Say what at least one code means.", field="codes")
    codes.map_codes(batch, told, **by())


ACTS = (
    Act(
        "import-batches", "codes", "Say what codes of a finance file mean; its lines are matched anew", _map,
        (Part("codes", list, needed=True, says="kind and value as `preview` has them; means: a code, or none."),),
    ),
    Act(
        "import-batches", "take", "Say yes to a preview; a worker takes the file in, all of it or nothing",
        _of_each(
            lambda batch, given: batches.accept(batch, given.get("word", ""), **by()),
            lambda batch: WAYS[batch.source].accept(batch, **by()),
        ),
        (Part("word", says="Why it is taken in although something does not agree."),), later=True,
    ),
    Act(
        "import-batches", "refuse", "Put a file aside; nothing is changed",
        _of_each(
            lambda batch, given: batches.refuse(batch, **by()), lambda batch: WAYS[batch.source].refuse(batch, **by())
        ),
    ),
    Act(
        "import-batches", "undo", "Put the records back to what they were before the file",
        _of_each(
            lambda batch, given: batches.ask_undo(batch, **by()),
            lambda batch: WAYS[batch.source].ask_undo(batch, **by()),
        ),
        later=True,
    ),
    Act("import-batches", "again", "Let work that failed or was stopped be done after all", _again, later=True),
)  # fmt: skip
acts.install(sent_in, ACTS)


# ---------------------------------------------------------------- below: how


def _year(kind: str, year: int | None) -> FiscalYear | None:
    if kind != plan.SOURCE:
        return None
    found = FiscalYear.get_or_none(FiscalYear.year == year)
    if found is None:
        raise RuleBroken("There is no such fiscal year.", field="year")
    return found


def _fault(kept: dict[str, Any]) -> dict[str, Any]:
    sentence = kept["says"]
    words = PortalError(sentence, **kept["values"]).words(gettext)
    return {"sheet": kept["sheet"], "row": kept["row"], "column": kept["column"], "detail": words}


def _meant(batch: ImportBatch, one: Unknown, means: str) -> Any:
    if one.kind in (MapKind.NATURE, MapKind.CODE):
        return means
    if one.kind is MapKind.PROJECT and means == NO_PROJECT:
        return None
    if one.kind is MapKind.PROJECT:
        found: list[Any] = [each for each in codes.projects_of(batch) if each.code == means]
    else:
        table: Any = Unit if one.kind is MapKind.UNIT else BudgetCategory
        found = list(table.select().where(table.code == means))
    if len(found) != 1:
        raise RuleBroken("There is no such record, or it belongs to another office.", field=means[:60])
    row: Project | Unit | BudgetCategory = found[0]
    return row
