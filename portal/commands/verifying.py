"""portal verify: work out every figure of a finished book again, and say which differ."""

from __future__ import annotations

from pathlib import Path

import click

from portal import files as places
from portal.commands import setting_out
from portal.reports import verification

MOST = 40


@click.command()
@click.argument("book", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--portal", "with_portal", is_flag=True, help="Also compare with the edition as this portal keeps it.")
def verify(book: Path, with_portal: bool) -> None:
    """Check BOOK, a PDF of this portal: every figure is worked out again from the inputs that the file carries.

    Nothing but the file is needed. Pages that are not as they were bound are named too. Exit code 1 when anything
    differs.
    """
    found = verification.verify(book)
    differences = list(found.differences)
    click.echo(f"book     {found.name}")
    click.echo(f"figures  {found.figures} worked out again, {found.printed} of them printed with a link")
    click.echo(f"pages    {found.pages}")
    if with_portal:
        given = setting_out.settings()
        with setting_out.store(given):
            edition = verification.edition_of(book)
            differences += verification.verify_against(edition, book, places.connect(given.files, given.data))
        click.echo(f"edition  {edition.sha256}")
    for each in differences[:MOST]:
        click.echo(f"differs  {each.what}: {each.said} is written, {each.found} was found")
    if differences:
        raise click.ClickException(f"{len(differences)} differences")
    click.echo("same     nothing differs")
