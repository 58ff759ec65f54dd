"""Runs: asked for once, claimed once, finished once; cancelled, retried, given up."""

import datetime as dt
import hashlib
import threading

import pytest

from models import AuditEntry, Edition, Person, Run, RunStep, Unit
from portal import database as portal_database
from portal import files, people
from portal.errors import MoveRefused, NotAllowed, OutOfReach, RuleBroken
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import RunKind, RunState, UnitKind

AT = dt.datetime(2023, 5, 25, 8, 0)


class Clock:
    """A clock that only we move."""

    def __init__(self):
        self.time = AT

    def __call__(self):
        return self.time

    def pass_by(self, **span):
        self.time += dt.timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def planner(store):
    return people.add(username="planner", name="วางแผน", role=Role.PLANNING, unit=_unit("CPD"), by=None)


@pytest.fixture
def kept(tmp_path):
    return files.connect("", tmp_path)


@pytest.fixture
def run(planner):
    return runs.ask(RunKind.PACK, "2566-05", by=planner, at=AT)


def _unit(code):
    return Unit.get(Unit.code == code)


def _made(tmp_path, content=b"%PDF the pack"):
    path = tmp_path / "made.pdf"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return runs.Made(path, digest, 12, "f" * 64, AT, False)


def _two_chapters(tmp_path, between=lambda: None):
    def make(asked, progress):
        progress.plan(["สรุป", "การส่งรายงาน"])
        progress.begin(1)
        progress.finish(1, pages=2)
        between()
        progress.begin(2)
        progress.finish(2, pages=3, was_cached=True)
        return _made(tmp_path)

    return make


def _fresh(run):
    return Run.get_by_id(run.id)


def test_asking_twice_makes_one_run(planner):
    first = runs.ask(RunKind.PACK, "2566-05", by=planner, at=AT)
    second = runs.ask(RunKind.PACK, " 2566-05 ", by=planner, at=AT)
    other = runs.ask(RunKind.BOOK, "2566", by=planner, at=AT)

    assert first.id == second.id != other.id
    assert Run.select().count() == 2
    assert AuditEntry.select().where(AuditEntry.verb == "ask_run").count() == 2


def test_many_asking_at_once_make_one_run(planner):
    seen, gate = [], threading.Barrier(6)

    def ask():
        with portal_database.db.connection_context():
            gate.wait()
            seen.append(runs.ask(RunKind.BOOK, "2566", by=planner, at=AT).id)

    together = [threading.Thread(target=ask) for _ in range(6)]
    for each in together:
        each.start()
    for each in together:
        each.join()

    assert len(seen) == 6 and len(set(seen)) == 1
    assert Run.select().count() == 1


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (RunKind.PACK, "2566"),
        (RunKind.PACK, "2566-13"),
        (RunKind.PACK, "2023-05"),
        (RunKind.PACK, "๒๕๖๖-๐๕"),
        (RunKind.BOOK, "2566-05"),
        (RunKind.BOOK, "2023"),
        (RunKind.BOOK, "2599"),
        (RunKind.BOOK, ""),
    ],
)
def test_what_is_not_a_month_or_year_of_the_portal_is_refused(planner, kind, subject):
    with pytest.raises(RuleBroken) as caught:
        runs.ask(kind, subject, by=planner, at=AT)

    assert caught.value.field == "subject"


def test_an_office_cannot_ask_for_the_departments_pack(store):
    office = Unit.select().where(Unit.kind == UnitKind.PROVINCIAL).first()
    reporter = people.add(username="office", name="ผู้รายงาน", role=Role.REPORTER, unit=office, by=None)

    with pytest.raises(NotAllowed):
        runs.ask(RunKind.PACK, "2566-05", by=reporter, at=AT)


def test_the_timetable_asks_in_nobodys_name(store):
    run = runs.ask(RunKind.PACK, "2566-05", by=None, at=AT)

    assert run.asked_by is None and run.unit == _unit("CPD")
    assert runs.asked_since(RunKind.PACK, "2566-05", AT)
    assert not runs.asked_since(RunKind.PACK, "2566-05", AT + dt.timedelta(seconds=1))


def test_a_run_is_made_with_its_progress_and_its_file_kept(run, kept, clock, tmp_path):
    seen = []

    def look():
        seen.append((_fresh(run).state, _fresh(run).steps_done, _fresh(run).steps_total))

    assert runs.compile_run(run.id, make=_two_chapters(tmp_path, look), files=kept, now=clock)

    assert seen == [(RunState.RUNNING, 1, 2)]
    done = _fresh(run)
    assert (done.state, done.attempt, done.steps_done, done.pages) == (RunState.DONE, 1, 2, 12)
    assert done.file_name == "pack-2566-05.pdf"
    with kept.open(done.file_key) as file:
        assert hashlib.sha256(file.read()).hexdigest() == done.sha256
    steps = list(RunStep.select().where(RunStep.run == run.id).order_by(RunStep.position))
    assert [(s.title, s.state, s.pages, s.was_cached) for s in steps] == [
        ("สรุป", RunState.DONE, 2, False),
        ("การส่งรายงาน", RunState.DONE, 3, True),
    ]
    edition = Edition.get()
    assert (edition.book, edition.subject, edition.number, edition.run_id) == ("pack", "2566-05", 1, run.id)
    assert edition.period.be_month == "2566-05" and edition.file_key == done.file_key


