"""The inputs of an edition worked out again from the records as they stood when its figures were cut.

The readings of the chapters are asked as they are. What they name is laid before them as it stood: a temporary table of
the same name, which both stores look at first, for every table of which a revision tells of a later change. So a
correction made after the cut changes nothing here, and a record changed past the portal does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal

import models
from models import AuditEntry, Revision, Table
from portal import database, history
from portal.reports import figures
from portal.reports.chapter import Cut
from portal.reports.passports import Passports
from portal.reports.passports.inputs import take_inputs
from portal.rules.formulas import Inputs

BY_NAME = {table.__name__: table for table in models.ALL}


def inputs_then(cut: Cut) -> dict[str, Inputs]:
    """Return the inputs of `cut` from the records as they stood at its moment."""
    made = Passports()
    with _as_it_stood(cut.cut_at), figures.shared():
        take_inputs(cut, made)
    return made.tables


def differing(filed: Mapping[str, Inputs], then: Mapping[str, Inputs]) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each row of inputs that is not the same in both, with what was filed and what stood there.

    What chapters read for themselves alone (the checks, the named investments) is not worked out again.
    """
    for name in (each for each in filed if each in then):
        ours = {keys: _plain(values) for keys, values in filed[name].rows}
        found = {keys: _plain(values) for keys, values in then[name].rows}
        for keys in dict.fromkeys((*ours, *found)):
            if ours.get(keys) != found.get(keys):
                yield " ".join((name, *keys)), ours.get(keys, "-"), found.get(keys, "-")


def _plain(values: tuple[Decimal | None, ...]) -> str:
    return " ".join("-" if each is None else f"{each.normalize():f}" for each in values)


@contextlib.contextmanager
def _as_it_stood(moment: dt.datetime) -> Iterator[None]:
    """Lay every table that was changed after `moment` before the readings as it stood then."""
    changed = Revision.select(Revision.table_name).join(AuditEntry).where(AuditEntry.at > moment).distinct().tuples()
    tables = [BY_NAME[name] for (name,) in changed if name in BY_NAME]
    place = "temp" if database.is_sqlite() else "pg_temp"
    laid: list[type[Table]] = []
    try:
        for table in tables:
            sql, given = table.select().with_cte(history.then(table, moment)).sql()
            for value in given:  # PostgreSQL takes no parameters here; these are a table's name and a moment
                sql = sql.replace("?" if database.is_sqlite() else "%s", f"'{value}'", 1)
            database.db.execute_sql(f'CREATE TEMP TABLE "{table._meta.table_name}" AS {sql}')
            laid.append(table)
        yield
    finally:
        for table in laid:
            database.db.execute_sql(f'DROP TABLE {place}."{table._meta.table_name}"')
