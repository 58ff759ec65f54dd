"""Every kind of bad input by its name, anywhere in any golden file: named by its place, and the store as it was."""

import copy
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import AuditEntry, BudgetLine, Disbursement, ImportBatch, ImportLine, MoneySum
from portal.imports import control
from portal.rules.terms import BatchState
from tests.imports import golden
from tests.imports.test_shapes import CODE, ROWS, data_rows, read

SHAPES = tuple(golden.FILES)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Bad:
    """A file that was spoilt: where it lies, and words one of which must be said; none where it reads the same."""

    path: Path
    words: tuple[str, ...] = ()


def table(shape):
    """A golden file's rows and which of them (from 0) hold money."""
    if shape == "extract":
        rows = golden.extract_lines()
        return rows, list(range(2, len(rows)))
    return ROWS[shape](), data_rows(shape)


def heads(shape):
    """The place (from 0) of the row of headings."""
    return 0 if shape == "extract" else next(n for n, row in enumerate(ROWS[shape]()) if len(row) > 5)


def written(folder, shape, rows, **more):
    path = folder / golden.FILES[shape][0]
    if shape == "extract":
        path.write_bytes(golden.extract_bytes(rows))
    else:
        golden.write_sheet(path, rows, **more)
    return path


def raw(shape):
    return (golden.FOLDER / golden.FILES[shape][0]).read_bytes()


# ---------------------------------------------------------------- the names of issue D


def truncated(folder, shape, at):
    content = raw(shape)
    path = folder / golden.FILES[shape][0]
    path.write_bytes(content[: len(content) // 3 + at % (len(content) * 2 // 3 - 40)])
    return Bad(path, ("cut off", "damaged", "no total", "of its lines", "not a"))


def glued(folder, shape, at):
    if at % 2:
        path = folder / golden.FILES[shape][0]
        path.write_bytes(raw(shape) * 2)
    else:
        rows, _ = table(shape)
        path = written(folder, shape, [*rows, *copy.deepcopy(rows)])
    return Bad(path, ("two files",))


def of_a_wrong_year(folder, shape, at):
    rows, lines = table(shape)
    row = rows[lines[at % len(lines)]]
    if shape == "extract":
        row[6] = row[6].replace("2566", "2565")
    elif shape == "nfma46":
        row[5] = "65" + row[5][2:]
    elif shape == "treasury":
        row[0] = 2565
    else:
        rows[1][0] = rows[1][0].replace("2566", "2564", 1)
    return Bad(written(folder, shape, rows), ("another", "Two fiscal years", "does not lie in"))


def with_a_duplicated_heading(folder, shape, at):
    rows, _ = table(shape)
    top = heads(shape)
    width = max(len(row) for row in rows[: top + 3])
    rows[top] += [""] * (width - len(rows[top])) + [
        {"nfma46": "เบิกจ่าย", "treasury": "เบิกจ่ายทั้งสิ้น", "register": "งบรายจ่าย", "extract": "พรบ. (บาท)"}[shape]
    ]
    if shape == "extract":
        for row in rows[1:]:
            row.append("")
    return Bad(written(folder, shape, rows), ("stands twice",))


def with_merged_cells(folder, shape, at):
    if shape == "extract":  # a text has none
        return truncated(folder, shape, at)
    rows, lines = table(shape)
    place = lines[at % len(lines)]
    width = max(len(row) for row in rows)
    rows[place] = rows[place] + [""] * (width + 3 - len(rows[place]))
    return Bad(written(folder, shape, rows, merges=[(place, width, place, width + 1)]), ("Merged",))


def with_split_sara_am(folder, shape, at):
    rows, _ = table(shape)
    split = [[c.replace("\u0e33", "\u0e4d\u0e32") if isinstance(c, str) else c for c in row] for row in rows]
    return Bad(written(folder, shape, split))


def with_thousands_commas(folder, shape, at):
    rows, lines = table(shape)
    for place in lines:
        for column, cell in enumerate(rows[place]):
            if isinstance(cell, float):
                rows[place][column] = f"{cell:,.8f}".rstrip("0").rstrip(".") if shape == "treasury" else f"{cell:,.2f}"
    return Bad(written(folder, shape, rows))


def with_macros_or_links(folder, shape, at):
    if shape == "extract":
        return truncated(folder, shape, at)
    part, word = (("xl/vbaProject.bin", "macros"), ("xl/externalLinks/externalLink1.xml", "links"))[at % 2]
    path = folder / golden.FILES[shape][0]
    path.write_bytes(raw(shape))
    with zipfile.ZipFile(path, "a") as book:
        book.writestr(part, "<x/>")
    return Bad(path, (word,))


def with_a_code_that_became_a_number(folder, shape, at):
    rows, lines = table(shape)
    column = 5 if shape == "extract" else CODE[shape]
    rows[lines[at % len(lines)]][column] = "2.10E+19" if shape == "extract" or at % 2 else 2.10e19
    return Bad(written(folder, shape, rows), ("last digits are lost", "made a number of it"))


KINDS = (
    truncated, glued, of_a_wrong_year, with_a_duplicated_heading, with_merged_cells, with_split_sara_am,
    with_thousands_commas, with_macros_or_links, with_a_code_that_became_a_number,
)  # fmt: skip


def spoken(made):
    """Everything that is said about a file: its faults, and what keeps its total from being believed."""
    said = [fault.error.words() for fault in made.faults]
    if not made.totals:
        said.append("The file prints no total")
    elif made.sums() != {**made.sums(), **made.totals}:
        said.append("The total of the file differs from the sum of its lines")
    return said


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@QUICK
@given(st.sampled_from(SHAPES), st.integers(0, 10**6))
def test_a_bad_file_is_named_by_what_is_wrong_wherever_that_lies(tmp_path, kind, shape, at):
    bad = kind(tmp_path, shape, at)

    made = read(bad.path)

    if bad.words:
        assert any(word in said for said in spoken(made) for word in bad.words), spoken(made)[:5]
    else:
        whole = read(golden.FOLDER / golden.FILES[shape][0])
        assert spoken(made) == []
        assert made.sums() == whole.sums() and [line.name for line in made.lines] == [line.name for line in whole.lines]


def test_whatever_is_wrong_with_a_file_the_store_stays_as_it_was(money):
    money.take(golden.FOLDER / "extract.txt")
    before = [sorted(model.select().tuples()) for model in (BudgetLine, Disbursement, MoneySum)]
    entries = AuditEntry.select().where(AuditEntry.table_name == "BudgetLine").count()
    tried = 0

    for shape in SHAPES:
        for at, kind in enumerate(KINDS):
            bad = kind(money.folder, shape, at)
            if not bad.words:
                continue
            batch = money.stage(bad.path)
            if batch.state is not BatchState.REFUSED:  # cut off between two lines: its own total gives it away
                assert batch.state is BatchState.STAGED and "differs" in str(control.holds(batch)[0]), (shape, kind)
            else:
                fault = batch.report["faults"][0]
                assert fault["says"] and {"sheet", "row", "column"} <= set(fault)
                assert not ImportLine.select().where(ImportLine.batch == batch.id).exists()
            tried += 1

    assert tried == len(SHAPES) * (len(KINDS) - 2) and ImportBatch.select().count() > tried // 2
    assert before == [sorted(model.select().tuples()) for model in (BudgetLine, Disbursement, MoneySum)]
    assert AuditEntry.select().where(AuditEntry.table_name == "BudgetLine").count() == entries
