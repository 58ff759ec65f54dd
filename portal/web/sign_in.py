"""Who is signed in: me(). The pages for signing in and out, the one-time link, and one's own password.

The cookie holds a random token; everything else about the sign-in is a row (portal.sign_ins), so that signing out,
a new password or a switched-off account ends it at once. Every page but a few asks for a person first.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from models import Person
from portal import clock, sign_ins
from portal.errors import NotAllowed, PortalError, RuleBroken
from portal.web import guard, refusals
from portal.web.language import gettext

COOKIE = "portal_session"
OPEN = frozenset(
    {"static", "sign_in.page", "sign_in.enter", "sign_in.link", "sign_in.use_link", "change_language", "health"}
)
# scrypt takes a core for some 80 ms: one check at a time in each process, so that others keep working at nine.
_checking = threading.BoundedSemaphore(1)

SENT_AGAIN = 500  # fields of a form that are kept while its sender signs in again

pages = Blueprint("sign_in", __name__)


class Tries:
    """Refusals by address, in this process: after `free` of them each costs a longer wait, a minute at most."""

    def __init__(self, free: int = 30, longest: float = 60.0, remembered: int = 10_000) -> None:
        self.free, self.longest, self.remembered = free, longest, remembered
        self._held: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def must_wait(self, address: str) -> bool:
        """Return whether this address has to wait before its next try."""
        count, last = self._held.get(address, (0, 0.0))
        return count > self.free and time.monotonic() - last < min(2.0 ** (count - self.free), self.longest)

    def refused(self, address: str) -> None:
        """Remember one refusal; they are forgotten after a quarter of an hour without one."""
        with self._lock:
            count, last = self._held.pop(address, (0, 0.0))
            fresh = count == 0 or time.monotonic() - last > 15 * 60
            self._held[address] = (1 if fresh else count + 1, time.monotonic())
            while len(self._held) > self.remembered:
                self._held.popitem(last=False)


def me() -> Person:
    """Return the person who is signed in. Only for pages that ask for one, which is all but the open few."""
    return cast(Person, g.person)


def install(app: Flask) -> None:
    """Let `app` know who asks, and turn away who may not."""
    app.extensions["portal_tries"] = Tries()

    @app.before_request
    def know() -> Any:
        g.person = None
        g.token = request.cookies.get(COOKIE, "")[:100]
        if request.endpoint == "static" or guard.is_api():
            return None  # the API knows its callers by their tokens, never by a cookie
        if g.token:
            g.person = sign_ins.person_of_sign_in(g.token, at=clock.now())
        if g.person is None:
            g.token = ""
            if request.endpoint not in OPEN and (request.method in guard.SAFE or guard.came_from_our_page()):
                return _sign_in_first()
        guard.check_token()
        return None if g.person is not None or request.endpoint in OPEN else _sign_in_first()

    app.register_blueprint(pages)


def _sign_in_first() -> Any:
    if guard.wants_data():
        return refusals.page(
            401, gettext("You have been signed out. Sign in again in another tab, then come back here.")
        )
    if request.method not in guard.SAFE:
        typed = [(name, value) for name, values in request.form.lists() for value in values][:SENT_AGAIN]
        return render_template("sign_in/again.html", typed=typed, address=own_path(request.full_path)), 401
    return redirect(f"/sign-in/?next={quote(request.full_path.rstrip('?'))}")


def own_path(wanted: str) -> str:
    """Return `wanted` if it is a path of this portal, else the way home: no door may lead outside."""
    safe = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if safe and "\\" not in wanted else "/"


@pages.get("/sign-in/")
def page() -> Any:
    """Show the sign-in page."""
    if g.person is not None:
        return redirect(own_path(request.args.get("next", "/")))
    return _show(wanted=own_path(request.args.get("next", "/")))


@pages.post("/sign-in/")
def enter() -> Any:
    """Sign in."""
    username, password = request.form.get("username", ""), request.form.get("password", "")
    wanted = own_path(request.form.get("next", "/"))
    try:
        with _checking:
            person = _checked(username, password)
    except NotAllowed as refusal:
        if _is_first_password(username, password):
            return redirect(f"/first/{password}/")
        return _show(refusal.words(gettext), username=username, wanted=wanted, status=403)
    return _entered(person, wanted)


def _is_first_password(username: str, password: str) -> bool:
    """Return whether the one-time password of a first sign-in was typed: it opens the page for a real one."""
    person = sign_ins.person_of_link(password[:100], at=clock.now())
    return person is not None and person.username == username.strip().lower()


def _checked(username: str, password: str) -> Person:
    tries: Tries = current_app.extensions["portal_tries"]
    address = request.remote_addr or "?"
    held_off = tries.must_wait(address)
    try:
        person = sign_ins.check_sign_in(username[:200], password[:1000], at=clock.now())
        if held_off:
            raise NotAllowed("The name or the password is not right. After several tries, please wait a minute.")
    except NotAllowed:
        tries.refused(address)
        raise
    return person


def _entered(person: Person, wanted: str) -> Response:
    if g.token:
        sign_ins.sign_out(g.token, at=clock.now())
    token = sign_ins.begin_sign_in(person, agent=request.user_agent.string, at=clock.now())
    response = redirect(wanted)
    _give(response, token)
    return response


def _give(response: Any, token: str) -> None:
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="Lax", secure=bool(current_app.config["SESSION_COOKIE_SECURE"])
    )


@pages.post("/sign-out/")
def leave() -> Response:
    """Sign out: the token is worth nothing afterwards."""
    sign_ins.sign_out(g.token, at=clock.now())
    response = redirect("/sign-in/")
    response.delete_cookie(COOKIE)
    return response


@pages.get("/first/<token>/")
def link(token: str) -> Any:
    """Show the page on which a one-time link sets a password."""
    person = sign_ins.person_of_link(token, at=clock.now())
    if person is None:
        return refusals.page(404, gettext("This link was used already or has expired. Please ask for a new one."))
    return render_template("sign_in/first.html", owner=person, token=token, problem=None)


@pages.post("/first/<token>/")
def use_link(token: str) -> Any:
    """Set a password by a one-time link and sign in with it."""
    person = sign_ins.person_of_link(token, at=clock.now())
    if person is None:
        return refusals.page(404, gettext("This link was used already or has expired. Please ask for a new one."))
    try:
        with _checking:
            sign_ins.use_link(token, _new_password(), at=clock.now())
    except PortalError as problem:
        shown = render_template("sign_in/first.html", owner=person, token=token, problem=problem.words(gettext))
        return shown, problem.status
    return _entered(person, "/")


@pages.get("/password/")
def password() -> str:
    """Show the page for changing one's own password."""
    return render_template("sign_in/password.html", problem=None, field="")


@pages.post("/password/")
def change_password() -> Any:
    """Change one's own password; every other sign-in ends, this one is replaced."""
    try:
        new = _new_password()
        with _checking:
            sign_ins.change_password(me(), request.form.get("old", "")[:1000], new, at=clock.now())
    except PortalError as problem:
        words = problem.words(gettext)
        return render_template("sign_in/password.html", problem=words, field=problem.field), problem.status
    flash(gettext("Your password is changed. Other browsers have been signed out."), "success")
    return _entered(me(), "/")


def _new_password() -> str:
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        raise RuleBroken("The two new passwords differ.", field="again")
    return new


def _show(problem: str = "", *, username: str = "", wanted: str = "/", status: int = 200) -> Any:
    shown = render_template("sign_in/page.html", problem=problem, username=username[:60], wanted=wanted)
    return shown, status
