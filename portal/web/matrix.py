"""The matrix of a period: 78 offices × forms, how each stands, whom to remind, what to waive, the same as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose
from markupsafe import Markup, escape

from admin_views import exporting
from models import Obligation, Period, Person, Submission
from portal import clock, notices, obligations, standings
from portal.errors import NotAllowed, NotFound, PortalError
from portal.rules.access import CENTRAL_ROLES, Role
from portal.rules.standing import STILL_OWED, Look, Standing
from portal.standings import VISITS, Cell, Column, Office
from portal.web.language import Lazy, gettext, ngettext
from portal.web.sign_in import me
from portal.web.words import period_name, word

REMINDERS = frozenset({Role.DIVISION, Role.PLANNING, Role.ADMIN})
WAIVERS = frozenset({Role.PLANNING, Role.ADMIN})
# The states one may narrow the matrix to; the lates are those handed in after their day.
STATES: Mapping[str, frozenset[Standing]] = {
    "missing": frozenset({Standing.MISSING}),
    "owed": STILL_OWED,
    "waiting_check": frozenset({Standing.WAITING}),
    "returned": frozenset({Standing.RETURNED}),
    "late": frozenset({Standing.WAITING, Standing.RETURNED, Standing.CHECKED}),
    "checked": frozenset({Standing.CHECKED}),
    "waived": frozenset({Standing.WAIVED}),
}


@dataclass(frozen=True)
class Asked:
    """What the page's address asks for. Numbers are ids, 0 = all; `form` and `unit` open a panel beside the matrix."""

    period: int = 0
    owner: int = 0
    region: int = 0
    state: str = ""
    unit: int = 0
    form: str = ""

    @property
    def query(self) -> dict[str, Any]:
        """Return the parts that are set, for an address."""
        return {name: value for name, value in vars(self).items() if value}

    def but(self, **changes: Any) -> str:
        """Return the address of the matrix with some parts changed."""
        return "/admin/matrix/?" + urlencode({k: v for k, v in {**self.query, **changes}.items() if v})


@dataclass
class View:
    """What is shown: columns, and for each region its offices with their cells by column."""

    period: Period
    columns: list[Column]
    groups: list[tuple[str, int, list[tuple[Office, dict[str, Cell]]]]]
    own: int = 0  # so many columns, the first ones, are the reader's own to check
    shown: list[Cell] = field(default_factory=list)

    @property
    def owed(self) -> list[Cell]:
        """Return what is still owed of all that is shown."""
        return [one for one in self.shown if one.look.standing in STILL_OWED]


