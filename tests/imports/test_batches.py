"""A finance file on its way into the records: staged, mapped, held against its total, taken in, undone."""

import datetime as dt

import pytest

from models import AuditEntry, BudgetLine, CodeMap, Disbursement, ImportBatch, ImportLine, MoneySum, Revision, Unit
from portal import budget
from portal.errors import MoveRefused, NotAllowed, RuleBroken
from portal.imports import batches, codes, control, underway
from portal.imports.source import Given
from portal.rules.access import Role
from portal.rules.terms import BatchState, MapKind
from tests import make
from tests.imports import golden


def everything():
    """The year's money as it stands: every line with its months, without row numbers and versions."""
    lines = {
        (b.code, b.unit.code, b.category.code, str(b.nature)): (b.act, b.after_transfers, b.received, b.project_id)
        for b in BudgetLine.select()
    }
    months = {
        (d.line.code, d.line.unit.code, d.month): (d.disbursed, d.ordered, d.reserved) for d in Disbursement.select()
    }
    return lines, months


def totals(money, month=12):
    return budget.totals(money.year.id, None, month)


def summed_plainly(money):
    """The year's sums made anew from the rows themselves, and those that the store keeps; what is nil left out."""
    amounts = ("act", "after_transfers", "received", "disbursed", "ordered", "reserved")
    plain = {}
    parts = [(b, 0, (b.act, b.after_transfers, b.received, 0, 0, 0)) for b in BudgetLine.select()]
    parts += [(d.line, d.month, (0, 0, 0, d.disbursed, d.ordered, d.reserved)) for d in Disbursement.select()]
    for line, month, values in parts:
        unit, project, category = line.unit_id, line.project_id or 0, line.category_id
        for key in (
            ("unit", unit, 0, 0), ("project", 0, project, 0), ("category", 0, 0, category),
            ("unit_project", unit, project, 0),
        ):  # fmt: skip
            whole = (line.fiscal_year_id, *key, str(line.nature), month)
            plain[whole] = tuple(a + b for a, b in zip(plain.get(whole, (0,) * 6), values, strict=True))
    kept = {
        (s.fiscal_year, str(s.side), s.unit, s.project, s.category, s.nature, s.month): tuple(
            getattr(s, n) for n in amounts
        )
        for s in MoneySum.select()
    }
    return {k: v for k, v in plain.items() if any(v)}, {k: v for k, v in kept.items() if any(v)}


@pytest.mark.parametrize("shape", golden.FILES)
def test_a_golden_file_is_taken_in_to_the_satang(money, shape):
    path = golden.FOLDER / golden.FILES[shape][0]
    items = [i for i in golden.ITEMS if shape != "register" or i.area == "4100"]

    batch = money.take(path)

    assert batch.state is BatchState.TAKEN
    made, wanted = totals(money), golden.summed(items)
    assert {n: made[n] for n in batch.report["sums"]} == {n: wanted[n] for n in batch.report["sums"]}
    assert made["disbursed"] == wanted["disbursed"]
    assert summed_plainly(money)[0] == summed_plainly(money)[1]


def test_the_lines_of_a_golden_file_are_its_budget_codes(money):
    money.take(golden.FOLDER / "nfma46.xlsx")

    lines, months = everything()

    assert {(code, act, after) for (code, *_), (act, after, *_) in lines.items()} == {
        (i.code, 0, i.after) for i in golden.ITEMS
    }
    assert {(code, paid) for (code, _, month), (paid, *_) in months.items() if month == 8} == {
        (i.code, i.to_date) for i in golden.ITEMS
    }


def test_an_extract_keeps_each_month_and_its_reversals(money):
    money.take(golden.FOLDER / "extract.txt")

    _, months = everything()

    for item in golden.ITEMS:
        office = Unit.get(Unit.name == golden.OFFICES[item.area][1]).code
        assert [months[item.code, office, m][0] for m in range(1, 9)] == list(item.paid)


def test_nothing_changes_before_a_person_says_yes(money):
    before = everything()

    batch = money.map_all(money.stage(golden.FOLDER / "nfma46.xlsx"))

    assert batch.state is BatchState.STAGED
    assert everything() == before == ({}, {})
    assert (batch.lines_read, batch.lines_taken, batch.lines_refused) == (6, 6, 0)
    assert batch.report["changes"]["lines_new"] == 6


