"""The demonstration year: sums, variety, soundness, and the same rows every time."""

import datetime as dt
import hashlib
from decimal import Decimal

import pytest
from peewee import fn

from models import (
    ALL,
    SCALE,
    Activity,
    Answer,
    AuditEntry,
    BudgetLine,
    Comment,
    Cooperative,
    CooperativeType,
    CooperativeYear,
    Disbursement,
    Form,
    FormAssignment,
    FormVersion,
    Indicator,
    MonthPlan,
    Obligation,
    Period,
    Person,
    Project,
    Revision,
    StoreFact,
    Submission,
    Target,
    Unit,
    Visit,
    VisitPlan,
    VisitPlanLine,
    db,
)
from portal import audit, database, demo, records, submissions
from portal.database import tuples
from portal.demo.registry import BANGKOK, COUNTS
from portal.errors import NotAllowed, PortalError
from portal.forms import kinds as answer_kinds
from portal.forms import problems, reading
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.duties import OFFICE_DUTIES
from portal.rules.progress import Aggregation
from portal.rules.terms import Duty, InstitutionKind, Mark, ObligationState, UnitKind, VisitState
from portal.rules.workflow import State
from tests.conftest import STARTED


@pytest.fixture(scope="module")
def made_year(stores, engine, tmp_path_factory):
    """One finished year for all tests of this file: they only read."""
    store = stores.new(engine, "demo", tmp_path_factory.mktemp("demo"))
    yield store
    database.use(store.url)
    stores.drop(store)


@pytest.fixture
def demo_year(made_year):
    """The finished year, in use for this test."""
    database.use(made_year.url)
    yield made_year
    db.close()


def count(query):
    return query.select().count() if isinstance(query, type) else query.count()


def sum_of(query):
    return query.scalar() or 0


def test_the_store_says_that_it_is_a_demonstration(demo_year):
    assert demo.is_demo()


def test_cooperatives_are_spread_by_type_as_counted(demo_year):
    kinds = Cooperative.select(CooperativeType.code, fn.COUNT(Cooperative.id)).join(CooperativeType)
    query = kinds.where(Cooperative.kind == InstitutionKind.COOPERATIVE).group_by(CooperativeType.code)

    assert dict(tuples(query)) == COUNTS
    assert sum(COUNTS.values()) == 6653
    groups = Cooperative.select().where(Cooperative.kind == InstitutionKind.FARMER_GROUP)
    assert count(groups) == 4500


def test_bangkok_holds_315_and_414_cooperatives(demo_year):
    for code, kinds in BANGKOK.items():
        held = Cooperative.select().join(Unit).where(Unit.code == code, Cooperative.kind == InstitutionKind.COOPERATIVE)
        assert count(held) == sum(kinds.values())


def test_projects_and_indicators_differ_in_rule_direction_and_unit(demo_year):
    assert count(Project) >= 30
    assert {p.owner.kind for p in Project.select()} == {UnitKind.CENTRAL}
    assert count(Activity.select().where(Activity.parent.is_null(False))) >= 10
    assert {i.month_rule for i in Indicator.select()} >= {
        Aggregation.SUM, Aggregation.LAST, Aggregation.AVERAGE, Aggregation.GREATEST,
    }  # fmt: skip
    assert len({i.direction for i in Indicator.select()}) == 2
    assert len({i.measure_unit_id for i in Indicator.select()}) >= 15


def test_every_office_owes_every_form_every_month(demo_year):
    offices = count(Unit.select().where(Unit.kind == UnitKind.PROVINCIAL))
    forms = count(Form.select().where(Form.for_all_offices, Form.is_active))
    assert offices == 78
    assert forms >= 40

    theirs = Obligation.duty.in_(OFFICE_DUTIES)
    assert count(Obligation.select().where(theirs)) == (offices * (forms + 1) + count(FormAssignment)) * 12
    owed = Obligation.select(Obligation.unit, Obligation.period, fn.COUNT(Obligation.id)).where(theirs)
    assert all(n >= forms + 1 for *_, n in tuples(owed.group_by(Obligation.unit, Obligation.period)))


