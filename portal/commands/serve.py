"""portal serve: everything at once, on one machine."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys

import click

import config
from models import Person, Unit
from portal import clock, lifeline, people, sign_ins, supervisor
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
    # While it prepares, SIGTERM stops it as Ctrl-C does; once it runs, the supervisor hears both.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
    _say(*store.prepare(given))
    with setting_out.store(given):
        is_new = not Person.select().exists()
    if is_new and given.demo:
        _make_demonstration(given)
    with setting_out.store(given):
        told = ["", f"The portal answers at {given.address}"]
        if is_new or not _has_administrator():
            told += _first_administrator(given)
        told += store.who(given)
        return [*told, "Ctrl-C ends it.", ""]


def _make_demonstration(given: config.Settings) -> None:
    """Fill the store in a process of its own, so that this one stays small for the years it runs."""
    _say("Making the demonstration year, once:")
    made = subprocess.run(
        [sys.executable, "-m", "portal.cli", "demo"],
        cwd=config.PROJECT,
        env=os.environ | given.environment(),
        preexec_fn=functools.partial(lifeline.die_with_parent, signal.SIGTERM, parent=os.getpid()),
        check=False,
    )
    if made.returncode:
        raise supervisor.CannotServe("the demonstration year could not be made; PORTAL_DEMO=0 does without it")


def _has_administrator() -> bool:
    return Person.select().where(Person.role == Role.ADMIN, Person.is_active, Person.password != "").exists()


def _first_administrator(given: config.Settings) -> list[str]:
    """Make the first administrator, or a new link for one who has no password yet; told once."""
    first = Person.select().where(Person.role == Role.ADMIN, Person.is_active).order_by(Person.id).first()
    if first is None:
        unit = Unit.select().where(Unit.parent.is_null()).order_by(Unit.id).first()
        first = people.add(username="admin", name="ผู้ดูแลระบบ", role=Role.ADMIN, unit=unit, by=None)
    token = sign_ins.make_link(first, by=None, at=clock.now())
    return [
        f"  administrator      {first.username}",
        f"  one-time password  {token}  (asks for one of your own)",
    ]


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line)