def test_codes_nobody_told_are_a_list_with_what_they_hold_up(money):
    batch = money.stage(golden.FOLDER / "nfma46.xlsx")

    listed = codes.unknown(batch)

    assert {u.value for u in listed if u.kind is MapKind.UNIT} == {v[0] for v in golden.OFFICES.values()}
    units = sorted((u for u in listed if u.kind is MapKind.UNIT), key=lambda u: u.value)
    assert [u.lines for u in units] == [2, 2, 2]
    assert units[0].amount == sum(i.after for i in golden.ITEMS if i.area == "4000")
    assert batch.lines_refused == 6


def test_an_area_with_one_office_needs_no_map_and_bangkok_does(money):
    items = [*golden.ITEMS, golden.Item(**{**vars(golden.ITEMS[0]), "area": "1000"})]
    path = money.write("extract.txt", lambda p: golden.extract(p, items))

    listed = codes.unknown(money.stage(path))

    assert [u.value for u in listed if u.kind is MapKind.UNIT] == ["1000"]


def test_what_a_code_means_is_kept_for_the_next_file(money):
    batch = money.map_all(money.stage(golden.FOLDER / "nfma46.xlsx"))
    batches.refuse(batch, by=money.by, at=make.NOON)
    kept = CodeMap.select().count()
    more = [golden.Item(**{**vars(i), "paid": (*i.paid[:-1], i.paid[-1] + 100)}) for i in golden.ITEMS]

    later = money.stage(money.write("later.xlsx", lambda p: golden.nfma46(p, more)))

    assert kept > 0
    assert later.lines_refused == 0
    assert codes.unknown(later) == []


def test_the_same_file_twice_makes_one_set_of_rows(money):
    first = money.take(golden.FOLDER / "nfma46.xlsx")
    before, entries = everything(), AuditEntry.select().count()

    again = money.receive(golden.FOLDER / "nfma46.xlsx")

    assert again.id == first.id
    assert everything() == before
    assert AuditEntry.select().count() == entries
    assert ImportBatch.select().count() == 1