def test_a_finished_run_is_left_alone(run, kept, clock, tmp_path):
    runs.compile_run(run.id, make=_two_chapters(tmp_path), files=kept, now=clock)
    before = _fresh(run).__data__

    assert not runs.compile_run(run.id, make=_never, files=kept, now=clock)

    assert _fresh(run).__data__ == before


def _never(asked, progress):
    raise AssertionError("nobody should make this")


def test_printing_the_same_bytes_again_makes_no_second_edition(run, kept, clock, planner, tmp_path):
    runs.compile_run(run.id, make=lambda a, p: _made(tmp_path), files=kept, now=clock)
    same = runs.ask(RunKind.PACK, "2566-05", by=planner, at=AT)
    runs.compile_run(same.id, make=lambda a, p: _made(tmp_path), files=kept, now=clock)
    other = runs.ask(RunKind.PACK, "2566-05", by=planner, at=AT)
    runs.compile_run(other.id, make=lambda a, p: _made(tmp_path, b"%PDF corrected"), files=kept, now=clock)

    assert [e.number for e in Edition.select().order_by(Edition.number)] == [1, 2]


def test_a_run_being_made_is_not_taken_by_a_second_worker(run, kept, clock, tmp_path):
    def second_worker():
        assert not runs.compile_run(run.id, make=_never, files=kept, now=clock)

    assert runs.compile_run(run.id, make=_two_chapters(tmp_path, second_worker), files=kept, now=clock)


def test_a_worker_that_fell_silent_loses_the_run_and_leaves_no_trace(run, kept, clock, tmp_path):
    """The first worker's lease runs out in the middle; the second makes the run; the first then comes back."""

    def overtaken():
        clock.pass_by(seconds=61)
        assert [w.run_id for w in runs.to_ring(clock())] == [run.id]
        second = tmp_path / "second"
        second.mkdir()
        assert runs.compile_run(run.id, make=_two_chapters(second), files=kept, now=clock)

    assert not runs.compile_run(run.id, make=_two_chapters(tmp_path, overtaken), files=kept, now=clock)

    done = _fresh(run)
    assert (done.state, done.attempt) == (RunState.DONE, 2)
    assert Edition.select().count() == 1
    assert len(list((tmp_path / "files").rglob("*.pdf"))) == 1


def test_a_result_that_comes_too_late_is_removed_again(run, kept, clock, tmp_path):
    def too_slow(asked, progress):
        clock.pass_by(seconds=61)
        runs.compile_run(run.id, make=lambda a, p: _made(tmp_path), files=kept, now=clock)
        progress.beat = lambda: None
        return _made(tmp_path, b"%PDF too late")

    assert not runs.compile_run(run.id, make=too_slow, files=kept, now=clock)

    assert _fresh(run).state is RunState.DONE
    assert len(list((tmp_path / "files").rglob("*.pdf"))) == 1


def test_beating_keeps_the_lease(run, kept, clock, tmp_path):
    def slow(asked, progress):
        for _ in range(30):
            clock.pass_by(seconds=5)
            progress.beat()
            assert runs.to_ring(clock()) == []
        return _made(tmp_path)

    assert runs.compile_run(run.id, make=slow, files=kept, now=clock)


def test_a_waiting_run_is_cancelled_at_once(run, kept, clock, planner):
    runs.cancel(run, by=planner, at=AT)

    assert _fresh(run).state is RunState.CANCELLED
    assert not runs.compile_run(run.id, make=_never, files=kept, now=clock)
    with pytest.raises(MoveRefused):
        runs.cancel(run, by=planner, at=AT)


def test_a_run_being_made_stops_before_its_next_chapter(run, kept, clock, planner, tmp_path):
    def cancel():
        runs.cancel(run, by=planner, at=AT)
        assert _fresh(run).state is RunState.RUNNING
        clock.pass_by(seconds=1)

    assert not runs.compile_run(run.id, make=_two_chapters(tmp_path, cancel), files=kept, now=clock)

    assert _fresh(run).state is RunState.CANCELLED
    steps = list(RunStep.select().order_by(RunStep.position))
    assert [s.state for s in steps] == [RunState.DONE, RunState.CANCELLED]
    assert not (tmp_path / "files").exists()


def test_a_cancel_in_the_last_moment_leaves_no_file(run, kept, clock, planner, tmp_path):
    def make(asked, progress):
        runs.cancel(run, by=planner, at=AT)
        return _made(tmp_path)

    assert not runs.compile_run(run.id, make=make, files=kept, now=clock)

    assert _fresh(run).state is RunState.CANCELLED
    assert list((tmp_path / "files").rglob("*.pdf")) == []


