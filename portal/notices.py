"""What people should hear of: told once, in the portal under the bell and by e-mail as one letter a person.

Texts are Thai, as on paper. Rows of this table are the portal's own bookkeeping: no person edits them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import JOIN

from models import CooperativeType, Form, Notice, Obligation, Period, Person, Unit, db
from portal import audit, formats, mail, records
from portal.database import tuples
from portal.errors import NotAllowed
from portal.rules import duties, reminders
from portal.rules.access import Role
from portal.rules.duties import OFFICE_DUTIES
from portal.rules.reminders import Due, Reminder
from portal.rules.terms import Duty, ObligationState, PeriodKind

HOME = "/admin/"
MORNING = dt.time(7)
"""Reminders go out from seven o'clock: nobody is woken, everybody has the day before him."""

ASKED = "asked"  # kind of a notice by which a division or planning asks for what is missing
NAMES = 3  # names a notice spells out

GATHERED_FOR = dt.timedelta(minutes=10)
"""How long the oldest notice waits for others, so that a person gets one letter and not ten."""

STALE_AFTER = dt.timedelta(days=3)
"""A notice as old as that is read in the portal or not at all; no letter is sent about it any more."""

WAITS = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
MOST_TRIES = len(WAITS) + 1


@dataclass(frozen=True)
class Told:
    """What came of asking: people and units told now, people who had been asked today already."""

    people: int
    units: int
    already: int


# ---------------------------------------------------------------- telling and reading


def tell(
    people: Iterable[int], text: str, *, at: dt.datetime, kind: str = "", about: str = "", link: str = HOME
) -> int:
    """Tell people something, and return how many had not been told it. With `kind` and `about`, each once."""
    return _keep([_row(person, text, at, kind, about, link) for person in people])


def _row(person: int, text: str, at: dt.datetime, kind: str, about: str, link: str) -> dict[str, Any]:
    return {"person": person, "text": text, "at": at, "kind": kind, "about": about, "link": link}


def _keep(rows: list[dict[str, Any]]) -> int:
    count = 0
    with db.atomic():
        for start in range(0, len(rows), 200):
            asked = Notice.insert_many(rows[start : start + 200]).on_conflict_ignore().returning(Notice.id)
            count += len(list(asked.tuples().execute()))
    return count


def unread(person_id: int) -> int:
    """Return how many notices a person has not read, 100 at most."""
    waiting = Notice.select(Notice.id).where(Notice.person == person_id, Notice.read_at.is_null()).limit(100)
    return int(waiting.count())


def of(person_id: int, *, limit: int = 100) -> list[Notice]:
    """Return a person's notices, newest first."""
    return list(
        Notice.select().where(Notice.person == person_id).order_by(Notice.at.desc(), Notice.id.desc()).limit(limit)
    )


def mark_read(person: Person, *, at: dt.datetime, only: Collection[int] | None = None) -> int:
    """Note that a person has read these notices of his own, or all of them; return how many."""
    mine = (Notice.person == person.id) & Notice.read_at.is_null()
    if only is not None:
        mine &= Notice.id.in_(list(only))
    return int(Notice.update(read_at=at).where(mine).execute())


def choose_mail(person: Person, *, wants: bool, at: dt.datetime) -> None:
    """Keep whether a person wants to hear by e-mail as well."""
    with records.changing(by=person, verb="choose_mail", at=at, as_verb=True) as work:
        work.update(Person.get_by_id(person.id), wants_mail=wants)


# ---------------------------------------------------------------- reminders


def remind(at: dt.datetime) -> int:
    """Send today's reminders to those who still owe; return how many went out. Repeated at will, each goes once."""
    if at.time() < MORNING:
        return 0
    today = at.date()
    first, last = today - dt.timedelta(days=reminders.LONGEST_AFTER), today + dt.timedelta(days=reminders.DAYS_BEFORE)
    owed = _open(Obligation.due_on.between(first, last), Period.closed_at.is_null())
    people = _people({unit for unit, *_ in owed})
    names: dict[tuple[int, dt.date], list[str]] = {}
    for unit, duty, due_on, form, _period in owed:
        for person, role in people.get(unit, ()):
            if role in duties.BOUND[duty]:
                names.setdefault((person, due_on), []).append(form or duties.THAI[duty])
    days = {day.isoformat() for _, day in names}
    said = frozenset(
        tuples(
            Notice.select(Notice.person, Notice.kind, Notice.about).where(
                Notice.kind.in_([str(one) for one in Reminder]), Notice.about.in_(days)
            )
        )
    )
    found = reminders.to_remind((Due(*key, len(held)) for key, held in names.items()), said, today)
    return _keep(
        [
            _row(one.person, _reminding(one, names[one.person, one.due_on], today), at, one.reminder, one.about, HOME)
            for one in found
        ]
    )


