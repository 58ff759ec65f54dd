"""Files that no record names are removed once they are old; a record that was removed still names its files."""

import datetime as dt

import pytest

from models import Attachment, BookPhoto, Edition, ImportBatch, Person, Run, SentWorkbook, Unit
from portal import files, leftovers, records
from portal.errors import NotFound, OutOfReach
from portal.rules.terms import RunKind
from tests import make

NOW = dt.timedelta(0)
AT = dt.datetime(2023, 5, 25, 9)


@pytest.fixture
def kept(tmp_path):
    return files.connect("", tmp_path)


def _is_there(kept, key):
    try:
        kept.size(key)
    except NotFound:
        return False
    return True


def test_every_table_with_files_is_asked():
    named = {(table.__name__, column) for table, columns in leftovers.naming().items() for column in columns}

    for table in (Attachment, BookPhoto, Edition, ImportBatch, Run, SentWorkbook):
        assert (table.__name__, "file_key") in named
    assert {("Dispatch", "files"), ("Dispatch", "data_key"), ("Edition", "snapshot_key")} <= named


def test_only_old_files_that_no_record_names_or_named_are_removed(store, kept):
    young, left, of_run, of_removed = (kept.keep("book.pdf", name) for name in (b"1", b"2", b"3", b"4"))
    unit, person = Unit.get(), make.person()
    with records.changing(by=None, verb="test", at=AT, as_verb=True) as work:
        work.create(Run, kind=RunKind.PACK, subject="2566-05", unit=unit, asked_at=AT, file_key=of_run)
        gone = work.create(
            ImportBatch,
            source="gfmis",
            file_name="a",
            file_sha256="0" * 64,
            person=person,
            unit=unit,
            at=AT,
            file_key=of_removed,
        )
    with records.changing(by=None, verb="test", at=AT, as_verb=True) as work:
        work.remove(gone)

    assert leftovers.remove(kept) == 0 and _is_there(kept, young)
    assert leftovers.remove(kept, age=NOW) == 2
    assert [_is_there(kept, key) for key in (young, left, of_run, of_removed)] == [False, False, True, True]
    assert Person.select().exists()


def test_where_nothing_is_known_nothing_is_removed(sqlite_store, kept):
    keys = [kept.keep("book.pdf", b"%d" % n) for n in range(leftovers.FEW + 1)]

    with pytest.raises(OutOfReach, match="the database they belong to"):
        leftovers.remove(kept, age=NOW)

    assert all(_is_there(kept, key) for key in keys)
