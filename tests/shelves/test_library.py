"""Every shipped form, held to what all of them promise; and how they come into a store."""

import datetime as dt
import json
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Form, FormVersion, MeasureUnit, StoreFact, Unit
from portal import seed
from portal.forms import kinds, problems, reading
from portal.forms.exchange import read_parcel, written
from portal.forms.faults import faults
from portal.forms.schema_of import schema
from portal.forms.shipped import files, parcels
from portal.forms.spec import FormSpec
from portal.forms.values import Cell
from portal.rules.terms import FormState, PeriodKind
from tests import make
from tests.forms import strategies

FILES = [pytest.param(path, id=path.stem) for path in files()]
THAI = re.compile("[ก-๙]")


def spec_of(path):
    return FormSpec.from_json(read_parcel(path.read_bytes()).spec)


def everything(spec):
    for section in spec.sections:
        yield section.title, section.title_en
        for question in section.questions:
            for one in (question, *question.columns, *question.choices, *question.rows):
                yield one.label, one.label_en
            for column in question.columns:
                yield from ((c.label, c.label_en) for c in column.choices)
    yield from ((rule.message, rule.message_en) for rule in spec.rules)


def test_the_library_is_as_wide_as_the_departments_work():
    shipped = [FormSpec.from_json(parcel.spec) for parcel in parcels()]
    asked = [q for spec in shipped for q in spec.asked.values()]

    assert len(shipped) >= 12
    assert {parcel.kind for parcel in parcels()} == set(PeriodKind)
    tops = {q.kind for spec in shipped for q in spec.questions.values()}
    assert tops | {q.kind for q in asked} == set(kinds.BY_NAME)
    assert sum(bool(spec.rules) for spec in shipped) >= 12
    assert {rule.severity for spec in shipped for rule in spec.rules} == {"block", "warn"}
    assert any(q.shown_when for q in asked) and any(q.default for q in asked)


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_as_the_portal_writes_it(path):
    assert written(read_parcel(path.read_bytes())) == path.read_bytes()


@pytest.mark.parametrize("path", FILES)
def test_everything_is_said_in_thai_and_in_english(path):
    for thai, english in everything(spec_of(path)):
        assert THAI.search(thai) or thai in ("BAAC", "ธ.ก.ส.") or re.fullmatch(r"[\d–./ ]+", thai), thai
        assert english and not THAI.search(english), thai


@pytest.mark.parametrize("path", FILES)
def test_it_has_no_fault_in_a_store_with_the_reference_data(sqlite_store, path):
    parcel = read_parcel(path.read_bytes())

    assert faults(parcel.spec, reading.register()) == []
    assert Unit.get_or_none(Unit.code == parcel.owner) is not None


@pytest.mark.parametrize("path", FILES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_answers_are_checked(path, data):
    spec = spec_of(path)
    answers = data.draw(strategies.answers(spec))

    for problem in problems.problems(spec, answers):
        assert str(problem.error)
    json.dumps(schema(spec, "urn:x", "แบบ"))


@pytest.mark.parametrize("path", FILES)
def test_its_rules_can_be_broken_and_are_told_in_words(path):
    for rule in spec_of(path).rules:
        assert rule.at and len(rule.message) > 10
        assert rule.severity == "block" or "เหตุผล" in rule.message or "ผิดปกติ" in rule.message or "โปรด" in rule.message


def test_sold_produce_is_never_more_than_there_was():
    spec = FormSpec.from_json(next(p.spec for p in parcels() if p.code == "AG-01"))
    row = {"institution": "4700000125271", "crop": "paddy", "sellers": Decimal(12), "collected": Decimal("10.5"),
           "price": Decimal(9000), "sold": Decimal(11), "sales": Decimal(100000)}  # fmt: skip
    answers = {Cell(f"lots.{key}", 1): value for key, value in row.items()}
    answers |= {Cell("any"): True, Cell("channels"): ("mill",)}

    found = problems.problems(spec, answers)

    assert [(p.cell, p.rule) for p in found] == [(Cell("lots.sold", 1), "stock_enough")]
    worked_out = problems.computed(spec, answers)
    assert worked_out[Cell("lots.value", 1)] == Decimal("94500.00")
    assert worked_out[Cell("lots.left", 1)] == Decimal("-0.50")


def test_a_new_store_has_the_shipped_forms_and_none_is_in_use(store):
    rows = list(Form.select().order_by(Form.code))

    assert [row.code for row in rows] == [parcel.code for parcel in parcels()]
    assert not any(row.is_active for row in rows)
    assert {v.state for v in FormVersion.select()} == {FormState.PUBLISHED}
    assert all(reading.spec_of(version).asked for version in FormVersion.select())


def test_a_form_that_people_have_made_their_own_is_left_alone(store):
    form = Form.get(Form.code == "LN-01")
    with make.records.changing(by=None, verb="edit", at=make.NOON) as work:
        work.update(form, name="ชื่อของเราเอง")
        work.update(StoreFact.get(StoreFact.key == "reference"), value="an older version")

    assert seed.load(at=make.NOON + dt.timedelta(days=1)) == {}
    assert Form.get(Form.code == "LN-01").name == "ชื่อของเราเอง"
    assert MeasureUnit.select().count() > 20
