"""What counts: reports on their way back with their last verified values, series through versions, and what is said."""

import datetime as dt
from decimal import Decimal

import pytest

from models import Answer, FormVersion, Indicator, Submission, Unit
from portal import people, records
from portal.reports.chapter import Cut
from portal.reports.chapters import office, projects
from portal.reports.figures import remarks, restored, results, series
from portal.reports.passports import issued
from portal.rules.access import Role
from portal.rules.progress import Aggregation
from tests.pdf.year import fill

CUT = Cut(fiscal_year=2566, period=9, cut_at=dt.datetime(2023, 7, 5, 9, 0))
THEN = dt.datetime(2023, 6, 25, 9)


@pytest.fixture
def planner(database):
    fill(offices=3)
    return people.add(username="p", name="สมหญิง", role=Role.PLANNING, unit=Unit.get(Unit.code == "CPD"), by=None)


def _summed(month=5, state="consolidated"):
    """An answer to an indicator that is added up over months and offices, of a report of one month."""
    return (
        Answer.select()
        .join(Indicator)
        .switch(Answer)
        .join(Submission)
        .where(
            Indicator.month_rule == Aggregation.SUM,
            Indicator.unit_rule == Aggregation.SUM,
            Submission.state == state,
            Submission.period == month,
            Answer.number > 0,
        )
        .order_by(Answer.id)
        .first()
    )


def _step(by, answer, state, at=THEN, **values):
    report = Submission.get_by_id(answer.submission_id)
    with records.changing(by=by, verb="step", at=at, as_verb=True) as work:
        work.update(report, state=state, note="ตรวจใหม่", **values)


def _outcome(indicator, cut=CUT):
    facts = next(each for each in results.indicators(cut) if each.id == indicator)
    return results.outcome(facts, results.cells(cut)[indicator].values())


def _set(by, answer, number):
    with records.changing(by=by, verb="save_answers", at=THEN + dt.timedelta(hours=1), as_verb=True) as work:
        work.update(answer, number=number)


def test_a_report_being_corrected_counts_with_what_was_verified_last(planner):
    answer = _summed()
    before = _outcome(answer.indicator_id).value
    _step(planner, answer, "returned", verified_at=None, verified_by=None)
    _set(planner, answer, Decimal(99_999))

    assert _outcome(answer.indicator_id).value == before
    assert results.headlines(CUT)[answer.indicator_id][-1].value == before
    assert sum(filter(None, results.courses(CUT)[answer.indicator_id].value)) == before
    assert {each.submission for each in restored.restored(CUT)} == {answer.submission_id}
    assert "อยู่ระหว่างแก้ไข" in remarks.beside(CUT, answer.indicator_id)


def test_an_answer_taken_away_or_added_meanwhile_changes_nothing(planner):
    answer = _summed()
    before = _outcome(answer.indicator_id).value
    _step(planner, answer, "returned", verified_at=None, verified_by=None)
    with records.changing(by=planner, verb="save_answers", at=THEN, as_verb=True) as work:
        work.remove(answer)
        work.create(
            Answer, submission=answer.submission_id, key="late", indicator=answer.indicator_id, number=Decimal(7)
        )

    assert _outcome(answer.indicator_id).value == before


def test_once_it_is_handed_in_again_the_new_value_counts(planner):
    answer = _summed()
    before, was = _outcome(answer.indicator_id).value, answer.number
    _step(planner, answer, "returned", verified_at=None, verified_by=None)
    _set(planner, answer, was + 5)
    _step(planner, answer, "submitted", at=THEN + dt.timedelta(hours=2))

    assert _outcome(answer.indicator_id).value == before + 5
    assert restored.restored(CUT) == ()


def test_a_report_sent_back_before_anybody_verified_it_does_not_count(planner):
    answer = _summed(month=9, state="submitted") or _summed()
    Submission.update(state="submitted", verified_at=None, verified_by=None).where(
        Submission.id == answer.submission_id
    ).execute()
    before = _outcome(answer.indicator_id).value
    _step(planner, answer, "returned")

    assert _outcome(answer.indicator_id).value == before - answer.number


