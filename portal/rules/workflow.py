"""The way of a submission: states, moves, and who may make them.

Source: the department's own description of the reporting cycle (shared domain.md sections 1.1 to 1.3).
The checks, the buttons, the tests and the printed diagram all come from MOVES.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.errors import MoveRefused, NotAllowed
from portal.rules.access import Role


class State(StrEnum):
    """Where a submission stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    CONSOLIDATED = "consolidated"


# Figures of these states count in printed sums; a returned one counts with its last verified values.
COUNTED = frozenset({State.SUBMITTED, State.VERIFIED, State.CONSOLIDATED})
HANDED_IN = COUNTED


@dataclass(frozen=True)
class Move:
    """One step: `role` takes a submission from `before` to `after` by `verb`."""

    verb: str
    before: State
    after: State
    role: Role
    needs_note: bool = False


MOVES = (
    Move("submit", State.DRAFT, State.SUBMITTED, Role.APPROVER),
    Move("submit", State.RETURNED, State.SUBMITTED, Role.APPROVER),
    Move("send_back", State.SUBMITTED, State.RETURNED, Role.DIVISION, needs_note=True),
    Move("verify", State.SUBMITTED, State.VERIFIED, Role.DIVISION),
    Move("send_back", State.VERIFIED, State.RETURNED, Role.PLANNING, needs_note=True),
    Move("consolidate", State.VERIFIED, State.CONSOLIDATED, Role.PLANNING),
    Move("reopen", State.SUBMITTED, State.RETURNED, Role.PLANNING, needs_note=True),
    Move("reopen", State.VERIFIED, State.RETURNED, Role.PLANNING, needs_note=True),
    Move("reopen", State.CONSOLIDATED, State.RETURNED, Role.PLANNING, needs_note=True),
)
WITH_THE_OFFICE = frozenset({State.DRAFT, State.RETURNED})  # the office writes; everywhere else it only reads

VERBS = tuple(dict.fromkeys(move.verb for move in MOVES))


def next_state(state: State, verb: str, role: Role, note: str = "") -> State:
    """Return the state `verb` leads to from `state`.

    Raises MoveRefused when no such step leaves `state`, or when it needs a reason and `note` is empty;
    NotAllowed when the step is another role's.
    """
    possible = [move for move in MOVES if move.verb == verb and move.before == state]
    if not possible:
        raise MoveRefused("A submission that is “{state}” cannot take the step “{verb}”.", state=str(state), verb=verb)
    for move in possible:
        if move.role == role:
            if move.needs_note and not note.strip():
                raise MoveRefused("Please give a reason: the office needs it to mend the report.", field="note")
            return move.after
    raise NotAllowed("Only a {role} can take the step “{verb}”.", role=str(possible[0].role), verb=verb)


def open_verbs(state: State, role: Role) -> tuple[str, ...]:
    """Return the verbs `role` can take from `state`, in the order of MOVES."""
    return tuple(dict.fromkeys(m.verb for m in MOVES if m.before == state and m.role == role))


def check_two_persons(submitter: int | None, verifier: int) -> None:
    """Refuse that one person both sends and verifies a submission."""
    if submitter == verifier:
        raise NotAllowed("The person who sent a report cannot verify it.")


def diagram() -> str:
    """Return the way of a report as a Mermaid state diagram, drawn from MOVES; README.md holds it."""
    lines = ["stateDiagram-v2", "    [*] --> draft: begin (reporter)"]
    for before, after in dict.fromkeys((move.before, move.after) for move in MOVES):
        steps = [move for move in MOVES if (move.before, move.after) == (before, after)]
        said = ", ".join(f"{m.verb} ({m.role}{', with a reason' if m.needs_note else ''})" for m in steps)
        lines.append(f"    {before} --> {after}: {said}")
    lines.append("    consolidated --> [*]: the period closes (planning)")
    return "\n".join(lines) + "\n"