class MatrixPage(BaseView):
    """Who has handed in what of a period."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="matrix", url="/admin/matrix", menu_icon_value="grid")

    def is_accessible(self) -> bool:
        """The matrix shows every office: it is the central roles'."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("The matrix of all offices belongs to the central units; your own work is on the first page.")

    @expose("/")
    def index(self) -> Any:
        """Show the matrix."""
        person, today, asked = me(), clock.today(), _asked()
        period = _period(asked)
        if period is None:
            return self.render("matrix/page.html", period=None, periods=[], asked=asked)
        view = _view(period, asked, person, today)
        missing = {one.unit_id for one in view.owed}
        mine = _remindable(view, person)
        regions = standings.by_region(period, today)
        return self.render(
            "matrix/page.html",
            period=period, periods=standings.recent(), asked=asked, view=view, today=today, at=clock.now(),
            names={one.subject: _name(one) for one in view.columns}, body=_drawn(view, asked, person),
            sums=standings.total(regions), missing=missing, remindable={one.unit_id for one in mine},
            owners=standings.owners(), regions=standings.regions(), states=list(STATES), states_said=STATE_WORDS,
            panel=_panel(view, asked, person), may_remind=person.role in REMINDERS,
            may_waive=person.role in WAIVERS, offices=_by_office(view), say=say, period_name=period_name,
        )  # fmt: skip

    @expose("/cell/")
    def cell(self) -> Any:
        """Lead from a cell to the report, or to what is owed while there is none."""
        owed = _obligation(request.args.get("id"))
        report = Submission.select(Submission.id).where(Submission.obligation == owed.id).scalar()
        there = f"/admin/review/?submission={report}" if report else f"/admin/obligation/details/?id={owed.id}"
        return redirect(there)

    @expose("/remind/", methods=("POST",))
    def remind(self) -> Any:
        """Ask those who still owe what is shown for it: once a day a person."""
        asked, person = _asked(request.form), me()
        period = _period(asked)
        if period is None:
            raise NotFound("There is no such period.")
        view = _view(period, asked, person, clock.today())
        wanted = _remindable(_beside(view, asked), person)
        told = notices.remind_missing(period, by=person, at=clock.now(), only=[one.id for one in wanted])
        flash(_told(told), "success")
        return redirect(asked.but())

    @expose("/waive/", methods=("POST",))
    def waive(self) -> Any:
        """Let one cell go, with a reason."""
        asked = _asked(request.form)
        owed = _obligation(request.form.get("id"))
        try:
            obligations.waive(owed, by=me(), at=clock.now(), reason=request.form.get("note", ""))
        except PortalError as refusal:
            flash(refusal.words(gettext), "error")
        else:
            flash(gettext("Waived, with the reason given."), "success")
        return redirect(asked.but())

    @expose("/export/<kind>/")
    def export(self, kind: str) -> Any:
        """Send exactly what is shown as a file: the same offices, the same forms, each cell in words."""
        if kind not in exporting.TYPES:
            abort(404)
        asked = _asked()
        period = _period(asked)
        if period is None:
            raise NotFound("There is no such period.")
        view = _view(period, asked, me(), clock.today())
        heads = [gettext("Region"), gettext("Office"), *(f"{one.subject} {_name(one)}" for one in view.columns)]
        lines = [
            (0, office.region, office.name, *(_said(held.get(one.subject)) for one in view.columns))
            for _, _, rows in view.groups
            for office, held in rows
        ]
        title = f"{gettext('Matrix of reports')} {period_name(period)}"
        heading = [_Head(str(n), name) for n, name in enumerate(heads)]
        return exporting.answer(kind, title, cast(Any, heading), [lines])


@dataclass(frozen=True)
class _Head:
    """A column of the file: its values as they stand."""

    path: str
    name: str
    reads: tuple[str, ...] = ("",)
    export: None = None


STATE_WORDS: Mapping[str, Lazy] = {
    "missing": Lazy("Overdue, not handed in"),
    "owed": Lazy("Not handed in"),
    "waiting_check": Lazy("Waiting for a check"),
    "returned": Lazy("Returned"),
    "late": Lazy("Handed in late"),
    "checked": Lazy("Checked"),
    "waived": Lazy("Waived"),
}


# ---------------------------------------------------------------- what is asked for


def _asked(given: Mapping[str, Any] | None = None) -> Asked:
    args = request.args if given is None else given

    def number(name: str) -> int:
        text = str(args.get(name, ""))
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    state = str(args.get("state", ""))
    return Asked(
        number("period"), number("owner"), number("region"), state if state in STATES else "", number("unit"),
        str(args.get("form", ""))[:40],
    )  # fmt: skip


def _period(asked: Asked) -> Period | None:
    if not asked.period:
        return standings.present_month()
    period = Period.get_or_none(Period.id == asked.period, Period.opened_at.is_null(False))
    if period is None:
        raise NotFound("There is no such period, or it is not open yet.")
    return cast(Period, period)


