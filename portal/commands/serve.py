"""portal serve: everything at once, on one machine."""

from __future__ import annotations

import click

import config
from models import Person, Unit
from portal import clock, people, sign_ins, supervisor
from portal.commands import setting_out, store
from portal.rules.access import Role


@click.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Worker processes.")
def serve(workers: int) -> None:
    """Start web server, Redis, worker and scheduler, and keep them going until Ctrl-C or SIGTERM.

    Makes or migrates the store first. On an empty one it loads the reference data and the demonstration year
    (PORTAL_DEMO), and prints the first administrator's name and one-time password.
    """
    given = setting_out.settings()
    try:
        with supervisor.alone(given):
            supervisor.check(given)
            portal = supervisor.Supervisor(given, _say, workers=workers)
            try:
                portal.start_redis()
                welcome = _prepared(given)
            except BaseException:
                portal.stop()
                raise
            portal.run(lambda: _say(*welcome))
    except supervisor.CannotServe as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _prepared(given: config.Settings) -> list[str]:
    """Bring the store up to date and fill an empty one; return what to tell once the portal answers."""
    for line in store.prepare(given):
        _say(line)
    with setting_out.store(given):
        told = ["", f"The portal answers at {given.address}"]
        if given.demo and not Person.select().exists():
            _say("Making the demonstration year, once ...")
            told += store.fill(given)
        else:
            told += store.who(given)
        if not Person.select().where(Person.role == Role.ADMIN, Person.is_active, Person.password != "").exists():
            told += _first_administrator(given)
        told += ["Ctrl-C ends it.", ""]
    return told


def _first_administrator(given: config.Settings) -> list[str]:
    """Make the first administrator, or a new link for one who has not used theirs; shown once."""
    first = Person.select().where(Person.role == Role.ADMIN, Person.is_active).order_by(Person.id).first()
    if first is None:
        unit = Unit.select().where(Unit.parent.is_null()).order_by(Unit.id).first()
        first = people.add(username="admin", name="ผู้ดูแลระบบ", role=Role.ADMIN, unit=unit, by=None)
    token = sign_ins.make_link(first, by=None, at=clock.now())
    return [
        f"  administrator      {first.username}",
        f"  one-time password  {token}",
        f"  or set a password  {given.address}first/{token}/",
    ]


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line)
