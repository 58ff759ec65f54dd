import threading
from decimal import Decimal

import pytest

from models import AuditEntry, Cooperative, MeasureUnit, Revision, Target, Unit, Visit, VisitPlan, VisitPlanLine, db
from portal import audit, history, records, scope
from portal.errors import NotAllowed, NotFound, RuleBroken, StaleRow, StoreRefused
from portal.rules.access import Role
from tests import make


def counts():
    return AuditEntry.select().count(), Revision.select().count()


def test_a_change_keeps_before_and_after_and_one_entry(migrated):
    person = make.person()
    institution = make.cooperative(person.unit, name="สหกรณ์เดิม")
    entries, revisions = counts()

    with records.changing(by=person, note="ชื่อใหม่ตามใบสำคัญ") as work:
        work.update(institution, name="สหกรณ์ใหม่")

    assert counts() == (entries + 1, revisions + 1)
    last = history.of(Cooperative, institution.id)[0]
    assert (last.before["name"], last.after["name"]) == ("สหกรณ์เดิม", "สหกรณ์ใหม่")
    assert (last.entry.person_id, last.entry.note, last.unit_id) == (person.id, "ชื่อใหม่ตามใบสำคัญ", person.unit_id)


def test_a_save_that_changes_nothing_leaves_no_trace(migrated):
    person = make.person()
    institution = make.cooperative(person.unit)
    before = counts()

    with records.changing(by=person) as work:
        work.update(institution, name=institution.name)

    assert counts() == before
    assert Cooperative.get_by_id(institution.id).version == 1


def test_when_any_part_fails_nothing_is_kept(migrated):
    person = make.person()
    institution = make.cooperative(person.unit)
    before = counts()

    with pytest.raises(StoreRefused), records.changing(by=person) as work:
        work.update(institution, members=10)
        work.create(
            Cooperative, registration_number=institution.registration_number, name="ซ้ำ", type=institution.type,
            unit=person.unit, province=person.unit.province,
        )  # fmt: skip

    assert counts() == before
    assert Cooperative.get_by_id(institution.id).members == 0


def test_the_second_of_two_savers_is_refused_with_both_texts(migrated):
    person = make.person()
    institution = make.cooperative(person.unit, district="เดิม")
    with records.changing(by=person) as work:
        work.update(institution, seen=1, district="ของคนแรก")

    with pytest.raises(StaleRow) as refused, records.changing(by=person) as work:
        work.update(institution, seen=1, district="ของคนที่สอง", members=0)

    assert refused.value.theirs == {"district": "ของคนแรก"}
    assert refused.value.mine == {"district": "ของคนที่สอง"}
    assert Cooperative.get_by_id(institution.id).district == "ของคนแรก"


def test_an_office_cannot_write_into_another(migrated):
    person, theirs = make.person(), make.cooperative()

    with pytest.raises(NotAllowed), records.changing(by=person) as work:
        work.update(theirs, members=1)
    with pytest.raises(NotAllowed), records.changing(by=person) as work:
        work.create(
            Cooperative, registration_number="1" * 13, name="แทรก", type=theirs.type, unit=theirs.unit,
            province=theirs.province,
        )  # fmt: skip


def test_an_office_cannot_give_its_record_away(migrated):
    person = make.person()
    own, other = make.cooperative(person.unit), make.unit()

    with pytest.raises(NotAllowed), records.changing(by=person) as work:
        work.update(own, unit=other)


@pytest.mark.parametrize("role", [Role.REPORTER, Role.APPROVER, Role.EXECUTIVE, Role.PLANNING, Role.DIVISION])
def test_reference_data_is_the_administrators(migrated, role):
    with pytest.raises(NotAllowed), records.changing(by=make.person(role)) as work:
        work.create(MeasureUnit, code="X", name="หน่วยแปลก")


@pytest.mark.parametrize("name", ["version", "id", "approved", "name_of_nothing"])
def test_only_named_columns_can_be_written(migrated, name):
    person = make.person()
    institution = make.cooperative(person.unit)

    with pytest.raises(RuleBroken, match="no field"), records.changing(by=person) as work:
        work.update(institution, **{name: 1})


def test_text_too_long_for_its_column_is_refused_before_the_store(migrated):
    person = make.person()
    institution = make.cooperative(person.unit)

    with pytest.raises(RuleBroken, match="longer than 300"), records.changing(by=person) as work:
        work.update(institution, name="ก" * 301)


def test_what_others_need_cannot_be_removed(migrated):
    institution = make.cooperative()

    with pytest.raises(StoreRefused, match="still need"), records.changing(by=None) as work:
        work.remove(institution.unit)

    assert Unit.get_or_none(Unit.id == institution.unit_id)


def test_removing_a_plan_keeps_its_lines_in_history(migrated):
    visit = make.visit()
    plan = make.row(VisitPlan, cooperative=visit.cooperative, fiscal_year=make.fiscal_year(), unit=visit.unit)
    line = make.row(VisitPlanLine, plan=plan, activity=visit.activity, month=3, visits=2)

    with records.changing(by=make.person(Role.REPORTER, visit.unit), verb="remove") as work:
        work.remove(plan)

    assert VisitPlanLine.get_or_none(VisitPlanLine.id == line.id) is None
    assert history.of(VisitPlanLine, line.id)[0].before["visits"] == 2
    with pytest.raises(NotFound), records.changing(by=None) as work:
        work.remove(plan)


