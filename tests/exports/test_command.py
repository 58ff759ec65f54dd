"""portal export: the files of a period in a folder, the same bytes again, only what changed, and what is wrong."""

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from models import AuditEntry, Dispatch, Run, db
from portal.commands.exports import export
from portal.rules.handoffs import DispatchState
from tests.exports.conftest import Year


@pytest.fixture
def year(sqlite_store, tmp_path):
    made = Year(tmp_path)
    made.all_reports()
    return made


@pytest.fixture
def command(year, sqlite_store, tmp_path, monkeypatch):
    """Run the command on this test's store; return its exit code and its answer in JSON."""
    monkeypatch.setenv("PORTAL_DATABASE", sqlite_store.url)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))

    def run(*arguments):
        ended = CliRunner().invoke(export, [*map(str, arguments), "--json", "--by", year.planning.username])
        return ended.exit_code, json.loads(ended.stdout) if ended.stdout.startswith("{") else ended.output

    return run


def counts():
    return [model.select().count() for model in (Dispatch, Run, AuditEntry)]


def test_files_come_out_the_same_twice_and_then_only_what_changed(command, year, tmp_path):
    code, told = command("bb_evmis", "2566-q3", "--out", tmp_path / "one")
    again, _ = command("bb_evmis", "2566-q3", "--out", tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert code == again == 0 and names == [
        "bb_evmis-2566-q3-301.csv", "bb_evmis-2566-q3-302.csv", "bb_evmis-2566-q3.json", "bb_evmis-2566-q3.xlsx",
    ]  # fmt: skip
    assert all((tmp_path / "one" / n).read_bytes() == (tmp_path / "two" / n).read_bytes() for n in names)
    assert told["state"] == "prepared" and told["wrong"] == [] and told["compared_with"] is None

    before = counts()
    code, told = command("bb_evmis", "2566-q3", "--out", tmp_path / "none", "--only-changed")
    assert (code, told["changes"], told["files"], counts()) == (0, [], [], before)

    year.correct(1, 8, quality=Decimal("99.5"), people=Decimal(9))
    code, told = command("bb_evmis", "2566-q3", "--out", tmp_path / "part", "--only-changed")
    assert code == 0 and told["rows"] == 1 and told["compared_with"] == {
        "dispatch": 2, "state": "prepared", "is_sent": False,
    }  # fmt: skip
    assert told["changes"] == [
        {"what": "cell", "sheet": "สงป.301", "key": "I2", "column": "ผล พ.ค.", "before": "97.5", "after": "98.75"}
    ]
    part = json.loads((tmp_path / "part" / "bb_evmis-2566-q3-changed.json").read_text())
    assert part["only_changed"] and [len(sheet["rows"]) for sheet in part["sheets"]] == [1, 0]
    assert (tmp_path / "part" / "bb_evmis-2566-q3-changed-differences.csv").exists()


def test_a_dry_run_tells_what_is_wrong_and_keeps_nothing(command, year, tmp_path):
    db.execute_sql("UPDATE project SET objective = ''")
    before = counts()

    code, told = command("emenscr", "2566-q3", "--dry-run", "--out", tmp_path / "out")
    assert code == 1 and told["wrong"] == [
        {"sheet": "M3 รายละเอียด", "row": 2, "column": "วัตถุประสงค์", "what": "This must not be empty.",
         "mend": ["Project", year.project.id]}
    ]  # fmt: skip
    assert command("emenscr", "2566-q3", "--out", tmp_path / "out")[0] == 1
    assert counts() == before and not (tmp_path / "out").exists()

    code, told = command("emenscr", "2566-q3", "--out", tmp_path / "out", "--word", "ปลายทางรับ")
    assert code == 0 and Dispatch.get().broken == 1 and Dispatch.get().state is DispatchState.PREPARED


def test_months_and_years_go_out_and_other_words_are_refused(command, tmp_path):
    for period, name in (("2566-05", "oae_moac-2566-05.xlsx"),):
        assert command("oae_moac", period, "--out", tmp_path / "out")[0] == 0
        assert (tmp_path / "out" / name).exists()
    for system, period in (("bb_evmis", "2566-q5"), ("bb_evmis", "2566-13"), ("elsewhere", "2566")):
        assert command(system, period)[0] == 2
