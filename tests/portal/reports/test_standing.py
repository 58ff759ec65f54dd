"""The inputs of an edition follow from the records as they stood: later corrections change nothing, forgeries show."""

import datetime as dt
import json

from models import Answer, Disbursement, Visit
from portal import records
from portal.reports import editions, passports, standing
from tests.pdf.conftest import PACK
from tests.pdf.year import fill


def _differing(filed):
    return [what for what, _, _ in standing.differing(filed, standing.inputs_then(PACK))]


def test_what_was_corrected_after_the_cut_changes_nothing_and_what_was_forged_shows(store):
    fill(offices=3, projects=1, forms=1, institutions=3, visits=2)
    filed = passports.thawed(json.loads(editions.take_snapshot("pack", PACK))["passports"]).tables
    assert _differing(filed) == []

    answer = Answer.select().where(Answer.number > 0).order_by(Answer.id).first()
    with records.changing(by=None, verb="correct", at=PACK.cut_at + dt.timedelta(days=9), as_verb=True) as work:
        work.update(answer, number=answer.number + 7)
        work.remove(Visit.select().order_by(Visit.id).first())
    assert _differing(filed) == []

    Disbursement.update(disbursed=Disbursement.disbursed + 1).where(
        Disbursement.id == Disbursement.select(Disbursement.id).order_by(Disbursement.id).limit(1)
    ).execute()
    forged = _differing(filed)
    assert forged and {what.split()[0] for what in forged} <= {
        "unit_paid",
        "project_paid",
        "category_paid",
        "both_paid",
    }
