"""คน and ราย are never added: what disagrees about units of measure is found and said."""

from portal.forms.spec import FormSpec
from portal.workbooks import measures
from portal.workbooks.measures import Asked, Known, cross_check

UNITS = {"person": "คน", "case": "ราย", "ton": "ตัน"}
PEOPLE = Known(1, "K1", "ผู้เข้าอบรม", "person", "sum", "sum")


def asked(key="n", unit="person", indicator=1, **more):
    return Asked("F1", more.pop("version", 1), key, "จำนวน", more.pop("kind", "whole"), unit, indicator, **more)


def rules(*questions, indicators=(PEOPLE,)):
    return [f.rule for f in cross_check(questions, {one.id: one for one in indicators}, UNITS)]


def test_what_agrees_is_not_spoken_of():
    assert rules(asked(), asked("m", indicator=None)) == []


def test_a_question_in_another_unit_than_its_indicator_is_found():
    found = cross_check([asked(unit="case")], {1: PEOPLE}, UNITS)

    assert [f.rule for f in found] == ["differs"]
    assert "ราย" in found[0].words and "คน" in found[0].words


def test_a_question_without_a_unit_is_found_where_it_is_summed():
    assert rules(asked(unit="")) == ["none"]
    assert rules(asked(unit="", indicator=None)) == []
    assert rules(asked(unit="", indicator=None, is_summed=True)) == ["none"]
    assert rules(asked(unit="", kind="money")) == []


def test_a_unit_that_the_register_does_not_know_is_found():
    assert rules(asked(unit="box", indicator=None)) == ["unknown"]


def test_two_units_in_one_sum_are_found_at_both():
    assert sorted(rules(asked(), asked("m", unit="case"))) == ["differs", "mixed", "mixed"]


def test_a_formula_that_adds_two_units_is_found():
    total = asked("t", indicator=None, kind="computed", adds=("n", "m"))

    assert rules(asked(), asked("m", unit="ton", indicator=None), total) == ["formula"]
    assert rules(asked(), asked("m", indicator=None), total) == []


def test_a_part_in_another_unit_than_its_whole_is_found():
    part = Known(2, "K1.1", "เกษตรกร", "case", "sum", "sum", parent=1)

    assert rules(asked(unit="case", indicator=2), indicators=(PEOPLE, part)) == ["parts"]


def test_a_rule_other_than_the_indicator_s_is_found():
    assert rules(asked(unit_rule="last")) == ["rule"]
    assert rules(asked(unit_rule="sum", month_rule="sum")) == []


def test_a_unit_that_changed_between_versions_is_found():
    assert rules(asked(indicator=None), asked(indicator=None, unit="case", version=2)) == ["versions"]


def test_the_questions_of_a_form_are_read_with_their_formulas():
    spec = FormSpec.from_json({"sections": [{"questions": [
        {"key": "a", "kind": "whole", "label": "ก", "unit": "person"},
        {"key": "b", "kind": "whole", "label": "ข", "unit": "case"},
        {"key": "c", "kind": "computed", "label": "ค", "formula": "a + b"},
        {"key": "d", "kind": "computed", "label": "ง", "formula": "100 * a / b"},
        {"key": "t", "kind": "table", "label": "ต", "totals": ["x"], "rows_greatest": 3, "columns": [
            {"key": "x", "kind": "whole", "label": "x", "unit": "ton"},
            {"key": "y", "kind": "computed", "label": "y", "formula": "x - x"}]},
        {"key": "e", "kind": "text", "label": "จ"},
    ]}]})  # fmt: skip

    found = {one.key: one for one in measures.questions_of("F1", 1, spec)}

    assert set(found) == {"a", "b", "c", "d", "t.x", "t.y"}
    assert found["c"].adds == ("a", "b") and found["d"].adds == ()
    assert found["t.y"].adds == ("t.x",) and found["t.x"].is_summed
    assert found["t.x"].label == "ต: x"


def test_the_demonstration_year_agrees_with_its_register(sqlite_demo):
    found = cross_check(*measures.gather())

    assert [f for f in found if f.rule in ("differs", "unknown", "mixed", "parts")] == []
