"""Spreadsheets written into a stream: whole for every reader, the first bytes at once, memory that does not grow."""

import io
import tracemalloc
from decimal import Decimal

import openpyxl

from portal import xlsx


def read(parts):
    book = openpyxl.load_workbook(io.BytesIO(b"".join(parts)))
    return [[[cell.value for cell in row] for row in sheet.rows] for sheet in book]


def test_values_come_back_as_they_were():
    rows = [
        ["=1+1", " ก "],
        [None, True],
        ["", Decimal("-1.25")],
        ["_x0041_\x0b&<\n", 12345678901234567],
        ["ก" * 40_000, 0],
    ]

    ((heading, *found),) = read(xlsx.stream(["ชื่อ", "จำนวน"], [rows[:2], [], rows[2:]]))

    assert heading == ["ชื่อ", "จำนวน"]
    assert found[:3] == [["=1+1", " ก "], [None, True], [None, -1.25]]
    assert found[3][1] == "12345678901234567" and "&<" in found[3][0] and len(found[4][0]) == xlsx.CELL_CHARACTERS


def test_a_book_without_rows_is_a_book():
    assert read(xlsx.stream(["a"], [])) == read(xlsx.stream(["a"], [[]])) == [[["a"]]]


def test_a_full_sheet_is_followed_by_another_with_the_same_heading():
    exact = read(xlsx.stream(["a"], [[[1], [2]], [[3], [4]], []], most_rows=2))
    more = read(xlsx.stream(["a"], [[[1], [2], [3], [4], [5]]], most_rows=2))

    assert exact == [[["a"], [1], [2]], [["a"], [3], [4]]]
    assert more == [*exact, [["a"], [5]]]


def test_the_file_leaves_while_it_is_made_and_memory_stays_flat():
    asked = []

    def batches(count):
        for n in range(count):
            asked.append(n)
            yield [[f"สหกรณ์ {n} {m}", m] for m in range(500)]

    def most(count):
        tracemalloc.reset_peak()
        sum(len(part) for part in xlsx.stream(["a", "b"], batches(count)))
        return tracemalloc.get_traced_memory()[1]

    assert next(xlsx.stream(["a", "b"], batches(9))).startswith(b"PK") and not asked
    xlsx._short.cache_clear()
    tracemalloc.start()
    try:
        few, many = most(5), most(60)
    finally:
        tracemalloc.stop()
    assert many - few < 20_000_000  # what is remembered, not what is written: 30,000 rows


def test_a_reader_who_goes_away_ends_it_quietly():
    flow = xlsx.stream(["a"], ([[n]] for n in range(10_000)))
    next(flow), next(flow)
    flow.close()
