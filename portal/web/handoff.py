"""Hand-off to other systems: what is still to be sent, the dry run, each dispatch with its files, keying it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request
from flask_admin import BaseView, expose

from jobs import queue
from models import Dispatch, FiscalYear, Period, RunStep
from portal import clock, exports, files, formats, periods, scope
from portal.errors import NotAllowed, NotFound, PortalError
from portal.exports import dispatches
from portal.exports.composing import Data, Filled
from portal.exports.target import Target
from portal.reports import runs
from portal.rules import handoffs
from portal.rules.access import CENTRAL_ROLES
from portal.rules.handoffs import SENT, DispatchState, Span
from portal.rules.terms import PeriodKind, RunState
from portal.web.kept import kept_files
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me
from portal.web.words import period_name

MARKS = {
    DispatchState.ASKED: "run", DispatchState.PREPARED: "half", DispatchState.RECORDED: "tick",
    DispatchState.UPLOADED: "done", DispatchState.ACKNOWLEDGED: "done", DispatchState.PUT_ASIDE: "none",
}  # fmt: skip
STEP_MARKS = {"waiting": "dash", "running": "run", "done": "done", "failed": "bad", "cancelled": "none"}
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
SHOWN = 200
SAMPLE = 5  # rows of a sheet that the dry run shows


class HandoffPage(BaseView):
    """Figures on their way to other systems."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="handoff", url="/admin/handoff", menu_icon_value="out")

    def is_accessible(self) -> bool:
        """Central roles look; planning and administrators hand off."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Figures are handed to other systems by the planning division.")

    # ------------------------------------------------------------ what is to be sent

    @expose("/")
    def index(self) -> Any:
        """Show what is still to be sent where, and what was sent."""
        years = [y.year for y in FiscalYear.select().order_by(FiscalYear.year.desc()).limit(20)]
        year = _number(request.args.get("year")) or _present_year(years)
        owed = dispatches.due(year, clock.today(), periods.due_on) if year else []
        waiting = [one for one in owed if not one.is_done]
        return self.render(
            "handoff/index.html", years=years, year=year, systems=exports.EXPORTS, name_of=period_name, marks=MARKS,
            waiting=waiting, chosen=str(dispatches.span_of(waiting[0].period)) if waiting else "",
            done=[one for one in owed if one.is_done],
            spans=_spans(year) if year else [], may=may(), at=clock.now(), today=clock.today(),
            span_of=dispatches.span_of,
        )  # fmt: skip

    # ------------------------------------------------------------ the dry run

    @expose("/check/")
    def check(self) -> Any:
        """Work a dispatch out and show it; nothing is kept."""
        return self._checked("", 200)

    def _checked(self, problem: str, status: int) -> Any:
        target, span, is_provisional = _asked()
        looked = dispatches.look(target, span, is_provisional=is_provisional, files=kept_files(), at=clock.now())
        shown = self.render(
            "handoff/check.html", looked=looked, target=target, span=span, is_provisional=is_provisional,
            period=dispatches.period_of(span), name_of=period_name, problem=problem, may=may(), at=clock.now(),
            wrong=[wrong_line(each) for each in looked.composed.violations[:SHOWN]], changes=looked.changes[:SHOWN],
            is_sent=looked.base is not None and looked.base.state in SENT, sample=SAMPLE,
            word_typed=request.form.get("word", ""),
        )  # fmt: skip
        return shown, status

    @expose("/check/", methods=("POST",))
    def ask(self) -> Any:
        """Ask for the dispatch to be made."""
        target, span, is_provisional = _asked()
        try:
            dispatch, run = dispatches.ask(
                target,
                span,
                is_changes_only=request.form.get("what") == "changes",
                is_provisional=is_provisional,
                word=request.form.get("word", "")[:2000],
                by=me(),
                at=clock.now(),
            )
        except PortalError as refusal:
            return self._checked(refusal.words(gettext), refusal.status)
        queue.ring("make_dispatch", run.id, turn=run.attempt)
        return redirect(f"/admin/handoff/dispatch/?id={dispatch.id}")

    # ------------------------------------------------------------ one dispatch

    @expose("/dispatch/")
    def dispatch(self) -> Any:
        """Show one dispatch: its files, what changed since the one before, and the steps it can take."""
        return self._shown(_dispatch(), "", 200)

    def _shown(self, dispatch: Dispatch, problem: str, status: int) -> Any:
        is_made = bool(dispatch.data_key)
        data, changes = dispatches.told(dispatch, kept_files()) if is_made else (None, [])
        shown = self.render(
            "handoff/dispatch.html", **_state_of(dispatch), target=exports.target(dispatch.system), data=data,
            changes=changes[:SHOWN], change_count=len(changes), name_of=period_name, problem=problem, may=may(),
            at=clock.now(), size_of=_size, steps_open=handoffs.open_steps(dispatch.state),
            span=dispatches.span_of(dispatch.period), keyed=dispatches.keyed(dispatch) if is_made else 0,
        )  # fmt: skip
        return shown, status

    @expose("/progress/")
    def progress(self) -> Any:
        """Return the part of a dispatch's page that changes while a worker is at it."""
        dispatch = _dispatch()
        arrived = request.args.get("was") != str(dispatch.state)
        return self.render("handoff/progress.html", **_state_of(dispatch), arrived=arrived)

    @expose("/file/")
    def file(self) -> Any:
        """Send one file of a dispatch."""
        dispatch = _dispatch()
        one = next((each for each in dispatch.files if each["name"] == request.args.get("name")), None)
        if one is None:
            raise NotFound("There is no such record, or it belongs to another office.")
        with kept_files().open(one["key"]) as source:
            answer = Response(source.read(), mimetype=TYPES[one["name"].rpartition(".")[2]])
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(one['name'])}"
        return answer

    @expose("/step/", methods=("POST",))
    def step(self) -> Any:
        """Take one step with a dispatch."""
        dispatch, step = _dispatch(), request.form.get("step", "")
        note = request.form.get("note", "")[:2000]
        steps: dict[str, Callable[[], None]] = {
            "record": lambda: dispatches.record(dispatch, by=me(), at=clock.now(), note=note),
            "upload": lambda: dispatches.upload(dispatch, by=me(), at=clock.now(), note=note),
            "acknowledge": lambda: dispatches.acknowledge(
                dispatch, receipt=request.form.get("receipt", "")[:200], by=me(), at=clock.now(), note=note
            ),
            "put_aside": lambda: dispatches.put_aside(dispatch, by=me(), at=clock.now(), note=note),
        }
        if step not in steps:
            raise NotFound("There is no such record, or it belongs to another office.")
        try:
            steps[step]()
        except PortalError as refusal:
            return self._shown(dispatches.of_run(str(dispatch.id)), refusal.words(gettext), refusal.status)
        return redirect(f"/admin/handoff/dispatch/?id={dispatch.id}")

    @expose("/again/", methods=("POST",))
    def again(self) -> Any:
        """Let a dispatch that could not be made be made after all."""
        dispatch = _dispatch()
        run = dispatches.run_of(dispatch)
        if run is None:
            raise NotFound("This record is no longer there.")
        runs.retry(run, by=me(), at=clock.now())
        queue.ring("make_dispatch", run.id, turn=run.attempt)
        return redirect(f"/admin/handoff/dispatch/?id={dispatch.id}")

    # ------------------------------------------------------------ keying

    @expose("/key/")
    def key(self) -> Any:
        """Show one row of a dispatch in the order of the other system, to be keyed there."""
        dispatch = _dispatch()
        data, _ = dispatches.told(dispatch, _made_files(dispatch))
        ticked = dispatches.keyed_rows(dispatch)
        sheet, place = _place(data, ticked)
        return self.render(
            "handoff/key.html", dispatch=dispatch, target=exports.target(dispatch.system), name_of=period_name,
            tabs=[(one, sum((one.slug, row.key) in ticked for row in one.rows)) for one in data.sheets if one.rows],
            sheet=sheet, place=place, row=sheet.rows[place], ticked=ticked, may=may(), at=clock.now(),
            is_open=dispatch.state is DispatchState.PREPARED,
        )  # fmt: skip

    @expose("/key/", methods=("POST",))
    def tick(self) -> Any:
        """Tick a row off, or take the tick back, and go on to the next that is not."""
        dispatch = _dispatch()
        data, _ = dispatches.told(dispatch, _made_files(dispatch))
        sheet, place = _place(data, set())
        is_keyed = request.form.get("keyed") == "y"
        dispatches.tick(dispatch, sheet, sheet.rows[place].key, is_keyed=is_keyed, by=me(), at=clock.now())
        ticked = dispatches.keyed_rows(dispatch)
        if is_keyed:
            later = [*range(place + 1, len(sheet.rows)), *range(place)]
            left = [n for n in later if (sheet.slug, sheet.rows[n].key) not in ticked]
            if not left:
                others = [one for one in data.sheets if any((one.slug, row.key) not in ticked for row in one.rows)]
                if not others:
                    flash(gettext("Every row is keyed. Say so, and the dispatch is recorded."), "success")
                    return redirect(f"/admin/handoff/dispatch/?id={dispatch.id}")
                return redirect(f"/admin/handoff/key/?id={dispatch.id}&sheet={others[0].slug}")
            place = left[0]
        return redirect(f"/admin/handoff/key/?id={dispatch.id}&sheet={sheet.slug}&row={place + 1}")


