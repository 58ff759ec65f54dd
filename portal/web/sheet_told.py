"""What a page and its script are told of a report: progress, what became of each cell, a lock in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from models import Indicator, Person
from portal.answers import Saved
from portal.database import tuples
from portal.forms import kinds
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.locks import Lock, LockRule
from portal.sheets import Sheet
from portal.web import sheet_view
from portal.web.form_page import name_of
from portal.web.language import gettext
from portal.web.shell import day, moment
from portal.web.sign_in import me
from portal.web.words import word


def progress(sheet: Sheet) -> dict[str, int]:
    """Return how many cells are to be filled in, how many are, and how many must be mended first."""
    total = filled = 0
    for key, question in sheet.spec.asked.items():
        if not kinds.of(question).typed or key not in sheet.shown or key in sheet.parts:
            continue
        table = sheet.spec.table_of(key)
        rows = [0] if table is None else sheet.spec.rows(table, sheet.answers)
        total += len(rows)
        filled += sum(Cell(key, row) in sheet.answers for row in rows)
    wrong = {p.cell for p in sheet_view.problems_shown(sheet) if p.stops}
    return {"total": total, "filled": filled, "wrong": len(wrong)}


def reply(saved: Saved, asked: Iterable[Cell], since: str, now: dt.datetime) -> dict[str, Any]:
    """Return what became of each cell as a script is told: state, text as the store has it, version, words."""
    sheet = saved.sheet
    cells: dict[str, dict[str, Any]] = {}
    for cell in dict.fromkeys([*asked, *saved.saved]):
        cells[name_of(cell)] = _became(saved, cell)
    others = {
        name_of(cell): {"typed": kinds.write(sheet.spec.asked[cell.key], held.entry), "version": held.version}
        for cell, held in sheet.answers.items()
        if since and held.saved_at is not None and held.saved_by not in (None, me().id)
        and held.saved_at.isoformat() >= since and name_of(cell) not in cells
    }  # fmt: skip
    worked_out = {}
    for key, question in sheet.spec.asked.items():
        if not kinds.of(question).typed or key in sheet.parts or key in sheet.spec.totalled:
            for cell in _cells(sheet, key):
                entry = sheet.worked_out.get(cell, sheet.entries.get(cell) if key in sheet.parts else None)
                worked_out[name_of(cell)] = sheet_view.shown_text(question, entry)
    totals = {
        key: sheet_view.total_of(beside, sheet.entries.get(Cell(key), sheet.worked_out.get(Cell(key))))
        for key, beside in sheet.beside.items()
        if "." not in key
    }
    return {
        "cells": cells, "others": others, "computed": worked_out, "totals": totals,
        "hidden": sorted({k for k in [*sheet.spec.questions, *sheet.spec.asked] if k not in sheet.shown}),
        "problems": [
            {"cell": name_of(p.cell), "severity": p.severity, "words": p.error.words(gettext), "reason": p.reason}
            for p in sheet_view.problems_shown(sheet)
        ],
        "progress": progress(sheet), "at": now.isoformat(), "clock": f"{now:%H.%M}",
        "version": sheet.submission.version if sheet.submission else 0,
    }  # fmt: skip


def explained(sheet: Sheet, lock: Lock | None, key: str = "") -> dict[str, Any] | None:
    """Return a lock in words: which rule, why, since when, until when, who can lift it, and whether to ask."""
    if lock is None:
        return None
    owner = sheet.obligation.form.owner if sheet.obligation.form else None
    who = [
        str(owner.short) if role == Role.DIVISION and owner is not None else word(role) for role in lock.lifters
    ]  # fmt: skip
    return {
        "rule": str(lock.rule), "name": word(lock.rule), "words": sheet_view.lock_words(lock),
        "since": moment(lock.since) if lock.since else "", "until": day(lock.until) if lock.until else "",
        "who": " / ".join(dict.fromkeys(who)), "key": key,
        "parts": _parts(sheet, key) if lock.rule is LockRule.FROM_PARTS else [],
    }  # fmt: skip


def names_of(idents: Iterable[int | None]) -> dict[int, str]:
    wanted = sorted({ident for ident in idents if ident is not None})
    if not wanted:
        return {}
    return dict(tuples(Person.select(Person.id, Person.name).where(Person.id.in_(wanted))))


def words_for_script() -> dict[str, Any]:
    """Return the words a script needs, in the reader's language."""
    return {
        "states": {state: [mark, gettext(words)] for state, (mark, words) in sheet_view.STATES.items()},
        "saving": gettext("saving"),
        "waiting": gettext("not sent yet"),
        "na": kinds.DOES_NOT_APPLY[0],
        "unsaved": gettext("Not yet saved: {count}"),
        "saved": gettext("Last saved at {time}"),
        "away": gettext(
            "No connection. What you type is kept in this browser and is saved when the connection is back."
        ),
        "signed_out": gettext("You have been signed out. Sign in again in another tab, then come back here."),
        "pasted": gettext("Pasted {count} cells: {saved} saved, {refused} not saved"),
        "left_out": gettext("{count} values did not fit on the sheet and were left out"),
        "undo": gettext("Undo"),
        "undone": gettext("Undone"),
        "reason": gettext("Reason"),
        "reason_hint": gettext("It is printed under the table."),
        "theirs": gettext("{who} has put in “{value}” meanwhile."),
        "theirs_none": gettext("Somebody else has taken this answer away meanwhile."),
        "somebody": gettext("Somebody else"),
        "take": gettext("Take theirs"),
        "keep": gettext("Keep mine"),
        "other": gettext("changed by somebody else"),
        "wrong": gettext("To be mended: {count}"),
        "filled": gettext("{filled} of {total} cells"),
        "failed": gettext("It could not be saved: {words}"),
    }


# ---------------------------------------------------------------- below: how


def _cells(sheet: Sheet, key: str) -> list[Cell]:
    """Return the cells of a worked-out question: its own, or one a row with the total above."""
    table = sheet.spec.table_of(key)
    if table is None:
        return [Cell(key)]
    rows = [] if kinds.of(sheet.spec.asked[key]).typed else sheet.spec.rows(table, sheet.answers)
    return [Cell(key, row) for row in ([0] if key in sheet.spec.totalled else []) + rows]


def _parts(sheet: Sheet, key: str) -> list[str]:
    """Return the names of the indicators that a figure is made of."""
    _, children, _ = sheet.parts.get(key, (None, {}, ()))
    rows = Indicator.select(Indicator.name).where(Indicator.id.in_(list(children) or (0,)))
    return [name for (name,) in tuples(rows.order_by(Indicator.position, Indicator.id))]


def _became(saved: Saved, cell: Cell) -> dict[str, Any]:
    held = saved.sheet.answers.get(cell)
    question = saved.sheet.spec.asked.get(cell.key)
    if cell in saved.refused:
        state = "locked" if cell in saved.locks else "refused"
        return {"state": state, "words": saved.refused[cell].words(gettext)}
    assert question is not None
    if cell in saved.clashed:
        clash = saved.clashed[cell]
        who = names_of([clash.theirs.saved_by]) if clash.theirs and clash.theirs.saved_by else {}
        return {
            "state": "clash",
            "theirs": kinds.write(question, clash.theirs.entry) if clash.theirs else "",
            "version": clash.theirs.version if clash.theirs else 0,
            "who": next(iter(who.values()), ""),
        }
    entry = held.entry if held else None
    return {
        "state": sheet_view.state_of(question, entry, (), False),
        "typed": kinds.write(question, entry),
        "version": held.version if held else 0,
    }
