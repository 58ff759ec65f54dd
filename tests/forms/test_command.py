"""portal form: forms in and out of a store from the command line."""

import json

import pytest
from click.testing import CliRunner

from models import Form, FormVersion
from portal.commands import setting_out
from portal.commands.forms import forms
from portal.rules.terms import FormState
from tests.forms.test_xlsform import HEAD, workbook


@pytest.fixture
def run(settings, monkeypatch):
    """`run("list")`: what a developer sees, and the exit code."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    setting_out.settings()

    def call(*words):
        return CliRunner().invoke(forms, [str(word) for word in words])

    return call


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "survey.xlsx"
    rows = [HEAD, ("integer", "n", "คน"), ("geopoint", "place", "พิกัด")]
    path.write_bytes(workbook(rows, settings=[("form_id", "form_title"), ("X-1", "แบบสำรวจ")]))
    return path


def test_the_forms_are_listed(run):
    done = run("list")

    assert done.exit_code == 0, done.output
    assert "AG-01" in done.output and "C-AGR" in done.output
    assert len(done.output.splitlines()) == Form.select().count()


def test_a_dry_run_tells_and_stores_nothing(run, sheet):
    done = run("import-xlsform", sheet, "--dry-run")

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "survey:3 type: There is no kind of question called “geopoint”.",
        "would become form X-1 “แบบสำรวจ”: 1 sections, 1 questions; 1 remarks",
    ]
    assert Form.get_or_none(Form.code == "X-1") is None


def test_an_xlsform_becomes_a_draft_of_the_unit_named(run, sheet):
    done = run("import-xlsform", sheet, "--owner", "C-AGR", "--code", "X-2")

    assert done.exit_code == 0, done.output
    assert "form X-2, version 1 (draft): 1 questions" in done.output
    version = FormVersion.select().join(Form).where(Form.code == "X-2").get()
    assert (version.state, version.form.owner.code) == (FormState.DRAFT, "C-AGR")


@pytest.mark.parametrize("words", [["--owner", "nobody"], []])
def test_a_form_has_an_owner(run, sheet, words):
    done = run("import-xlsform", sheet, *words)

    assert done.exit_code != 0
    assert Form.get_or_none(Form.code == "X-1") is None


def test_a_workbook_of_which_nothing_can_be_had_ends_with_the_list(run, tmp_path):
    path = tmp_path / "points.xlsx"
    path.write_bytes(workbook([HEAD, ("geopoint", "a", "ก"), ("barcode", "b", "ข")]))

    done = run("import-xlsform", path, "--dry-run")

    assert done.exit_code == 1
    assert "survey:2 type" in done.output and "survey:3 type" in done.output


def test_a_form_goes_out_and_comes_in_again(run, tmp_path):
    path = tmp_path / "form.json"

    assert run("export-json", "AG-01", "--out", path).exit_code == 0
    assert run("import-json", path).exit_code != 0  # the code is taken
    assert run("import-json", path, "--code", "AG-99").exit_code == 0

    again = run("export-json", "AG-99", "--version", 1)
    assert again.stdout_bytes == path.read_bytes().replace(b'"code": "AG-01"', b'"code": "AG-99"')


def test_a_file_becomes_the_next_draft_of_a_form(run, tmp_path):
    path = tmp_path / "form.json"
    run("export-json", "AG-01", "--out", path)

    done = run("import-json", path, "--form", "AG-01")

    assert "form AG-01, version 2 (draft)" in done.output


def test_what_is_wrong_with_a_file_is_told_line_by_line(run, tmp_path):
    path = tmp_path / "form.json"
    question = {"key": "Bad", "kind": "magic", "label": ""}
    path.write_text(json.dumps({"portal_form": 1, "spec": {"sections": [{"questions": [question]}]}}))

    done = run("import-json", path, "--code", "Z-1", "--owner", "C-AGR")

    assert done.exit_code == 1
    assert "spec.sections.0.questions.0.key: A key starts" in done.output


def test_the_schema_of_a_form_is_printed(run):
    described = json.loads(run("schema", "LN-01").output)

    assert described["$id"] == "urn:cpd:form:LN-01:1" and "by_source" in described["properties"]


def test_a_form_that_is_not_there_is_told(run):
    assert "portal form list" in run("schema", "NONE").output
    assert run("export-json", "LN-01", "--version", 9).exit_code == 1
