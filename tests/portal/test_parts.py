"""A figure made of parts follows a part that is sent later, until it is consolidated."""

import pytest

from models import Answer, AuditEntry, Notice, Revision, Submission
from portal import reviews, sheets, submissions
from portal.errors import StaleRow
from portal.forms.values import Cell
from portal.rules.access import Role
from tests import make


def asks(key, indicator):
    return {"sections": [{"questions": [{"key": key, "kind": "whole", "label": key, "indicator_id": indicator.id}]}]}


class Office:
    """An office that owes a report on a whole, one on its part, and one on the part of that part."""

    def __init__(self):
        self.whole = make.indicator()
        self.part = make.indicator(parent=self.whole)
        self.piece = make.indicator(parent=self.part)
        self.unit = make.unit()
        spec = asks("whole", self.whole)
        spec["sections"][0]["questions"].append(
            {"key": "twice", "kind": "computed", "label": "สองเท่า", "formula": "2 * whole"}
        )
        self.owed = {
            "whole": make.obligation(self.unit, make.form(spec=spec)),
            "part": make.obligation(self.unit, make.form(spec=asks("part", self.part))),
            "piece": make.obligation(self.unit, make.form(spec=asks("piece", self.piece))),
        }
        self.approver = make.person(Role.APPROVER, self.unit)
        self.planner = make.person(Role.PLANNING)

    def send(self, name, value=None):
        report = submissions.begin(self.owed[name], by=self.approver, at=make.NOON)
        if value is not None:
            submissions.save_cells(report, {Cell(name): value}, by=self.approver, at=make.NOON)
        submissions.submit(self.report(name), by=self.approver, at=make.NOON)

    def report(self, name):
        return Submission.get(Submission.obligation == self.owed[name])

    def kept(self, key):
        answer = Answer.get_or_none(Answer.key == key)
        return answer and answer.number

    def reviewer(self, name):
        return make.person(Role.DIVISION, self.owed[name].form.owner)

    def correct(self, value):
        report = self.report("piece")
        submissions.reopen(self.owed["piece"], by=self.planner, at=make.NOON, reason="ตัวเลขผิด")
        submissions.save_cells(report, {Cell("piece"): value}, by=self.approver, at=make.NOON)
        submissions.submit(self.report("piece"), by=self.approver, at=make.NOON)


@pytest.fixture
def office(migrated):
    return Office()


def test_wholes_that_were_sent_follow_a_part_that_comes_later_in_an_entry_of_the_portal_s_own(office):
    office.send("whole")
    office.send("part")
    assert (office.kept("whole"), office.kept("part")) == (None, None)
    seen = office.report("whole")

    office.send("piece", "30")

    assert (office.kept("part"), office.kept("whole"), office.kept("twice")) == (30, 30, 60)
    entries = AuditEntry.select().where(AuditEntry.verb == "work_out")
    assert {(one.person_id, one.unit_id) for one in entries} == {(None, office.unit.id)}
    changes = Revision.select().where(Revision.entry.in_(entries), Revision.table_name == "Answer")
    assert sorted(one.after["key"] for one in changes) == ["part", "twice", "whole"]
    told = reviews.worked_out_since(office.report("whole"))
    assert [(one.cell.key, one.before, one.after, one.by) for one in told] == [
        ("twice", "", "60", ""), ("whole", "", "30", ""),
    ]  # fmt: skip
    with pytest.raises(StaleRow):  # the division looks again before it verifies another figure than it saw
        submissions.verify(seen, by=office.reviewer("whole"), at=make.NOON)


def test_who_had_verified_the_whole_is_told_and_nobody_else(office):
    office.send("piece", "30")
    office.send("part")
    office.send("whole")
    reviewer = office.reviewer("whole")
    submissions.verify(office.report("whole"), by=reviewer, at=make.NOON)

    office.correct("12")

    assert office.kept("whole") == 12
    assert [one.person_id for one in Notice.select().where(Notice.kind == "worked_out")] == [reviewer.id]


def test_what_is_consolidated_stands_on_paper_and_on_the_page(office):
    office.send("piece", "30")
    office.send("part")
    office.send("whole")
    submissions.verify(office.report("whole"), by=office.reviewer("whole"), at=make.NOON)
    submissions.consolidate(office.report("whole"), by=office.planner, at=make.NOON)

    office.correct("12")

    assert (office.kept("part"), office.kept("whole")) == (12, 30)
    assert sheets.of_submission(office.report("whole"), at=make.NOON).entries[Cell("whole")] == 30
