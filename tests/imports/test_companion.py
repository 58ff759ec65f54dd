"""The extract's companion names the budget codes of its year, and changes no amount."""

import pytest

from models import BudgetLine, ImportBatch, ImportLine
from portal.imports import batches, control, reading
from portal.imports.source import Given
from portal.rules.terms import BatchState
from tests import make
from tests.imports import golden

HEADS = ["รหัสงบประมาณ", "วันที่สิ้นสุด", "วันที่เริ่มต้น", "ชื่อรหัสงบประมาณ"]
OTHER, THIRD = "07012140099002009999", "07012140099002008888"


def lines(**changes):
    codes = dict.fromkeys(item.code for item in golden.ITEMS)
    rows = [HEADS, *[[code, "30.09.2023", "01.10.2022", f"ชื่อของ {code[-4:]}"] for code in codes]]
    rows.append([OTHER, "31.12.9999", "01.10.2022", "รหัสที่ไม่มีเงิน"])
    rows.append([golden.ITEMS[0].code, "30.09.2022", "01.10.2021", "ชื่อของปีก่อน"])
    for place, row in changes.items():
        rows[int(place[1:])] = row
    return rows


def write(money, rows):
    return money.write("names.txt", lambda path: path.write_bytes(golden.extract_bytes(rows)))


def test_codes_get_their_names_and_lose_them_again_when_the_file_is_undone(money):
    money.take(golden.FOLDER / "extract.txt")
    amounts = (BudgetLine.code, BudgetLine.unit, BudgetLine.act, BudgetLine.after_transfers, BudgetLine.received)
    before = sorted(BudgetLine.select(*amounts).tuples())
    assert {line.name for line in BudgetLine.select()} == {""}

    batch = money.stage(write(money, lines()))
    assert (batch.report["shape"], batch.fiscal_year.year, control.holds(batch)) == ("companion", 2566, [])
    assert ImportLine.get(ImportLine.batch == batch.id, ~ImportLine.is_matched).code == OTHER
    assert batch.report["changes"]["lines_changed"] == len(golden.ITEMS)
    batches.accept(batch, "", by=money.by, at=make.NOON)
    money.work(batch)

    assert {line.name for line in BudgetLine.select()} == {f"ชื่อของ {i.code[-4:]}" for i in golden.ITEMS}
    assert sorted(BudgetLine.select(*amounts).tuples()) == before
    batches.undo(ImportBatch.get_by_id(batch.id), by=money.by, at=make.NOON)
    assert {line.name for line in BudgetLine.select()} == {""}
    again = money.stage(write(money, lines()))
    assert again.state is BatchState.STAGED and again.id != batch.id


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (["2.10E+19", "30.09.2023", "01.10.2022", "ชื่อ"], "A", "last digits are lost"),
        ([OTHER, "31.02.2023", "01.10.2022", "ชื่อ"], "B", "not a date"),
        ([OTHER, "30.09.2022", "01.10.2022", "ชื่อ"], "B", "ends before"),
        ([THIRD, "30.09.2023", "01.10.2022", ""], "D", "no name"),
        ([THIRD, "30.09.2023", "01.10.2022", "2.10E+19"], "D", "made a number"),
        ([golden.ITEMS[1].code, "30.09.2023", "01.10.2022", "อีกชื่อ"], "D", "Two names"),
        (HEADS, "", "two files"),
    ],
)
def test_what_is_wrong_with_a_name_is_told_by_its_cell(tmp_path, row, column, words):
    path = tmp_path / "names.txt"
    path.write_bytes(golden.extract_bytes([*lines(), row]))

    made = reading.read(path, Given())

    assert [(fault.row, fault.column) for fault in made.faults] == [(len(lines()) + 1, column)]
    assert words in made.faults[0].error.words()
