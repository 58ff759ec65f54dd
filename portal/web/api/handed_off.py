"""Hand-off to outside systems by program: the dry run, dispatches with files and rows, the steps to the receipt."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g

from models import Dispatch, HandoffMap, Table
from portal import clock, exports
from portal.errors import NotFound
from portal.exports import dispatches, mappings
from portal.exports.composing import Data
from portal.exports.dispatches import Looked
from portal.exports.target import Target
from portal.reports import runs
from portal.rules import handoffs
from portal.rules import mappings as rules
from portal.web.api import acts, answers, door, reading, resources
from portal.web.api.acts import Act, Given, Part, by
from portal.web.kept import kept_files
from portal.web.language import gettext

handed_off = Blueprint("api_handed_off", __name__, url_prefix="/api/v1")
handed_off.before_request(door.enter)
handed_off.after_request(door.leave)

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
SYSTEMS = tuple(one.slug for one in exports.EXPORTS)
SYSTEM = Part("system", one_of=SYSTEMS, needed=True)
PERIOD = Part("period", needed=True, longest=20, says="Such as 2566-q3, 2566-05 or 2566.")
PROVISIONAL = Part("provisional", bool, says="Reports that are only handed in count as well.")
NOTE = Part("note")
SPEC = Part("spec", dict, needed=True, says="The mapping as /handoff-maps/{system}/spec gives it.")
FILED = "There is no such record, or it belongs to another office."


@handed_off.get("/dispatches/<int:ident>/files")
def files(ident: int) -> Response:
    """Return what is known of the files of a dispatch."""
    items = [{name: one[name] for name in ("name", "size", "sha256")} for one in _dispatch(ident).files]
    return answers.json({"items": items})


@handed_off.get("/dispatches/<int:ident>/files/<name>")
def file(ident: int, name: str) -> Response:
    """Send one file of a dispatch, or a part of it."""
    one = next((each for each in _dispatch(ident).files if each["name"] == name), None)
    if one is None:
        raise NotFound(FILED)
    return answers.file(one["key"], name, TYPES[name.rpartition(".")[2]], one["sha256"])


@handed_off.get("/dispatches/<int:ident>/rows")
def rows(ident: int) -> Response:
    """Return the rows of a dispatch in the order of the other system, and which of them are ticked off."""
    dispatch = _dispatch(ident)
    told, ticked = _told(dispatch), dispatches.keyed_rows(dispatch)
    items = [
        {
            "sheet": sheet.slug, "key": row.key, "keyed": (sheet.slug, row.key) in ticked,
            "cells": {h.text: cell for h, cell in zip(sheet.headings, row.cells, strict=True)},
        }
        for sheet in told.sheets for row in sheet.rows
    ]  # fmt: skip
    return answers.json({"items": items})


@handed_off.get("/handoff-maps/<any({}):system>/spec".format(", ".join(SYSTEMS)))
def spec(system: str) -> Response:
    """Return the mapping that a system's files go by now: the shipped one, or as planning has changed it."""
    resources.open_one("handoff-maps", g.person)
    used = mappings.in_use(exports.target(system))
    return answers.json({"system": system, "version": used.version, "spec": rules.as_json(used.layout)})


# ---------------------------------------------------------------- verbs


def _look(given: Given) -> dict[str, Any]:
    target, layout = exports.target(given["system"]), None
    if "spec" in given:
        layout = rules.from_json(given["spec"])
        mappings.check(target, layout)
    span, at = handoffs.span(given["period"]), clock.now()
    is_provisional = given.get("provisional", False)
    looked = dispatches.look(target, span, is_provisional=is_provisional, files=kept_files(), at=at, layout=layout)
    return _shown(looked)


def _ask(given: Given) -> Table:
    dispatch, _run = dispatches.ask(
        exports.target(given["system"]), handoffs.span(given["period"]), word=given.get("word", ""),
        is_changes_only=given.get("only_changed", False), is_provisional=given.get("provisional", False), **by(),
    )  # fmt: skip
    return dispatch


def _acknowledge(dispatch: Dispatch, given: Given) -> None:
    dispatches.acknowledge(dispatch, receipt=given["receipt"], note=given.get("note", ""), **by())


