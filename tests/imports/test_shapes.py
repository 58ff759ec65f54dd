"""The four shapes of finance files: told by their headings, read to the satang, what is wrong named by its place."""

import copy
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.errors import RuleBroken
from portal.imports import IMPORTS, reading
from portal.imports.rows import decoded
from portal.imports.source import Given
from tests.imports import golden

ROWS = {"nfma46": golden.nfma46_rows, "treasury": golden.treasury_rows, "register": golden.register_rows}
CODE = {"nfma46": 3, "treasury": 9, "register": 1}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path, given=Given()):  # noqa: B008
    return reading.read(path, given)


def sheet(tmp_path, rows, **more):
    path = tmp_path / "made.xlsx"
    golden.write_sheet(path, rows, **more)
    return read(path)


def extract(tmp_path, lines):
    path = tmp_path / "made.txt"
    path.write_bytes(golden.extract_bytes(lines))
    return read(path)


def said(statement):
    return [(f.row, f.column, f.error.words()) for f in statement.faults]


def data_rows(shape):
    """The numbers (from 0) of the rows that hold a line of money."""
    rows = ROWS[shape]()
    if shape == "nfma46":
        return [n for n, r in enumerate(rows) if len(r) > 3 and str(r[3]).startswith("07012")]
    if shape == "treasury":
        return [n for n, r in enumerate(rows) if r and r[0] == 2566]
    return [n for n, r in enumerate(rows) if len(r) > 1 and r[1] in golden.CATEGORIES.values()]


@pytest.mark.parametrize("shape", golden.FILES)
def test_a_golden_file_is_what_its_script_makes(shape, tmp_path):
    name, write = golden.FILES[shape]
    write(tmp_path / name)
    if name.endswith(".txt"):
        assert (tmp_path / name).read_bytes() == (golden.FOLDER / name).read_bytes()
    else:
        made, kept = (
            {m: z.read(m) for m in z.namelist()}
            for z in (zipfile.ZipFile(tmp_path / name), zipfile.ZipFile(golden.FOLDER / name))
        )
        assert made == kept


@pytest.mark.parametrize("shape", golden.FILES)
def test_a_golden_file_is_told_by_its_headings_and_agrees_with_its_own_total(shape):
    made = read(golden.FOLDER / golden.FILES[shape][0])

    assert said(made) == []
    assert (made.shape, made.year, made.as_of) == (shape, golden.YEAR, golden.AS_OF)
    assert made.sums() == made.totals
    items = [i for i in golden.ITEMS if shape != "register" or i.area == "4100"]
    wanted = golden.summed(items)
    assert made.sums() == {n: wanted[n] for n in made.sums()}
    assert made.months == (tuple(range(1, 9)) if shape == "extract" else (8,))


def test_a_month_is_of_the_fiscal_year_it_is_written_with(tmp_path):
    made = extract(tmp_path, golden.extract_lines())

    november = [line for line in made.lines if line.month == 2]
    assert made.year == 2566
    assert sum(line.disbursed for line in november) == sum(i.paid[1] for i in golden.ITEMS)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8", "cp874", "iso8859_11"])
def test_every_encoding_that_offices_use_is_read(encoding, tmp_path):
    text = golden.extract_bytes(golden.extract_lines()).decode("iso8859_11")
    path = tmp_path / "made.txt"
    path.write_bytes(text.encode(encoding))

    made = read(path)

    assert said(made) == [] and made.sums() == made.totals
    assert decoded(path.read_bytes())[0] == text


def test_the_oldest_thai_encoding_is_the_last_to_be_tried():
    assert decoded("ก".encode("cp874"))[1] == "cp874"
    with pytest.raises(RuleBroken):
        decoded(b"\xa1\xdb")
    assert decoded(b"\xa1\x90")[1] == "iso8859_11"


def test_split_sara_am_thai_digits_and_commas_are_understood(tmp_path):
    rows = golden.nfma46_rows()
    rows[4][9] = "ส\u0e4dารองเงิน"
    rows[1][0] = "กรมส่งเสริมสหกรณ์ ปีงบประมาณ พ.ศ. ๒๕๖๖"
    for n in data_rows("nfma46"):
        for column in range(7, 14):
            text = golden.baht(round(rows[n][column] * 100))
            rows[n][column] = text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")) + " "

    made = sheet(tmp_path, rows)

    assert said(made) == [] and made.sums() == made.totals


@pytest.mark.parametrize("negative", ["-3,500.00", "3,500.00-", "(3,500.00)", "–3,500.00"])
def test_every_way_to_write_a_reversal_is_understood(negative, tmp_path):
    lines = golden.extract_lines()
    for line in lines:
        if line[10] == "-3,500.00 ":
            line[10] = negative
    path = tmp_path / "made.txt"
    path.write_bytes(golden.extract_bytes(lines, "cp874"))

    made = read(path)

    assert said(made) == [] and made.sums() == made.totals
    assert min(line.disbursed for line in made.lines) == -350_000