def test_divisions_and_planning_owe_their_share_and_still_have_some_to_do(demo_year):
    central = Obligation.select().where(Obligation.duty.not_in(OFFICE_DUTIES))

    assert {duty for (duty,) in tuples(central.select(Obligation.duty).distinct())} == set(Duty) - set(OFFICE_DUTIES)
    assert count(central.where(Obligation.state == ObligationState.OPEN)) > 0
    assert {o.unit.kind for o in central.where(Obligation.duty == Duty.CHECK)} == {UnitKind.CENTRAL}
    planning, division = demo.logins()[1], demo.logins()[2]
    assert count(central.where(Obligation.unit == planning.unit, Obligation.state == ObligationState.OPEN)) > 0
    assert count(central.where(Obligation.unit == division.unit, Obligation.state == ObligationState.OPEN)) > 0


def test_reports_stand_in_every_state_in_the_last_months(demo_year):
    last = Submission.select(Submission.state).join(Period).where(Period.number == 12).distinct()

    assert {state for (state,) in tuples(last)} == set(State)
    for state in ObligationState:
        assert count(Obligation.select().where(Obligation.state == state)) > 0


def test_an_obligation_is_met_exactly_when_its_report_was_handed_in(demo_year):
    pairs = tuples(
        Obligation.select(Obligation.state, Obligation.met_at, Submission.first_submitted_at)
        .join(Submission)
        .where(Obligation.form.is_null(False))
    )
    assert all((state == "met") == (sent is not None) and met == sent for state, met, sent in pairs)


def test_lateness_runs_from_none_to_more_than_five_days(demo_year):
    late = [
        (met.date() - due).days
        for met, due in tuples(
            Obligation.select(Obligation.met_at, Obligation.due_on).where(Obligation.state == ObligationState.MET)
        )
    ]
    assert min(late) < 0
    assert {1, 2, 3, 4, 5} <= set(late)
    assert max(late) > 5
    assert sum(days > 0 for days in late) < len(late) * 0.1


def test_month_plans_add_up_to_the_years_target(demo_year):
    summed = (
        Target.select(Target.value, fn.SUM(MonthPlan.value).coerce(False), fn.COUNT(MonthPlan.id))
        .join(MonthPlan)
        .switch(Target)
        .join(Indicator)
        .where(Indicator.month_rule == Aggregation.SUM)
        .group_by(Target.id, Target.value)
    )
    assert all(Decimal(int(total)) / SCALE == value and months == 12 for value, total, months in tuples(summed))
    last = (
        Target.select(Target.value, MonthPlan.value)
        .join(MonthPlan)
        .switch(Target)
        .join(Indicator)
        .where(Indicator.month_rule != Aggregation.SUM, MonthPlan.month == 12)
    )
    assert all(plan == value for value, plan in tuples(last))


def test_zero_not_applicable_and_not_reported_are_three_things(demo_year):
    figures = Answer.select().where(Answer.indicator.is_null(False))
    assert count(figures.where(Answer.mark == Mark.VALUE, Answer.number == 0)) > 0
    assert count(figures.where(Answer.mark == Mark.NOT_APPLICABLE)) > 0
    drafts = Submission.select().where(Submission.state == State.DRAFT)
    asked = {v.id: len(submissions.questions(v)) for v in FormVersion.select()}
    answered = Submission.select(Submission.form_version, fn.COUNT(Answer.id)).join(Answer)
    per_draft = answered.where(Submission.state == State.DRAFT).group_by(Submission.id, Submission.form_version)
    assert count(drafts) > 0
    assert any(n < asked[version] for version, n in tuples(per_draft))


def test_a_report_that_was_sent_answers_every_required_question(demo_year):
    specs = {v.id: reading.spec_of(v) for v in FormVersion.select()}
    required = {
        ident: sum(q.required for q in spec.questions.values())
        for ident, spec in specs.items()
        if not any(q.kind == "table" for q in spec.questions.values())
    }
    answered = (
        Submission.select(Submission.form_version, fn.COUNT(Answer.id))
        .join(Answer)
        .where(Submission.state != State.DRAFT, Answer.key.not_in(["problems", "remedies"]))
        .group_by(Submission.id, Submission.form_version)
    )
    assert all(n == required[version] for version, n in tuples(answered) if version in required)


