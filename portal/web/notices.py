"""The page under the bell: what a person was told, what of it is new, and whether it comes by e-mail too."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask_admin import BaseView, expose

from models import Notice
from portal import clock, notices, scope
from portal.errors import NotFound
from portal.web.language import gettext, lazy
from portal.web.sign_in import me, own_path

SHOWN = 200


class NoticesPage(BaseView):
    """One's own notices, newest first."""

    def __init__(self) -> None:
        super().__init__(lazy("What you were told"), None, endpoint="notices", url="/admin/notices")

    def is_visible(self) -> bool:
        """The bell leads here; the menu need not."""
        return False

    @expose("/")
    def index(self) -> Any:
        """Show them."""
        settings = current_app.config["PORTAL"]
        return self.render("notices/page.html", told=notices.of(me().id, limit=SHOWN), has_mail=bool(settings.mail))

    @expose("/open/", methods=("POST",))
    def open(self) -> Any:
        """Go where a notice leads; it is read then."""
        text = request.form.get("id", "")
        row = None
        if text.isascii() and text.isdigit() and len(text) < 10:
            row = scope.narrowed(Notice.select(), me()).where(Notice.id == int(text)).first()
        if row is None:
            raise NotFound("There is no such notice.")
        notices.mark_read(me(), at=clock.now(), only=[row.id])
        return redirect(own_path(row.link or notices.HOME))

    @expose("/read/", methods=("POST",))
    def read(self) -> Any:
        """Mark everything as read."""
        notices.mark_read(me(), at=clock.now())
        flash(gettext("Everything is marked as read."), "success")
        return redirect("/admin/notices/")

    @expose("/mail/", methods=("POST",))
    def mail(self) -> Any:
        """Choose whether notices come by e-mail as well."""
        notices.choose_mail(me(), wants=request.form.get("wants") == "1", at=clock.now())
        flash(gettext("Your choice is kept."), "success")
        return redirect("/admin/notices/")
