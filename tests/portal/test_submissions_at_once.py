"""Many people in one report in one moment: nobody is refused for another's cell, and nothing is lost."""

import threading

import pytest

from models import Answer, AuditEntry, Submission, db
from portal import answers, audit, submissions
from portal.errors import PortalError
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.workflow import State
from tests import make
from tests.make import NOON

PEOPLE, CELLS = 6, 8


@pytest.fixture
def report(migrated):
    questions = [{"key": f"q{n}", "kind": "whole", "label": f"ข้อ {n}"} for n in range(PEOPLE * CELLS)]
    owed = make.obligation(form=make.form(spec={"sections": [{"questions": questions}]}))
    return submissions.begin(owed, by=make.person(Role.REPORTER, owed.unit), at=NOON)


def at_once(acts):
    """Run every act in a thread of its own, all from one moment; return what each raised."""
    gate, wrong = threading.Barrier(len(acts)), []

    def run(act):
        gate.wait()
        try:
            act()
        except PortalError as refusal:
            wrong.append(refusal)
        finally:
            db.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_people_who_fill_in_different_cells_do_not_disturb_each_other(report):
    people = [make.person(Role.REPORTER, report.unit) for _ in range(PEOPLE)]

    def fill(n):
        for k in range(CELLS):
            cell = Cell(f"q{n * CELLS + k}")
            done = answers.save_cells(report, {cell: str(n)}, by=people[n], at=NOON, seen={cell: 0})
            assert done.saved == [cell]

    wrong = at_once([lambda n=n: fill(n) for n in range(PEOPLE)])

    assert wrong == []
    assert Answer.select().count() == PEOPLE * CELLS
    assert AuditEntry.select().where(AuditEntry.verb == "save_answers").count() == PEOPLE * CELLS
    assert audit.first_broken() is None


def test_of_many_who_fill_in_one_cell_one_is_saved_and_the_others_see_it(report):
    people = [make.person(Role.REPORTER, report.unit) for _ in range(PEOPLE)]
    outcomes = []

    def fill(n):
        outcomes.append(answers.save_cells(report, {Cell("q0"): str(n)}, by=people[n], at=NOON, seen={Cell("q0"): 0}))

    wrong = at_once([lambda n=n: fill(n) for n in range(PEOPLE)])

    kept = Answer.get().number
    assert wrong == []
    assert sum(bool(done.saved) for done in outcomes) == 1
    assert {done.clashed[Cell("q0")].theirs.entry for done in outcomes if done.clashed} == {kept}


def test_a_cell_saved_while_the_report_is_sent_is_in_it_or_is_refused(report):
    person, approver = make.person(Role.REPORTER, report.unit), make.person(Role.APPROVER, report.unit)

    def fill():
        for n in range(CELLS):
            answers.save_cells(Submission.get_by_id(report.id), {Cell(f"q{n}"): "1"}, by=person, at=NOON)

    wrong = at_once([fill, lambda: submissions.submit(Submission.get_by_id(report.id), by=approver, at=NOON)])

    sent = AuditEntry.get_or_none(AuditEntry.verb == "submit")
    state = Submission.get_by_id(report.id).state
    assert (state is State.SUBMITTED) == (sent is not None)
    if sent is not None:
        assert not AuditEntry.select().where(AuditEntry.verb == "save_answers", AuditEntry.id > sent.id).exists()
    assert len(wrong) <= 1  # the one who came second, told to look again or that it is sent
