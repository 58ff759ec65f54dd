"""Who is signed in: passwords, the one-time link for the first one, and one row for each signed-in browser.

The cookie holds a random token and the store only its hash, so nobody who reads the store can sign in with it.
Signing out, a new password and switching a person off end the rows at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from werkzeug.security import check_password_hash, generate_password_hash

from models import PasswordLink, Person, SignIn, Unit
from portal import records
from portal.errors import NotAllowed, RuleBroken
from portal.rules import passwords

LINK_LIVES = dt.timedelta(days=7)
IDLE = dt.timedelta(hours=9)  # a working day: nobody signs in twice on the 20th
ABSOLUTE = dt.timedelta(hours=16)
TOUCHED = dt.timedelta(minutes=5)
METHOD = "scrypt:32768:8:1"  # some 80 ms a check; made known here because every hash carries it
# What an unknown name is checked against, so that the answer takes as long as for a known one.
_NOBODY = generate_password_hash(secrets.token_urlsafe(16), METHOD)
_GONE = "This link was used already or has expired. Please ask for a new one."


def check_sign_in(username: str, password: str, *, at: dt.datetime) -> Person:
    """Return the person whose name and password these are.

    Raises NotAllowed in the same words, after the same work, whether the name is unknown, the password wrong, the
    person switched off or the wait not over. From the fifth failure on, an account waits 2, 4, 8 … seconds (a
    minute at most), so that nobody can lock an office out on the 20th and nobody can guess fast either.
    """
    person = Person.get_or_none(Person.username == username.strip().lower(), Person.is_active)
    waits = person is not None and person.wait_until is not None and person.wait_until > at
    right = check_password_hash((person.password if person else "") or _NOBODY, password)
    if person is None or waits or not right or not person.password:
        if person is not None and not waits:
            failures = person.failed_count + 1
            pause = dt.timedelta(seconds=min(60, 2 ** min(failures - 4, 6))) if failures >= 5 else dt.timedelta()
            Person.update(failed_count=Person.failed_count + 1, wait_until=at + pause).where(
                Person.id == person.id
            ).execute()
        raise NotAllowed("The name or the password is not right. After several tries, please wait a minute.")
    if person.failed_count:
        Person.update(failed_count=0, wait_until=None).where(Person.id == person.id).execute()
    return person


def begin_sign_in(person: Person, *, agent: str, at: dt.datetime) -> str:
    """Return the secret token of a new sign-in; the store keeps only its hash."""
    token = secrets.token_urlsafe(32)
    with records.changing(by=person, verb="sign_in", at=at, as_verb=True) as work:
        work.create(SignIn, token_hash=_hash(token), person=person, started_at=at, seen_at=at, agent=agent[:200])
    return token


def person_of_sign_in(token: str, *, at: dt.datetime) -> Person | None:
    """Return who is signed in with this token, with their unit, by one query.

    None when the sign-in is unknown, ended, idle for too long or too old, or when the person is switched off.
    """
    found = (
        SignIn.select(
            SignIn.id, SignIn.seen_at,
            Person.id, Person.username, Person.name, Person.role, Person.unit, Person.language, Person.is_active,
            Unit.id, Unit.code, Unit.name, Unit.short, Unit.kind, Unit.duty,
        )
        .join(Person)
        .join(Unit)
        .where(
            SignIn.token_hash == _hash(token),
            SignIn.ended_at.is_null(),
            SignIn.seen_at > at - IDLE,
            SignIn.started_at > at - ABSOLUTE,
            Person.is_active,
        )
        .first()
    )  # fmt: skip
    if found is None:
        return None
    if at - found.seen_at > TOUCHED:
        SignIn.update(seen_at=at).where(SignIn.id == found.id).execute()
    return found.person  # type: ignore[no-any-return]


def sign_out(token: str, *, at: dt.datetime) -> None:
    """End one sign-in; its token is worth nothing afterwards."""
    SignIn.update(ended_at=at).where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_null()).execute()


def end_all(person: Person, *, at: dt.datetime) -> None:
    """End every sign-in of a person."""
    SignIn.update(ended_at=at).where(SignIn.person == person.id, SignIn.ended_at.is_null()).execute()


def make_link(person: Person, *, by: Person | None, at: dt.datetime) -> str:
    """Return a new one-time token with which `person` sets a password within a week; older ones die."""
    token = secrets.token_urlsafe(24)
    with records.changing(by=by, verb="make_password_link", at=at, as_verb=True) as work:
        _end_links(person, at)
        work.create(PasswordLink, token_hash=_hash(token), person=person, expires_at=at + LINK_LIVES)
    return token


def person_of_link(token: str, *, at: dt.datetime) -> Person | None:
    """Return whose unused, unexpired link this is, or None."""
    link = PasswordLink.get_or_none(
        PasswordLink.token_hash == _hash(token), PasswordLink.used_at.is_null(), PasswordLink.expires_at > at
    )
    return link.person if link and link.person.is_active else None


def use_link(token: str, password: str, *, at: dt.datetime) -> Person:
    """Set the password through a one-time link and end every sign-in of that person."""
    person = person_of_link(token, at=at)
    if person is None:
        raise NotAllowed(_GONE)
    passwords.check_new(password, person.username, person.name)
    hashed = generate_password_hash(password, METHOD)
    with records.changing(by=person, verb="set_password", at=at, as_verb=True) as work:
        if not _end_links(person, at):
            raise NotAllowed(_GONE)
        _keep(work, person, hashed, at)
    return person


def change_password(person: Person, old: str, new: str, *, at: dt.datetime) -> None:
    """Change one's own password; the old one is asked for, and every sign-in ends."""
    held = Person.select(Person.password).where(Person.id == person.id).scalar()
    if not check_password_hash(held or _NOBODY, old):
        raise RuleBroken("The present password is not right.", field="old")
    passwords.check_new(new, person.username, person.name)
    hashed = generate_password_hash(new, METHOD)
    with records.changing(by=person, verb="change_password", at=at, as_verb=True) as work:
        _keep(work, person, hashed, at)


def set_password(person: Person, password: str, *, by: Person | None, at: dt.datetime) -> None:
    """Set a person's password for them (set-up, demonstration logins); every sign-in of theirs ends."""
    hashed = generate_password_hash(password, METHOD)
    with records.changing(by=by, verb="set_password", at=at, as_verb=True) as work:
        _keep(work, person, hashed, at)


def _keep(work: records.Work, person: Person, hashed: str, at: dt.datetime) -> None:
    work.update(person, password=hashed, failed_count=0, wait_until=None)
    end_all(person, at=at)


def _end_links(person: Person, at: dt.datetime) -> int:
    links = PasswordLink.update(used_at=at).where(
        PasswordLink.person == person.id, PasswordLink.used_at.is_null()
    )
    return int(links.execute())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
