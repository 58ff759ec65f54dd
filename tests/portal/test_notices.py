"""People hear of things once: reminders to those who still owe, and one letter a person, never doubled."""

import datetime as dt
import email
import email.policy
import itertools
import os
import threading

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from models import AuditEntry, Notice, Obligation, Person, Unit, db
from portal import database as portal_database
from portal import mail, notices, obligations, periods
from portal.errors import NotAllowed
from portal.rules.access import Role
from portal.rules.reminders import Reminder
from portal.rules.terms import ObligationState
from tests import make, services

FRIDAY = dt.datetime(2023, 5, 19, 8)
URL = "https://portal.example.go.th/"
SENDER = "portal@example.go.th"


def _office(code="P40"):
    return Unit.get(Unit.code == code)


@pytest.fixture
def may(database):
    """May 2566 open: a form of C-AGR and the visits, due on Saturday the 20th; two people in Khon Kaen."""
    form = make.form(Unit.get(Unit.code == "C-AGR"))
    period = make.period(8, is_open=False)
    periods.open_period(period, by=None, at=dt.datetime(2023, 5, 1, 8))
    return period, form


@pytest.fixture
def person(may):
    return make.person(Role.REPORTER, _office(), email="reporter@example.go.th")


def _said(person):
    return [(n.kind, n.about) for n in Notice.select().where(Notice.person == person).order_by(Notice.id)]


# ---------------------------------------------------------------- reminders


def test_who_owes_is_reminded_three_days_before_on_the_day_and_after_it_once_each(person):
    days = [dt.datetime(2023, 5, 14, 6) + dt.timedelta(hours=n) for n in range(24 * 10)]

    counts = [notices.remind(at) for at in days]

    assert [kind for kind, _ in _said(person)] == [Reminder.BEFORE, Reminder.TODAY, Reminder.AFTER]
    told = [n.at for n in Notice.select().where(Notice.person == person).order_by(Notice.id)]
    assert told == [dt.datetime(2023, 5, day, 7) for day in (17, 20, 21)]
    assert sum(counts) == Notice.select().count()


def test_who_has_handed_in_is_not_reminded(may, person):
    Obligation.update(state=ObligationState.MET, met_at=FRIDAY).where(Obligation.unit == _office()).execute()

    notices.remind(FRIDAY)

    assert _said(person) == []


def test_a_reminder_says_how_much_is_owed_and_by_when_in_thai(person):
    notices.remind(FRIDAY)

    text = Notice.get(Notice.person == person).text
    assert text.startswith("อีก 1 วันครบกำหนด (20 พฤษภาคม 2566) ยังต้องส่ง 2 รายการ")
    assert "แบบรายงานตัวอย่าง" in text and "บันทึกผลการแนะนำส่งเสริม" in text


def test_central_units_are_reminded_of_their_own_duties(may):
    division = make.person(Role.DIVISION, Unit.get(Unit.code == "C-AGR"))
    planning = make.person(Role.PLANNING, Unit.get(Unit.code == "C-PLAN"))
    reader = make.person(Role.EXECUTIVE, Unit.get(Unit.code == "C-PLAN"))

    notices.remind(dt.datetime(2023, 5, 22, 9))

    assert _said(division) == [(Reminder.TODAY, "2023-05-22")]
    assert _said(planning) == [(Reminder.BEFORE, "2023-05-25")]
    assert _said(reader) == []


def test_who_has_left_and_closed_periods_are_left_alone(may, person):
    period, _ = may
    gone = make.person(Role.REPORTER, _office(), is_active=False)
    notices.remind(FRIDAY)
    assert _said(gone) == [] and _said(person) != []

    periods.close_period(period, by=make.person(Role.PLANNING), at=FRIDAY)
    assert notices.remind(FRIDAY + dt.timedelta(days=1)) == 0


