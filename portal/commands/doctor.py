"""portal doctor: look at the machine and say what to do."""

from __future__ import annotations

import sys

import click

from portal import doctor as checks
from portal.commands import setting_out


@click.command()
def doctor() -> None:
    """Look at all this portal needs from its machine, and say what to do. Exit code 1 if anything is amiss."""
    given = setting_out.settings()
    amiss = 0
    for check in checks.CHECKS:
        problems = check.look(given)
        amiss += len(problems)
        click.echo(f"{'amiss' if problems else 'ok':<6} {check.name}")
        for problem in problems:
            click.echo(f"       {problem}")
    if amiss:
        click.echo(f"{amiss} thing(s) to mend.", err=True)
        sys.exit(1)
