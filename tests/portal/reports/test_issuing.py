"""Editions: filed with their frozen figures, issued step by step, superseded by number, printed again to the byte."""

import datetime as dt
import hashlib
import json
import subprocess
import sys

import pytest

from jobs.reports import Maker
from models import Answer, AuditEntry, Disbursement, Edition, Obligation, Period, Run, Unit
from portal import files, people
from portal.errors import MoveRefused, NotAllowed, NotFound, RuleBroken
from portal.reports import issuing, ledger, runs, verification
from portal.rules.access import Role
from portal.rules.editions import ScopeKind, Signature, head
from portal.rules.terms import EditionState, RunKind, RunState
from tests.pdf.year import fill

AT = dt.datetime(2023, 6, 23, 16, 30)
SIGNED = Signature("นายตัวอย่าง ลงนาม", "อธิบดีกรมส่งเสริมสหกรณ์", "กษ 1101/2566", dt.date(2023, 10, 20))


class Press:
    """Makes what is asked for as a worker would, without a queue."""

    def __init__(self, folder):
        self.files = files.connect("", folder)
        self.folder = folder

    def make(self, run, at=AT):
        maker = Maker(
            self.folder / "runs", cache=self.folder / "chapters", files=self.files, address="", go_on=lambda: None
        )
        try:
            assert runs.compile_run(run.id, make=maker, files=self.files, now=lambda: at)
        finally:
            maker.clear()
        return Edition.get(Edition.run == run.id)

    def content(self, edition):
        with self.files.open(edition.file_key) as held:
            return held.read()


def _fake(edition_of, folder, files_, figures='{"book":"pack"}'):
    """Print nothing but a line, and file it as the edition of a run."""
    path = folder / "made.pdf"
    path.write_bytes(f"%PDF {edition_of.id}".encode())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256(figures.encode()).hexdigest()

    def make(asked, progress):
        return runs.Made(path, sha256, 12, digest, AT, False, figures=figures, reported=77, owing=78)

    assert runs.compile_run(edition_of.id, make=make, files=files_, now=lambda: AT)
    return Edition.get(Edition.run == edition_of.id)


@pytest.fixture
def people_of(store):
    unit = Unit.get(Unit.code == "CPD")
    return {
        role: people.add(username=str(role), name=str(role), role=role, unit=unit, by=None)
        for role in (Role.PLANNING, Role.EXECUTIVE, Role.DIVISION)
    }


@pytest.fixture
def desk(people_of, tmp_path):
    """Files a printed draft, and takes and prints its steps, with a press that prints a line."""

    class Desk:
        kept = files.connect("", tmp_path)

        def draft(self, kind=RunKind.PACK, subject="2566-05"):
            return _fake(runs.ask(kind, subject, by=people_of[Role.PLANNING], at=AT), tmp_path, self.kept)

        def step(self, edition, verb, role=Role.PLANNING, **more):
            return _fake(issuing.take_step(edition, verb, by=people_of[role], at=AT, **more), tmp_path, self.kept)

    return Desk()


def _states(subject="2566-05"):
    return [
        (e.number, str(e.state), str(e.issued_as), e.superseded_by and e.superseded_by.number)
        for e in Edition.select().where(Edition.subject == subject).order_by(Edition.number)
    ]


def test_a_pack_goes_from_draft_to_the_meeting_to_final_each_with_a_number_of_its_own(desk):
    draft = desk.draft()
    tabled = desk.step(draft, "for_meeting")
    final = desk.step(tabled, "finish", note="หน่วยที่ขาดแจ้งว่าส่งไม่ได้")

    assert _states() == [
        (1, "superseded", "draft", 2),
        (2, "superseded", "for_meeting", 3),
        (3, "final", "final", None),
    ]
    assert final.snapshot_sha256 == draft.snapshot_sha256 and final.snapshot_key == draft.snapshot_key
    assert final.based_on_id == tabled.id and final.decided_by.role == Role.PLANNING
    assert len({draft.sha256, tabled.sha256, final.sha256}) == 3


def test_a_new_draft_leaves_the_edition_in_force(desk):
    desk.step(desk.draft(), "for_meeting")
    desk.draft()

    assert _states()[1:] == [(2, "for_meeting", "for_meeting", None), (3, "draft", "draft", None)]


