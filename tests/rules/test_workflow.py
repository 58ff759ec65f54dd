from pathlib import Path

import pytest

from portal.errors import MoveRefused, NotAllowed
from portal.rules.access import Role
from portal.rules.workflow import MOVES, VERBS, State, check_two_persons, diagram, next_state, open_verbs


@pytest.mark.parametrize("move", MOVES, ids=lambda m: f"{m.role}-{m.verb}-from-{m.before}")
def test_each_move_leads_where_the_table_says(move):
    assert next_state(move.before, move.verb, move.role, "เหตุผล") is move.after


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", Role)
def test_only_the_moves_of_the_table_are_possible(state, verb, role):
    if verb in open_verbs(state, role):
        return
    with pytest.raises((MoveRefused, NotAllowed)):
        next_state(state, verb, role, "เหตุผล")


@pytest.mark.parametrize("move", [m for m in MOVES if m.needs_note], ids=lambda m: f"{m.verb}-from-{m.before}")
def test_a_step_back_needs_a_reason(move):
    with pytest.raises(MoveRefused, match="reason"):
        next_state(move.before, move.verb, move.role, "  ")


def test_sender_and_verifier_are_never_one_person():
    with pytest.raises(NotAllowed):
        check_two_persons(7, 7)
    check_two_persons(7, 8)


def test_the_printed_diagram_is_the_table():
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()

    assert f"```mermaid\n{diagram()}```" in readme, "print portal.rules.workflow.diagram() into README.md"
