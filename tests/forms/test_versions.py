"""Forms from the first draft to the second version: published, copied, sent as files; reports moved and moved back."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import (
    Answer,
    Attachment,
    AuditEntry,
    Comment,
    Form,
    FormVersion,
    MeasureUnit,
    Reopening,
    Revision,
    Submission,
)
from portal import audit
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken, StaleRow
from portal.forms import kinds, versions
from portal.forms.exchange import Parcel, read_parcel, written
from portal.forms.field_maps import map_faults
from portal.forms.moving import was_moved
from portal.forms.schema_of import schema
from portal.forms.values import Cell
from portal.rules.access import Role
from portal.rules.terms import FormState, Mark, PeriodKind
from portal.rules.workflow import State
from tests import make
from tests.forms import strategies
from tests.forms.strategies import CALM
from tests.make import NOON

LATER = NOON + dt.timedelta(hours=1)


def spec(*questions, rules=()):
    section = {"key": "s1", "title": "ผล", "questions": [{"label": q["key"], **q} for q in questions]}
    return {"sections": [section], "rules": list(rules)}


def whole(key, **values):
    return {"key": key, "kind": "whole", **values}


def text(key):
    return {"key": key, "kind": "text"}


@pytest.fixture
def division(migrated):
    return make.person(Role.DIVISION)


def new_form(by, code="F-1", description=None):
    return versions.begin(
        code=code, name="แบบทดลอง", owner=by.unit, by=by, at=NOON, spec=description or spec(whole("a"))
    )


def second(form, description, by, field_map=None):
    draft = versions.draft(form, by=by, at=NOON)
    assert versions.save_draft(draft, description, by=by, at=NOON, field_map=field_map or {}) == []
    return versions.publish(draft, by=by, at=NOON)


# ---------------------------------------------------------------- drafts and publishing


def test_a_form_begins_as_a_draft_and_is_published(division):
    draft = new_form(division)
    assert versions.published(draft.form) is None

    versions.publish(draft, by=division, at=NOON)

    there = versions.published(draft.form)
    assert (there.number, there.state, there.published_at, there.published_by) == (
        1,
        FormState.PUBLISHED,
        NOON,
        division,
    )


def test_a_draft_is_saved_with_its_faults_but_not_published_with_them(division):
    draft = new_form(division)
    faulty = spec(whole("a"), whole("a"), {"key": "b", "kind": "computed", "formula": "c +"})

    told = versions.save_draft(draft, faulty, by=division, at=NOON, note="รอแก้")

    assert [f.path for f in told] == ["sections.0.questions.1.key", "sections.0.questions.2.formula"]
    assert FormVersion.get_by_id(draft.id).spec == faulty
    with pytest.raises(versions.FormFaulty, match="2 faults") as refusal:
        versions.publish(draft, by=division, at=NOON)
    assert [f.path for f in refusal.value.faults] == [f.path for f in told]


def test_a_published_version_never_changes(division):
    draft = new_form(division)
    versions.publish(draft, by=division, at=NOON)

    for act in (
        lambda: versions.save_draft(draft, spec(whole("b")), by=division, at=NOON),
        lambda: versions.publish(draft, by=division, at=NOON),
        lambda: versions.discard(draft, by=division, at=NOON),
    ):
        with pytest.raises(MoveRefused, match="never changes"):
            act()


def test_there_is_one_draft_and_it_begins_as_the_newest_version(division):
    first = new_form(division, description=spec(whole("a"), text("b")))
    versions.publish(first, by=division, at=NOON)

    draft = versions.draft(first.form, by=division, at=NOON)

    assert (draft.number, draft.state, draft.spec) == (2, FormState.DRAFT, first.spec)
    assert versions.draft(first.form, by=division, at=NOON) == draft
    versions.discard(draft, by=division, at=NOON)
    assert versions.draft_of(first.form) is None


def test_the_second_of_two_who_save_a_draft_is_told(division):
    draft = new_form(division)
    seen = draft.version
    versions.save_draft(FormVersion.get_by_id(draft.id), spec(whole("b")), by=division, at=NOON, seen=seen)

    with pytest.raises(StaleRow):
        versions.save_draft(draft, spec(whole("c")), by=division, at=NOON, seen=seen)


def test_what_one_person_saves_in_a_sitting_is_one_picture_and_every_save_an_entry(division):
    draft = new_form(division, description=spec(whole("a")))
    other = make.person(Role.PLANNING)
    minutes = [(0, "b", division), (5, "c", division), (20, "d", division), (21, "e", other), (90, "f", other)]

    for minute, key, by in minutes:
        at = NOON + dt.timedelta(minutes=minute)
        versions.save_draft(FormVersion.get_by_id(draft.id), spec(whole(key)), by=by, at=at)

    kept = Revision.select(Revision, AuditEntry).join(AuditEntry).where(AuditEntry.verb == "save_draft")
    asked = [
        tuple(picture["spec"]["sections"][0]["questions"][0]["key"] for picture in (one.before, one.after))
        for one in kept.order_by(Revision.id)
    ]
    assert asked == [("a", "d"), ("d", "e"), ("e", "f")]
    assert [one.entry.at for one in kept.order_by(Revision.id)] == [
        NOON + dt.timedelta(minutes=minute) for minute in (20, 21, 90)
    ]
    assert AuditEntry.select().where(AuditEntry.verb == "save_draft").count() == len(minutes)
    assert audit.first_broken() is None


@pytest.mark.parametrize("role", list(Role))
def test_forms_are_changed_by_their_division_by_planning_and_by_administrators(division, role):
    draft = new_form(division)
    other = make.person(role)

    if role in (Role.ADMIN, Role.PLANNING):
        versions.save_draft(draft, spec(whole("b")), by=other, at=NOON)
        return
    with pytest.raises(NotAllowed):
        versions.save_draft(draft, spec(whole("b")), by=other, at=NOON)
    with pytest.raises(NotAllowed):
        versions.publish(draft, by=other, at=NOON)
    with pytest.raises(NotAllowed):
        versions.draft(draft.form, by=other, at=NOON)


def test_decimals_left_open_are_taken_from_the_unit_of_measure(division):
    make.row(MeasureUnit, code="RAI", name="ไร่", decimals=2)
    draft = new_form(division, description=spec({"key": "a", "kind": "number", "unit": "RAI"}))

    versions.publish(draft, by=division, at=NOON)

    assert FormVersion.get_by_id(draft.id).spec["sections"][0]["questions"][0]["decimals"] == 2


def test_units_and_indicators_are_those_of_the_registers(division):
    indicator = make.indicator()
    unit = indicator.measure_unit.code
    fed = whole("a", unit=unit, indicator=indicator.code, indicator_id=indicator.id, unit_rule="sum")
    draft = new_form(division, description=spec(fed, whole("b", unit="ELL")))

    assert [f.path for f in versions.faults_of(draft)] == ["sections.0.questions.1.unit"]


@pytest.mark.parametrize(
    "given_", [[], "x", {"a": float("nan")}, {"a": object()}, {"a": "x" * 1_000_001}, {"a": "\ud800"}]
)
def test_what_is_no_description_is_not_saved(division, given_):
    draft = new_form(division)

    with pytest.raises(RuleBroken):
        versions.save_draft(draft, given_, by=division, at=NOON)


def test_a_version_that_is_worked_on_is_not_taken_out_of_use(division):
    first = new_form(division)
    versions.publish(first, by=division, at=NOON)
    submission = filled(division, first.form, {"a": Decimal(1)})

    with pytest.raises(MoveRefused, match="1 reports"):
        versions.retire(first, by=division, at=NOON)
    make_consolidated(submission)
    versions.retire(first, by=division, at=NOON)
    assert versions.published(first.form) is None


# ---------------------------------------------------------------- copies and files


def test_a_copy_asks_the_same_and_feeds_no_indicator(division):
    indicator = make.indicator()
    fed = whole("a", unit=indicator.measure_unit.code, indicator=indicator.code, indicator_id=indicator.id)
    first = new_form(division, description=spec(fed, text("b")))
    other = make.person(Role.DIVISION)

    made = versions.copy(first.form, code="F-2", name="สำเนา", by=other, at=NOON)

    assert (made.form.owner, made.number, made.state) == (other.unit, 1, FormState.DRAFT)
    assert list(versions.spec_of(made).asked) == ["a", "b"] and versions.spec_of(made).feeds == {}


def test_a_form_goes_out_as_a_file_and_comes_in_equal(division):
    indicator = make.indicator()
    fed = whole("a", unit=indicator.measure_unit.code, indicator=indicator.code, indicator_id=indicator.id)
    first = new_form(division, description=spec(fed, text("b")))
    data = versions.export_json(first)

    made = versions.import_json(data, by=division, at=NOON, code="F-2")

    assert made.remarks == [] and made.version.spec == first.spec and made.version.form.code == "F-2"
    assert versions.export_json(made.version) == data.replace(b'"F-1"', b'"F-2"')


def test_a_file_becomes_the_next_draft_of_a_form(division):
    first = new_form(division)
    versions.publish(first, by=division, at=NOON)
    data = versions.export_json(versions.draft(first.form, by=division, at=NOON))

    with pytest.raises(RuleBroken, match="has a draft already"):
        versions.import_json(data, by=division, at=NOON, form=first.form)
    versions.discard(versions.draft_of(first.form), by=division, at=NOON)
    assert versions.import_json(data, by=division, at=NOON, form=first.form).version.number == 2


def test_an_indicator_that_is_not_here_is_told(division):
    sent = written(Parcel("F-9", "แบบ", "", PeriodKind.MONTH, True, spec(whole("a", indicator="99-9")), {}, ""))

    made = versions.import_json(sent, by=division, at=NOON)

    assert [str(f.error) for f in made.remarks] == ["This portal has no indicator “99-9”; “a” feeds none."]
    assert versions.spec_of(made.version).feeds == {}


def test_a_code_is_used_once(division):
    data = versions.export_json(new_form(division))

    with pytest.raises(RuleBroken, match="already"):
        versions.import_json(data, by=division, at=NOON)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"portal_form": 1}', b'{"portal_form": 2, "spec": {}}',
        b'{"portal_form": 1, "spec": 5}', b'{"portal_form": 1, "spec": {"sections": 5}}',
        b'{"portal_form": 1, "kind": "eon", "spec": {"sections": []}}',
        b'{"portal_form": 1, "spec": {"sections": [{"questions": [{"key": 5}]}]}}',
        b'{"portal_form": 1, "spec": {"sections": [5]}}', b'{"portal_form": NaN}',
        b'{"portal_form": ' + b"9" * 5000 + b"}",
        b"[" * 100_000, b" " * 4_000_001, b'{"portal_form": 1, "code": 5, "field_map": [], "extra": 1}',
    ],
    ids=lambda data: data[:40].decode(errors="replace") or "empty",
)  # fmt: skip
def test_a_file_that_is_no_form_is_refused_in_words(division, data):
    with pytest.raises(PortalError) as refusal:
        versions.import_json(data, by=division, at=NOON, code="F-5")

    assert str(refusal.value)
    assert Form.get_or_none(Form.code == "F-5") is None


@given(strategies.specs())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_form_goes_through_a_file(made):
    parcel = Parcel("F-1", "แบบ", "", PeriodKind.QUARTER, False, made.to_json(), {"a": [{"key": "b"}]}, "บันทึก")
    for question in [q for s in parcel.spec["sections"] for q in s["questions"]]:
        question.pop("indicator_id", None)

    assert written(read_parcel(written(parcel))) == written(parcel)


# ---------------------------------------------------------------- JSON Schema


def test_a_version_has_a_schema_of_its_answers(division):
    table = {
        "key": "t",
        "kind": "table",
        "columns": [{**whole("x"), "label": "x", "required": True}],
        "rows_greatest": 5,
    }
    first = new_form(division, description=spec(whole("a", required=True, least="0"), table, text("b")))

    made = versions.json_schema(first)

    assert made["$schema"].endswith("2020-12/schema") and made["$id"] == "urn:cpd:form:F-1:1"
    assert made["required"] == ["a"] and list(made["properties"]) == ["a", "t", "b"]
    assert made["properties"]["a"]["anyOf"] == [{"type": "integer", "x-decimals": 0, "minimum": 0}, {"type": "null"}]
    assert made["properties"]["t"]["maxItems"] == 5 and made["properties"]["t"]["items"]["required"] == ["x"]


@CALM
@given(strategies.specs())
def test_any_form_has_a_schema_in_json(made):
    described = json.loads(json.dumps(schema(made, "urn:x", "แบบ")))

    assert set(described["required"]) <= set(described["properties"]) <= set(made.questions)


# ---------------------------------------------------------------- moving


def filled(by, form, answers):
    office = make.unit()
    obligation = make.obligation(office, form)
    version = versions.published(form)
    made = make.row(
        Submission, obligation=obligation, unit=office, period=obligation.period_id, form_version=version
    )  # fmt: skip
    reporter = make.person(Role.REPORTER, office)
    for key, value in answers.items():
        cell = key if isinstance(key, Cell) else Cell(key)
        column = "number" if isinstance(value, Decimal) else "text"
        make.row(
            Answer, submission=made, key=cell.key, row=cell.row, saved_by=reporter, saved_at=NOON, **{column: value}
        )
    return made


def make_consolidated(submission):
    Submission.update(
        state=State.CONSOLIDATED, submitted_at=NOON, first_submitted_at=NOON, verified_at=NOON
    ).where(Submission.id == submission.id).execute()  # fmt: skip


def answers(submission):
    rows = Answer.select().where(Answer.submission == submission.id).order_by(Answer.key, Answer.row)
    return {(a.key, a.row): a.number if a.number is not None else a.text or str(a.mark) for a in rows}


def change(submission, key, value):
    """Somebody of the office answers in the version of now."""
    there = Answer.get_or_none(Answer.submission == submission.id, Answer.key == key)
    with make.records.changing(by=None, verb="save_answers", at=LATER, as_verb=True) as work:
        if value is None:
            work.remove(there)
        elif there is not None:
            work.update(there, number=value)
        else:
            work.create(Answer, submission=submission, key=key, number=value)


@pytest.fixture
def moved(division):
    """A form whose second version renames, counts otherwise, splits, ends and begins; and a report in the first."""
    first = new_form(division, description=spec(
        whole("old"), {"key": "tons", "kind": "number"}, whole("people"), text("gone"), text("same")))  # fmt: skip
    versions.publish(first, by=division, at=NOON)
    before = {"old": Decimal(5), "tons": Decimal("1.5"), "people": Decimal(10), "gone": "ข้อความ", "same": "เดิม"}
    submission = filled(division, first.form, before)
    second(first.form, spec(whole("new"), {"key": "kg", "kind": "number"}, whole("men"), whole("women"), text("same"),
                            text("extra")), division,
           {"old": [{"key": "new"}], "tons": [{"key": "kg", "factor": "1000", "note": "ตัน → กก."}],
            "people": [{"key": "men"}, {"key": "women"}]})  # fmt: skip
    return submission, division


BEFORE = {("gone", 0): "ข้อความ", ("old", 0): 5, ("people", 0): 10, ("same", 0): "เดิม", ("tons", 0): Decimal("1.5")}


def test_publishing_a_second_version_leaves_the_first_ones_reports_alone(moved):
    submission, _ = moved

    assert Submission.get_by_id(submission.id).form_version.number == 1
    assert answers(submission) == BEFORE
    assert versions.published(submission.form_version.form).number == 2


def test_moving_is_shown_before_it_is_done(moved):
    submission, _ = moved

    plan = versions.preview_move(submission)

    assert [(line.sources[0].key, line.cell.key, line.after, line.is_break) for line in plan.kept] == [
        ("old", "new", 5, False), ("tons", "kg", 1500, True), ("same", "same", "เดิม", False),
    ]  # fmt: skip
    assert {left.cell.key for left in plan.left} == {"people", "gone"}
    assert plan.new_keys == ["extra"]
    assert answers(submission) == BEFORE


def test_a_moved_report_is_in_the_new_version_and_back_again_as_it_was(moved):
    submission, division = moved

    versions.move(submission, by=division, at=NOON)

    assert answers(submission) == {("kg", 0): 1500, ("new", 0): 5, ("same", 0): "เดิม"}
    assert Submission.get_by_id(submission.id).form_version.number == 2
    assert was_moved(submission)
    kept = Answer.get(Answer.submission == submission.id, Answer.key == "new")
    assert kept.saved_at == NOON and kept.saved_by is not None

    versions.move_back(submission, by=division, at=NOON)

    assert answers(submission) == BEFORE
    assert Submission.get_by_id(submission.id).form_version.number == 1
    assert not was_moved(submission)
    with pytest.raises(MoveRefused, match="not moved"):
        versions.move_back(submission, by=division, at=NOON)


def test_what_was_answered_after_the_move_goes_back_with_it(moved):
    submission, division = moved
    versions.move(submission, by=division, at=NOON)
    change(submission, "kg", Decimal(2500))
    change(submission, "men", Decimal(3))
    change(submission, "women", Decimal(4))
    change(submission, "new", None)

    plan = versions.preview_move_back(submission)
    versions.move_back(submission, by=division, at=LATER)

    after = dict(BEFORE) | {("tons", 0): Decimal("2.5"), ("people", 0): 7}
    del after[("old", 0)]
    assert answers(submission) == after
    assert plan.left == []


def test_what_has_no_place_in_the_first_version_is_named_and_stays_in_history(moved):
    submission, division = moved
    versions.move(submission, by=division, at=NOON)
    with make.records.changing(by=None, verb="save_answers", at=LATER) as work:
        work.create(Answer, submission=submission, key="extra", text="เพิ่ม")

    assert [left.cell.key for left in versions.preview_move_back(submission).left] == ["extra"]
    versions.move_back(submission, by=division, at=LATER)
    assert answers(submission) == BEFORE
    versions.move(submission, by=division, at=LATER)
    assert was_moved(submission)


def test_moving_there_and_back_many_times_loses_nothing(moved):
    submission, division = moved

    for _ in range(3):
        versions.move(submission, by=division, at=NOON)
        versions.move_back(submission, by=division, at=NOON)

    assert answers(submission) == BEFORE
    assert AuditEntry.select().where(AuditEntry.verb == "move_version").count() == 3


def test_not_applicable_moves_as_such(moved):
    submission, division = moved
    answer = Answer.get(Answer.submission == submission.id, Answer.key == "old")
    with make.records.changing(by=None, verb="save_answers", at=NOON) as work:
        work.update(answer, number=None, mark=Mark.NOT_APPLICABLE)

    versions.move(submission, by=division, at=NOON)

    assert answers(submission)["new", 0] == "not_applicable"


def test_remarks_and_files_go_with_their_question(moved):
    submission, division = moved
    remark = make.row(Comment, submission=submission, key="old", text="ตรวจ", person=division, at=NOON)
    file = make.row(Attachment, submission=submission, unit=submission.unit, name="ก.pdf", media_type="application/pdf",
                    size=1, sha256="0" * 64, file_key="x", added_by=division, added_at=NOON, key="old")  # fmt: skip

    versions.move(submission, by=division, at=NOON)
    assert (Comment.get_by_id(remark.id).key, Attachment.get_by_id(file.id).key) == ("new", "new")
    versions.move_back(submission, by=division, at=NOON)
    assert (Comment.get_by_id(remark.id).key, Attachment.get_by_id(file.id).key) == ("old", "old")


def test_an_answer_feeds_the_indicator_of_the_new_version(division):
    indicator = make.indicator()
    first = new_form(division)
    versions.publish(first, by=division, at=NOON)
    submission = filled(division, first.form, {"a": Decimal(1)})
    fed = whole("a", unit=indicator.measure_unit.code, indicator=indicator.code, indicator_id=indicator.id)
    second(first.form, spec(fed), division)

    versions.move(submission, by=division, at=NOON)

    assert Answer.get(Answer.submission == submission.id).indicator == indicator


@pytest.mark.parametrize("role", [Role.REPORTER, Role.APPROVER, Role.PLANNING, Role.ADMIN])
def test_an_office_moves_its_own_report(moved, role):
    submission, _ = moved
    own = role in (Role.REPORTER, Role.APPROVER)
    person = make.person(role, submission.unit if own else None)

    versions.move(submission, by=person, at=NOON)

    assert Submission.get_by_id(submission.id).form_version.number == 2


@pytest.mark.parametrize("role", [Role.REPORTER, Role.DIVISION, Role.EXECUTIVE])
def test_nobody_else_moves_it(moved, role):
    submission, _ = moved

    with pytest.raises((NotAllowed, NotFound)):
        versions.move(submission, by=make.person(role), at=NOON)
    assert answers(submission) == BEFORE


def test_a_report_of_a_closed_month_is_moved_only_while_it_is_open_again(moved):
    submission, division = moved
    planner = make.person(Role.PLANNING)
    with make.records.changing(by=None, verb="close", at=NOON) as work:
        work.update(submission.period, closed_at=NOON)

    with pytest.raises(MoveRefused, match="period is closed"):
        versions.move(Submission.get_by_id(submission.id), by=division, at=NOON)
    make.row(Reopening, obligation=submission.obligation_id, unit=submission.unit_id, reason="แก้", opened_by=planner,
             opened_at=NOON, until_on=NOON.date())  # fmt: skip
    versions.move(Submission.get_by_id(submission.id), by=division, at=NOON)


def test_a_draft_is_not_published_when_somebody_saved_it_meanwhile(division):
    draft = new_form(division)
    versions.save_draft(FormVersion.get_by_id(draft.id), spec(whole("b")), by=division, at=NOON)

    with pytest.raises(StaleRow):
        versions.publish(draft, by=division, at=NOON)


def test_a_report_that_was_sent_or_is_new_already_is_not_moved(moved):
    submission, division = moved
    second_one = filled(division, submission.form_version.form, {})

    with pytest.raises(MoveRefused, match="newest version"):
        versions.move(second_one, by=division, at=NOON)
    make_consolidated(submission)
    with pytest.raises(MoveRefused, match="has been sent"):
        versions.move(Submission.get_by_id(submission.id), by=division, at=NOON)


def test_the_field_map_of_a_published_version_never_changes(division):
    first = new_form(division)
    versions.publish(first, by=division, at=NOON)

    with pytest.raises(RuleBroken, match="never changes"), make.records.changing(by=None, verb="edit", at=NOON) as work:
        work.update(first, field_map={"a": []})


def pictures(submission):
    rows = Answer.select().where(Answer.submission == submission.id)
    kept = ("mark", "number", "text", "reason", "saved_at", "saved_by_id", "indicator_id")
    return {Cell(a.key, a.row): tuple(getattr(a, name) for name in kept) for a in rows}


@given(data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_between_any_two_versions_a_report_goes_and_comes_back_as_it_was(sqlite_store, data):
    division = make.person(Role.DIVISION)
    old, new = data.draw(strategies.specs(most=5)), data.draw(strategies.specs(most=5))
    targets = st.lists(st.sampled_from([*new.asked] or ["q0"]).map(lambda key: {"key": key}), max_size=2)
    field_map = data.draw(st.dictionaries(st.sampled_from([*old.asked] or ["q0"]), targets, max_size=3))
    field_map = {k: v for k, v in field_map.items() if not map_faults(old, new, {k: v})}
    first = new_form(division, code=f"R-{Form.select().count()}", description=old.to_json())
    versions.publish(first, by=division, at=NOON)
    submission = filled(division, first.form, {})
    for cell, entry in data.draw(strategies.answers(old)).items():
        applies, number, words = kinds.to_store(old.asked[cell.key], entry)
        mark = Mark.VALUE if applies else Mark.NOT_APPLICABLE
        make.row(Answer, submission=submission, key=cell.key, row=cell.row, mark=mark, number=number, text=words,
                 reason=data.draw(st.sampled_from(("", "เหตุผล"))), saved_by=division, saved_at=NOON)  # fmt: skip
    second(first.form, new.to_json(), division, field_map)
    before = pictures(submission)

    shown = versions.preview_move(submission)
    versions.move(submission, by=division, at=NOON)
    assert set(pictures(submission)) == {line.cell for line in shown.kept}
    assert {cell.key for cell in pictures(submission)} <= set(new.asked)
    versions.move_back(submission, by=division, at=NOON)

    assert pictures(submission) == before
