"""portal workbook write, read: an office's forms as an Excel workbook, and what such a workbook would change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from models import Person, Unit
from portal import clock
from portal.commands import setting_out
from portal.workbooks import checking, desk, reading, taking, writing
from portal.workbooks.taking import Preview

FILE = click.Path(dir_okay=False, path_type=Path)
MOST_LINES = 200


@click.group("workbook")
def workbook() -> None:
    """Write an office's forms as an Excel workbook, and read one back."""


@workbook.command()
@click.argument("unit")
@click.argument("period")
@click.option("--out", required=True, type=FILE, help="The file to write.")
def write(unit: str, period: str, out: Path) -> None:
    """Write the forms that UNIT (an office's code, P40) owes for PERIOD (2566-05, 2566-Q3 or 2566)."""
    given = setting_out.settings()
    with setting_out.store(given):
        office = _unit(unit)
        own = desk.gather(office, desk.period_of(period), at=clock.now())
        with out.open("wb") as file:
            made = writing.write(own, file, secret=given.secret_key, at=clock.now())
    cells = sum(len(leaf.before) for leaf in made.leaves)
    click.echo(f"{out}: {len(made.leaves)} forms of {office.short} for {own.period_name}, {cells} answers so far")


@workbook.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--by", default="", help="User name of the person of that office who sends it in.")
@click.option("--whole", is_flag=True, help="Take all of it or, when anything is wrong, nothing.")
@click.option("--returned", type=FILE, help="Write the workbook with its wrong cells red and annotated.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def read(file: Path, dry_run: bool, by: str, whole: bool, returned: Path | None, as_json: bool) -> None:
    """Take what is right in the workbook FILE; the exit code is 1 when any cell of it is wrong."""
    given = setting_out.settings()
    with setting_out.store(given):
        now = clock.now()
        office = _unit(reading.whose(file, secret=given.secret_key).unit)
        person = None if dry_run else _person(by)
        preview = taking.look(file, unit=office, by=person, at=now, secret=given.secret_key)
        if returned is not None:
            with returned.open("wb") as out:
                writing.write(preview.desk, out, secret=given.secret_key, at=now, returned=preview.returned())
        told = _told(preview)
        if person is not None:
            told["saved"] = taking.take(preview, by=person, at=now, whole=whole).saved
    click.echo(json.dumps(told, ensure_ascii=False, indent=1) if as_json else "\n".join(_lines(told)))
    if preview.wrong:
        raise click.exceptions.Exit(1)


@workbook.command("checking")
@click.argument("period")
@click.option("--unit", default="", help="Code of the division whose forms to write; all forms when left out.")
@click.option("--out", required=True, type=FILE, help="The file to write.")
def check(period: str, unit: str, out: Path) -> None:
    """Write everything for checking of PERIOD: all offices beside all questions, and the register of results."""
    given = setting_out.settings()
    with setting_out.store(given), out.open("wb") as file:
        owner = _unit(unit) if unit else None
        made = checking.write(desk.period_of(period), file, at=clock.now(), owner=owner)
    click.echo(f"{out}: {made['forms']} forms, {made['offices']} lines of offices, {made['cells']} answers")


def _unit(code: str) -> Unit:
    found: Unit | None = Unit.get_or_none(Unit.code == code)
    if found is None:
        raise click.BadParameter(f"there is no unit “{code}”")
    return found


def _person(username: str) -> Person:
    found: Person | None = Person.get_or_none(Person.username == username) if username else None
    if found is None:
        raise click.UsageError("say who sends it in (--by USERNAME, a person of that office), or only look (--dry-run)")
    return found


def _told(preview: Preview) -> dict[str, Any]:
    return {
        "unit": preview.identity.unit,
        "period": preview.identity.period_name,
        "changes": preview.changes,
        "wrong": preview.wrong,
        "blocked": preview.blocked,
        "remarks": [
            {
                "form": form.read.leaf.form, "key": remark.cell.key, "row": remark.cell.row, "name": remark.name,
                "typed": remark.typed, "rule": remark.rule, "words": remark.error.words(), "wrong": remark.wrong,
            }
            for form in preview.forms
            for remark in form.remarks
        ],
    }  # fmt: skip


def _lines(told: dict[str, Any]) -> list[str]:
    head = [f"{told['unit']}, {told['period']}: {told['changes']} cells to change, {told['wrong']} wrong"]
    if "saved" in told:
        head.append(f"saved {told['saved']} cells")
    remarks = [f"  {r['form']} {r['name']}: {r['words']}" for r in told["remarks"][:MOST_LINES]]
    more = len(told["remarks"]) - len(remarks)
    return [*head, *remarks, *([f"  and {more} more"] if more > 0 else [])]