def may() -> bool:
    """Return whether the reader hands off."""
    return me().role in handoffs.MAY_HAND_OFF


def wrong_line(one: Any) -> tuple[Any, str, str]:
    """Return a cell that breaks the mapping with its sentence and the address of the record to be mended."""
    table, number = one.about
    address = f"/admin/{table.lower()}/details/?id={number}" if number else f"/admin/{table.lower()}/"
    return one, one.error.words(gettext), address


def _made_files(dispatch: Dispatch) -> files.Files:
    if not dispatch.data_key:
        raise NotFound("This dispatch has no files yet.")
    return kept_files()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _asked() -> tuple[Target, Span, bool]:
    target = exports.target(request.values.get("system", ""))
    return target, handoffs.span(request.values.get("period", "")), request.values.get("provisional") == "y"


def _dispatch() -> Dispatch:
    number = _number(request.values.get("id"))
    row = scope.narrowed(Dispatch.select(), me()).where(Dispatch.id == number).first() if number else None
    if row is None:
        raise NotFound("There is no such record, or it belongs to another office.")
    found: Dispatch = row
    return found


def _present_year(years: list[int]) -> int | None:
    """Return the latest year with a period that was opened, else the latest."""
    opened = (
        Period.select(FiscalYear.year)
        .join(FiscalYear)
        .where(Period.opened_at.is_null(False))
        .order_by(FiscalYear.year.desc())
        .limit(1)
        .scalar()
    )
    return opened or next(iter(years), None)


