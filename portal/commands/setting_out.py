"""What most verbs begin with: read the settings, open the store, see that it is of this version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from peewee import PeeweeException

import config
from models import Person
from portal import database
from portal.rules.access import Role


def settings() -> config.Settings:
    """Read the settings from the environment."""
    return config.load(os.environ)


@contextmanager
def store(given: config.Settings) -> Iterator[None]:
    """Open the store for what follows. A store that cannot be reached, or is of another version, is told in a line."""
    database.use(given.database)
    with told_plainly(given), database.db.connection_context():
        behind = database.pending()
        if behind:
            raise click.ClickException(f"the store is {len(behind)} step(s) behind this version: run `portal migrate`")
        yield


@contextmanager
def told_plainly(given: config.Settings) -> Iterator[None]:
    """Turn what a store that is away, full or damaged says into one line."""
    try:
        yield
    except PeeweeException as wrong:
        place = given.database if given.uses_sqlite else "the PostgreSQL database of PORTAL_DATABASE"
        reason = " ".join(str(wrong).split())
        raise click.ClickException(f"{place}: {reason}: see that it is there, has room and may be written") from wrong


def person(username: str | None, to_do: str) -> Person:
    """Return the active person of that name, or the first administrator when none is named, whatever their rights.

    `to_do` says in the refusal what is asked of them.
    """
    query = Person.select().where(Person.is_active)
    if username:
        found = query.where(Person.username == username).first()
    else:
        found = query.where(Person.role == Role.ADMIN).order_by(Person.id).first()
    if found is None:
        raise click.ClickException(f"nobody of that name may {to_do}: name one with --by")
    named: Person = found
    return named
