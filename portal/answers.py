"""Save answers, cell by cell: what was typed is read, what is locked or wrong is refused in words, and of two people
who changed one cell both values are kept apart until one of them decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from models import Answer, Attachment, Comment, Obligation, Person, Submission
from portal import many, records, sheets
from portal.database import tuples
from portal.errors import MoveRefused, NotAllowed, PortalError, RuleBroken, StaleRow, StoreRefused
from portal.forms import kinds, problems
from portal.forms.kinds.file import File
from portal.forms.questions import Question
from portal.forms.values import NOT_APPLICABLE, Cell, Entry, NotApplicable
from portal.rules.access import OFFICE_ROLES
from portal.rules.locks import Lock
from portal.rules.terms import Mark
from portal.rules.workflow import WITH_THE_OFFICE
from portal.sheets import Held, Sheet

Typed: TypeAlias = str | NotApplicable | None
TRIES = 4  # when somebody changes the very cells that are being saved, they are looked at again
LONGEST_REASON = 1000
FEW = 3  # answers that are written one by one; a pasted block goes in as a whole


@dataclass(frozen=True)
class Clash:
    """Somebody else changed the cell since it was looked at. `theirs` is None where they took the answer away."""

    theirs: Held | None
    mine: str


@dataclass
class Saved:
    """What became of each cell: in `saved`, `refused` (with the words), or `clashed`. `locks` tells why one is shut."""

    sheet: Sheet
    saved: list[Cell] = field(default_factory=list)
    refused: dict[Cell, PortalError] = field(default_factory=dict)
    clashed: dict[Cell, Clash] = field(default_factory=dict)
    locks: dict[Cell, Lock] = field(default_factory=dict)


def save_cells(
    submission: Submission,
    typed: Mapping[Cell, Typed],
    *,
    by: Person,
    at: dt.datetime,
    seen: Mapping[Cell, int] | None = None,
    reasons: Mapping[Cell, str] | None = None,
) -> Saved:
    """Save what was typed into cells; None or blank takes an answer away, NOT_APPLICABLE says it does not apply.

    `seen` gives the version of each answer that the person looked at (0 = there was none); a cell that it does not
    name is saved whatever stands there. `reasons` say why a warning is to stand. A cell that is refused leaves the
    others alone. Raises NotAllowed for people who do not belong to an office, MoveRefused when the report is locked.
    """
    return fill_in(sheets.of_submission(submission, at=at), typed, by=by, at=at, seen=seen, reasons=reasons)


def fill_in(
    sheet: Sheet,
    typed: Mapping[Cell, Typed],
    *,
    by: Person,
    at: dt.datetime,
    seen: Mapping[Cell, int] | None = None,
    reasons: Mapping[Cell, str] | None = None,
) -> Saved:
    """Save cells into a sheet that is already open; a report that was not begun is begun. As `save_cells`."""
    check_office(by)
    if sheet.lock is not None:
        raise sheet.lock.refusal()
    sheet = begun(sheet, by=by, at=at)
    for attempt in range(TRIES):
        try:
            return _save_once(sheet, typed, by=by, at=at, seen=seen or {}, reasons=reasons or {})
        except (StaleRow, StoreRefused):
            # Between reading and writing somebody else wrote: read again, so that their cells are seen.
            if attempt == TRIES - 1:
                raise
            sheet = sheets.sheet_of(sheet.obligation.id, at=at)
            if sheet.lock is not None:
                raise sheet.lock.refusal() from None
    raise AssertionError("unreachable")  # pragma: no cover


def save_answers(
    submission: Submission, values: Mapping[str, Decimal | str | None], *, by: Person, at: dt.datetime,
    seen: int | None = None,
) -> None:  # fmt: skip
    """Save answers outside tables by key, all or none. A Decimal is a number, "n/a" means it does not apply.

    Raises the first refusal; StaleRow when the report is no longer at the version `seen`.
    """
    if seen is not None and submission.version != seen:
        raise StaleRow(records.STALE, theirs={}, mine={})
    sheet = sheets.of_submission(submission, at=at)
    if seen is not None and sheet.submission is not None and sheet.submission.version != seen:
        raise StaleRow(records.STALE, theirs={}, mine={})
    cells: dict[Cell, Typed] = {}
    for key, value in values.items():
        cells[Cell(key)] = format(value, "f") if isinstance(value, Decimal) else value
        _read(sheet, Cell(key), cells[Cell(key)])
    done = fill_in(sheet, cells, by=by, at=at)
    if done.refused:
        raise next(iter(done.refused.values()))
    if done.sheet.submission is not None:
        submission.version = done.sheet.submission.version


def begin(obligation: Obligation, *, by: Person, at: dt.datetime) -> Submission:
    """Return the submission that meets `obligation`, a new draft if there is none yet."""
    there: Submission | None = Submission.get_or_none(Submission.obligation == obligation.id)
    if there is not None:
        return there
    check_office(by)
    version = sheets.published(obligation.form) if obligation.form is not None else None
    if version is None:
        raise MoveRefused("This form has no published version yet; its owner publishes one.")
    try:
        with records.changing(by=by, verb="begin", at=at, as_verb=True) as work:
            return work.create(
                Submission, obligation=obligation, unit=obligation.unit_id, period=obligation.period_id,
                form_version=version,
            )  # fmt: skip
    except StoreRefused:
        # Two people of one office began in the same moment: it is one report.
        there = Submission.get_or_none(Submission.obligation == obligation.id)
        if there is None:
            raise
        return there


def begun(sheet: Sheet, *, by: Person, at: dt.datetime) -> Sheet:
    """Return the sheet with its report begun."""
    if sheet.submission is None:
        sheet.submission = begin(sheet.obligation, by=by, at=at)
        sheet.submission.period, sheet.submission.unit = sheet.obligation.period, sheet.obligation.unit
    return sheet


def check_office(by: Person) -> None:
    """Refuse everybody but an office's own people."""
    if by.role not in OFFICE_ROLES:
        raise NotAllowed("Only the office itself fills in its report.")


