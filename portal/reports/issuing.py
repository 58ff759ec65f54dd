"""Steps of an edition: for the meeting, final, approved. Each makes the next number of the same frozen figures."""

from __future__ import annotations

import datetime as dt

from models import Edition, Person, Run
from portal import records
from portal.errors import MoveRefused, NotFound, RuleBroken
from portal.reports import ledger, runs, scopes
from portal.rules import editions
from portal.rules.access import CENTRAL_ROLES, Role
from portal.rules.editions import Signature
from portal.rules.terms import EditionState, RunKind

NO_SIGNATURE = Signature()


def take_step(
    edition: Edition,
    verb: str,
    *,
    by: Person,
    at: dt.datetime,
    signature: Signature = NO_SIGNATURE,
    note: str = "",
) -> Run:
    """Issue the figures of `edition` anew, as what `verb` makes of it; return the run that prints it.

    The decision stands at once, with who took it and when; the number is in force when it is printed. Raises
    MoveRefused when a later edition is in force or a run of this pack or book is open, NotAllowed for another role's
    step, RuleBroken for a signature that is not whole, or offices missing without a reason.
    """
    fresh = Edition.get_or_none(Edition.id == edition.id)
    if fresh is None:
        raise NotFound("This record is no longer there.")
    if Role(by.role) not in CENTRAL_ROLES and fresh.unit_id != by.unit_id:
        raise NotFound("There is no such record, or it belongs to another office.")
    whose = scopes.scope_of(fresh.subject).kind
    taken = editions.step(fresh.book, whose, EditionState(fresh.state), verb, Role(by.role))
    editions.check_signature(taken, signature)
    editions.check_may_close(taken, is_whole=fresh.reported >= fresh.owing, note=note)
    kind = RunKind(fresh.book)
    if not fresh.snapshot_key:
        raise RuleBroken("The figures of this edition were not filed: compile it anew first.")
    if runs.open_run(kind, fresh.subject) is not None:
        raise MoveRefused("This is being compiled now. Please wait until that is done.")
    with records.changing(by=by, verb=f"edition_{verb}", at=at, note=note, as_verb=True) as work:
        run = runs.add(work, kind, fresh.subject, by, at)
        work.create(
            Edition,
            book=fresh.book,
            fiscal_year=fresh.fiscal_year_id,
            period=fresh.period_id,
            subject=fresh.subject,
            number=ledger.next_number(kind, fresh.subject),
            state=taken.after,
            issued_as=taken.after,
            unit=fresh.unit_id,
            run=run,
            based_on=fresh,
            cut_at=fresh.cut_at,
            made_at=at,
            snapshot_sha256=fresh.snapshot_sha256,
            snapshot_key=fresh.snapshot_key,
            is_demo=fresh.is_demo,
            reported=fresh.reported,
            owing=fresh.owing,
            missing_plan=fresh.missing_plan,
            differs=0,
            decided_by=by,
            decided_at=at,
            signer=signature.name if taken.is_signed else "",
            signer_post=signature.post if taken.is_signed else "",
            document_number=signature.document_number,
            document_on=signature.on,
            note=note,
        )
    return run
