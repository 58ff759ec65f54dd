"""Who is signed in: passwords, the one-time link for the first one, and one row for each signed-in browser.

The cookie holds a random token and the store only its hash, so nobody who reads the store can sign in. Signing
out, a new password and switching a person off end the rows at once. A refusal never tells whether an account
exists.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import threading

from peewee import fn
from werkzeug.security import check_password_hash, generate_password_hash

from models import Notice, PasswordLink, Person, SignIn, Unit
from portal import records
from portal.errors import NotAllowed, RuleBroken
from portal.rules import passwords

IDLE = dt.timedelta(hours=9)  # a working day: nobody should have to sign in twice on the 20th
LONGEST = dt.timedelta(hours=16)
LINK_LIVES = dt.timedelta(days=3)
TOUCH = dt.timedelta(minutes=5)
METHOD = "scrypt:32768:8:1"
REFUSED = "The name or the password is not right. After several tries, please wait a minute."
LINK_GONE = "This link was used already or has expired. Please ask for a new one."

# One check at a time in each process: 400 people at nine o'clock must not keep everybody else from working.
_checking = threading.BoundedSemaphore(1)
# Looks like a kept password and costs as much to check, but is the hash of nothing: none fits.
_nobody = f"{METHOD}${secrets.token_hex(8)}${secrets.token_hex(64)}"


def wait_after(failures: int) -> dt.timedelta:
    """Return how long an account waits after its n-th wrong password in a row: nothing for four, then up to a minute.

    So nobody can lock an office out on the 20th, and nobody can guess fast either.
    """
    return dt.timedelta(seconds=0 if failures < 5 else min(2 ** (failures - 4), 60))


def check_sign_in(username: str, password: str, *, at: dt.datetime) -> Person:
    """Return the person whose name and password these are.

    Raises NotAllowed with one and the same sentence, after the same work, whether the name is unknown, the
    password wrong, the person switched off or the wait not over.
    """
    person = Person.get_or_none(Person.username == username.strip().lower())
    waits = person is not None and person.wait_until is not None and person.wait_until > at
    with _checking:
        right = check_password_hash((person.password if person else "") or _nobody, password)
    if person is None or not person.is_active or waits or not right or not person.password:
        if person is not None and not waits and not right:
            failures = {"failed_count": Person.failed_count + 1, "wait_until": at + wait_after(person.failed_count + 1)}
            Person.update(failures).where(Person.id == person.id).execute()
        raise NotAllowed(REFUSED)
    if person.failed_count:
        Person.update(failed_count=0, wait_until=None).where(Person.id == person.id).execute()
    return person


def begin_sign_in(person: Person, *, agent: str, at: dt.datetime) -> str:
    """Sign a person in and return the token for the cookie."""
    token = secrets.token_urlsafe(32)
    with records.changing(by=person, verb="sign_in", at=at, as_verb=True) as work:
        work.create(SignIn, token_hash=_hash(token), person=person, started_at=at, seen_at=at, agent=agent[:200])
    return token


def person_of_sign_in(token: str, *, at: dt.datetime) -> Person | None:
    """Return who is signed in with this token, with their unit and how many notices they have not read, in one query.

    None when nobody is any more.
    """
    if not token or len(token) > 100:
        return None
    news = Notice.select(fn.COUNT(Notice.id)).where(Notice.person == Person.id, Notice.read_at.is_null())
    held = (
        SignIn.select(SignIn, Person, Unit, news.alias("unread"))
        .join(Person)
        .join(Unit)
        .where(
            SignIn.token_hash == _hash(token),
            SignIn.ended_at.is_null(),
            SignIn.started_at > at - LONGEST,
            SignIn.seen_at > at - IDLE,
            Person.is_active,
        )
        .first()
    )
    if held is None:
        return None
    if at - held.seen_at > TOUCH:
        SignIn.update(seen_at=at).where(SignIn.id == held.id).execute()
    held.person.unread = held.unread
    return held.person


def sign_out(token: str, *, at: dt.datetime) -> None:
    """End one sign-in; its token is worth nothing afterwards."""
    SignIn.update(ended_at=at).where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_null()).execute()


def end_all(person: Person, *, at: dt.datetime) -> None:
    """Sign a person out everywhere."""
    SignIn.update(ended_at=at).where(SignIn.person == person.id, SignIn.ended_at.is_null()).execute()


def make_link(person: Person, *, by: Person | None, at: dt.datetime) -> str:
    """Return the token of a one-time link with which `person` sets a password; earlier links stop working."""
    token = secrets.token_urlsafe(32)
    with records.changing(by=by, verb="make_password_link", at=at, as_verb=True) as work:
        PasswordLink.update(used_at=at).where(
            PasswordLink.person == person.id, PasswordLink.used_at.is_null()
        ).execute()
        work.create(PasswordLink, token_hash=_hash(token), person=person, expires_at=at + LINK_LIVES)
    return token


def person_of_link(token: str, *, at: dt.datetime) -> Person | None:
    """Return whose link this is, or None when it is unknown, used or too old."""
    held = (
        PasswordLink.select(PasswordLink, Person)
        .join(Person)
        .where(
            PasswordLink.token_hash == _hash(token),
            PasswordLink.used_at.is_null(),
            PasswordLink.expires_at > at,
            Person.is_active,
        )
        .first()
    )
    return None if held is None else held.person


def use_link(token: str, password: str, *, at: dt.datetime) -> Person:
    """Set a password by a one-time link, which is used up by it; every open sign-in of the person ends.

    Raises NotAllowed when the link is no longer good, RuleBroken when the password is too easy to guess.
    """
    person = person_of_link(token, at=at)
    if person is None:
        raise NotAllowed(LINK_GONE)
    passwords.check_new(password, person.username, person.name)
    hashed = _hashed(password)
    with records.changing(by=person, verb="set_password", at=at, as_verb=True) as work:
        unused = (PasswordLink.token_hash == _hash(token)) & PasswordLink.used_at.is_null()
        if not PasswordLink.update(used_at=at).where(unused).execute():
            raise NotAllowed(LINK_GONE)
        _keep_password(work, person, hashed)
    return person


def change_password(person: Person, old: str, new: str, *, at: dt.datetime) -> None:
    """Change one's own password, given the present one; every open sign-in of the person ends."""
    held = Person.select(Person.password).where(Person.id == person.id).scalar()
    with _checking:
        right = bool(held) and check_password_hash(held, old)
    if not right:
        raise RuleBroken("The present password is not right.", field="old")
    passwords.check_new(new, person.username, person.name)
    hashed = _hashed(new)
    with records.changing(by=person, verb="change_password", at=at, as_verb=True) as work:
        _keep_password(work, person, hashed)


def _keep_password(work: records.Work, person: Person, hashed: str) -> None:
    work.update(person, password=hashed, failed_count=0, wait_until=None)
    end_all(person, at=work.at)


def _hashed(password: str) -> str:
    with _checking:
        return generate_password_hash(password, METHOD)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
