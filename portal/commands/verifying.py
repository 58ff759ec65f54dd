"""portal verify: work out every figure of a finished book again, and say which differ."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import click

from portal import files as places
from portal.commands import setting_out
from portal.reports import signing, verification
from portal.reports.verification import Difference

MOST = 40


@click.command()
@click.argument("book", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--root", type=click.File("rb"), help="A file of trusted certificates, for the signature.")
@click.option(
    "--portal",
    "with_portal",
    is_flag=True,
    help="Also compare with the edition as this portal keeps it, and with the records as they stood then.",
)
def verify(book: Path, root: IO[bytes] | None, with_portal: bool) -> None:
    """Check BOOK, a PDF of this portal: every figure is worked out again from the inputs that the file carries.

    Nothing but the file is needed. Pages that are not as they were bound are named too. Exit code 1 when anything
    differs.
    """
    found = verification.verify(book)
    differences = list(found.differences)
    for signed in signing.read(book.read_bytes(), root.read() if root else b""):
        differences += _told(signed)
    click.echo(f"book     {found.name}")
    click.echo(f"figures  {found.figures} worked out again, {found.printed} of them printed with a link")
    click.echo(f"pages    {found.pages}")
    if with_portal:
        given = setting_out.settings()
        with setting_out.store(given):
            edition = verification.edition_of(book)
            files = places.connect(given.files, given.data)
            wrong = verification.verify_against(edition, book, files)
            differences += wrong or verification.verify_records(edition, files)
        click.echo(f"edition  {edition.sha256}")
    for each in differences[:MOST]:
        click.echo(f"differs  {each.what}: {each.said} is written, {each.found} was found")
    if differences:
        raise click.ClickException(f"{len(differences)} differences")
    click.echo("same     nothing differs")


def _told(signed: signing.Signed) -> list[Difference]:
    """Say who signed and when; return what is wrong with the signature."""
    moment = f"{signed.at:%Y-%m-%d %H:%M} UTC" if signed.at else "at no told time"
    trust = "no trusted certificate was named (--root)"
    if signed.is_trusted is not None:
        trust = "trusted" if signed.is_trusted else "not trusted"
    click.echo(f"signed   {signed.name}, {moment}, {trust}")
    wrong = []
    if not signed.is_whole:
        wrong.append(Difference("signature", "the whole file as it was signed", "another"))
    if signed.is_trusted is False:
        wrong.append(Difference("certificate", signed.name, "no trusted one above it"))
    return wrong