def test_a_report_in_a_shipped_form_keeps_all_its_rules(demo_year):
    shipped = Form.select().where(Form.code.in_(["TR-01", "AG-01", "PB-01", "LN-01"]), Form.is_active)
    sent = list(
        Submission.select().join(FormVersion).where(FormVersion.form.in_(shipped), Submission.state != State.DRAFT)
    )
    assert len(sent) > 100
    for submission in sent[::7]:
        spec = reading.spec_of(submission.form_version)
        answers = {
            Cell(a.key, a.row): answer_kinds.from_store(spec.asked[a.key], a.mark == Mark.VALUE, a.number, a.text)
            for a in Answer.select().where(Answer.submission == submission.id)
        }
        assert [(p.cell, str(p.error)) for p in problems.problems(spec, answers)] == []


def test_an_office_without_a_target_answers_that_the_question_does_not_apply(demo_year):
    own = Target.select().where(Target.indicator == Answer.indicator, Target.unit == Submission.unit)
    figures = Answer.select().join(Submission).where(Answer.indicator.is_null(False), Answer.mark == Mark.VALUE)
    assert count(figures.where(~fn.EXISTS(own))) == 0


def test_some_figures_were_mended_after_the_pack_and_the_old_ones_are_kept(demo_year):
    changed = [
        r for r in Revision.select().where(Revision.table_name == "Answer", Revision.before.is_null(False))
        if r.before["number"] != r.after["number"]
    ]  # fmt: skip
    assert len(changed) >= 40
    for revision in changed[:10]:
        answer = Answer.get_by_id(revision.row_id)
        assert answer.number == Decimal(revision.after["number"])
        assert answer.submission.state == State.CONSOLIDATED
    assert count(AuditEntry.select().where(AuditEntry.verb == "reopen")) == len(changed)


def test_the_trail_is_whole_and_tells_how_the_year_was_made(demo_year):
    assert audit.first_broken() is None
    told = {e.table_name: e.rows for e in AuditEntry.select().where(AuditEntry.verb == "demo")}
    assert told["Visit"] == count(Visit)


def test_no_report_was_checked_by_its_sender_or_by_another_division(demo_year):
    reviewer = Person.alias()
    checked = (
        Submission.select(Submission.submitted_by, Submission.verified_by, reviewer.unit, Form.owner)
        .join(reviewer, on=(Submission.verified_by == reviewer.id))
        .switch(Submission)
        .join(FormVersion)
        .join(Form)
    )
    rows = list(tuples(checked))
    assert len(rows) > 30_000
    assert all(sender != verifier and unit == owner for sender, verifier, unit, owner in rows)


def test_what_came_back_says_why(demo_year):
    returned = Submission.select().where(Submission.state == State.RETURNED)
    assert count(returned.where(Submission.note == "")) == 0
    assert count(returned.where(~fn.EXISTS(Comment.select().where(Comment.submission == Submission.id)))) == 0


def test_visits_are_many_and_sound(demo_year):
    assert count(Visit) >= 50_000
    assert {state for (state,) in tuples(Visit.select(Visit.state).distinct())} == set(VisitState)
    assert count(Visit.select().where(Visit.is_unplanned, Visit.unplanned_reason != "")) > 1000
    joined = Visit.select().join(Cooperative)
    assert count(joined.where(Visit.unit != Cooperative.unit)) == 0
    assert count(joined.where(Visit.visited_on < Cooperative.registered_on)) == 0
    assert count(joined.where(Visit.visited_on > Cooperative.dissolved_on)) == 0
    assert count(Visit.select().join(Person, on=Visit.officer).where(Person.unit != Visit.unit)) == 0
    assert count(VisitPlanLine.select().join(VisitPlan).where(VisitPlan.unit.is_null())) == 0


