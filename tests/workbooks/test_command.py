"""portal workbook: written, looked at, taken and returned on the command line."""

import json

import openpyxl
import pytest
from click.testing import CliRunner

from portal.commands.workbooks import workbook
from portal.forms.values import Cell
from portal.rules.access import Role
from tests import make
from tests.workbooks.office import GOOD, Office, Pen


@pytest.fixture
def office(sqlite_store, settings, monkeypatch):
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    return Office()


def run(*words):
    return CliRunner().invoke(workbook, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def file(office, tmp_path):
    path = tmp_path / "ผลงาน.xlsx"
    told = run("write", office.unit.code, "2566-05", "--out", path)
    assert told.exit_code == 0 and "1 forms" in told.output, told.output
    return path


def fill(office, path, typed):
    path.write_bytes(Pen(path.read_bytes(), office.sheet()).type(typed).saved())


def test_a_dry_run_says_what_would_change_and_changes_nothing(office, file):
    fill(office, file, GOOD)

    told = run("read", file, "--dry-run")

    assert told.exit_code == 0 and f"{len(GOOD)} cells to change, 0 wrong" in told.output
    assert office.entries() == {}


def test_json_names_every_wrong_cell_with_its_rule(office, file):
    fill(office, file, {Cell("rate"): "101", Cell("crops.tons", 2): "-1"})

    told = run("read", file, "--dry-run", "--json")

    remarks = json.loads(told.output)["remarks"]
    assert told.exit_code == 1
    assert [(r["key"], r["row"], r["rule"], r["wrong"]) for r in remarks] == [
        ("rate", 0, "value", True), ("crops.tons", 2, "value", True),
    ]  # fmt: skip


def test_what_is_right_is_taken_for_the_person_named(office, file):
    fill(office, file, GOOD | {Cell("rate"): "101"})

    told = run("read", file, "--by", office.reporter.username, "--returned", file.with_name("back.xlsx"))

    assert told.exit_code == 1 and f"saved {len(GOOD) - 1} cells" in told.output
    assert len(office.entries()) == len(GOOD) - 1
    assert openpyxl.load_workbook(file.with_name("back.xlsx")).sheetnames


def test_without_a_person_nothing_is_taken(office, file):
    told = run("read", file)

    assert told.exit_code == 2 and "--by" in told.output


def test_everything_for_checking_is_written(office, tmp_path):
    path = tmp_path / "checking.xlsx"

    told = run("checking", "2566-05", "--unit", office.form.owner.code, "--out", path)

    assert told.exit_code == 0 and "1 forms, 1 lines" in told.output
    assert office.form.code in openpyxl.load_workbook(path).sheetnames


def test_an_office_or_period_that_is_not_there_is_told(office, tmp_path):
    told = run("write", "NOWHERE", "2566-05", "--out", tmp_path / "x.xlsx")

    assert told.exit_code == 2 and "NOWHERE" in told.output
    assert make.person(Role.REPORTER, office.unit)
