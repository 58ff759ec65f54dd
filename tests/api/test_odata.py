"""The OData feed: Excel and Power BI read the lists with their types kept and Thai intact, and nothing besides."""

import base64
import datetime as dt
import json
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest

from models import ALL, Target
from portal.errors import RuleBroken
from portal.rules.access import Role
from portal.web.api import odata_filter
from tests import make

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture
def visited(migrated):
    institution = make.cooperative(name="สหกรณ์ ‘บ้านไผ่’ จำกัด", capital=9_007_199_254_740_993)
    for day in range(1, 6):
        make.visit(institution, visited_on=dt.date(2023, 5, day), people_met=day)
    make.row(Target, indicator=make.indicator(decimals=4), unit=institution.unit, value=Decimal("12.5"))
    return institution


def values(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["OData-Version"] == "4.0"
    return answer.get_json()["value"]


def test_the_feed_names_its_lists_and_their_types(api, visited, app):
    program = api()
    listed = {one["name"] for one in values(program.get("/odata/"))}
    described = ET.fromstring(program.get("/odata/$metadata").data)

    sets = {one.get("Name"): one.get("EntityType") for one in described.iter(f"{EDM}EntitySet")}
    kinds = {
        one.get("Name"): {p.get("Name"): p.get("Type") for p in one.iter(f"{EDM}Property")}
        for one in described.iter(f"{EDM}EntityType")
    }
    assert set(sets) == listed == set(app.extensions["portal_resources"])
    assert {f"Portal.{table.__name__}" for table in ALL} >= set(sets.values())
    assert kinds["Visit"]["visited_on"] == "Edm.Date" and kinds["Visit"]["id"] == "Edm.Int32"
    assert kinds["Visit"]["recorded_at"] == "Edm.DateTimeOffset" and kinds["Visit"]["is_unplanned"] == "Edm.Boolean"
    assert kinds["Cooperative"]["capital"] == "Edm.Int64" and kinds["Target"]["value"] == "Edm.Decimal"
    assert kinds["Cooperative"]["registration_number"] == "Edm.String"


def test_reading_a_list_back_keeps_types_and_thai(api, app, visited):
    program = api()
    password = base64.b64encode(f"excel:{program.token}".encode()).decode()
    answer = app.test_client().get("/api/v1/odata/cooperatives", headers={"Authorization": f"Basic {password}"})

    one = json.loads(answer.data)["value"][0]
    assert (one["name"], one["capital"]) == ("สหกรณ์ ‘บ้านไผ่’ จำกัด", 9_007_199_254_740_993)
    assert one["registration_number"] == visited.registration_number  # thirteen digits stay text, zeros in front too
    visit = values(program.get("/odata/visits?$top=1&$orderby=visited_on desc"))[0]
    assert (visit["visited_on"], visit["people_met"], visit["is_unplanned"]) == ("2023-05-05", 5, False)
    assert visit["recorded_at"] == "2023-05-18T12:00:00+07:00" and visit["action_due_on"] is None
    assert values(program.get("/odata/targets"))[0]["value"] == 12.5
    assert program.get(f"/odata/visits({visit['id']})").get_json()["subject"] == visit["subject"]


@pytest.mark.parametrize(
    "wanted, count",
    [
        ("people_met gt 3", 2), ("people_met ge 2 and (people_met lt 4 or people_met eq 5)", 3),
        ("visited_on eq 2023-05-02", 1), ("recorded_at le 2023-05-18T12:00:00+07:00", 5), ("action_due_on eq null", 5),
        ("action_due_on ne null", 0), ("is_unplanned eq false", 5), ("contains(subject,'บัญชี')", 5),
        ("startswith(subject,'บัญชี')", 0), ("people_met in (1,2,9)", 2), ("cooperative/name eq 'ไม่มี ''นี้'''", 0),
        ("contains(cooperative/name,'บ้านไผ่')", 5), ("state ne 'verified'", 5),
    ],
)  # fmt: skip
def test_a_filter_of_the_standard_narrows(api, visited, wanted, count):
    program = api()
    answer = program.client.get(
        "/api/v1/odata/visits",
        query_string={"$filter": wanted, "$count": "true", "$top": "2", "$select": "id"},
        headers={"Authorization": f"Bearer {program.token}"},
    )

    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.get_json()["@odata.count"] == count and len(answer.get_json()["value"]) == min(2, count)


@pytest.mark.parametrize(
    "asked, field",
    [
        ("$filter=people_met", "$filter"), ("$filter=people_met gt", "$filter"), ("$filter=(id eq 1", "$filter"),
        ("$filter=not (id eq 1)", "$filter"), ("$filter=length(subject) eq 3", "$filter"),
        ("$filter=id gt null", "$filter"), ("$filter=id eq 1 id", "$filter"),
        ("$filter=secret eq 1", "secret__eq"), ("$filter=people_met eq 'x'", "people_met"),
        ("$top=-1", "$top"), ("$skip=x", "$skip"), ("$orderby=findings", "sort"), ("$skiptoken=zzz", "after"),
        ("$orderby=id desc,visited_on", "$orderby"),
        ("$select=password", "fields"), ("$expand=unit", "$expand"), ("$format=xml", "$format"),
        ("$count=yes", "$count"),
    ],
)  # fmt: skip
def test_what_the_feed_does_not_offer_is_refused_by_name(api, visited, asked, field):
    answer = api().get(f"/odata/visits?{asked}")

    assert answer.status_code == 422 and answer.get_json()["field"] == field
    told = answer.get_json()["error"]  # where clients of the standard look
    assert told["message"] == answer.get_json()["detail"] and told["target"] == field and told["code"]


def test_what_a_list_cannot_sort_or_filter_by_is_told_beforehand(api, visited):
    """So that Power Query does it itself instead of being refused; the number behind an order changes nothing."""
    program = api()
    text = program.get("/odata/$metadata").get_data(as_text=True)
    visits = text[text.index('<EntitySet Name="visits"') :].partition("</EntitySet>")[0]

    assert "<PropertyPath>findings</PropertyPath>" in visits and "<PropertyPath>visited_on</PropertyPath>" not in visits
    assert 'Property="Expandable" Bool="false"' in visits
    assert "<String>startswith</String>" in text
    once = program.get("/odata/visits?$orderby=visited_on desc").get_json()["value"]
    assert program.get("/odata/visits?$orderby=visited_on desc,id desc").get_json()["value"] == once


def test_a_filter_however_deep_or_long_ends_in_a_refusal():
    for text in ("(" * 3000 + "id eq 1" + ")" * 3000, "id eq 1 or " * 2000, "'" * 7001, "id eq " + "9" * 9000):
        with pytest.raises(RuleBroken):
            odata_filter.group(text)


def test_pages_name_the_next_one_until_all_is_read(api, migrated):
    institution = make.cooperative()
    for n in range(7):
        make.visit(institution, people_met=n)
    program = api()
    path = "/odata/visits?$orderby=visited_on&$top=5&$skip=1&$select=id,people_met"

    first = program.get(path).get_json()

    assert len(first["value"]) == 5 and "@odata.nextLink" not in first  # as many as were asked for
    assert program.get("/odata/visits/$count?$filter=people_met gt 2").data == b"4"
    whole = program.get("/odata/visits").get_json()
    assert len(whole["value"]) == 7 and "@odata.nextLink" not in whole


def test_long_lists_come_in_pages(api, migrated, monkeypatch):
    institution = make.cooperative()
    for n in range(7):
        make.visit(institution, people_met=n)
    monkeypatch.setattr("portal.web.api.odata.LARGEST", 3)
    program = api()
    seen, path = [], "/odata/visits?$orderby=visited_on&$count=true&$select=id,subject"
    while path:
        page = program.get(path).get_json()
        seen += [one["id"] for one in page["value"]]
        path = page.get("@odata.nextLink", "").partition("/api/v1")[2]

    assert len(seen) == len(set(seen)) == 7
    assert [len(program.get("/odata/visits?$top=5").get_json()["value"])] == [3]


def test_an_office_reads_its_own_and_lists_of_its_roles_only(api, visited):
    stranger = make.person(Role.REPORTER)
    mine = make.visit(make.cooperative(unit=stranger.unit))
    program = api(stranger)

    assert [one["id"] for one in values(program.get("/odata/visits"))] == [mine.id]
    assert values(program.get("/odata/visits?$filter=cooperative/name ne 'x'"))[0]["id"] == mine.id
    assert program.get("/odata/visits/$count").data == b"1"
    assert program.get("/odata/visits(999999)").status_code == 404
    assert program.get("/odata/editions").status_code == 403
    assert "editions" not in {one["name"] for one in values(program.get("/odata/"))}