def test_rows_put_in_by_the_thousand_pass_the_rules_that_single_ones_do(sqlite_demo):
    for model in (Visit, Cooperative, VisitPlan, Submission, Obligation, Answer, BudgetLine, CooperativeYear):
        last = model.select(fn.MAX(model.id)).scalar()
        for row in model.select().where(model.id.in_(range(1, last + 1, max(1, last // 60)))):
            records.Work(None, "test", "", STARTED, True).admit(row, before_unit=None, new=True)


def test_the_years_money_is_some_2700_million_baht_and_transfers_add_up_to_nil(demo_year):
    act = sum_of(BudgetLine.select(fn.SUM(BudgetLine.act)))
    assert act == 270_000_000_000
    assert sum_of(BudgetLine.select(fn.SUM(BudgetLine.after_transfers))) == act
    assert count(BudgetLine.select().where(BudgetLine.code.startswith("07012"))) == count(BudgetLine)
    paid = sum_of(Disbursement.select(fn.SUM(Disbursement.disbursed)))
    assert 0.91 < paid / act < 0.95


def test_nothing_is_paid_beyond_the_grant(demo_year):
    spent = (
        BudgetLine.select(
            BudgetLine.after_transfers,
            fn.SUM(Disbursement.disbursed + Disbursement.ordered + Disbursement.reserved),
            fn.MIN(Disbursement.disbursed),
        )
        .join(Disbursement)
        .group_by(BudgetLine.id, BudgetLine.after_transfers)
    )
    assert all(total <= grant and least >= 0 for grant, total, least in tuples(spent))


def test_everybody_is_plainly_a_sample_and_one_login_has_each_role(demo_year):
    assert all(name.endswith("ตัวอย่าง") for (name,) in tuples(Person.select(Person.name)))
    assert [p.role for p in demo.logins()] == [
        Role.ADMIN, Role.PLANNING, Role.DIVISION, Role.REPORTER, Role.APPROVER, Role.EXECUTIVE,
    ]  # fmt: skip
    assert demo.logins()[3].unit_id == demo.logins()[4].unit_id


def test_the_sample_logins_have_work_to_do(demo_year):
    office = demo.logins()[3].unit_id
    waiting = Submission.select(Submission.state).where(Submission.unit == office)
    states = {state for (state,) in tuples(waiting)}
    assert {State.DRAFT, State.RETURNED} <= states


def test_a_year_with_submissions_is_left_alone(demo_year):
    with pytest.raises(PortalError, match="already has submissions"):
        demo.build(at=STARTED)


def test_people_cannot_use_the_way_of_the_generators(demo_year):
    with pytest.raises(NotAllowed), records.changing(by=demo.logins()[0]) as work:
        work.insert_rows(Visit, ("cooperative",), [])


def ordered_rows():
    """A hash over every row of the store by table and identifier; passwords are salted and left out."""
    digest = hashlib.sha256()
    for model in ALL:
        fields = [f for f in model._meta.sorted_fields if f.name not in ("password",)]
        for row in db.execute(model.select(*fields).order_by(model.id).tuples()):
            digest.update(repr(tuple(str(v) for v in row)).encode())
    return digest.hexdigest()


def test_two_builds_hold_the_same_rows(sqlite_demo, sqlite_store):
    # `sqlite_store` is bound last: a second, empty store beside the finished one.
    demo.build(at=STARTED, password="three words of mine")
    again = ordered_rows()
    db.close()
    database.use(sqlite_demo.url)

    assert ordered_rows() == again


def test_a_scale_adds_visits_over_five_years(sqlite_store):
    made = demo.build(scale=80_000, at=dt.datetime(2022, 9, 1, 9, 0))

    assert made["Visit"] == count(Visit) == 80_000
    years = {day.year for (day,) in tuples(Visit.select(Visit.visited_on).distinct())}
    assert years == {2018, 2019, 2020, 2021, 2022, 2023}
    assert StoreFact.get(StoreFact.key == "demo").value == "1"
