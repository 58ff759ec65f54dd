"""portal compile, reissue: print a pack or a book here and now, or an edition again from its filed figures."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from portal import clock
from portal import files as places
from portal.commands import setting_out
from portal.errors import RuleBroken
from portal.reports import annex, editions, ledger, pictures, runs, scopes, setting
from portal.reports.dress import PLAIN, Dress
from portal.rules.terms import RunKind

OUT = click.option(
    "--out",
    default=".",
    show_default="this folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the PDF; made if it is not there.",
)
THAI = click.option("--thai-digits", is_flag=True, help="Print Thai digits instead of Arabic ones.")
BESIDE = click.option("--beside", is_flag=True, help="Also every table as XLSX, and page 1 as PNG.")
FRESH = click.option("--fresh", is_flag=True, help="Set every chapter anew instead of using those set before.")

PICTURE = 1_400  # points: the width of page 1 as a picture


@click.group("compile")
def compiling() -> None:
    """Print a pack or a book here and now."""


@compiling.command()
@click.argument("month")
@click.option("--region", metavar="CODE", help="Only the offices of this inspection region: R12.")
@THAI
@BESIDE
@OUT
@FRESH
def pack(month: str, region: str | None, thai_digits: bool, beside: bool, out: Path, fresh: bool) -> None:
    """Print the executive pack of MONTH, a calendar month of the Buddhist Era: 2566-05 is May 2566."""
    _compile(RunKind.PACK, [f"{month}/{region}" if region else month], out, fresh, beside, dress=Dress(thai_digits))


@compiling.command()
@click.argument("year")
@click.option("--unit", metavar="CODE", help="The year of this office: P40.")
@click.option("--division", metavar="CODE", help="The year of this division's projects: C-AGR.")
@click.option("--all-offices", is_flag=True, help="The year of every office, one file each.")
@click.option("--official-margins", is_flag=True, help="The margins of official letters: 30 mm inside, 20 mm outside.")
@THAI
@BESIDE
@OUT
@FRESH
def book(
    year: str,
    unit: str | None,
    division: str | None,
    all_offices: bool,
    official_margins: bool,
    thai_digits: bool,
    beside: bool,
    out: Path,
    fresh: bool,
) -> None:
    """Print the annual book of the fiscal YEAR of the Buddhist Era: 2566 is October 2565 to September 2566."""
    chosen = [each for each in (unit, division) if each]
    if len(chosen) + all_offices > 1:
        raise click.UsageError("Name one of --unit, --division and --all-offices.")
    subjects = [f"{year}/{code}" for code in chosen] or [year]
    dress = Dress(thai_digits, official_margins)
    _compile(RunKind.BOOK, None if all_offices else subjects, out, fresh, beside, year, dress)


def _compile(
    kind: RunKind,
    subjects: list[str] | None,
    out: Path,
    fresh: bool,
    beside: bool = False,
    year: str = "",
    dress: Dress = PLAIN,
) -> None:
    """Print what each subject means, None: the books of all offices of `year`, from one reading of the store."""
    given = setting_out.settings()
    with contextlib.ExitStack() as stack:
        stack.enter_context(setting_out.store(given))
        listed = scopes.offices_of(year) if subjects is None else subjects
        at, is_demo = clock.now(), runs.is_demo()
        try:
            planned = [scopes.cut_of(kind, subject, at=at, is_demo=is_demo) for subject in listed]
        except RuleBroken as wrong:
            raise click.BadParameter(str(wrong)) from wrong
        runs.check_has_records(planned[0][1].fiscal_year)
        cache = given.data / "chapters"
        if fresh:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chapters-", dir=given.data)))
        files = places.connect(given.files, given.data)
        wanted = [(each.slug, cut) for each, cut in planned]
        texts = editions.take_snapshots(wanted, given.public_address, files, dress)
        for text in texts:
            began = time.monotonic()
            with _Bar() as bar:
                made = editions.reissue(text, out, bar.hear, cache=cache)
            click.echo(f"file     {made.path}")
            if beside:
                made.path.with_suffix(".xlsx").write_bytes(annex.workbook(text))
                made.path.with_suffix(".png").write_bytes(pictures.page(made.path, 1, PICTURE))
            click.echo(f"pages    {made.pages}")
            click.echo(f"seconds  {time.monotonic() - began:.1f}")
            click.echo(f"sha256   {made.sha256}")


@click.command()
@click.argument("edition")
@OUT
@FRESH
def reissue(edition: str, out: Path, fresh: bool) -> None:
    """Print EDITION again from the figures filed with it: pack-2566-05-1 is the first edition of May 2566's pack.

    The file is the one issued, to the byte. Where it is not, exit code 1 says so, and whether templates, typefaces or
    libraries have changed since; the file that was issued is kept all the same.
    """
    given = setting_out.settings()
    with contextlib.ExitStack() as stack:
        stack.enter_context(setting_out.store(given))
        row = ledger.named(edition)
        cache = given.data / "chapters"
        if fresh:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chapters-", dir=given.data)))
        text = ledger.figures(row, places.connect(given.files, given.data))
        bar = stack.enter_context(_Bar())
        made = editions.reissue(text, out, bar.hear, issue=ledger.issue_of(row), cache=cache)
    click.echo(f"file     {made.path}")
    click.echo(f"sha256   {made.sha256}")
    if made.sha256 != row.sha256:
        changed = "templates, typefaces or libraries have changed since" if made.made_with != row.made_with else "why?"
        raise click.ClickException(f"the edition issued was {row.sha256}: {changed}")
    click.echo("same     as issued, to the byte")


class _Bar:
    """A progress bar that moves by chapter; where nobody watches, nothing."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *ended: Any) -> None:
        if self._bar is not None:
            self._bar.__exit__(*ended)

    def hear(self, step: setting.Step) -> None:
        """Show what became of one chapter."""
        if self._bar is None:
            self._bar = click.progressbar(range(step.total), label="chapters", show_pos=True, file=sys.stderr)
            self._bar.__enter__()
        if step.state in ("done", "kept"):
            self._bar.update(1)
        elif step.state == "failed":
            click.echo(f"\nportal: {step.title}: {step.error}", err=True)