def test_an_older_register_with_one_row_of_headings_is_read(tmp_path):
    rows = golden.register_rows()
    heads = [
        "แผนงาน/กิจกรรม/โครงการ",
        "งบรายจ่าย",
        "งบประมาณตามแผน",
        "งบประมาณที่รับโอน",
        "เบิกจ่ายแล้ว",
        "คงเหลือทั้งสิ้น",
        "ร้อยละเบิกจ่าย",
    ]
    old = [[*rows[0]], [*rows[1]], heads]
    for row in rows[5:]:
        planned, change, received, _, paid, *_ = row[2:]
        old.append([row[0], row[1], planned + change, received, paid, round(received - paid, 2), 50.0])

    made = sheet(tmp_path, old)

    assert said(made) == []
    wanted = golden.summed([i for i in golden.ITEMS if i.area == "4100"])
    assert made.sums() == {n: wanted[n] for n in ("after_transfers", "received", "disbursed")} == made.totals


# ---------------------------------------------------------------- what is wrong, by its place


def test_a_code_that_became_a_number_is_refused_by_its_cell(tmp_path):
    rows = golden.nfma46_rows()
    at = data_rows("nfma46")[2]
    rows[at][3] = 2.10e19

    made = sheet(tmp_path, rows)

    assert [(row, column) for row, column, _ in said(made)] == [(at + 1, "D")]
    assert "last digits are lost" in said(made)[0][2]


@pytest.mark.parametrize("code", ["2.10E+19", "0701214000200200002", "070121400020020000201", "07012A40002002000020"])
def test_a_code_without_its_twenty_digits_is_refused_by_its_cell(code, tmp_path):
    lines = golden.extract_lines()
    lines[5][5] = code

    assert [(row, column) for row, column, _ in said(extract(tmp_path, lines))] == [(6, "F")]


@pytest.mark.parametrize("shape", ROWS)
def test_two_files_glued_together_are_named(shape, tmp_path):
    rows = ROWS[shape]()
    where = len(rows) + next(n for n, r in enumerate(rows) if len(r) > 5) + 1

    faults = said(sheet(tmp_path, [*rows, *copy.deepcopy(rows)]))

    assert any("two files" in words for _, _, words in faults)
    assert where in [row for row, _, _ in faults]


def test_two_extracts_glued_together_are_named(tmp_path):
    lines = golden.extract_lines()

    faults = said(extract(tmp_path, [*lines, *lines]))

    assert faults[0][0] == len(lines) + 1
    assert "two files" in faults[0][2]


@pytest.mark.parametrize("shape", ROWS)
def test_a_heading_that_stands_twice_is_named_by_its_column(shape, tmp_path):
    rows = ROWS[shape]()
    at = next(n for n, r in enumerate(rows) if len(r) > 5)
    last = max(len(row) for row in rows[: at + 3])
    rows[at] += [""] * (last - len(rows[at]))
    rows[at].append({"nfma46": "เบิกจ่าย", "treasury": "เบิกจ่ายทั้งสิ้น", "register": "งบรายจ่าย"}[shape])

    assert any("stands twice" in words and column for _, column, words in said(sheet(tmp_path, rows)))


@pytest.mark.parametrize("shape", ROWS)
def test_cells_merged_across_the_data_are_named(shape, tmp_path):
    at = data_rows(shape)[0]
    rows = ROWS[shape]()
    rows[at] = rows[at] + [""] * 4
    width = len(rows[at])

    faults = said(sheet(tmp_path, rows, merges=[(at, width - 3, at, width - 2)]))

    assert (at + 1,) in {(row,) for row, _, words in faults if "Merged" in words}


def test_a_wrong_year_is_named(tmp_path):
    path = golden.FOLDER / "nfma46.xlsx"
    lines = golden.extract_lines()
    lines[9][6] = "พ.ค. 2565"
    rows = golden.nfma46_rows()
    rows[data_rows("nfma46")[0]][5] = "6511100"

    assert "2565" in said(read(path, Given(year=2565)))[0][2]
    assert said(extract(tmp_path, lines))[0][:2] == (10, "G")
    assert said(sheet(tmp_path, rows))[0][1] == "F"


def test_a_day_outside_the_year_the_title_names_is_refused(tmp_path):
    rows = golden.treasury_rows()
    rows[0][0] = rows[0][0].replace("2566", "2567")

    assert any("another year" in words or "Two fiscal" in words for _, _, words in said(sheet(tmp_path, rows)))


def test_a_sub_total_that_does_not_agree_is_named_by_its_row(tmp_path):
    rows = golden.nfma46_rows()
    at = next(n for n, r in enumerate(rows) if r and str(r[0]).startswith("รวมแผนงาน"))
    rows[at][11] += 0.01

    assert [row for row, _, words in said(sheet(tmp_path, rows)) if "sub-total" in words] == [at + 1]


