"""After any edit of the records, setting again only what it touched makes the same bytes as setting everything.

CPD_TEST_EDITS=500 makes five hundred edits instead of twenty. CPD_TEST_EDITS_WHOLE=1 prints the whole pack after each,
every page of it anew; with 10 every tenth time, and in between a page is set anew unless a full build has set the very
same HTML before. Never does a full build go by the keys that are tested here.
"""

import datetime as dt
import hashlib
import json
import os
import random
import shutil

import pytest

from models import Answer, Cooperative, Disbursement, Indicator, Obligation, Project, Submission, Visit
from portal import database
from portal.reports import editions, sheets, snapshot
from portal.rules.workflow import State
from tests.pdf.conftest import PACK
from tests.pdf.year import fill

EDITS = int(os.environ.get("CPD_TEST_EDITS", "20"))
WHOLE = int(os.environ.get("CPD_TEST_EDITS_WHOLE", "0"))
SOME = ("visits", "method")
WORDS = ("แก้ไขแล้ว", "น้ำท่วมขังเป็นเวลานาน", "ญี่ปู่ <b>ไม่หนา</b> & “น้ำ”", "-", "ก" * 200)


def _some(dice, model):
    rows = list(model.select(model.id).tuples())
    return dice.choice(rows)[0] if rows else None


def _edit(dice):
    """Change one record, add one or take one away, as people, imports and corrections do; say which."""
    kind = dice.randrange(9)
    if kind == 0:
        Answer.update(number=dice.randrange(100_000)).where(Answer.id == _some(dice, Answer)).execute()
    elif kind == 1:
        change = Disbursement.disbursed + dice.randrange(-500_000, 500_000)
        Disbursement.update(disbursed=change).where(Disbursement.id == _some(dice, Disbursement)).execute()
    elif kind == 2:
        day = dt.date(2022, 10, 1) + dt.timedelta(days=dice.randrange(360))
        Visit.update(visited_on=day).where(Visit.id == _some(dice, Visit)).execute()
    elif kind == 3:
        Visit.delete().where(Visit.id == _some(dice, Visit)).execute()
    elif kind == 4:
        Project.update(name=dice.choice(WORDS)).where(Project.id == _some(dice, Project)).execute()
    elif kind == 5:
        Indicator.update(name=dice.choice(WORDS)).where(Indicator.id == _some(dice, Indicator)).execute()
    elif kind == 6:
        is_met = dice.random() < 0.5
        change = {"state": "met", "met_at": dt.datetime(2023, 6, 19)} if is_met else {"state": "open", "met_at": None}
        Obligation.update(**change).where(Obligation.id == _some(dice, Obligation)).execute()
    elif kind == 7:
        back = dice.choice((State.SUBMITTED, State.RETURNED, State.VERIFIED))
        Submission.update(state=back).where(Submission.id == _some(dice, Submission)).execute()
    else:
        Cooperative.update(name=dice.choice(WORDS)).where(Cooperative.id == _some(dice, Cooperative)).execute()
    return kind


def _frozen():
    """The figures as they stand; of a few chapters only, so that a full build after each edit is soon done."""
    plain = json.loads(editions.take_snapshot("pack", PACK))
    if not WHOLE:
        plain["pieces"] = [piece for piece in plain["pieces"] if piece["chapter"] in SOME]
    return snapshot.text_of(plain)


class _Full:
    """Full builds: each fills every page anew and goes by nothing but the HTML that comes of it."""

    def __init__(self, kept):
        self.kept, self.set_anew, self.turn = kept, 0, 0
        kept.mkdir()

    def build(self, text, folder):
        every = max(WHOLE, 1)
        html = {} if every == 1 else dict(_htmls(text))
        cache = folder / "chapters"
        cache.mkdir(parents=True)
        if self.turn % every:
            for key, name in html.items():
                for ending in (".pdf", ".json"):
                    if (self.kept / f"{name}{ending}").exists():
                        shutil.copyfile(self.kept / f"{name}{ending}", cache / f"{key}{ending}")
        self.turn += 1
        heard = []
        made = editions.reissue(text, folder, heard.append, cache=cache)
        self.set_anew += sum(step.state == "done" for step in heard)
        for key, name in html.items():
            for ending in (".pdf", ".json"):
                shutil.copyfile(cache / f"{key}{ending}", self.kept / f"{name}{ending}")
        return made


def _htmls(text):
    frozen = sheets.thawed(text)
    for sheet in sheets.sheets(frozen, editions.NO_ISSUE):
        html = sheets.filled(sheet, frozen.book, frozen.cut)
        yield sheet.key, hashlib.sha256(html.encode()).hexdigest()


@pytest.mark.slow
def test_what_is_set_again_after_an_edit_makes_the_same_bytes_as_everything_set_anew(stores, tmp_path):
    store = stores.new("sqlite", "reference", tmp_path)
    database.use(store.url)
    fill(offices=3, projects=2, forms=1, institutions=3, visits=2)
    dice, set_again, changed = random.Random(2566), 0, 0
    full_builds = _Full(tmp_path / "full")
    text = _frozen()
    pieces, last = json.loads(text)["pieces"], editions.reissue(text, tmp_path / "kept").sha256

    for number in range(EDITS):
        kind, heard = _edit(dice), []
        text = _frozen()
        quick = editions.reissue(text, tmp_path / "kept", heard.append)
        full = full_builds.build(text, tmp_path / f"full-{number}")
        assert quick.path.read_bytes() == full.path.read_bytes(), f"edit {number}, kind {kind}"
        shutil.rmtree(full.path.parent)
        if WHOLE:
            print(f"{number + 1} edits: {set_again} sheets set again, {full_builds.set_anew} set anew", flush=True)
        set_again += sum(step.state == "done" for step in heard)
        changed += quick.sha256 != last
        last = quick.sha256
    stores.drop(store)

    assert changed >= EDITS // 3, "many edits are seen on the pages"
    assert 0 < set_again < EDITS * len(pieces), "and only what they touched was set again"
