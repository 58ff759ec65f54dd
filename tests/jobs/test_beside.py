"""What a worker makes beside a finished book, so that nobody waits for it at a page."""

import datetime as dt

from jobs import reports
from jobs.worker import AtWork
from models import Edition, Run, Unit
from portal import files
from portal.reports import editions, ledger, scopes, snapshot
from portal.rules.access import Role
from portal.rules.terms import RunKind
from tests import make
from tests.pdf.year import fill

AT = dt.datetime(2023, 10, 20, 9)


def test_the_tables_of_a_book_are_there_before_anybody_asks(sqlite_store, settings, client, sign_in):
    fill(offices=1, projects=1, forms=1, institutions=2, visits=1)
    kept, unit = files.connect(settings.files, settings.data), Unit.get(Unit.code == "P10-1")
    book, cut = scopes.cut_of(RunKind.BOOK, "2566/P10-1", at=AT, is_demo=False)
    text = editions.take_snapshot(book.slug, cut)
    run = make.row(Run, kind="book", subject=cut.subject, state="done", unit=unit, asked_at=AT, ended_at=AT)
    edition = make.row(
        Edition, book="book", subject=cut.subject, number=1, sha256="a" * 64, pages=12, run=run,
        file_key=kept.keep("a.pdf", b"%PDF"), snapshot_sha256=snapshot.digest(text),
        snapshot_key=ledger.keep_figures(text, kept), cut_at=AT, made_at=AT, unit=unit, fiscal_year=make.fiscal_year(),
    )  # fmt: skip

    reports.make_annex(run.id, AtWork(settings, kept))

    (made,) = settings.data.rglob("annex.xlsx")
    sign_in(make.person(Role.REPORTER, unit))
    assert client.get(f"/admin/reports/annex/?edition={edition.id}").data == made.read_bytes()
