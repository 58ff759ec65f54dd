"""Take what a workbook says into the reports of its office: looked at first, then the right cells taken or none.

A cell that nobody touched in the workbook is left alone, whatever the portal holds by now. So the same file sent in
twice changes nothing the second time, and an old file does not undo what was typed on the page meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from models import Period, Person, Unit
from portal import answers
from portal.database import db
from portal.errors import MoveRefused, NotAllowed, PortalError, RuleBroken
from portal.forms import kinds, problems
from portal.forms.problems import BLOCK, WARN
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry
from portal.rules.access import OFFICE_ROLES
from portal.sheets import Sheet
from portal.workbooks import desk as desks
from portal.workbooks import identity, reading
from portal.workbooks.desk import Desk
from portal.workbooks.identity import ForeignWorkbook, Identity, Leaf
from portal.workbooks.reading import Read
from portal.workbooks.writing import Mark, Returned, Translate

LATER = frozenset({"required", "rows"})  # an unfinished report is not a wrong one


@dataclass(frozen=True)
class Remark:
    """What is to be said at one cell. `rule` as in Problem, or: value, locked, clash, formula.

    A `wrong` cell is not taken; a broken rule that is not `wrong` is taken, but stops sending until it is mended.
    """

    cell: Cell
    name: str
    typed: str
    rule: str
    error: PortalError
    wrong: bool
    blocks: bool = True


@dataclass
class Looked:
    """One form of a workbook beside what the portal holds: which cells change, which cannot, what is to be said."""

    sheet: Sheet
    read: Read
    changes: dict[Cell, str] = field(default_factory=dict)
    reasons: dict[Cell, str] = field(default_factory=dict)
    same: int = 0
    remarks: list[Remark] = field(default_factory=list)

    @property
    def wrong(self) -> list[Remark]:
        """Return the cells that cannot be taken."""
        return [remark for remark in self.remarks if remark.wrong]

    @property
    def seen(self) -> dict[Cell, int]:
        """Return the versions of the answers that the workbook was made with."""
        before = self.read.leaf.before
        return {cell: before[cell].version if cell in before else 0 for cell in self.changes}


@dataclass
class Preview:
    """A whole workbook looked at; nothing was changed."""

    identity: Identity
    desk: Desk
    forms: list[Looked]

    @property
    def changes(self) -> int:
        """Return how many cells would change."""
        return sum(len(form.changes) + len(set(form.reasons) - set(form.changes)) for form in self.forms)

    @property
    def wrong(self) -> int:
        """Return how many cells cannot be taken."""
        return sum(len(form.wrong) for form in self.forms)

    @property
    def blocked(self) -> int:
        """Return how many cells break a rule, but can be taken all the same."""
        return sum(1 for form in self.forms for remark in form.remarks if not remark.wrong)

    def returned(self, translate: Translate = str) -> dict[int, Returned]:
        """Return what goes back into the workbook: what was typed, and the marks, by obligation."""
        out = {}
        for form in self.forms:
            marks: dict[Cell, list[Mark]] = {}
            for remark in form.remarks:
                marks.setdefault(remark.cell, []).append(
                    Mark(remark.error.words(translate), remark.wrong or remark.blocks)
                )
            touched = {r.cell for r in form.remarks if r.wrong} | set(form.changes)
            typed = {cell: form.read.typed.get(cell, "") for cell in touched}
            out[form.sheet.obligation.id] = Returned(typed, form.read.reasons, marks)
        return out


@dataclass
class Taken:
    """What became of a workbook: how many cells were saved, and the forms as they stand now."""

    saved: int
    preview: Preview


def look(
    file: Path | str | BinaryIO,
    *,
    unit: Unit,
    by: Person | None,
    at: dt.datetime,
    secret: str,
    period: Period | None = None,
) -> Preview:
    """Return what a workbook would change in the reports of `unit`, and what is wrong with it. Changes nothing.

    Raises FileRefused, or ForeignWorkbook with the reason when it is of another office, period (where one is given) or
    form version, or when its identity was tampered with. `by=None` is whoever keeps the machine.
    """
    if by is not None and (by.role not in OFFICE_ROLES or by.unit_id != unit.id):
        raise NotAllowed("Only the office itself fills in its report.")
    desk: Desk | None = None
    held: dict[int, Sheet] = {}

    def settle(own: Identity) -> Callable[[Leaf], FormSpec]:
        nonlocal desk, held
        _check_whose(own, unit, period)
        desk = desks.gather(unit, Period.get_by_id(own.period), at=at)
        held = {sheet.obligation.id: sheet for sheet in desk.sheets}
        _check_versions(own, held)
        return lambda leaf: held[leaf.obligation].spec

    sent = reading.read(file, settle, secret=secret)
    assert desk is not None
    return Preview(sent.identity, desk, [compare(held[form.leaf.obligation], form) for form in sent.forms])


def take(preview: Preview, *, by: Person, at: dt.datetime, whole: bool) -> Taken:
    """Save what the preview found to be right. `whole` takes all of it or, when anything is wrong, nothing.

    Raises RuleBroken when the whole is refused. A cell that somebody else changes in this very moment is not
    overwritten.
    """
    if whole and (preview.wrong or any(r.blocks for form in preview.forms for r in form.remarks)):
        raise RuleBroken("Some cells are wrong, so nothing was taken. They are red in the workbook.", field="file")
    saved = 0
    if whole:
        with db.atomic():
            for form in preview.forms:
                done = _save(form, by=by, at=at)
                saved += len(done.saved)
                if done.refused or done.clashed:
                    raise RuleBroken("Somebody changed these reports meanwhile. Nothing was taken: look once more.")
        return Taken(saved, preview)
    for form in preview.forms:
        saved += len(_save(form, by=by, at=at).saved)
    return Taken(saved, preview)


# ---------------------------------------------------------------- below: how


def _save(form: Looked, *, by: Person, at: dt.datetime) -> answers.Saved:
    if not (form.changes or form.reasons):
        return answers.Saved(form.sheet)
    typed: dict[Cell, answers.Typed] = {cell: text or None for cell, text in form.changes.items()}
    return answers.fill_in(form.sheet, typed, by=by, at=at, seen=form.seen, reasons=form.reasons)


def _unit_name(code: str) -> str:
    found = Unit.get_or_none(Unit.code == code)
    return found.short if found else code


def _check_whose(own: Identity, unit: Unit, period: Period | None) -> None:
    if own.unit != unit.code:
        raise ForeignWorkbook(
            "This workbook belongs to the office “{theirs}”, not to “{ours}”.",
            rule="unit", theirs=_unit_name(own.unit), ours=unit.short,
        )  # fmt: skip
    if period is not None and own.period != period.id:
        raise ForeignWorkbook(
            "This workbook is of {theirs}, not of {ours}. Choose that period, or download the right workbook.",
            rule="period", theirs=own.period_name, ours=desks.name_of(period),
        )  # fmt: skip


def _check_versions(own: Identity, held: dict[int, Sheet]) -> None:
    for leaf in own.leaves:
        sheet = held.get(leaf.obligation)
        if sheet is None or sheet.version.form.code != leaf.form:
            raise ForeignWorkbook(
                "The form “{name}” is no longer owed for this period. Download the workbook again.",
                rule="obligation", name=leaf.form,
            )  # fmt: skip
        if sheet.version.number != leaf.version or identity.digest_of(sheet.version.spec) != leaf.digest:
            raise ForeignWorkbook(
                "The form “{name}” was version {theirs} when this workbook was made and is version {ours} now. "
                "Download the workbook again.",
                rule="version", name=leaf.form, theirs=leaf.version, ours=sheet.version.number,
            )  # fmt: skip


def compare(sheet: Sheet, read: Read) -> Looked:
    """Compare what stands in the workbook with how it was made and with what the portal holds now."""
    looked = Looked(sheet, read)
    before = read.leaf.before
    for cell in _cells(sheet, read):
        typed = read.typed.get(cell, "")
        was = before[cell].text if cell in before else ""
        question = sheet.spec.asked[cell.key]
        if (fault := read.faults.get(cell)) is not None:
            looked.remarks.append(_remark(sheet, cell, typed, "formula", fault))
            continue
        if typed == was:
            looked.same += 1
            continue
        try:
            entry = kinds.read(question, typed)
            if entry is not None:
                problems.check(sheet.spec, cell, entry, sheet.context)
        except PortalError as refusal:
            refusal.field = cell.key
            looked.remarks.append(_remark(sheet, cell, typed, "value", refusal))
            continue
        held = sheet.answers.get(cell)
        if entry == (held.entry if held else None) or (was and entry == kinds.read(question, was)):
            looked.same += 1
        elif (lock := sheet.locked(cell)) is not None:
            looked.remarks.append(_remark(sheet, cell, typed, "locked", lock.refusal(cell.key)))
        elif (held.version if held else 0) != (before[cell].version if cell in before else 0):
            theirs = kinds.write(question, held.entry) if held else ""
            words = MoveRefused(
                "Somebody else changed this cell after the workbook was made: now “{theirs}”, here “{mine}”.",
                field=cell.key, theirs=theirs[:200], mine=typed[:200],
            )  # fmt: skip
            looked.remarks.append(_remark(sheet, cell, typed, "clash", words))
        else:
            looked.changes[cell] = typed
    if sheet.lock is None:
        _judge(looked)
    return looked


def _cells(sheet: Sheet, read: Read) -> Iterator[Cell]:
    """Yield the cells of a form that say something, in the workbook or before it, in reading order."""
    place = {key: n for n, key in enumerate(sheet.spec.asked)}
    yield from sorted({*read.typed, *read.faults, *read.leaf.before}, key=lambda c: (place.get(c.key, 0), c.row))


def _judge(looked: Looked) -> None:
    """Ask the form's rules about the answers as they would stand, and note the reasons that were given."""
    sheet, read = looked.sheet, looked.read
    entries: dict[Cell, Entry] = dict(sheet.entries)
    for cell, typed in looked.changes.items():
        entry = kinds.read(sheet.spec.asked[cell.key], typed)
        if entry is None:
            entries.pop(cell, None)
        else:
            entries[cell] = entry
    held = {cell: answer.reason for cell, answer in sheet.answers.items() if answer.reason}
    given = {cell: _reason(read, cell) for cell in entries if _reason(read, cell)}
    reasons = {cell: text for cell, text in held.items() if cell not in looked.changes} | given
    wrong = {remark.cell for remark in looked.remarks}
    for problem in problems.problems(sheet.spec, entries, reasons, sheet.context):
        is_new = problem.cell in looked.changes or held.get(problem.cell, "") != problem.reason
        if problem.severity == WARN and problem.reason and problem.cell in given and is_new:
            looked.reasons[problem.cell] = problem.reason
        if problem.stops and problem.rule not in LATER and problem.cell not in wrong:
            typed = read.typed.get(problem.cell, "")
            blocks = problem.severity == BLOCK
            looked.remarks.append(
                _remark(sheet, problem.cell, typed, problem.rule, problem.error, wrong=False, blocks=blocks)
            )


def _reason(read: Read, cell: Cell) -> str:
    return read.reasons.get((cell.key.partition(".")[0], cell.row), "")


def _remark(
    sheet: Sheet, cell: Cell, typed: str, rule: str, error: PortalError, *, wrong: bool = True, blocks: bool = True
) -> Remark:
    return Remark(cell, sheet.spec.name(cell), typed[:200], rule, error, wrong, blocks)