def _second_version(answer, field_map, *, unit_note="", key="done", months=(6, 7, 8, 9)):
    """A second version of the answer's form, in which all later reports were made."""
    old = answer.submission.form_version
    spec = {"sections": [{"key": "a", "title": "ก", "questions": [
        {"key": key, "kind": "number", "label": "ผล", "decimals": 4, "indicator_id": answer.indicator_id},
    ]}], "rules": []}  # fmt: skip
    FormVersion.update(
        spec={"sections": [{"key": "a", "title": "ก", "questions": [
            {"key": answer.key, "kind": "number", "label": "ผล", "decimals": 4, "indicator_id": answer.indicator_id},
        ]}], "rules": []}
    ).where(FormVersion.id == old.id).execute()  # fmt: skip
    new = FormVersion.create(
        form=old.form, number=old.number + 1, state="published", spec=spec, published_at=THEN, field_map=field_map
    )
    later = [
        s.id for s in Submission.select().where(Submission.form_version == old, Submission.period.in_(list(months)))
    ]
    Submission.update(form_version=new).where(Submission.id.in_(later)).execute()
    Answer.update(key=key).where(Answer.submission.in_(later), Answer.key == answer.key).execute()
    return new


def test_a_question_renamed_goes_on_without_a_break(planner):
    answer = _summed()
    before = _outcome(answer.indicator_id).value
    _second_version(answer, {answer.key: [{"key": "done"}]})

    assert _outcome(answer.indicator_id).value == before
    assert series.series(CUT).breaks == {}
    assert remarks.beside(CUT, answer.indicator_id) == ""


def test_a_question_in_another_unit_is_converted_and_the_break_is_marked(planner):
    answer = _summed()
    plain = results.courses(CUT)[answer.indicator_id].value
    _second_version(answer, {answer.key: [{"key": "done", "factor": "0.5", "note": "นับเป็นคู่"}]})

    course = results.courses(CUT)[answer.indicator_id].value

    assert course[4] == plain[4] / 2 and course[6] == plain[6]
    (found,) = series.series(CUT).breaks[answer.indicator_id]
    assert (found.month, found.note) == (6, "นับเป็นคู่")
    assert "ตั้งแต่มี.ค." in remarks.beside(CUT, answer.indicator_id)
    page = projects.gather(CUT)
    lead = next(each for g in page.groups for line in g.lines for each in line.leads if each.note)
    assert "นับเป็นคู่" in page.notes[lead.note - 1]


def test_a_question_that_was_split_ends_there(planner):
    answer = _summed()
    plain = results.courses(CUT)[answer.indicator_id].value
    _second_version(answer, {answer.key: []})

    course = results.courses(CUT)[answer.indicator_id].value

    assert course[4] is None and course[6] == plain[6]


def test_the_passports_agree_whatever_counts_otherwise(planner):
    answer = _summed()
    _second_version(answer, {answer.key: [{"key": "done", "factor": "0.5"}]})
    other = _summed(month=7)
    _step(planner, other, "returned", verified_at=None, verified_by=None)

    held = issued.passports(CUT, {"projects": projects.gather(CUT)})

    sheet = held.sheet()
    assert {key for key, figure in held.figures.items() if sheet.figure(key) != figure.value} == set()


def test_a_reason_is_printed_beside_the_figure_it_was_given_for(planner):
    answer = _summed()
    Answer.update(reason="อบรมรวมสามอำเภอ").where(Answer.id == answer.id).execute()
    mine = Submission.get_by_id(answer.submission_id).unit_id

    page = projects.gather(CUT)
    notes = [page.notes[each.note - 1] for g in page.groups for ln in g.lines for each in ln.leads if each.note]

    assert [n for n in notes if "อบรมรวมสามอำเภอ" in n and "ก.พ." in n]
    of_office = {member.code: member.page for member in office.members(CUT)}
    with_note = {code for code, each in of_office.items() if each.notes}
    assert with_note == {Unit.get_by_id(mine).code}


def test_zero_not_applicable_and_not_reported_stay_three_things(planner):
    answer = _summed()
    facts, units = answer.indicator_id, sorted(results.cells(CUT)[answer.indicator_id])[:3]
    for unit, change in zip(units, ("zero", "silent", "gone"), strict=True):
        theirs = [
            a.id
            for a in Answer.select(Answer.id).join(Submission).where(
                Answer.indicator == facts, Submission.unit == unit
            )
        ]  # fmt: skip
        if change == "zero":
            Answer.update(number=Decimal(0)).where(Answer.id.in_(theirs)).execute()
        elif change == "silent":
            Answer.update(number=None, mark="not_applicable").where(Answer.id.in_(theirs)).execute()
        else:
            Answer.delete().where(Answer.id.in_(theirs)).execute()
    indicator = Indicator.get_by_id(facts)
    mine = indicator.name, indicator.activity.project.code
    codes = [Unit.get_by_id(unit).code for unit in units]

    pages = {member.code: member.page for member in office.members(CUT)}
    shown = [next(each for each in pages[code].indicators if (each.name, each.project) == mine) for code in codes]

    assert [(each.value, each.applies) for each in shown] == [(0, True), (None, False), (None, True)]