def _reminding(one: reminders.ToRemind, names: list[str], today: dt.date) -> str:
    day, days = formats.day_long(one.due_on), abs((one.due_on - today).days)
    lead = {
        Reminder.BEFORE: f"อีก {days} วันครบกำหนด ({day})",
        Reminder.TODAY: f"ครบกำหนดวันนี้ ({day})",
        Reminder.AFTER: f"เกินกำหนดแล้ว {days} วัน (กำหนด {day})",
    }[one.reminder]
    return f"{lead} ยังต้องส่ง {one.count} รายการ: {_listed(names)}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES])
    return f"{shown} และอีก {len(names) - NAMES} รายการ" if len(names) > NAMES else shown


def remind_missing(
    period: Period,
    *,
    by: Person,
    at: dt.datetime,
    form_id: int | None = None,
    region_id: int | None = None,
    unit_id: int | None = None,
    only: Collection[int] | None = None,
) -> Told:
    """Ask the offices for what they still owe of a period: all of it, or one form, one region, one office.

    A division asks for its own forms and for the visits it reviews, planning for everything. `only` narrows it to
    obligations with these ids. A person is asked once a day, whoever asks; the act stands in the trail.
    """
    if by.role not in (Role.DIVISION, Role.PLANNING, Role.ADMIN):
        raise NotAllowed("Divisions and planning remind the offices of what is missing.")
    wanted = [Obligation.period == period.id, Obligation.duty.in_(OFFICE_DUTIES)]
    if by.role == Role.DIVISION:
        wanted.append(_own(by.unit_id))
    if form_id is not None:
        wanted.append(Obligation.form == form_id)
    if region_id is not None:
        wanted.append(Unit.region == region_id)
    if unit_id is not None:
        wanted.append(Obligation.unit == unit_id)
    if only is not None:
        wanted.append(Obligation.id.in_(list(only)))
    owed = _open(*wanted)
    missing: dict[int, list[tuple[dt.date, str]]] = {}
    for unit, duty, due_on, form, _period in owed:
        missing.setdefault(unit, []).append((due_on, form or duties.THAI[duty]))
    people = _people(missing)
    about = at.date().isoformat()
    asked = {
        person
        for (person,) in tuples(Notice.select(Notice.person).where(Notice.kind == ASKED, Notice.about == about))
    }  # fmt: skip
    rows, units, already = [], set(), 0
    for unit, held in sorted(missing.items()):
        text = (
            f"{by.unit.short} ขอให้ส่งรายงาน{_period_name(period)}ที่ยังขาด {len(held)} รายการ "
            f"(กำหนด {formats.day_long(min(held)[0])}): {_listed([name for _, name in held])}"
        )
        for person, _role in people.get(unit, ()):
            if person in asked:
                already += 1
            else:
                rows.append(_row(person, text, at, ASKED, about, HOME))
                units.add(unit)
    with db.atomic():
        told = _keep(rows)
        if told:
            audit.record(by, "remind", "Period", period.id, at=at, rows=told, note=f"{len(units)} units")
    return Told(told, len(units) if told else 0, already + len(rows) - told)


def _own(unit_id: int) -> Any:
    """Return the condition that a division checks what is owed: a report on its form, or visits it reviews."""
    own = Obligation.form.in_(Form.select(Form.id).where(Form.owner == unit_id))
    if CooperativeType.select().where(CooperativeType.reviewer == unit_id).exists():
        own |= Obligation.duty == Duty.VISITS
    return own


def _open(*wanted: Any) -> list[tuple[int, Duty, dt.date, str | None, int]]:
    """Return what is still owed: unit, duty, due day, name of the form, period; in reading order."""
    return list(
        tuples(
            Obligation.select(
                Obligation.unit, Obligation.duty, Obligation.due_on, Form.name, Obligation.period
            )
            .join_from(Obligation, Period)
            .join_from(Obligation, Unit)
            .join_from(Obligation, Form, JOIN.LEFT_OUTER)
            .where(Obligation.state == ObligationState.OPEN, Period.opened_at.is_null(False), *wanted)
            .order_by(Obligation.due_on, Form.position, Obligation.subject)
        )
    )  # fmt: skip


def _people(units: Iterable[int]) -> dict[int, list[tuple[int, Role]]]:
    """Return the people in service of these units, with their roles."""
    found: dict[int, list[tuple[int, Role]]] = {}
    asked = Person.select(Person.unit, Person.id, Person.role).where(Person.is_active, Person.unit.in_(list(units)))
    for unit, person, role in tuples(asked.order_by(Person.id)):
        found.setdefault(unit, []).append((person, role))
    return found


def _period_name(period: Period) -> str:
    if period.kind == PeriodKind.MONTH:
        return f"เดือน{formats.month_long(period.fiscal_year.year, period.number)}"
    year = period.fiscal_year.year
    return f"ไตรมาส {period.number}/{year}" if period.kind == PeriodKind.QUARTER else f"ปีงบประมาณ {year}"


