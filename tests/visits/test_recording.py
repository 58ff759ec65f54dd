"""Recording visits: against the plan, outside it, once however often it is sent, and never in a closed month."""

import datetime as dt
import threading

import pytest

from models import AuditEntry, Reopening, Visit, VisitOfficer, VisitWork, db
from portal import actions, records, visit_months, visits
from portal.actions import Settled
from portal.errors import MoveRefused, NotAllowed, NotFound, RuleBroken, StaleRow
from portal.rules.access import Role
from portal.rules.terms import ActionState, VisitState
from portal.rules.visits import Done
from tests import make
from tests.make import NOON
from tests.visits.conftest import values


def record(office, works=(), **more):
    given = {k: more.pop(k) for k in ("along", "settled", "sent_key") if k in more}
    at = more.pop("at", NOON)
    return visits.record(by=office.officer, at=at, works=works, **given, **values(office, **more))


def test_a_planned_visit_stands_against_its_line(office):
    visit = record(office)

    assert (visit.against_month, visit.is_unplanned, visit.state) == (8, False, VisitState.RECORDED)
    assert (visit.unit_id, visit.recorded_by_id, visit.is_late) == (office.unit.id, office.officer.id, False)


def test_several_activities_each_stand_against_their_own_line(office):
    first, second, _third, fourth = office.works
    visit = record(office, [Done(fourth.id, None), Done(first.id, 8), Done(second.id, 7)])

    assert visits.works_of(visit) == [Done(first.id, 8), Done(second.id, 7), Done(fourth.id, None)]
    assert visit.activity_id == first.id and not visit.is_unplanned


def test_what_is_owed_of_an_earlier_month_is_answered_later(office):
    visit = record(office, [Done(office.works[1].id, None)], visited_on=dt.date(2023, 5, 12))
    earlier = record(office, [Done(office.works[1].id, 7)], visited_on=dt.date(2023, 5, 13))

    assert (visit.against_month, earlier.against_month) == (8, 7)
    assert {(n.activity, n.month): n.done for n in visits.lines_of(office.institution.id, NOON.date())} == {
        (office.works[0].id, 8): 0, (office.works[1].id, 8): 1, (office.works[1].id, 7): 1, (office.works[2].id, 9): 0,
    }  # fmt: skip


def test_a_visit_outside_the_plan_is_taken_and_flagged_with_its_reason(office):
    visit = record(office, [Done(office.works[3].id, None)], unplanned_reason="สมาชิกร้องเรียน")

    assert visit.is_unplanned and visit.against_month is None and visit.unplanned_reason == "สมาชิกร้องเรียน"


def test_only_its_reason_is_asked_for(office):
    with pytest.raises(RuleBroken, match="say why") as refused:
        record(office, [Done(office.works[3].id, None)])

    assert refused.value.field == "unplanned_reason" and Visit.select().count() == 0


def test_a_reason_given_for_a_planned_visit_is_not_kept(office):
    assert record(office, unplanned_reason="เผื่อไว้").unplanned_reason == ""


@pytest.mark.parametrize(("changed", "field"), [
    ({"visited_on": dt.date(2023, 5, 19)}, "visited_on"),
    ({"visited_on": None}, "visited_on"),
    ({"cooperative": None}, "cooperative"),
    ({"agreed_action": "ปิดบัญชี"}, "action_due_on"),
    ({"agreed_action": "ปิดบัญชี", "action_due_on": dt.date(2023, 5, 9)}, "action_due_on"),
    ({"next_visit_on": dt.date(2023, 5, 10)}, "next_visit_on"),
    ({"activity": None}, "works"),
], ids=str)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field(office, changed, field):
    with pytest.raises(RuleBroken) as refused:
        record(office, **changed)

    assert refused.value.field == field and Visit.select().count() == 0


@pytest.mark.parametrize(("life", "day"), [
    ({"registered_on": dt.date(2023, 5, 11)}, "registered"),
    ({"registered_on": dt.date(2000, 1, 1), "dissolved_on": dt.date(2023, 5, 9), "status": "dissolved"}, "dissolved"),
])  # fmt: skip
def test_an_institution_is_visited_while_it_exists(office, life, day):
    with records.changing(by=None, verb="make") as work:
        work.update(office.institution, **life)

    with pytest.raises(RuleBroken, match="did not exist") as refused:
        record(office)
    assert refused.value.field == "visited_on"


def test_another_office_s_institution_or_officer_is_refused(office):
    theirs = make.cooperative()

    with pytest.raises(RuleBroken, match="another office"):
        record(office, cooperative=theirs.id, unplanned_reason="ลอง")
    with pytest.raises(RuleBroken, match="another office"):
        record(office, officer=make.person(Role.REPORTER).id)
    with pytest.raises(RuleBroken, match="another office"):
        record(office, along=[make.person(Role.REPORTER).id])
    assert Visit.select().count() == 0


