"""A finished book can be checked by whoever has nothing but the file, and every change of it shows."""

import json
import shutil
import subprocess
import sys
from decimal import Decimal

import pikepdf
import pytest

from portal.errors import RuleBroken
from portal.reports import editions, manifest, passports, render, snapshot, verification
from portal.reports.whole import Issue

ADDRESS = "https://portal.example/"


@pytest.fixture(scope="module")
def linked(year, pack, tmp_path_factory):
    """The pack as an edition of a portal that has an address."""
    text = snapshot.text_of(json.loads(year["pack"]) | {"address": ADDRESS})
    made = editions.reissue(text, tmp_path_factory.mktemp("linked"), issue=Issue(number=4), cache=pack.cache)
    return made.path


def _attached(path):
    with pikepdf.open(path) as pdf:
        return {name: bytes(spec.get_file().read_bytes()) for name, spec in pdf.attachments.items()}


def _with_manifest(path, folder, change):
    """A copy of a book whose manifest was changed."""
    out = folder / "changed.pdf"
    with pikepdf.open(path) as pdf:
        held = json.loads(bytes(pdf.attachments[manifest.JSON].get_file().read_bytes()))
        change(held)
        pdf.attachments[manifest.JSON] = pikepdf.AttachedFileSpec(
            pdf, json.dumps(held).encode(), filename=manifest.JSON
        )
        pdf.save(out)
    return out


@pytest.mark.parametrize("slug", ["pack", "book"])
def test_every_figure_follows_from_its_inputs_and_every_page_is_as_bound(slug, request):
    verdict = verification.verify(request.getfixturevalue(slug).path)

    assert verdict.differences == ()
    assert verdict.figures >= verdict.printed > 150


def test_what_is_printed_with_a_link_has_a_passport_and_what_has_a_passport_is_printed(year):
    linked_keys = {
        key for html in editions.filled(year["pack"]) for key, _ in render.FIGURES.findall(html)
    }  # fmt: skip
    known = {figure[0] for figure in json.loads(year["pack"])["passports"]["figures"]}
    silent = {key for key in known - linked_keys if ".standing." not in key and not key.endswith(".before")}

    assert not {key for key in linked_keys - known if not key.endswith((".target", ".gap"))}
    assert not silent


def test_a_figure_links_to_its_passport_in_the_portal_and_nothing_else_leaves_the_book(linked):
    with pikepdf.open(linked) as pdf:
        away = [str(a.A.URI) for page in pdf.pages for a in page.obj.get("/Annots", ()) if "/A" in a]

    assert f"{ADDRESS}admin/passport/pack-2566-06-4/summary.1.value" in away
    assert all(address.startswith(f"{ADDRESS}admin/passport/pack-2566-06-4/") for address in away)


def test_the_manifest_is_inside_as_json_and_as_a_table_and_is_named_as_data(linked):
    held = _attached(linked)
    with pikepdf.open(linked) as pdf:
        kinds = {str(spec.AFRelationship) for spec in pdf.Root.AF}

    assert set(held) == {"figures.json", "figures.csv"} and kinds == {"/Data"}
    assert held["figures.csv"].decode("utf-8-sig").startswith("key,page,label,printed,value,formula")
    assert json.loads(held["figures.json"])["number"] == 4


def test_a_changed_value_is_found(linked, tmp_path):
    def change(held):
        figure = next(f for f in held["passports"]["figures"] if f[0] == "visits.all.done")
        figure[4] = str(int(figure[4]) + 1)

    found = verification.verify(_with_manifest(linked, tmp_path, change)).differences

    # The sum itself, and with it what is written on the page beside it.
    assert [each.what for each in found] == ["visits.all.done"]


def test_a_changed_input_is_found_by_every_figure_that_rests_on_it(linked, tmp_path):
    def change(held):
        held["passports"]["tables"]["unit_paid"]["rows"][0][-1][0] += 10**9

    found = {each.what for each in verification.verify(_with_manifest(linked, tmp_path, change)).differences}

    assert "summary.1.value" in found and "visits.all.done" not in found


def test_a_number_written_over_on_a_page_is_found(linked, tmp_path):
    out = tmp_path / "written_over.pdf"
    with pikepdf.open(linked) as pdf:
        page = pdf.pages[3]
        page.contents_add(b"1 1 1 rg 90 700 40 12 re f", prepend=False)
        pdf.save(out)

    assert [each.what for each in verification.verify(out).differences] == ["page 4"]


def test_a_page_left_out_is_found(linked, tmp_path):
    out = tmp_path / "shorter.pdf"
    with pikepdf.open(linked) as pdf:
        del pdf.pages[-1]
        pdf.save(out)

    assert "pages" in {each.what for each in verification.verify(out).differences}


def test_a_file_that_is_no_book_of_ours_is_told(tmp_path):
    empty, other = tmp_path / "empty.pdf", tmp_path / "other.pdf"
    empty.write_bytes(b"%PDF-1.7 nothing")
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(other)

    for path in (empty, other):
        with pytest.raises(RuleBroken, match="pdf"):
            verification.verify(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.pop("passports"),
        lambda held: held["passports"].update(figures=[["only a key"]]),
        lambda held: held["passports"]["tables"]["unit_paid"].pop("rows"),
        lambda held: held["passports"]["tables"]["unit_paid"]["rows"][0][-1].append("many"),
        lambda held: held.pop("pages"),
    ],
    ids=["no passports", "half a figure", "no rows", "words for numbers", "no pages"],
)
def test_a_manifest_that_is_broken_is_told_in_words(linked, tmp_path, change):
    with pytest.raises(RuleBroken, match="manifest"):
        verification.verify(_with_manifest(linked, tmp_path, change))


def test_the_command_says_which_figure_differs_and_ends_with_one(linked, tmp_path):
    def change(held):
        next(f for f in held["passports"]["figures"] if f[0] == "disbursement.total.all.granted")[4] = "1"

    broken = _with_manifest(linked, tmp_path, change)
    whole = shutil.copy(linked, tmp_path / "whole.pdf")
    told = [
        subprocess.run(
            [sys.executable, "-m", "portal.cli", "verify", str(path)],
            env={"PATH": "/usr/bin:/bin", "PORTAL_DATA": str(tmp_path / "none")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        for path in (whole, broken)
    ]

    assert (told[0].returncode, told[1].returncode) == (0, 1)
    assert "nothing differs" in told[0].stdout
    assert "disbursement.total.all.granted: 1 is written" in told[1].stdout
    assert not (tmp_path / "none").exists()


def test_passports_thaw_to_what_they_were(year):
    plain = json.loads(year["pack"])["passports"]

    again = passports.plain(passports.thawed(plain))

    assert again == plain
    assert passports.thawed(plain).figures["visits.all.share"].value == Decimal(
        next(f for f in plain["figures"] if f[0] == "visits.all.share")[4]
    )
