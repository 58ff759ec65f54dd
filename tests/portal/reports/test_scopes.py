"""One store, many books: an office's, a region's, a division's; whose records each shows, and who may ask for it."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from models import Project, Region, Run, Unit
from portal.errors import NotAllowed, RuleBroken
from portal.reports import editions, figures, ledger, runs, scopes, sheets, snapshot, verification
from portal.reports.chapter import Cut
from portal.reports.figures import coverage, money, registry, results, visiting
from portal.reports.figures.offices import offices
from portal.reports.whole import Issue
from portal.rules.access import Role
from portal.rules.editions import ScopeKind
from portal.rules.terms import Nature, RunKind
from tests import make
from tests.pdf.year import fill

AT = dt.datetime(2023, 7, 5, 9, 0)
CUT = Cut(fiscal_year=2566, period=9, cut_at=AT)


@pytest.fixture
def year(store):
    fill()


def test_the_regions_together_are_the_offices_of_the_nation(year):
    regions = [replace(CUT, region_code=code) for (code,) in Region.select(Region.code).tuples()]
    with figures.shared():
        nation = {office.id for office in offices(CUT)}
        paid = money.added(each for (unit, _), each in money.ledger(CUT).by_office.items() if unit in nation)

        assert sorted(o.code for cut in regions for o in offices(cut)) == sorted(o.code for o in offices(CUT))
        assert money.added(money.ledger(cut).total() for cut in regions if offices(cut)) == paid
        assert sum(len(registry.stock(cut)) for cut in regions) == len(registry.stock(CUT))
        assert sum(coverage.coverage(cut).owing for cut in regions) == coverage.coverage(CUT).owing
        done = [visiting.added(list(visiting.courses(cut).values()), 9).total for cut in (CUT, *regions)]
        assert done[0] == sum(done[1:])


def test_an_office_shows_its_own_cells_and_what_they_hold_is_the_nation_s(year):
    nation, office = results.cells(CUT), offices(CUT)[0]

    own = results.cells(replace(CUT, unit_code=office.code))

    assert own
    for indicator, cells in own.items():
        assert cells == {office.id: nation[indicator][office.id]}


def test_a_division_shows_its_own_projects_and_their_money_from_all_three_sides(year):
    project = Project.select().order_by(Project.id).first()
    cut = replace(CUT, division_code=project.owner.code)

    found = money.ledger(cut)

    assert {each.owner for each in results.projects(cut)} == {project.owner.short}
    for view in (found.by_office, found.by_project, found.by_category):
        for nature in Nature:
            summed = money.added(each for (_, kind), each in view.items() if kind is nature)
            assert summed.granted == found.total(nature).granted
            assert summed.disbursed == found.total(nature).disbursed


@pytest.mark.parametrize(
    ("kind", "subject", "slug", "scope"),
    [
        (RunKind.PACK, "2566-05", "pack", ScopeKind.NATION),
        (RunKind.PACK, "2566-05/R12", "pack_region", ScopeKind.REGION),
        (RunKind.BOOK, "2566/P40", "book_office", ScopeKind.OFFICE),
        (RunKind.BOOK, "2566/C-AGR", "book_division", ScopeKind.DIVISION),
    ],
)
def test_a_subject_says_whose_book_it_is(sqlite_store, kind, subject, slug, scope):
    book, cut = scopes.cut_of(kind, subject, at=AT, is_demo=False)

    assert (book.slug, book.scope, cut.subject) == (slug, scope, subject)
    assert book.title(cut).endswith(cut.scope_name)


@pytest.mark.parametrize("subject", ["2566/X1", "2566/R12", "2566/"])
def test_a_book_that_is_not_made_is_refused_in_words(sqlite_store, subject):
    with pytest.raises(RuleBroken):
        scopes.cut_of(RunKind.BOOK, subject, at=AT, is_demo=False)


def test_an_office_asks_for_its_own_book_and_for_no_other(sqlite_store):
    make.fiscal_year()
    mine = Unit.get(Unit.code == "P40")
    person, planner = make.person(Role.REPORTER, mine), make.person(Role.PLANNING)

    run = runs.ask(RunKind.BOOK, "2566/P40", by=person, at=AT)

    assert run.unit_id == mine.id
    assert runs.ask(RunKind.BOOK, "2566/P40", by=planner, at=AT) == run
    assert runs.ask(RunKind.BOOK, "2566/P41", by=planner, at=AT).unit.code == "P41"
    for subject in ("2566", "2566/P41", "2566/C-AGR"):
        with pytest.raises(NotAllowed):
            runs.ask(RunKind.BOOK, subject, by=person, at=AT)
    with pytest.raises(NotAllowed):
        runs.cancel(Run.get(Run.subject == "2566/P41"), by=person, at=AT)


def test_every_book_numbers_its_chapters_without_a_gap():
    for book in sheets.BOOKS.values():
        planned = [
            sheets.Planned(part.title, chapter, chapter.title) for part in book.parts for chapter in part.chapters
        ]
        numbers = [number for number, _ in sheets.numbered(planned) if number]

        assert numbers == sorted(set(numbers), key=lambda each: [int(n) for n in each.split(".")])


def test_an_edition_of_a_scope_is_found_by_its_name(sqlite_store):
    period = make.period()
    values = {"fiscal_year": period.fiscal_year_id, "cut_at": AT, "made_at": AT, "snapshot_sha256": "0" * 64}
    for subject in ("2566", "2566/P40", "2566/P10-1"):
        made = make.row(ledger.Edition, book="book", subject=subject, number=3, unit=make.unit(), **values)

        assert ledger.named(ledger.name(made)) == made


def test_a_book_of_a_scope_is_printed_and_says_in_its_file_which_edition_it_is(sqlite_store, tmp_path):
    fill(offices=2, projects=1, until=3)
    office = offices(CUT)[0]
    book, cut = scopes.cut_of(RunKind.BOOK, f"2566/{office.code}", at=AT, is_demo=False)
    plain = json.loads(editions.take_snapshot(book.slug, cut))
    plain["pieces"] = [each for each in plain["pieces"] if each["chapter"] in ("office", "disbursement")]

    made = editions.reissue(snapshot.text_of(plain), tmp_path, issue=Issue(4))

    found = verification.verify(made.path)
    assert (found.name, found.differences) == (f"book-2566-{office.code}-4", ())
    assert made.path.name == f"book-2566-{office.code}.pdf"
    assert all(member["title"] == office.place for member in plain["pieces"] if member["chapter"] == "office")
