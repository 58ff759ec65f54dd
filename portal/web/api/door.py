"""Who asks, and how often: tokens, what a token reaches, the limit of a minute, the language of the answer."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, request
from peewee import ForeignKeyField, ModelSelect

from jobs import limits
from models import (
    ApiToken,
    Comment,
    Form,
    FormAssignment,
    FormVersion,
    Obligation,
    Person,
    Submission,
    Table,
    Unit,
)
from portal import clock, scope, tokens
from portal.errors import NotAllowed, PortalError, RuleBroken
from portal.web.language import LANGUAGES

# The way from a record to the form it belongs to, for tokens that reach some forms only.
FORM_PATHS: dict[type[Table], tuple[str, ...]] = {
    Form: ("id",),
    FormVersion: ("form",),
    FormAssignment: ("form",),
    Obligation: ("form",),
    Submission: ("form_version", "form"),
    Comment: ("submission", "form_version", "form"),
}

View = TypeVar("View", bound=Callable[..., Any])
ANYTHING = "*"  # of lists, which read their arguments themselves


class NoToken(PortalError):
    """A request without a token that is good."""

    status = 401


class TooMany(PortalError):
    """More requests in a minute than the token allows."""

    status = 429


def takes(*names: str) -> Callable[[View], View]:
    """Say which arguments an address takes besides; without it, it takes none. Lists read theirs themselves."""

    def said(view: View) -> View:
        view.takes = frozenset(names)  # type: ignore[attr-defined]
        return view

    return said


def enter() -> None:
    """Know who asks, before anything else of a request is looked at."""
    best = request.accept_languages.best_match(LANGUAGES)
    g.language = best or "th"
    if request.endpoint == "api.openapi":
        return  # what the API is may be read by anybody; what it holds may not
    held = tokens.holder(_given(), at=clock.now())
    if held is None:
        raise NoToken("Send a good token in the header “Authorization: Bearer …”; the page “API” gives them out.")
    g.api_token, g.person = held, held.person
    g.allowance = limits.take(f"token-{held.token_hash[:16]}", held.per_minute, time.time())
    if g.allowance is not None and g.allowance.is_over:
        raise TooMany("More than {most} requests in a minute.", most=held.per_minute)
    if request.method not in ("GET", "HEAD", "OPTIONS") and not (held.may_write or held.may_step):
        raise NotAllowed("This token may read only.")
    _check_arguments()


def _check_arguments() -> None:
    known: frozenset[str] = getattr(current_app.view_functions[str(request.endpoint)], "takes", frozenset())
    for name in request.args:
        if name not in known and ANYTHING not in known:
            raise RuleBroken(
                "There is no property “{name}”. There are: {known}.",
                field=name[:60], name=name[:60], known=", ".join(sorted(known)) or "–",
            )  # fmt: skip


def leave(response: Response) -> Response:
    """Say how much of the minute's allowance is left."""
    allowance = g.get("allowance")
    if allowance is not None:
        response.headers["RateLimit-Limit"] = str(allowance.most)
        response.headers["RateLimit-Remaining"] = str(max(0, allowance.left))
        response.headers["RateLimit-Reset"] = str(allowance.resets_in)
        if response.status_code == 429:
            response.headers["Retry-After"] = str(allowance.resets_in)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="portal", Basic realm="portal"'
    return response


def token() -> ApiToken:
    """Return the token of this request."""
    return cast(ApiToken, g.api_token)


def narrowed(query: ModelSelect) -> ModelSelect:
    """Return `query` with only the rows that both the person and the token reach."""
    person: Person = g.person
    held, table = token(), cast(Any, query.model)
    query = scope.narrowed(query, person)
    if held.units and table.unit_path:
        units = Unit.select(Unit.id).where(Unit.code.in_(held.units))
        query = query.where(_reaches(table, table.unit_path, units))
    if held.forms and table in FORM_PATHS:
        forms = Form.select(Form.id).where(Form.code.in_(held.forms))
        query = query.where(_reaches(table, FORM_PATHS[table], forms))
    return query


def check_reach(row: Table) -> None:
    """Refuse a record that the token does not reach, though the person might."""
    check_all_reached(type(row), [row.id])


def check_all_reached(table: type[Table], idents: Sequence[int]) -> None:
    """Refuse records of which the token does not reach every one, though the person might."""
    if not token().units and not token().forms:
        return  # as far as the person, whose reach the one way to write has looked at
    for start in range(0, len(idents), 500):
        part = idents[start : start + 500]
        if narrowed(table.select(table.id)).where(table.id.in_(part)).count() < len(set(part)):
            raise NotAllowed("This token does not reach that record.")


def check_not_narrowed() -> None:
    """Refuse a token that reaches only a part of what its person does, for acts that are not of one record."""
    held, person = token(), cast(Person, g.person)
    if held.forms or (held.units and person.unit.code not in held.units):
        raise NotAllowed("This token does not reach that record.")


def check_may_write() -> None:
    """Refuse a token that may not change records."""
    if not token().may_write:
        raise NotAllowed("This token may not change records.")


def check_may_step() -> None:
    """Refuse a token that may not take steps of the workflow."""
    if not token().may_step:
        raise NotAllowed("This token may not take steps of the workflow.")


def _reaches(table: Any, path: tuple[str, ...], wanted: ModelSelect) -> Any:
    field = getattr(table, path[0])
    if len(path) == 1:
        return field.in_(wanted)
    assert isinstance(field, ForeignKeyField)
    parent = field.rel_model.alias()
    return field.in_(parent.select(parent.id).where(_reaches(parent, path[1:], wanted)))


def _given() -> str:
    """Return the token of the request: a bearer's, or the password of a plain sign-in, as spreadsheets send it."""
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return ""
