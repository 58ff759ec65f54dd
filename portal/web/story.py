"""An institution's whole story on one page, and the same as a PDF: classes, plans, visits, what was agreed, files."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_admin import BaseView, expose

from models import Cooperative, Visit
from portal import clock, cooperatives, scope
from portal.errors import NotFound
from portal.reports import render
from portal.rules.access import OFFICE_ROLES
from portal.web.language import Lazy
from portal.web.sign_in import me
from portal.web.words import word

_setting = threading.Lock()  # one page is set at a time: the setter's typefaces belong to the process


class StoryPage(BaseView):
    """The story of one institution."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="story", url="/admin/story", menu_icon_value="clock")

    def is_visible(self) -> bool:
        """It is reached from an institution, not from the menu."""
        return False

    @expose("/")
    def index(self) -> Any:
        """Show the story."""
        person, institution = me(), _institution(request.args.get("id"))
        mine = person.role in OFFICE_ROLES and person.unit_id == institution.unit_id
        return self.render(
            "story/index.html", story=_story(institution), mine=mine, now=clock.now(),
            alike=cooperatives.twins(institution.name, institution.province_id, but=institution.id),
        )  # fmt: skip

    @expose("/pdf/")
    def pdf(self) -> Any:
        """Send the story as a PDF."""
        institution = _institution(request.args.get("id"))
        story = _story(institution)
        html = render.page_html(
            "story.html", story=story, at=clock.now(), word=word, by=me().name, book_title=institution.name,
            book_short=institution.name,
            book_style="book", number="", title=institution.name, anchor="story",
        )  # fmt: skip
        with _setting:
            content, _facts = render.to_pdf(html)
        response = Response(content, mimetype="application/pdf")
        name = quote(f"{institution.name}.pdf")
        response.headers["Content-Disposition"] = f"inline; filename=story.pdf; filename*=UTF-8''{name}"
        return response


def _story(institution: Cooperative) -> cooperatives.Story:
    seen = scope.narrowed(Visit.select(), me()).where(Visit.cooperative == institution.id)
    return cooperatives.story(institution, seen=seen)


def _institution(ident: Any) -> Cooperative:
    text = str(ident)
    if text.isascii() and text.isdigit() and len(text) < 10:
        row: Cooperative | None = (
            scope.narrowed(Cooperative.select(), me()).where(Cooperative.id == int(text)).first()
        )  # fmt: skip
        if row is not None:
            return row
    raise NotFound("There is no such record, or it belongs to another office.")