def _view(period: Period, asked: Asked, person: Person, today: dt.date) -> View:
    held = standings.cells(period, today)
    columns = standings.columns({one.subject for one in held})
    if asked.owner:
        columns = [one for one in columns if asked.owner in one.owners]
    own = [one for one in columns if person.unit_id in one.owners]
    columns = own + [one for one in columns if person.unit_id not in one.owners]
    subjects = {one.subject for one in columns}
    by_unit: dict[int, dict[str, Cell]] = {}
    for one in held:
        if one.subject in subjects:
            row = by_unit.setdefault(one.unit_id, {})
            if not asked.state or _fits(one.look, asked.state):
                row[one.subject] = one
    view = View(period, columns, [], len(own) if len(own) < len(columns) else 0)
    filled: set[str] = set()
    for office in standings.offices(by_unit):
        row = by_unit[office.id]
        if (asked.region and office.region_id != asked.region) or (asked.state and not row):
            continue
        if not view.groups or view.groups[-1][1] != office.region_id:
            view.groups.append((office.region_brief, office.region_id, []))
        view.groups[-1][2].append((office, row))
        view.shown += row.values()
        filled |= row.keys()
    if asked.state or asked.region:
        view.own = sum(one.subject in filled for one in view.columns[: view.own])
        view.columns = [one for one in view.columns if one.subject in filled]
    return view


def _fits(look: Look, state: str) -> bool:
    return look.standing in STATES[state] and (state != "late" or look.days > 0)


def _beside(view: View, asked: Asked) -> View:
    """Return only what the panel beside the matrix is about, all of it when none is open."""
    shown = [
        one
        for one in view.shown
        if (not asked.unit or one.unit_id == asked.unit) and (not asked.form or one.subject == asked.form)
    ]
    return View(view.period, view.columns, view.groups, view.own, shown)


def _remindable(view: View, person: Person) -> list[Cell]:
    """Return what is still owed and this person may ask for."""
    if person.role not in REMINDERS:
        return []
    if person.role != Role.DIVISION:
        return view.owed
    own = {one.subject for one in view.columns if person.unit_id in one.owners}
    return [one for one in view.owed if one.subject in own]


def _obligation(ident: Any) -> Obligation:
    text = str(ident)
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    row = Obligation.get_or_none(Obligation.id == int(text)) if is_number else None
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    return cast(Obligation, row)


# ---------------------------------------------------------------- words and drawing


def say(look: Look, subject: str = "") -> str:
    """Return how a cell stands in words."""
    if look.standing is Standing.MISSING:
        return ngettext("Not handed in, {count} day late", "Not handed in, {count} days late", look.days)
    said = gettext("Recorded") if subject == VISITS and look.standing is Standing.CHECKED else word(look.standing)
    if look.days:
        return gettext("{state}, {days} days late", state=said, days=look.days)
    return said


def _name(column: Column) -> str:
    return column.name or gettext("Visit records")


def _said(cell: Cell | None) -> str:
    return "" if cell is None else say(cell.look, cell.subject)


MARKS = {
    Standing.MISSING: "x",
    Standing.RETURNED: "r",
    Standing.WAITING: "w",
    Standing.BEGUN: "b",
    Standing.WAIVED: "n",
}
CLASSES = {
    Standing.MISSING: "hx", Standing.RETURNED: "hr", Standing.NOT_BEGUN: "ho", Standing.BEGUN: "ho",
    Standing.WAIVED: "hv",
}  # fmt: skip


def _drawn(view: View, asked: Asked, person: Person) -> Markup:
    """Return the rows of the matrix: a head for each region with its sums, then its offices."""
    known: dict[tuple[Look, bool], str] = {}

    def drawn(one: Cell) -> str:
        key = one.look, one.subject == VISITS
        if key not in known:
            known[key] = _picture(one.look, say(one.look, one.subject))
        return f'<td><a href="cell/?id={one.id}" {known[key]}</a></td>'

    out: list[str] = []
    empty = '<td class="no"></td>'
    subjects = [one.subject for one in view.columns]
    for region, ident, rows in view.groups:
        owing = {s: sum(held[s].look.standing in STILL_OWED for _, held in rows if s in held) for s in subjects}
        sums = "".join(f"<td>{owing[s] or ''}</td>" for s in subjects)
        whole = sum(owing.values())
        said = gettext("{n} not handed in", n=f"{whole:,}") if whole else gettext("All handed in")
        link = escape(asked.but(region=ident, unit=0, form=""))
        out.append(
            f'<tbody><tr class="reg"><th scope="row"><a href="{link}">{escape(region)}</a>'
            f"<small>{escape(said)}</small></th>{sums}</tr>"
        )
        for office, held in rows:
            missing = sum(one.look.standing in STILL_OWED for one in held.values())
            chosen = ' class="open"' if office.id == asked.unit else ""
            link = escape(asked.but(unit=office.id, form=""))
            line = "".join(drawn(held[s]) if s in held else empty for s in subjects)
            count = f"<b>{missing}</b>" if missing else ""
            out.append(
                f'<tr{chosen}><th scope="row"><a href="{link}">{escape(office.short)}</a>{count}</th>{line}</tr>'
            )
        out.append("</tbody>")
    return Markup("".join(out))  # names are escaped above, the rest is our own drawing


