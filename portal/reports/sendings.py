"""Editions sent by e-mail to the people of a list: each address once, however often it is asked for."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from email.message import EmailMessage

from models import Edition, MailingAddress, MailingList, Person, Sending, db
from portal import formats, mail, records
from portal.errors import MoveRefused, NotAllowed, NotFound, PortalError, RuleBroken
from portal.files import Files
from portal.reports import ledger, sheets
from portal.reports.whole import STANDINGS
from portal.rules.access import Role
from portal.rules.terms import EditionState

MAY_SEND = frozenset({Role.PLANNING, Role.ADMIN})
MOST_ATTACHED = 8_000_000  # bytes: what most mail servers take; a larger edition is linked to
WAITS = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
MOST_TRIES = len(WAITS) + 1


def send(edition: Edition, to: MailingList, *, by: Person | None, at: dt.datetime) -> int:
    """Have an edition sent to every address of a list that has not been sent it yet; return how many those are.

    `by=None` is a schedule. Raises MoveRefused for an edition that is being printed or has given way to a later one,
    RuleBroken for a list that is out of use or empty.
    """
    if by is not None and by.role not in MAY_SEND:
        raise NotAllowed("Editions are sent by the planning division.")
    fresh = Edition.get_or_none(Edition.id == edition.id)
    if fresh is None:
        raise NotFound("This record is no longer there.")
    if not fresh.sha256:
        raise MoveRefused("This edition is being printed. Send it when it is done.")
    if fresh.state is EditionState.SUPERSEDED:
        raise MoveRefused("This edition has been superseded. Send the one that is in force.")
    if not to.is_active:
        raise RuleBroken("This list is no longer in use.", field="list")
    addresses = list(MailingAddress.select().where(MailingAddress.mailing_list == to.id).order_by(MailingAddress.id))
    if not addresses:
        raise RuleBroken("There is nobody in this list yet.", field="list")
    told = {email for (email,) in Sending.select(Sending.email).where(Sending.edition == fresh.id).tuples()}
    new = {one.email.lower(): one for one in addresses if one.email.lower() not in told}
    with records.changing(by=by, verb="send_edition", at=at, note=to.name, as_verb=True) as work:
        for email, one in new.items():
            work.create(Sending, edition=fresh, mailing_list=to, name=one.name, email=email, asked_by=by, asked_at=at)
    return len(new)


def of(edition: Edition) -> list[Sending]:
    """Return who was sent an edition, or is to be."""
    return list(Sending.select().where(Sending.edition == edition.id).order_by(Sending.id))


def due(at: dt.datetime) -> list[int]:
    """Return the identifiers of what is to be sent now."""
    waiting = Sending.select(Sending.id).where(
        Sending.sent_at.is_null(), Sending.tries < MOST_TRIES, Sending.again_at.is_null() | (Sending.again_at <= at)
    )
    return [ident for (ident,) in waiting.order_by(Sending.id).limit(200).tuples()]


def deliver(
    sending_id: int, server: mail.Server, files: Files, *, portal_url: str, now: Callable[[], dt.datetime]
) -> bool:
    """Send one letter with its edition; return whether it went out. Safe to repeat: what was sent is not sent again.

    It is marked as sent when the server has accepted sender and recipient, just before the text is handed over; killed
    in that blink, it may be lost but is never doubled.
    """
    at = now()
    held = Sending.get_or_none(Sending.id == sending_id)
    if held is None or held.sent_at is not None or held.tries >= MOST_TRIES:
        return False
    try:
        letter = _letter(held, server, files, portal_url, at)

        def mark() -> bool:
            with db.atomic():
                asked = Sending.update(sent_at=now(), error="").where(Sending.id == held.id, Sending.sent_at.is_null())
                return bool(asked.execute())

        return mail.deliver(letter, server, mark=mark)
    except PortalError as wrong:
        tries = held.tries + 1
        is_over = getattr(wrong, "for_good", False) or tries >= MOST_TRIES
        Sending.update(
            sent_at=None,
            tries=MOST_TRIES if is_over else tries,
            again_at=None if is_over else now() + WAITS[tries - 1],
            error=str(wrong)[:500],
        ).where(Sending.id == held.id).execute()
        return False


def again(sending: Sending, *, by: Person, at: dt.datetime) -> None:
    """Try a letter once more that could not be sent."""
    if by.role not in MAY_SEND:
        raise NotAllowed("Editions are sent by the planning division.")
    with records.changing(by=by, verb="send_edition", at=at, as_verb=True) as work:
        work.update(sending, tries=0, again_at=None, error="")


def _letter(held: Sending, server: mail.Server, files: Files, portal_url: str, at: dt.datetime) -> EmailMessage:
    edition = held.edition
    name = ledger.name(edition)
    frozen = sheets.thawed(ledger.figures(edition, files)) if edition.snapshot_key else None
    title = frozen.book.title(frozen.cut) if frozen is not None else name
    standing = STANDINGS[EditionState(edition.issued_as)]
    is_attached = files.size(edition.file_key) <= MOST_ATTACHED
    lines = [f"เรียน {held.name}", "", f"ขอส่ง{title} ฉบับที่ {edition.number} {standing}"]
    if edition.is_demo:
        lines.append("ข้อมูลสาธิต ไม่ใช่ผลการดำเนินงานจริง")
    if edition.reported < edition.owing:
        lines.append(f"ข้อมูลยังไม่ครบ ส่งแล้ว {edition.reported} จาก {edition.owing} หน่วย")
    lines += [f"ข้อมูลตัดยอด {formats.moment(edition.cut_at)} จำนวน {formats.num(edition.pages)} หน้า", ""]
    lines.append("เอกสารแนบมากับอีเมลฉบับนี้" if is_attached else "เอกสารมีขนาดใหญ่ โปรดเปิดที่")
    lines += [f"{portal_url.rstrip('/')}/admin/reports/edition/?id={edition.id}", ""]
    lines += [f"ค่าตรวจสอบไฟล์ SHA-256 {edition.sha256}", "", "กองแผนงาน กรมส่งเสริมสหกรณ์"]
    attached = []
    if is_attached:
        with files.open(edition.file_key) as content:
            attached.append((f"{name}.pdf", content.read(), "pdf"))
    mark = hashlib.sha256(f"{edition.sha256} {held.email}".encode()).hexdigest()[:32]
    return mail.letter(
        to=(held.name, held.email), subject=f"{title} ฉบับที่ {edition.number}", text="\n".join(lines), server=server,
        mark=mark, at=at, attached=attached,
    )  # fmt: skip