def test_a_person_s_password_is_in_no_revision(migrated):
    person = make.person(password="scrypt:secret")

    assert "password" not in history.of(type(person), person.id)[0].after


def test_many_rows_are_added_with_their_own_revisions(migrated):
    with records.changing(by=None, verb="import") as work:
        made = work.create_many(MeasureUnit, ({"code": f"M{n}", "name": f"หน่วยนับ {n}"} for n in range(1201)))

    assert made == 1201
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).first().rows == 1201
    for unit in MeasureUnit.select().where(MeasureUnit.code.in_(["M0", "M600", "M1200"])):
        assert history.of(MeasureUnit, unit.id)[0].after["code"] == unit.code


def test_a_record_can_be_seen_as_of_a_moment(migrated):
    institution = make.cooperative(district="ก่อน")
    later = make.NOON.replace(hour=15)
    with records.changing(by=None, at=later) as work:
        work.update(institution, district="หลัง")

    assert history.as_of(Cooperative, institution.id, make.NOON)["district"] == "ก่อน"
    assert history.as_of(Cooperative, institution.id, later)["district"] == "หลัง"
    assert history.as_of(Cooperative, institution.id, make.NOON.replace(year=2000)) is None


def test_a_changed_trail_is_noticed(migrated):
    make.cooperative()
    assert audit.first_broken() is None
    second = AuditEntry.select().order_by(AuditEntry.id).offset(1).first()

    AuditEntry.update(note="แก้ภายหลัง").where(AuditEntry.id == second.id).execute()

    assert audit.first_broken() == second.id


def test_the_trail_stays_whole_when_many_write_at_once(migrated):
    people = [make.person() for _ in range(6)]
    mine = [make.cooperative(person.unit) for person in people]
    failures = []

    def save(person, institution):
        with db.connection_context():
            for n in range(8):
                try:
                    with records.changing(by=person) as work:
                        work.update(institution, members=n + 1)
                except Exception as error:
                    failures.append(error)

    threads = [threading.Thread(target=save, args=pair) for pair in zip(people, mine, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert audit.first_broken() is None
    assert {c.members for c in Cooperative.select().where(Cooperative.id.in_([c.id for c in mine]))} == {8}


def test_scope_shows_an_office_its_own_rows_and_central_roles_all(migrated):
    mine, theirs = make.visit(), make.visit()
    reporter = make.person(Role.REPORTER, mine.unit)

    seen = {v.id for v in scope.narrowed(Visit.select(), reporter)}

    assert seen == {mine.id}
    assert not scope.may_see(theirs, reporter)
    assert {v.id for v in scope.narrowed(Visit.select(), make.person(Role.PLANNING))} == {mine.id, theirs.id}


def test_quantities_keep_four_decimals_exactly(migrated):
    indicator = make.indicator(decimals=4)
    target = make.row(Target, indicator=indicator, unit=make.unit(), value=Decimal("1234567.8901"))

    assert Target.get_by_id(target.id).value == Decimal("1234567.8901")


def test_half_a_cooperative_cannot_be_planned(migrated):
    with pytest.raises(RuleBroken, match="decimals"):
        make.row(Target, indicator=make.indicator(decimals=0), unit=make.unit(), value=Decimal("0.5"))


def test_a_percentage_is_never_summed(migrated):
    with pytest.raises(RuleBroken, match="never summed"):
        make.indicator(is_percentage=True, month_rule="sum", unit_rule="average")


def test_a_published_version_never_changes(migrated):
    version = make.form().versions.get()

    with pytest.raises(RuleBroken, match="never changes"), records.changing(by=None) as work:
        work.update(version, spec={"sections": []})


def test_rows_that_another_adds_at_the_same_moment_are_not_taken_for_ones_own(migrated):
    main, began = threading.current_thread(), []

    def add_one():
        with db.connection_context():
            MeasureUnit.create(code="OTHER", name="ของคนอื่น")

    def interfere(event):
        # Right after the first rows went in, somebody else's row is committed. SQLite lets nobody write meanwhile.
        is_ours = threading.current_thread() is main and event.sql.startswith('INSERT INTO "measure_unit"')
        if migrated.engine == "postgresql" and is_ours and not began:
            began.append(threading.Thread(target=add_one))
            began[0].start()
            began[0].join()

    db.obj.query_hooks.append(interfere)
    with records.changing(by=None, verb="import") as work:
        work.create_many(MeasureUnit, ({"code": f"M{n}", "name": f"หน่วยนับ {n}"} for n in range(20)))
    db.obj.query_hooks.remove(interfere)

    codes = {unit.id: unit.code for unit in MeasureUnit.select() if unit.code != "OTHER"}
    assert {r.row_id: r.after["code"] for r in Revision.select()} == codes
    assert bool(began) == (migrated.engine == "postgresql")
