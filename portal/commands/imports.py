"""portal import: take a file of the state's finance system into the year's budget, here and now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from models import ImportBatch, Person
from portal import clock, files
from portal.budget import check_may_take
from portal.commands import setting_out
from portal.errors import PortalError, RuleBroken
from portal.imports import batches, codes, companion, control, underway
from portal.imports.source import AMOUNTS, Fault, Given
from portal.reports import runs
from portal.reports.runs import Asked, Progress
from portal.rules.inputs import parse_date
from portal.rules.terms import BatchState, RunKind


@click.group("import")
def importing() -> None:
    """Take a file in."""


@importing.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read, match and tell; keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.option("--year", type=int, help="Fiscal year, where the file does not say it; else it must agree.")
@click.option("--as-of", metavar="DAY", help="Day the figures are of, like 31/05/2566, where the file does not say it.")
@click.option("--office", default="", help="Code of the office a register is of, where the file does not say it.")
@click.option("--part", is_flag=True, help="The file is a part of the year: what it leaves out stays as it is.")
@click.option("--word", default="", help="Why the file is taken in although something does not agree.")
@click.option("--by", "username", metavar="NAME", help="Who takes it in; the first administrator when not said.")
def gfmis(
    file: Path,
    dry_run: bool,
    as_json: bool,
    year: int | None,
    as_of: str | None,
    office: str,
    part: bool,
    word: str,
    username: str | None,
) -> None:
    """Take FILE in: NFMA46, extract, treasury workbook or provincial register, told by its headings.

    Ends with 0 when the file was (or, with --dry-run, could be) taken in, with 1 when something is wrong with it, when
    a code is unknown or a total does not agree and no --word says why it is taken in all the same.
    """
    given_settings = setting_out.settings()
    try:
        given = Given(year, parse_date(as_of) if as_of else None, office)
    except RuleBroken as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    with setting_out.store(given_settings):
        if dry_run:
            told = _looked_at(file, given)
        else:
            place = files.connect(given_settings.files, given_settings.data)
            by = setting_out.person(username, "take files in")
            check_may_take(by)
            told = _taken(file, given, not part, word, by, place)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _say(told)
    if not told["ok"]:
        raise click.exceptions.Exit(1)


def _looked_at(file: Path, given: Given) -> dict[str, Any]:
    said, matched = batches.preview(file, given)
    unknown: dict[tuple[str, str], int] = {}
    for lacks in (each.lacks for each in matched):
        for kind, value in lacks:
            unknown[str(kind), value] = unknown.get((str(kind), value), 0) + 1
    sums: dict[str, dict[str, int]] = {"matched": {}, "unmatched": {}}
    for line, match in zip(said.lines, matched, strict=False):
        held = sums["unmatched" if match.lacks else "matched"]
        for name in AMOUNTS:
            if (value := getattr(line, name)) is not None:
                held[name] = held.get(name, 0) + value
    whole = said.totals or {}
    differs = {n: whole[n] - v for n, v in said.sums().items() if n in whole and whole[n] != v}
    lacking = sum(1 for match in matched if match.lacks)
    names_only = said.shape == companion.SHAPE.slug
    return {
        "ok": not said.fault_count and not lacking and (bool(said.totals) or names_only) and not differs,
        "dry_run": True, "shape": said.shape, "fiscal_year": said.year, "as_of": said.as_of and said.as_of.isoformat(),
        "lines_read": len(said.lines), "matched": len(matched) - lacking, "unmatched": lacking,
        "control": _control(said.totals, sums["matched"], sums["unmatched"], said.sums()),
        "unknown": [{"kind": k, "value": v, "lines": n} for (k, v), n in unknown.items()],
        "wrong": [_wrong(fault) for fault in said.faults], "wrong_count": said.fault_count, "held": [],
    }  # fmt: skip


def _wrong(fault: Fault) -> dict[str, Any]:
    return {"sheet": fault.sheet, "row": fault.row, "column": fault.column, "what": str(fault.error)}


def _control(
    totals: dict[str, int] | None, matched: dict[str, int], unmatched: dict[str, int], sums: dict[str, int]
) -> dict[str, Any]:
    return {
        name: {
            "file": (totals or {}).get(name), "matched": matched.get(name, 0), "unmatched": unmatched.get(name, 0),
            "difference": None if name not in (totals or {}) else (totals or {})[name] - sums[name],
        }
        for name in sums
    }  # fmt: skip


def _taken(file: Path, given: Given, is_whole: bool, word: str, by: Person, place: files.Files) -> dict[str, Any]:
    at = clock.now()
    batch = batches.receive(file, file.name, given, is_whole=is_whole, by=by, files=place, at=at)
    was_there = batch.state is BatchState.TAKEN
    if batch.state is BatchState.WAITING:
        batch = _worked(batch, place)
    held = control.holds(batch) if batch.state is BatchState.STAGED else []
    if batch.state is BatchState.STAGED and (not held or word) and batch.lines_taken:
        batches.accept(batch, word, by=by, at=at)
        batch = _worked(batch, place)
    report = batch.report
    return {
        "ok": batch.state is BatchState.TAKEN, "dry_run": False, "batch": batch.id, "state": str(batch.state),
        "was_taken_before": was_there, "shape": report.get("shape", ""), "fiscal_year": report.get("year"),
        "as_of": batch.as_of and batch.as_of.isoformat(), "lines_read": batch.lines_read,
        "matched": batch.lines_taken, "unmatched": batch.lines_refused,
        "control": _control(report.get("totals"), report.get("matched", {}), report.get("unmatched", {}),
                            report.get("sums", {})),
        "changes": report.get("changes", {}),
        "unknown": [
            {"kind": str(u.kind), "value": u.value, "lines": u.lines} for u in codes.unknown(batch)
        ] if batch.state is BatchState.STAGED else [],
        "wrong": [
            {"sheet": f["sheet"], "row": f["row"], "column": f["column"], "what": f["says"].format(**f["values"])}
            for f in report.get("faults", [])
        ],
        "wrong_count": report.get("fault_count", 0),
        "held": [str(each) for each in held] if batch.state is BatchState.STAGED else [],
    }  # fmt: skip


def _worked(batch: ImportBatch, place: files.Files) -> ImportBatch:
    """Do a batch's run in this process; a worker that hears of it meanwhile finds it taken."""
    run = underway.run_of(batch)
    assert run is not None, "a batch that waits has a run"

    def do(asked: Asked, progress: Progress) -> None:
        batches.go_on(underway.of_run(asked.subject), files=place, teller=progress, now=clock.now)

    runs.carry_out(run.id, kinds=(RunKind.IMPORT,), do=do, now=clock.now)
    after = underway.run_of(batch)
    if after is not None and after.error:
        raise PortalError("It could not be made: {reason}", reason=after.error)
    return underway.of_run(str(batch.id))


