"""portal form: report forms in and out of the store, as files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from models import Form, FormVersion, Unit
from portal import clock
from portal.commands import setting_out
from portal.errors import PortalError
from portal.forms import versions
from portal.forms.exchange import Parcel
from portal.forms.xlsform import NothingTaken, import_xlsform, read_xlsform
from portal.forms.xlsheets import Remark

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OWNER = click.option("--owner", default="", metavar="UNIT", help="Code of the central unit that is to own the form.")
CODE = click.option("--code", default="", help="Code of the form, instead of the file's own.")


@click.group()
def forms() -> None:
    """List, import and export report forms; read XLSForm workbooks."""


@forms.command("list")
def listed() -> None:
    """Print every form: its code, newest version and state, owner and name."""
    with setting_out.store(setting_out.settings()):
        for form in Form.select().order_by(Form.position, Form.code):
            newest = versions.newest(form)
            state = f"v{newest.number} {newest.state}" if newest else "-"
            click.echo(f"{form.code:12} {state:14} {form.owner.code:10} {form.name}")


@forms.command("import-xlsform")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only say what would come in and what would not.")
@OWNER
@CODE
def xlsform(file: Path, dry_run: bool, owner: str, code: str) -> None:
    """Read an XLSForm workbook as the draft of a new form. What is not taken over is listed, a line each.

    Exit code 1: nothing was taken in.
    """
    try:
        if dry_run:
            read = read_xlsform(file.read_bytes(), code=code)
            _tell_remarks(read.remarks)
            click.echo(f"would become {_described(read.parcel)}; {len(read.remarks)} remarks")
            return
        with setting_out.store(setting_out.settings()):
            taken = import_xlsform(file.read_bytes(), by=None, at=clock.now(), owner=_unit(owner), code=code)
            _tell_remarks(taken.remarks)
            _tell_version(taken.imported.version)
    except NothingTaken as refusal:
        _tell_remarks(refusal.remarks)
        raise click.ClickException(str(refusal))


@forms.command("import-json")
@click.argument("file", type=FILE)
@click.option("--form", "into", default="", metavar="CODE", help="Take it in as the next draft of this form.")
@OWNER
@CODE
def from_json(file: Path, into: str, owner: str, code: str) -> None:
    """Take a form in from a JSON file, as a draft."""
    with setting_out.store(setting_out.settings()):
        form = _form(into) if into else None
        try:
            taken = versions.import_json(
                file.read_bytes(), by=None, at=clock.now(), owner=_unit(owner), form=form, code=code
            )
        except versions.FormFaulty as refusal:
            for fault in refusal.faults:
                click.echo(f"{fault.path}: {fault.error}", err=True)
            raise click.ClickException(str(refusal))
        for fault in taken.remarks:
            click.echo(f"{fault.path}: {fault.error}")
        _tell_version(taken.version)


@forms.command("export-json")
@click.argument("code")
@click.option("--version", "number", type=int, help="Number of the version; the newest published one if not given.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; the terminal if not given."
)
def to_json(code: str, number: int | None, out: Path | None) -> None:
    """Write a version of a form as a JSON file."""
    with setting_out.store(setting_out.settings()):
        _write(versions.export_json(_version(code, number)), out)


@forms.command()
@click.argument("code")
@click.option("--version", "number", type=int, help="Number of the version; the newest published one if not given.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; the terminal if not given."
)
def schema(code: str, number: int | None, out: Path | None) -> None:
    """Write the JSON Schema of the answers to a version of a form."""
    with setting_out.store(setting_out.settings()):
        described = versions.json_schema(_version(code, number))
        _write((json.dumps(described, ensure_ascii=False, indent=1) + "\n").encode(), out)


# ---------------------------------------------------------------- below: how


def _unit(code: str) -> Unit | None:
    found: Unit | None = Unit.get_or_none(Unit.code == code) if code else None
    if code and found is None:
        raise click.BadParameter(f"there is no unit with the code {code}", param_hint="--owner")
    return found


def _form(code: str) -> Form:
    found: Form | None = Form.get_or_none(Form.code == code)
    if found is None:
        raise click.ClickException(f"there is no form with the code {code}: see `portal form list`")
    return found


def _version(code: str, number: int | None) -> FormVersion:
    form = _form(code)
    if number is None:
        found = versions.published(form) or versions.newest(form)
    else:
        found = FormVersion.get_or_none(FormVersion.form == form.id, FormVersion.number == number)
    if found is None:
        raise click.ClickException(f"form {code} has no such version")
    return found


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)
        click.echo(f"{out}: {len(data):,} bytes")


def _described(parcel: Parcel) -> str:
    questions = sum(len(section["questions"]) for section in parcel.spec["sections"])
    return f"form {parcel.code} “{parcel.name}”: {len(parcel.spec['sections'])} sections, {questions} questions"


def _tell_remarks(remarks: list[Remark]) -> None:
    for remark in remarks:
        place = f"{remark.sheet}:{remark.row}" if remark.row else remark.sheet
        click.echo(f"{place} {remark.column}: {_plain(remark.error)}".replace(" :", ":"))


def _plain(error: PortalError) -> str:
    return " ".join(str(error).split())


def _tell_version(version: FormVersion) -> None:
    count = len(versions.spec_of(version).questions)
    click.echo(f"form {version.form.code}, version {version.number} ({version.state}): {count} questions")
