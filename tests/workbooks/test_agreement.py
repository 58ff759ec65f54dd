"""Form, paste and workbook agree on what is valid, in the same words, over random forms and what is typed into them."""

import io
import json
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal import answers
from portal.forms import kinds
from portal.forms.spec import FormSpec
from portal.forms.values import Cell
from portal.web.form_page import FIELD, SheetForm, name_of
from portal.workbooks import layout
from tests import make
from tests.forms import strategies
from tests.workbooks.office import Office

BAD = (
    "abc", "ร้อย", "-", "1.23456", "-1000000", "99999999999999", "12/13/2566", "31/02/2566", "ใช่ครับ", "อื่น ๆ", "1234",
    "1;2", "=1+1", "+5", "@x", "๑๒๓", "1,234", "0", "ไม่เกี่ยวข้อง", "n/a", "true", "50%", "1e5", "  ", "ก\nข",
    "#N/A", "x" * 501,
)  # fmt: skip
CALM = settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)  # fmt: skip


@st.composite
def typed_into(draw, spec):
    """What somebody types: mostly what the question takes, sometimes anything else."""
    out = {}
    for cell, entry in draw(strategies.answers(spec)).items():
        question = spec.asked[cell.key]
        if layout.is_answered(question):
            text = draw(st.sampled_from(BAD)) if draw(st.integers(0, 3)) == 0 else kinds.write(question, entry)
            out[cell] = text.replace("\r", "")
    return out


def as_excel_keeps(text):
    """A number that Excel understood has lost its commas and idle zeros; the rest stands there as it was typed."""
    try:
        number = Decimal(text.replace(",", ""))
    except ArithmeticError:
        return text
    return format(number.normalize() if number else Decimal(0), "f") if number.is_finite() else text


def words(refused):
    return {cell: error.words() for cell, error in refused.items()}


@given(st.data())
@CALM
def test_form_paste_and_workbook_refuse_the_same_cells_in_the_same_words(sqlite_store, data):
    spec = data.draw(strategies.specs(most=5))
    typed = {cell: as_excel_keeps(text) for cell, text in data.draw(typed_into(spec)).items()}
    pasting, sending = Office(spec.to_json()), Office(spec.to_json())

    pasted = answers.fill_in(pasting.sheet(), typed, by=pasting.reporter, at=make.NOON)
    preview = sending.look(sending.pen(sending.workbook()).type(typed).saved())
    form = SheetForm(sending.sheet(), MultiDict({FIELD + name_of(cell): text for cell, text in typed.items()}))

    wrong = {remark.cell: remark.error.words() for remark in preview.forms[0].wrong}
    assert wrong == words(pasted.refused)
    by_form = {field.cell: field.refusal.words() for field in form if field.refusal is not None}
    assert by_form == {cell: said for cell, said in wrong.items() if cell in by_form}
    for cell in set(wrong) - set(by_form):
        assert spec.asked[cell.key].kind == "cooperative"  # whose institutions these are is asked when it is saved


@given(st.data())
@CALM
def test_what_is_taken_from_a_workbook_is_what_is_typed_on_the_page(sqlite_store, data):
    spec = data.draw(strategies.specs(most=5))
    typed = {cell: as_excel_keeps(text) for cell, text in data.draw(typed_into(spec)).items()}
    pasting, sending = Office(spec.to_json()), Office(spec.to_json())

    if typed:
        answers.fill_in(pasting.sheet(), typed, by=pasting.reporter, at=make.NOON)
    sending.send(sending.pen(sending.workbook()).type(typed).saved())

    assert sending.entries() == pasting.entries()
    assert [(p.cell, p.rule) for p in sending.sheet().problems] == [(p.cell, p.rule) for p in pasting.sheet().problems]
    assert sending.look(sending.workbook()).changes == 0


@given(st.data())
@CALM
def test_a_form_is_the_same_after_json_and_a_workbook_of_it_is_read_back_whole(sqlite_store, data):
    spec = data.draw(strategies.specs())
    given = {cell: entry for cell, entry in data.draw(strategies.answers(spec)).items()
             if spec.asked[cell.key].kind not in ("file", "photo", "cooperative")}  # fmt: skip
    again = FormSpec.from_json(json.loads(json.dumps(spec.to_json())))
    office = Office(again.to_json())
    office.fill({cell: kinds.write(spec.asked[cell.key], entry) for cell, entry in given.items()})

    preview = office.look(office.workbook())

    assert again == spec
    assert office.entries() == given
    read = preview.forms[0].read.typed
    assert {cell: kinds.read(spec.asked[cell.key], text) for cell, text in read.items()} == given
    assert (preview.changes, preview.wrong) == (0, 0)


def test_a_percentage_typed_with_its_sign_is_not_taken_for_a_hundredth(sqlite_store):
    office = Office({"sections": [{"questions": [{"key": "rate", "kind": "percent", "label": "ร้อยละ"}]}]})
    pen = office.pen(office.workbook()).put(Cell("rate"), 0.5)
    pen.at(Cell("rate")).number_format = "0%"

    preview = office.look(pen.saved())

    by_hand = answers.fill_in(office.sheet(), {Cell("rate"): "50%"}, by=office.reporter, at=make.NOON)
    assert [r.error.words() for r in preview.forms[0].wrong] == list(words(by_hand.refused).values())
    assert io.BytesIO(office.workbook()).read(2) == b"PK"