def _say(told: dict[str, Any]) -> None:
    click.echo(
        f"shape      {told['shape'] or '-'}, fiscal year {told['fiscal_year'] or '-'}, as of {told['as_of'] or '-'}"
    )
    click.echo(f"lines      {told['lines_read']:,} read, {told['matched']:,} matched, {told['unmatched']:,} unmatched")
    for name, each in told["control"].items():
        file = "no total" if each["file"] is None else _baht(each["file"])
        click.echo(
            f"{name:16} file {file}, matched {_baht(each['matched'])}, unmatched {_baht(each['unmatched'])}, "
            f"difference {'-' if each['difference'] is None else _baht(each['difference'])}"
        )
    for each in told["wrong"]:
        place = " ".join(str(p) for p in (each["sheet"], each["row"], each["column"]) if p)
        click.echo(f"wrong      {place or 'the file'}: {each['what']}")
    for each in told["unknown"]:
        click.echo(f"unknown    {each['kind']} “{each['value']}”: {each['lines']:,} lines")
    for each in told["held"]:
        click.echo(f"held       {each}")
    if not told["dry_run"]:
        click.echo(f"batch      {told['batch']}: {told['state']}{' (before)' if told['was_taken_before'] else ''}")


def _baht(satang: int) -> str:
    return f"{'-' if satang < 0 else ''}{abs(satang) // 100:,}.{abs(satang) % 100:02d}"
