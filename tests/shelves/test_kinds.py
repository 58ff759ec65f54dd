"""Every kind of question, held to what all kinds promise."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import PortalError, RuleBroken
from portal.forms import kinds
from portal.forms.questions import Choice, Question
from portal.forms.values import NOT_APPLICABLE
from tests.forms import strategies
from tests.forms.strategies import CALM

HOLDING = [kind for kind in kinds.KINDS if kind.holds]
CHOICES = (Choice("rice", "ข้าว", "Rice"), Choice("fruit", "ผลไม้, สด", "Fruit"), Choice("2", "1"), Choice("1", "2"))


def question(kind, **values):
    if kind in ("choice", "choices"):
        values.setdefault("choices", CHOICES)
    if kind == "computed":
        values.setdefault("formula", "1")
    return Question("q", kind, "คำถาม", **values)


def test_every_file_on_the_shelf_is_in_the_list():
    files = {p.stem for p in Path(kinds.__file__).parent.glob("*.py")} - {"__init__", "kind", "numbers"}

    assert files == set(kinds.BY_NAME) == {kind.name for kind in kinds.KINDS}
    assert len(kinds.KINDS) == 16


@pytest.mark.parametrize("kind", HOLDING, ids=lambda k: k.name)
@CALM
@given(data=st.data())
def test_what_is_written_is_read_as_the_same_value(kind, data):
    asked = question(kind.name)
    value = data.draw(strategies.values(asked))

    kind.check(asked, value)
    assert kind.read(asked, kind.write(asked, value)) == value
    assert kinds.read(asked, kinds.write(asked, value)) == value


@pytest.mark.parametrize("kind", HOLDING, ids=lambda k: k.name)
@CALM
@given(data=st.data())
def test_what_is_kept_comes_back_as_the_same_value(kind, data):
    asked = question(kind.name)
    value = data.draw(strategies.values(asked))

    kept = kinds.from_store(asked, *kinds.to_store(asked, value))

    assert kept == value and isinstance(kept, type(value))


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda k: k.name)
@CALM
@given(typed=st.text(max_size=60))
def test_anything_typed_is_read_or_refused_with_its_place(kind, typed):
    asked = question(kind.name)

    try:
        value = kinds.read(asked, typed)
    except PortalError as refusal:
        assert refusal.field == "q" and str(refusal)
    else:
        assert value is None or value is NOT_APPLICABLE or kinds.show(asked, value) != ""


@pytest.mark.parametrize("kind", HOLDING, ids=lambda k: k.name)
def test_nothing_typed_is_nothing_reported(kind):
    assert kinds.read(question(kind.name), "  \n ") is None
    assert kinds.write(question(kind.name), None) == kinds.show(question(kind.name), None) == ""


@pytest.mark.parametrize("kind", HOLDING, ids=lambda k: k.name)
@pytest.mark.parametrize("typed", ["ไม่เกี่ยวข้อง", " N/A "])
def test_not_applicable_is_neither_blank_nor_a_value(kind, typed):
    asked = question(kind.name)

    entry = kinds.read(asked, typed)

    assert entry is NOT_APPLICABLE
    assert kinds.read(asked, kinds.write(asked, entry)) is NOT_APPLICABLE
    assert kinds.from_store(asked, *kinds.to_store(asked, entry)) is NOT_APPLICABLE


class Strange:
    """Nothing that an answer may be."""

    def __repr__(self):
        return ""


WRONG = [Decimal("NaN"), Decimal("1E+20"), 5, 1.5, None, [], {}, ("x",), Strange()]


@pytest.mark.parametrize("kind", HOLDING, ids=lambda k: k.name)
@pytest.mark.parametrize("value", WRONG, ids=lambda v: f"{type(v).__name__}{v}"[:20])
def test_a_value_of_another_sort_is_refused_in_words(kind, value):
    with pytest.raises(PortalError) as refusal:
        kind.check(question(kind.name), value)

    assert refusal.value.field == "q"


@pytest.mark.parametrize("kind", HOLDING, ids=lambda k: k.name)
@CALM
@given(data=st.data())
def test_a_kind_describes_the_plain_values_it_gives(kind, data):
    asked = question(kind.name)
    plain = kind.plain(data.draw(strategies.values(asked)))
    described = kind.schema(asked)

    json_types = {"string": str, "array": list, "boolean": bool, "integer": int, "number": (int, float)}
    assert plain in described["enum"] if "enum" in described else isinstance(plain, json_types[described["type"]])


# ---------------------------------------------------------------- one by one


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("whole", "๑,๒๓๔", Decimal(1234)),
        ("whole", "-5", Decimal(-5)),
        ("number", "0.0001", Decimal("0.0001")),
        ("money", "9,999,999,999,999.99", Decimal("9999999999999.99")),
        ("percent", "104.25", Decimal("104.25")),
        ("percent", "ร้อยละ 85.5", Decimal("85.5")),
        ("percent", "85.5 %", Decimal("85.5")),
        ("money", "1,250.50 บาท", Decimal("1250.50")),
        ("text", " ก\u200bข  ค\n", "กข ค"),
        ("text", "ทํา", "ทำ"),
        ("long_text", "ก\r\n\r\nข ", "ก\n\nข"),
        ("date", "๒๐ มิ.ย. ๖๖", dt.date(2023, 6, 20)),
        ("yes_no", " ใช่ ", True),
        ("yes_no", "No", False),
        ("choice", "ข้าว", "rice"),
        ("choice", "RICE", "rice"),
        ("choice", "1", "1"),
        ("choices", "Fruit; ข้าว", ("rice", "fruit")),
        ("choices", "rice, fruit", ("rice", "fruit")),
        ("choices", "ผลไม้, สด", ("fruit",)),
        ("cooperative", "สหกรณ์ตัวอย่าง จำกัด (4700000125271)", "4700000125271"),
        ("cooperative", "4-7000-00125-27-1", "4700000125271"),
        ("file", "a.pdf\nb.xlsx\na.pdf", ("a.pdf", "b.xlsx")),
    ],
)
def test_what_people_type_is_understood(kind, typed, value):
    assert kinds.read(question(kind), typed) == value


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("whole", "1.5", "“1.5” has more than 0 decimals."),
        ("whole", "สิบ", "is not a number"),
        ("whole", "-", "is not a number"),
        ("money", "1.005", "more than 2 decimals"),
        ("number", "100,000,000,000,000", "too large a number"),
        ("date", "30 ก.พ. 66", "is not a date"),
        ("yes_no", "อาจจะ", "neither yes nor no"),
        ("choice", "ยาง", "Choose one of: ข้าว, ผลไม้, สด"),
        ("choices", "ข้าว; ยาง", "“ยาง” is not in the list"),
        ("cooperative", "123", "13 digits"),
        ("file", "virus.exe", "of another kind"),
        ("file", "../../etc/passwd.txt", "not a usable file name"),
        ("photo", "a.pdf", "Accepted here: jpg, jpeg, png"),
        ("text", "ก" * 501, "longer than 500"),
    ],
)
def test_what_is_refused_says_why(kind, typed, words):
    with pytest.raises(PortalError, match=words):
        kinds.read(question(kind), typed)


def test_limits_are_told_in_the_same_words_for_text_and_for_values():
    asked = question("whole", least=Decimal(0), greatest=Decimal(100))
    said = []

    for way in (lambda: kinds.read(asked, "101"), lambda: kinds.of(asked).check(asked, Decimal(101))):
        with pytest.raises(RuleBroken) as refusal:
            way()
        said.append(str(refusal.value))

    assert said == ["“101” is above the greatest value allowed, 100."] * 2


def test_labels_that_are_other_choices_codes_are_written_as_codes():
    asked = question("choice")

    assert [kinds.write(asked, c.code) for c in CHOICES] == ["ข้าว", "ผลไม้, สด", "2", "1"]


def test_values_are_shown_in_the_readers_language():
    assert kinds.show(question("yes_no"), False) == "ไม่ใช่"
    assert kinds.show(question("yes_no"), False, "en") == "No"
    assert kinds.show(question("choices"), ("rice",), "en") == "Rice"
    assert kinds.show(question("money"), Decimal("1234.5")) == "1,234.50"
    assert kinds.show(question("date"), dt.date(2023, 6, 20)) == "20 มิ.ย. 66"
    assert kinds.show(question("whole"), NOT_APPLICABLE) == "ไม่เกี่ยวข้อง"