def test_two_schedulers_at_once_remind_once(may, person):
    together, counts, wrong = threading.Barrier(4), [], []

    def look():
        try:
            together.wait()
            with db.connection_context():
                counts.append(notices.remind(FRIDAY))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == [] and len(_said(person)) == 1
    assert sum(counts) == Notice.select().count()


# ---------------------------------------------------------------- asking for what is missing


def test_planning_reminds_all_that_are_missing_once_a_day(may, person):
    period, _ = may
    by = make.person(Role.PLANNING)

    first = notices.remind_missing(period, by=by, at=FRIDAY)
    again = notices.remind_missing(period, by=by, at=FRIDAY + dt.timedelta(hours=3))
    tomorrow = notices.remind_missing(period, by=by, at=FRIDAY + dt.timedelta(days=1))

    assert (first.people, first.units, first.already) == (1, 1, 0)
    assert (again.people, again.already) == (0, 1)
    assert tomorrow.people == 1
    entry = AuditEntry.select().where(AuditEntry.verb == "remind").order_by(AuditEntry.id).first()
    assert (entry.person_id, entry.row_id, entry.rows) == (by.id, period.id, 1)


def test_a_division_asks_for_its_own_forms_and_reviews_only(may, person):
    period, form = may
    other = make.form(make.unit(is_office=False))
    periods.open_period(period, by=None, at=FRIDAY)
    owner, stranger = make.person(Role.DIVISION, form.owner), make.person(Role.DIVISION, other.owner)

    notices.remind_missing(period, by=stranger, at=FRIDAY)
    assert other.name in Notice.get(Notice.person == person).text
    assert form.name not in Notice.get(Notice.person == person).text

    Notice.delete().execute()
    told = notices.remind_missing(period, by=owner, at=FRIDAY, form_id=other.id)
    assert told.people == 0


@pytest.mark.parametrize("narrow", ["form", "region", "unit"])
def test_asking_can_be_narrowed_to_a_form_a_region_an_office(may, person, narrow):
    period, form = may
    elsewhere = make.person(Role.REPORTER, _office("P50"))
    office = _office()
    given = {"form": {"form_id": form.id}, "region": {"region_id": office.region_id}, "unit": {"unit_id": office.id}}

    told = notices.remind_missing(period, by=make.person(Role.PLANNING), at=FRIDAY, **given[narrow])

    assert len(_said(person)) == 1 and told.people == (2 if narrow == "form" else 1)
    assert len(_said(elsewhere)) == (1 if narrow == "form" else 0)


def test_an_office_does_not_remind_others(may):
    with pytest.raises(NotAllowed):
        notices.remind_missing(may[0], by=make.person(Role.APPROVER, _office()), at=FRIDAY)


def test_what_was_waived_is_not_asked_for(may, person):
    period, _ = may
    for owed in list(Obligation.select().where(Obligation.unit == _office())):
        obligations.waive(owed, by=make.person(Role.PLANNING), at=FRIDAY, reason="น้ำท่วมสำนักงาน")

    assert notices.remind_missing(period, by=make.person(Role.PLANNING), at=FRIDAY).people == 0


def test_one_reads_ones_own_notices_only(may, person):
    other = make.person(Role.REPORTER, _office("P50"))
    notices.tell([person.id, other.id], "ทดสอบ", at=FRIDAY)
    mine = Notice.get(Notice.person == person)

    assert notices.mark_read(other, at=FRIDAY, only=[mine.id]) == 0
    assert notices.unread(person.id) == 1
    assert notices.mark_read(person, at=FRIDAY) == 1
    assert notices.unread(person.id) == 0 and notices.unread(other.id) == 1


# ---------------------------------------------------------------- letters, by a real mail server


class Post:
    """A mail server on this machine. It keeps what it is given; `refuses` maps an address or "DATA" to its answer."""

    def __init__(self):
        self.letters, self.refuses, self.on_data = [], {}, None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if self.on_data:
            self.on_data()
        return "250 taken"