def test_a_failure_is_told_in_the_askers_language(run, kept, clock):
    def make(asked, progress):
        raise OutOfReach("The disk is full.")

    def speak(language):
        return {"The disk is full.": f"เต็ม ({language})"}.get

    assert not runs.compile_run(run.id, make=make, files=kept, now=clock, speak=speak)

    failed = _fresh(run)
    assert (failed.state, failed.error) == (RunState.FAILED, "เต็ม (th)")


def test_a_failure_nobody_foresaw_still_says_why(run, kept, clock):
    assert not runs.compile_run(run.id, make=lambda a, p: 1 / 0, files=kept, now=clock)

    assert _fresh(run).error == "It could not be made: ZeroDivisionError: division by zero"


def test_a_failed_run_is_tried_again_and_its_file_made(run, kept, clock, planner, tmp_path):
    runs.compile_run(run.id, make=lambda a, p: 1 / 0, files=kept, now=clock)

    runs.retry(run, by=planner, at=AT)

    assert [w.run_id for w in runs.to_ring(AT)] == [run.id]
    assert runs.compile_run(run.id, make=_two_chapters(tmp_path), files=kept, now=clock)
    assert (_fresh(run).state, _fresh(run).error) == (RunState.DONE, "")
    with pytest.raises(MoveRefused):
        runs.retry(run, by=planner, at=AT)


def test_a_failed_run_asked_for_anew_is_not_tried_again_beside(run, kept, clock, planner):
    runs.compile_run(run.id, make=lambda a, p: 1 / 0, files=kept, now=clock)
    runs.ask(RunKind.PACK, "2566-05", by=planner, at=AT)

    with pytest.raises(MoveRefused, match="asked for again"):
        runs.retry(run, by=planner, at=AT)


def test_a_worker_told_to_end_gives_the_run_back(run, kept, clock, tmp_path):
    def make(asked, progress):
        raise runs.Interrupted

    with pytest.raises(runs.Interrupted):
        runs.compile_run(run.id, make=make, files=kept, now=clock)

    assert (_fresh(run).state, _fresh(run).lease_until) == (RunState.WAITING, None)
    assert runs.to_ring(AT) == [runs.Waiting(run.id, 1, run.kind)]
    assert runs.compile_run(run.id, make=_two_chapters(tmp_path), files=kept, now=clock)


def test_a_run_that_kills_its_worker_each_time_is_given_up_then_may_be_tried_anew(run, kept, clock, planner):
    def killed(asked, progress):
        raise KeyboardInterrupt  # nothing is written, as if the process were gone

    for attempt in range(1, 4):
        assert [w.turn for w in runs.to_ring(clock())] == [attempt - 1]
        assert runs.give_up(clock()) == 0
        with pytest.raises(KeyboardInterrupt):
            runs.compile_run(run.id, make=killed, files=kept, now=clock)
        clock.pass_by(seconds=61)

    assert runs.give_up(clock()) == 1
    assert _fresh(run).error == "The worker was stopped 3 times while making this."
    assert runs.to_ring(clock()) == []

    runs.retry(run, by=planner, at=clock())
    with pytest.raises(KeyboardInterrupt):
        runs.compile_run(run.id, make=killed, files=kept, now=clock)
    clock.pass_by(seconds=61)
    assert runs.give_up(clock()) == 0


def test_a_run_cancelled_after_its_worker_died_ends_as_cancelled(run, kept, clock, planner):
    def killed(asked, progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.compile_run(run.id, make=killed, files=kept, now=clock)
    runs.cancel(run, by=planner, at=clock())
    clock.pass_by(seconds=61)

    assert runs.give_up(clock()) == 1
    assert _fresh(run).state is RunState.CANCELLED


def test_the_trail_says_who_asked_cancelled_and_tried_again(run, planner):
    runs.cancel(run, by=planner, at=AT)
    runs.retry(run, by=planner, at=AT)

    verbs = [(e.verb, e.person_id) for e in AuditEntry.select().where(AuditEntry.table_name == "Run")]
    assert verbs == [(v, planner.id) for v in ("ask_run", "cancel_run", "retry_run")]
    assert Person.get_by_id(planner.id).name == "วางแผน"


def test_a_worker_too_busy_to_speak_keeps_its_run_while_it_is_seen_alive(run, kept, clock, tmp_path):
    def one_long_step(asked, progress):
        for _ in range(20):
            clock.pass_by(seconds=10)
            runs.renew(run.id, clock())
            assert runs.to_ring(clock()) == []
        return _made(tmp_path)

    assert runs.compile_run(run.id, make=one_long_step, files=kept, now=clock)


def test_a_lease_that_has_run_out_is_not_brought_back(run, kept, clock):
    def killed(asked, progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.compile_run(run.id, make=killed, files=kept, now=clock)
    clock.pass_by(seconds=61)

    runs.renew(run.id, clock())

    assert [w.run_id for w in runs.to_ring(clock())] == [run.id]
