"""The way of a printed edition: its states, who takes which step, and what gives way to what.

A step never changes what was printed. It makes the next number of the same frozen figures, which says its new
standing on its pages. Source: issue “Editions” and report-design sections 4 and 5: a pack is a draft, then for
the meeting, then final; the year's book is approved by the Director-General, and so is each division's (domain,
section 2). That an office's year is approved by its head is inferred: nobody above it answers for its own records.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.rules.access import Role
from portal.rules.terms import EditionState, RunKind

DIRECTOR_GENERAL = "อธิบดีกรมส่งเสริมสหกรณ์"
OFFICE = "สำนักงาน"


class ScopeKind(StrEnum):
    """Whose records a book shows: the whole department's, an office's, a region's offices', a division's projects'."""

    NATION = "nation"
    OFFICE = "office"
    REGION = "region"
    DIVISION = "division"


SCOPES = {
    "pack": ScopeKind.NATION,
    "book": ScopeKind.NATION,
    "pack_region": ScopeKind.REGION,
    "book_office": ScopeKind.OFFICE,
    "book_division": ScopeKind.DIVISION,
}
"""Every kind of book there is, and whose it is."""


@dataclass(frozen=True)
class Step:
    """One step of an edition of `book`: `role` takes it from `before` to `after` by `verb`.

    A signed step names who stands for it, with post, day and the number of the document. `whose` says of which scopes'
    editions it is a step; an office's people take it with their own office's only.
    """

    verb: str
    book: RunKind
    before: EditionState
    after: EditionState
    role: Role
    is_signed: bool = False
    whose: frozenset[ScopeKind] = frozenset(ScopeKind)


_HEADED = frozenset({ScopeKind.NATION, ScopeKind.DIVISION})
_OFFICES = frozenset({ScopeKind.OFFICE})
_PARTS = frozenset({ScopeKind.OFFICE, ScopeKind.DIVISION})
_STATES = EditionState

STEPS = (
    Step("for_meeting", RunKind.PACK, _STATES.DRAFT, _STATES.FOR_MEETING, Role.PLANNING),
    Step("finish", RunKind.PACK, _STATES.FOR_MEETING, _STATES.FINAL, Role.PLANNING),
    Step("approve", RunKind.BOOK, _STATES.DRAFT, _STATES.APPROVED, Role.EXECUTIVE, is_signed=True, whose=_HEADED),
    Step("approve", RunKind.BOOK, _STATES.FINAL, _STATES.APPROVED, Role.EXECUTIVE, is_signed=True, whose=_HEADED),
    Step("approve", RunKind.BOOK, _STATES.DRAFT, _STATES.APPROVED, Role.APPROVER, is_signed=True, whose=_OFFICES),
    Step("approve", RunKind.BOOK, _STATES.FINAL, _STATES.APPROVED, Role.APPROVER, is_signed=True, whose=_OFFICES),
    # Without a signature: complete, and in force until somebody signs.
    Step("finish", RunKind.BOOK, _STATES.DRAFT, _STATES.FINAL, Role.PLANNING, whose=_PARTS),
)

# What stands higher is not replaced by what stands lower: a new draft leaves the approved edition in force.
RANK = {
    EditionState.SUPERSEDED: 0,
    EditionState.DRAFT: 1,
    EditionState.FOR_MEETING: 2,
    EditionState.FINAL: 3,
    EditionState.APPROVED: 3,
}


@dataclass(frozen=True)
class Signature:
    """Who stands for an edition, as it is printed: name, post, day, number of the document."""

    name: str = ""
    post: str = ""
    document_number: str = ""
    on: dt.date | None = None


def head(whose: ScopeKind, name: str) -> str:
    """Return the post of whoever approves a book: the Director-General, or the head of the office called `name`."""
    if whose is not ScopeKind.OFFICE:
        return DIRECTOR_GENERAL
    return name.removeprefix(OFFICE) if name.startswith(f"{OFFICE}สหกรณ์จังหวัด") else f"ผู้อำนวยการ{name}"


def step(book: str, whose: ScopeKind, state: EditionState, verb: str, role: Role) -> Step:
    """Return the step `verb` of an edition of `whose` `book` that is `state`.

    Raises MoveRefused when no such step leaves that state, NotAllowed when it is another role's.
    """
    possible = [each for each in _steps(book, whose, state) if each.verb == verb]
    if not possible:
        raise MoveRefused("An edition that is “{state}” cannot take the step “{verb}”.", state=str(state), verb=verb)
    for each in possible:
        if each.role == role:
            return each
    raise NotAllowed("Only a {role} can take the step “{verb}”.", role=str(possible[0].role), verb=verb)


def open_steps(book: str, whose: ScopeKind, state: EditionState, role: Role) -> tuple[Step, ...]:
    """Return the steps `role` can take with an edition of `whose` `book` that is `state`."""
    return tuple(each for each in _steps(book, whose, state) if each.role == role)


def _steps(book: str, whose: ScopeKind, state: EditionState) -> list[Step]:
    return [each for each in STEPS if each.book == book and each.before == state and whose in each.whose]


def check_signature(taken: Step, signature: Signature) -> None:
    """Refuse a signed step without name, post, day or number of the document."""
    if not taken.is_signed:
        return
    for field, value in (
        ("signer", signature.name.strip()),
        ("signer_post", signature.post.strip()),
        ("document_number", signature.document_number.strip()),
        ("document_on", signature.on),
    ):
        if not value:
            raise RuleBroken("Please fill this in: it is printed on the page of approval.", field=field)


def check_may_close(taken: Step, *, is_whole: bool, note: str) -> None:
    """Refuse to end with figures from which offices are missing, unless a reason is given; it is printed."""
    if RANK[taken.after] >= RANK[EditionState.FINAL] and not is_whole and not note.strip():
        raise RuleBroken("Offices are still missing. Say why the edition is issued all the same.", field="note")


def gives_way(earlier: EditionState, later: EditionState) -> bool:
    """Return whether an edition that is `earlier` is superseded once a later number that is `later` is there."""
    return earlier is not EditionState.SUPERSEDED and RANK[earlier] <= RANK[later]
