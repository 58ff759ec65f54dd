"""How answers go on from version to version: renamed, split, merged, in another unit; and where a series breaks."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.forms import field_maps
from portal.forms.field_maps import Reading, Stage
from portal.forms.spec import FormSpec
from portal.forms.values import NOT_APPLICABLE, Cell
from tests.forms import strategies
from tests.forms.strategies import CALM


def form(*questions):
    return FormSpec.from_json({"sections": [{"questions": [{"label": q["key"], **q} for q in questions]}]})


def n(key, kind="number", **values):
    return {"key": key, "kind": kind, **values}


def line(*versions):
    return [Stage(number, spec, field_map) for number, (spec, field_map) in enumerate(versions, 1)]


def values(stages, key, *readings):
    listed = [Reading(m, v, {Cell(k): Decimal(x) for k, x in e.items()}) for m, (v, e) in enumerate(readings, 1)]
    return [(p.entry, p.is_break) for p in field_maps.series(stages, Cell(key), listed)]


def test_a_question_that_keeps_its_key_goes_on_by_itself():
    stages = line((form(n("a")), {}), (form(n("a"), n("b")), {}))

    assert values(stages, "a", (1, {"a": 3}), (2, {"a": 4})) == [(3, False), (4, False)]


def test_a_renamed_question_is_one_series_without_a_break():
    stages = line((form(n("old")), {}), (form(n("new")), {"old": [{"key": "new"}]}), (form(n("new"), n("x")), {}))

    assert values(stages, "new", (1, {"old": 3}), (2, {"new": 4}), (3, {"new": 5})) == [
        (3, False), (4, False), (5, False),
    ]  # fmt: skip


def test_another_unit_is_counted_over_and_breaks_the_series():
    stages = line(
        (form(n("tons")), {}), (form(n("kg")), {"tons": [{"key": "kg", "factor": "1000", "note": "ตัน → กก."}]})
    )
    readings = [Reading(1, 1, {Cell("tons"): Decimal("1.5")}), Reading(2, 2, {Cell("kg"): Decimal(10)})]

    points = field_maps.series(stages, Cell("kg"), readings)

    assert [(p.entry, p.is_break, p.note) for p in points] == [(Decimal(1500), False, ""), (10, True, "ตัน → กก.")]


def test_a_split_begins_its_parts_anew_and_adds_up_backwards():
    old, new = form(n("people")), form(n("men"), n("women"))
    stages = line((old, {}), (new, {"people": [{"key": "men"}, {"key": "women"}]}))

    assert values(stages, "men", (1, {"people": 10}), (2, {"men": 4, "women": 6})) == [(None, False), (4, True)]
    back = field_maps.through(stages, {Cell("men"): Decimal(4), Cell("women"): Decimal(6)}, 2, 1)
    assert back.entries == {Cell("people"): 10}
    assert field_maps.through(stages, {Cell("people"): Decimal(10)}, 1, 2).left[0].cell == Cell("people")


def test_two_questions_that_become_one_are_added():
    stages = line((form(n("men"), n("women")), {}),
                  (form(n("people")), {"men": [{"key": "people"}], "women": [{"key": "people"}]}))  # fmt: skip

    carried = field_maps.through(stages, {Cell("men"): Decimal(4), Cell("women"): Decimal(6)}, 1, 2)

    assert carried.entries == {Cell("people"): 10}
    assert carried.sources == {Cell("people"): [Cell("men"), Cell("women")]}


def test_a_break_may_be_said_without_a_factor():
    stages = line((form(n("a")), {}), (form(n("a")), {"a": [{"key": "a", "break": True, "note": "นิยามใหม่"}]}))

    assert values(stages, "a", (1, {"a": 3}), (2, {"a": 4}), (2, {"a": 5})) == [(3, False), (4, True), (5, False)]


def test_a_question_that_ends_leaves_its_answers():
    old, new = form(n("a"), n("b")), form(n("b"), n("c"))

    carried = field_maps.carry({Cell("a"): Decimal(1), Cell("b"): NOT_APPLICABLE}, old, new, {"b": []})

    assert carried.entries == {}
    assert [left.cell for left in carried.left] == [Cell("a"), Cell("b")]
    assert field_maps.ends(old, new, {}) == ["a"] and field_maps.begins(old, new, {}) == ["c"]


def test_fixed_rows_go_by_their_keys():
    def table(*keys):
        return n("t", "table", columns=[{"label": "x", **n("x")}], rows=[{"key": k, "label": k} for k in keys])

    old, new = form(table("rice", "corn", "gone")), form(table("new", "corn", "rice"))

    carried = field_maps.carry({Cell("t.x", r): Decimal(r) for r in (1, 2, 3)}, old, new, {})

    assert carried.entries == {Cell("t.x", 3): 1, Cell("t.x", 2): 2}
    assert [left.cell for left in carried.left] == [Cell("t.x", 3)]


def test_a_renamed_table_takes_its_columns_along():
    def table(key, *columns):
        return n(key, "table", columns=[{"label": c, **n(c)} for c in columns])

    old, new = form(table("t", "a", "b")), form(table("u", "a", "c"))

    carried = field_maps.carry(
        {Cell("t.a", 2): Decimal(1), Cell("t.b", 2): Decimal(5)},
        old,
        new,
        {"t": [{"key": "u"}], "t.b": [{"key": "u.c"}]},
    )

    assert carried.entries == {Cell("u.a", 2): 1, Cell("u.c", 2): 5}


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (n("a", "number"), n("a", "whole"), Decimal("2.5"), Decimal(3)),
        (n("a", "text"), n("a", "long_text"), "ก", "ก"),
        (n("a", "choice", choices=[{"code": "x", "label": "ก"}]), n("a", "text"), "x", "ก"),
        (n("a", "choice", choices=[{"code": "x", "label": "ก"}]),
         n("a", "choices", choices=[{"code": "x", "label": "ข"}]), "x", ("x",)),
        (n("a", "text"), n("a", "number"), "5", None),
        (n("a", "text"), n("a", "date"), "20 มิ.ย. 66", "day"),
        (n("a", "text"), n("a", "date"), "วานนี้", None),
        (n("a", "choice", choices=[{"code": "x", "label": "ก"}]),
         n("a", "choice", choices=[{"code": "y", "label": "ก"}]), "x", None),
        (n("a", "number"), n("a", "computed", formula="1"), Decimal("2.5"), Decimal("2.50")),
    ],
)  # fmt: skip
def test_answers_become_another_kind_where_that_can_be_read(old, new, before, after):
    carried = field_maps.carry({Cell("a"): before}, form(old), form(new), {})

    assert (Cell("a") in carried.entries) is (after is not None)
    assert after in ("day", None) or carried.entries[Cell("a")] == after
    assert bool(carried.left) is (after is None)


@pytest.mark.parametrize(
    ("field_map", "path"),
    [
        ([], ""),
        ({"b": [{"key": "new"}]}, "b"),
        ({"a": {"key": "new"}}, "a"),
        ({"a": [{"key": "other"}]}, "a.0.key"),
        ({"a": [{"key": "new", "factor": "0"}]}, "a.0.factor"),
        ({"a": [{"key": "new", "factor": "x"}]}, "a.0.factor"),
        ({"a": [{"key": "word"}]}, "a.0.key"),
        ({"a": [{"key": "new", "why": ""}]}, "a.0.why"),
    ],
)
def test_what_is_wrong_with_a_map_is_told_at_its_place(field_map, path):
    faults = field_maps.map_faults(form(n("a")), form(n("new"), n("word", "text")), field_map)

    assert [fault.path for fault in faults] == [path]


def test_where_a_cell_goes_is_known_without_an_answer():
    stages = line((form(n("a")), {}), (form(n("b")), {"a": [{"key": "b"}]}), (form(n("c")), {"b": [{"key": "c"}]}))

    assert field_maps.traced(stages, Cell("a"), 1, 3) == Cell("c")
    assert field_maps.traced(stages, Cell("c"), 3, 1) == Cell("a")
    assert field_maps.traced(stages, Cell("x"), 3, 1) is None


@CALM
@given(st.data())
def test_sound_answers_of_any_form_come_back_from_the_same_questions(data):
    spec = data.draw(strategies.specs())
    answers = data.draw(strategies.answers(spec))
    stages = [Stage(1, spec), Stage(2, spec)]

    carried = field_maps.through(stages, answers, 1, 2)

    assert carried.entries == answers and carried.left == []
    assert field_maps.through(stages, answers, 2, 1).entries == answers


@CALM
@given(st.data())
def test_between_any_two_forms_every_answer_goes_on_or_is_named_as_left(data):
    old, new = data.draw(strategies.specs()), data.draw(strategies.specs())
    answers = data.draw(strategies.answers(old))
    keys = st.sampled_from([*old.asked, *old.questions])
    ways = st.lists(
        st.fixed_dictionaries({"key": st.sampled_from([*new.asked]) if new.asked else st.just("x")}), max_size=2
    )
    field_map = data.draw(st.dictionaries(keys, ways, max_size=4))

    carried = field_maps.carry(answers, old, new, field_map)

    went = {cell for sources in carried.sources.values() for cell in sources}
    assert went | {left.cell for left in carried.left} == set(answers)
    field_maps.carry_back(carried.entries, old, new, field_map)
    field_maps.map_faults(old, new, field_map)
