"""Tokens of the API: given out once, kept as a hash, revoked at once."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from models import ApiToken, Form, KeptReply, Person, Table, Unit, db
from portal import database, records
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.rules.access import Role

PREFIX = "cpd_"
LONGEST = dt.timedelta(days=366)
TOUCH = dt.timedelta(minutes=1)
REPLIES_KEPT = dt.timedelta(hours=48)
HELD = (ApiToken, Person, Unit)


def issue(
    person: Person,
    *,
    name: str,
    by: Person,
    at: dt.datetime,
    days: int = 90,
    may_write: bool = False,
    may_step: bool = False,
    units: Sequence[str] = (),
    forms: Sequence[str] = (),
    system: str = "",
    per_minute: int = 600,
) -> tuple[str, ApiToken]:
    """Give out a token with which a program acts as `person`; return its text, which nobody can read again.

    Everybody may have tokens of their own. A token for an outside `system` is given out by an administrator, and
    belongs to an account that nobody signs in with, so that what a program did is never a person's doing.
    Raises RuleBroken for a life of more than a year or codes that are not there; NotAllowed for another's token.
    """
    if not 1 <= days <= LONGEST.days:
        raise RuleBroken("A token lives 1 to {most} days.", field="days", most=LONGEST.days)
    if not name.strip():
        raise RuleBroken("Please say what the token is for.", field="name")
    if system and by.role != Role.ADMIN:
        raise NotAllowed("Only an administrator gives out tokens for other systems.")
    if system and person.password:
        raise RuleBroken(
            "A token for another system belongs to an account of its own that has no password.",
            field="person",
        )
    if not system and person.id != by.id:
        raise NotAllowed("A personal token is one's own.")
    _check_codes("units", units, {code for (code,) in Unit.select(Unit.code).tuples()})
    _check_codes("forms", forms, {code for (code,) in Form.select(Form.code).tuples()})
    text = PREFIX + secrets.token_urlsafe(32)
    with records.changing(by=by, verb="issue_token", at=at, as_verb=True) as work:
        row = work.create(
            ApiToken,
            name=name,
            token_hash=_hash(text),
            begins=text[:8],
            person=person,
            system=system,
            may_write=may_write,
            may_step=may_step,
            units=sorted(set(units)),
            forms=sorted(set(forms)),
            per_minute=per_minute,
            made_at=at,
            expires_at=at + dt.timedelta(days=days),
        )
    return text, row


def revoke(token: ApiToken, *, by: Person, at: dt.datetime) -> None:
    """End a token at once: one's own, or any as an administrator."""
    if by.role != Role.ADMIN and token.person_id != by.id:
        raise NotAllowed("A personal token is one's own.")
    with records.changing(by=by, verb="revoke_token", at=at, as_verb=True) as work:
        if token.revoked_at is not None:
            raise MoveRefused("This token was revoked before.")
        work.update(token, revoked_at=at)


def holder(text: str, *, at: dt.datetime) -> ApiToken | None:
    """Return the token with its person and unit if it is good at `at`; None for any other text. One query."""
    if not text.startswith(PREFIX) or len(text) > 100:
        return None
    found = db.execute_sql(_sought(database.is_sqlite()), (_hash(text), at)).fetchone()
    if found is None:
        return None
    values = iter(found)
    token, person, unit = (_row(model, values) for model in HELD)
    person.__rel__["unit"], token.__rel__["person"] = unit, person
    if token.used_at is None or at - token.used_at > TOUCH:
        ApiToken.update(used_at=at).where(ApiToken.id == token.id).execute()
    return token


@functools.cache
def _sought(is_sqlite: bool) -> str:
    """Return the query by a token's hash and the moment; kept, as putting it together costs more than its answer."""
    query = (
        ApiToken.select(*(field for model in HELD for field in model._meta.sorted_fields))
        .join(Person)
        .join(Unit)
        .where(
            ApiToken.token_hash == "", ApiToken.expires_at > "", ApiToken.revoked_at.is_null(),
            Person.is_active,
        )
    )  # fmt: skip
    sql: str = query.sql()[0]
    return sql


def _row(model: type[Table], values: Iterator[Any]) -> Any:
    row = model()
    row.__data__ = {field.name: field.python_value(next(values)) for field in model._meta.sorted_fields}
    row._dirty.clear()
    return row


def forget_replies(at: dt.datetime) -> int:
    """Forget replies to writing requests that nobody will ask for again; return how many."""
    return int(KeptReply.delete().where(KeptReply.at < at - REPLIES_KEPT).execute())


def _check_codes(field: str, given: Sequence[str], known: set[str]) -> None:
    for code in given:
        if code not in known:
            raise RuleBroken("There is no “{code}”.", field=field, code=code)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
