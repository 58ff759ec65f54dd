"""Outside systems are told of changes: signed, in order, tried again, and never inside the house unless allowed."""

import datetime as dt
import http.server
import json
import threading

import pytest

from models import AuditEntry, Webhook, WebhookDelivery
from portal import records, webhooks
from portal.errors import NotAllowed, RuleBroken
from portal.rules.access import Role
from tests import make

KEY = "the portal's own key, for the tests"


class Receiver(http.server.BaseHTTPRequestHandler):
    """An outside system: keeps what it is told, answers with `status`."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://169.254.169.254/")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.told, server.status = [], 204
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def admin(migrated):
    return make.person(Role.ADMIN, make.unit(is_office=False))


def hook(admin, receiver, **values):
    url = f"http://127.0.0.1:{receiver.server_port}/told?x=1"
    given = {"name": "ระบบภายนอก", "url": url, "person": admin, "may_be_private": True} | values
    with records.changing(by=admin, verb="create") as work:
        return work.create(Webhook, **given, told_up_to=AuditEntry.select().count())


def test_a_system_is_told_signed_of_what_changed(admin, receiver):
    told = hook(admin, receiver)
    make.cooperative()
    assert webhooks.due(make.NOON) == [told.id]

    delivery = webhooks.tell(told.id, key=KEY, at=make.NOON)

    headers, body = receiver.told[0]
    secret = webhooks.secret_of(told, KEY)
    assert headers["X-Portal-Signature"] == webhooks.signature(secret, headers["X-Portal-Timestamp"], body)
    assert json.loads(body)["changed"]["cooperatives"] == 1 and delivery.status == 204
    assert Webhook.get_by_id(told.id).told_up_to == json.loads(body)["up_to"]
    assert "สหกรณ์" not in body.decode()


def test_nothing_new_and_nothing_that_concerns_it_is_not_told(admin, receiver):
    told = hook(admin, receiver, records="holidays")
    make.cooperative()

    assert webhooks.tell(told.id, key=KEY, at=make.NOON) is None
    assert receiver.told == [] and webhooks.due(make.NOON) == []


def test_a_failure_is_tried_again_with_growing_waits_until_it_is_switched_off(admin, receiver):
    told, at, waits = hook(admin, receiver), make.NOON, []
    make.cooperative()
    receiver.status = 500

    for _ in range(webhooks.MOST_TRIES):
        webhooks.tell(told.id, key=KEY, at=at)
        fresh = Webhook.get_by_id(told.id)
        waits.append(fresh.next_try_at - at)
        assert webhooks.due(fresh.next_try_at - dt.timedelta(seconds=1)) == []
        at = fresh.next_try_at

    assert waits[:3] == [dt.timedelta(seconds=s) for s in (30, 60, 120)] and max(waits) == webhooks.LONGEST_WAIT
    assert not Webhook.get_by_id(told.id).is_active and webhooks.due(at) == []
    assert WebhookDelivery.select().where(WebhookDelivery.status == 500).count() == webhooks.MOST_TRIES


def test_what_was_told_can_be_told_again(admin, receiver):
    told = hook(admin, receiver)
    make.cooperative()
    first = webhooks.tell(told.id, key=KEY, at=make.NOON)

    webhooks.tell_again(first, by=admin, at=make.NOON)
    webhooks.tell(told.id, key=KEY, at=make.NOON)

    one, two = (json.loads(body) for _headers, body in receiver.told)
    assert one["after"] == two["after"] and two["changed"]["cooperatives"] == 1


def test_two_workers_tell_it_once(admin, receiver):
    told = hook(admin, receiver)
    make.cooperative()
    stale = Webhook.get_by_id(told.id)

    assert webhooks._claimed(stale, make.NOON)
    assert not webhooks._claimed(stale, make.NOON)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "192.168.0.1"])
def test_an_address_inside_the_house_is_not_called(admin, receiver, host):
    told = hook(admin, receiver, url=f"https://{host}:{receiver.server_port}/", may_be_private=False)
    make.cooperative()

    delivery = webhooks.tell(told.id, key=KEY, at=make.NOON)

    assert delivery.status is None and delivery.error and receiver.told == []


def test_an_answer_that_leads_elsewhere_is_not_followed(admin, receiver):
    told = hook(admin, receiver)
    make.cooperative()
    receiver.status = 302

    assert webhooks.tell(told.id, key=KEY, at=make.NOON).status == 302
    assert len(receiver.told) == 1


@pytest.mark.parametrize(
    "url", ["ftp://x/", "http://example.com/", "https://", "https://u:p@example.com/", "file:///etc/passwd", "x"]
)
def test_an_address_that_is_none_is_refused(admin, receiver, url):
    with pytest.raises(RuleBroken):
        hook(admin, receiver, url=url, may_be_private=False)


def test_only_an_administrator_keeps_them(migrated, receiver):
    planning = make.person(Role.PLANNING, make.unit(is_office=False))

    with pytest.raises(NotAllowed):
        hook(planning, receiver)


def test_an_office_s_hook_is_told_of_its_own_changes_only(admin, receiver):
    office = make.person(Role.APPROVER)
    told = hook(admin, receiver, person=office)
    make.cooperative()
    own = make.cooperative(unit=office.unit)

    webhooks.tell(told.id, key=KEY, at=make.NOON)

    assert json.loads(receiver.told[0][1])["changed"] == {"cooperatives": 1}
    assert own.unit_id == office.unit_id


def test_the_screen_shows_the_secret_to_administrators(admin, receiver, sign_in, app):
    told = hook(admin, receiver)

    shown = sign_in(admin).get(f"/admin/webhook/details/?id={told.id}").get_data(as_text=True)

    assert webhooks.secret_of(told, str(app.secret_key)) in shown
    webhooks.renew_secret(told, by=admin, at=make.NOON)
    assert webhooks.secret_of(Webhook.get_by_id(told.id), str(app.secret_key)) not in shown
