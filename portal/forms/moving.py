"""Moving a submission to a newer version of its form: shown first, done when asked for, and taken back when regretted.

Nothing is lost on the way: what the newer version has no place for stays in the submission's history, and moving back
brings it out again, together with whatever was answered meanwhile.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models import Answer, Attachment, AuditEntry, Comment, FormVersion, Person, Reopening, Revision, Submission
from portal import history, records
from portal.errors import MoveRefused, NotAllowed
from portal.forms import field_maps, kinds
from portal.forms.field_maps import Carried, Left, Stage
from portal.forms.reading import published, spec_of, stages
from portal.forms.spec import FormSpec
from portal.forms.values import Cell, Entry
from portal.rules.access import OFFICE_ROLES, Role
from portal.rules.terms import FormState, Mark
from portal.rules.workflow import State

MOVED, MOVED_BACK = "move_version", "move_version_back"
_KEPT = ("mark", "number", "text", "reason", "saved_at", "saved_by")


@dataclass(frozen=True)
class Line:
    """One answer that goes on: from where, to where, and what it is there."""

    sources: tuple[Cell, ...]
    cell: Cell
    before: tuple[Entry, ...]
    after: Entry
    is_break: bool
    note: str


@dataclass(frozen=True)
class Moving:
    """What would become of a submission: what goes on, what has no place, which keys are asked for the first time."""

    old: FormVersion
    new: FormVersion
    old_spec: FormSpec
    new_spec: FormSpec
    kept: list[Line] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    new_keys: list[str] = field(default_factory=list)


def preview_move(submission: Submission, to: FormVersion | None = None) -> Moving:
    """Return what moving would do; nothing changes. `to` is the newest published version unless given.

    Raises MoveRefused when there is no newer version, or the report is not with its office.
    """
    old = _version_of(submission)
    new = to or published(old.form_id)
    _check_moves(submission, old, new)
    assert new is not None
    line = stages(old.form_id)
    entries = _entries(_answers(submission), spec_of(old))
    carried = field_maps.through(line, entries, old.number, new.number)
    keys = set(_reached(line, old, new))
    fresh = [key for key in spec_of(new).asked if key not in keys]
    return Moving(old, new, spec_of(old), spec_of(new), _lines(carried, entries), carried.left, fresh)


def move(submission: Submission, to: FormVersion | None = None, *, by: Person, at: dt.datetime) -> Moving:
    """Move a submission to a newer published version, as `preview_move` shows. For its office and the form's owner."""
    _check_may_move(submission, by)
    plan = preview_move(submission, to)
    line = stages(plan.old.form_id)
    there = _answers(submission)
    wanted: dict[Cell, dict[str, Any]] = {}
    for one in plan.kept:
        first = there[one.sources[0]]
        values = _columns(plan.new_spec, one.cell, one.after)
        reason = "; ".join(filter(None, dict.fromkeys(there[cell].reason for cell in one.sources)))
        wanted[one.cell] = values | {"reason": reason, "saved_at": first.saved_at, "saved_by": first.saved_by_id}
    with records.changing(
        by=by, verb=MOVED, at=at, note=f"{plan.old.number} → {plan.new.number}", as_verb=True
    ) as work:
        _set_version(work, submission, plan.new)
        _apply(work, submission, there, wanted)
        _rename(work, submission, line, plan.old, plan.new)
    return plan


def preview_move_back(submission: Submission) -> Moving:
    """Return what moving back would do. Raises MoveRefused when the submission was not moved."""
    return _back(submission)[0]


def move_back(submission: Submission, *, by: Person, at: dt.datetime) -> Moving:
    """Undo the last move: answers are as they were before, but for what was answered since and has a place there."""
    _check_may_move(submission, by)
    plan, wanted = _back(submission)
    line = stages(plan.old.form_id)
    note = f"{plan.old.number} → {plan.new.number}"
    with records.changing(by=by, verb=MOVED_BACK, at=at, note=note, as_verb=True) as work:
        _set_version(work, submission, plan.new)
        _apply(work, submission, _answers(submission), wanted)
        _rename(work, submission, line, plan.old, plan.new)
    return plan


def was_moved(submission: Submission) -> bool:
    """Return whether there is a move to take back."""
    last = _last_move(submission)
    return last is not None and last.verb == MOVED


