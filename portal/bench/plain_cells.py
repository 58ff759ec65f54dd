"""What a deadline day costs without a portal: a bare Flask with peewee, three tables, the same pages and saves.

It knows who asks by a row, as the portal does, and keeps a cell with one statement. It checks nothing, remembers
nothing of before, and draws its pages without a shell: the least that such a page can cost on this machine.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, abort, redirect, render_template_string, request
from peewee import CharField, ForeignKeyField, IntegerField, Model

from portal import database
from portal.web.sign_in import COOKIE

LIST = """<!doctype html><html lang="th"><title>งานของฉัน</title><table>
{% for r in rows %}<tr><td>{{ r.id }}</td><td>{{ r.state }}</td>
<td><a href="/admin/answers/?obligation={{ r.id }}">กรอก</a></td></tr>{% endfor %}</table></html>"""
PAGE = """<!doctype html><html lang="th"><title>แบบรายงาน</title><body data-csrf="none"><form>
{% for key, value in cells %}<label>{{ key }} <input name="{{ key }}" value="{{ value }}"></label>{% endfor %}
</form></html>"""


class PlainSignIn(Model):
    """Who holds a cookie."""

    token = CharField(80, unique=True)
    unit = IntegerField()

    class Meta:
        database = database.db


class PlainReport(Model):
    """A report to be filled in."""

    unit = IntegerField(index=True)
    state = CharField(12, default="draft")

    class Meta:
        database = database.db


class PlainAnswer(Model):
    """One cell."""

    report = ForeignKeyField(PlainReport, on_delete="CASCADE")
    key = CharField(60)
    value = CharField(200)

    class Meta:
        database = database.db
        indexes = ((("report", "key"), True),)


TABLES = (PlainSignIn, PlainReport, PlainAnswer)


def make() -> Flask:
    """Return the application over the store that PLAIN_DATABASE names."""
    database.use(os.environ["PLAIN_DATABASE"])
    app = Flask("plain")

    @app.teardown_request
    def let_go(_error: BaseException | None) -> None:
        if not database.is_sqlite() and not database.db.is_closed():
            database.db.close()

    def mine() -> Any:
        held = PlainSignIn.get_or_none(PlainSignIn.token == request.cookies.get(COOKIE, ""))
        if held is None:
            abort(401)
        return held

    def report() -> Any:
        unit = mine().unit
        return PlainReport.get(PlainReport.id == int(request.args["obligation"]), PlainReport.unit == unit)

    @app.get("/health/")
    def health() -> str:
        return "ok"

    @app.get("/admin/")
    def listed() -> str:
        return render_template_string(LIST, rows=list(PlainReport.select().where(PlainReport.unit == mine().unit)))

    @app.get("/admin/answers/")
    def opened() -> str:
        held = dict(
            PlainAnswer.select(PlainAnswer.key, PlainAnswer.value).where(PlainAnswer.report == report()).tuples()
        )
        return render_template_string(PAGE, cells=[(f"q{n}", held.get(f"q{n}", "")) for n in range(1, 13)])

    @app.post("/admin/answers/cell")
    def save() -> Any:
        given = request.get_json()
        owed = PlainReport.get(PlainReport.id == given["obligation"], PlainReport.unit == mine().unit)
        key, typed = next(iter(given["cells"].items()))
        with database.db.atomic():
            PlainAnswer.insert(report=owed, key=key, value=typed).on_conflict(
                conflict_target=[PlainAnswer.report, PlainAnswer.key], preserve=[PlainAnswer.value]
            ).execute()
        return {"cells": {key: {"state": "saved", "version": 1}}, "version": 1}

    @app.post("/admin/answers/send")
    def send() -> Any:
        owed = report()
        PlainReport.update(state="submitted").where(PlainReport.id == owed.id).execute()
        return redirect("/admin/")

    return app
