"""Books made by themselves, on the calendar's day or when all is verified; and sent to a list, each address once."""

import datetime as dt

import pytest
from aiosmtpd.controller import Controller

from models import Edition, MailingAddress, MailingList, Obligation, Period, Run, Schedule, ScheduleTurn, Sending, Unit
from portal import files, mail
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.reports import books, schedules, sendings
from portal.rules import editions
from portal.rules import schedules as rules
from portal.rules.access import Role
from portal.rules.schedules import Turn
from portal.rules.terms import RunState
from tests import make, services

MAY = dt.datetime(2023, 5, 26, 16, 0)  # the working day after the 25th, a Thursday
NOON = dt.datetime(2023, 5, 26, 12, 0)
SONGKRAN = frozenset({dt.date(2023, 4, 13), dt.date(2023, 4, 14)})


def schedule(**values):
    given = {
        "name": "ชุดรายงาน",
        "book": "pack",
        "day": 25,
        "working_days": 1,
        "at": "16:00",
        "begins_on": dt.date(2023, 5, 1),
    }
    return make.row(Schedule, **given | values)


@pytest.fixture
def may(store):
    """A store of which only our own schedules are kept."""
    Schedule.update(is_active=False).execute()
    return Period.get(Period.starts_on == dt.date(2023, 5, 1), Period.kind == "month")


@pytest.mark.parametrize(
    ("day", "days", "on"),
    [
        (dt.date(2023, 5, 25), 1, dt.date(2023, 5, 26)),
        (dt.date(2023, 5, 26), 1, dt.date(2023, 5, 29)),  # over a weekend
        (dt.date(2023, 4, 12), 1, dt.date(2023, 4, 17)),  # over holidays and a weekend
        (dt.date(2023, 4, 12), 2, dt.date(2023, 4, 18)),
        (dt.date(2023, 5, 27), 0, dt.date(2023, 5, 27)),
    ],
)
def test_working_days_are_counted_over_weekends_and_holidays(day, days, on):
    assert rules.counted(day, days, SONGKRAN) == on


@pytest.mark.parametrize(
    ("hours", "waits", "is_verified", "turn"),
    [
        (-1, False, True, Turn.NOT_YET),
        (0, False, False, Turn.MAKE),
        (-1, True, True, Turn.MAKE),
        (-1, True, False, Turn.NOT_YET),
        (0, True, False, Turn.MAKE_PROVISIONAL),
        (0, True, True, Turn.MAKE),
        (24 * 8, True, False, Turn.TOO_LATE),
    ],
)
def test_a_schedule_waits_for_what_it_waits_for_and_no_longer(hours, waits, is_verified, turn):
    now = MAY + dt.timedelta(hours=hours)

    assert rules.turn(now, MAY, waits=waits, is_verified=is_verified, begins=dt.datetime(2023, 5, 1)) is turn


def test_a_pack_is_asked_for_on_the_working_day_after_the_25th_once(may):
    schedule()

    assert schedules.ask_for_what_is_due(MAY - dt.timedelta(minutes=1)) == []
    for minutes in (0, 5, 60):
        schedules.ask_for_what_is_due(MAY + dt.timedelta(minutes=minutes))
        Run.update(state=RunState.DONE, ended_at=MAY).execute()

    assert [(run.subject, run.asked_by) for run in Run.select()] == [("2566-05", None)]
    assert ScheduleTurn.get().due_at == MAY


def test_a_pack_that_waits_is_asked_for_as_soon_as_all_is_verified_else_as_provisional(may):
    schedule(waits=True)
    division = make.unit(is_office=False)
    check = make.row(Obligation, unit=division, subject="check", duty="check", period=may, due_on=dt.date(2023, 5, 24))
    assert schedules.ask_for_what_is_due(NOON) == []

    with make.records.changing(by=None, verb="make", at=NOON) as work:
        work.update(check, state="met", met_at=NOON)
    assert len(schedules.ask_for_what_is_due(NOON)) == 1
    assert not ScheduleTurn.get().is_provisional


def test_every_office_s_book_is_asked_for(may):
    schedule(book="book_office", scope="*", day=30, working_days=0, begins_on=dt.date(2023, 9, 1))

    asked = schedules.ask_for_what_is_due(dt.datetime(2023, 10, 2, 17, 0))

    offices = Unit.select().where(Unit.kind == "provincial", Unit.closed_on.is_null()).count()
    assert len(asked) == len({run.subject for run in asked}) == offices
    assert Run.get(Run.subject == "2566/P40").unit.code == "P40"