def test_only_an_office_records(office):
    for by in (office.reviewer, make.person(Role.PLANNING), make.person(Role.ADMIN)):
        with pytest.raises(NotAllowed):
            visits.record(by=by, at=NOON, **values(office))


# ---------------------------------------------------------------- sent again


def test_sending_twice_makes_one_visit(office):
    first = record(office, sent_key="k1")
    again = record(office, sent_key="k1", findings="อย่างอื่น")

    assert first.id == again.id and Visit.select().count() == 1
    assert Visit.get().findings == "บัญชีเป็นปัจจุบัน"
    assert record(office, sent_key="k2").id != first.id


def test_two_sendings_at_once_make_one_visit(office):
    made, wrong = [], []

    def send():
        try:
            made.append(record(office, sent_key="once").id)
        except Exception as error:
            wrong.append(error)
        finally:
            db.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert wrong == [] and len(set(made)) == 1 and Visit.select().count() == 1


def test_the_key_of_another_office_s_visit_opens_nothing(office):
    record(office, sent_key="k1")

    with pytest.raises(NotFound):
        visits.record(by=make.person(Role.REPORTER), at=NOON, sent_key="k1", **values(office))


# ---------------------------------------------------------------- the month


def close(office):
    with records.changing(by=None, verb="make") as work:
        work.update(office.month, closed_at=NOON - dt.timedelta(days=1))


def owe(office, **more):
    return make.row(
        make.Obligation, unit=office.unit, period=office.month, subject="visits", duty="visits",
        due_on=dt.date(2023, 5, 20), **more,
    )  # fmt: skip


def test_a_closed_month_takes_no_visit_and_says_who_can_open_it(office):
    visit = record(office)
    close(office)

    with pytest.raises(MoveRefused, match="planning division can open the month") as refused:
        record(office)
    assert refused.value.field == "visited_on"
    with pytest.raises(MoveRefused, match="planning division"):
        visits.correct(visit, by=office.officer, at=NOON, findings="อื่น")


def test_a_month_open_again_takes_visits_until_its_last_day_ends(office):
    owed = owe(office)
    close(office)
    again = make.row(
        Reopening, obligation=owed, unit=office.unit, reason="แก้ไข", opened_by=make.person(Role.PLANNING),
        opened_at=NOON, until_on=dt.date(2023, 5, 20),
    )  # fmt: skip

    assert record(office, at=dt.datetime(2023, 5, 20, 23, 59)).id
    with pytest.raises(MoveRefused, match="are over"):
        record(office, at=dt.datetime(2023, 5, 21, 0, 1))
    with records.changing(by=None, verb="make") as work:
        work.update(again, closed_at=NOON)
    with pytest.raises(MoveRefused, match="are over"):
        record(office)


def test_a_month_that_planning_has_not_opened_yet_takes_visits_all_the_same(office):
    assert record(office, visited_on=dt.date(2023, 6, 2), at=dt.datetime(2023, 6, 3, 9), unplanned_reason="ลอง").id


def test_the_head_sends_the_month_and_what_comes_after_is_late(office):
    owed = owe(office)
    record(office)
    with pytest.raises(MoveRefused, match="2 planned visits"):
        visit_months.send_month(office.month, by=office.head, at=NOON, reason=" ")
    counted = visit_months.send_month(office.month, by=office.head, at=NOON, reason="น้ำท่วม เข้าพื้นที่ไม่ได้")
    later = record(office, [Done(office.works[1].id, 8)], at=NOON + dt.timedelta(hours=1))

    assert (counted.done, counted.planned, counted.visits) == (1, 3, 1)
    assert make.Obligation.get_by_id(owed.id).met_at == NOON
    assert later.is_late and AuditEntry.get(AuditEntry.verb == "send_visits").note == "1/3 น้ำท่วม เข้าพื้นที่ไม่ได้"
    (said,) = visit_months.reasons([office.unit.id])
    assert (said.unit, said.period, said.done, said.reason) == (
        office.unit.short, office.month, "1/3", "น้ำท่วม เข้าพื้นที่ไม่ได้",
    )  # fmt: skip
    with pytest.raises(MoveRefused, match="already"):
        visit_months.send_month(office.month, by=office.head, at=NOON)


def test_the_month_is_not_sent_by_anybody_else_nor_with_returned_visits(office):
    owe(office)
    visit = record(office)
    with pytest.raises(NotAllowed):
        visit_months.send_month(office.month, by=office.officer, at=NOON)
    with pytest.raises(MoveRefused, match="owes no visit"):
        visit_months.send_month(office.month, by=make.person(Role.APPROVER), at=NOON)
    visits.send_back(visit, by=office.reviewer, at=NOON, note="ไม่ชัด")

    with pytest.raises(MoveRefused, match="returned visits"):
        visit_months.send_month(office.month, by=office.head, at=NOON)


