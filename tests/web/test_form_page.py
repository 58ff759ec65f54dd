"""A form's description as a web form says the same as the one checker: property tests over random forms and answers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from models import FormVersion, Obligation
from portal.errors import PortalError
from portal.forms import kinds
from portal.forms.problems import problems
from portal.forms.spec import FormSpec
from portal.forms.values import NOT_APPLICABLE, Cell, Context
from portal.sheets import Held, Sheet
from portal.web import sheet_view
from portal.web.form_page import FIELD, SheetForm, cell_of, changed_since, name_of, seen_of
from tests.forms.strategies import answers, specs

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
CALM = settings(max_examples=60, deadline=None, suppress_health_check=SLOW)


def sheet(spec, held=None):
    """A sheet that needs no store: nothing stands beside it, nothing is locked."""
    made = Sheet(Obligation(id=1, unit=1), None, FormVersion(id=1), spec, held or {}, {}, None, {})
    made.__dict__["context"] = Context()
    return made


def posted(spec, given):
    """What a browser sends when these answers are typed."""
    data = MultiDict()
    for cell, entry in given.items():
        question = spec.asked.get(cell.key)
        if question is not None and kinds.of(question).typed:
            data.add(FIELD + name_of(cell), kinds.write(question, entry))
    return data


@given(st.data())
@CALM
def test_the_form_is_valid_exactly_when_the_checker_finds_nothing(data):
    spec = data.draw(specs())
    given = data.draw(answers(spec))
    form = SheetForm(sheet(spec), posted(spec, given))

    found = [p for p in problems(spec, given, {}, Context()) if p.stops]

    assert form.validate() == (not found)


@given(st.data())
@CALM
def test_every_answer_written_into_its_control_is_read_back(data):
    spec = data.draw(specs())
    given = data.draw(answers(spec))
    form = SheetForm(sheet(spec), posted(spec, given))

    for field in form:
        if field.is_posted:
            assert field.entry == given[field.cell]
        assert not field.process_errors
        assert str(field())  # it can be drawn


@given(st.data())
@CALM
def test_a_page_that_is_sent_back_untouched_changes_nothing(data):
    spec = data.draw(specs())
    given = data.draw(answers(spec))
    held = {cell: Held(n, entry, n + 1, "", None, None) for n, (cell, entry) in enumerate(given.items())}
    shown = SheetForm(sheet(spec, held))
    sent = MultiDict((field.name, field.typed.replace("\n", "\r\n")) for field in shown)

    typed, _ = changed_since(SheetForm(sheet(spec, held), sent), seen_of(shown))

    assert typed == {}


@given(st.data(), st.text(max_size=30))
@CALM
def test_what_is_typed_is_refused_in_the_words_of_the_checker_s_kind_or_read_as_it_reads(data, text):
    spec = data.draw(specs())
    typable = [field.cell for field in SheetForm(sheet(spec))]
    if not typable:
        return
    cell = data.draw(st.sampled_from(typable))
    field = SheetForm(sheet(spec), MultiDict({FIELD + name_of(cell): text})).field(cell)

    try:
        meant = kinds.read(spec.asked[cell.key], text)
    except PortalError as refusal:
        assert [str(refusal.msgid)] == [str(field.refusal.msgid)]
    else:
        assert (field.entry, field.refusal) == (meant, None)


@pytest.mark.parametrize("cell", [Cell("a"), Cell("t.a", 3), Cell("t.a", 200)])
def test_a_name_leads_back_to_its_cell(cell):
    assert cell_of(name_of(cell)) == cell


@pytest.mark.parametrize("name", ["", "-", "a-b", "a-", "a-99999", "a-๑"])
def test_what_is_no_name_is_no_cell_of_any_form(name):
    assert cell_of(name).row == 0 and cell_of(name).key == name


def test_that_it_does_not_apply_is_read_from_its_box():
    spec = FormSpec.from_json({"sections": [{"questions": [{"key": "a", "kind": "whole", "label": "ก"}]}]})

    form = SheetForm(sheet(spec), MultiDict({"na-a": "on", "q-a": "12"}))

    assert form.field(Cell("a")).entry is NOT_APPLICABLE


def test_an_institution_is_shown_by_its_name_under_its_number():
    spec = FormSpec.from_json({"sections": [{"title": "ที่เข้าแนะนำ", "questions": [
        {"key": "where", "kind": "cooperative", "label": "สถาบัน"},
    ]}]})  # fmt: skip
    number, cell = "4001000004593", Cell("where")
    made = sheet(spec, {cell: Held(1, number, 1, "", None, None)})
    made.__dict__["cooperatives"] = {number: "สหกรณ์การเกษตรศรีช่อง จำกัด"}
    form = SheetForm(made)

    shown = sheet_view.parts_of(made, form, measures={})

    assert shown[0].blocks[0][1][0].cell.text == f"สหกรณ์การเกษตรศรีช่อง จำกัด ({number})"
    assert f'value="{number}"' in str(form.field(cell)()) and "สหกรณ์การเกษตรศรีช่อง จำกัด</small>" in str(
        form.field(cell)()
    )
