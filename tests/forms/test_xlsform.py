"""XLSForm workbooks become forms: what can be said is taken over, everything else is listed, nothing falls over."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.errors import PortalError, RuleBroken
from portal.forms import versions
from portal.forms.faults import faults
from portal.forms.spec import FormSpec
from portal.forms.xlsform import NothingTaken, import_xlsform, read_xlsform
from portal.forms.xpath import Names, translated
from portal.rules.access import Role
from portal.rules.terms import FormState
from tests import make
from tests.forms.strategies import CALM
from tests.make import NOON


def workbook(survey, choices=(), settings=(), **sheets):
    """Each sheet as a list of rows, the first of them the header."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in {"survey": survey, "choices": choices, "settings": settings, **sheets}.items():
        if rows:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEAD = ("type", "name", "label")


def read(*rows, head=HEAD, **more):
    return read_xlsform(workbook([head, *rows], **more))


def told(form):
    return [(r.sheet, r.row, r.column, str(r.error)) for r in form.remarks]


def spec(form):
    return FormSpec.from_json(form.parcel.spec)


def test_the_plain_kinds_are_taken_over_whole():
    form = read(
        ("text", "who", "ชื่อ"), ("integer", "people", "คน"), ("decimal", "area", "ไร่"), ("date", "day", "วันที่"),
        ("note", "words", "โปรดอ่าน"), ("image", "picture", "ภาพ"), ("file", "paper", "เอกสาร"),
        ("acknowledge", "read_it", "อ่านแล้ว"), ("select_one crop", "main", "พืชหลัก"),
        ("select_multiple crop", "all_crops", "พืชทั้งหมด"),
        choices=[("list_name", "name", "label"), ("crop", "rice", "ข้าว"), ("crop", "corn", "ข้าวโพด")],
        settings=[("form_title", "form_id", "version"), ("แบบสำรวจ", "survey-1", "3")],
    )  # fmt: skip

    assert told(form) == []
    assert [(k, q.kind) for k, q in spec(form).questions.items()] == [
        ("who", "text"), ("people", "whole"), ("area", "number"), ("day", "date"), ("words", "note"),
        ("picture", "photo"), ("paper", "file"), ("read_it", "yes_no"), ("main", "choice"), ("all_crops", "choices"),
    ]  # fmt: skip
    assert [c.label for c in spec(form).questions["main"].choices] == ["ข้าว", "ข้าวโพด"]
    assert (form.parcel.code, form.parcel.name, form.parcel.note) == ("survey-1", "แบบสำรวจ", "XLSForm 3")


def test_thai_and_english_are_told_apart_and_a_third_language_is_listed():
    form = read(
        ("text", "who", "ชื่อ", "Name", "Nom", "พิมพ์ชื่อ"),
        head=("type", "name", "label::Thai (th)", "label::English (en)", "label::French (fr)", "hint::Thai (th)"),
    )

    question = spec(form).questions["who"]
    assert (question.label, question.label_en, question.help) == ("ชื่อ", "Name", "พิมพ์ชื่อ")
    assert told(form) == [
        ("survey", 2, "label::French (fr)", "This column is not kept; it has something in 1 rows."),
    ]  # fmt: skip


def test_groups_become_sections_and_repeats_become_tables():
    form = read(
        ("text", "who", "ชื่อ", ""), ("begin group", "g", "หัวข้อ", "${who} != ''"), ("integer", "n", "จำนวน", ""),
        ("begin repeat", "visits", "การเยี่ยม", ""), ("date", "day", "วันที่", ""), ("integer", "met", "พบ", ""),
        ("end repeat", "", "", ""), ("end group", "", "", ""),
        head=(*HEAD, "relevant"),
    )  # fmt: skip

    assert [(s.title, s.shown_when, [q.key for q in s.questions]) for s in spec(form).sections] == [
        ("", "", ["who"]), ("หัวข้อ", "(answered(who))", ["n", "visits"]),
    ]  # fmt: skip
    assert [c.key for c in spec(form).questions["visits"].columns] == ["day", "met"]


def test_a_loop_over_a_list_becomes_fixed_rows():
    form = read(
        ("begin loop over sexes", "by_sex", "จำแนกเพศ"), ("integer", "n", "คน"), ("end loop", "", ""),
        choices=[("list_name", "name", "label"), ("sexes", "male", "ชาย"), ("sexes", "female", "หญิง")],
    )  # fmt: skip

    assert [(r.key, r.label) for r in spec(form).questions["by_sex"].rows] == [("male", "ชาย"), ("female", "หญิง")]


