"""Editions as rows: the next number, what a run is to print, the figures as they were filed, what gives way.

An edition's name is its book, subject and number: `pack-2566-05-3`.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from peewee import fn

from models import Edition, FiscalYear, Period, Run
from portal.errors import NotFound, RuleBroken
from portal.files import Files
from portal.records import Work
from portal.reports import passports, snapshot
from portal.reports.whole import Issue
from portal.rules import fiscal
from portal.rules.editions import Signature, gives_way
from portal.rules.terms import EditionState, PeriodKind, RunKind

FIGURES = "figures.json.gz"


@dataclass(frozen=True)
class Printed:
    """What an edition's row says of the finished file and the figures it was made of."""

    file_key: str
    sha256: str
    pages: int
    snapshot_key: str
    snapshot_sha256: str
    made_with: str
    cut_at: dt.datetime
    is_demo: bool
    reported: int = 0
    owing: int = 0
    missing_plan: Decimal | None = None
    differs: int | None = None


def name(edition: Edition) -> str:
    """Return what an edition is called: `pack-2566-05-3`."""
    return f"{edition.book}-{edition.subject.replace('/', '-')}-{edition.number}"


def named(text: str) -> Edition:
    """Return the edition called `text`. Raises NotFound."""
    parts = re.fullmatch(r"([a-z]+)-([0-9]{4}(?:-[0-9]{2})?)(?:-([A-Z][A-Z0-9-]{0,18}))?-([0-9]{1,4})", text.strip())
    subject = parts and (f"{parts[2]}/{parts[3]}" if parts[3] else parts[2])
    found = parts and Edition.get_or_none(
        Edition.book == parts[1], Edition.subject == subject, Edition.number == int(parts[4])
    )
    if found is None:
        raise NotFound("There is no edition called “{name}”; they are called like pack-2566-05-1.", name=text[:60])
    return found


def next_number(kind: RunKind, subject: str) -> int:
    """Return the number the next edition of this pack or book bears."""
    last = Edition.select(fn.MAX(Edition.number)).where(Edition.book == kind.value, Edition.subject == subject).scalar()
    return (last or 0) + 1


def pending(run_id: int) -> Edition | None:
    """Return the edition that has been decided and that this run is to print; None for a run that gathers anew."""
    return Edition.get_or_none(Edition.run == run_id, Edition.sha256 == "")


def latest(kind: RunKind, subject: str) -> Edition | None:
    """Return the printed edition with the greatest number."""
    return (
        Edition.select()
        .where(Edition.book == kind.value, Edition.subject == subject, Edition.sha256 != "")
        .order_by(Edition.number.desc())
        .first()
    )


def issue_of(edition: Edition) -> Issue:
    """Return as what an edition is printed."""
    signed = Signature(edition.signer, edition.signer_post, edition.document_number, edition.document_on)
    return Issue(edition.number, EditionState(edition.issued_as), signed, edition.note)


def keep_figures(text: str, files: Files) -> str:
    """File frozen figures and return their key."""
    return files.keep(FIGURES, gzip.compress(text.encode(), 6, mtime=0))


def figures(edition: Edition, files: Files) -> str:
    """Return the figures an edition froze, as they were filed.

    Raises NotFound when none were filed, RuleBroken when the file no longer holds what the edition says.
    """
    if not edition.snapshot_key:
        raise NotFound("No figures were filed with this edition; only its file was.")
    with files.open(edition.snapshot_key) as held:
        packed = held.read()
    try:
        text = gzip.decompress(packed).decode()
    except (OSError, EOFError, ValueError) as wrong:
        raise RuleBroken("The filed figures cannot be read: {reason}", reason=str(wrong)) from wrong
    if snapshot.digest(text) != edition.snapshot_sha256:
        raise RuleBroken("The filed figures are not those this edition was made of.")
    return text


def before(edition: Edition) -> Edition | None:
    """Return the edition of the same book and subject printed before this one."""
    return (
        Edition.select()
        .where(
            Edition.book == edition.book,
            Edition.subject == edition.subject,
            Edition.number < edition.number,
            Edition.sha256 != "",
        )
        .order_by(Edition.number.desc())
        .first()
    )


def differs(text: str, earlier: Edition | None, files: Files) -> int | None:
    """Return how many figures with a passport are not those of an earlier edition; None when there is none."""
    if earlier is None or not earlier.snapshot_key:
        return None
    old, new = json.loads(figures(earlier, files)), json.loads(text)
    return len(passports.differing(old.get("passports", {}), new.get("passports", {})))


def record(work: Work, run: Run, printed: Printed, at: dt.datetime) -> Edition:
    """Write down what a run has printed: the edition it was asked for, or a new draft. Earlier ones give way."""
    values: dict[str, Any] = {
        "file_key": printed.file_key,
        "sha256": printed.sha256,
        "pages": printed.pages,
        "made_with": printed.made_with,
        "made_at": at,
    }
    edition = pending(run.id)
    if edition is not None:
        work.update(edition, **values)
    else:
        year, period = _time_of(run)
        edition = work.create(
            Edition,
            book=run.kind.value,
            fiscal_year=year,
            period=period,
            subject=run.subject,
            number=next_number(run.kind, run.subject),
            unit=run.unit,
            run=run,
            cut_at=printed.cut_at,
            snapshot_key=printed.snapshot_key,
            snapshot_sha256=printed.snapshot_sha256,
            is_demo=printed.is_demo,
            reported=printed.reported,
            owing=printed.owing,
            missing_plan=printed.missing_plan,
            differs=printed.differs,
            **values,
        )
    _give_way(work, edition)
    return edition


def _time_of(run: Run) -> tuple[FiscalYear, Period | None]:
    """Return the fiscal year of a run's subject and, for a pack, its month."""
    time = run.subject.partition("/")[0]
    if run.kind is RunKind.BOOK:
        return FiscalYear.get(FiscalYear.year == int(time)), None
    year, month = fiscal.parse_month(time)
    period = (
        Period.select()
        .join(FiscalYear)
        .where(FiscalYear.year == year, Period.kind == PeriodKind.MONTH, Period.number == month)
    )
    return FiscalYear.get(FiscalYear.year == year), period.first()


def _give_way(work: Work, edition: Edition) -> None:
    others = Edition.select().where(
        Edition.book == edition.book,
        Edition.subject == edition.subject,
        Edition.number < edition.number,
        Edition.state != EditionState.SUPERSEDED,
        Edition.sha256 != "",
    )
    for earlier in list(others):
        if gives_way(EditionState(earlier.state), EditionState(edition.state)):
            work.update(earlier, state=EditionState.SUPERSEDED, superseded_by=edition)
