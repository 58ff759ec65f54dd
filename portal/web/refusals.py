"""What a person sees when something is refused or fails: one page, in words, never a stack trace."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, g, jsonify, render_template, request
from peewee import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from portal import clock
from portal.errors import PortalError
from portal.web import guard
from portal.web.language import gettext

log = logging.getLogger("portal.web")

# What happened, and the one way on.
WORDS = {
    400: ("This request could not be understood", "Go back and try again; nothing was changed."),
    401: ("Please sign in first", "This page belongs to people who have signed in."),
    403: ("You may not do this", "Your role does not include it. The planning division can say who may."),
    404: ("There is no such page or record", "It may have been moved or removed, or it belongs to another office."),
    405: ("This page cannot be used in that way", "Go back and use the buttons of the page."),
    406: ("This cannot be sent in the format asked for", "Ask for one of the formats that are named."),
    412: ("Somebody was faster", "The record has changed meanwhile. Read it again and look."),
    428: ("Say which version you looked at", "Send the ETag of the record in the header “If-Match”."),
    409: ("Somebody was faster", "The record has changed meanwhile. Open it again and look."),
    413: ("This is too large", "A form or file may have 16 MB at most. Send it in parts."),
    422: ("Something in it is not right yet", "Go back and mend what is named; nothing was changed."),
    429: ("Too many tries", "Please wait a minute."),
    500: (
        "This page cannot be opened; your records are safe",
        "Try again in a minute. If it stays so, tell the administrator this number.",
    ),
    503: ("The portal cannot reach its store just now", "Try again in a minute. What was saved before is safe."),
}  # fmt: skip


def install(app: Flask) -> None:
    """Give every refusal and failure of `app` its page."""

    @app.errorhandler(PortalError)
    def refused(error: PortalError) -> Any:
        if guard.is_api():
            return problem(error.status, error.words(gettext), error)
        return page(error.status, error.words(gettext), field=error.field)

    @app.errorhandler(HTTPException)
    def stopped(error: HTTPException) -> Any:
        code = error.code or 500
        if code < 400:
            return error.get_response()
        return page(code)

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    def store_away(error: Exception) -> Any:
        log.error("%s store: %s", g.get("request_id", "-"), type(error).__name__, exc_info=error)
        answer = app.make_response(page(503))
        answer.headers["Retry-After"] = "30"
        return answer

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Any:
        log.error("%s %s", g.get("request_id", "-"), type(error).__name__, exc_info=error)
        return page(500)


def page(status: int, words: str = "", field: str = "") -> Any:
    """Return the page (or, for a script, the JSON) of one refusal, with its status."""
    title, way_on = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    if guard.is_api():
        return problem(status, words)
    if guard.wants_data():
        said = words or f"{gettext(title)}: {gettext(way_on)}"
        return jsonify(error=said, field=field, request=g.get("request_id", "")), status
    inside = g.get("person") is not None and status != 503
    try:
        return _drawn(status, title, words, way_on, inside), status
    except Exception as error:  # the page for a failure must not fail as well
        log.error("%s refusal page: %s", g.get("request_id", "-"), type(error).__name__, exc_info=error)
        return f"{status} {gettext(title)}. {gettext(way_on)} ({g.get('request_id', '')})", status


def problem(status: int, words: str = "", error: PortalError | None = None) -> Any:
    """Return a refusal as programs read it (RFC 9457): the same words, the rule by name, the property it is about."""
    title, way_on = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": gettext(title),
        "status": status,
        "detail": words or gettext(way_on),
        "request": g.get("request_id", ""),
    }
    if error is not None:
        told |= {"rule": error.rule, "field": error.field} | error.more(gettext)
    if request.path.startswith("/api/v1/odata/"):  # clients of the standard look for their words there
        told["error"] = {
            "code": told.get("rule") or str(status),
            "message": told["detail"],
            "target": told.get("field"),
        }
    answer = jsonify(told)
    answer.content_type = "application/problem+json"
    return answer, status


def _drawn(status: int, title: str, words: str, way_on: str, inside: bool) -> str:
    return render_template(
        "refused.html" if inside else "refused_plain.html",
        status=status,
        title=gettext(title),
        words=words,
        way_on=gettext(way_on),
        request_id=g.get("request_id", ""),
        at=clock.now(),
        again=request.full_path.rstrip("?") if request.method == "GET" else "",
    )