@pytest.mark.parametrize(
    "wrong",
    [{"book": "almanac"}, {"at": "25:00"}, {"scope": "P40"}, {"book": "book_office", "scope": "R12"},
     {"book": "pack_region", "scope": "P40"}, {"book": "book_division", "scope": "P40"}],
)  # fmt: skip
def test_a_schedule_that_cannot_be_kept_is_refused(sqlite_store, wrong):
    with pytest.raises(RuleBroken):
        schedule(**wrong)


def test_the_kinds_of_books_are_the_rule_s():
    assert {slug: book.scope for slug, book in books.BOOKS.items()} == editions.SCOPES


# ---------------------------------------------------------------- sending


class Post:
    """A mail server on this machine that refuses one address and keeps all other letters."""

    def __init__(self):
        self.letters = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(envelope.content)
        return "250 taken"


@pytest.fixture
def post():
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=services.free_port())
    controller.start()
    handler.server = mail.server(f"smtp://127.0.0.1:{controller.port}?from=portal@example.go.th")
    yield handler
    controller.stop()


@pytest.fixture
def kept(tmp_path):
    return files.connect("", tmp_path)


def _edition(kept, content=b"%PDF-1.7 the pack", **values):
    period = make.period()
    given = {
        "book": "pack", "subject": "2566-05", "number": 1, "sha256": "1" * 64, "pages": 12, "reported": 77, "owing": 78,
        "file_key": kept.keep("a.pdf", content), "snapshot_sha256": "0" * 64, "cut_at": NOON, "made_at": NOON,
        "unit": make.unit(), "fiscal_year": period.fiscal_year_id,
    }  # fmt: skip
    return make.row(Edition, **given | values)


def _list(*emails):
    made = make.row(MailingList, name="ผู้บริหาร")
    for email in emails:
        make.row(MailingAddress, mailing_list=made, name="ผู้รับ", email=email)
    return made


def test_an_edition_is_sent_to_each_address_once_and_failures_are_told(migrated, kept, post):
    planner, edition = make.person(Role.PLANNING), _edition(kept)
    to = _list("One@example.go.th", "nobody@example.go.th")

    assert sendings.send(edition, to, by=planner, at=NOON) == 2
    assert sendings.send(edition, to, by=planner, at=NOON) == 0
    for _ in range(2):
        for ident in sendings.due(NOON):
            sendings.deliver(ident, post.server, kept, portal_url="https://portal.example.go.th", now=lambda: NOON)

    (letter,) = post.letters
    assert b"pack-2566-05-1.pdf" in letter and b"JVBERi0xLjcgdGhlIHBhY2s" in letter
    assert {one.email: one.sent_at for one in sendings.of(edition)} == {
        "one@example.go.th": NOON, "nobody@example.go.th": None,
    }  # fmt: skip
    assert "550" in Sending.get(Sending.sent_at.is_null()).error


def test_a_large_edition_is_linked_to(sqlite_store, kept, post, monkeypatch):
    monkeypatch.setattr(sendings, "MOST_ATTACHED", 10)
    edition = _edition(kept)
    sendings.send(edition, _list("one@example.go.th"), by=None, at=NOON)

    assert sendings.deliver(
        sendings.due(NOON)[0], post.server, kept, portal_url="https://portal.example.go.th", now=lambda: NOON
    )
    assert b".pdf" not in post.letters[0]


def test_what_cannot_be_sent_is_refused(sqlite_store, kept):
    edition, to = _edition(kept), _list("one@example.go.th")

    with pytest.raises(NotAllowed):
        sendings.send(edition, to, by=make.person(Role.DIVISION), at=NOON)
    with pytest.raises(MoveRefused):
        sendings.send(_edition(kept, number=2, state="superseded"), to, by=None, at=NOON)
    with pytest.raises(RuleBroken):
        sendings.send(edition, make.row(MailingList, name="ว่าง"), by=None, at=NOON)
    with pytest.raises(RuleBroken):
        make.row(MailingAddress, mailing_list=to, name="ผิด", email="not an address")


def test_what_a_schedule_made_is_sent_to_its_list_once(may, kept):
    schedule(mailing_list=_list("one@example.go.th"))
    (run,) = schedules.ask_for_what_is_due(MAY)
    assert schedules.send_what_is_made(MAY) == 0
    _edition(kept, run=run)
    Run.update(state=RunState.DONE, ended_at=MAY).execute()

    assert (schedules.send_what_is_made(MAY), schedules.send_what_is_made(MAY)) == (1, 0)
    assert Sending.get().asked_by is None
