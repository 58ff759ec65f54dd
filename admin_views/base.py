"""Screen: what every screen is made of. A screen only declares; whose rows it shows, who may change them, and the
one way in which they are changed are the same for all and stand here.

Flask-Admin keeps the addresses, the menu and the views' names; reading goes by `listing` (one joined query),
writing by `portal.records` or a noun's verb. Nothing reaches a row but through `scope.narrowed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, flash, g, jsonify, redirect, request
from flask_admin import expose
from flask_admin.contrib.peewee import ModelView
from flask_admin.form import BaseForm
from markupsafe import Markup, escape
from peewee import Field, ForeignKeyField
from wtforms import HiddenField

from admin_views import cells, columns, drawing, exporting, fields, filters, listing, lookups, panels
from admin_views.labels import LABELS
from admin_views.panels import Panel
from models import Kept, Person, Table
from portal import clock, history, records, scope
from portal.errors import NotAllowed, NotFound, PortalError, RuleBroken, StaleRow
from portal.rules import access
from portal.rules.access import Role
from portal.web.language import Lazy, gettext, ngettext
from portal.web.sign_in import me, own_path
from portal.web.words import plain

EVERYBODY = frozenset(Role)
CENTRAL = access.CENTRAL_ROLES
AT_ONCE = 2_000  # records one press of a button may move


@dataclass(frozen=True)
class Button:
    """One step a person may take with a record, or with many: it hands each to a verb of its noun.

    `takes` is the verb, called as `takes(row, by=…, at=…)` and, with `asks_note`, `note=…`. `for_roles` see it;
    on a record's own page only while `fits(row, person)` says so. `sure` is asked before it is done.
    """

    name: str
    label: Lazy
    takes: Callable[..., object]
    for_roles: frozenset[Role]
    fits: Callable[[Any, Person], bool] = lambda row, person: True
    asks_note: bool = False
    sure: Lazy | None = None
    icon: str = "tick"


class Screen(ModelView):
    """A table as people work with it. Subclasses name columns, filters and form fields, and nothing else."""

    table: ClassVar[type[Table]]
    open_to: ClassVar[frozenset[Role]] = EVERYBODY
    adds = changes = True
    removes = False
    small = False  # a table of some hundred rows: every column may be sorted by
    not_typed: ClassVar[tuple[str, ...]] = ()  # columns no form of this screen asks for, on purpose
    not_shown: ClassVar[tuple[str, ...]] = ()  # columns a record's page leaves out
    worded: ClassVar[Mapping[str, Callable[[str], str]]] = {}  # columns that hold code names, and what words them
    fills: ClassVar[Mapping[str, Callable[[Person], Any]]] = {}  # values given to a new row by the portal itself
    starts: ClassVar[Mapping[str, Callable[[Person], Any]]] = {}  # values a new form begins with
    buttons: ClassVar[tuple[Button, ...]] = ()
    panels: ClassVar[tuple[Callable[[Any, Person], Panel], ...]] = ()
    ways: ClassVar[tuple[Callable[[Any, Person], tuple[str, str] | None], ...]] = ()  # (words, address) of pages beside
    empty: ClassVar[Lazy] = Lazy("Nothing is kept here yet.")
    icon = "list"

    can_view_details = True
    can_export = True
    can_set_page_size = True
    named_filter_urls = True
    page_size = 50
    page_size_options = (20, 50, 100)
    form_base_class = BaseForm
    list_template = "admin/model/list.html"

    def __init__(self, name: Lazy, category: Lazy, **kwargs: Any) -> None:
        self.cols = [self._column(str(path)) for path in self.column_list or ()]
        self.export_cols = [self._column(str(path)) for path in self.column_export_list or self.column_list or ()]
        self.sorts = columns.sortable(self.table, [c.path for c in self.cols], small=self.small)
        super().__init__(self.table, name, category, menu_icon_value=self.icon, **kwargs)

    def _column(self, path: str) -> columns.Column:
        return columns.column(self.table, path, says=self.worded.get(path))

    # ------------------------------------------------------------ who may

    def is_accessible(self) -> bool:
        """Return whether the person may open this screen."""
        return me().role in self.open_to

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("This page belongs to other roles.")

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Flask-Admin's own would call again, differently, after any TypeError of ours.
        return fn(self, *args, **kwargs)

    def _may(self, wanted: bool) -> bool:
        return wanted and access.may_write(me().role, self.table.__name__)

    @property
    def can_create(self) -> bool:
        """Whether the person may add records here."""
        return self._may(self.adds)

    @property
    def can_edit(self) -> bool:
        """Whether the person may change records here."""
        return self._may(self.changes)

    @property
    def can_delete(self) -> bool:
        """Whether the person may remove records here."""
        return self._may(self.removes)

    # ------------------------------------------------------------ what Flask-Admin asks for at start

    def _refresh_cache(self) -> None:
        self._form_ajax_refs: dict[str, Any] = {}
        self._filters = [f for path in self.column_filters or () for f in filters.filters(self.table, str(path))]
        self._filter_args = {f.key: (i, f) for i, f in enumerate(self._filters)}
        self._search_supported = bool(self.table.searched)
        self._edit_form_class = self._create_form_class = self.scaffold_form()

    def init_actions(self) -> None:
        """Take the buttons for Flask-Admin's actions; removing is one of them where records may be removed."""
        steps = list(self.buttons)
        if self.removes:
            steps.append(Button("delete", Lazy("Remove"), self._remove, EVERYBODY, sure=REMOVE, icon="bin"))
        self.steps = {step.name: step for step in steps}

    def scaffold_form(self) -> type[BaseForm]:
        """Return the form: the named columns only, so that nothing else of a request can reach a record."""
        controls: dict[str, Any] = {}
        for name in self.form_columns or ():
            url = f"ajax/lookup/?name={name}"
            controls[str(name)] = fields.control(self.table._meta.fields[str(name)], url)
        if issubclass(self.table, Kept):
            controls["version"] = HiddenField()
        return type(f"{self.table.__name__}Form", (self.form_base_class,), controls)

    # ------------------------------------------------------------ reading

    def get_query(self) -> Any:
        """Return the rows the person may see, and no others."""
        return scope.narrowed(self.table.select(), me())

    def get_one(self, id: Any) -> Any:
        """Return one record the person may see. Raises NotFound for any other, whether it exists or not."""
        text = str(id)
        if text.isascii() and text.isdigit() and len(text) < 10:
            row = self.get_query().where(self.table.id == int(text)).first()
            if row is not None:
                return row
        raise NotFound("There is no such record, or it belongs to another office.")

    def asked(self) -> listing.Asked:
        """Return what the page's address asks of the list."""
        args = self._args()
        chosen = [(self._filters[i], self._filters[i].clean(value)) for i, _name, value in args.filters or ()]
        return listing.Asked(
            (args.search or "")[:200],
            chosen,
            self._order(args),
            max(0, args.page or 0),
            self.get_safe_page_size(args.page_size),
        )

    def _args(self) -> Any:
        # Read once a request: looking at them may cost a look-up, and tells what is wrong with them.
        if "list_args" not in g:
            g.list_args = self._get_list_extra_args()
        return g.list_args

    def _order(self, args: Any) -> Sequence[tuple[str, bool]]:
        if args.sort is not None and 0 <= args.sort < len(self.cols):
            path = self.cols[args.sort].path
            if path in self.sorts:
                return [(self.sorts[path], bool(args.sort_desc))]
        given = self.column_default_sort or ("id", True)
        return [given] if isinstance(given, tuple) else list(given)

    def _get_list_filter_args(self) -> Any:
        found = []
        for arg, value in request.args.items():
            key = arg[3:].partition("_")[2] if arg.startswith("flt") else ""
            if key in self._filter_args and value.strip():
                index, one = self._filter_args[key]
                try:
                    one.clean(value)
                except ValueError as wrong:
                    if request.endpoint != f"{self.endpoint}.index_view":
                        # A list may leave a filter out and say so; a file or a step may not.
                        raise RuleBroken("A filter could not be read: {reason}", reason=str(wrong)) from wrong
                    flash(f"{one.label}: {wrong}", "error")
                else:
                    found.append((index, key, value))
        return found

    def get_filter_arg(self, index: int, flt: Any) -> str:
        """Return the name of a filter in the page's address."""
        return str(flt.key)

    @expose("/")
    def index_view(self) -> Any:
        """Show the list."""
        person, asked, args = me(), self.asked(), self._args()
        cols = self.cols_for(person)
        page = listing.page(self.table, cols, person, asked)
        steps = [step for step in self.steps.values() if self._offers(step, person)]

        def address(**changes: Any) -> str:
            return str(self._get_list_url(args.clone(**{"page": 0, **changes})))

        chips = [
            (one.label, one.says(value), address(filters=[f for f in args.filters if f != (index, key, value)]))
            for index, key, value in args.filters or ()
            for one in [self._filters[index]]
        ]
        last = None if page.count is None else max(0, (page.count - 1) // asked.size)
        return self.render(
            self.list_template,
            screen=self, args=args, asked=asked, page=page, chips=chips, steps=steps, address=address, last=last,
            shown=dict(self._get_filters(args.filters)), body=self._drawn(cols, page, bool(steps)),
            filters=self._filters, cols=[(self.cols.index(one), one) for one in cols],
            is_last=asked.page >= last if last is not None else len(page.rows) < asked.size,
        )  # fmt: skip

    def cols_for(self, person: Person) -> list[columns.Column]:
        """Return the columns a person's list shows: an office is not told on every line that it is itself."""
        own = ".".join(self.table.unit_path or ()) if person.role in access.OFFICE_ROLES else ""
        return [self.cols[0], *(one for one in self.cols[1:] if one.path != own)]

    def _drawn(self, cols: list[columns.Column], page: listing.Page, ticked: bool) -> Any:
        in_place = frozenset(map(str, self.column_editable_list or ()))
        return drawing.rows(cols, page.rows, str(self.url), ticked=ticked, edits=self.can_edit, in_place=in_place)

    @expose("/details/")
    def details_view(self) -> Any:
        """Show one record with its history."""
        person, row = me(), self.get_one(request.args.get("id"))
        hidden = {"id", "version", "name_sort", *self.table.secret, *self.not_shown}
        names = [n for n in self.table._meta.sorted_field_names if n not in hidden]
        steps = [s for s in self.steps.values() if self._offers(s, person) and s.fits(row, person)]
        values = [(columns.name_of(name), self._whole(row, name)) for name in names]
        return self.render(
            self.details_template,
            screen=self, row=row, model=row, steps=steps,
            values=[one for one in values if one[1]], blank=[name for name, value in values if not value],
            panels=[panel(row, person) for panel in self.panels],
            ways=[found for way in self.ways if (found := way(row, person))],
            revisions=panels.history_of(row), return_url=self._back(),
        )  # fmt: skip

    def _whole(self, row: Table, name: str) -> Markup:
        field = self.table._meta.fields[name]
        value = row.__data__.get(name)
        if name in self.worded:
            return Markup(cells.said(value, self.worded[name]))
        if isinstance(field, ForeignKeyField):
            return escape(lookups.name_of(field.rel_model, value) or "")
        return cells.whole(field, value)

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Any:
        """Send the list as it is shown, all its pages, as a file."""
        if export_type not in exporting.TYPES:
            abort(404)
        rows = listing.everything(self.table, self.export_cols, me(), self.asked())
        return exporting.answer(export_type, str(self.name), self.export_cols, rows)

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Any:
        """Return the records a field or filter may point to, as one types."""
        name = request.args.get("name", "")
        field = self._related(name)
        offset = request.args.get("offset", 0, type=int)
        limit = request.args.get("limit", lookups.MOST, type=int)
        return jsonify(lookups.found(field.rel_model, request.args.get("query", ""), me(), offset=offset, limit=limit))

    def _related(self, name: str) -> ForeignKeyField:
        known: dict[str, Field] = {f.path: f.field for f in self._filters}
        known |= {str(n): self.table._meta.fields[str(n)] for n in self.form_columns or ()}
        field = known.get(name)
        if not isinstance(field, ForeignKeyField):
            raise NotFound("There is no such field.")
        return field

    # ------------------------------------------------------------ writing

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """Add a record."""
        if not self.can_create:
            raise NotAllowed("You may look at these records but not change them.")
        starts = {name: give(me()) for name, give in self.starts.items()}
        form = self._create_form_class(request.form if request.method == "POST" else None, **starts)
        if request.method == "POST" and form.validate():
            try:
                row = self.create_model(form)
            except PortalError as refusal:
                return self._again(form, refusal, self.create_template)
            flash(gettext("The record was added."), "success")
            return redirect(self._onward(row))
        return self._form_page(form, self.create_template, 422 if form.errors else 200)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        """Change a record."""
        row = self.get_one(request.args.get("id"))
        if not self.can_edit:
            raise NotAllowed("You may look at these records but not change them.")
        form = self._edit_form_class(request.form if request.method == "POST" else None, obj=row)
        if request.method == "POST" and form.validate():
            try:
                self.update_model(form, row)
            except StaleRow:
                return self._stale(form, row)
            except PortalError as refusal:
                return self._again(form, refusal, self.edit_template, row=row)
            flash(gettext("The record was saved."), "success")
            return redirect(self._onward(row))
        return self._form_page(form, self.edit_template, 422 if form.errors else 200, row=row)

    def create_model(self, form: Any) -> Any:
        """Add the record that the form describes."""
        return self.put_in(self._values(form), by=me(), at=clock.now())

    def update_model(self, form: Any, model: Any) -> Any:
        """Save the form over the version the person looked at. Raises StaleRow when there is a later one."""
        seen = str(form["version"].data) if "version" in form else ""
        number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
        return self.put_over(model, self._values(form), seen=number, by=me(), at=clock.now())

    def put_in(self, values: dict[str, Any], *, by: Person, at: Any) -> Any:
        """Add a record with these values and return it. A screen whose records have a verb of their own calls that."""
        values = values | {name: give(by) for name, give in self.fills.items()}
        with records.changing(by=by, verb="create", at=at) as work:
            return work.create(self.table, **values)

    def put_over(self, row: Any, values: dict[str, Any], *, seen: int | None, by: Person, at: Any) -> Any:
        """Save values over the version `seen` of a record; a screen with a verb of its own for that calls the verb."""
        with records.changing(by=by, verb="edit", at=at) as work:
            return work.update(row, seen=seen, **values)

    def _values(self, form: Any) -> dict[str, Any]:
        return {held.name: self._kept(held) for held in form if held.name != "version"}

    def _kept(self, held: Any) -> Any:
        field = self.table._meta.fields[held.name]
        if held.data is None and not field.null and not isinstance(field, ForeignKeyField):
            return field.default
        return held.data

    def delete_model(self, model: Any) -> bool:
        """Remove a record, by the one way to write."""
        self._remove(model, by=me(), at=clock.now())
        return True

    def _remove(self, row: Table, *, by: Person, at: Any) -> None:
        with records.changing(by=by, verb="remove", at=at) as work:
            work.remove(row)

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> Any:
        """Remove one record."""
        row = self.get_one(request.form.get("id"))
        if not self.can_delete:
            raise NotAllowed("Records of this kind are not removed.")
        self.delete_model(row)
        flash(gettext("The record was removed. Its history is kept."), "success")
        return redirect(self._back())

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self) -> Any:
        """Change one cell of the list."""
        name = request.form.get("name", "")
        row = self.get_one(request.form.get("id"))
        if not self.can_edit:
            raise NotAllowed("You may look at these records but not change them.")
        if name not in (self.column_editable_list or ()):
            raise NotFound("There is no such field.")
        form = self._edit_form_class(request.form, obj=row)
        for held in list(form):
            if held.name not in (name, "version"):
                del form[held.name]
        if not form.validate():
            return jsonify(error=" ".join(map(str, form[name].errors)), field=name), 422
        self.update_model(form, row)
        column = next(c for c in self.cols if c.path == name)
        shown = column.show(row.__data__[name]) if len(column.reads) == 1 else ""
        return jsonify(shown=shown, version=getattr(row, "version", 0))

    @expose("/ajax/cell/")
    def ajax_cell(self) -> Any:
        """Return the control for changing one cell of the list, with the version it was read at."""
        name, row = request.args.get("name", ""), self.get_one(request.args.get("id"))
        if name not in (self.column_editable_list or ()) or not self.can_edit:
            raise NotFound("There is no such field.")
        form = self._edit_form_class(None, obj=row)
        held = form[name]
        return jsonify(
            control=str(held(class_="in fit", aria_label=str(held.label.text))), version=getattr(row, "version", 0)
        )

    # ------------------------------------------------------------ buttons

    def _offers(self, step: Button, person: Person) -> bool:
        return person.role in step.for_roles and (step.name != "delete" or self.can_delete)

    @expose("/action/", methods=("POST",))
    def action_view(self) -> Any:
        """Take one step with each chosen record, or with all that match; tell how many went and why others did not."""
        step = self.steps.get(request.form.get("action", ""))
        if step is None or not self._offers(step, me()):
            raise NotAllowed("This step is not yours to take.")
        note = request.form.get("note", "").strip()
        values = {"note": note} if step.asks_note else {}
        chosen: Sequence[Any] = request.form.getlist("rowid")
        if request.form.get("everything"):
            chosen = listing.ids(self.table, me(), self.asked(), most=AT_ONCE)
        if len(chosen) > AT_ONCE:
            flash(gettext("At most {most} records at once: narrow the list first.", most=AT_ONCE), "error")
            return redirect(self._back())
        done, refused = 0, []
        for ident in chosen:
            try:
                row = self.get_one(ident)
                step.takes(row, by=me(), at=clock.now(), **values)
                done += 1
            except PortalError as refusal:
                refused.append((str(ident), refusal))
        self._tell(step, done, refused)
        if len(chosen) == 1 and refused and isinstance(refused[0][1], NotFound):
            raise refused[0][1]
        return redirect(self._back())

    def _tell(self, step: Button, done: int, refused: list[tuple[str, PortalError]]) -> None:
        if done:
            words = ngettext("{step}: {count} record", "{step}: {count} records", done, step=str(step.label))
            flash(words, "success")
        if not done and not refused:
            flash(gettext("Nothing was chosen."), "error")
        reasons: dict[str, int] = {}
        for _ident, refusal in refused:
            words = refusal.words(gettext)
            reasons[words] = reasons.get(words, 0) + 1
        for words, count in list(reasons.items())[:10]:
            flash(gettext("{count} not done: {reason}", count=count, reason=words), "error")

    # ------------------------------------------------------------ pages of forms

    def _form_page(self, form: Any, template: str, status: int, **more: Any) -> Any:
        errors = [(held.id, str(held.label.text), str(e)) for held in form for e in held.errors]
        given = {"row": None, "conflicts": [], "refusal": "", **more}
        shown = self.render(template, screen=self, form=form, errors=errors, return_url=self._back(), **given)
        return shown, status

    def _again(self, form: Any, refusal: PortalError, template: str, row: Any = None) -> Any:
        """Show the form again, the refusal beside its field, nothing of what was typed lost."""
        words = refusal.words(gettext)
        name = refusal.field.removesuffix("_id")
        if name in form:
            form[name].errors = [*form[name].errors, words]
            return self._form_page(form, template, refusal.status, row=row)
        return self._form_page(form, template, refusal.status, row=row, refusal=words)

    def _stale(self, form: Any, row: Table) -> Any:
        """Show both texts of every field that differs; saving once more is then a decision, not an accident."""
        fresh = self.get_one(row.id)
        theirs = self._edit_form_class(None, obj=fresh)
        conflicts = [
            (held, fields.shown(held), fields.shown(theirs[held.name]))
            for held in form
            if held.name != "version" and fields.shown(held) != fields.shown(theirs[held.name])
        ]
        form["version"].process(None, fresh.version)
        last = history.of(self.table, row.id)[:1]
        who = last[0].entry.person.name if last and last[0].entry.person_id else ""
        when = cells.moment(last[0].entry.at) if last else ""
        return self._form_page(form, self.edit_template, 409, row=fresh, conflicts=conflicts, who=who, when=when)

    def _back(self) -> str:
        target = own_path(request.values.get("url", ""))
        return target if target != "/" else f"{self.url}/"

    def _onward(self, row: Table) -> str:
        if "_add_another" in request.form:
            return f"{self.url}/new/"
        if "_continue_editing" in request.form:
            return f"{self.url}/edit/?id={row.id}"
        return self._back()

    def title_of(self, row: Any) -> str:
        """Return how the record is named above its page."""
        return (lookups.name_of(self.table, row.id) or str(row)) if self.table in LABELS else f"#{row.id}"

    def kind_name(self) -> str:
        """Return the name of the table for one record."""
        return gettext(plain(self.table.__name__))


REMOVE = Lazy("Remove the chosen records? Their history is kept.")
