"""Who checks a visit: the division of its kind of institution, by whatever door, and never one's own."""

import io
import zipfile

import pytest

from models import Visit
from portal import records, scope, visits
from portal.errors import MoveRefused, NotAllowed, NotFound
from portal.rules.access import Role
from portal.rules.terms import VisitState
from tests import make
from tests.make import NOON
from tests.visits.conftest import values

SUBJECT = "เรื่องลับเฉพาะเกษตร"


@pytest.fixture
def visit(office):
    return visits.record(by=office.officer, at=NOON, **values(office, subject=SUBJECT))


def state(visit):
    return Visit.get_by_id(visit.id).state


def test_the_division_of_the_kind_verifies(office, visit):
    visits.verify(visit, by=office.reviewer, at=NOON)

    kept = Visit.get_by_id(visit.id)
    assert (kept.state, kept.checked_by_id, kept.checked_at) == (VisitState.VERIFIED, office.reviewer.id, NOON)


@pytest.mark.parametrize("role", [Role.PLANNING, Role.ADMIN, Role.EXECUTIVE, Role.APPROVER, Role.REPORTER])
def test_no_other_role_verifies_or_returns(office, visit, role):
    by = make.person(role, office.unit if role in (Role.APPROVER, Role.REPORTER) else None)

    with pytest.raises(NotAllowed):
        visits.verify(visit, by=by, at=NOON)
    with pytest.raises(NotAllowed):
        visits.send_back(visit, by=by, at=NOON, note="ลอง")


def test_nobody_verifies_a_visit_of_one_s_own(office, visit):
    with records.changing(by=None, verb="make") as work:
        work.update(visit, recorded_by=office.reviewer)  # moved from the office to the division meanwhile

    with pytest.raises(NotAllowed, match="one's own"):
        visits.verify(visit, by=office.reviewer, at=NOON)


def test_a_return_needs_a_reason(office, visit):
    with pytest.raises(MoveRefused):
        visits.send_back(visit, by=office.reviewer, at=NOON, note=" ")


def test_the_other_division_does_not_see_what_waits(office, visit):
    waiting = Visit.select().where(visits.waits_for(office.stranger))

    assert waiting.count() == 0 and Visit.select().where(visits.waits_for(office.reviewer)).count() == 1
    assert not scope.may_see(visit, office.stranger) and scope.may_see(visit, office.reviewer)
    for verb in (visits.verify, visits.send_back):
        with pytest.raises((NotAllowed, NotFound)):
            verb(visit, by=office.stranger, at=NOON, **({"note": "ลอง"} if verb is visits.send_back else {}))
    assert state(visit) == VisitState.RECORDED


GETS = (
    "/admin/visit/", "/admin/visit/?flt0_state_is=recorded", "/admin/visit/?search=เรื่องลับ",
    "/admin/visit/export/csv/", "/admin/visit/export/xlsx/?flt0_state_is=recorded", "/admin/visit-check/",
    "/admin/visit-check/?unit={unit}",
)  # fmt: skip
ONES = ("/admin/visit/details/?id={id}", "/admin/visits/visit/?id={id}")


def text_of(answer):
    """What an answer says, a spreadsheet's sheets included."""
    if not answer.data.startswith(b"PK"):
        return answer.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def test_no_list_filter_search_or_export_shows_it_to_the_other_division(office, visit, sign_in):
    client = sign_in(office.stranger)

    for address in GETS:
        answer = client.get(address.format(unit=office.unit.id))
        assert answer.status_code == 200 and SUBJECT not in text_of(answer), address
    for address in ONES:
        assert client.get(address.format(id=visit.id)).status_code == 404, address


def test_its_own_division_sees_it_by_the_same_doors(office, visit, sign_in):
    client = sign_in(office.reviewer)

    for address in (GETS[0], GETS[1], *GETS[3:], *ONES):
        answer = client.get(address.format(id=visit.id, unit=office.unit.id))
        assert SUBJECT in text_of(answer), address


STEPS = (
    ("/admin/visit/action/", {"action": "verify"}),
    ("/admin/visit/action/", {"action": "send_back", "note": "ลอง"}),
    ("/admin/visit/action/?flt0_state_is=recorded", {"action": "verify", "everything": "1"}),
    ("/admin/visit-check/", {"step": "verify"}),
    ("/admin/visit-check/", {"step": "return", "note": "ลอง"}),
)


@pytest.mark.parametrize(("address", "data"), STEPS, ids=lambda part: str(part)[:60])
def test_no_button_or_bulk_step_of_the_other_division_moves_it(office, visit, sign_in, address, data):
    sign_in(office.stranger).post(address, data=data | {"rowid": str(visit.id)})

    assert state(visit) == VisitState.RECORDED


@pytest.mark.parametrize(("address", "data"), STEPS, ids=lambda part: str(part)[:60])
def test_the_same_steps_of_its_own_division_do(office, visit, sign_in, address, data):
    sign_in(office.reviewer).post(address, data=data | {"rowid": str(visit.id)})

    assert state(visit) in (VisitState.VERIFIED, VisitState.RETURNED)


def test_offices_and_other_roles_have_no_list_of_what_waits(office, visit, app, sign_in):
    for person in (office.officer, office.head, make.person(Role.PLANNING)):
        client = sign_in(person, app.test_client())
        assert client.get("/admin/visit-check/").status_code == 403
        assert client.post("/admin/visit-check/", data={"step": "verify", "rowid": visit.id}).status_code == 403
    assert state(visit) == VisitState.RECORDED


def test_a_bulk_step_says_what_became_of_each(office, visit, sign_in):
    other = visits.record(by=office.officer, at=NOON, **values(office, subject="อีกครั้ง"))
    done = visits.record(by=office.officer, at=NOON, **values(office, subject="ตรวจแล้ว"))
    visits.verify(done, by=office.reviewer, at=NOON)
    foreign = visits.record(
        by=office.officer, at=NOON,
        **values(office, cooperative=office.elsewhere.id, subject="นอกเกษตร", unplanned_reason="ลอง"),
    )  # fmt: skip

    page = sign_in(office.reviewer).post(
        "/admin/visit-check/", data={"step": "verify", "rowid": [v.id for v in (visit, other, done, foreign)]}
    )

    text = page.get_data(as_text=True)
    assert state(visit) == state(other) == VisitState.VERIFIED and state(foreign) == VisitState.RECORDED
    assert "ทำแล้ว 2 รายการ" in text and f"#{foreign.id}" in text and "นอกเกษตร" not in text
    assert "ตรวจแล้ว" in text
