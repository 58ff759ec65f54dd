"""portal migrate, demo: the store's tables and what it starts with."""

from __future__ import annotations

import secrets
import sys
import time
from typing import Any

import click

import config
from portal import clock, database, seed
from portal import demo as maker
from portal.commands import setting_out

PASSWORD = "demonstration.password"


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
    help="Make so many visits, over five years, instead of the usual 50,000 and more in one.",
)
def demo(scale: int | None) -> None:
    """Fill an empty store with the demonstration year 2566. It says on every page that it is one.

    Prints the names of six people, one for each role, and the password they share.
    """
    given = setting_out.settings()
    if given.production:
        raise click.ClickException("demonstration logins have no place in production: unset PORTAL_PRODUCTION")
    prepare(given)
    with setting_out.store(given):
        click.echo(_fill(given, scale))
        for line in who(given):
            click.echo(line)


def _fill(given: config.Settings, scale: int | None) -> str:
    began = time.monotonic()
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    bar = _Bar()
    made = maker.build(scale, bar.hear, password=password)
    bar.end()
    (given.data / PASSWORD).write_text(password)
    (given.data / PASSWORD).chmod(0o600)
    counts = ", ".join(f"{count:,} {table}" for table, count in made.items())
    return f"demonstration year: {counts} ({time.monotonic() - began:.0f} s)"


def who(given: config.Settings) -> list[str]:
    """Return who can sign in to a demonstration and how, a line each; nothing for a real store."""
    kept = given.data / PASSWORD
    if not kept.exists() or not maker.is_demo():
        return []
    return [
        f"  demonstration      {', '.join(maker.LOGINS)}",
        f"  their password     {kept.read_text()}  (unless they have changed it)",
    ]


class _Bar:
    """A progress bar over the steps of the demonstration year, and one more over the visits of a large one."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._length = 0

    def hear(self, what: str, done: int, of: int) -> None:
        """Show that `done` of `of` are done, and what comes now."""
        if self._bar is None or of != self._length:
            self.end()
            self._length = of
            self._bar = click.progressbar(range(of), label="demonstration year", file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def end(self) -> None:
        """Leave the line."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
