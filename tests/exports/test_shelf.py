"""What every target must do: a shipped mapping that fits, every field filled, keys of their own, the agreed payload."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import portal.exports
from models import BudgetLine
from portal.exports import EXPORTS, composing, figures, mappings, writing
from portal.exports.composing import Data, Filled, Heading, Row
from portal.reports.figures import shared
from portal.rules.mappings import CellKind, as_json, from_json
from tests import make
from tests.exports.conftest import QUARTER
from tests.make import NOON

SLUGS = [one.slug for one in EXPORTS]


@pytest.mark.parametrize("target", EXPORTS, ids=SLUGS)
def test_the_shipped_mapping_fits_its_target_and_says_how_sure_it_is(target):
    layout = mappings.shipped(target.slug)

    mappings.check(target, layout)
    assert from_json(json.loads(json.dumps(as_json(layout)))) == layout
    assert {leaf.sheet for leaf in layout.leaves} == {sheet.slug for sheet in target.sheets}
    assert any(column.certainty == "inferred" for leaf in layout.leaves for column in leaf.columns)


def test_every_file_of_the_shelf_is_in_its_list():
    shipped = {path.stem for path in (Path(portal.exports.__file__).parent / "shipped").glob("*.json")}

    assert shipped == set(SLUGS)
    assert all((Path(portal.exports.__file__).parent / f"{slug}.py").exists() for slug in SLUGS)


@pytest.mark.parametrize("target", EXPORTS, ids=SLUGS)
def test_records_fill_every_field_they_offer_under_keys_of_their_own(year, target):
    with shared():
        gathered = target.gather(figures.gather(QUARTER, is_provisional=False, at=NOON), QUARTER)

    for sheet in target.sheets:
        records = gathered[sheet.slug]
        assert records and len({one.key for one in records}) == len(records)
        assert all(set(one.values) == sheet.names for one in records), sheet.slug


@pytest.mark.parametrize("target", EXPORTS, ids=SLUGS)
def test_the_payload_is_as_agreed(year, target, golden):
    data = year.look(target.slug).data

    golden(f"exports/{target.slug}.json", writing.document(data, [], is_changes_only=False))


def test_money_of_no_project_is_told_and_not_lost(year):
    other = make.row(
        BudgetLine, fiscal_year=year.year, code="07012140009992009999", unit=year.offices[1], category=year.category,
        nature="investment", after_transfers=5_000_00,
    )  # fmt: skip

    looked = year.look("bb_evmis")

    assert other.project_id is None
    lost = [(one.sheet, one.column, one.about[0]) for one in looked.composed.violations]
    assert ("สงป.302", "ผลผลิต/โครงการ", "BudgetLine") in lost
    whole = sum(float(row.cells[12]) for row in looked.data.sheets[1].rows)
    assert whole == 105_000.00


# ---------------------------------------------------------------- differences

CELLS = st.text(alphabet="กข12 ", max_size=3)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6)


def data_of(rows):
    headings = tuple(Heading(name, CellKind.TEXT) for name in ("ก", "ข", "ค"))
    filled = Filled("s", "แผ่น", headings, tuple(Row(f"k{n}", tuple(cells)) for n, cells in rows))
    return Data("t", "2566-q3", False, (filled,))


@settings(max_examples=25, deadline=None)
@given(TABLES, TABLES)
def test_differences_are_exactly_what_changed_and_lead_from_one_to_the_other(before, after):
    old, new = data_of(list(enumerate(before))), data_of(list(enumerate(after)))

    changes = composing.difference(old, new)

    assert composing.from_text(old.text()) == old and (changes == []) == (old.sha256() == new.sha256())
    shared_rows = min(len(before), len(after))
    cells = [c for c in changes if c.what == "cell"]
    wanted = sum(one != two for n in range(shared_rows) for one, two in zip(before[n], after[n], strict=True))
    assert len(cells) == wanted and len(changes) - wanted == abs(len(before) - len(after))
    held = {f"k{n}": dict(zip("กขค", row, strict=True)) for n, row in enumerate(before)}
    for change in cells:
        assert held[change.key][change.heading] == change.before
        held[change.key][change.heading] = change.after
    assert all(held[f"k{n}"] == dict(zip("กขค", after[n], strict=True)) for n in range(shared_rows))
    part = composing.only_changed(new, changes)
    assert {row.key for row in part.sheets[0].rows} == {c.key for c in changes if c.what != "removed"}
