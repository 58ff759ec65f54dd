"""portal export: hand the figures of a period to another system as files, here and now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from models import Dispatch, Person
from portal import clock, exports, files
from portal.commands import setting_out
from portal.errors import PortalError, RuleBroken
from portal.exports import dispatches
from portal.exports.composing import Change, Violation
from portal.exports.dispatches import Looked
from portal.exports.target import Target
from portal.reports import runs
from portal.reports.runs import Asked, Progress
from portal.rules import handoffs
from portal.rules.handoffs import SENT, Span
from portal.rules.terms import RunKind

SHOWN = 50


@click.command("export")
@click.argument("target", type=click.Choice([one.slug for one in exports.EXPORTS]))
@click.argument("period")
@click.option(
    "--out",
    default=".",
    show_default="this folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; made if it is not there.",
)
@click.option("--only-changed", is_flag=True, help="Only the rows that changed since the last dispatch.")
@click.option("--provisional", is_flag=True, help="Also figures that are handed in and not checked; the files say so.")
@click.option("--dry-run", is_flag=True, help="Work it out and tell what breaks the mapping; keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.option("--word", default="", help="Why it goes out although cells break the rules of the mapping.")
@click.option("--by", "username", metavar="NAME", help="Who hands it off; the first administrator when not said.")
def export(
    target: str,
    period: str,
    out: Path,
    only_changed: bool,
    provisional: bool,
    dry_run: bool,
    as_json: bool,
    word: str,
    username: str | None,
) -> None:
    """Write the figures of PERIOD for TARGET as a workbook, CSV and JSON, and keep them as a dispatch.

    PERIOD is a month (2566-05), a fiscal quarter (2566-q3) or a fiscal year (2566). Ends with 0 when the files were
    written (or could be, with --dry-run, or when nothing changed), with 1 when cells break the rules of the mapping.
    """
    given = setting_out.settings()
    try:
        span = handoffs.span(period)
    except RuleBroken as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    with setting_out.store(given):
        place = files.connect(given.files, given.data)
        goal = exports.target(target)
        looked = dispatches.look(goal, span, is_provisional=provisional, files=place, at=clock.now())
        told = _told(looked) | {"dry_run": dry_run, "only_changed": only_changed}
        told["ok"] = not looked.composed.violations or bool(word.strip())
        nothing = only_changed and looked.base is not None and not looked.changes
        if told["ok"] and not dry_run and not nothing:
            by = setting_out.person(username, "hand figures off")
            made = _made(goal, span, only_changed, provisional, word, by, place)
            told |= _kept(made, out, place)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _say(told)
    if not told["ok"]:
        raise click.exceptions.Exit(1)


def _told(looked: Looked) -> dict[str, Any]:
    base = looked.base
    return {
        "target": looked.target.slug, "period": str(looked.span),
        "figures": "provisional" if looked.data.is_provisional else "verified",
        "mapping_version": looked.used.version, "data_sha256": looked.data.sha256(),
        "sheets": [{"sheet": sheet.title, "rows": len(sheet.rows)} for sheet in looked.data.sheets],
        "wrong": [_wrong(one) for one in looked.composed.violations],
        "compared_with": None if base is None else {
            "dispatch": base.number, "state": str(base.state), "is_sent": base.state in SENT,
        },
        "changes": [_change(one) for one in looked.changes], "files": [],
    }  # fmt: skip


def _wrong(one: Violation) -> dict[str, Any]:
    return {
        "sheet": one.sheet, "row": one.row, "column": one.column, "what": str(one.error), "mend": list(one.about),
    }  # fmt: skip


def _change(one: Change) -> dict[str, str]:
    return {
        "what": one.what, "sheet": one.title, "key": one.key, "column": one.heading, "before": one.before,
        "after": one.after,
    }  # fmt: skip


def _made(
    target: Target, span: Span, only_changed: bool, provisional: bool, word: str, by: Person, place: files.Files
) -> Dispatch:
    """Make a dispatch in this process; a worker that hears of it meanwhile finds it made."""
    dispatch, run = dispatches.ask(
        target, span, is_changes_only=only_changed, is_provisional=provisional, word=word, by=by, at=clock.now()
    )

    def do(asked: Asked, progress: Progress) -> None:
        dispatches.make(dispatches.of_run(asked.subject), files=place, teller=progress, now=clock.now)

    runs.carry_out(run.id, kinds=(RunKind.EXPORT,), do=do, now=clock.now)
    after = dispatches.run_of(dispatch)
    if after is not None and after.error:
        dispatches.put_aside(dispatches.of_run(str(dispatch.id)), by=by, at=clock.now(), note=after.error)
        raise PortalError("It could not be made: {reason}", reason=after.error)
    return dispatches.of_run(str(dispatch.id))


def _kept(dispatch: Dispatch, out: Path, place: files.Files) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    listed = []
    for one in dispatch.files:
        path = out / one["name"]
        with place.open(one["key"]) as source:
            path.write_bytes(source.read())
        listed.append({"file": str(path), "sha256": one["sha256"], "bytes": one["size"]})
    return {"dispatch": dispatch.number, "state": str(dispatch.state), "rows": dispatch.rows, "files": listed}


def _say(told: dict[str, Any]) -> None:
    for one in told["sheets"]:
        click.echo(f"sheet      {one['sheet']}: {one['rows']:,} rows")
    for one in told["wrong"][:SHOWN]:
        table, number = one["mend"]
        mend = f" (mend {table} {number})" if number else ""
        click.echo(f"wrong      {one['sheet']} row {one['row']}, {one['column']}: {one['what']}{mend}")
    if len(told["wrong"]) > SHOWN:
        click.echo(f"wrong      and {len(told['wrong']) - SHOWN:,} more")
    base = told["compared_with"]
    if base is not None:
        click.echo(f"changed    {len(told['changes']):,} since dispatch {base['dispatch']} ({base['state']})")
        if told["only_changed"] and not base["is_sent"]:
            click.echo(
                f"careful    dispatch {base['dispatch']} is not marked as sent: what it says must go out as well"
            )
    for one in told["changes"][:SHOWN]:
        place = " ".join(part for part in (one["sheet"], one["key"], one["column"]) if part)
        click.echo(f"{one['what']:10} {place}: {one['before'] or '-'} -> {one['after'] or '-'}")
    for one in told["files"]:
        click.echo(f"file       {one['file']}  sha256 {one['sha256']}")
    if "dispatch" in told:
        click.echo(f"dispatch   {told['dispatch']}: {told['state']}, {told['rows']:,} rows")
    elif told["ok"] and not told["dry_run"]:
        click.echo("nothing    has changed; no file was written")
