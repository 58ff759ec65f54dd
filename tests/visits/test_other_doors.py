"""What waits for one division is hidden from the other one by the doors of programs, trail and look-ups too."""

import pytest

from models import Visit
from portal import visits
from portal.rules.terms import VisitState
from tests.api.conftest import api  # noqa: F401
from tests.make import NOON
from tests.visits.conftest import values
from tests.visits.test_checking import SUBJECT, text_of


@pytest.fixture
def visit(office):
    return visits.record(by=office.officer, at=NOON, **values(office, subject=SUBJECT, findings=SUBJECT))


LISTS = (
    "/visits?limit=100", "/visits?state=recorded", "/visits?search=เรื่องลับ", "/visits?subject__contains=ลับ",
    "/visits?cooperative__type__reviewer__id__gt=0", "/visits?format=csv", "/visits?format=ndjson",
    "/visits?format=xlsx",
    "/changes?after=0&limit=200", "/cooperatives?limit=100&expand=visits",
)  # fmt: skip


def test_no_list_file_or_feed_of_the_api_tells_the_other_division(office, visit, api):  # noqa: F811
    other, own = api(office.stranger), api(office.reviewer)

    told = {}
    for path in LISTS:
        answer = other.get(path)
        assert answer.status_code in (200, 422) and SUBJECT not in text_of(answer), path
        mine = own.get(path)
        told[path] = text_of(mine)
        assert answer.status_code == mine.status_code, path
    for path in ("/visits?limit=100", "/visits?format=csv", "/visits?format=xlsx"):
        assert SUBJECT in told[path], path


def test_one_visit_its_history_and_its_steps_are_closed_to_the_other_division(office, visit, api):  # noqa: F811
    other, own = api(office.stranger), api(office.reviewer)
    one = f"/visits/{visit.id}"

    for path in (one, f"{one}/history", f"{one}?as_of=2030-01-01T00:00:00"):
        assert other.get(path).status_code in (404, 422), path
    assert other.patch(one, {"subject": "x"}, If_Match="*").status_code in (403, 404)
    assert other.delete(one, If_Match="*").status_code in (403, 404, 405)
    for step, body in (("verify", {}), ("send_back", {"note": "ลอง"})):
        assert other.post(f"{one}/{step}", body, If_Match="*").status_code in (403, 404), step
    bulk = other.post("/visits/bulk", {"items": [{"id": visit.id, "subject": "x"}]})
    assert bulk.status_code >= 400
    kept = Visit.get_by_id(visit.id)
    assert (kept.state, kept.subject) == (VisitState.RECORDED, SUBJECT)

    assert own.get(one).status_code == 200
    assert own.post(f"{one}/verify", {}, If_Match="*").status_code == 200
    assert Visit.get_by_id(visit.id).state == VisitState.VERIFIED


def test_neither_trail_nor_look_up_nor_photo_list_tells_it(office, visit, sign_in):
    client = sign_in(office.stranger)
    doors = (
        "/admin/auditentry/", "/admin/revision/", f"/admin/revision/?flt0_row_id_is={visit.id}",
        "/admin/attachment/ajax/lookup/?name=visit&query=ลับ", "/admin/visit/ajax/lookup/?name=cooperative&query=ลับ",
        "/admin/attachment/", f"/admin/story/?id={office.institution.id}", "/admin/actions/",
        "/admin/coverage/export/csv/?rows=cooperative&year=2566", "/admin/",
    )  # fmt: skip
    for address in doors:
        answer = client.get(address)
        assert answer.status_code in (200, 302, 403, 404) and SUBJECT not in text_of(answer), address