# ---------------------------------------------------------------- below: how


def _save_once(
    sheet: Sheet,
    typed: Mapping[Cell, Typed],
    *,
    by: Person,
    at: dt.datetime,
    seen: Mapping[Cell, int],
    reasons: Mapping[Cell, str],
) -> Saved:
    done = Saved(sheet)
    wanted: dict[Cell, tuple[Question, Entry | None]] = {}
    for cell, text in typed.items():
        lock = sheet.locked(cell)
        if lock is not None:
            done.locks[cell] = lock
            done.refused[cell] = lock.refusal(cell.key)
            continue
        try:
            wanted[cell] = _read(sheet, cell, text)
        except PortalError as refusal:
            done.refused[cell] = refusal
    for cell in [cell for cell in wanted if cell in seen]:
        held = sheet.answers.get(cell)
        if (held.version if held else 0) != seen[cell]:
            question, entry = wanted[cell]
            if (held.entry if held else None) != entry:
                done.clashed[cell] = Clash(held, kinds.write(question, entry))
                del wanted[cell]
    _write(sheet, wanted, reasons, done, by=by, at=at)
    return done


def _read(sheet: Sheet, cell: Cell, text: Typed) -> tuple[Question, Entry | None]:
    """Return the question of a cell and what was typed as an entry. Raises RuleBroken in the words of its kind."""
    question = sheet.spec.asked.get(cell.key)
    if question is None:
        raise RuleBroken("There is no question “{key}” in this form.", field=cell.key, key=cell.key)
    try:
        entry = kinds.read(question, text) if isinstance(text, str) else text
        if isinstance(entry, tuple) and isinstance(kinds.of(question), File):
            _check_attached(sheet, cell, entry)
        problems.check(sheet.spec, cell, NOT_APPLICABLE if entry is None else entry, sheet.context)
    except PortalError as refusal:
        refusal.field = cell.key
        raise
    return question, entry


def _check_attached(sheet: Sheet, cell: Cell, names: tuple[str, ...]) -> None:
    """Refuse names of files that are not there: a file is attached, its name is not typed."""
    ident = sheet.submission.id if sheet.submission is not None else None
    rows = Attachment.select(Attachment.name).where(
        Attachment.submission == ident, Attachment.key == cell.key, Attachment.row == cell.row
    )
    there = {name for (name,) in rows.tuples()}
    for name in names:
        if name not in there:
            raise RuleBroken("“{name}” is not attached. Attach the file itself.", field=cell.key, name=name)


