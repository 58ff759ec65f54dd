"""What people do beside the workflow, by program: remind, open again, ask, answer, draw forms, set books, send."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, g

from jobs import queue
from models import (
    BookEntry,
    BookOutline,
    Comment,
    Edition,
    Form,
    FormVersion,
    Indicator,
    MailingList,
    Notice,
    Obligation,
    Period,
    Sending,
    Submission,
    Table,
)
from portal import clock, notices, sheets, submissions, unlocks, visit_months
from portal.errors import NotFound, RuleBroken
from portal.forms import exchange, versions
from portal.reports import books, outlines, sendings
from portal.reports.dress import Dress
from portal.rules.locks import LockRule
from portal.rules.terms import EntryKind, PeriodKind
from portal.web.api import acts, door
from portal.web.api.acts import Act, Given, Part, by
from portal.web.language import gettext

reported = Blueprint("api_reported", __name__, url_prefix="/api/v1")
reported.before_request(door.enter)
reported.after_request(door.leave)

NOTE, REASON = Part("note"), Part("reason", needed=True)
KINDS = tuple(str(kind) for kind in PeriodKind)


# ---------------------------------------------------------------- periods, obligations, reports


def _send_month(period: Period, given: Given) -> dict[str, Any]:
    return vars(visit_months.send_month(period, reason=given.get("reason", ""), **by()))


def _remind(period: Period, given: Given) -> dict[str, Any]:
    only = None
    if "obligations" in given:
        only = [one for one in given["obligations"] if isinstance(one, int)]
    return vars(notices.remind_missing(period, only=only, **by()))


def _reopen(owed: Obligation, given: Given) -> Table:
    return submissions.reopen(owed, reason=given["reason"], days=given.get("days", submissions.USUAL_DAYS), **by())


def _ask_unlock(owed: Obligation, given: Given) -> Table:
    sheet = sheets.sheet_of(owed.id, at=clock.now())
    ident = sheet.spec.feeds.get(given.get("key", ""))
    indicator = Indicator.get_by_id(ident) if ident is not None and given.get("key") in sheet.cell_locks else None
    return unlocks.ask(owed, LockRule(given["rule"]), reason=given["reason"], indicator=indicator, **by())


def _settle(mark: Comment, given: Given) -> None:
    sheet = sheets.sheet_of(mark.submission.obligation_id, at=clock.now())
    if sheet.lock is not None:
        raise sheet.lock.refusal()
    submissions.settle(mark, answer=given["answer"], **by())


def _move(report: Submission, given: Given) -> None:
    versions.move(report, **by())


def _move_back(report: Submission, given: Given) -> None:
    versions.move_back(report, **by())


def _read(notice: Notice, given: Given) -> None:
    if notice.person_id != g.person.id:
        raise NotFound("There is no such notice.")
    notices.mark_read(g.person, at=clock.now(), only=[notice.id])


# ---------------------------------------------------------------- forms


def _begin_form(given: Given) -> Table:
    kind = PeriodKind(given.get("kind", "month"))
    return versions.begin(code=given["code"], name=given["name"], kind=kind, owner=g.person.unit, **by())


def _copy_form(form: Form, given: Given) -> Table:
    return versions.copy(form, code=given["code"], name=given["name"], **by())


def _take_form(given: Given) -> dict[str, Any]:
    parcel = exchange.read_parcel(json.dumps(given["file"]).encode())
    made = exchange.take_in(parcel, form=given.get("into"), code=given.get("code", ""), **by())
    return {"version_id": made.version.id, "remarks": [one.error.words(gettext) for one in made.remarks]}


def _save(version: FormVersion, given: Given) -> dict[str, Any]:
    found = versions.save_draft(
        version, given.get("spec", version.spec), field_map=given.get("field_map"), note=given.get("note"),
        seen=version.version, **by(),
    )  # fmt: skip
    return {"faults": [one.error.words(gettext) for one in found], "version": version.version}


# ---------------------------------------------------------------- books


def _send(edition: Edition, given: Given) -> None:
    sendings.send(edition, given["list"], **by())


def _ring_letters(edition: Edition) -> None:
    for held in Sending.select(Sending.id).where(Sending.edition == edition.id, Sending.sent_at.is_null()):
        queue.ring("send_edition", held.id)


def _begin(given: Given) -> Table:
    return outlines.begin(books.BOOKS[given["book"]], given.get("year", 0), **by())


def _reset(outline: BookOutline, given: Given) -> dict[str, Any]:
    outlines.reset(outline, **by())
    return {}


def _wear(outline: BookOutline, given: Given) -> None:
    digits, margins = (given.get(name, getattr(outline, name)) for name in ("thai_digits", "official_margins"))
    outlines.wear(outline, Dress(digits, margins), **by())


def _add(outline: BookOutline, given: Given) -> Table:
    said = {name: given.get(name, "") for name in ("chapter", "title", "body", "scope")}
    return outlines.add(outline, EntryKind(given["kind"]), **said, **by())


def _write(entry: BookEntry, given: Given) -> None:
    if {"title", "body", "scope"} & given.keys():
        title, body, scope = (given.get(name, getattr(entry, name)) for name in ("title", "body", "scope"))
        outlines.write(entry, title=title, body=body, scope=scope, seen=entry.version, **by())
    if "printed" in given:
        outlines.switch(BookEntry.get_by_id(entry.id), given["printed"], **by())
    if "steps" in given:
        if not -200 <= given["steps"] <= 200:
            raise RuleBroken("“{text}” is not {words}.", field="steps", text=given["steps"], words="a whole number")
        outlines.move(BookEntry.get_by_id(entry.id), given["steps"], **by())


def _take_out(entry: BookEntry, given: Given) -> dict[str, Any]:
    outlines.take_out(entry, **by())
    return {}


ACTS = (
    Act(
        "periods", "send_visits", "Say that the office's visits of the month are complete", _send_month,
        (Part("reason", longest=500, says="Why planned visits were not made."),),
    ),
    Act(
        "periods", "remind", "Ask those who still owe something for it: once a day a person", _remind,
        (Part("obligations", list, says="Numbers of those meant; else all of the period."),),
    ),
    Act(
        "obligations", "reopen", "Open one office's report again for some working days", _reopen,
        (REASON, Part("days", int)),
    ),
    Act(
        "obligations", "ask_unlock", "Ask that a lock be lifted", _ask_unlock,
        (Part("rule", needed=True, one_of=tuple(LockRule)), REASON, Part("key", longest=60, says="Of a locked cell.")),
    ),
    Act(
        "comments", "settle", "Answer a mark of the division without changing the figure", _settle,
        (Part("answer", needed=True),),
    ),
    Act("submissions", "move", "Move a report to the newest version of its form", _move),
    Act("submissions", "move_back", "Move a report back to the version it came from", _move_back),
    Act("notices", "mark_read", "Mark a notice as read", _read),
    Act(
        "forms", "begin", "Begin a form with an empty first draft", _begin_form,
        (
            Part("code", needed=True, longest=40), Part("name", needed=True, longest=300), Part("kind", one_of=KINDS),
        ),
        on_one=False,
    ),
    Act(
        "forms", "copy", "Make a new form with the same questions", _copy_form,
        (Part("code", needed=True, longest=40), Part("name", needed=True, longest=300)),
    ),
    Act(
        "forms", "take_in", "Take a form in from its file, as a new one or as a draft of one", _take_form,
        (
            Part("file", dict, needed=True, says="The form's file as JSON."), Part("into", int, of=Form),
            Part("code", longest=40),
        ),
        on_one=False,
    ),
    Act(
        "form-versions", "save", "Keep a draft's questions, field map and note", _save,
        (Part("spec", dict), Part("field_map", dict), NOTE),
    ),
    Act(
        "editions", "send", "Have it sent to everybody of a list who has not been sent it", _send,
        (Part("list", int, needed=True, of=MailingList),), after=_ring_letters,
    ),
    Act(
        "book-outlines", "begin", "Begin a table of contents of a book, as the one in force stands", _begin,
        (Part("book", needed=True, one_of=tuple(books.BOOKS)), Part("year", int, says="0: of every year.")),
        on_one=False,
    ),
    Act("book-outlines", "reset", "Go back to what was in force before", _reset),
    Act(
        "book-outlines", "wear", "Have a book set with Thai digits or official margins from now on", _wear,
        (Part("thai_digits", bool), Part("official_margins", bool)),
    ),
    Act(
        "book-outlines", "add", "Add a part, a chapter, a text or photographs", _add,
        (
            Part("kind", needed=True, one_of=tuple(EntryKind)), Part("chapter", longest=60), Part("title", longest=300),
            Part("body", longest=100_000),
            Part("scope", longest=20, says="The office of whose book alone it is a line; empty: of nobody's alone."),
        ),
    ),
    Act(
        "book-entries", "write", "Change a line's words, whether it is printed, and its place", _write,
        (
            Part("title", longest=300), Part("body", longest=100_000), Part("printed", bool),
            Part("scope", longest=20, says="The office of whose book alone it is a line; empty: of nobody's alone."),
            Part("steps", int, says="So many lines down; up below nil."),
        ),
    ),
    Act("book-entries", "take_out", "Take a line out", _take_out),
)  # fmt: skip
acts.install(reported, ACTS)
