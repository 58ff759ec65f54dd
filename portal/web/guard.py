"""What every request passes through: a number of its own, proof that it comes from our page, safe headers.

A changing request (anything but GET, HEAD, OPTIONS) carries a token that only a page of this sign-in could know;
without it nothing is read and nothing is changed, whichever view it was for.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from typing import Any

from flask import Flask, Response, current_app, g, request

from models import db
from portal.database import is_sqlite
from portal.errors import PortalError

log = logging.getLogger("portal.web")
VISIT_COOKIE = "portal_visit"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
# Most forms of ours have some hundred fields; a file to be imported may be 16 MB.
LIMITS = {
    "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
    "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
    "MAX_FORM_PARTS": 2000,
}
# Without scripts a whole sheet comes at once: 400 questions, among them tables of 30 by 200.
WHOLE_SHEETS = frozenset({"answers.index"})
LARGEST_SHEET = 16 * 1024 * 1024


class Forged(PortalError):
    """A changing request without the token of a page of ours."""

    status = 400


def install(app: Flask) -> None:
    """Put the guard before and after every request of `app`."""
    app.config.update(LIMITS)

    @app.before_request
    def number() -> None:
        g.began = time.perf_counter()
        plain = secrets.token_hex(5).upper()
        g.request_id = f"{plain[:4]}-{plain[4:8]}-{plain[8:]}"
        g.visit = request.cookies.get(VISIT_COOKIE, "")[:64]

    @app.after_request
    def seal(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
            _log(response)
        if g.get("new_visit"):
            response.set_cookie(
                VISIT_COOKIE,
                g.visit,
                httponly=True,
                samesite="Lax",
                secure=bool(app.config["SESSION_COOKIE_SECURE"]),
            )
        return response

    @app.teardown_request
    def let_go(_error: BaseException | None) -> None:
        # A pooled connection goes back; SQLite's stays with its thread, and so do the pages it has read.
        if db.obj is not None and not is_sqlite() and not db.is_closed():
            db.close()


def check_token() -> None:
    """Refuse a changing request that does not come from a page of ours, made for this person."""
    if request.method in SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forged("This request came from another site, so nothing was done.")
    person: Any = g.get("person")
    if person is not None and request.endpoint in WHOLE_SHEETS:
        request.max_form_memory_size = LARGEST_SHEET
    if _owner_of(_given()) != (person.id if person else 0):
        raise Forged(
            "This page was open for too long, or you signed in again meanwhile. Go back, reload it and try again."
        )


def came_from_our_page() -> bool:
    """Return whether a request of somebody no longer signed in comes from a page we made for them."""
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    return not elsewhere and bool(_owner_of(_given()))


def csrf_token() -> str:
    """Return the token for the forms of this page.

    It belongs to one person in one browser, and so outlives a sign-in that has ended: who signs in again can
    still send what they had typed.
    """
    person: Any = g.get("person")
    if g.get("token") and person is None:
        return f"s.{_mac(g.token)}"
    if not g.get("visit"):
        g.visit = secrets.token_urlsafe(24)
        g.new_visit = True
    owner = person.id if person else 0
    return f"{owner}.{_mac(g.visit, owner)}"


def _given() -> str:
    return request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")


def _owner_of(token: str) -> int | None:
    """Return the id of the person a token was made for (0 = nobody yet), or None when it is none of ours."""
    owner, _, mac = token.partition(".")
    person: Any = g.get("person")
    if owner == "s" and g.get("token") and _same(mac, _mac(g.token)):
        return person.id if person else 0
    if not (owner.isascii() and owner.isdigit() and len(owner) < 10 and g.get("visit")):
        return None
    return int(owner) if _same(mac, _mac(g.visit, int(owner))) else None


def _mac(*parts: Any) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, " ".join(["csrf", *map(str, parts)]).encode(), hashlib.sha256).hexdigest()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def wants_data() -> bool:
    """Return whether a script asked (it gets words as JSON), not a person's browser."""
    return request.headers.get("X-Requested-With") == "portal"


def is_api() -> bool:
    """Return whether a program asks, through the API: it shows a token, has no cookies, and reads problems as JSON."""
    return request.path.startswith("/api/")


def _log(response: Response) -> None:
    # No query, no form, no name: a line must be fit to be read by anybody who keeps the machine.
    person: Any = g.get("person")
    log.info(
        "%s %s %s %d %.1fms person=%s",
        g.get("request_id", "-"),
        request.method,
        request.path,
        response.status_code,
        (time.perf_counter() - g.get("began", time.perf_counter())) * 1000,
        person.id if person else "-",
    )
