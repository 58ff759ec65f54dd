"""Whom to remind today: three days before, on the day, after it, once each."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from portal.rules.reminders import Due, Reminder, reminder_on, to_remind

DUE = dt.date(2023, 5, 19)


def test_the_three_reminders_of_a_day_are_sent_on_their_days():
    days = {DUE + dt.timedelta(days=n): reminder_on(DUE, DUE + dt.timedelta(days=n)) for n in range(-6, 40)}

    assert [(day - DUE).days for day, one in days.items() if one is Reminder.BEFORE] == [-3, -2, -1]
    assert [(day - DUE).days for day, one in days.items() if one is Reminder.TODAY] == [0]
    assert [(day - DUE).days for day, one in days.items() if one is Reminder.AFTER] == list(range(1, 31))


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 12), st.integers(1, 9)), max_size=30), st.integers(1, 4))
def test_however_often_one_looks_each_reminder_goes_once_and_only_to_who_owes(owed, looks):
    owing = [Due(person, DUE + dt.timedelta(days=after), count) for person, after, count in owed]
    said, sent = set(), []

    for n in range(-5, 40):
        for _ in range(looks):
            for one in to_remind(owing, frozenset(said), DUE + dt.timedelta(days=n)):
                sent.append((one.person, one.reminder, one.due_on))
                said.add((one.person, str(one.reminder), one.about))

    assert len(sent) == len(set(sent))
    assert set(sent) == {(one.person, kind, one.due_on) for one in owing for kind in Reminder}


def test_what_falls_due_on_one_day_is_said_together():
    found = to_remind([Due(7, DUE, 2), Due(7, DUE, 1), Due(8, DUE, 1)], frozenset(), DUE)

    assert [(one.person, one.count) for one in found] == [(7, 3), (8, 1)]


def test_a_day_that_was_moved_is_reminded_of_anew():
    said = frozenset({(7, str(Reminder.BEFORE), DUE.isoformat())})
    later = DUE + dt.timedelta(days=1)

    assert to_remind([Due(7, DUE, 1)], said, DUE - dt.timedelta(days=1)) == []
    assert len(to_remind([Due(7, later, 1)], said, DUE - dt.timedelta(days=1))) == 1
