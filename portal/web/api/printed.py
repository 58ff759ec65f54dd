"""Runs and editions by program: ask, stop, ask again; take an edition a step on; fetch its PDF and frozen figures."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, request

from jobs import queue
from models import Edition, Run
from portal import clock
from portal.errors import NotFound, RuleBroken
from portal.reports import issuing, ledger, runs
from portal.rules import editions
from portal.rules.editions import Signature
from portal.rules.terms import RunKind
from portal.web.api import answers, door, reading, replies, resources, values, writing
from portal.web.kept import kept_files

printed = Blueprint("api_printed", __name__, url_prefix="/api/v1")
printed.before_request(door.enter)
printed.after_request(door.leave)

VERBS = sorted({step.verb for step in editions.STEPS})
SIGNED = ("signer", "signer_post", "document_number")


@printed.post("/runs")
def ask() -> Response:
    """Ask for a pack or a book; asking for one that is being made already returns the same run."""

    def do() -> Response:
        door.check_may_step()
        resource, given = resources.open_one("runs", g.person), writing.body()
        if set(given) != {"kind", "subject"} or given["kind"] not in ("pack", "book"):
            raise RuleBroken("The body is {example}.", field="kind", example='{"kind": "pack", "subject": "2566-05"}')
        run = runs.ask(RunKind(given["kind"]), _text(given, "subject", 40), by=g.person, at=clock.now())
        _ring(run)
        return answers.record(resource, Run.get_by_id(run.id), 202)

    return replies.once(do)


@printed.post("/runs/<int:ident>/cancel")
def cancel(ident: int) -> Response:
    """Stop a run."""
    return replies.once(lambda: _changed(ident, runs.cancel))


@printed.post("/runs/<int:ident>/retry")
def retry(ident: int) -> Response:
    """Let a failed or cancelled run be made after all."""
    return replies.once(lambda: _changed(ident, runs.retry))


@printed.post(f"/editions/<int:ident>/<any({', '.join(VERBS)}):verb>")
def step(ident: int, verb: str) -> Response:
    """Issue the figures of an edition anew, as what the step makes of it; the answer is the run that prints it."""

    def do() -> Response:
        door.check_may_step()
        resource = resources.open_one("editions", g.person)
        edition = reading.at(resource, ident)
        assert isinstance(edition, Edition)
        given = writing.body() if request.get_data() else {}
        for name in given:
            if name not in (*SIGNED, "document_on", "note"):
                words = "There is no property “{name}”. There are: {known}."
                known = ", ".join((*SIGNED, "document_on", "note"))
                raise RuleBroken(words, field=name[:60], name=name[:60], known=known)
        day = given.get("document_on")
        signer, post, number = (_text(given, name, 200) for name in SIGNED)
        on = None if day is None else values.read(Edition._meta.fields["document_on"], day)
        signature = Signature(signer, post, number, on)
        writing.matched(resource, edition)
        run = issuing.take_step(
            edition, verb, by=g.person, at=clock.now(), signature=signature, note=_text(given, "note", 2000)
        )
        _ring(run)
        return answers.record(resources.open_one("runs", g.person), run, 202)

    return replies.once(do)


@printed.get("/editions/<int:ident>/file")
def file(ident: int) -> Response:
    """Send the PDF of an edition, or a part of it."""
    edition = _edition(ident)
    if not edition.file_key:
        raise NotFound("This edition is still being printed.")
    return answers.file(edition.file_key, f"{ledger.name(edition)}.pdf", "application/pdf", edition.sha256)


@printed.get("/editions/<int:ident>/figures")
def figures(ident: int) -> Response:
    """Return the figures that an edition froze, as they were: by chapter, and each printed one with its passport."""
    edition = _edition(ident)
    frozen = json.loads(ledger.figures(edition, kept_files()))
    response = answers.json({"edition": ledger.name(edition), "cut_at": values.moment(edition.cut_at)} | frozen)
    response.set_etag(edition.snapshot_sha256)
    response.make_conditional(request)
    return response


# ---------------------------------------------------------------- below: how


def _edition(ident: int) -> Edition:
    found = reading.at(resources.open_one("editions", g.person), ident)
    assert isinstance(found, Edition)
    return found


def _changed(ident: int, verb: Any) -> Response:
    door.check_may_step()
    resource = resources.open_one("runs", g.person)
    run = reading.at(resource, ident)
    assert isinstance(run, Run)
    writing.check_empty()
    writing.matched(resource, run)
    verb(run, by=g.person, at=clock.now())
    fresh = Run.get_by_id(run.id)
    _ring(fresh)
    return answers.record(resource, fresh)


def _ring(run: Run) -> None:
    if run.kind in (RunKind.PACK, RunKind.BOOK) and str(run.state) == "waiting":
        queue.ring("compile_run", run.id, turn=run.attempt)


def _text(given: dict[str, Any], name: str, longest: int) -> str:
    found = given.get(name, "")
    if not isinstance(found, str):
        raise RuleBroken("“{text}” is not {words}.", field=name, text=str(found)[:60], words="a text")
    if len(found) > longest:
        raise RuleBroken("This is longer than {longest} characters.", field=name, longest=longest)
    return found