def test_the_same_money_from_another_file_changes_nothing(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    before = everything()

    batch = money.take(money.write("again.xlsx", lambda p: golden.write_sheet(p, [["สำเนา"], *golden.nfma46_rows()])))

    assert everything() == before
    changed = batch.report["changes"]
    assert (changed["lines_new"], changed["lines_changed"], changed["months_new"], changed["months_changed"]) == (
        0,
    ) * 4
    assert changed["lines_same"] == 6


def test_two_shapes_of_the_same_money_are_not_counted_twice(money):
    money.take(golden.FOLDER / "extract.txt")
    by_month = everything()[1]

    money.take(golden.FOLDER / "nfma46.xlsx")

    assert totals(money)["disbursed"] == golden.summed()["disbursed"]
    assert totals(money)["ordered"] == golden.summed()["ordered"]
    assert {k: v[0] for k, v in everything()[1].items()} == {k: v[0] for k, v in by_month.items()}


def test_a_file_whose_total_differs_needs_a_word_and_the_word_is_kept(money):
    rows = golden.nfma46_rows()
    rows[-1][7] += 0.01
    rows[-1][13] += 0.01
    batch = money.map_all(money.stage(money.write("off.xlsx", lambda p: golden.write_sheet(p, rows))))

    assert [c.difference for c in control.controls(batch) if c.name == "after_transfers"] == [1]
    assert "0.01" in str(control.holds(batch)[0])
    with pytest.raises(RuleBroken, match="Say why"):
        batches.accept(batch, " ", by=money.by, at=make.NOON)
    batches.accept(batch, "กรมบัญชีกลางแจ้งว่าปัดเศษ", by=money.by, at=make.NOON)
    money.work(batch)

    taken = underway.of_run(str(batch.id))
    assert (taken.state, taken.word, taken.taken_by) == (BatchState.TAKEN, "กรมบัญชีกลางแจ้งว่าปัดเศษ", money.by)
    assert "ปัดเศษ" in AuditEntry.get(AuditEntry.verb == "take_import").note


def test_unmatched_lines_are_left_out_by_a_word_only(money):
    batch = money.stage(golden.FOLDER / "nfma46.xlsx")
    told = {(u.kind, u.value): money.meaning(u) for u in codes.unknown(batch) if u.value != golden.OFFICES["5000"][0]}
    batch = codes.map_codes(batch, told, by=money.by, at=make.NOON)

    assert batch.lines_refused == 2
    with pytest.raises(RuleBroken):
        batches.accept(batch, "", by=money.by, at=make.NOON)
    batches.accept(batch, "รอเชียงใหม่ยืนยันรหัส", by=money.by, at=make.NOON)
    money.work(batch)

    wanted = golden.summed([i for i in golden.ITEMS if i.area != "5000"])
    assert totals(money)["disbursed"] == wanted["disbursed"]
    assert [c.unmatched for c in control.controls(batch) if c.name == "after_transfers"] == [
        sum(i.after for i in golden.ITEMS if i.area == "5000")
    ]


def test_a_batch_is_undone_and_history_stays(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    before = everything()
    more = [golden.Item(**{**vars(i), "after": i.after + 700, "paid": (*i.paid, 900)}) for i in golden.ITEMS]
    rows = [[str(c).replace("31 พฤษภาคม", "30 มิถุนายน") if isinstance(c, str) else c for c in r]
            for r in golden.nfma46_rows(more)]  # fmt: skip
    later = money.take(money.write("june.xlsx", lambda p: golden.write_sheet(p, rows)))
    assert totals(money)["disbursed"] == golden.summed(more)["disbursed"]

    batches.undo(later, by=money.by, at=make.NOON)

    assert everything() == before
    assert totals(money)["disbursed"] == golden.summed()["disbursed"]
    assert ImportBatch.get_by_id(later.id).state is BatchState.UNDONE
    line = BudgetLine.select().first()
    kept = Revision.select().where(Revision.table_name == "BudgetLine", Revision.row_id == line.id)
    assert [r.entry.verb for r in kept.order_by(Revision.id)] == ["take_import", "take_import", "undo_import"]
    assert summed_plainly(money)[0] == summed_plainly(money)[1]


def test_the_first_file_is_undone_to_nothing_and_can_be_taken_again(money):
    first = money.take(golden.FOLDER / "nfma46.xlsx")
    full = everything()

    batches.undo(first, by=money.by, at=make.NOON)
    assert everything() == ({}, {})
    assert all(v == 0 for v in totals(money).values())
    again = money.take(golden.FOLDER / "nfma46.xlsx")

    assert again.id != first.id
    assert everything() == full


def test_files_are_undone_last_first(money):
    first = money.take(golden.FOLDER / "extract.txt")
    second = money.take(golden.FOLDER / "nfma46.xlsx")

    with pytest.raises(MoveRefused, match=str(second.id)):
        batches.undo(first, by=money.by, at=make.NOON)
    batches.undo(second, by=money.by, at=make.NOON)
    batches.undo(first, by=money.by, at=make.NOON)

    assert everything() == ({}, {})


def test_a_change_made_by_hand_since_is_never_lost_by_undoing(money):
    batch = money.take(golden.FOLDER / "nfma46.xlsx")
    line = BudgetLine.select().first()
    with budget.records.changing(by=money.by, at=make.NOON) as work:
        work.update(line, received=line.received + 1)

    with pytest.raises(MoveRefused, match="changed after"):
        batches.undo(batch, by=money.by, at=make.NOON)
    assert ImportBatch.get_by_id(batch.id).state is BatchState.TAKEN

    # Asked of a worker it ends the same way: the run says why, and the file stays taken.
    batches.ask_undo(batch, by=money.by, at=make.NOON)
    with pytest.raises(AssertionError, match="changed after"):
        money.work(batch)
    assert ImportBatch.get_by_id(batch.id).state is BatchState.TAKEN
    with pytest.raises(MoveRefused, match="Only a file"):
        batches.ask_undo(ImportBatch(state=BatchState.UNDONE), by=money.by, at=make.NOON)


def test_an_earlier_month_taken_in_later_leaves_the_later_sums_to_date(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    april = [golden.Item(**{**vars(i), "paid": i.paid[:7]}) for i in golden.ITEMS]
    rows = [[str(c).replace("31 พฤษภาคม", "30 เมษายน") if isinstance(c, str) else c for c in r]
            for r in golden.nfma46_rows(april)]  # fmt: skip

    money.take(money.write("april.xlsx", lambda p: golden.write_sheet(p, rows)))

    assert totals(money, 7)["disbursed"] == golden.summed(april)["disbursed"]
    assert totals(money, 8)["disbursed"] == golden.summed()["disbursed"]
    assert totals(money, 8)["ordered"] == golden.summed()["ordered"]


def test_a_line_that_a_whole_statement_no_longer_holds_becomes_nil_by_a_word(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    fewer = golden.ITEMS[:-1]
    path = money.write("fewer.xlsx", lambda p: golden.nfma46(p, fewer))

    batch = money.map_all(money.stage(path))

    assert batch.report["changes"]["left_out"] == 1
    assert any("not in the file" in str(h) for h in control.holds(batch))
    batches.accept(batch, "ยกเลิกรายการ", by=money.by, at=make.NOON)
    money.work(batch)
    made, wanted = totals(money), golden.summed(fewer)
    assert {n: made[n] for n in ("after_transfers", "disbursed", "ordered")} == {
        n: wanted[n] for n in ("after_transfers", "disbursed", "ordered")
    }


def test_a_part_of_the_year_changes_its_own_lines_only(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    path = money.write("part.xlsx", lambda p: golden.nfma46(p, golden.ITEMS[:2]))

    money.take(path, is_whole=False)

    assert totals(money)["disbursed"] == golden.summed()["disbursed"]


def test_a_register_tells_of_its_own_office_only(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    batch = money.map_all(money.stage(golden.FOLDER / "register.xlsx"))

    assert batch.report["changes"]["left_out"] == 0
    batches.accept(batch, "", by=money.by, at=make.NOON)
    money.work(batch)

    assert totals(money)["disbursed"] == golden.summed()["disbursed"]


def test_a_wrong_year_is_named_and_nothing_is_staged(money):
    batch = money.stage(golden.FOLDER / "nfma46.xlsx", Given(year=2565))

    assert batch.state is BatchState.REFUSED
    assert "2566" in str(batch.report["faults"])
    assert ImportLine.select().count() == 0


def test_a_year_the_portal_does_not_know_is_refused(money):
    path = money.write("old.txt", lambda p: p.write_bytes(
        golden.extract_bytes([[c.replace(" 2566", " 2499") for c in line] for line in golden.extract_lines()])
    ))  # fmt: skip

    batch = money.stage(path)

    assert batch.state is BatchState.REFUSED
    assert [f["values"] for f in batch.report["faults"]] == [{"year": 2499}]


@pytest.mark.parametrize("role", [Role.REPORTER, Role.APPROVER, Role.DIVISION, Role.EXECUTIVE])
def test_others_take_no_file_in(money, role):
    money.by = make.person(role)

    with pytest.raises(NotAllowed):
        money.receive(golden.FOLDER / "nfma46.xlsx")


def test_a_file_that_does_not_say_its_day_asks_for_it(money):
    rows = [r for r in golden.nfma46_rows() if not (r and "ณ วันที่" in str(r[0]))]
    path = money.write("dayless.xlsx", lambda p: golden.write_sheet(p, rows))

    refused = money.stage(path)
    taken = money.take(path, Given(as_of=dt.date(2023, 5, 31)))

    assert "of which day" in refused.report["faults"][0]["says"]
    assert taken.state is BatchState.TAKEN
    assert {d.data_as_of for d in Disbursement.select()} == {dt.date(2023, 5, 31)}


def test_the_sums_follow_a_line_that_moves_to_another_project(money):
    money.take(golden.FOLDER / "extract.txt")
    line = BudgetLine.get(BudgetLine.nature == "investment")
    with budget.records.changing(by=money.by, at=make.NOON) as work:
        work.update(line, project=money.projects["0001"], nature="recurrent", act=5)
        work.update(Disbursement.select().where(Disbursement.line == line.id).first(), disbursed=-77)

    plain, kept = summed_plainly(money)
    assert plain == kept

    with budget.records.changing(by=money.by, at=make.NOON) as work:
        other = Disbursement.select().where(Disbursement.line != line.id).first()
        work.update(other, month=12, line=line)
        line = BudgetLine.get_by_id(line.id)
        work.update(line, project=None, unit=money.centre)

    plain, kept = summed_plainly(money)
    assert plain == kept
