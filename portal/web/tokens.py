"""The page of the API: what it is, its description to try out, and tokens given out and shown once."""

from __future__ import annotations

import importlib.resources
from typing import Any

from flask import Response, abort, request
from flask_admin import BaseView, expose

from models import ApiToken, Person
from portal import clock, tokens
from portal.errors import NotFound, PortalError, RuleBroken
from portal.rules.access import Role
from portal.web.api import resources
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

# The interactive page as its makers ship it, in a package; nothing of it comes from elsewhere.
PAGE_FILES = {
    "swagger-ui.css": ("css", "text/css"),
    "swagger-ui-bundle.js": ("js", "text/javascript"),
    "swagger-ui-standalone-preset.js": ("js", "text/javascript"),
}
LIVES = (30, 90, 180, 366)


class ApiPage(BaseView):
    """Tokens and the description of the API."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="apipage", url="/admin/api", menu_icon_value="key")

    @expose("/")
    def index(self) -> Any:
        """Show the page."""
        return self._page()

    @expose("/", methods=("POST",))
    def issue(self) -> Any:
        """Give out a token, and show it this once."""
        form = request.form
        try:
            text, row = tokens.issue(
                self._holder(form.get("account", "")),
                name=form.get("name", ""),
                by=me(),
                at=clock.now(),
                days=self._days(form.get("days", "")),
                may_write="may_write" in form,
                may_step="may_step" in form,
                units=form.get("units", "").split(),
                forms=form.get("forms", "").split(),
                system=form.get("system", "").strip(),
            )
        except PortalError as refusal:
            return self._page(problem=refusal.words(gettext), field=refusal.field), refusal.status
        return self._page(text=text, row=row)

    @expose("/docs")
    def docs(self) -> Any:
        """Show the description as a page on which requests can be tried."""
        return self.render("api/docs.html")

    @expose("/docs/<filename>")
    def file(self, filename: str) -> Any:
        """Send a file of the interactive page out of its package."""
        if filename not in PAGE_FILES:
            abort(404)
        folder, kind = PAGE_FILES[filename]
        found = importlib.resources.files("flask_openapi3_swagger") / "templates" / "swagger" / folder / filename
        response = Response(found.read_bytes(), content_type=f"{kind}; charset=utf-8")
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    def _page(self, **given: Any) -> Any:
        held = ApiToken.select().where(ApiToken.person == me().id).order_by(ApiToken.id.desc()).limit(20)
        more = {"text": "", "row": None, "problem": "", "field": ""} | given
        return self.render(
            "api/index.html", held=list(held), lives=LIVES, typed=request.form, is_admin=me().role == Role.ADMIN,
            now=clock.now(), feed=f"{request.url_root}api/v1/odata/", lists=_lists(), **more,
        )  # fmt: skip

    def _holder(self, username: str) -> Person:
        if not username.strip() or me().role != Role.ADMIN:
            return me()
        found = Person.get_or_none(Person.username == username.strip().lower())
        if found is None:
            raise NotFound("There is nobody of this user name.", field="account")
        return found

    def _days(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            raise RuleBroken("A token lives 1 to {most} days.", field="days", most=LIVES[-1])
        return int(text)


def _lists() -> list[tuple[str, str, str]]:
    """Return the lists that this person may read: name, and their addresses for Excel, as OData and as CSV."""
    root = f"{request.url_root}api/v1/"
    held = [one for one in resources.every().values() if one.is_open_to(me())]
    return [(str(one.screen.name), f"{root}odata/{one.name}", f"{root}{one.name}?format=csv") for one in held]
