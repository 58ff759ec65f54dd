"""The same writing request sent twice is done once: its reply is kept for 48 hours under the caller's own key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Response, request
from peewee import IntegrityError

from models import KeptReply, db
from portal import clock
from portal.errors import MoveRefused, RuleBroken
from portal.tokens import REPLIES_KEPT
from portal.web.api import door, writing

BEING_DONE = dt.timedelta(minutes=2)  # a request that has not answered after that was broken off
HEADERS = ("Content-Type", "Location", "ETag")


def once(do: Callable[[], Response]) -> Response:
    """Return the reply of `do`, or the one it gave before when the request carries a key that was used for it.

    A key used for another request is refused (422); while the first is still being done the second waits its turn
    elsewhere (409).
    """
    key = request.headers.get("Idempotency-Key")
    if not key:
        return do()
    if len(key) > 100 or not key.isascii() or not key.isprintable():
        raise RuleBroken("A key has 1 to 100 plain characters.", field="Idempotency-Key")
    token, mark, now = door.token(), writing.request_sha256(), clock.now()
    held = KeptReply.get_or_none(KeptReply.token == token.id, KeptReply.key == key)
    if held is not None and _is_gone(held, now):
        KeptReply.delete().where(KeptReply.id == held.id).execute()
        held = None
    if held is None:
        try:
            with db.atomic():
                held = KeptReply.create(token=token.id, key=key, request_sha256=mark, at=now)
        except IntegrityError:
            held = KeptReply.get(KeptReply.token == token.id, KeptReply.key == key)
        else:
            return _done(held, do)
    if held.request_sha256 != mark:
        raise RuleBroken("This key was used for another request.", field="Idempotency-Key")
    if held.status is None:
        raise MoveRefused("The first request with this key is still being done. Ask again in a moment.")
    response = Response(held.body, status=held.status, headers=held.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _is_gone(held: KeptReply, now: dt.datetime) -> bool:
    return held.at < now - REPLIES_KEPT or (held.status is None and held.at < now - BEING_DONE)


def _done(held: KeptReply, do: Callable[[], Response]) -> Response:
    try:
        response = do()
    except BaseException:
        # Refused or broken off: nothing was changed, so the key is free for the mended request.
        KeptReply.delete().where(KeptReply.id == held.id).execute()
        raise
    headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
    KeptReply.update(status=response.status_code, headers=headers, body=response.get_data(as_text=True)).where(
        KeptReply.id == held.id
    ).execute()
    return response