def test_a_book_is_approved_by_the_executive_with_name_day_and_document(desk):
    draft = desk.draft(RunKind.BOOK, "2566")
    with pytest.raises(NotAllowed):
        desk.step(draft, "approve", signature=SIGNED, note="ครบเท่าที่มี")
    with pytest.raises(RuleBroken, match="page of approval") as refused:
        desk.step(draft, "approve", Role.EXECUTIVE, note="ครบเท่าที่มี")
    approved = desk.step(draft, "approve", Role.EXECUTIVE, signature=SIGNED, note="ครบเท่าที่มี")

    assert refused.value.field == "signer"
    assert approved.state is EditionState.APPROVED
    assert ledger.issue_of(approved).signature == SIGNED
    assert AuditEntry.select().where(AuditEntry.verb == "edition_approve").count() == 1


def test_an_office_s_book_is_approved_by_its_own_head_and_a_division_s_by_the_executive(desk, people_of):
    own, other = (
        people.add(username=code, name=code, role=Role.APPROVER, unit=Unit.get(Unit.code == code), by=None)
        for code in ("P40", "P50")
    )
    of_office, of_division = desk.draft(RunKind.BOOK, "2566/P40"), desk.draft(RunKind.BOOK, "2566/C-AGR")
    said = {"at": AT, "signature": SIGNED, "note": "ครบเท่าที่มี"}

    with pytest.raises(NotFound):
        issuing.take_step(of_office, "approve", by=other, **said)
    with pytest.raises(NotAllowed):
        issuing.take_step(of_office, "approve", by=people_of[Role.EXECUTIVE], **said)
    people_of[Role.APPROVER] = own
    final = desk.step(of_office, "finish", note="ครบเท่าที่มี")
    approved = desk.step(final, "approve", Role.APPROVER, signature=SIGNED, note="ครบเท่าที่มี")

    assert (approved.state, approved.decided_by, approved.unit_id) == (EditionState.APPROVED, own, own.unit_id)
    assert desk.step(of_division, "approve", Role.EXECUTIVE, signature=SIGNED, note="ครบ").document_number


@pytest.mark.parametrize(
    "whose, name, post",
    [
        (ScopeKind.NATION, "", "อธิบดีกรมส่งเสริมสหกรณ์"),
        (ScopeKind.DIVISION, "กองแผนงาน", "อธิบดีกรมส่งเสริมสหกรณ์"),
        (ScopeKind.OFFICE, "สำนักงานสหกรณ์จังหวัดขอนแก่น", "สหกรณ์จังหวัดขอนแก่น"),
        (
            ScopeKind.OFFICE,
            "สำนักงานส่งเสริมสหกรณ์กรุงเทพมหานคร พื้นที่ 1",
            "ผู้อำนวยการสำนักงานส่งเสริมสหกรณ์กรุงเทพมหานคร พื้นที่ 1",
        ),
    ],
    ids=["nation", "division", "province", "bangkok"],
)
def test_who_approves_is_called_by_the_post(whose, name, post):
    assert head(whose, name) == post


def test_an_edition_is_not_closed_over_missing_offices_without_a_reason(desk):
    tabled = desk.step(desk.draft(), "for_meeting")

    with pytest.raises(RuleBroken, match="still missing"):
        desk.step(tabled, "finish")


@pytest.mark.parametrize("verb", ["finish", "approve", "burn"])
def test_a_step_that_does_not_leave_the_state_is_refused(desk, verb):
    with pytest.raises(MoveRefused):
        desk.step(desk.draft(), verb)


def test_only_planning_brings_a_pack_to_the_meeting(desk):
    draft = desk.draft()
    for role in (Role.EXECUTIVE, Role.DIVISION):
        with pytest.raises(NotAllowed):
            desk.step(draft, "for_meeting", role)


def test_a_superseded_edition_takes_no_step(desk):
    draft = desk.draft()
    desk.draft()

    with pytest.raises(MoveRefused):
        desk.step(draft, "for_meeting")


def test_a_step_waits_for_a_run_that_is_open(desk, people_of):
    draft = desk.draft()
    runs.ask(RunKind.PACK, "2566-05", by=people_of[Role.PLANNING], at=AT)

    with pytest.raises(MoveRefused, match="being compiled"):
        desk.step(draft, "for_meeting")