def _write(
    sheet: Sheet,
    wanted: Mapping[Cell, tuple[Question, Entry | None]],
    reasons: Mapping[Cell, str],
    done: Saved,
    *,
    by: Person,
    at: dt.datetime,
) -> None:
    submission = sheet.submission
    assert submission is not None
    answers = dict(sheet.answers)
    new: list[tuple[Cell, dict[str, Any]]] = []
    changed: dict[Cell, tuple[Held, dict[str, Any]]] = {}
    gone: list[Cell] = []
    for cell, (question, entry) in wanted.items():
        held = answers.get(cell)
        done.saved.append(cell)
        if entry is None:
            if held is not None:
                gone.append(cell)
            continue
        columns = _columns(question, entry)
        if held is None:
            new.append((cell, columns | {"reason": reasons.get(cell, "")[:LONGEST_REASON]}))
        elif held.entry != entry or cell in reasons:
            # A reason was given for the value that stood there; another value asks for a new one.
            columns["reason"] = reasons.get(cell, "" if held.entry != entry else held.reason)[:LONGEST_REASON]
            changed[cell] = (held, columns)
    for cell, words in reasons.items():
        if cell not in wanted and cell not in done.refused and cell in answers and answers[cell].reason != words:
            changed[cell] = (answers[cell], {"reason": words[:LONGEST_REASON]})
            done.saved.append(cell)
    if not (new or changed or gone):
        return
    marked = _marked(submission) if submission.submitted_at is not None else {}
    stamp: dict[str, Any] = {"saved_at": at, "saved_by": by}
    with records.changing(by=by, verb="save_answers", at=at, as_verb=True) as work:
        work.touch_any(submission)  # from here on nobody else saves into this report
        _check_unchanged(submission, [held for held, _ in changed.values()] + [answers[cell] for cell in gone])
        if len(changed) > FEW:
            told = {held.id: (0, columns | stamp) for held, columns in changed.values()}
            many.change(work, Answer, told, refuse=_not_at_all)
        else:
            for cell, (held, columns) in changed.items():
                row = work.update(Answer(id=held.id), seen=held.version, **columns, **stamp)
                answers[cell] = _held(sheet, cell, row)
        for cell in gone:
            work.remove(Answer(id=answers.pop(cell).id))
        rows = [
            {
                "submission": submission, "key": cell.key, "row": cell.row,
                "indicator": sheet.spec.feeds.get(cell.key) if cell.row == 0 else None, **columns, **stamp,
            }
            for cell, columns in new
        ]  # fmt: skip
        if len(new) > FEW:
            work.create_many(Answer, rows)
        else:
            for (cell, _), values in zip(new, rows, strict=True):
                answers[cell] = _held(sheet, cell, work.create(Answer, **values))
        for cell in (*changed, *gone, *(cell for cell, _ in new)):
            for mark in marked.get(cell, ()):
                work.update(mark, settled_at=at)
    as_a_whole = max(len(new), len(changed)) > FEW
    done.sheet = sheet.changed(sheets.answers_of(submission, sheet.spec) if as_a_whole else answers)


def _check_unchanged(submission: Submission, seen: list[Held]) -> None:
    """Refuse to write when the report moved on, or one of these answers was changed, since they were read."""
    state = Submission.select(Submission.state).where(Submission.id == submission.id).scalar()
    versions = {held.id: held.version for held in seen}
    there = dict(tuples(Answer.select(Answer.id, Answer.version).where(Answer.id.in_(sorted(versions) or [0]))))
    if state not in WITH_THE_OFFICE or there != versions:
        raise StaleRow(records.STALE, theirs={}, mine={})


def _not_at_all(_place: int, refusal: PortalError) -> None:
    raise refusal


def _columns(question: Question, entry: Entry) -> dict[str, Any]:
    applies, number, text = kinds.to_store(question, entry)
    return {"mark": Mark.VALUE if applies else Mark.NOT_APPLICABLE, "number": number, "text": text}


def _held(sheet: Sheet, cell: Cell, row: Answer) -> Held:
    entry = kinds.from_store(sheet.spec.asked[cell.key], row.mark == Mark.VALUE, row.number, row.text)
    return Held(row.id, entry, row.version, row.reason, row.saved_at, row.saved_by_id)


def _marked(submission: Submission) -> dict[Cell, list[Comment]]:
    """Return the division's marks that are not settled yet, by cell."""
    found: dict[Cell, list[Comment]] = {}
    rows = Comment.select().where(Comment.submission == submission.id, Comment.key != "", Comment.settled_at.is_null())
    for mark in rows:
        found.setdefault(Cell(mark.key, mark.row), []).append(mark)
    return found


__all__ = ["NOT_APPLICABLE", "Clash", "Saved", "begin", "check_office", "fill_in", "save_answers", "save_cells"]
