"""portal person: let somebody in, or let them set a new password."""

from __future__ import annotations

import click

import config
from models import Person, Unit
from portal import clock, people, sign_ins
from portal.commands import setting_out
from portal.rules.access import Role


@click.group()
def person() -> None:
    """Add people and give them links to set a password."""


@person.command()
@click.argument("username")
@click.option("--name", required=True, help="Name as it is shown to others.")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]), help="What they are here.")
@click.option("--unit", required=True, metavar="CODE", help="Code of their office or division, such as CPD.")
@click.option("--email", default="", help="Address for notices.")
def add(username: str, name: str, role: str, unit: str, email: str) -> None:
    """Add somebody and print a one-time link with which they set their own password."""
    given = setting_out.settings()
    with setting_out.store(given):
        place = Unit.get_or_none(Unit.code == unit)
        if place is None:
            raise click.BadParameter(f"there is no unit with the code {unit}", param_hint="--unit")
        people.add(username=username, name=name, role=Role(role), unit=place, by=None, email=email)
        _print_link(given, username.strip().lower())


@person.command()
@click.argument("username")
def link(username: str) -> None:
    """Print a new one-time link with which USERNAME sets a password. Older links die."""
    given = setting_out.settings()
    with setting_out.store(given):
        _print_link(given, username.strip().lower())


def _print_link(given: config.Settings, username: str) -> None:
    found = Person.get_or_none(Person.username == username, Person.is_active)
    if found is None:
        raise click.ClickException(f"nobody called {username} may sign in: add them by `portal person add`")
    token = sign_ins.make_link(found, by=None, at=clock.now())
    click.echo(f"name   {found.username} ({found.name})")
    click.echo(f"link   {given.address}first/{token}/")
    click.echo("The link works once, within three days.")
