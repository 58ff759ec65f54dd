"""Reports that come back: open again for some days, marked at the cell, touched since; requests to lift a lock."""

import datetime as dt
from decimal import Decimal

import pytest

from models import Answer, Comment, FormVersion, Holiday, Notice, Reopening, Submission, Target, UnlockRequest
from portal import answers, periods, reviews, sheets, submissions, unlocks
from portal.errors import MoveRefused, NotAllowed, NotFound, RuleBroken
from portal.forms.values import NOT_APPLICABLE, Cell
from portal.rules.access import Role
from portal.rules.locks import LockRule
from portal.rules.workflow import State
from tests import make
from tests.make import NOON

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def planner(migrated):
    return make.person(Role.PLANNING)


def reporter_of(report):
    return make.person(Role.REPORTER, report.unit)


def closed(report, planner):
    """The report's period, closed a day later."""
    periods.close_period(report.period, by=planner, at=NOON + DAY)
    return NOON + 2 * DAY


def save(report, at, **typed):
    cells = {Cell(key): value for key, value in typed.items()}
    return answers.save_cells(Submission.get_by_id(report.id), cells, by=reporter_of(report), at=at)


# ---------------------------------------------------------------- open again


def test_a_report_of_a_closed_period_is_open_again_until_the_end_of_its_last_working_day(planner):
    report = make.submission(State.CONSOLIDATED)
    at = closed(report, planner)  # Saturday 20 May 2023

    made = submissions.reopen(report.obligation, by=planner, at=at, reason="พบตัวเลขผิด", days=3)

    assert made.until_on == dt.date(2023, 5, 24)  # Monday, Tuesday, Wednesday
    again = Submission.get_by_id(report.id)
    assert (again.state, again.verified_at) == (State.RETURNED, None)
    save(report, dt.datetime(2023, 5, 24, 23, 59), done="6")
    with pytest.raises(MoveRefused, match="are over"):
        save(report, dt.datetime(2023, 5, 25, 0, 0), done="7")
    assert Answer.get(Answer.key == "done").number == 6


def test_a_holiday_is_no_working_day(planner):
    report = make.submission(State.VERIFIED)
    make.row(Holiday, day=dt.date(2023, 5, 22), name="วันหยุดพิเศษ")

    made = submissions.reopen(report.obligation, by=planner, at=NOON + 2 * DAY, reason="แก้", days=1)

    assert made.until_on == dt.date(2023, 5, 23)


def test_what_is_open_again_may_be_sent_in_a_closed_period(planner):
    report = make.submission(State.CONSOLIDATED)
    at = closed(report, planner)
    submissions.reopen(report.obligation, by=planner, at=at, reason="พบตัวเลขผิด")

    submissions.submit(Submission.get_by_id(report.id), by=make.person(Role.APPROVER, report.unit), at=at + DAY)

    assert Submission.get_by_id(report.id).state is State.SUBMITTED


def test_a_report_that_was_never_begun_is_opened_as_well(planner):
    owed = make.obligation()
    periods.close_period(owed.period, by=planner, at=NOON + DAY)
    person = make.person(Role.REPORTER, owed.unit)
    report = submissions.begin(owed, by=person, at=NOON)

    submissions.reopen(owed, by=planner, at=NOON + 2 * DAY, reason="ส่งไม่ทัน")

    save(report, NOON + 3 * DAY, done="1")
    assert Answer.get().number == 1


def test_a_reopening_closes_itself_and_coming_late_is_harmless(planner):
    report = make.submission(State.CONSOLIDATED)
    made = submissions.reopen(report.obligation, by=planner, at=NOON, reason="แก้", days=1)
    late = NOON + 9 * DAY

    assert submissions.close_due(at=dt.datetime.combine(made.until_on, dt.time(23, 59))) == 0
    assert submissions.close_due(at=late) == 1
    assert submissions.close_due(at=late) == 0

    assert Reopening.get().closed_at == dt.datetime.combine(made.until_on + DAY, dt.time())


