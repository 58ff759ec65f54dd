"""An office's people reach no other office's row: every screen, every way in, by number."""

import datetime as dt

import pytest

from models import (
    ApiToken,
    AuditEntry,
    Dispatch,
    Edition,
    ImportBatch,
    ImportLine,
    KeyedRow,
    Notice,
    Obligation,
    Person,
    Reopening,
    Revision,
    Run,
    Schedule,
    ScheduleTurn,
    Sending,
    SentWorkbook,
    SignIn,
    Unit,
    UnlockRequest,
    Visit,
)
from portal import clock, records, sign_ins
from portal.rules.access import OFFICE_ROLES, Role
from tests import make
from tests.admin import walking

# What a stranger's number is answered with: the page is another role's (403) or the record is not there (404).
CLOSED = {403, 404}
AT = dt.datetime(2023, 9, 1, 12, 0)
OWN_PAGES = {Visit: "/admin/visits/record/"}


@pytest.fixture
def people(demo):
    """A reporter of one office and one of another, with rows of the tables that the demonstration leaves empty."""
    mine = Person.select().where(Person.role == Role.REPORTER).order_by(Person.id).first()
    other = Person.select().where(Person.role == Role.REPORTER, Person.unit != mine.unit_id).order_by(Person.id).first()
    period = make.period()
    with records.changing(by=None, verb="make", at=AT) as work:
        for who in (mine, other):
            run = work.create(Run, kind="pack", subject=f"2566-{who.id}", asked_by=who, unit=who.unit_id, asked_at=AT)
            edition = work.create(
                Edition,
                book="pack",
                fiscal_year=period.fiscal_year_id,
                subject=run.subject,
                number=1,
                run=run,
                unit=who.unit_id,
                cut_at=AT,
                made_at=AT,
                snapshot_sha256="0" * 64,
                sha256="0" * 64,
                pages=1,
                file_key="aa/" + "0" * 30,
            )
            work.create(Sending, edition=edition, name="ตัวอย่าง", email="someone@example.go.th", asked_at=AT)
            schedule = Schedule.select().first()
            work.create(ScheduleTurn, schedule=schedule, subject=run.subject, due_at=AT, asked_at=AT, run=run)
            work.create(Notice, person=who, at=AT, text="ตัวอย่าง")
            asked = {"rule": "not_open", "reason": "ตัวอย่าง", "asked_by": who, "asked_at": AT}
            work.create(UnlockRequest, unit=who.unit_id, **asked)
            file = {"source": "extract", "file_name": f"{who.unit.short}.xlsx", "file_sha256": "0" * 64}
            batch = work.create(ImportBatch, unit=who.unit_id, person=who, at=AT, **file)
            work.create(ImportLine, batch=batch, row=1)
            owed = Obligation.select().where(Obligation.unit == who.unit_id).first()
            again = {"reason": "ตัวอย่าง", "opened_by": who, "opened_at": AT, "until_on": AT.date(), "closed_at": AT}
            work.create(Reopening, unit=who.unit_id, obligation=owed, **again)
            held = {"token_hash": f"{who.id:064d}", "begins": "cpd_xxxx", "made_at": AT, "expires_at": AT}
            work.create(ApiToken, name="ตัวอย่าง", person=who, **held)
            file = {"source": "extract", "file_name": "ตัวอย่าง.txt", "file_sha256": "0" * 64, "at": AT}
            batch = work.create(ImportBatch, person=who, unit=who.unit_id, **file)
            work.create(ImportLine, batch=batch, row=1)
            dispatch = {"system": "bb_evmis", "period": period, "number": who.id, "person": who, "at": AT}
            out = work.create(Dispatch, unit=who.unit_id, receipt=who.unit.short, **dispatch)
            work.create(KeyedRow, dispatch=out, sheet="301", key="1", person=who, at=AT)
            sent = {"period": period, "file_name": f"{who.unit.short}.xlsx", "size": 1, "sha256": "0" * 64}
            work.create(SentWorkbook, unit=who.unit_id, person=who, at=AT, **sent)
            asked = {"rule": "plan_first", "reason": "ตัวอย่าง", "asked_by": who, "asked_at": AT}
            work.create(UnlockRequest, unit=who.unit_id, **asked)
            owed = Obligation.select().where(Obligation.unit == who.unit_id).first()
            opened = {"reason": "ตัวอย่าง", "opened_by": who, "opened_at": AT, "until_on": AT.date(), "closed_at": AT}
            work.create(Reopening, unit=who.unit_id, obligation=owed, **opened)
    sign_ins.begin_sign_in(other, agent="", at=clock.now())
    return mine, other


def ways_in(screen, ident):
    """Every way to one record of a screen: (method, address, form)."""
    base = screen.url
    fields = {str(name): "1" for name in screen.form_columns or ()}
    yield "get", f"{base}/details/?id={ident}", None
    yield "get", f"{base}/edit/?id={ident}", None
    yield "post", f"{base}/edit/?id={ident}", fields | {"version": "1"}
    yield "post", f"{base}/delete/", {"id": ident}
    for name in (*(screen.column_editable_list or ()), "note", "name"):
        yield "get", f"{base}/ajax/cell/?id={ident}&name={name}", None
        yield "post", f"{base}/ajax/update/", {"id": ident, "name": name, str(name): "1", "version": "1"}
    for step in screen.steps.values():
        yield "post", f"{base}/action/", {"action": step.name, "rowid": ident, "note": "ลอง"}


