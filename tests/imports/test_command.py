"""portal import gfmis: what was read, matched, unmatched, the control total, and what is wrong by row."""

import json

import pytest
from click.testing import CliRunner

from models import AuditEntry, BudgetLine, CodeMap, ImportBatch, ImportLine, Run
from portal.commands.imports import importing
from portal.rules.access import Role
from tests import make
from tests.imports import golden
from tests.imports.conftest import Money


@pytest.fixture
def money(sqlite_store, tmp_path):
    return Money(tmp_path)


@pytest.fixture
def command(money, sqlite_store, monkeypatch):
    """Run the command on this test's store; return its exit code and what it printed."""
    monkeypatch.setenv("PORTAL_DATABASE", sqlite_store.url)
    monkeypatch.setenv("PORTAL_DATA", str(money.folder))

    def run(*arguments):
        ended = CliRunner().invoke(importing, ["gfmis", *map(str, arguments)])
        return ended.exit_code, ended.stdout

    return run


def counts():
    return [model.select().count() for model in (BudgetLine, ImportBatch, ImportLine, AuditEntry, Run, CodeMap)]


def test_a_dry_run_tells_everything_and_keeps_nothing(command):
    before = counts()

    code, printed = command(golden.FOLDER / "extract.txt", "--dry-run", "--json")

    told = json.loads(printed)
    assert code == 1
    assert (told["lines_read"], told["matched"], told["unmatched"]) == (53, 0, 53)
    assert told["control"]["disbursed"] == {
        "file": golden.summed()["disbursed"], "matched": 0, "unmatched": golden.summed()["disbursed"], "difference": 0,
    }  # fmt: skip
    assert {u["value"] for u in told["unknown"]} == {i.code[:11] for i in golden.ITEMS}
    assert told["wrong"] == []
    assert counts() == before


def test_what_is_wrong_is_told_by_row(command, money):
    lines = golden.extract_lines()
    lines[2][10] = "12,34"
    path = money.write("bad.txt", lambda p: p.write_bytes(golden.extract_bytes(lines)))

    code, printed = command(path, "--dry-run", "--json")
    again, taken = command(path, "--json", "--by", money.by.username)

    wrong = json.loads(printed)["wrong"]
    assert code == again == 1
    assert [(w["row"], w["column"]) for w in wrong] == [(3, "K")]
    assert json.loads(taken)["wrong"] == wrong
    assert BudgetLine.select().count() == 0


def test_an_unknown_code_holds_a_file_until_it_is_told_or_a_word_is_given(command, money):
    path = golden.FOLDER / "nfma46.xlsx"

    code, printed = command(path, "--json", "--by", money.by.username)
    told = json.loads(printed)
    assert (code, told["ok"], told["state"]) == (1, False, "staged")
    assert told["held"] and told["unknown"]
    assert BudgetLine.select().count() == 0

    money.map_all(ImportBatch.get())
    code, printed = command(path, "--json", "--by", money.by.username)
    told = json.loads(printed)
    assert (code, told["state"], told["was_taken_before"]) == (0, "taken", False)
    assert BudgetLine.select().count() == 6

    code, printed = command(path, "--json", "--by", money.by.username)
    assert (code, json.loads(printed)["was_taken_before"]) == (0, True)
    assert BudgetLine.select().count() == 6
    assert ImportBatch.select().count() == 1


def test_the_same_is_told_in_words(command, money):
    make.person(Role.ADMIN)

    code, printed = command(golden.FOLDER / "register.xlsx", "--dry-run")

    assert code == 1
    assert "2 read, 0 matched, 2 unmatched" in printed
    assert "5,760,001.10" in printed
    assert "unknown    code “เงินเดือนและค่าจ้าง · งบบุคลากร”" in printed


def test_nobody_without_the_right_takes_a_file_in(command, money):
    person = make.person(Role.REPORTER)

    code, _ = command(golden.FOLDER / "nfma46.xlsx", "--by", person.username)

    assert code == 1
    assert ImportBatch.select().count() == 0