def test_a_second_reopening_takes_the_place_of_the_first(planner):
    report = make.submission(State.CONSOLIDATED)
    submissions.reopen(report.obligation, by=planner, at=NOON, reason="แก้", days=1)

    second = submissions.reopen(report.obligation, by=planner, at=NOON + MINUTE, reason="ขอเพิ่มวัน", days=5)

    assert [r.id for r in Reopening.select().where(Reopening.closed_at.is_null())] == [second.id]
    save(report, dt.datetime.combine(second.until_on, dt.time(12)), done="8")


def test_planning_may_close_it_before_its_days_are_over(planner):
    report = make.submission(State.CONSOLIDATED)
    made = submissions.reopen(report.obligation, by=planner, at=NOON, reason="แก้", days=9)

    submissions.end_reopening(made, by=planner, at=NOON + MINUTE)

    with pytest.raises(MoveRefused, match="are over"):
        save(report, NOON + 2 * MINUTE, done="8")
    with pytest.raises(MoveRefused, match="closed already"):
        submissions.end_reopening(made, by=planner, at=NOON + MINUTE)


@pytest.mark.parametrize(
    ("role", "words", "said"),
    [
        (Role.DIVISION, {}, "Only the planning"),
        (Role.PLANNING, {"reason": " "}, "reason"),
        (Role.PLANNING, {"days": 0}, "working days"),
        (Role.PLANNING, {"days": 31}, "working days"),
    ],
)
def test_opening_again_needs_planning_a_reason_and_a_number_of_days(migrated, role, words, said):
    report = make.submission(State.CONSOLIDATED)

    with pytest.raises((NotAllowed, MoveRefused, RuleBroken), match=said):
        submissions.reopen(report.obligation, by=make.person(role), at=NOON, **({"reason": "แก้", "days": 3} | words))

    assert Submission.get_by_id(report.id).state is State.CONSOLIDATED


def test_what_is_open_already_is_not_opened(planner):
    report = make.submission(State.DRAFT)

    with pytest.raises(MoveRefused, match="open to its office already"):
        submissions.reopen(report.obligation, by=planner, at=NOON, reason="แก้")


def test_the_people_of_the_office_hear_of_it_once(planner):
    report = make.submission(State.CONSOLIDATED)

    submissions.reopen(report.obligation, by=planner, at=NOON, reason="พบตัวเลขผิด")

    told = list(Notice.select().where(Notice.kind == "reopened"))
    assert told and {n.person.unit_id for n in told} == {report.unit_id}
    assert all("พบตัวเลขผิด" in n.text for n in told)


def test_edits_made_inside_are_listed_and_others_are_not(planner):
    report = make.submission(State.CONSOLIDATED)
    submissions.reopen(report.obligation, by=planner, at=NOON + DAY, reason="แก้", days=1)
    save(report, NOON + DAY + MINUTE, done="6", note="เพิ่ม")
    save(report, NOON + DAY + 2 * MINUTE, note="")

    ((made, listed),) = reviews.made_inside(Submission.get_by_id(report.id))

    assert made.reason == "แก้"
    assert [(e.cell.key, e.before, e.after) for e in listed] == [
        ("done", "5", "6"), ("note", "", "เพิ่ม"), ("note", "เพิ่ม", ""),
    ]  # fmt: skip


# ---------------------------------------------------------------- the second look


def test_the_second_look_is_about_what_was_touched_since(migrated):
    report = make.submission(State.SUBMITTED)
    assert reviews.touched(report) is None
    submissions.send_back(
        report, by=make.person(Role.DIVISION, report.form_version.form.owner), at=NOON + MINUTE, note="แก้"
    )

    save(report, NOON + 2 * MINUTE, note="แก้แล้ว")

    assert reviews.touched(Submission.get_by_id(report.id)) == {Cell("note")}


