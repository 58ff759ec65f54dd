"""portal sign: put the configured certificate's signature behind an approved edition."""

from __future__ import annotations

from pathlib import Path

import click

from portal import clock
from portal import files as places
from portal.commands import setting_out
from portal.reports import ledger, signatures, signing


@click.command()
@click.argument("edition")
@click.option(
    "--out",
    default=".",
    show_default="this folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the signed PDF; made if it is not there.",
)
def sign(edition: str, out: Path) -> None:
    """Sign EDITION, an approved one such as book-2566-2, with the certificate of PORTAL_SIGNING (PAdES).

    The file as it was issued stays whole within the signed one, which has a hash of its own. An edition is signed
    once: the copy is kept beside it, and given out again.
    """
    given = setting_out.settings()
    if given.signing is None:
        raise click.ClickException("no certificate is named: set PORTAL_SIGNING to a .p12 file and try again")
    with setting_out.store(given):
        files = places.connect(given.files, given.data)
        certificate = signatures.Certificate(given.signing, given.signing_password)
        row = signatures.sign(ledger.named(edition), certificate, files, clock.now())
        with files.open(row.signed_key) as held:
            signed = held.read()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{edition}-signed.pdf"
    path.write_bytes(signed)
    click.echo(f"file     {path}")
    click.echo(f"sha256   {row.signed_sha256}")
    click.echo(f"signer   {signing.check(given.signing, given.signing_password)}")
    click.echo(f"moment   {row.signed_at:%Y-%m-%d %H:%M}")
