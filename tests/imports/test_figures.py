"""The figures that follow from a finance file: in the screen's tables, in the printed chapter, in no issued edition."""

import datetime as dt
import json
from decimal import Decimal

from models import DisbursementTarget, FiscalYear
from portal.imports import batches
from portal.reports import editions, snapshot
from portal.reports.chapter import Cut
from portal.reports.chapters import disbursement
from portal.rules.terms import Nature
from tests import make
from tests.imports import golden
from tests.pdf.conftest import run

CUT = Cut(fiscal_year=golden.YEAR, period=golden.MONTH, cut_at=dt.datetime(2023, 6, 5, 9, 0))


def chapter_alone(text):
    frozen = json.loads(text)
    return snapshot.text_of(frozen | {"pieces": [p for p in frozen["pieces"] if p["chapter"] == "disbursement"]})


def test_the_tables_hold_every_amount_by_nature_category_project_unit_and_month(money):
    money.take(golden.FOLDER / "extract.txt")
    money.take(golden.FOLDER / "nfma46.xlsx")

    found = disbursement.tables(CUT)

    whole, recurrent, investment = found.total
    wanted = golden.summed()
    assert (whole.act, whole.granted, whole.received) == (
        wanted["act"], wanted["after_transfers"], wanted["received"],
    )  # fmt: skip
    assert (whole.paid, whole.ordered, whole.reserved) == (wanted["disbursed"], wanted["ordered"], wanted["reserved"])
    assert whole.spent == wanted["disbursed"] + wanted["ordered"] + wanted["reserved"]
    assert whole.left == whole.granted - whole.spent
    assert recurrent.paid + investment.paid == whole.paid
    assert investment.granted == sum(i.after for i in golden.ITEMS if i.nature == golden.INVESTMENT)
    assert sum(line.paid for line in found.categories) == sum(line.paid for line in found.units) == whole.paid
    assert {line.name for line in found.projects} == {f"โครงการ {n}" for n in golden.PROJECTS}
    assert [m.paid for m in found.months] == [sum(i.paid[n] for i in golden.ITEMS) for n in range(8)]
    assert {(i.name, i.granted, i.paid) for i in found.page.investments} == {
        (i.name, i.after, i.to_date) for i in golden.ITEMS if i.nature == golden.INVESTMENT
    }


def test_targets_lie_on_straight_lines_and_a_missing_one_is_none(money):
    money.take(golden.FOLDER / "nfma46.xlsx")
    year = FiscalYear.get(FiscalYear.year == golden.YEAR)
    ends = {
        t.quarter: t.percent
        for t in DisbursementTarget.select().where(
            DisbursementTarget.fiscal_year == year, DisbursementTarget.kind == "disbursed_overall"
        )
    }

    found = disbursement.tables(CUT)

    assert found.total[0].aim == ends[2] + (ends[3] - ends[2]) * 2 / 3
    assert found.total[0].spent_aim is None  # no target of spending was set for the third quarter
    assert (
        found.total[0].is_inferred
        and not disbursement.tables(Cut(fiscal_year=golden.YEAR, period=3, cut_at=CUT.cut_at)).total[0].is_inferred
    )


def test_a_mix_of_natures_has_a_target_weighted_by_its_grants(money):
    money.take(golden.FOLDER / "nfma46.xlsx")

    unit = next(line for line in disbursement.tables(CUT).units if "อุดร" in line.name)
    aims = disbursement.money.targets(CUT)
    mine = [i for i in golden.ITEMS if i.area == "4100"]
    weights = {
        n: sum(i.after for i in mine if (i.nature == golden.INVESTMENT) == (n is Nature.INVESTMENT)) for n in Nature
    }

    weighted = sum((weights[n] * aims.at(n, golden.MONTH) for n in Nature), Decimal(0)) / sum(weights.values())
    assert unit.aim == weighted


def test_the_chapter_prints_the_investments_that_lie_unspent(money, tmp_path):
    money.take(golden.FOLDER / "nfma46.xlsx")

    made = editions.reissue(chapter_alone(editions.take_snapshot("pack", CUT)), tmp_path / "out")
    text = run("pdftotext", "-layout", str(made.path), "-")

    assert "ปรับปรุงอาคารสำนักงานพร้อมระบบไฟฟ้า" in text and "มีสัญญา เบิกจ่ายบางงวด" in text


def test_a_correction_changes_later_figures_and_no_issued_edition(money, tmp_path):
    money.take(golden.FOLDER / "nfma46.xlsx")
    issued = chapter_alone(editions.take_snapshot("pack", CUT))
    first = editions.reissue(issued, tmp_path / "first").sha256
    more = [golden.Item(**{**vars(i), "paid": (*i.paid[:7], i.paid[7] + 12_345)}) for i in golden.ITEMS]

    batch = money.take(money.write("corrected.xlsx", lambda p: golden.nfma46(p, more)))

    assert disbursement.gather(CUT).total.disbursed == golden.summed(more)["disbursed"]
    assert chapter_alone(editions.take_snapshot("pack", CUT)) != issued
    assert editions.reissue(issued, tmp_path / "again").sha256 == first
    batches.undo(batch, by=money.by, at=make.NOON)
    assert disbursement.gather(CUT).total.disbursed == golden.summed()["disbursed"]