@pytest.fixture
def post():
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=services.free_port())
    controller.start()
    handler.server = mail.server(f"smtp://127.0.0.1:{controller.port}?from={SENDER}")
    yield handler
    controller.stop()


def _told(person, minutes=11, text="ครบกำหนดวันนี้"):
    notices.tell(
        [person.id], text, at=FRIDAY - dt.timedelta(minutes=minutes), kind="", link="/admin/answers/?obligation=1"
    )


def _send(person, post, at=FRIDAY):
    return notices.send_letter(person.id, post.server, portal_url=URL, now=lambda: at)


def test_a_person_gets_one_letter_with_everything_in_thai(person, post):
    notices.remind(FRIDAY - dt.timedelta(minutes=30))
    _told(person, text="แบบ ก ถูกส่งคืน")
    assert person.id in notices.to_mail(FRIDAY)

    assert _send(person, post) is True
    assert _send(person, post) is False

    (letter,) = post.letters
    assert letter["To"] == f"{person.name} <reporter@example.go.th>" and SENDER in letter["From"]
    assert letter["Subject"] == "[รายงานผล กสส.] ใกล้ครบกำหนดส่งรายงาน และเรื่องอื่นรวม 2 เรื่อง"
    body = letter.get_content()
    assert "20 พฤษภาคม 2566" in body and "แบบ ก ถูกส่งคืน" in body
    assert f"{URL}admin/answers/?obligation=1" in body and f"{URL}admin/\n" in body.replace("\r", "")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert notices.to_mail(FRIDAY) == []


def test_the_letter_waits_for_others_to_join_it(person, post):
    _told(person, minutes=9)

    assert notices.to_mail(FRIDAY) == [] and _send(person, post) is False
    assert notices.to_mail(FRIDAY + dt.timedelta(minutes=1)) == [person.id]


@pytest.mark.parametrize("values", [{"wants_mail": False}, {"email": ""}, {"is_active": False}])
def test_who_wants_no_letters_gets_none(person, values):
    _told(person)
    Person.update(**values).where(Person.id == person.id).execute()

    assert notices.to_mail(FRIDAY) == []


def test_what_was_read_or_is_old_is_not_sent_any_more(person):
    _told(person, minutes=60 * 24 * 4)
    assert notices.to_mail(FRIDAY) == []

    _told(person)
    notices.mark_read(person, at=FRIDAY)
    assert notices.to_mail(FRIDAY) == []


def test_a_letter_that_is_refused_for_now_is_tried_again_later_each_time(person, post):
    _told(person)
    post.refuses["DATA"] = "451 come back later"

    tried = []
    at = FRIDAY
    while at < FRIDAY + dt.timedelta(days=2):
        if notices.to_mail(at):
            assert _send(person, post, at) is False
            tried.append(at)
        at += dt.timedelta(minutes=1)

    waits = [b - a for a, b in itertools.pairwise(tried)]
    assert len(tried) == notices.MOST_TRIES and waits == list(notices.WAITS)
    held = Notice.get(Notice.person == person)
    assert held.sent_at is None and "451 come back later" in held.mail_error
    assert notices.never_mailed(FRIDAY - dt.timedelta(days=1)) == 1


def test_a_letter_goes_out_when_the_server_takes_it_again(person, post):
    _told(person)
    post.refuses["DATA"] = "451 come back later"
    _send(person, post)
    post.refuses.clear()

    assert _send(person, post, FRIDAY + dt.timedelta(minutes=2)) is True
    assert len(post.letters) == 1 and Notice.get(Notice.person == person).sent_at is not None


def test_an_address_that_does_not_exist_is_not_tried_again(person, post):
    _told(person)
    post.refuses["reporter@example.go.th"] = "550 no such mailbox"

    assert _send(person, post) is False
    assert notices.to_mail(FRIDAY + dt.timedelta(days=1)) == []
    assert "550 no such mailbox" in Notice.get(Notice.person == person).mail_error