def test_conditions_limits_rules_and_calculations_are_said_in_our_words():
    form = read(
        ("integer", "n", "คน", "", ". >= 0 and . <= 100", "", "", "yes"),
        ("integer", "m", "หญิง", "${n} > 0", ". <= ${n}", "หญิงเกินจำนวนรวม", "", "true()"),
        ("calculate", "men", "ชาย", "", "", "", "${n} - ${m}", ""),
        ("select_one yn", "ok", "พร้อม", "", "", "", "", ""),
        ("text", "why", "เหตุผล", "selected(${ok}, 'no') or ${ok} = 'maybe'", "", "", "", ""),
        head=(*HEAD, "relevant", "constraint", "constraint_message", "calculation", "required"),
        choices=[("list_name", "name", "label"), ("yn", "yes", "พร้อม"), ("yn", "no", "ไม่พร้อม"), ("yn", "maybe", "รอ")],
    )
    made = spec(form)

    assert told(form) == []
    assert (str(made.questions["n"].least), str(made.questions["n"].greatest), made.questions["n"].required) == (
        "0", "100", True,
    )  # fmt: skip
    assert made.questions["m"].shown_when == "n > 0"
    assert [(r.expression, r.message, r.at) for r in made.rules] == [("m <= n", "หญิงเกินจำนวนรวม", "m")]
    assert made.questions["men"].formula == "n - m"
    assert made.questions["why"].shown_when == 'ok = "no" or ok = "maybe"'


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (("geopoint", "place", "พิกัด"), "type", "no kind of question called “geopoint”"),
        (("barcode", "code", "รหัส"), "type", "no kind of question called “barcode”"),
        (("select_one_from_file a.csv", "c", "เลือก"), "type", "no kind of question called"),
        (("start", "began", ""), "type", "no kind of question called “start”"),
        (("text", "a", "ก", "today() > 1"), "relevant", "“today()” has no like here"),
        (("text", "a", "ก", "", ". != ../b"), "constraint", "has no like here"),
        (("text", "a", "ก", "", "", "minimal"), "appearance", "not kept: minimal"),
        (("text", "a", "ก", "", "", "", "5"), "default", "not kept: 5"),
        (("text", "a", "ก", "", "", "", "", "yes"), "read_only", "not kept: yes"),
        (("range", "r", "ช่วง", "", "", "", "", "", "start=1 end=9 step=2"), "parameters", "not kept: step=2"),
        (("calculate", "a", "ก", "", "", "", "", "", "", "concat('a', 'b')"), "calculation", "“concat()” has no like"),
        (("integer", "Big-Name", "ก"), "name", "“Big-Name” is called “big_name” here"),
    ],
)
def test_what_is_not_supported_is_listed_with_its_sheet_row_and_column(row, column, words):
    head = (*HEAD, "relevant", "constraint", "appearance", "default", "read_only", "parameters", "calculation")

    form = read(("text", "fine", "ปกติ"), row, head=head)

    assert [(s, n, c) for s, n, c, w in told(form) if words in w] == [("survey", 3, column)]
    assert "fine" in spec(form).questions


def test_whole_sheets_and_settings_that_are_not_read_are_listed():
    form = read(
        ("text", "a", "ก"), settings=[("form_title", "style"), ("แบบ", "pages")], notes=[("x",), ("y",)],
        choices=[("list_name", "name", "label", "region"), ("l", "a", "ก", "R1"), ("l", "b", "ข", "R2")],
    )  # fmt: skip

    assert told(form) == [
        ("choices", 2, "region", "This column is not kept; it has something in 2 rows."),
        ("notes", 0, "", "The sheet “notes” is not read."),
        ("settings", 2, "style", "This is not kept: pages"),
    ]


def test_a_table_in_a_table_is_left_out_and_said_so_row_by_row():
    form = read(
        ("begin repeat", "outer", "นอก"), ("integer", "a", "ก"), ("begin repeat", "inner", "ใน"),
        ("integer", "b", "ข"), ("end repeat", "", ""), ("integer", "c", "ค"), ("end repeat", "", ""),
    )  # fmt: skip

    assert [c.key for c in spec(form).questions["outer"].columns] == ["a", "c"]
    assert [(n, c) for _, n, c, _ in told(form)] == [(4, "type"), (5, "type")]


def test_what_our_own_checker_refuses_is_taken_out_and_told():
    form = read(
        ("integer", "a", "ก", "${b} > 1"), ("integer", "b", "ข", "${a} > 1"), ("text", "c", "ค", "${a} + 1"),
        head=(*HEAD, "relevant"),
    )  # fmt: skip

    assert faults(form.parcel.spec) == []
    assert list(spec(form).questions) == ["a", "b", "c"]
    assert {(n, c) for _, n, c, _ in told(form)} == {(3, "relevant"), (4, "relevant")}


def test_a_workbook_of_which_nothing_can_be_had_is_refused_with_the_list():
    with pytest.raises(NothingTaken, match="1 reasons") as refusal:
        read(("geopoint", "place", "พิกัด"))

    assert [(r.row, r.column) for r in refusal.value.remarks] == [(2, "type")]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("begin group", "g", "ก"), ("text", "a", "ก")], "Unmatched 'begin_group'"),
        ([("text", "a", "ก"), ("text", "a", "ข")], "must be unique"),
        ([("select_one missing", "a", "ก")], "There should be a choices sheet"),
        ([("wibble", "a", "ก")], "Unknown question type|no kind of question|reasons are listed"),
        ([("text", "", "ก")], "no name"),
    ],
)
def test_what_is_no_sound_xlsform_is_refused_with_the_row(rows, words):
    with pytest.raises(PortalError, match=words):
        read(*rows)


