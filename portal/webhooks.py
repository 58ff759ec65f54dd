"""Outside systems are told, signed and in order, that something changed; what changed they read through the API.

A message holds no record: it says up to which entry of the trail there is something new, and of which kinds. A system
that missed messages loses nothing, because it asks for the changes after its own mark.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from collections import Counter
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from peewee import fn

from models import BY_NAME, AuditEntry, Person, Webhook, WebhookDelivery, address_of
from portal import records, scope
from portal.errors import MoveRefused, OutOfReach
from portal.rules.access import Role

AT_ONCE = 1000  # entries of the trail told in one message
PATIENCE = 5.0  # seconds an outside system has to answer
FIRST_WAIT = dt.timedelta(seconds=30)
LONGEST_WAIT = dt.timedelta(hours=1)
MOST_TRIES = 30  # about a day; then it is switched off, and an administrator sees why
KEPT = dt.timedelta(days=30)


@dataclass(frozen=True)
class Message:
    """What is sent: `body` as bytes, and `up_to`, the last entry it tells of."""

    body: bytes
    up_to: int


def secret_of(hook: Webhook, key: str) -> str:
    """Return the secret a receiver checks signatures with, worked out of the portal's own `key`."""
    return hmac.new(key.encode(), f"webhook {hook.id} {hook.secret_turn}".encode(), hashlib.sha256).hexdigest()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return `sha256=` and the HMAC of timestamp, a point and the body, as the header X-Portal-Signature holds it."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def renew_secret(hook: Webhook, *, by: Person, at: dt.datetime) -> None:
    """Make the secret anew; messages are signed with it from now on."""
    with records.changing(by=by, verb="renew_secret", at=at) as work:
        work.update(hook, secret_turn=hook.secret_turn + 1)


def tell_again(delivery: WebhookDelivery, *, by: Person, at: dt.datetime) -> None:
    """Tell an outside system once more of everything from one delivery on."""
    if by.role != Role.ADMIN:
        raise MoveRefused("This step is not yours to take.")
    hook = delivery.webhook
    with records.changing(by=by, verb="tell_again", at=at) as work:
        work.update(hook, told_up_to=delivery.after, tries=0, next_try_at=None, is_active=True)


def due(at: dt.datetime) -> list[int]:
    """Return the systems that are to be told of something now."""
    newest = AuditEntry.select(fn.MAX(AuditEntry.id)).scalar() or 0
    waiting = Webhook.select(Webhook.id).where(
        Webhook.is_active,
        Webhook.told_up_to < newest,
        Webhook.next_try_at.is_null() | (Webhook.next_try_at <= at),
    )
    return [ident for (ident,) in waiting.tuples()]


def tell(hook_id: int, *, key: str, at: dt.datetime) -> WebhookDelivery | None:
    """Tell one system of what is new, and return the delivery; None when nothing concerns it or another tells it.

    A failure is noted and tried again with growing waits; after about a day the system is switched off.
    """
    hook = Webhook.get_or_none(Webhook.id == hook_id, Webhook.is_active)
    if hook is None or not _claimed(hook, at):
        return None
    after = hook.told_up_to
    message = _message(hook)
    if message is None:
        newest = AuditEntry.select(fn.MAX(AuditEntry.id)).scalar() or 0
        _note(hook, told_up_to=newest, tries=0, next_try_at=None)
        return None
    status, error = _sent(hook, message, key, at)
    delivery = WebhookDelivery.create(
        webhook=hook.id, after=after, up_to=message.up_to, at=at, status=status, error=error,
        body=message.body.decode(),
    )  # fmt: skip
    if status is not None and 200 <= status < 300:
        _note(hook, told_up_to=message.up_to, tries=0, next_try_at=None)
    else:
        tries = hook.tries + 1
        wait = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
        _note(hook, tries=tries, next_try_at=at + wait, is_active=tries < MOST_TRIES)
    return delivery


def forget(at: dt.datetime) -> int:
    """Forget deliveries older than 30 days; return how many."""
    return int(WebhookDelivery.delete().where(WebhookDelivery.at < at - KEPT).execute())


# ---------------------------------------------------------------- below: how


def _claimed(hook: Webhook, at: dt.datetime) -> bool:
    """Return whether this process is the one that tells the system now: two workers may hear the same bell."""
    same = Webhook.next_try_at.is_null() if hook.next_try_at is None else Webhook.next_try_at == hook.next_try_at
    held = at + dt.timedelta(seconds=2 * PATIENCE)
    return bool(Webhook.update(next_try_at=held).where(Webhook.id == hook.id, same).execute())


def _note(hook: Webhook, **changes: object) -> None:
    Webhook.update(changes).where(Webhook.id == hook.id).execute()


def _message(hook: Webhook) -> Message | None:
    entries = list(
        scope.narrowed(AuditEntry.select(AuditEntry.id, AuditEntry.table_name, AuditEntry.rows), hook.person)
        .where(AuditEntry.id > hook.told_up_to)
        .order_by(AuditEntry.id)
        .limit(AT_ONCE)
        .tuples()
    )
    wanted = set(hook.records.split())
    counted: Counter[str] = Counter()
    for _ident, table, rows in entries:
        model = BY_NAME.get(table)
        if model is not None and (not wanted or address_of(model) in wanted):
            counted[address_of(model)] += rows
    if not counted:
        return None
    up_to = entries[-1][0]
    told = {"webhook": hook.id, "after": hook.told_up_to, "up_to": up_to, "changed": dict(sorted(counted.items()))}
    return Message(json.dumps(told, separators=(",", ":")).encode(), up_to)


def _sent(hook: Webhook, message: Message, key: str, at: dt.datetime) -> tuple[int | None, str]:
    """Send a message and return the status it was answered with, or None and why it was not."""
    timestamp = str(int(at.replace(tzinfo=dt.timezone(dt.timedelta(hours=7))).timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "cpd-portal",
        "X-Portal-Timestamp": timestamp,
        "X-Portal-Signature": signature(secret_of(hook, key), timestamp, message.body),
    }
    try:
        return _post(urlsplit(hook.url), message.body, headers, hook.may_be_private), ""
    except (OSError, http.client.HTTPException, ValueError) as error:
        return None, f"{type(error).__name__}: {error}"[:500]
    except OutOfReach as refusal:
        return None, refusal.words()


def _post(url: SplitResult, body: bytes, headers: dict[str, str], may_be_private: bool) -> int:
    """Post to the very address that was looked at, so that a name cannot mean another one a moment later.

    No answer of the other side is followed or kept, only its status.
    """
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    address = _address(host, port, may_be_private)
    plain = socket.create_connection((address, port), timeout=PATIENCE)
    try:
        if url.scheme == "https":
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        connection.sock = plain
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        plain.close()


def _address(host: str, port: int, may_be_private: bool) -> str:
    """Return an address of `host`. Raises OutOfReach when any of its addresses is not a public one and must be."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not may_be_private and not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        raise OutOfReach("“{host}” is an address inside the house; an administrator has to allow that.", host=host)
    return found[0]