def test_a_run_that_fails_leaves_the_edition_in_force_and_can_be_tried_again(desk, people_of, tmp_path):
    draft = desk.draft()
    run = issuing.take_step(draft, "for_meeting", by=people_of[Role.PLANNING], at=AT)

    def fail(asked, progress):
        raise RuleBroken("paper jam")

    runs.compile_run(run.id, make=fail, files=desk.kept, now=lambda: AT)
    assert _states()[0] == (1, "draft", "draft", None)

    runs.retry(Run.get_by_id(run.id), by=people_of[Role.PLANNING], at=AT)
    edition = _fake(run, tmp_path, desk.kept)
    assert (edition.number, edition.state) == (2, EditionState.FOR_MEETING)
    assert _states()[0] == (1, "superseded", "draft", 2)


def test_figures_that_were_changed_in_the_file_are_refused(desk):
    draft = desk.draft()
    key = desk.kept.keep("figures.json.gz", b"\x1f\x8b nonsense")
    other = ledger.keep_figures('{"book":"pack","cut":1}', desk.kept)

    assert ledger.figures(draft, desk.kept) == '{"book":"pack"}'
    for wrong in (key, other):
        draft.snapshot_key = wrong
        with pytest.raises(RuleBroken, match="filed figures"):
            ledger.figures(draft, desk.kept)


@pytest.mark.parametrize("name", ["", "pack", "pack-2566-05", "pack-2566-05-9", "book-2566-1; --", "แพ็ก-2566-05-1"])
def test_an_edition_that_is_not_there_is_told(desk, name):
    draft = desk.draft()

    assert ledger.named(ledger.name(draft)) == draft
    with pytest.raises(NotFound):
        ledger.named(name)


def test_a_pack_is_printed_again_to_the_byte_elsewhere_and_later_and_no_correction_changes_it(
    sqlite_store, tmp_path, settings
):
    planner = people.add(username="p", name="วางแผน", role=Role.PLANNING, unit=Unit.get(Unit.code == "CPD"), by=None)
    fill(offices=6)
    june = Period.get(Period.number == 9, Period.kind == "month")
    silent = Obligation.select(Obligation.unit).where(Obligation.period == june).first().unit_id
    Obligation.update(state="open", met_at=None).where(Obligation.period == june, Obligation.unit == silent).execute()
    press = Press(settings.data)
    draft = press.make(runs.ask(RunKind.PACK, "2566-06", by=planner, at=AT))
    Answer.update(number=Answer.number + 1).where(Answer.number.is_null(False)).execute()
    Disbursement.update(disbursed=Disbursement.disbursed + 100).execute()
    tabled = press.make(issuing.take_step(draft, "for_meeting", by=planner, at=AT), AT + dt.timedelta(days=3))

    later = "import time; t = time.time; time.time = lambda: t() + 4e7; from portal.cli import main; main()"
    for edition in (draft, tabled):
        told = subprocess.run(
            [sys.executable, "-c", later, "reissue", ledger.name(edition), "--out", str(tmp_path / "again"), "--fresh"],
            env={**settings.environment(), "TZ": "Pacific/Auckland", "PATH": "/usr/bin:/bin", "LANG": "C"},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert told.returncode == 0, told.stderr
        again = (tmp_path / "again" / "pack-2566-06.pdf").read_bytes()
        assert hashlib.sha256(again).hexdigest() == edition.sha256
        assert again == press.content(edition)

    _check_against_the_portal(press, tabled, tmp_path)
    assert draft.state is EditionState.DRAFT and Edition.get_by_id(draft.id).state is EditionState.SUPERSEDED
    assert (draft.reported, draft.owing) == (5, 6) and draft.missing_plan > 0
    assert Run.select().where(Run.state == RunState.DONE).count() == 2


def _check_against_the_portal(press, edition, folder):
    """The file agrees with the edition; a figure changed in the portal's copy, or another file, does not."""
    path = folder / "issued.pdf"
    path.write_bytes(press.content(edition))
    assert verification.verify(path).differences == ()
    assert verification.edition_of(path) == edition
    assert verification.verify_against(edition, path, press.files) == []

    frozen = json.loads(ledger.figures(edition, press.files))
    figure = next(f for f in frozen["passports"]["figures"] if f[0] == "visits.all.done")
    figure[4] = str(int(figure[4]) + 1)
    changed = json.dumps(frozen)
    edition.snapshot_key = ledger.keep_figures(changed, press.files)
    assert [d.what for d in verification.verify_against(edition, path, press.files)] == ["figures"]
    edition.snapshot_sha256 = hashlib.sha256(changed.encode()).hexdigest()
    assert [d.what for d in verification.verify_against(edition, path, press.files)] == ["figures", "visits.all.done"]
    edition.sha256 = "0" * 64
    assert verification.verify_against(edition, path, press.files)[0].what == "file"