def _picture(look: Look, words: str) -> str:
    """Return the rest of a cell's link: class, words, and the mark inside."""
    cls = CLASSES.get(look.standing) or f"h{look.step}"
    mark = MARKS.get(look.standing, "")
    if mark:
        inside = f'<svg aria-hidden="true"><use href="#c-{mark}"/></svg>'
    else:
        inside = str(min(look.days, 99)) if look.days else ""
    return f'class="h {cls}" title="{escape(words)}">{inside}'


def _by_office(view: View) -> list[tuple[str, Office, int, int, int]]:
    """Return, for a narrow screen, each office with how much it owes, has waiting, and owes in all."""
    return [
        (
            region, office,
            sum(one.look.standing in STILL_OWED for one in held.values()),
            sum(one.look.standing is Standing.WAITING for one in held.values()),
            len(held),
        )
        for region, _, rows in view.groups
        for office, held in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """What stands beside the matrix about one office or one form: its cells, what is owed first."""

    title: str
    sub: str
    lines: Sequence[tuple[str, str, Cell]]  # name, address, cell
    owed: int
    may_remind: bool


def _panel(view: View, asked: Asked, person: Person) -> Panel | None:
    offices = {office.id: office for _, _, rows in view.groups for office, _ in rows}
    named = {one.subject: f"{one.subject} {_name(one)}" if one.form_id else _name(one) for one in view.columns}
    held = _beside(view, asked).shown
    if asked.unit in offices:
        office = offices[asked.unit]
        order = {subject: n for n, subject in enumerate(named)}
        lines = [(named[one.subject], asked.but(form=one.subject, unit=0), one) for one in held]
        lines.sort(key=lambda line: (_urgency(line[2].look), order[line[2].subject]))
        title, sub = office.name, office.region
    elif asked.form in named:
        place = {ident: n for n, ident in enumerate(offices)}
        lines = [(offices[one.unit_id].short, asked.but(unit=one.unit_id, form=""), one) for one in held]
        lines.sort(key=lambda line: (_urgency(line[2].look), place[line[2].unit_id]))
        title, sub = named[asked.form], ""
    else:
        return None
    owed = sum(one.look.standing in STILL_OWED for _, _, one in lines)
    mine = _remindable(_beside(view, asked), person)
    return Panel(title, sub, lines, owed, bool(mine))


def _urgency(look: Look) -> tuple[int, int]:
    order = (
        Standing.MISSING, Standing.RETURNED, Standing.NOT_BEGUN, Standing.BEGUN, Standing.WAITING, Standing.CHECKED,
        Standing.WAIVED,
    )  # fmt: skip
    return order.index(look.standing), -look.days


def _told(told: notices.Told) -> str:
    if not told.people and not told.already:
        return gettext("Nobody is left to remind: nothing of this is owed, or the offices have no people in service.")
    if not told.people:
        return gettext("Everybody concerned was reminded today already; once a day is enough.")
    said = gettext("Reminded {people} people in {units} offices.", people=told.people, units=told.units)
    if told.already:
        said += " " + gettext("{already} had been reminded today already.", already=told.already)
    return said
