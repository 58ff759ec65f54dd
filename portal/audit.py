"""The one way into the trail: who did what to which record, each entry bound to the one before by its hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

from peewee import PostgresqlDatabase

from models import AuditEntry, Person, db

START = "0" * 64


def _hash(previous: str, at: dt.datetime, person: int | None, verb: str, about: str, rows: int, note: str) -> str:
    text = json.dumps([previous, at.isoformat(), person, verb, about, rows, note], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def record(
    by: Person | None,
    verb: str,
    table: str,
    row_id: int | None,
    *,
    at: dt.datetime,
    unit_id: int | None = None,
    rows: int = 1,
    note: str = "",
) -> AuditEntry:
    """Write one entry. Call inside the transaction that makes the change; both are kept or neither.

    `rows` says how many records one act touched. `note` must hold no secret and no citizen's data.
    """
    if isinstance(db.obj, PostgresqlDatabase):
        db.execute_sql("SELECT pg_advisory_xact_lock(727102)")  # one chain, one writer at a time
    last = AuditEntry.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1).scalar()
    previous = last or START
    person_id = by.id if by else None
    digest = _hash(previous, at, person_id, verb, f"{table}/{row_id}", rows, note)
    return AuditEntry.create(
        at=at, person=person_id, verb=verb, table_name=table, row_id=row_id, unit=unit_id,
        rows=rows, note=note, previous=previous, hash=digest,
    )  # fmt: skip


def first_broken() -> int | None:
    """Return the id of the first entry that was changed or whose predecessor is gone; None when the chain is whole."""
    previous = START
    columns = (
        AuditEntry.id, AuditEntry.at, AuditEntry.person, AuditEntry.verb, AuditEntry.table_name, AuditEntry.row_id,
        AuditEntry.rows, AuditEntry.note, AuditEntry.previous, AuditEntry.hash,
    )  # fmt: skip
    for row in AuditEntry.select(*columns).order_by(AuditEntry.id).tuples().iterator():
        ident, at, person, verb, table, row_id, rows, note, said, digest = row
        if said != previous or _hash(previous, at, person, verb, f"{table}/{row_id}", rows, note) != digest:
            return int(ident)
        previous = digest
    return None
