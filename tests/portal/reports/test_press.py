"""Work in processes of its own: limits hold, and one that fails takes nothing with it."""

import multiprocessing
import os
import signal
import time
from functools import partial

import pytest

from portal.reports import press


def _write(path):
    path.write_text(str(os.getpid()))


def _sleep():
    time.sleep(30)


def _swell():
    held = []
    while True:
        held.append(bytearray(50_000_000))


def _raise():
    raise ValueError("น้ำท่วม")


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_each_piece_runs_in_a_process_of_its_own(tmp_path):
    pieces = [press.Piece(name, partial(_write, tmp_path / name)) for name in ("a", "b", "c")]

    outcomes = list(press.work(pieces))

    assert sorted(each.key for each in outcomes) == ["a", "b", "c"] and not any(each.error for each in outcomes)
    assert len({(tmp_path / name).read_text() for name in "abc"} - {str(os.getpid())}) == 3


@pytest.mark.parametrize(
    ("do", "reason"),
    [(_sleep, "longer than 3 second"), (_swell, "memory"), (_raise, "น้ำท่วม"), (_die, "SIGKILL")],
    ids=["too long", "too much memory", "an error", "killed"],
)
def test_a_piece_that_goes_wrong_says_why_and_the_others_are_done(do, reason, tmp_path):
    pieces = [press.Piece("bad", do), press.Piece("good", partial(_write, tmp_path / "good"))]

    errors = {each.key: each.error for each in press.work(pieces, seconds=3, memory=1 << 29)}

    assert reason in errors["bad"] and errors["good"] == ""


def test_when_the_listener_stops_every_process_is_ended(tmp_path):
    began = time.monotonic()

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(press.work([press.Piece("a", _sleep), press.Piece("b", _sleep)], beat=stop))

    assert time.monotonic() - began < 5
    assert not multiprocessing.active_children()
