import datetime as dt
from decimal import Decimal

import pytest

from models import Answer, AuditEntry, Comment, Obligation, Submission, Visit
from portal import periods, records, submissions, visits
from portal.errors import MoveRefused, NotAllowed, RuleBroken, StaleRow
from portal.rules.access import Role
from portal.rules.terms import ObligationState
from portal.rules.workflow import State
from tests import make
from tests.make import NOON


def test_a_report_goes_from_the_office_to_the_departments_figures(migrated):
    report = make.submission(State.CONSOLIDATED)

    assert report.state is State.CONSOLIDATED
    assert report.obligation.state is ObligationState.MET
    verbs = [e.verb for e in AuditEntry.select().where(AuditEntry.table_name == "Submission").order_by(AuditEntry.id)]
    assert [v for v in verbs if v in submissions.STEPS] == ["submit", "verify", "consolidate"]


def test_second_of_two_reviewers_is_told_to_look_again(migrated):
    report = make.submission(State.SUBMITTED)
    owner = report.form_version.form.owner
    stale = Submission.get_by_id(report.id)
    submissions.verify(report, by=make.person(Role.DIVISION, owner), at=NOON)

    with pytest.raises(StaleRow):
        submissions.send_back(stale, by=make.person(Role.DIVISION, owner), at=NOON, note="ผิด")

    assert Submission.get_by_id(report.id).state is State.VERIFIED
    assert Comment.select().count() == 0


def test_another_division_cannot_verify(migrated):
    report = make.submission(State.SUBMITTED)

    with pytest.raises(NotAllowed, match="owns this form"):
        submissions.verify(report, by=make.person(Role.DIVISION), at=NOON)


def test_an_office_cannot_submit_for_another(migrated):
    report = make.submission(State.DRAFT)

    with pytest.raises(NotAllowed):
        submissions.submit(report, by=make.person(Role.APPROVER), at=NOON)


def test_a_report_without_its_required_answers_is_not_taken(migrated):
    owed = make.obligation()
    report = submissions.begin(owed, by=make.person(Role.REPORTER, owed.unit), at=NOON)

    with pytest.raises(RuleBroken, match="ทำได้"):
        submissions.submit(report, by=make.person(Role.APPROVER, owed.unit), at=NOON)


def test_beginning_twice_is_one_report(migrated):
    owed = make.obligation()
    person = make.person(Role.REPORTER, owed.unit)

    assert submissions.begin(owed, by=person, at=NOON) == submissions.begin(owed, by=person, at=NOON)


def test_zero_not_applicable_and_not_reported_stay_three_things(migrated):
    report = make.submission(State.DRAFT)
    person = make.person(Role.REPORTER, report.unit)

    submissions.save_answers(report, {"done": Decimal(0), "note": "n/a"}, by=person, at=NOON)
    zero, na = Answer.get(Answer.key == "done"), Answer.get(Answer.key == "note")
    assert (zero.number, zero.mark, na.number, na.mark) == (0, "value", None, "not_applicable")

    submissions.save_answers(report, {"done": None}, by=person, at=NOON)
    assert Answer.get_or_none(Answer.key == "done") is None


def test_a_sent_report_is_locked_until_it_comes_back(migrated):
    report = make.submission(State.SUBMITTED)
    person = make.person(Role.REPORTER, report.unit)

    with pytest.raises(MoveRefused, match="has been sent"):
        submissions.save_answers(report, {"done": Decimal(1)}, by=person, at=NOON)


def test_lateness_is_judged_on_the_first_hand_in(migrated):
    report = make.submission(State.RETURNED)
    later = NOON + dt.timedelta(days=9)

    submissions.submit(report, by=make.person(Role.APPROVER, report.unit), at=later)

    assert report.submitted_at == later
    assert report.first_submitted_at == NOON
    assert Obligation.get_by_id(report.obligation_id).met_at == NOON


def test_nothing_is_handed_in_after_the_period_closed(migrated):
    report = make.submission(State.DRAFT)
    periods.close_period(report.period, by=make.person(Role.PLANNING), at=NOON)

    with pytest.raises(MoveRefused, match="closed"):
        submissions.submit(Submission.get_by_id(report.id), by=make.person(Role.APPROVER, report.unit), at=NOON)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"visited_on": dt.date(2023, 5, 19)}, "future"),
        ({"visited_on": dt.date(1999, 1, 1)}, "did not exist"),
        ({"is_unplanned": True}, "say why"),
    ],
)
def test_a_visit_that_cannot_be_is_refused_in_words(migrated, wrong, said):
    institution = make.cooperative(registered_on=dt.date(2001, 1, 1))

    with pytest.raises(RuleBroken, match=said):
        make.visit(institution, **wrong)


def test_a_visit_is_checked_by_the_division_of_its_kind_alone(migrated):
    reviewer = make.unit(is_office=False)
    visit = make.visit(make.cooperative(reviewer=reviewer))

    with pytest.raises(NotAllowed, match="kind of institution"):
        visits.verify(visit, by=make.person(Role.DIVISION), at=NOON)
    visits.verify(visit, by=make.person(Role.DIVISION, reviewer), at=NOON)

    assert Visit.get_by_id(visit.id).state == "verified"
    with pytest.raises(MoveRefused):
        visits.verify(visit, by=make.person(Role.DIVISION, reviewer), at=NOON)


def test_a_visit_cannot_be_recorded_at_another_offices_institution(migrated):
    visit = make.visit()
    person = make.person()

    with pytest.raises(RuleBroken, match="another office"), records.changing(by=person) as work:
        work.create(
            Visit, cooperative=visit.cooperative, unit=person.unit, visited_on=visit.visited_on,
            activity=visit.activity, officer=person, subject="แทรก", recorded_at=NOON,
        )  # fmt: skip


def test_a_second_answerer_is_told_that_somebody_has_answered_meanwhile(migrated):
    report = make.submission(State.DRAFT)
    first, second = make.person(Role.REPORTER, report.unit), make.person(Role.REPORTER, report.unit)
    seen = Submission.get_by_id(report.id).version
    submissions.save_answers(Submission.get_by_id(report.id), {"done": Decimal(7)}, by=first, at=NOON, seen=seen)

    with pytest.raises(StaleRow):
        submissions.save_answers(Submission.get_by_id(report.id), {"done": Decimal(8)}, by=second, at=NOON, seen=seen)

    assert Answer.get(Answer.key == "done").number == 7
