"""Files that no record names: kept by work that was killed before it could write its row.

A file is kept first and named by a row afterwards, so that a row never names a file that is not there; whoever is
killed in between leaves a file behind. Files of removed records stay, because a removed record can be brought back.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Iterator

import models
from models import Dispatch, Revision, Table
from portal.errors import OutOfReach
from portal.files import Files

log = logging.getLogger(__name__)

AGE = dt.timedelta(days=7)
"""How old a file must be before it can be a leftover: far longer than any work takes."""
FEW = 100
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}(?:\.[a-z0-9]{1,8})?")


def naming() -> dict[type[Table], tuple[str, ...]]:
    """Return every table whose rows name kept files, and in which columns."""
    found = {table: tuple(f.name for f in table._meta.sorted_fields if f.name.endswith("_key")) for table in models.ALL}
    found[Dispatch] = (*found[Dispatch], "files")
    return {table: columns for table, columns in found.items() if columns}


def remove(files: Files, *, age: dt.timedelta = AGE) -> int:
    """Remove the files kept at least `age` ago that no record names or has named; return how many.

    Raises OutOfReach, and removes nothing, when they are many and more than those that are named: that is another
    portal's place, or another database.
    """
    old = list(files.kept_before(age))
    if not old:
        return 0
    named = {key for text in _named() for key in KEY.findall(text)}
    leftovers = [key for key in old if key not in named]
    if len(leftovers) > max(FEW, len(old) - len(leftovers)):
        raise OutOfReach(
            "{count} of {all} kept files are named by no record: is this the database they belong to?",
            count=len(leftovers),
            all=len(old),
        )
    for key in leftovers:
        files.remove(key)
    if leftovers:
        log.info("removed %d files that no record names: %s", len(leftovers), " ".join(leftovers[:20]))
    return len(leftovers)


def _named() -> Iterator[str]:
    """Yield what names files: the columns of today's records, and all pictures of such records there ever were."""
    tables = naming()
    for table, columns in tables.items():
        fields = [table._meta.fields[name] for name in columns]
        for row in table.select(*fields).tuples().iterator():
            yield " ".join(each if isinstance(each, str) else json.dumps(each) for each in row if each)
    pictured = Revision.select(Revision.before, Revision.after).where(
        Revision.table_name.in_([table.__name__ for table in tables])
    )
    for row in pictured.tuples().iterator():
        yield " ".join(json.dumps(each) for each in row if each)