@pytest.mark.parametrize("role", sorted(OFFICE_ROLES))
def test_no_way_of_any_screen_leads_to_another_office_s_row(people, role, app, sign_in):
    mine, _ = people
    Person.update(role=role).where(Person.id == mine.id).execute()
    client = sign_in(Person.get_by_id(mine.id))
    walked = 0

    for screen in walking.screens(app):
        row = walking.foreign(screen.table, mine)
        if row is None:
            assert not screen.table.unit_path, f"{screen.table.__name__}: no row of another office to try"
            continue
        before, counted = walking.picture(row), walking.counts()
        for method, address, form in ways_in(screen, row.id):
            answer = getattr(client, method)(address, data=form)
            assert answer.status_code in CLOSED, f"{method} {address}: {answer.status_code}"
            walked += 1
        assert walking.picture(row) == before, screen.table.__name__
        assert walking.counts() == counted, screen.table.__name__

    assert walked > 150


def test_no_list_export_or_lookup_of_any_screen_shows_another_office_s_row(people, app, sign_in):
    mine, other = people
    client = sign_in(mine)
    secret = other.unit.short
    looked = 0

    for screen in walking.screens(app):
        if client.get(f"{screen.url}/").status_code == 403:
            continue
        shown = client.get(f"{screen.url}/?page_size=100").text
        out = client.get(f"{screen.url}/export/csv/").text
        # Plans, projects and forms are everybody's and may name other units as their owners.
        if screen.table.unit_path:
            assert secret not in shown, screen.table.__name__
            assert secret not in out, screen.table.__name__
        for name in {*(str(n) for n in screen.form_columns or ()), *(f.path for f in screen._filters)}:
            answer = client.get(f"{screen.url}/ajax/lookup/?name={name}&query={secret[-6:]}&limit=100000")
            assert answer.status_code in (200, 404)
            if answer.status_code == 200:
                looked += 1
                assert len(answer.json) <= 20
                assert not any(secret in words for _ident, words in answer.json), f"{screen.url} {name}"

    assert looked > 30


def test_a_filter_that_names_a_hidden_office_makes_no_file_and_no_step(people, sign_in):
    mine, other = people
    client = sign_in(mine)

    assert client.get(f"/admin/visit/export/csv/?flt0_unit_is={other.unit_id}").status_code == 422
    all_of_them = {"action": "verify", "everything": "1"}
    answer = client.post(f"/admin/visit/action/?flt0_unit_is={other.unit_id}", data=all_of_them)
    assert answer.status_code in (403, 422)


def test_all_matching_records_are_one_s_own_only(people, sign_in):
    mine, _ = people
    Person.update(role=Role.APPROVER).where(Person.id == mine.id).execute()
    client = sign_in(Person.get_by_id(mine.id))
    theirs = walking.foreign(walking_model("VisitPlan"), mine)
    before = walking.picture(theirs)

    client.post("/admin/visitplan/action/", data={"action": "approve", "everything": "1"})

    assert walking.picture(theirs) == before


def walking_model(name):
    return next(model for model in walking.ALL if model.__name__ == name)


def test_an_office_cannot_hang_its_record_on_another_office(people, sign_in):
    mine, other = people
    client = sign_in(mine)
    own, theirs = walking.own(walking_model("Cooperative"), mine), walking.foreign(walking_model("Cooperative"), mine)
    form = {
        "cooperative": str(theirs.id), "unit": str(other.unit_id), "visited_on": "10/05/2566", "activity": "1",
        "officer": str(other.id), "place": "on_site", "people_met": "1", "subject": "ลอง",
    }  # fmt: skip
    before = walking.counts()

    for wrong in (form, form | {"cooperative": str(own.id)}, form | {"unit": str(mine.unit_id)}):
        assert client.post("/admin/visit/new/", data=wrong).status_code == 422

    assert walking.counts() == before


def test_who_opens_which_screen_is_as_declared(people, app, sign_in):
    unit = Unit.get(Unit.kind == "central")
    for role in Role:
        person = make.person(role, None if role in OFFICE_ROLES else unit)
        client = sign_in(person, app.test_client())
        for screen in walking.screens(app):
            wanted = 200 if role in screen.open_to else 403
            assert client.get(f"{screen.url}/").status_code == wanted, f"{role} {screen.url}"
            # Only whether it would begin: nobody reads the file.
            assert client.get(f"{screen.url}/export/csv/", buffered=False).status_code == wanted


def test_only_the_roles_of_the_rule_may_add_and_change(people, app, sign_in):
    unit = Unit.get(Unit.kind == "central")
    for role in Role:
        person = make.person(role, None if role in OFFICE_ROLES else unit)
        client = sign_in(person, app.test_client())
        for screen in walking.screens(app):
            may = role in screen.open_to and records.access.may_write(role, screen.table.__name__)
            answer = client.get(f"{screen.url}/new/")
            # Some records are added on a page of their own, to which the screen leads.
            opens = answer.status_code == 200 or answer.location == OWN_PAGES.get(screen.table, "")
            assert opens == (may and screen.adds), f"{role} {screen.url}"


def test_the_trail_of_a_walk_holds_nothing_but_the_sign_in(people, app, sign_in):
    mine, _ = people
    client = sign_in(mine)
    entries, revisions = AuditEntry.select().count(), Revision.select().count()

    for screen in walking.screens(app):
        client.get(f"{screen.url}/")

    assert (AuditEntry.select().count(), Revision.select().count()) == (entries, revisions)
    assert SignIn.select().where(SignIn.person == mine).count() == 1