# ---------------------------------------------------------------- below: how


def _check_moves(submission: Submission, old: FormVersion, new: FormVersion | None) -> None:
    _check_open(submission)
    if new is None or new.form_id != old.form_id or new.number <= old.number:
        raise MoveRefused("This report is in the newest version of its form already.")
    if new.state == FormState.DRAFT:
        raise MoveRefused("This version is not published yet.")


def _check_open(submission: Submission) -> None:
    if submission.state not in (State.DRAFT, State.RETURNED):
        raise MoveRefused("This report has been sent; it can be changed when it is returned.")
    opened = Reopening.select().where(
        Reopening.obligation == submission.obligation_id, Reopening.closed_at.is_null()
    )  # fmt: skip
    if submission.period.closed_at is not None and not opened.exists():
        raise MoveRefused("This period is closed; the planning division can open it for you.")


def _check_may_move(submission: Submission, by: Person) -> None:
    owns = by.role == Role.DIVISION and _version_of(submission).form.owner_id == by.unit_id
    fills = by.role in OFFICE_ROLES and submission.unit_id == by.unit_id
    if not (owns or fills or by.role in (Role.ADMIN, Role.PLANNING)):
        raise NotAllowed("Only the office itself or the form's owner moves a report to another version.")


def _version_of(submission: Submission) -> FormVersion:
    """Return the version the row says, whatever was read along with it before."""
    found: FormVersion = FormVersion.get_by_id(submission.__data__["form_version"])
    return found


def _set_version(work: records.Work, submission: Submission, version: FormVersion) -> None:
    work.update(submission, seen=submission.version, form_version=version)
    submission.form_version = version  # what was read along with the row is the old one
    submission._dirty.discard("form_version")


def _answers(submission: Submission) -> dict[Cell, Answer]:
    return {Cell(a.key, a.row): a for a in Answer.select().where(Answer.submission == submission.id)}


def _entries(answers: Mapping[Cell, Answer], spec: FormSpec) -> dict[Cell, Entry]:
    """Return what people answered; computed answers are worked out anew wherever they go."""
    out: dict[Cell, Entry] = {}
    place = {key: n for n, key in enumerate(spec.asked)}
    for cell, row in sorted(answers.items(), key=lambda pair: (place.get(pair[0].key, 0), pair[0].row)):
        question = spec.asked.get(cell.key)
        if question is not None and kinds.of(question).typed and (cell.row > 0 or spec.table_of(cell.key) is None):
            out[cell] = kinds.from_store(question, row.mark == Mark.VALUE, row.number, row.text)
    return out


def _lines(carried: Carried, entries: Mapping[Cell, Entry]) -> list[Line]:
    return [
        Line(
            tuple(sources), cell, tuple(entries[s] for s in sources), carried.entries[cell],
            cell.key in carried.breaks, carried.breaks.get(cell.key, ""),
        )
        for cell, sources in carried.sources.items()
    ]  # fmt: skip


def _reached(line: list[Stage], old: FormVersion, new: FormVersion) -> list[str]:
    """Return the keys of the new version to which some question of the old one leads, answered or not."""
    keys = list(spec_of(old).asked)
    for earlier, later in itertools.pairwise(line):
        if old.number <= earlier.number < new.number:
            found = field_maps.ways(earlier.spec, later.spec, later.field_map)
            keys = [way.key for key in keys for way in found.get(key, ())]
    return keys


def _columns(spec: FormSpec, cell: Cell, entry: Entry) -> dict[str, Any]:
    applies, number, text = kinds.to_store(spec.asked[cell.key], entry)
    feeds = spec.feeds.get(cell.key) if cell.row == 0 else None
    mark = Mark.VALUE if applies else Mark.NOT_APPLICABLE
    return {"mark": mark, "number": number, "text": text, "indicator": feeds}


def _apply(
    work: records.Work, submission: Submission, there: Mapping[Cell, Answer], wanted: Mapping[Cell, Mapping[str, Any]]
) -> None:
    """Make the answers in the store those wanted; what is not wanted stays in the history."""
    for cell, row in there.items():
        if cell not in wanted:
            work.remove(row)
    for cell, values in wanted.items():
        if cell in there:
            work.update(there[cell], **values)
        else:
            work.create(Answer, submission=submission, key=cell.key, row=cell.row, **values)