@pytest.mark.parametrize("address", ["nowhere", "a b@c", "ชื่อ@example.go.th", "x@y\r\nBcc: all@example.go.th"])
def test_what_is_no_address_is_told_and_sends_nothing(person, post, address):
    _told(person)
    Person.update(email=address).where(Person.id == person.id).execute()

    assert _send(person, post) is False
    assert post.letters == [] and Notice.get(Notice.person == person).mail_tries == notices.MOST_TRIES


def test_a_server_that_is_away_is_tried_again(person, post):
    _told(person)
    away = mail.server(f"smtp://127.0.0.1:1?from={SENDER}")

    assert notices.send_letter(person.id, away, portal_url=URL, now=lambda: FRIDAY) is False
    held = Notice.get(Notice.person == person)
    assert held.sent_at is None and held.mail_after == FRIDAY + notices.WAITS[0]


def test_two_workers_at_once_send_one_letter(person, post):
    _told(person)
    together, sent, wrong = threading.Barrier(3), [], []

    def work():
        try:
            together.wait()
            with db.connection_context():
                sent.append(_send(person, post))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == [] and sorted(sent) == [False, False, True] and len(post.letters) == 1


def test_a_worker_killed_while_the_server_takes_the_letter_does_not_send_it_again(person, post, database):
    """The worker is a process of its own that dies the moment the server holds the text and has not answered."""
    _told(person)
    db.close()
    if hasattr(db.obj, "close_all"):
        db.obj.close_all()
    dead = threading.Event()
    child = os.fork()
    if child == 0:
        portal_database.use(database.url)
        with db.connection_context():
            _send(person, post)
        os._exit(0)
    post.on_data = lambda: (os.kill(child, 9), os.waitpid(child, 0), dead.set())
    assert dead.wait(20)
    post.on_data = None

    assert _send(person, post, FRIDAY + dt.timedelta(hours=1)) is False
    assert len(post.letters) == 1


def test_a_worker_killed_before_the_text_sends_it_at_the_next_ring(person, post):
    _told(person)

    class Killed(BaseException):
        pass

    def die():
        raise Killed

    letter = mail.letter(to=("ก", person.email), subject="ก", text="ก", server=post.server, mark="m", at=FRIDAY)
    with pytest.raises(Killed):
        mail.deliver(letter, post.server, mark=die)

    assert post.letters == [] and _send(person, post) is True


def test_the_same_notices_make_the_same_message_id(person, post):
    _told(person)
    _send(person, post)
    Notice.update(sent_at=None).execute()
    _send(person, post)

    assert post.letters[0]["Message-ID"] == post.letters[1]["Message-ID"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # a server for tests on this machine
def test_a_password_is_given_to_a_server_that_asks_for_it(person):
    seen = []

    def check(server, session, envelope, mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret@1", handled=False)

    handler = Post()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=services.free_port(),
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        port = controller.port
        right = mail.server(f"smtp://portal:s3cret%401@127.0.0.1:{port}?from={SENDER}")
        wrong = mail.server(f"smtp://portal:guess@127.0.0.1:{port}?from={SENDER}")
        _told(person)
        assert notices.send_letter(person.id, wrong, portal_url=URL, now=lambda: FRIDAY) is False
        later = FRIDAY + dt.timedelta(minutes=5)
        assert notices.send_letter(person.id, right, portal_url=URL, now=lambda: later) is True
    finally:
        controller.stop()

    assert (b"portal", b"s3cret@1") in seen and len(handler.letters) == 1
    assert "guess" not in Notice.get(Notice.person == person).mail_error and "s3cret" not in repr(right)


def test_no_address_means_no_mail_server():
    assert mail.server("") is None
    assert mail.server("smtps://a%40b.c:p@mail.example.go.th").sender == "a@b.c"
    assert mail.server("smtps://a%40b.c:p@mail.example.go.th").port == 465