def test_a_repeated_sum_of_a_register_that_does_not_agree_is_named(tmp_path):
    rows = golden.register_rows()
    at = next(n for n, r in enumerate(rows) if r and str(r[0]).startswith("1. "))
    rows[at][2] += 1

    assert [row for row, _, _ in said(sheet(tmp_path, rows))] == [at + 1]


def test_a_row_that_does_not_add_up_is_named_by_its_cell(tmp_path):
    rows = golden.nfma46_rows()
    at = data_rows("nfma46")[1]
    rows[at][13] += 5

    faults = said(sheet(tmp_path, rows))

    assert (at + 1, "N") in [(row, column) for row, column, _ in faults]


def test_an_extract_cut_off_within_a_line_is_named(tmp_path):
    whole = golden.extract_bytes(golden.extract_lines())
    path = tmp_path / "cut.txt"

    path.write_bytes(whole[:-40])

    assert any("cut off" in words for _, _, words in said(read(path)))


def test_a_workbook_cut_off_is_named(tmp_path):
    path = tmp_path / "cut.xlsx"
    path.write_bytes((golden.FOLDER / "nfma46.xlsx").read_bytes()[:-200])

    assert "damaged" in said(read(path))[0][2]


def test_a_workbook_with_macros_or_links_is_refused(tmp_path):
    for part, word in (("xl/vbaProject.bin", "macros"), ("xl/externalLinks/externalLink1.xml", "links")):
        path = tmp_path / "bad.xlsx"
        path.write_bytes((golden.FOLDER / "nfma46.xlsx").read_bytes())
        with zipfile.ZipFile(path, "a") as book:
            book.writestr(part, "<x/>")

        assert word in said(read(path))[0][2]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"<html><table></table></html>", "สวัสดี".encode(), b"a,b\n1,2"]
)
def test_what_is_no_finance_file_says_so(content, tmp_path):
    path = tmp_path / "what.xlsx"
    path.write_bytes(content)

    made = read(path)

    assert made.fault_count == 1 and made.lines == []


# ---------------------------------------------------------------- mutations of the golden files


def mutations():
    """One change to a golden file: what is done, where."""
    return st.tuples(
        st.sampled_from(["drop", "repeat", "add", "text", "number", "cut", "swap"]),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
    )


def mutated(table, first, how, row, column):
    """Return the rows after one change to a row of data; amounts change by at least a satang."""
    rows = copy.deepcopy(table)
    at = first + row % (len(rows) - first)
    amounts = [c for c, cell in enumerate(rows[at]) if isinstance(cell, float) or "," in str(cell)]
    if how == "drop":
        del rows[at]
    elif how == "repeat":
        rows.insert(at, copy.deepcopy(rows[at]))
    elif how == "cut":
        del rows[at:]
    elif how == "swap":
        rows[at] = list(reversed(rows[at]))
    elif amounts:
        cell = amounts[column % len(amounts)]
        value = rows[at][cell]
        number = value if isinstance(value, float) else float(str(value).replace(",", ""))
        changed = {"add": number + 0.01, "text": "abc", "number": number * 10 + 1}[how]
        rows[at][cell] = changed if isinstance(value, float) or isinstance(changed, str) else f"{changed:,.2f}"
    return rows


def is_noticed(made):
    """A change is named as a fault, or the file's total shows it, so that a person must say why it is taken."""
    if made.fault_count or not made.totals:
        return True
    return made.sums() != {**made.sums(), **made.totals}


def moved_nothing(before, after):
    return sorted(map(repr, before.lines)) == sorted(map(repr, after.lines))


@QUICK
@given(mutations())
def test_no_change_to_an_extract_slips_in(tmp_path, mutation):
    lines = golden.extract_lines()
    first = extract(tmp_path, lines)

    made = extract(tmp_path, mutated(lines, 1, *mutation))

    assert is_noticed(made) or _same_money(first, made)


@QUICK
@given(st.sampled_from(sorted(ROWS)), mutations())
def test_no_change_to_a_workbook_slips_in(tmp_path, shape, mutation):
    rows = ROWS[shape]()
    begins = data_rows(shape)[0]
    first = sheet(tmp_path, rows)

    made = sheet(tmp_path, mutated(rows, begins, *mutation))

    assert is_noticed(made) or _same_money(first, made)


def _same_money(before, after):
    """What no total can show: the same lines of money, whatever columns nobody takes in say beside them."""

    def money(statement):
        return sorted(
            (line.code, line.name, line.unit, line.month or 0, *(v or 0 for v in (
                line.act, line.after_transfers, line.received, line.disbursed, line.ordered, line.reserved
            )))
            for line in statement.lines
            if any((line.act, line.after_transfers, line.received, line.disbursed, line.ordered, line.reserved))
        )  # fmt: skip

    return money(before) == money(after)


def test_every_shape_is_on_the_shelf():
    assert {shape.slug for shape in IMPORTS} == {*golden.FILES, "companion"}  # names of codes alone, no money