def _rename(work: records.Work, submission: Submission, line: list[Stage], old: FormVersion, new: FormVersion) -> None:
    """Let remarks and files go with the questions they stand at; where those are gone, they stand at the report."""
    for table in (Comment, Attachment):
        for row in list(table.select().where(table.submission == submission.id, table.key != "")):
            cell = field_maps.traced(line, Cell(row.key, row.row), old.number, new.number)
            if cell is not None and cell != Cell(row.key, row.row):
                work.update(row, key=cell.key, row=cell.row)


def _last_move(submission: Submission) -> AuditEntry | None:
    found: AuditEntry | None = (
        AuditEntry.select()
        .where(
            AuditEntry.table_name == "Submission",
            AuditEntry.row_id == submission.id,
            AuditEntry.verb.in_((MOVED, MOVED_BACK)),
        )
        .order_by(AuditEntry.id.desc())
        .first()
    )
    return found


def _back(submission: Submission) -> tuple[Moving, dict[Cell, dict[str, Any]]]:
    """Return what moving back does, and the answers that are then there."""
    entry = _last_move(submission)
    if entry is None or entry.verb != MOVED:
        raise MoveRefused("This report was not moved to another version.")
    _check_open(submission)
    first = Revision.get(Revision.entry == entry.id, Revision.table_name == "Submission")
    new, old = FormVersion.get_by_id(first.before["form_version"]), _version_of(submission)
    line = stages(old.form_id)
    now = _answers(submission)
    then, changed = _then(submission, entry, now)
    went = field_maps.through(line, _entries_of(then, spec_of(new)), new.number, old.number)
    back = field_maps.through(line, _entries(now, spec_of(old)), old.number, new.number)
    wanted = {cell: {name: row[name] for name in (*_KEPT, "indicator")} for cell, row in then.items()}
    for cell, sources in back.sources.items():
        if changed & set(sources):
            last = max((now[source] for source in sources), key=lambda a: (a.saved_at is not None, a.saved_at or a.id))
            values = _columns(spec_of(new), cell, back.entries[cell])
            wanted[cell] = values | {"reason": last.reason, "saved_at": last.saved_at, "saved_by": last.saved_by_id}
    for cell, sources in went.sources.items():
        if cell in changed and cell not in now:  # taken away since the move
            for source in sources:
                if source not in back.entries:
                    wanted.pop(source, None)
    entries = _entries(now, spec_of(old))
    left = [one for one in back.left if one.cell in changed or one.cell not in went.entries]
    kept = [one for one in _lines(back, entries) if one.cell in wanted]
    return Moving(old, new, spec_of(old), spec_of(new), kept, left), wanted


def _then(
    submission: Submission, entry: AuditEntry, now: Mapping[Cell, Answer]
) -> tuple[dict[Cell, dict[str, Any]], set[Cell]]:
    """Return the answers as they stood before the move, and the cells that were changed after it."""
    query = Revision.select().where(
        Revision.table_name == "Answer", Revision.entry >= entry.id, Revision.unit == submission.unit_id
    )
    mine = [r for r in query.order_by(Revision.id) if (r.before or r.after)["submission"] == submission.id]
    rows = {a.id: history.picture(a) for a in now.values()}
    changed = {Cell(p["key"], p["row"]) for r in mine if r.entry_id != entry.id for p in (r.before, r.after) if p}
    for revision in reversed(mine):  # from now back to the moment before the move
        if revision.before is None:
            rows.pop(revision.row_id, None)
        else:
            rows[revision.row_id] = revision.before
    then = {Cell(p["key"], p["row"]): history.values_of(Answer, p) for p in rows.values()}
    return then, changed


def _entries_of(rows: Mapping[Cell, Mapping[str, Any]], spec: FormSpec) -> dict[Cell, Entry]:
    out: dict[Cell, Entry] = {}
    for cell, row in rows.items():
        question = spec.asked.get(cell.key)
        if question is not None and kinds.of(question).typed:
            out[cell] = kinds.from_store(question, row["mark"] == Mark.VALUE, row["number"], row["text"])
    return out
