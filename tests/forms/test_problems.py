"""The one checker: what stands between answers and handing them in, and what the portal works out itself."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import RuleBroken
from portal.forms.problems import check, computed, offered, problems, shown
from portal.forms.spec import FormSpec
from portal.forms.values import NOT_APPLICABLE, Cell, Context
from tests.forms import strategies
from tests.forms.strategies import CALM


def asked(key, kind="whole", **values):
    return {"key": key, "kind": kind, "label": key, **values}


def form(*questions, rules=(), shown_when=""):
    section = {"key": "s1", "title": "ผล", "shown_when": shown_when, "questions": list(questions)}
    return FormSpec.from_json({"sections": [section], "rules": list(rules)})


def told(spec, answers, reasons=None, context=None):
    return [(p.cell, p.rule, p.severity) for p in problems(spec, answers, reasons, context or Context())]


CROPS = [{"code": "rice", "label": "ข้าว"}, {"code": "corn", "label": "ข้าวโพด"}]
TABLE = asked("t", "table", totals=["sold"], columns=[
    asked("crop", "choice", choices=CROPS, required=True),
    asked("got", "number"), asked("sold", "number"),
    asked("left", "computed", formula="got - sold", decimals=1),
], rows_least=1, rows_greatest=3)  # fmt: skip


ANYTHING = st.one_of(
    st.just(NOT_APPLICABLE), st.booleans(), st.text(max_size=5), st.dates(), st.decimals(),
    st.lists(st.text(max_size=3), max_size=2).map(tuple), st.none(), st.integers(),
)  # fmt: skip


@CALM
@given(st.data())
def test_no_answers_make_the_checker_fall_over(data):
    spec = data.draw(strategies.specs())
    keys = st.sampled_from([*spec.asked, *spec.questions, "nobody", "q0.k9", "q0.k0", ""])
    cells = st.builds(Cell, keys, st.integers(-2, 300))
    answers = data.draw(st.dictionaries(cells, ANYTHING, max_size=8)) | data.draw(strategies.answers(spec))
    context = data.draw(strategies.contexts(spec))

    for problem in problems(spec, answers, data.draw(st.dictionaries(cells, st.text(max_size=3), max_size=2)), context):
        assert str(problem.error) and problem.severity in ("block", "warn")
    assert shown(spec, answers, context) <= {*spec.questions, *spec.asked}
    computed(spec, answers, context)


@CALM
@given(st.data())
def test_sound_answers_are_wrong_only_by_what_is_missing_and_by_the_forms_own_rules(data):
    spec = data.draw(strategies.specs())
    answers = data.draw(strategies.answers(spec))

    rules = {rule.key for rule in spec.rules}
    assert {p.rule for p in problems(spec, answers)} <= {"required", "rows", "computed"} | rules


@CALM
@given(st.data())
def test_one_cell_is_refused_in_the_words_of_the_whole_form(data):
    spec = form(asked("n", least="0", greatest="10"), asked("c", "choice", choices=[{"code": "a", "label": "ก"}]))
    cell, entry = (
        data.draw(st.sampled_from([Cell("n"), Cell("c")])),
        data.draw(ANYTHING.filter(lambda v: v is not None)),
    )

    alone = None
    try:
        check(spec, cell, entry)
    except RuleBroken as refusal:
        alone = str(refusal)

    found = [str(p.error) for p in problems(spec, {cell: entry})]
    assert found == ([alone] if alone else [])


def test_what_is_required_is_missed_where_it_is_shown():
    spec = form(asked("ok", "yes_no"), asked("why", "text", required=True, shown_when="ok = no"))

    assert told(spec, {Cell("ok"): False}) == [(Cell("why"), "required", "block")]
    assert told(spec, {Cell("ok"): True}) == []
    assert told(spec, {}) == []  # it cannot be said, so it is not asked
    assert told(spec, {Cell("ok"): False, Cell("why"): NOT_APPLICABLE}) == []
    assert shown(spec, {Cell("ok"): True}) == {"ok"}


def test_answers_to_hidden_questions_count_nowhere():
    spec = form(asked("ok", "yes_no"), asked("n", shown_when="ok"), asked("twice", "computed", formula="sum(n, 1)"),
                rules=[{"key": "r", "expression": "n < 5", "message": "ม", "at": "n"}])  # fmt: skip

    assert told(spec, {Cell("ok"): False, Cell("n"): Decimal(9)}) == []
    assert computed(spec, {Cell("ok"): False, Cell("n"): Decimal(9)}) == {Cell("twice"): Decimal(1)}
    assert told(spec, {Cell("ok"): True, Cell("n"): Decimal(9)}) == [(Cell("n"), "r", "block")]


def test_a_section_is_hidden_as_a_whole():
    spec = FormSpec.from_json({"sections": [
        {"questions": [asked("ok", "yes_no")]},
        {"shown_when": "ok", "questions": [asked("n", required=True), TABLE]}]})  # fmt: skip

    assert told(spec, {Cell("ok"): False}) == []
    assert [p[0] for p in told(spec, {Cell("ok"): True})] == [Cell("n"), Cell("t.crop", 1)]


def test_a_warning_passes_with_its_reason_and_a_block_never():
    warns = {"key": "w", "expression": "n <= last_month(n) * 2", "message": "มากผิดปกติ", "severity": "warn", "at": "n"}
    blocks = {"key": "b", "expression": "n <= 100", "message": "มากเกิน", "message_en": "Too many", "at": "n"}
    rules = [warns, blocks]
    spec, context = form(asked("n"), rules=rules), Context(last_month={"n": Decimal(10)})

    without = problems(spec, {Cell("n"): Decimal(50)}, {}, context)
    assert [(p.rule, p.severity, p.stops) for p in without] == [("w", "warn", True)]
    assert without[0].error.words(lambda text: "ไทย") == "มากผิดปกติ"
    given_why = problems(spec, {Cell("n"): Decimal(50)}, {Cell("n"): "มีโครงการพิเศษ"}, context)
    assert [(p.reason, p.stops) for p in given_why] == [("มีโครงการพิเศษ", False)]
    blocked = problems(spec, {Cell("n"): Decimal(500)}, {Cell("n"): "เพราะ"}, context)
    assert [p.stops for p in blocked] == [False, True]
    assert str(blocked[1].error) == "Too many" and blocked[1].error.words(lambda text: "ไทย") == "มากเกิน"


def test_a_rule_on_a_column_is_judged_row_by_row():
    by_row = {"key": "r", "expression": "sold <= got", "message": "ขายเกิน", "at": "t.sold"}
    whole = {"key": "all", "expression": "sum(t.got) < 100", "message": "รวมมาก", "at": "t.got"}
    spec = form(TABLE, rules=[by_row, whole])
    answers = {Cell("t.crop", 1): "rice", Cell("t.got", 1): Decimal(5), Cell("t.sold", 1): Decimal(4),
               Cell("t.crop", 3): "corn", Cell("t.got", 3): Decimal(98), Cell("t.sold", 3): Decimal(99)}  # fmt: skip

    assert told(spec, answers) == [(Cell("t.got", 1), "all", "block"), (Cell("t.sold", 3), "r", "block")]


def test_rows_and_totals_of_a_table_are_worked_out():
    spec = form(TABLE, asked("share", "computed", formula="share(sum(t.sold), sum(t.got))", decimals=2))
    answers = {Cell("t.got", 1): Decimal(5), Cell("t.sold", 1): Decimal("4.25"), Cell("t.got", 2): Decimal(3)}

    assert computed(spec, answers) == {
        Cell("t.left", 1): Decimal("0.8"), Cell("t.sold", 0): Decimal("4.25"), Cell("share"): Decimal("53.13"),
    }  # fmt: skip


def test_only_rows_with_an_answer_are_there_in_an_open_table():
    spec = form(TABLE)

    assert told(spec, {}) == [(Cell("t.crop", 1), "rows", "block")]
    assert told(spec, {Cell("t.got", 2): Decimal(1)}) == [(Cell("t.crop", 2), "required", "block")]
    assert told(spec, {Cell("t.crop", 1): "rice", Cell("t.got", 4): Decimal(1)}) == [
        (Cell("t.got", 4), "rows", "block")
    ]


def test_every_fixed_row_is_asked():
    rows = [{"key": "male", "label": "ชาย"}, {"key": "female", "label": "หญิง"}]
    spec = form(asked("t", "table", columns=[asked("n", required=True)], rows=rows),
                asked("share", "computed", formula='share(cell(t.n, "female"), sum(t.n))', decimals=1))  # fmt: skip

    assert told(spec, {Cell("t.n", 1): Decimal(30)}) == [(Cell("t.n", 2), "required", "block")]
    answers = {Cell("t.n", 1): Decimal(30), Cell("t.n", 2): Decimal(10)}
    assert computed(spec, answers)[Cell("share")] == Decimal("25.0")
    assert spec.name(Cell("t.n", 2)) == "t: หญิง, n"


def test_computed_answers_that_come_along_are_not_believed():
    spec = form(asked("n"), asked("twice", "computed", formula="n * 2", decimals=0))

    answers = {Cell("n"): Decimal(4), Cell("twice"): Decimal(999)}

    assert computed(spec, answers) == {Cell("twice"): Decimal(8)}
    assert told(spec, answers) == []
    with pytest.raises(RuleBroken, match="worked out by the form"):
        check(spec, Cell("twice"), Decimal(8))


def test_a_result_that_cannot_be_is_told_where_it_would_stand():
    spec = form(asked("n"), asked("big", "computed", formula="n * n * 1000", decimals=0))

    assert told(spec, {Cell("n"): Decimal(999_999_999)}) == [(Cell("big"), "computed", "block")]


def test_an_office_names_its_own_institutions_only():
    spec = form(asked("who", "cooperative"))
    context = Context(cooperatives={"4700000125271": "สหกรณ์ตัวอย่าง"})

    assert told(spec, {Cell("who"): "4700000125271"}, context=context) == []
    assert told(spec, {Cell("who"): "4700000125272"}, context=context) == [(Cell("who"), "cooperative", "block")]
    assert told(spec, {Cell("who"): "4700000125272"}) == []


def test_answers_without_a_question_are_told():
    assert told(form(asked("n")), {Cell("m"): Decimal(1), Cell("n", 2): Decimal(1)}) == [
        (Cell("n", 2), "unknown", "block"), (Cell("m"), "unknown", "block"),
    ]  # fmt: skip


def test_an_empty_cell_offers_what_the_form_says():
    spec = form(
        asked("a", default="last_month"), asked("b", default="plan"), asked("c"), asked("d", default="cumulative")
    )
    known = {key: Decimal(n) for n, key in enumerate("abcd", 1)}

    assert offered(spec, Context(known, {"d": Decimal(40)}, known)) == {
        "a": Decimal(1), "b": Decimal(2), "d": Decimal(40),
    }  # fmt: skip


def test_a_long_chain_of_computed_answers_is_worked_out():
    chain = [asked("q0"), *(asked(f"q{n}", "computed", formula=f"q{n - 1} + 1", decimals=0) for n in range(1, 350))]

    assert computed(form(*reversed(chain)), {Cell("q0"): Decimal(0)})[Cell("q349")] == Decimal(349)


def test_a_circle_that_slipped_through_ends():
    spec = form(asked("a", "computed", formula="b + 1"), asked("b", "computed", formula="a + 1"))

    assert computed(spec, {}) == {}
    assert told(spec, {}) == []