def _key(dispatch: Dispatch, given: Given) -> None:
    sheet = next((one for one in _told(dispatch).sheets if one.slug == given["sheet"]), None)
    if sheet is None:
        raise NotFound("There is no such row in this dispatch.")
    dispatches.tick(dispatch, sheet, given["key"], is_keyed=given.get("keyed", True), **by())


def _again(dispatch: Dispatch, given: Given) -> Table:
    run = dispatches.run_of(dispatch)
    if run is None:
        raise NotFound("This record is no longer there.")
    handoffs.check_may_hand_off(g.person.role)
    runs.retry(run, **by())
    return Dispatch.get_by_id(dispatch.id)


def _keep_map(given: Given) -> Table:
    kept: HandoffMap = mappings.keep(_target(given), rules.from_json(given["spec"]), seen=given.get("seen", 0), **by())
    return kept


def _reset_map(given: Given) -> Table | None:
    mappings.reset(_target(given), seen=given.get("seen", 0), **by())
    return HandoffMap.get_or_none(HandoffMap.system == given["system"])


SEEN = Part("seen", int, says="The version that was looked at; 0 for the shipped one.")
ACTS = (
    Act(
        "dispatches", "check", "Work a dispatch out and keep nothing: the dry run", _look,
        (SYSTEM, PERIOD, PROVISIONAL, Part("spec", dict, says="A mapping to be tried that is not kept yet.")),
        on_one=False, reads=True,
    ),
    Act(
        "dispatches", "ask", "Have a dispatch made", _ask,
        (SYSTEM, PERIOD, PROVISIONAL, Part("only_changed", bool), Part("word", says="Why it goes out all the same.")),
        on_one=False, later=True,
    ),
    Act(
        "dispatches", "record", "Say that it was keyed into the other system by hand",
        lambda dispatch, given: dispatches.record(dispatch, note=given.get("note", ""), **by()), (NOTE,),
    ),
    Act(
        "dispatches", "upload", "Say that its file was given to the other system",
        lambda dispatch, given: dispatches.upload(dispatch, note=given.get("note", ""), **by()), (NOTE,),
    ),
    Act(
        "dispatches", "acknowledge", "Write down the receipt of the other system", _acknowledge,
        (Part("receipt", needed=True, longest=200), NOTE),
    ),
    Act(
        "dispatches", "put_aside", "Put it aside; it is not going to be sent",
        lambda dispatch, given: dispatches.put_aside(dispatch, note=given.get("note", ""), **by()), (NOTE,),
    ),
    Act(
        "dispatches", "key", "Tick a row off as keyed, or take the tick back", _key,
        (Part("sheet", needed=True, longest=60), Part("key", needed=True, longest=300), Part("keyed", bool)),
    ),
    Act("dispatches", "again", "Let one that could not be made be made after all", _again, later=True),
    Act(
        "handoff-maps", "keep", "Keep a mapping; dispatches from now on go by it", _keep_map, (SYSTEM, SPEC, SEEN),
        on_one=False,
    ),
    Act(
        "handoff-maps", "reset", "Go back to the mapping we ship", _reset_map, (SYSTEM, SEEN), on_one=False,
    ),
)  # fmt: skip
acts.install(handed_off, ACTS)


# ---------------------------------------------------------------- below: how


def _dispatch(ident: int) -> Dispatch:
    found = reading.at(resources.open_one("dispatches", g.person), ident)
    assert isinstance(found, Dispatch)
    return found


def _target(given: Given) -> Target:
    return exports.target(given["system"])


def _told(dispatch: Dispatch) -> Data:
    if not dispatch.data_key:
        raise NotFound("This dispatch has no files yet.")
    return dispatches.told(dispatch, kept_files())[0]


def _shown(looked: Looked) -> dict[str, Any]:
    wrong = [
        {"sheet": one.sheet, "row": one.row, "column": one.column, "key": one.key, "detail": one.error.words(gettext)}
        for one in looked.composed.violations
    ]
    return {
        "figures": json.loads(looked.data.text()), "rows": looked.data.count, "map_version": looked.used.version,
        "wrong": wrong, "compared_with": looked.base and looked.base.id,
        "changes": [vars(one) | {"what": one.what} for one in looked.changes],
    }  # fmt: skip
