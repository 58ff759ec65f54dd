"""portal migrate, demo: the store's tables and what it starts with."""

from __future__ import annotations

import importlib
import time

import click

import config
from models import Person
from portal import clock, database, seed
from portal.commands import setting_out


@click.command()
def migrate() -> None:
    """Bring the store to this version's tables and reference data. Safe to repeat."""
    given = setting_out.settings()
    for line in prepare(given):
        click.echo(line)


def prepare(given: config.Settings) -> list[str]:
    """Migrate the store and load the reference data it lacks; return what was done, a line each."""
    database.use(given.database)
    with setting_out.told_plainly(given):
        steps = database.migrate()
        with database.db.connection_context():
            added = seed.load(clock.now())
    return [f"tables: {name}" for name in steps] + [f"reference data: {n} {table}" for table, n in added.items()]


@click.command()
@click.option(
    "--scale",
    type=click.IntRange(1_000, 10_000_000),
    metavar="VISITS",
    help="Make about so many visits instead of the usual 50,000 and more.",
)
def demo(scale: int | None) -> None:
    """Fill an empty store with the demonstration year 2566. It says on every page that it is one."""
    given = setting_out.settings()
    prepare(given)
    with setting_out.store(given):
        if Person.select().exists():
            raise click.ClickException("the store is in use already: name a new one by PORTAL_DATABASE or PORTAL_DATA")
        fill(scale)


def fill(scale: int | None = None) -> None:
    """Make the demonstration year in an empty store, with a bar to watch, and say who can sign in."""
    maker = importlib.import_module("portal.demo")
    began = time.monotonic()
    maker.build(at=clock.now(), **({"visits": scale} if scale else {}))
    click.echo(f"The demonstration year is there ({time.monotonic() - began:.0f} s).")