def _spans(year: int) -> list[tuple[str, str]]:
    order = {PeriodKind.QUARTER: 0, PeriodKind.MONTH: 1, PeriodKind.YEAR: 2}
    rows = Period.select(Period, FiscalYear).join(FiscalYear).where(FiscalYear.year == year)
    listed = sorted(rows, key=lambda one: (order[one.kind], one.number))
    return [(str(dispatches.span_of(one)), period_name(one)) for one in listed]


def _state_of(dispatch: Dispatch) -> dict[str, Any]:
    run = dispatches.run_of(dispatch)
    steps = list(RunStep.select().where(RunStep.run == run.id).order_by(RunStep.position)) if run else []
    return {
        "dispatch": dispatch, "run": run, "steps": steps, "marks": MARKS, "step_marks": STEP_MARKS,
        "is_busy": run is not None and run.state in runs.OPEN,
        "is_failed": run is not None and run.state in (RunState.FAILED, RunState.CANCELLED),
    }  # fmt: skip


def _size(count: int) -> str:
    return f"{formats.num(max(1, round(count / 1024)))} KB"


def _place(data: Data, ticked: set[tuple[str, str]]) -> tuple[Filled, int]:
    """Return the sheet asked for and the place of the row asked for in it: else its first that is not ticked off."""
    held = [one for one in data.sheets if one.rows]
    sheet = next((one for one in held if one.slug == request.values.get("sheet")), held[0] if held else None)
    if sheet is None:
        raise NotFound("There is no such row in this dispatch.")
    row = _number(request.values.get("row"))
    if row is None:
        open_rows = (n for n, one in enumerate(sheet.rows) if (sheet.slug, one.key) not in ticked)
        return sheet, next(open_rows, 0)
    if not 1 <= row <= len(sheet.rows):
        raise NotFound("There is no such row in this dispatch.")
    return sheet, row - 1