def test_a_marked_cell_needs_its_reason_and_is_settled_by_the_next_verifying(migrated):
    report = make.submission(State.SUBMITTED)
    reviewer = make.person(Role.DIVISION, report.form_version.form.owner)
    with pytest.raises(RuleBroken, match="each marked cell"):
        submissions.send_back(report, by=reviewer, at=NOON, cells={Cell("done"): " "})
    submissions.send_back(report, by=reviewer, at=NOON, cells={Cell("done"): "ไม่ตรง"})
    assert Submission.get_by_id(report.id).note == "ไม่ตรง"

    submissions.submit(report, by=make.person(Role.APPROVER, report.unit), at=NOON)
    submissions.verify(report, by=reviewer, at=NOON)

    assert Comment.get(Comment.key == "done").settled_at == NOON


def test_a_bulk_verifying_tells_what_became_of_each(migrated):
    good = make.submission(State.SUBMITTED)
    reviewer = make.person(Role.DIVISION, good.form_version.form.owner)
    draft = make.submission(State.DRAFT, form=good.form_version.form)
    foreign = make.submission(State.SUBMITTED)

    outcomes = submissions.verify_all([good.id, draft.id, foreign.id, 999_999], by=reviewer, at=NOON)

    assert [o.refusal is None for o in outcomes] == [True, False, False, False]
    assert isinstance(outcomes[1].refusal, MoveRefused)
    assert isinstance(outcomes[2].refusal, NotAllowed)
    assert isinstance(outcomes[3].refusal, NotFound)
    assert Submission.get_by_id(good.id).state is State.VERIFIED


def test_what_waits_is_counted_by_period_and_form_for_whoever_takes_the_next_step(planner):
    first = make.submission(State.SUBMITTED)
    form = first.form_version.form
    make.submission(State.SUBMITTED, form=form)
    make.submission(State.VERIFIED, form=form)
    make.submission(State.SUBMITTED)

    (waits,) = reviews.waiting(make.person(Role.DIVISION, form.owner))
    (over,) = reviews.waiting(planner)

    assert (waits.form, waits.count, waits.late, waits.first) == (form, 2, 0, first.id)
    assert over.count == 1


# ---------------------------------------------------------------- three things that stay three


def test_zero_not_applicable_and_not_reported_stay_three_things_cell_by_cell(migrated):
    report = make.submission(State.DRAFT)
    answers.save_cells(report, {Cell("done"): "๐", Cell("note"): NOT_APPLICABLE}, by=reporter_of(report), at=NOON)

    zero, na = Answer.get(Answer.key == "done"), Answer.get(Answer.key == "note")
    assert (zero.number, zero.mark, na.number, na.mark) == (0, "value", None, "not_applicable")
    answers.save_cells(Submission.get_by_id(report.id), {Cell("done"): None}, by=reporter_of(report), at=NOON)
    assert Answer.get_or_none(Answer.key == "done") is None


def test_two_people_who_save_different_cells_at_once_both_succeed(migrated):
    report = make.submission(State.DRAFT)
    first, second = Submission.get_by_id(report.id), Submission.get_by_id(report.id)

    answers.save_cells(first, {Cell("done"): "1"}, by=reporter_of(report), at=NOON)
    answers.save_cells(second, {Cell("note"): "ด้วย"}, by=reporter_of(report), at=NOON)

    assert {a.key for a in Answer.select()} == {"done", "note"}


# ---------------------------------------------------------------- requests


def asked(report, rule=LockRule.AWAITING_REVIEW, **more):
    return unlocks.ask(report.obligation, rule, by=reporter_of(report), at=NOON, reason="พิมพ์ผิด", **more)


def test_who_can_lift_a_lock_hears_of_the_request_and_the_asker_of_the_answer(migrated):
    report = make.submission(State.SUBMITTED)
    reviewer = make.person(Role.DIVISION, report.form_version.form.owner)
    request = asked(report)
    assert [n.person_id for n in Notice.select().where(Notice.kind == "unlock_asked")] == [reviewer.id]

    unlocks.grant(request, by=reviewer, at=NOON, note="แก้ได้")

    assert Submission.get_by_id(report.id).state is State.RETURNED
    assert UnlockRequest.get().granted is True
    told = Notice.get(Notice.kind == "unlock_answered")
    assert (told.person_id, told.link) == (request.asked_by_id, f"/admin/answers/?obligation={report.obligation_id}")