def _zip(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


def _with_part(data, name, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return out.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PLAIN = workbook([HEAD, ("text", "a", "ก")])


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not a workbook", b"PK\x03\x04 broken", _zip(xl__workbook_xml=b"<a/>"),
        _with_part(PLAIN, "xl/worksheets/sheet1.xml", lambda old: ENTITY + old.partition(b"?>")[2]),
        _with_part(PLAIN, "xl/worksheets/sheet1.xml", lambda old: old + b" " * 40_000_000),
        workbook([HEAD, ("text", "a", "ก" * 6000)]), workbook([[f"column{n}" for n in range(3000)], ("x",)]),
        workbook([("type", "name", "label", "label"), ("text", "a", "ก", "ข")]), workbook([("x",), ("y",)]),
    ],
    ids=["empty", "text", "broken", "no workbook", "entity", "bomb", "long cell", "3000 columns", "twice", "no survey"],
)  # fmt: skip
def test_a_hostile_or_broken_file_is_refused_in_words(data):
    with pytest.raises(PortalError) as refusal:
        read_xlsform(data)

    assert str(refusal.value)


CELLS = st.one_of(
    st.none(), st.text(max_size=12), st.integers(-5, 5), st.booleans(),
    st.sampled_from(
        "text,integer,decimal,note,date,calculate,rank,begin_group,end_group,${a},${b},.,yes,true(),begin_repeat,"
        "end_repeat,list,a,b,c,d,label,name,begin group,end group,begin repeat,end repeat,select_one list,"
        "select_multiple list or_other,${a} > 1,selected(${b}; 'x'),. < ${a},begin loop over list,end loop,"
        "${a} + ${b},if(1;2".replace(";", ",").split(",")
    ),
).map(lambda v: None if isinstance(v, str) and openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.search(v) else v)  # fmt: skip


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=8), min_size=1, max_size=12),
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
def test_any_workbook_is_taken_over_or_refused_in_words(rows, choices):
    head = (*HEAD, "relevant", "constraint", "calculation", "required", "appearance")
    data = workbook([head, *rows], choices=[("list_name", "name", "label"), *choices] if choices else ())

    try:
        form = read_xlsform(data)
    except PortalError as refusal:
        assert str(refusal)
    else:
        assert faults(form.parcel.spec) == []


@pytest.mark.parametrize(
    ("xpath", "ours"),
    [
        ("${a} = 'x' and not(${n} >= 5)", 'a = "x" and (not (n >= 5))'),
        ("if(${n} > 1, ${n} * 2, 0)", "(n * 2 if n > 1 else 0)"),
        ("(${n} + 1) div 2 mod 3 - -1", "(n + 1) / 2 % 3 - -1"),
        ("selected(${m}, 'x')", '"x" in m'),
        ("count-selected(${m}) > 1", "length(m) > 1"),
        ("coalesce(${n}, 0)", "if_blank(n, 0)"),
        ("string-length(.) < 5", "length(here) < 5"),
        ("sum(${t})", "sum(t.x)"),
        ("${n} = ''", "not answered(n)"),
        ("true()", "true"),
    ],
)
def test_xpath_is_said_in_our_language(xpath, ours):
    names = Names({"a": "a", "n": "n", "m": "m", "t": "t.x"}, frozenset({"a"}), {}, here="here")

    assert translated(xpath, names) == ours


@CALM
@given(st.text(max_size=80))
def test_any_xpath_is_said_or_refused(text):
    try:
        translated(text, Names({"a": "a"}, here="a"))
    except RuleBroken as refusal:
        assert str(refusal)


def test_an_xlsform_becomes_the_draft_of_a_new_form(migrated):
    division = make.person(Role.DIVISION)
    data = workbook([HEAD, ("integer", "n", "คน"), ("geopoint", "g", "พิกัด")], settings=[("form_id",), ("X-1",)])

    taken = import_xlsform(data, by=division, at=NOON)

    version = taken.imported.version
    assert (version.form.code, version.state, version.form.owner) == ("X-1", FormState.DRAFT, division.unit)
    assert len(taken.remarks) == 1
    versions.publish(version, by=division, at=NOON)


def test_what_is_more_than_a_form_holds_is_listed():
    rows = [("integer", f"n{n}", "จำนวน", "${n0} + 1") for n in range(420)]

    form = read(*rows, head=(*HEAD, "relevant"))

    assert len(spec(form).questions) == 400
    assert len({n for _, n, column, _ in told(form) if column == "type"}) == 20
    assert len({n for _, n, column, _ in told(form) if column == "relevant"}) == 400