# ---------------------------------------------------------------- letters


def to_mail(at: dt.datetime) -> list[int]:
    """Return the people who are to get a letter now: somebody told them something that they have not read yet.

    The first of it must have waited long enough for others to join it, and, after a failure, for another try.
    """
    return [ident for (ident,) in tuples(_mailable(at).select(Notice.person).distinct().order_by(Notice.person))]


def _mailable(at: dt.datetime) -> Any:
    return (
        Notice.select()
        .join(Person)
        .where(
            Notice.sent_at.is_null(),
            Notice.read_at.is_null(),
            Notice.at <= at - GATHERED_FOR,
            Notice.at >= at - STALE_AFTER,
            Notice.mail_tries < MOST_TRIES,
            Notice.mail_after.is_null() | (Notice.mail_after <= at),
            Person.is_active,
            Person.wants_mail,
            Person.email != "",
        )
    )


def send_letter(person_id: int, server: mail.Server, *, portal_url: str, now: Callable[[], dt.datetime]) -> bool:
    """Send one person everything he has not been sent yet, in one letter; return whether a letter went out.

    Called again, or by two workers at once, it sends nothing twice: what a letter holds is marked as sent when the
    server has accepted the sender and the recipient, just before the text is handed over. Killed in that blink, the
    letter may be lost but is never doubled: the notices stand in the portal, and the next reminder follows anyway.
    """
    at = now()
    if not _mailable(at).where(Notice.person == person_id).exists():
        return False
    person = Person.get_by_id(person_id)
    held = list(
        Notice.select()
        .where(
            Notice.person == person_id, Notice.sent_at.is_null(), Notice.read_at.is_null(),
            Notice.at >= at - STALE_AFTER, Notice.mail_tries < MOST_TRIES,
        )
        .order_by(Notice.at, Notice.id)
    )  # fmt: skip
    ids = [one.id for one in held]

    def mark() -> bool:
        with db.atomic() as both:
            marked = Notice.update(sent_at=now()).where(Notice.id.in_(ids), Notice.sent_at.is_null()).execute()
            if marked != len(ids):
                both.rollback()
            return bool(marked == len(ids))

    try:
        letter = mail.letter(
            to=(person.name, person.email), subject=_subject(held), text=_text(person, held, portal_url),
            server=server, mark=_mark(ids), at=at,
        )  # fmt: skip
        return mail.deliver(letter, server, mark=mark)
    except mail.Undelivered as wrong:
        tries = max(one.mail_tries for one in held) + 1
        is_over = wrong.for_good or tries >= MOST_TRIES
        Notice.update(
            sent_at=None,
            mail_tries=MOST_TRIES if is_over else tries,
            mail_after=None if is_over else now() + WAITS[tries - 1],
            mail_error=str(wrong)[:500],
        ).where(Notice.id.in_(ids)).execute()
        return False


def never_mailed(since: dt.datetime) -> int:
    """Return how many notices since then could not be sent by e-mail for good."""
    return int(
        Notice.select().where(Notice.at >= since, Notice.mail_tries >= MOST_TRIES, Notice.sent_at.is_null()).count()
    )


def _mark(ids: list[int]) -> str:
    # The same notices make the same Message-ID, so that a mail server that sees a letter twice keeps one.
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:24]


def _subject(held: list[Notice]) -> str:
    kinds: Mapping[str, str] = {
        Reminder.AFTER: "เกินกำหนดส่งรายงาน", Reminder.TODAY: "ครบกำหนดส่งรายงานวันนี้",
        Reminder.BEFORE: "ใกล้ครบกำหนดส่งรายงาน", ASKED: "ขอให้ส่งรายงานที่ยังขาด",
    }  # fmt: skip
    there = {one.kind for one in held}
    lead = next((words for kind, words in kinds.items() if kind in there), "เรื่องที่ควรทราบ")
    more = f" และเรื่องอื่นรวม {len(held)} เรื่อง" if len(held) > 1 else ""
    return f"[รายงานผล กสส.] {lead}{more}"


def _text(person: Person, held: list[Notice], portal_url: str) -> str:
    root = portal_url.rstrip("/")
    lines = [f"เรียน {person.name}", ""]
    for number, one in enumerate(held, 1):
        lines += [f"{number}. {one.text}", f"   {root}{one.link or HOME}", f"   ({formats.moment(one.at)})", ""]
    lines += [
        f"งานของฉันทั้งหมด: {root}{HOME}", "",
        "จดหมายนี้ส่งจากระบบรายงานผล กรมส่งเสริมสหกรณ์ ไม่ต้องตอบกลับ",
        f"เลือกไม่รับอีเมลได้ที่ {root}/admin/notices/",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
