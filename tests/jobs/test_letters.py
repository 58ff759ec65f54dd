"""A letter goes the whole way: told in the portal, rung for by the timetable, sent by a real worker, once."""

import datetime as dt
import email
import email.policy

import pytest
from aiosmtpd.controller import Controller

import config
from jobs import notices as job
from jobs import queue, timetable
from models import Notice, Unit
from portal import clock, notices
from portal.rules.access import Role
from tests import make, services
from tests.workers import AtWork

SENDER = "portal@example.go.th"


class Post:
    """A mail server on this machine that keeps what it is given."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


@pytest.fixture
def post():
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=services.free_port())
    controller.start()
    handler.address = f"smtp://127.0.0.1:{controller.port}?from={SENDER}"
    yield handler
    controller.stop()


@pytest.fixture
def told(sqlite_store):
    person = make.person(Role.REPORTER, Unit.get(Unit.code == "P40"), email="reporter@example.go.th")
    at = clock.now() - notices.GATHERED_FOR
    notices.tell([person.id], "แบบ ก ถูกส่งคืน", at=at, link="/admin/answers/?obligation=1")
    return person


def _with_mail(settings, **values):
    return config.load({**settings.environment(), **values})


@pytest.mark.slow
def test_a_worker_sends_what_the_timetable_rings_for_once(told, settings, post):
    queue.use(settings.redis_url)
    with_mail = _with_mail(settings, PORTAL_MAIL=post.address, PORTAL_URL="https://portal.example.go.th")
    worker = AtWork(with_mail)
    try:
        worker.start()
        for _ in range(3):
            timetable.send_letters(clock.now())
        services.wait_until(lambda: post.letters, seconds=60, what="the letter has come")
        timetable.send_letters(clock.now() + dt.timedelta(hours=1))
        services.wait_until(lambda: Notice.get().sent_at is not None, seconds=20, what="the letter is marked as sent")
    finally:
        worker.end()

    (letter,) = post.letters
    assert "https://portal.example.go.th/admin/answers/?obligation=1" in letter.get_content()
    assert notices.to_mail(clock.now()) == []


def test_without_a_mail_server_the_job_leaves_the_notice_as_it_is(told, settings, monkeypatch):
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    job.send_letter(told.id)

    assert Notice.get().sent_at is None and Notice.get().mail_tries == 0