# ---------------------------------------------------------------- mending


def test_a_returned_visit_is_mended_and_waits_again(office):
    visit = record(office)
    visits.send_back(visit, by=office.reviewer, at=NOON, note="ไม่ชัด")
    visits.correct(visit, by=office.officer, at=NOON, findings="ชัดแล้ว")

    kept = Visit.get_by_id(visit.id)
    assert (kept.state, kept.note, kept.findings) == (VisitState.RECORDED, "", "ชัดแล้ว")
    assert (kept.activity_id, kept.against_month) == (office.works[0].id, 8)


def test_a_verified_visit_is_mended_only_after_its_return(office):
    visit = record(office)
    visits.verify(visit, by=office.reviewer, at=NOON)
    with pytest.raises(MoveRefused, match="verified"):
        visits.correct(visit, by=office.officer, at=NOON, findings="อื่น")

    visits.send_back(visit, by=office.reviewer, at=NOON, note="พบข้อผิดพลาด")
    visits.correct(visit, by=office.officer, at=NOON, findings="อื่น")
    assert Visit.get_by_id(visit.id).findings == "อื่น"


def test_of_two_who_mend_at_once_the_second_is_told(office):
    visit = record(office)
    seen = visit.version
    visits.correct(visit, by=office.officer, at=NOON, seen=seen, findings="หนึ่ง")

    with pytest.raises(StaleRow):
        visits.correct(visit, by=office.head, at=NOON, seen=seen, findings="สอง")


def test_works_and_officers_change_with_the_visit(office):
    first, second, _third, fourth = office.works
    other = make.person(Role.REPORTER, office.unit)
    visit = record(office, [Done(first.id, 8), Done(fourth.id, None)], along=[other.id, office.officer.id])
    assert [o.person_id for o in VisitOfficer.select()] == [other.id]

    visits.correct(visit, by=office.officer, at=NOON, works=[Done(second.id, 8)], along=[office.head.id])

    assert visits.works_of(Visit.get_by_id(visit.id)) == [Done(second.id, 8)]
    assert VisitWork.select().count() == 0 and [o.person_id for o in VisitOfficer.select()] == [office.head.id]


# ---------------------------------------------------------------- what was agreed


def agreed(office, **more):
    return record(office, agreed_action="ปิดบัญชี", action_due_on=dt.date(2023, 5, 15), **more)


def test_an_agreed_action_is_open_until_a_later_visit_says_how_it_came_out(office):
    first = agreed(office, visited_on=dt.date(2023, 5, 4))
    assert actions.open_at(office.institution.id) == [first]
    later = record(office, settled=[Settled(first.id, ActionState.DONE, "ปิดแล้ว")])

    kept = Visit.get_by_id(first.id)
    assert (kept.action_state, kept.action_result, kept.settled_in_id) == (ActionState.DONE, "ปิดแล้ว", later.id)
    assert kept.action_settled_on == dt.date(2023, 5, 10) and actions.open_at(office.institution.id) == []


def test_an_outcome_needs_words_and_its_own_institution(office):
    first = agreed(office)
    with pytest.raises(RuleBroken, match="few words") as refused:
        record(office, settled=[Settled(first.id, ActionState.DONE, " ")])
    assert refused.value.field == f"settled-{first.id}" and Visit.select().count() == 1

    with pytest.raises(RuleBroken, match="another institution"):
        record(
            office, cooperative=office.elsewhere.id, unplanned_reason="ลอง",
            settled=[Settled(first.id, ActionState.DONE, "ปิดแล้ว")],
        )  # fmt: skip


def test_an_action_is_settled_and_opened_again_by_its_office_alone(office):
    visit = agreed(office)
    for by in (office.reviewer, make.person(Role.PLANNING)):
        with pytest.raises(NotAllowed):
            actions.settle(visit, by=by, at=NOON, state=ActionState.DONE, result="ปิดแล้ว")

    actions.settle(visit, by=office.head, at=NOON, state=ActionState.DROPPED, result="ไม่จำเป็นแล้ว")
    with pytest.raises(MoveRefused):
        actions.settle(visit, by=office.head, at=NOON, state=ActionState.DONE, result="ปิดแล้ว")
    actions.reopen(visit, by=office.head, at=NOON, note="ยังไม่เสร็จจริง")

    assert actions.counts(office.unit.id, dt.date(2023, 5, 16)) == (1, 1)


def test_mending_a_visit_leaves_its_outcome_as_it_is(office):
    visit = agreed(office)
    actions.settle(visit, by=office.head, at=NOON, state=ActionState.DONE, result="ปิดแล้ว")
    visits.correct(visit, by=office.officer, at=NOON, findings="เพิ่มเติม")

    assert Visit.get_by_id(visit.id).action_state == ActionState.DONE