def test_a_granted_request_for_a_closed_period_opens_the_report_for_some_days(planner):
    report = make.submission(State.CONSOLIDATED)
    closed(report, planner)
    request = asked(report, LockRule.IN_THE_FIGURES)

    unlocks.grant(request, by=planner, at=NOON + 2 * DAY, note="")

    assert Reopening.get().reason == "พิมพ์ผิด"


def test_a_refused_request_says_why_and_changes_nothing(planner):
    report = make.submission(State.CONSOLIDATED)
    request = asked(report, LockRule.IN_THE_FIGURES)
    with pytest.raises(RuleBroken, match="write the answer"):
        unlocks.refuse(request, by=planner, at=NOON, note="")

    unlocks.refuse(request, by=planner, at=NOON, note="รอปิดปี")

    assert Submission.get_by_id(report.id).state is State.CONSOLIDATED
    assert (UnlockRequest.get().granted, UnlockRequest.get().answer) == (False, "รอปิดปี")
    with pytest.raises(MoveRefused, match="answered already"):
        unlocks.grant(request, by=planner, at=NOON, note="")


def test_only_who_can_lift_it_answers(planner):
    report = make.submission(State.SUBMITTED)
    request = asked(report)

    for stranger in (planner, make.person(Role.DIVISION), make.person(Role.EXECUTIVE), reporter_of(report)):
        with pytest.raises(NotAllowed):
            unlocks.grant(request, by=stranger, at=NOON, note="")


def test_a_cell_s_rule_that_was_lifted_holds_no_longer_for_this_office(migrated):
    indicator = make.indicator(is_plan_forced=True)
    spec = {
        "sections": [{"questions": [{"key": "done", "kind": "whole", "label": "ทำได้", "indicator_id": indicator.id}]}]
    }
    owed = make.obligation(form=make.form(spec=spec))
    person = make.person(Role.REPORTER, owed.unit)
    make.row(Target, indicator=indicator, unit=owed.unit, value=Decimal(10))
    report = submissions.begin(owed, by=person, at=NOON)
    assert answers.save_cells(report, {Cell("done"): "1"}, by=person, at=NOON).locks
    request = unlocks.ask(owed, LockRule.PLAN_FIRST, by=person, at=NOON, reason="แผนไม่มีรายเดือน", indicator=indicator)

    unlocks.grant(request, by=make.person(Role.DIVISION, owed.form.owner), at=NOON, note="")

    saved = answers.save_cells(Submission.get_by_id(report.id), {Cell("done"): "1"}, by=person, at=NOON)
    assert saved.saved == [Cell("done")] and not saved.locks


# ---------------------------------------------------------------- what stands beside a number


def test_the_year_s_total_goes_on_through_a_new_version_of_the_form(migrated):
    form, unit = make.form(), make.unit()
    old = make.submission(State.SUBMITTED, unit=unit, form=form, period=make.period(7))
    spec = {"sections": [{"questions": [{"key": "reached", "kind": "whole", "label": "ทำได้"}]}]}
    make.row(
        FormVersion, form=form, number=2, spec=spec, state="published", published_at=NOON,
        field_map={"done": [{"key": "reached", "factor": "10"}], "note": []},
    )  # fmt: skip
    owed = make.obligation(unit=unit, form=form, period=make.period(8))

    beside = sheets.sheet_of(owed.id, at=NOON).beside["reached"]

    assert old.form_version.number == 1
    assert (beside.last, beside.before, beside.total(Decimal(3))) == (50, 50, 53)


def test_a_draft_of_the_month_before_does_not_stand_beside_this_month(migrated):
    form, unit = make.form(), make.unit()
    make.submission(State.DRAFT, unit=unit, form=form, period=make.period(7))
    make.submission(State.SUBMITTED, unit=unit, form=form, period=make.period(6))

    beside = sheets.sheet_of(make.obligation(unit=unit, form=form, period=make.period(8)).id, at=NOON).beside["done"]

    assert (beside.last, beside.before) == (None, 5)
